//! Encoded words (RFC 2047) that are split within a character. Section 5 (3) forbids it, some programs do it all the
//! same, and most put the bytes together before they read them.

use super::{TransferEncoding, transfer};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::ops::Range;

/// One `=?charset?B?text?=`.
struct Word<'v> {
    range: Range<usize>,
    charset: &'v [u8],
    bytes: Vec<u8>,
}

/// `value` with such words as one; `None` where there are none.
pub(super) fn joined(value: &[u8]) -> Option<Vec<u8>> {
    // Two words with nothing but white space between: the usual value has none.
    let mut ends = memchr::memmem::find_iter(value, b"?=");
    ends.find(|end| {
        let rest = value.get(end + 2..).unwrap_or_default();
        rest.first().is_some_and(u8::is_ascii_whitespace) && rest.trim_ascii_start().starts_with(b"=?")
    })?;
    let mut out = Vec::with_capacity(value.len());
    let (mut copied, mut at, mut any) = (0, 0, false);
    while let Some(mut word) = next_word(value, at) {
        at = word.range.end;
        while word.bytes.last().is_some_and(|byte| *byte >= 0x80)
            && let Some(next) = next_word(value, at)
            && value[at..next.range.start].iter().all(u8::is_ascii_whitespace)
            && next.charset.eq_ignore_ascii_case(word.charset)
            && next.bytes.first().is_some_and(|byte| *byte >= 0x80)
        {
            word.bytes.extend_from_slice(&next.bytes);
            word.range.end = next.range.end;
            at = next.range.end;
            any = true;
        }
        out.extend_from_slice(&value[copied..word.range.start]);
        out.extend_from_slice(b"=?");
        out.extend_from_slice(word.charset);
        out.extend_from_slice(b"?B?");
        out.extend_from_slice(STANDARD.encode(&word.bytes).as_bytes());
        out.extend_from_slice(b"?=");
        copied = word.range.end;
    }
    out.extend_from_slice(&value[copied..]);
    any.then_some(out)
}

fn next_word(value: &[u8], from: usize) -> Option<Word<'_>> {
    let mut at = from;
    loop {
        at += memchr::memmem::find(value.get(at..)?, b"=?")?;
        if let Some(word) = word(value, at) {
            return Some(word);
        }
        at += 2;
    }
}

fn word(value: &[u8], at: usize) -> Option<Word<'_>> {
    let rest = value.get(at + 2..)?;
    // RFC 2047, section 2: at most 75 characters; some programs write longer ones.
    let mut fields = rest.get(..2_000).unwrap_or(rest).splitn(3, |byte| *byte == b'?');
    let (charset, encoding, text) = (fields.next()?, fields.next()?, fields.next()?);
    let text = text.get(..memchr::memmem::find(text, b"?=")?)?;
    let bytes = match encoding {
        b"B" | b"b" => transfer::decode(TransferEncoding::Base64, text).bytes.into_owned(),
        b"Q" | b"q" => {
            let spaced: Vec<u8> = text.iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect();
            transfer::decode(TransferEncoding::QuotedPrintable, &spaced).bytes.into_owned()
        }
        _ => return None,
    };
    let end = at + 2 + charset.len() + 1 + encoding.len() + 1 + text.len() + 2;
    Some(Word { range: at..end, charset, bytes })
}

#[cfg(test)]
mod tests {
    use super::super::header_text;

    #[test]
    fn a_character_split_over_two_words_is_read() {
        // An e with an acute accent is C3 A9.
        assert_eq!(header_text(b"=?utf-8?Q?caf=C3?=\r\n =?UTF-8?B?qSB0?= x\r\n"), "caf\u{e9} t x");
        assert_eq!(header_text(b"=?utf-8?Q?caf=C3=A9?= =?utf-8?Q?_au?= lait"), "caf\u{e9} au lait");
        assert_eq!(header_text(b"a =?utf-8?B?w6k=?= b ?= =? c"), "a \u{e9} b ?= =? c");
    }
}
