//! Texts and pages that stand in an address themselves (`data:`, RFC 2397) or in an attribute (`srcdoc`).

use super::{
    Layer, TextKind, html,
    nature::text_kind,
    read::{At, Reader},
    view::{Builder, Lines},
};
use crate::message::decode_text;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, ops::Range};

/// Of one message, and one in another.
pub(super) const MOST: usize = 64;
const DEEPEST: usize = 3;
/// Of the beginning of an address.
const LONGEST_HEAD: usize = 200;
const SCHEME: &str = "data:";

/// Where in a page one stands.
pub(super) struct Embedded {
    /// Of the source.
    pub(super) value: Range<usize>,
    pub(super) layer: Layer,
    pub(super) written: Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The value is an address.
    Address,
    /// The value is a page.
    Page,
    /// Addresses stand somewhere in the value, which is a style.
    Within,
}

/// A text that was embedded.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    text: String,
    kind: TextKind,
}

/// Whether an attribute's value is an address of this kind that a text may stand in: pictures but drawings hold none.
pub(super) fn is_address(value: &str) -> bool {
    let first = value.bytes().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(first, Some(b'd' | b'D' | b'&' | 0..=31)) {
        return false;
    }
    let head = &value[..value.floor_char_boundary(LONGEST_HEAD)];
    let head = without_controls(&html::resolved(head)).to_ascii_lowercase();
    head.trim_start_matches(|c: char| c <= ' ').strip_prefix(SCHEME).is_some_and(|media_type| {
        let is_other = [
            "image/",
            "audio/",
            "video/",
            "font/",
            "application/font",
            "application/x-font",
            "application/vnd.ms-font",
        ]
        .into_iter()
        .any(|class| media_type.starts_with(class));
        !is_other || media_type.starts_with("image/svg")
    })
}

/// Whether a style may have such an address with a text.
pub(super) fn is_within(style: &str) -> bool {
    style.contains([':', '&', '\\'])
        && addresses(&unescaped(&html::resolved(style))).into_iter().next().is_some()
}

/// Escapes of a style undone, so that `\64 ata:` is an address.
fn unescaped(style: &str) -> Cow<'_, str> {
    if !style.contains('\\') {
        return Cow::Borrowed(style);
    }
    let mut out = String::with_capacity(style.len());
    let mut rest = style;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        let code = u32::from_str_radix(&rest[..digits], 16).ok().and_then(char::from_u32);
        match code {
            Some(c) => {
                out.push(c);
                rest = &rest[digits..];
                rest = rest.strip_prefix([' ', '\t', '\n']).unwrap_or(rest);
            }
            // Any other character stands for itself, a line end for nothing.
            None => rest = rest.strip_prefix('\n').unwrap_or(rest),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl<'m> Reader<'m, '_> {
    /// Reads what is embedded in a page, in the part or file at this place.
    pub(super) fn embedded(&mut self, index: usize, place: &str, source: &str, found: &[Embedded]) {
        self.embedded_in(index, place, source, found, 0);
    }

    fn embedded_in(&mut self, index: usize, place: &str, source: &str, found: &[Embedded], depth: usize) {
        for embedded in found {
            let value = source.get(embedded.value.clone()).unwrap_or_default();
            match embedded.written {
                Written::Address => self.address(index, place, &html::resolved(value), embedded.layer, depth),
                Written::Page => {
                    let text = Text { text: html::resolved(value).into_owned(), kind: TextKind::Html };
                    self.embed(index, place, text, embedded.layer, depth);
                }
                Written::Within => {
                    for address in addresses(&unescaped(&html::resolved(value))) {
                        self.address(index, place, address, embedded.layer, depth);
                    }
                }
            }
        }
    }

    /// Reads the addresses of this kind that stand in a plain text.
    pub(super) fn embedded_in_text(&mut self, index: usize, place: &str, text: &str) {
        for address in addresses(text) {
            // Anybody may write of data and a colon.
            let head = &address[..address.floor_char_boundary(LONGEST_HEAD)];
            let says_type = head.split_once(',').is_some_and(|(head, _)| head.contains([';', '/']));
            if says_type && is_address(address) {
                self.address(index, place, address, Layer::Hidden, 0);
            }
        }
    }

    fn address(&mut self, index: usize, place: &str, address: &str, layer: Layer, depth: usize) {
        match text_in(address) {
            Some(text) => self.embed(index, place, text, layer, depth),
            // A file: whoever follows the link has it.
            None => self.unread(index, super::UnreadReason::FormatNotSupported),
        }
    }

    fn embed(&mut self, index: usize, place: &str, text: Text, layer: Layer, depth: usize) {
        if text.text.trim().is_empty() {
            return;
        }
        if depth == DEEPEST || self.embedded == MOST {
            return self.unread(index, super::UnreadReason::Limit("data"));
        }
        self.embedded += 1;
        let source = self.cut(index, Cow::Owned(text.text));
        let place = format!("{place}/data {}", self.embedded);
        let part = self.protecting(index);
        let at = || At { place: Cow::Owned(place.clone()), part, anchors: &[] };
        let none = html::Quotes::default();
        if text.kind == TextKind::Plain {
            let mut builder = Builder::new(Lines::Kept, source.len());
            builder.text(&source, 0);
            return self.stretch(at(), source, (layer, builder), &none);
        }
        let texts = html::read(&source);
        let seen = self.out.fragments.len();
        self.stretch(at(), source.clone(), (layer, texts.visible), &texts.quotes);
        self.odd_links(&texts.anchors.all, seen);
        self.stretch(at(), source.clone(), (Layer::Hidden, texts.hidden), &none);
        self.stretch(at(), source.clone(), (Layer::Link, texts.links), &none);
        self.embedded_in(index, &place, &source, &texts.embedded, depth + 1);
    }
}

