//! The header lines that a part needs when its text is written anew in UTF-8: the charset
//! parameter of Content-Type and the transfer encoding, and nothing else of them.

use super::model::NotApplied;
use crate::{
    mail::{HeaderEdit, Splice, fields, header_end},
    message::TransferEncoding,
};
use std::ops::Range;

/// One field of a part's header: its place and the place of its value, in the block.
struct Field {
    all: Range<usize>,
    value: Range<usize>,
}

/// What the rewriting of a part's text asks of its header.
pub(super) struct Rewrite<'a> {
    /// The part's header block without the empty line.
    header: &'a [u8],
    content_type: Option<Field>,
    transfer_encoding: Option<Field>,
}

impl<'a> Rewrite<'a> {
    /// Reads the block; a field that stands there twice has no certain meaning.
    pub(super) fn of(block: &'a [u8]) -> Result<Self, NotApplied> {
        let header = &block[..header_end(block)];
        Ok(Self {
            header,
            content_type: single(header, "content-type")?,
            transfer_encoding: single(header, "content-transfer-encoding")?,
        })
    }

    /// As edits of the message's own header.
    pub(super) fn header_edits(&self, encoding: TransferEncoding) -> Result<Vec<HeaderEdit>, NotApplied> {
        let mut edits = Vec::new();
        let value = self.new_content_type()?;
        edits.push(match self.content_type {
            Some(_) => HeaderEdit::Replace { name: "Content-Type".into(), nth: 1, value },
            None => HeaderEdit::Prepend { name: "Content-Type".into(), value },
        });
        let value = word(encoding).to_owned();
        edits.push(match self.transfer_encoding {
            Some(_) => HeaderEdit::Replace { name: "Content-Transfer-Encoding".into(), nth: 1, value },
            None => HeaderEdit::Prepend { name: "Content-Transfer-Encoding".into(), value },
        });
        if !fields(self.header).any(|(name, _)| name.eq_ignore_ascii_case("mime-version")) {
            edits.push(HeaderEdit::Prepend { name: "MIME-Version".into(), value: "1.0".into() });
        }
        Ok(edits)
    }

    /// As splices of the raw message, whose byte `start` is the first of this block.
    pub(super) fn splices(
        &self,
        start: usize,
        encoding: TransferEncoding,
        eol: &str,
    ) -> Result<Vec<Splice>, NotApplied> {
        let mut splices = Vec::new();
        let mut put = |range: Range<usize>, text: String| {
            splices.push(Splice { range: start + range.start..start + range.end, bytes: text.into() });
        };
        let new_field = format!("Content-Transfer-Encoding: {}{eol}", word(encoding));
        let content_type = self.new_content_type()?;
        // A new line goes above the Content-Type, so that it lies within the block.
        match &self.content_type {
            None if self.transfer_encoding.is_none() => {
                put(0..0, format!("Content-Type: {content_type}{eol}{new_field}"));
            }
            None => put(0..0, format!("Content-Type: {content_type}{eol}")),
            Some(field) => {
                if self.transfer_encoding.is_none() {
                    put(field.all.start..field.all.start, new_field);
                }
                put(field.value.clone(), content_type);
            }
        }
        if let Some(field) = &self.transfer_encoding {
            put(field.value.clone(), word(encoding).to_owned());
        }
        splices.sort_by_key(|s| (s.range.start, s.range.end));
        Ok(splices)
    }

    fn new_content_type(&self) -> Result<String, NotApplied> {
        let Some(field) = &self.content_type else {
            return Ok("text/plain; charset=utf-8".to_owned());
        };
        let value = self.header.get(field.value.clone()).unwrap_or(&[]);
        let value = std::str::from_utf8(value).map_err(|_| NotApplied::Malformed("content-type"))?;
        let new = match charset_value(value)? {
            Some(range) => format!("{}utf-8{}", &value[..range.start], &value[range.end..]),
            None => format!("{}; charset=utf-8", value.trim_end().trim_end_matches(';')),
        };
        Ok(unfold(&new))
    }
}

