//! CMaps (ISO 32000-2, section 9.7.5 and 9.10.3): how a string is cut into codes, and what text or
//! glyph a code stands for.

use super::object::{Object, Reader, Token};
use crate::files::Budget;
use std::collections::{BTreeMap, HashMap};

/// Most single codes and most ranges that a map may have.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct CMap {
    /// Lengths in bytes with the codes they cover, as written.
    spaces: Vec<(usize, u32, u32)>,
    /// Text of a code.
    texts: HashMap<u32, String>,
    /// Text of the first of a range of codes, by that code; the last letter counts on.
    ranges: BTreeMap<u32, (u32, String)>,
    /// Glyph numbers of ranges.
    glyphs: BTreeMap<u32, (u32, u32)>,
    /// Another map that this one builds on.
    pub(super) base: Option<Vec<u8>>,
}

impl CMap {
    /// What cannot be understood is passed over.
    pub(super) fn read(bytes: &[u8], budget: &mut Budget) -> Self {
        let mut map = Self::default();
        let mut operands: Vec<Object> = Vec::new();
        let mut reader = Reader::of_content(bytes);
        while let Some(token) = reader.token() {
            if budget.step(1).is_err() {
                break;
            }
            match token {
                Token::Operand(operand) => operands.push(operand),
                Token::Operator(operator) => {
                    map.take(&operator, &operands);
                    operands.clear();
                }
            }
        }
        map
    }

    fn take(&mut self, operator: &[u8], operands: &[Object]) {
        let code = |object: Option<&Object>| object.and_then(Object::text).map(code);
        match operator {
            b"usecmap" => self.base = operands.last().and_then(Object::name).map(<[u8]>::to_vec),
            b"endcodespacerange" => {
                for pair in operands.as_chunks::<2>().0 {
                    if let [Object::Text(low), Object::Text(high)] = pair
                        && (1..=4).contains(&low.len())
                        && self.spaces.len() < 256
                    {
                        self.spaces.push((low.len(), self::code(low), self::code(high)));
                    }
                }
            }
            b"endbfchar" => {
                for [from, to] in operands.as_chunks::<2>().0 {
                    if let (Some(from), Some(to)) = (code(Some(from)), text(to))
                        && self.texts.len() < MOST
                    {
                        self.texts.insert(from, to);
                    }
                }
            }
            b"endbfrange" => {
                for [low, high, to] in operands.as_chunks::<3>().0 {
                    let (Some(low), Some(high)) = (code(Some(low)), code(Some(high))) else { continue };
                    self.take_range(low, high, to);
                }
            }
            b"endcidrange" => {
                for [low, high, to] in operands.as_chunks::<3>().0 {
                    let (low, high, to) = (code(Some(low)), code(Some(high)), to.integer());
                    if let (Some(low), Some(high), Some(to)) = (low, high, to)
                        && self.glyphs.len() < MOST
                    {
                        self.glyphs.insert(low, (high, to as u32));
                    }
                }
            }
            b"endcidchar" => {
                for [from, to] in operands.as_chunks::<2>().0 {
                    if let (Some(from), Some(to)) = (code(Some(from)), to.integer())
                        && self.glyphs.len() < MOST
                    {
                        self.glyphs.insert(from, (from, to as u32));
                    }
                }
            }
            _ => {}
        }
    }

    fn take_range(&mut self, low: u32, high: u32, to: &Object) {
        if let Object::Array(items) = to {
            for (code, item) in (low..=high).zip(items.iter()) {
                if let Some(text) = text(item).filter(|_| self.texts.len() < MOST) {
                    self.texts.insert(code, text);
                }
            }
        } else if let Some(text) = text(to)
            && self.ranges.len() < MOST
        {
            self.ranges.insert(low, (high, text));
        }
    }

    pub(super) fn has_text(&self) -> bool {
        !self.texts.is_empty() || !self.ranges.is_empty()
    }

    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.texts.get(&code) {
            return Some(text.clone());
        }
        let (low, (high, first)) = self.ranges.range(..=code).next_back()?;
        if code > *high {
            return None;
        }
        let mut text = first.clone();
        let last = text.pop()?;
        text.push(char::from_u32(u32::from(last).checked_add(code - low)?)?);
        Some(text)
    }

    pub(super) fn glyph(&self, code: u32) -> Option<u32> {
        let (low, (high, first)) = self.glyphs.range(..=code).next_back()?;
        (code <= *high).then(|| first.saturating_add(code - low))
    }

    /// The next code of a string and how many bytes it takes.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Option<(u32, usize)> {
        bytes.first()?;
        for length in 1..=4 {
            let Some(candidate) = bytes.get(..length) else { break };
            let value = code(candidate);
            let covers = |(own, low, high): &(usize, u32, u32)| {
                // Each byte lies between those of the ends.
                *own == length
                    && (0..length).all(|i| {
                        let byte = |code: u32| code >> (8 * i) & 0xff;
                        (byte(*low)..=byte(*high)).contains(&byte(value))
                    })
            };
            if self.spaces.iter().any(covers) {
                return Some((value, length));
            }
        }
        let shortest = self.spaces.iter().map(|(length, ..)| *length).min().unwrap_or(2).min(bytes.len());
        Some((code(bytes.get(..shortest)?), shortest))
    }
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, b| code << 8 | u32::from(*b))
}

/// UTF-16BE, or the name of a glyph.
fn text(object: &Object) -> Option<String> {
    match object {
        Object::Text(bytes) => {
            let bytes = bytes.get(..64).unwrap_or(bytes);
            if let [one] = bytes {
                return Some(char::from(*one).to_string());
            }
            let text = encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0;
            let text: String = text.chars().filter(|c| !c.is_control() || *c == '\t').collect();
            (!text.is_empty()).then_some(text)
        }
        Object::Name(name) => super::glyphs::text(std::str::from_utf8(name).ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    #[test]
    fn codes_stand_for_text() {
        let source = b"1 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange
            2 beginbfchar <41> <00660069> <8001> /eacute endbfchar
            2 beginbfrange <50> <52> <0061> <60> <61> [<0078> <0079>] endbfrange
            1 begincidrange <8000> <80ff> 5 endcidrange";
        let map = CMap::read(source, &mut Budget::new(FileLimits::default()));
        assert_eq!(map.text(0x41).as_deref(), Some("fi"));
        assert_eq!(map.text(0x8001).as_deref(), Some("é"));
        assert_eq!(map.text(0x52).as_deref(), Some("c"));
        assert_eq!(map.text(0x53), None);
        assert_eq!(map.text(0x61).as_deref(), Some("y"));
        assert_eq!(map.glyph(0x8003), Some(8));
        assert_eq!(map.next_code(b"\x41\x80"), Some((0x41, 1)));
        assert_eq!(map.next_code(b"\x80\x01"), Some((0x8001, 2)));
        assert_eq!(map.next_code(b"\x80"), Some((0x80, 1)));
    }

    #[test]
    fn a_range_of_all_codes_costs_nothing() {
        let map =
            CMap::read(b"<00000000> <ffffffff> <0041> endbfrange", &mut Budget::new(FileLimits::default()));
        assert_eq!(map.text(0xffff_ffff), None);
        assert_eq!(map.text(1).as_deref(), Some("B"));
    }
}
