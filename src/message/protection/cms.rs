//! S/MIME bodies: the content type of the outer ContentInfo (RFC 5652 section 3), since
//! the `smime-type` parameter is only a claim.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// EnvelopedData or AuthEnvelopedData (RFC 5083).
    Enveloped,
    Signed,
    /// Compressed or anything else: readable by everyone.
    Other,
}

/// `None` when the bytes are no ContentInfo.
pub fn content(bytes: &[u8]) -> Option<Content> {
    // SEQUENCE { OBJECT IDENTIFIER, ... }, its length definite or (BER) not.
    let rest = bytes.strip_prefix(b"\x30")?;
    let (&length, rest) = rest.split_first()?;
    let rest = rest.get(usize::from(if length > 0x80 { length & 0x7f } else { 0 })..)?;
    let rest = rest.strip_prefix(b"\x06")?;
    let (&length, rest) = rest.split_first()?;
    Some(match rest.get(..usize::from(length))? {
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" => Content::Enveloped,
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17" => Content::Enveloped,
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" => Content::Signed,
        _ => Content::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_identifier_decides() {
        let enveloped = b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0";
        let signed = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0";
        assert_eq!(content(enveloped), Some(Content::Enveloped));
        assert_eq!(content(signed), Some(Content::Signed));
        assert_eq!(content(b"\x30\x03\x06\x01\x2a"), Some(Content::Other));
        for torn in 0..14 {
            assert_eq!(content(&enveloped[..torn]), None);
        }
        assert_eq!(content(b"Dear all"), None);
    }
}
