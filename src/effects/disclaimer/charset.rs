//! A part's character set, as far as writing in it needs: decode, find the byte that a
//! character begins with, encode without loss or not at all.

use super::model::NotApplied;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the bytes of a part stand for characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// Said or taken to be US-ASCII, or a name nobody knows: only ASCII is written.
    Ascii,
    Utf16Le,
    Utf16Be,
    /// `strict`: the name is one of ISO 8859, where the bytes 0x80 to 0x9F are control
    /// characters, though readers take them for those of windows-125x.
    Known {
        encoding: &'static Encoding,
        strict: bool,
    },
}

impl Charset {
    /// By the part's own label; `bytes` show the byte order of UTF-16.
    pub(super) fn of(label: Option<&str>, bytes: &[u8]) -> Result<Self, NotApplied> {
        let label = label.unwrap_or("us-ascii").trim().trim_matches('"').to_ascii_lowercase();
        match label.as_str() {
            "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" => return Ok(Self::Ascii),
            // Its letters hide in what looks like ASCII (RFC 2152).
            "utf-7" | "unicode-1-1-utf-7" => return Err(NotApplied::Charset),
            "utf-16" | "ucs-2" | "unicode" | "iso-10646-ucs-2" | "csunicode" => {
                // RFC 2781 section 4.3 says big-endian without a mark; readers, after the
                // Encoding Standard, take little-endian.
                return Ok(if bytes.starts_with(&[0xfe, 0xff]) { Self::Utf16Be } else { Self::Utf16Le });
            }
            _ => {}
        }
        let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) else {
            return Ok(Self::Ascii);
        };
        if encoding == UTF_16LE {
            return Ok(Self::Utf16Le);
        }
        if encoding == UTF_16BE {
            return Ok(Self::Utf16Be);
        }
        let strict = !label.contains("1252") && encoding == WINDOWS_1252 || label.starts_with("iso-8859");
        Ok(Self::Known { encoding, strict })
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Ascii => WINDOWS_1252,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Known { encoding, .. } => encoding,
        }
    }

    /// The text, a byte order mark kept as a character. Broken sequences become U+FFFD.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        self.encoding().decode_without_bom_handling(bytes).0.into_owned()
    }

    /// Whether not a byte is in doubt.
    pub(super) fn is_exact(self, bytes: &[u8]) -> bool {
        match self {
            Self::Ascii => bytes.is_ascii(),
            _ => self.encoding().decode_without_bom_handling_and_without_replacement(bytes).is_some(),
        }
    }

    /// The offset in `bytes` of the character at `at` in `text`, which is their decoding.
    pub(super) fn offset(self, bytes: &[u8], text: &str, at: usize) -> Option<usize> {
        let before = text.get(..at)?;
        if at == text.len() {
            return Some(bytes.len());
        }
        match self {
            Self::Utf16Le | Self::Utf16Be => Some(before.encode_utf16().count() * 2),
            Self::Known { encoding, .. } if encoding == UTF_8 && bytes == text.as_bytes() => Some(at),
            _ if self.encoding().is_single_byte() => Some(before.chars().count()),
            _ => self.offset_by_decoding(bytes, at),
        }
    }

    /// Decodes line by line, and the line in question byte by byte, until so much text
    /// is out. Lines end by the byte LF in every encoding that comes here.
    fn offset_by_decoding(self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut decoder = self.encoding().new_decoder_without_bom_handling();
        let (mut read, mut written) = (0, 0);
        let mut out = Vec::new();
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let before = decoder.max_utf8_buffer_length(line.len())?;
            out.resize(before.max(64), 0);
            let mut trial = self.encoding().new_decoder_without_bom_handling();
            let (_, _, whole, _) = trial.decode_to_utf8(line, &mut out, false);
            if written + whole <= at {
                let (_, _, whole, _) = decoder.decode_to_utf8(line, &mut out, false);
                (read, written) = (read + line.len(), written + whole);
                if written == at {
                    return Some(read);
                }
                continue;
            }
            for byte in line {
                if written == at {
                    return Some(read);
                }
                let (_, _, more, _) = decoder.decode_to_utf8(&[*byte], &mut out, false);
                (read, written) = (read + 1, written + more);
            }
        }
        (written == at).then_some(read)
    }

    /// `text` in this character set; `None` if a character is missing in it.
    pub(super) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Self::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Known { encoding, strict } => {
                let (bytes, _, unmappable) = encoding.encode(text);
                let control = strict && bytes.iter().any(|b| (0x80..0xa0).contains(b));
                (!unmappable && !control).then(|| bytes.into_owned())
            }
        }
    }

    /// `text` with every character that is missing here as a numeric reference (HTML).
    pub(super) fn with_references(self, text: &str, only_ascii: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut buffer = [0; 4];
        for c in text.chars() {
            let fits =
                if only_ascii { c.is_ascii() } else { self.encode(c.encode_utf8(&mut buffer)).is_some() };
            if fits {
                out.push(c);
            } else {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
        }
        out
    }

    /// Whether ASCII text is not itself in its bytes.
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_hold_in_every_kind_of_character_set() {
        let text = "Annwyl bawb – cŵn\r\n日本語\r\nend ";
        for label in ["utf-8", "utf-16le", "utf-16be", "gb18030"] {
            let charset = Charset::of(Some(label), &[]).unwrap();
            let bytes = charset.encode(text).unwrap();
            assert_eq!(charset.decode(&bytes), text, "{label}");
            for (at, _) in text.char_indices() {
                let offset = charset.offset(&bytes, text, at).unwrap();
                assert_eq!(charset.decode(&bytes[..offset]), text[..at], "{label} {at}");
            }
        }
        for (label, text) in [("iso-2022-jp", "日本\r\nab\r\n語 end"), ("shift_jis", "日本\r\nab\r\n語 end")]
        {
            let charset = Charset::of(Some(label), &[]).unwrap();
            let bytes = charset.encode(text).unwrap();
            for at in [0, 8, 12, text.len()] {
                let offset = charset.offset(&bytes, text, at).unwrap();
                assert_eq!(charset.decode(&bytes[..offset]), text[..at], "{label} {at}");
            }
        }
    }

    #[test]
    fn nothing_is_written_that_is_not_in_the_set() {
        let of = |label| Charset::of(Some(label), &[]).unwrap();
        assert_eq!(of("iso-8859-1").encode("café").unwrap(), b"caf\xe9");
        assert!(of("iso-8859-1").encode("“quoted”").is_none());
        assert_eq!(of("windows-1252").encode("“a”").unwrap(), b"\x93a\x94");
        assert!(of("iso-8859-14").encode("cŵn a môr").is_some());
        assert!(of("windows-1252").encode("cŵn").is_none());
        assert!(of("us-ascii").encode("café").is_none() && of("x-nobody-knows").encode("é").is_none());
        assert!(Charset::of(Some("utf-7"), &[]).is_err());
        assert_eq!(of("windows-1252").with_references("cŵn é", false), "c&#373;n é");
    }
}