fn word(encoding: TransferEncoding) -> &'static str {
    match encoding {
        TransferEncoding::SevenBit => "7bit",
        TransferEncoding::EightBit => "8bit",
        TransferEncoding::Binary | TransferEncoding::Unknown => "binary",
        TransferEncoding::QuotedPrintable => "quoted-printable",
        TransferEncoding::Base64 => "base64",
    }
}

fn single(header: &[u8], wanted: &str) -> Result<Option<Field>, NotApplied> {
    let mut found = None;
    let mut at = 0;
    for (name, bytes) in fields(header) {
        let all = at..at + bytes.len();
        at = all.end;
        if !name.eq_ignore_ascii_case(wanted) {
            continue;
        }
        if found.is_some() {
            return Err(NotApplied::Malformed("repeated-field"));
        }
        let colon = memchr::memchr(b':', bytes).unwrap_or(0);
        let value = &bytes[colon + 1..];
        let lead = value.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let tail = value.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        let start = all.start + colon + 1;
        let end = (all.end - tail).max(start + lead);
        found = Some(Field { value: start + lead..end, all });
    }
    Ok(found)
}

/// The range of the charset parameter's value, quotes included (RFC 2045 section 5.1).
fn charset_value(value: &str) -> Result<Option<Range<usize>>, NotApplied> {
    let mut found = None;
    for parameter in parameters(value) {
        let Some((name, rest)) = value[parameter.clone()].split_once('=') else { continue };
        let name = name.trim().to_ascii_lowercase();
        if name.starts_with("charset*") {
            return Err(NotApplied::Charset);
        }
        if name == "charset" {
            if found.is_some() {
                return Err(NotApplied::Malformed("repeated-charset"));
            }
            let start = parameter.end - rest.trim_start().len();
            found = Some(start..start + rest.trim().len());
        }
    }
    Ok(found)
}

/// The ranges between the semicolons that stand in no quoted string or comment, without
/// the first, which is the media type. A value with a comment is cut before it.
fn parameters(value: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut quoted, mut escaped, mut start) = (false, false, None);
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' | '(' if !quoted => {
                ranges.extend(start.map(|start| start..at));
                start = (c == ';').then_some(at + 1);
            }
            _ => {}
        }
    }
    ranges.extend(start.map(|start| start..value.len()));
    ranges
}

/// Folded lines become one (RFC 5322 section 2.2.3).
fn unfold(value: &str) -> String {
    value.split('\n').map(|line| line.trim_end_matches('\r')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splice(block: &str, encoding: TransferEncoding) -> Result<String, NotApplied> {
        let splices = Rewrite::of(block.as_bytes())?.splices(0, encoding, "\n")?;
        let mut out = String::new();
        let mut at = 0;
        for s in splices {
            out.push_str(&block[at..s.range.start]);
            out.push_str(std::str::from_utf8(&s.bytes).unwrap());
            at = s.range.end;
        }
        Ok(out + &block[at..])
    }

    #[test]
    fn only_charset_and_encoding_change() {
        let qp = TransferEncoding::QuotedPrintable;
        for (old, new) in [
            (
                "Content-Type: text/plain;\n format=flowed; x=\"a;charset=b\"; charset=\"us-ascii\"; delsp=yes\nX: 1\n",
                "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; format=flowed; \
                 x=\"a;charset=b\"; charset=utf-8; delsp=yes\nX: 1\n",
            ),
            (
                "content-transfer-encoding: 7bit\nContent-type: text/plain\n",
                "content-transfer-encoding: quoted-printable\nContent-type: text/plain; charset=utf-8\n",
            ),
            (
                "\n",
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n",
            ),
            (
                "Content-Type: text/plain; charset = us-ascii (Plain text)\n",
                "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset = utf-8 (Plain text)\n",
            ),
        ] {
            assert_eq!(splice(old, qp).unwrap(), new);
        }
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        let qp = TransferEncoding::QuotedPrintable;
        for bad in [
            "Content-Type: text/plain\nContent-Type: text/html\n",
            "Content-Type: text/plain; charset=a; charset=b\n",
            "Content-Type: text/plain; charset*=us-ascii''x\n",
        ] {
            assert!(splice(bad, qp).is_err(), "{bad}");
        }
    }
}
