//! The objects of a PDF file and how they are written (ISO 32000-2, section 7.3). Lenient as readers
//! are, bounded in depth and in number.

use std::{collections::BTreeMap, rc::Rc};

/// Arrays and dictionaries within each other.
const DEEPEST: usize = 40;
/// Objects that one reading may make; real ones have a few thousand.
const MOST: usize = 400_000;

/// Cheap to clone: what is large is shared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    /// A string without its notation, still encrypted when the file is.
    Text(Rc<[u8]>),
    Name(Rc<[u8]>),
    Array(Rc<Vec<Object>>),
    Dictionary(Dictionary),
    Stream(Rc<Stream>),
    /// `12 0 R`.
    Reference(u32),
}

/// Shared: resources are asked for again with each operator that names one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dictionary(pub(super) Rc<Entries>);

type Entries = BTreeMap<Vec<u8>, Object>;

/// A stream's dictionary and where in the file its bytes begin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    pub(super) dictionary: Dictionary,
    pub(super) start: usize,
    /// Number and generation of the object, which its key depends on.
    pub(super) id: (u32, u16),
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Real(value) => Some(*value as i64),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The dictionary, a stream's too.
    pub(super) fn dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> &[Object] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }
}

impl Dictionary {
    pub(super) fn new(entries: Entries) -> Self {
        Self(Rc::new(entries))
    }

    /// To be changed; others who share it keep what they have.
    pub(super) fn entries(&mut self) -> &mut Entries {
        Rc::make_mut(&mut self.0)
    }

    /// As it stands; `Document::get` follows references.
    pub(super) fn raw(&self, key: &str) -> Option<&Object> {
        self.0.get(key.as_bytes())
    }

    pub(super) fn is(&self, key: &str, name: &[u8]) -> bool {
        self.raw(key).and_then(Object::name) == Some(name)
    }
}

/// What stands in a content stream (section 7.8.2).
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Operand(Object),
    Operator(Vec<u8>),
}

/// White space (ISO 32000-2, 7.2.3); other control characters are regular ones.
fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    left: usize,
    /// Whether `12 0 R` is one object, as it is everywhere but in content streams.
    references: bool,
    /// Something lies deeper, or there is more, than is read.
    pub(super) is_cut: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, left: MOST, references: true, is_cut: false }
    }

    pub(super) fn of_content(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, left: usize::MAX, references: false, is_cut: false }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// White space and comments.
    pub(super) fn skip(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                _ if is_space(b) => self.at += 1,
                b'%' => self.at += memchr::memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len()),
                _ => break,
            }
        }
    }

    /// The regular characters from here.
    pub(super) fn word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length =
            rest.iter().position(|b| is_space(*b) || b"()<>[]{}/%".contains(b)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    pub(super) fn object(&mut self) -> Option<Object> {
        self.object_at(0)
    }

    /// The next operand or operator; stray delimiters are passed over.
    pub(super) fn token(&mut self) -> Option<Token> {
        loop {
            self.skip();
            match self.peek()? {
                b')' | b'>' | b']' | b'{' | b'}' => self.at += 1,
                b'(' | b'<' | b'[' | b'/' | b'0'..=b'9' | b'+' | b'-' | b'.' => {
                    let before = self.at;
                    match self.object_at(0) {
                        Some(object) => return Some(Token::Operand(object)),
                        None => self.at = self.at.max(before + 1),
                    }
                }
                _ => match self.word() {
                    b"true" => return Some(Token::Operand(Object::Boolean(true))),
                    b"false" => return Some(Token::Operand(Object::Boolean(false))),
                    b"null" => return Some(Token::Operand(Object::Null)),
                    word => return Some(Token::Operator(word.get(..word.len().min(24))?.to_vec())),
                },
            }
        }
    }

    fn object_at(&mut self, depth: usize) -> Option<Object> {
        let Some(left) = self.left.checked_sub(1) else {
            self.is_cut = true;
            return None;
        };
        self.left = left;
        if depth > DEEPEST {
            self.is_cut = true;
            return None;
        }
        self.skip();
        match self.peek()? {
            b'<' if self.rest().starts_with(b"<<") => self.dictionary(depth).map(Object::Dictionary),
            b'<' => Some(Object::Text(self.hexadecimal().into())),
            b'(' => Some(Object::Text(self.literal().into())),
            b'/' => {
                self.at += 1;
                Some(Object::Name(self.name().into()))
            }
            b'[' => self.array(depth).map(|items| Object::Array(Rc::new(items))),
            b'0'..=b'9' | b'+' | b'-' | b'.' => Some(self.number()),
            _ => match self.word() {
                b"true" => Some(Object::Boolean(true)),
                b"false" => Some(Object::Boolean(false)),
                b"null" => Some(Object::Null),
                _ => None,
            },
        }
    }

    /// A dictionary that breaks off keeps what was read.
    fn dictionary(&mut self, depth: usize) -> Option<Dictionary> {
        self.at += 2;
        let mut out = BTreeMap::new();
        loop {
            self.skip();
            match self.peek() {
                Some(b'>') => {
                    self.at += if self.rest().starts_with(b">>") { 2 } else { 1 };
                    return Some(Dictionary::new(out));
                }
                Some(b'/') => {
                    self.at += 1;
                    let key = self.name();
                    match self.object_at(depth + 1) {
                        Some(value) => out.insert(key, value),
                        None => return Some(Dictionary::new(out)),
                    };
                }
                // `endobj` or the end: the closing sign is missing.
                _ => return Some(Dictionary::new(out)),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Object>> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            self.skip();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Some(out);
            }
            match self.object_at(depth + 1) {
                Some(item) => out.push(item),
                None => return Some(out),
            }
        }
    }

    /// With `#41` undone, by which names could be disguised.
    fn name(&mut self) -> Vec<u8> {
        let raw = self.word();
        let mut out = Vec::with_capacity(raw.len());
        let mut at = 0;
        while let Some(&b) = raw.get(at) {
            let digits = (b == b'#').then(|| raw.get(at + 1..at + 3)).flatten();
            let escaped = digits.and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 16).ok());
            out.push(escaped.unwrap_or(b));
            at += if escaped.is_some() { 3 } else { 1 };
        }
        out
    }

    /// A number, or with what follows a reference.
    fn number(&mut self) -> Object {
        let Some(value) = parsed(self.word()) else { return Object::Null };
        let Object::Integer(number) = value else { return value };
        let after = self.at;
        if self.references
            && let Ok(number) = u32::try_from(number)
        {
            self.skip();
            if self.word().first().is_some_and(u8::is_ascii_digit) {
                self.skip();
                if self.word() == b"R" {
                    return Object::Reference(number);
                }
            }
        }
        self.at = after;
        value
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let rest = self.rest();
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        let mut out = Vec::with_capacity(end / 2);
        let mut high = None;
        for digit in rest.get(1..end).unwrap_or_default().iter().filter_map(|b| char::from(*b).to_digit(16)) {
            match high.take() {
                Some(high) => out.push((high << 4 | digit) as u8),
                None => high = Some(digit),
            }
        }
        out.extend(high.map(|high| (high << 4) as u8));
        out
    }

    fn literal(&mut self) -> Vec<u8> {
        self.at += 1;
        let (mut out, mut open) = (Vec::new(), 0usize);
        while let Some(b) = self.peek() {
            self.at += 1;
            match b {
                b'\\' => self.escape(&mut out),
                b'(' => {
                    open += 1;
                    out.push(b);
                }
                b')' if open == 0 => break,
                b')' => {
                    open -= 1;
                    out.push(b);
                }
                _ => out.push(b),
            }
        }
        out
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(b) = self.peek() else { return };
        self.at += 1;
        match b {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\r' if self.peek() == Some(b'\n') => self.at += 1,
            b'\r' | b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(b - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                out.push(value as u8);
            }
            _ => out.push(b),
        }
    }
}

