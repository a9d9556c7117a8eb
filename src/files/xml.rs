//! XML of office files, read forwards and never expanded: entities other than XML's own five and
//! character numbers stay as they are written. Names are taken without their prefix, so that Strict
//! and Transitional files and every producer's prefixes read alike.

use super::{Budget, Limit, Reason};
use quick_xml::{
    Reader,
    events::{BytesEnd, BytesStart, Event},
};
use std::{borrow::Cow, ops::Deref};

/// Elements within each other.
const DEEPEST: usize = 4096;
/// Attributes of one element that are looked at.
const MOST_ATTRIBUTES: usize = 256;

pub(super) struct Xml<'x> {
    reader: Reader<&'x [u8]>,
    depth: usize,
    /// Why not all was read.
    pub(super) stopped: Option<Reason>,
}

pub(super) enum Node<'x> {
    Start(Tag<'x>),
    End(Name<'x>),
    Text(Cow<'x, str>),
}

pub(super) struct Tag<'x>(BytesStart<'x>);

/// The name of an element that ends, without its prefix.
pub(super) struct Name<'x>(BytesEnd<'x>);

impl Deref for Name<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        local(self.0.name().into_inner())
    }
}

impl<'x> Xml<'x> {
    /// `bytes` as `decoded` gives them.
    pub(super) fn new(bytes: &'x [u8]) -> Self {
        let mut reader = Reader::from_reader(bytes);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.expand_empty_elements = true;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader, depth: 0, stopped: None }
    }

    pub(super) fn next(&mut self, budget: &mut Budget) -> Option<Node<'x>> {
        loop {
            if let Err(limit) = budget.step(1) {
                self.stopped = Some(Reason::Limit(limit));
                return None;
            }
            match self.reader.read_event() {
                Ok(Event::Start(tag)) if self.depth < DEEPEST => {
                    self.depth += 1;
                    if has_too_many(&tag) {
                        self.stopped = Some(Reason::Limit(Limit::Steps));
                    }
                    return Some(Node::Start(Tag(tag)));
                }
                Ok(Event::Start(_)) => {
                    self.stopped = Some(Reason::Limit(Limit::Steps));
                    return None;
                }
                Ok(Event::End(tag)) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Some(Node::End(Name(tag)));
                }
                Ok(Event::Text(text)) => return Some(Node::Text(lossy(text.into_inner()))),
                Ok(Event::CData(text)) => return Some(Node::Text(lossy(text.into_inner()))),
                Ok(Event::GeneralRef(entity)) => {
                    let name = String::from_utf8_lossy(&entity);
                    let text = match referred(&name) {
                        Some(c) => c.to_string(),
                        None => format!("&{name};"),
                    };
                    return Some(Node::Text(Cow::Owned(text)));
                }
                Ok(Event::Eof) => {
                    if self.depth > 0 {
                        self.stopped = Some(Reason::Malformed);
                    }
                    return None;
                }
                Ok(_) => {}
                Err(_) => {
                    self.stopped = Some(Reason::Malformed);
                    return None;
                }
            }
        }
    }

    /// Tells when not all was read.
    pub(super) fn tell(&self, place: &str, kind: &str, budget: &mut Budget) {
        if let Some(reason) = self.stopped {
            budget.missed(place, kind, reason);
        }
    }
}

/// Whether some attributes are not looked at.
fn has_too_many(tag: &BytesStart<'_>) -> bool {
    // An attribute takes five bytes at least.
    tag.len() > MOST_ATTRIBUTES * 5 && {
        let mut attributes = tag.attributes();
        attributes.with_checks(false);
        attributes.filter_map(Result::ok).nth(MOST_ATTRIBUTES).is_some()
    }
}

