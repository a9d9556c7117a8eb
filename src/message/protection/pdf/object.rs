//! As much of PDF's object syntax (ISO 32000-2 section 7.3) as a trailer and an
//! encryption dictionary need. Bounded: no object is deeper or longer than real ones.

const DEEPEST: usize = 8;
const LONGEST: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Name(Vec<u8>),
    Integer(i64),
    Boolean(bool),
    /// A string, literal or hexadecimal, without its notation.
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    /// `12 0 R`.
    Reference(i64, i64),
    /// null, a real number, anything else that is passed over.
    Other,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dictionary(Vec<(Vec<u8>, Object)>);

impl Dictionary {
    /// The dictionary that begins at the start of `bytes`, white space apart.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes: &bytes[..bytes.len().min(LONGEST)], at: 0 };
        match reader.object(0)? {
            Object::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().find(|(k, _)| k == key.as_bytes()).map(|(_, v)| v)
    }

    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Object::Integer(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Object::Text(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn name(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Object::Name(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn dictionary(&self, key: &str) -> Option<&Dictionary> {
        match self.get(key)? {
            Object::Dictionary(value) => Some(value),
            _ => None,
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// White space and comments.
    fn skip(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                0 | b'\t' | b'\n' | 12 | b'\r' | b' ' => self.at += 1,
                b'%' => self.at += memchr::memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len()),
                _ => break,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Object> {
        if depth > DEEPEST {
            return None;
        }
        self.skip();
        match self.peek()? {
            b'<' if self.rest().starts_with(b"<<") => self.dictionary(depth).map(Object::Dictionary),
            b'<' => self.hexadecimal().map(Object::Text),
            b'(' => self.literal().map(Object::Text),
            b'/' => Some(Object::Name(self.name())),
            b'[' => self.array(depth).map(Object::Array),
            b'0'..=b'9' | b'+' | b'-' | b'.' => Some(self.number()),
            b if b.is_ascii_alphabetic() => match self.word() {
                b"true" => Some(Object::Boolean(true)),
                b"false" => Some(Object::Boolean(false)),
                _ => Some(Object::Other),
            },
            _ => None,
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Dictionary> {
        self.at += 2;
        let mut out = Vec::new();
        loop {
            self.skip();
            if self.rest().starts_with(b">>") {
                self.at += 2;
                return Some(Dictionary(out));
            }
            if self.peek()? != b'/' {
                return None;
            }
            let key = self.name();
            let value = self.object(depth + 1)?;
            out.push((key, value));
        }
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Object>> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            self.skip();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(out);
            }
            out.push(self.object(depth + 1)?);
        }
    }

    /// With `#41` undone, by which keys could be disguised.
    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
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

    /// The regular characters from here.
    fn word(&mut self) -> &[u8] {
        let start = self.at;
        while self.peek().is_some_and(|b| b > b' ' && !b"()<>[]{}/%".contains(&b)) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    /// A number, or with what follows a reference.
    fn number(&mut self) -> Object {
        let Some(value) = parsed(self.word()) else { return Object::Other };
        let after = self.at;
        self.skip();
        if let Some(generation) = parsed(self.word()) {
            self.skip();
            if self.word() == b"R" {
                return Object::Reference(value, generation);
            }
        }
        self.at = after;
        Object::Integer(value)
    }

    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        let end = self.at + memchr::memchr(b'>', self.rest())?;
        let digits = self.bytes[self.at + 1..end].iter().filter_map(|b| char::from(*b).to_digit(16));
        let digits: Vec<u8> = digits.map(|d| d as u8).collect();
        self.at = end + 1;
        Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect())
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let (mut out, mut open) = (Vec::new(), 0usize);
        loop {
            let b = self.peek()?;
            self.at += 1;
            match b {
                b'\\' => self.escape(&mut out)?,
                b'(' => {
                    open += 1;
                    out.push(b);
                }
                b')' if open == 0 => return Some(out),
                b')' => {
                    open -= 1;
                    out.push(b);
                }
                _ => out.push(b),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let b = self.peek()?;
        self.at += 1;
        match b {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'\n' => {}
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
        Some(())
    }
}

fn parsed(word: &[u8]) -> Option<i64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_a_trailer_are_read() {
        let text = b" <</Size 5/Root 1 0 R/#45ncrypt 9 0 R % c\n /ID[<0aF>(a\\)\\053(b)\\\r\n)]/X<</Y true/Z 1.5>> /N null>>";
        let d = Dictionary::read(text).unwrap();
        assert_eq!(d.get("Encrypt"), Some(&Object::Reference(9, 0)));
        assert_eq!(d.integer("Size"), Some(5));
        let id = Object::Array(vec![Object::Text(vec![0x0a, 0xf0]), Object::Text(b"a)+(b)".to_vec())]);
        assert_eq!(d.get("ID"), Some(&id));
        assert_eq!(d.dictionary("X").and_then(|x| x.get("Y")), Some(&Object::Boolean(true)));
    }

    #[test]
    fn torn_and_endless_objects_end() {
        for bad in ["<<", "<</A", "<</A (", "<</A <", "<</A [1", "<< 1 >>", "]", ""] {
            assert_eq!(Dictionary::read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Dictionary::read(&b"<</A ".repeat(10_000)), None);
    }
}