/// The text in an address; `None` where none is in it.
fn text_in(address: &str) -> Option<Text> {
    let address = without_controls(address);
    let (head, data) = address.split_once(',')?;
    let head = head.get(SCHEME.len()..)?;
    let mut parameters = head.split(';').map(str::trim);
    let media_type = parameters.next().unwrap_or_default().to_ascii_lowercase();
    let (mut charset, mut is_base64) = (None, false);
    for parameter in parameters {
        match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                charset = Some(value.trim_matches('"'))
            }
            _ => is_base64 |= parameter.eq_ignore_ascii_case("base64"),
        }
    }
    let kind = kind_of(&media_type)?;
    let bytes: Vec<u8> = percent_decode_str(data).collect();
    let bytes = if is_base64 { unbase64(&bytes)? } else { bytes };
    Some(Text { text: decode_text(Cow::Owned(bytes), charset).into_owned(), kind })
}

fn kind_of(media_type: &str) -> Option<TextKind> {
    let is_markup = ["html", "xml", "svg"].into_iter().any(|word| media_type.contains(word));
    let is_text =
        media_type.is_empty() || media_type.starts_with("text/") || media_type == "application/json";
    match (is_markup, is_text) {
        (true, _) => Some(TextKind::Html),
        (false, true) => Some(text_kind(media_type)),
        (false, false) => None,
    }
}

/// As browsers do: without white space, with or without padding, in either alphabet.
fn unbase64(data: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => *byte,
    };
    let is_data = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut data: Vec<u8> =
        data.iter().filter(|b| !b.is_ascii_whitespace()).take_while(is_data).map(standard).collect();
    if data.len() % 4 == 1 {
        data.pop();
    }
    LENIENT.decode(data).ok()
}

/// What browsers take out of an address before they read it.
fn without_controls(address: &str) -> String {
    address.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect()
}