impl Tag<'_> {
    /// The name without its prefix.
    pub(super) fn name(&self) -> &str {
        let length = self.0.name().into_inner().len();
        local(self.0.get(..length).unwrap_or_default())
    }

    /// An attribute by its name without prefix.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.value(name).map(Cow::into_owned)
    }

    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name).as_deref() == Some(value)
    }

    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.trim().parse().ok()
    }

    /// Names without prefix, and values.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes
            .filter_map(Result::ok)
            .take(MOST_ATTRIBUTES)
            .map(|attribute| (local(attribute.key.into_inner()), unescaped(lossy(attribute.value))))
    }

    /// Whether a switch such as `<w:vanish/>` or `hidden="1"` is on.
    pub(super) fn is_on(&self, name: &str) -> Option<bool> {
        self.value(name).map(|value| !matches!(&*value, "0" | "false" | "off" | "none"))
    }
}

/// A name without its prefix; nothing where it is no text.
fn local(name: &[u8]) -> &str {
    let start = memchr::memrchr(b':', name).map_or(0, |at| at + 1);
    name.get(start..).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
}

fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        // Twice as fast as the lossy reading, where nothing is broken.
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        },
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The five entities of XML and character numbers.
fn referred(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')
        }
    }
}

fn unescaped(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(12).position(|b| b == b';');
        match end.and_then(|end| Some((referred(after.get(..end)?)?, after.get(end + 1..)?))) {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The bytes in UTF-8, whatever the file's mark or declaration says they are in.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let head = bytes.get(..200).unwrap_or(bytes);
    let declared = || {
        let at = memchr::memmem::find(head, b"encoding=")? + 9;
        let value = head.get(at + 1..)?;
        let end = value.iter().position(|b| matches!(b, b'"' | b'\''))?;
        encoding_rs::Encoding::for_label(value.get(..end)?)
    };
    let encoding = match head {
        [0xef, 0xbb, 0xbf, ..] => return Cow::Borrowed(bytes.get(3..).unwrap_or_default()),
        [0xff, 0xfe, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xfe, 0xff, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        // A declaration of UTF-16 that can be read is wrong.
        _ => declared().filter(|e| e.is_ascii_compatible()).unwrap_or(encoding_rs::UTF_8),
    };
    if encoding == encoding_rs::UTF_8 {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(encoding.decode(bytes).0.into_owned().into_bytes())
}

/// The name of the outermost element, without its prefix; `None` for what is no XML.
pub(super) fn root(bytes: &[u8]) -> Option<String> {
    let mut reader = Xml::new(bytes).reader;
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => return Some(Tag(tag).name().to_owned()).filter(|name| !name.is_empty()),
            Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
            _ => return None,
        }
    }
}

/// Values of attributes that somebody may have written, a line for each element; of XML in UTF-8.
pub(super) fn all_said(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        let first = out.len();
        for (_, value) in tag.attributes().filter(|(key, value)| is_said(key, value)) {
            out.push_str(if out.len() == first { "" } else { "\t" });
            out.push_str(value.trim());
        }
        out.push_str(if out.len() == first { "" } else { "\n" });
    }
    out
}

/// Words, or a number with its letter; not what programs write to each other.
fn is_said(key: &str, value: &str) -> bool {
    const OF_PROGRAMS: [&str; 12] = [
        "style",
        "path",
        "d",
        "sqref",
        "ref",
        "spans",
        "coordsize",
        "adj",
        "points",
        "uri",
        "Ignorable",
        "Requires",
    ];
    if OF_PROGRAMS.contains(&key) || value.starts_with("http") || value.starts_with("urn:") {
        return false;
    }
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_word = |word: &str| {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        letters.next().is_some() && letters.next().is_some()
    };
    let has_words = value.split_whitespace().nth(1).is_some() && value.split_whitespace().any(is_word);
    has_words || (digits >= 10 && (1..=3).contains(&letters))
}

/// All text between tags, an element's end being a space or a line; of XML in any charset.
pub(super) fn all_text(bytes: &[u8], budget: &mut Budget) -> String {
    text_of(&decoded(bytes), budget)
}