/// `12`, `-.5`, `4.`, also `--5` and `1-2` as readers take them.
fn parsed(word: &[u8]) -> Option<Object> {
    let text = std::str::from_utf8(word).ok()?;
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Object::Integer(integer));
    }
    let digits = text.trim_start_matches(['-', '+']);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let value: f64 = digits.get(..end)?.parse().ok()?;
    Some(Object::Real(if text.starts_with('-') { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Object> {
        Reader::new(text.as_bytes(), 0).object()
    }

    #[test]
    fn objects_as_they_are_written() {
        assert_eq!(read("(a\\(b(c)\\051\\\r\nd)"), Some(Object::Text(b"a(b(c))d".as_slice().into())));
        assert_eq!(read("<4 1 4>"), Some(Object::Text(b"A@".as_slice().into())));
        assert_eq!(read("12 0 R"), Some(Object::Reference(12)));
        assert_eq!(read("-.5"), Some(Object::Real(-0.5)));
        let dictionary = read("<</Len#67th 3/A[1 2 0 R]>>").unwrap();
        assert_eq!(dictionary.dictionary().unwrap().raw("Length"), Some(&Object::Integer(3)));
        assert_eq!(dictionary.dictionary().unwrap().raw("A").unwrap().array().len(), 2);
    }

    #[test]
    fn dictionaries_are_shared_until_they_are_changed() {
        let read = read("<</A 1>>").unwrap();
        let (first, mut other) = (read.dictionary().unwrap(), read.dictionary().unwrap().clone());
        assert!(Rc::ptr_eq(&first.0, &other.0));
        other.entries().insert(b"A".to_vec(), Object::Null);
        assert_eq!(first.raw("A"), Some(&Object::Integer(1)));
    }

    #[test]
    fn broken_and_deep_ones_end() {
        assert!(read("<</A (open").is_some());
        assert!(read(&"[".repeat(100_000)).is_some());
        assert_eq!(read(""), None);
        let mut content = Reader::of_content(b"1 0 Td ] > (x) Tj \xff");
        assert_eq!(std::iter::from_fn(|| content.token()).count(), 6);
    }

    #[test]
    fn each_token_takes_a_byte_whatever_it_is() {
        for (one, other) in (0..=255).flat_map(|one| (0..=255).map(move |other| (one, other))) {
            let bytes = [b'q', one, other, b'Q'];
            let mut content = Reader::of_content(&bytes);
            assert!(std::iter::from_fn(|| content.token()).take(5).count() < 5, "{bytes:?}");
        }
    }
}