/// All addresses of this kind in a text or a style, each up to where it ends there.
fn addresses(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut found: Vec<&str> = Vec::new();
    let mut from = 0;
    for colon in memchr::memchr_iter(b':', bytes) {
        let Some(start) = colon.checked_sub(SCHEME.len() - 1).filter(|start| *start >= from) else {
            continue;
        };
        let is_scheme = bytes.get(start..colon).is_some_and(|word| word.eq_ignore_ascii_case(b"data"));
        let begins = start.checked_sub(1).is_none_or(|before| !bytes[before].is_ascii_alphanumeric());
        if !is_scheme || !begins {
            continue;
        }
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>)".contains(byte);
        // In quotation marks everything up to the next one belongs to it.
        let quote = start.checked_sub(1).map(|before| bytes[before]).filter(|byte| b"\"'".contains(byte));
        let length = bytes[start..].iter().position(|byte| match quote {
            Some(quote) => *byte == quote,
            None => ends(byte),
        });
        let end = length.map_or(bytes.len(), |length| start + length);
        found.extend(text.get(start..end).filter(|address| is_address(address) && address.contains(',')));
        from = end;
        if found.len() > MOST {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{ExtractLimits, extract};
    use super::*;
    use crate::{
        files::Files,
        message::{ReadLimits, read},
    };
    use base64::engine::general_purpose::STANDARD;

    /// What each layer says that is not in the page itself.
    fn embedded(content_type: &str, page: &str) -> Vec<(Layer, String)> {
        let raw = format!("Content-Type: {content_type}\n\n{page}");
        let message = read(raw.as_bytes(), ReadLimits::default());
        let files = Files::default();
        let extract = extract(&message, &files, ExtractLimits::default());
        let inner = extract.fragments.iter().filter(|f| f.place.contains("/data ") && !f.checked_only);
        inner.map(|f| (f.layer, f.view.text.clone())).collect()
    }

    #[test]
    fn texts_in_addresses_are_read() {
        let base64 = |text: &str| STANDARD.encode(text);
        let utf16: Vec<u8> = "you idiot".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (page, layer) in [
            (format!("<a href='data:text/plain;base64,{}'>x</a>", base64("you idiot")), Layer::Hidden),
            (
                format!("<a href='DATA:;base64,{}'>x</a>", base64("you idiot").trim_end_matches('=')),
                Layer::Hidden,
            ),
            ("<a href=data:,you%20idiot>x</a>".into(), Layer::Hidden),
            ("<a href='&#100;ata&colon;text/html,you id<b>i</b>ot'>x</a>".into(), Layer::Hidden),
            ("<a href='da\tta:text/plain,you i\ndiot'>x</a>".into(), Layer::Hidden),
            (
                format!("<a href='data:text/plain;charset=utf-16le;base64,{}'>x</a>", STANDARD.encode(utf16)),
                Layer::Hidden,
            ),
            ("<iframe src='data:text/html,you id<i>i</i>ot'></iframe>".into(), Layer::Visible),
            ("<iframe srcdoc='you id&lt;i&gt;i&lt;/i&gt;ot'></iframe>".into(), Layer::Visible),
            ("<object data=\"data:image/svg+xml,<svg><text>you idiot</text></svg>\">".into(), Layer::Visible),
            (
                format!(
                    "<p style=\"background:url(data:image/svg+xml;base64,{})\">",
                    base64("<svg><text>you idiot</text></svg>")
                ),
                Layer::Hidden,
            ),
            (
                "<style>p{background:url('data:image/svg+xml,<svg><text>you idiot</text></svg>')}</style>"
                    .into(),
                Layer::Hidden,
            ),
        ] {
            assert_eq!(embedded("text/html", &page), [(layer, "you idiot".to_owned())], "{page}");
        }
        let address = format!("see data:text/html;base64,{} now", base64("<p>you idiot</p>"));
        assert_eq!(embedded("text/plain", &address), [(Layer::Hidden, "you idiot".to_owned())]);
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        for (content_type, text) in [
            ("text/html", "<img src='data:image/png;base64,iVBORw0KGgo='>"),
            ("text/html", "<a href='database.html'>x</a><a data-x='12'>y</a>"),
            (
                "text/plain",
                "The data:text field is new, and metadata:text/plain,x is not.\nData: 12, all told.",
            ),
        ] {
            assert!(embedded(content_type, text).is_empty(), "{text} {:?}", embedded(content_type, text));
        }
    }

    #[test]
    fn pages_in_pages_and_their_number_are_bounded() {
        let mut page = "you idiot".to_owned();
        for _ in 0..8 {
            page = format!("<iframe src='data:text/html;base64,{}'></iframe>", STANDARD.encode(page));
        }
        assert!(embedded("text/html", &page).is_empty());
        let raw = format!("Content-Type: text/html\n\n{page}{}", "<a href='data:,one two'>x</a>".repeat(500));
        let message = read(raw.as_bytes(), ReadLimits::default());
        let files = Files::default();
        let extract = extract(&message, &files, ExtractLimits::default());
        let count = extract.fragments.iter().filter(|f| f.place.contains("/data ")).count();
        assert!(count <= MOST, "{count}");
        assert!(extract.unread.iter().any(|u| u.reason == super::super::UnreadReason::Limit("data")));
    }
}