/// The same of XML in UTF-8.
pub(super) fn text_of(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Text(text) => {
                let text = text.trim_matches(['\n', '\r', '\t']);
                out.push_str(if text.trim().is_empty() && out.ends_with(char::is_whitespace) {
                    ""
                } else {
                    text
                });
            }
            Node::End(name) if matches!(&*name, "span" | "b" | "i" | "em" | "font") => {}
            Node::End(_) if !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    fn text(bytes: &[u8]) -> String {
        all_text(bytes, &mut Budget::new(FileLimits::default()))
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = b"<!DOCTYPE a [<!ENTITY b \"boom\"><!ENTITY c \"&b;&b;\">]><a>&c; &lt;&#65;&#x42;</a>";
        assert_eq!(text(bomb), "&c; <AB\n");
    }

    #[test]
    fn what_somebody_wrote_in_attributes_is_told_from_what_programs_write() {
        let source = b"<a r='urn:x y' style='left: 3pt; top: auto' id='{12345678-1234-1234-1234-123456789012}' w='914400'>
            <b caption='about &#x4e;ia Flynn' name='Table1'/><c upn='H801200001001'/><d sqref='AB1:AB2 AC3'/></a>";
        let mut budget = Budget::new(FileLimits::default());
        assert_eq!(all_said(source, &mut budget), "about Nia Flynn\nH801200001001\n");
        assert_eq!(root(b"\n<?xml version='1.0'?><x:theme/>").as_deref(), Some("theme"));
        assert_eq!(root(b"words <theme/>"), None);
    }

    #[test]
    fn what_attributes_of_a_file_say_is_told_and_accents_stay() {
        let bytes = b"<?xml version='1.0' encoding='iso-8859-1'?><r a='one' b='two words' c='http://a.example/ b'>Cer\xef</r>";
        let mut opened = Budget::new(FileLimits::default());
        crate::files::open(Some("a.xml"), None, bytes, &mut opened);
        let pieces = opened.finish().pieces;
        assert_eq!(pieces.iter().find(|piece| piece.place == "attributes").unwrap().text, "two words\n");
        let source = decoded(bytes);
        assert_eq!(text_of(&source, &mut Budget::new(FileLimits::default())), "Cer\u{ef}\n");
        assert_eq!(text(bytes), "Cer\u{ef}\n");
    }

    #[test]
    fn attributes_beyond_those_looked_at_are_told() {
        let few = format!("<a {}/>", "x='1' ".repeat(250));
        let many = format!("<a {}/>", "x='1' ".repeat(300));
        for (source, stopped) in [(few, None), (many, Some(Reason::Limit(Limit::Steps)))] {
            let mut budget = Budget::new(FileLimits::default());
            let mut xml = Xml::new(source.as_bytes());
            while xml.next(&mut budget).is_some() {}
            assert_eq!(xml.stopped, stopped);
        }
    }

    #[test]
    fn every_encoding_is_read() {
        let source = "<?xml version=\"1.0\"?><a>Siân</a>";
        let utf16: Vec<u8> = source.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&utf16), "Siân\n");
        assert_eq!(text(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>Si\xe2n</a>"), "Siân\n");
    }

    #[test]
    fn what_stands_before_a_break_is_kept() {
        let mut budget = Budget::new(FileLimits::default());
        let mut xml = Xml::new(b"<a><b x='1 &amp; 2'>one</b><c>two");
        let mut seen = Vec::new();
        while let Some(node) = xml.next(&mut budget) {
            match node {
                Node::Start(tag) => seen.push(tag.get("x").unwrap_or_else(|| tag.name().to_owned())),
                Node::Text(text) => seen.push(text.into_owned()),
                Node::End(_) => {}
            }
        }
        assert_eq!(seen, ["a", "1 & 2", "one", "c", "two"]);
        assert_eq!(xml.stopped, Some(Reason::Malformed));
    }
}
