//! Records of binary workbooks (MS-XLSB, section 2.1.4), and the texts in those that have no reader of their own:
//! headers, prompts, tooltips, captions, constants of formulas.

use crate::files::{Budget, Limit};

/// A record's type and its bytes.
pub(super) struct Records<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.number(2)?;
        let length = self.number(4)? as usize;
        let (record, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        Some((kind, record))
    }
}

impl Records<'_> {
    /// Seven bits a byte; a record's type keeps the mark of its first byte.
    fn number(&mut self, most: u32) -> Option<u32> {
        let mut value = 0;
        for i in 0..most {
            let (&b, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u32::from(b & 0x7f) << (7 * i);
            if b & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }

    /// Whether the bytes are records to their end, and nothing else.
    pub(super) fn are_all(mut self) -> bool {
        let mut any = false;
        while !self.0.is_empty() {
            let Some(length) = self.number(2).and_then(|_| self.number(4)) else { return false };
            let Some(rest) = self.0.get(length as usize..) else { return false };
            self.0 = rest;
            any = true;
        }
        any
    }
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// An XLWideString (section 2.5.169) and what follows it.
pub(super) fn wide(bytes: &[u8]) -> Option<(String, &[u8])> {
    let length = (u32_at(bytes, 0)? as usize).checked_mul(2)?;
    let rest = bytes.get(4..)?;
    let (text, rest) = rest.split_at(length.min(rest.len()));
    Some((encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned(), rest))
}

/// Characters of a cell, and of any string here.
const LONGEST: usize = 32_767;

/// Every string in a record, wherever it stands: XLWideStrings, and constants of formulas (PtgStr, section 2.5.97.89).
pub(super) fn texts(record: &[u8], out: &mut String, budget: &mut Budget) -> Result<(), Limit> {
    let mut at = 0;
    while at < record.len() {
        let start = match record.get(at) {
            Some(0x17) => u16_at(record, at + 1).map(|length| (at + 3, usize::from(length))),
            _ => None,
        };
        let wide = u32_at(record, at).map(|length| (at + 4, length as usize));
        let mut found = None;
        for (from, length) in [wide, start].into_iter().flatten() {
            if found.is_none() && (2..=LONGEST).contains(&length) {
                // Each place may be the beginning of a long one.
                budget.step(1 + length as u64 / 64)?;
                found = characters(record, from, length).map(|text| (text, from + 2 * length));
            }
        }
        match found {
            Some((text, end)) => {
                out.push_str(&text);
                out.push('\n');
                at = end;
            }
            None => at += 1,
        }
    }
    Ok(())
}

/// So many characters, if they are text.
fn characters(record: &[u8], from: usize, length: usize) -> Option<String> {
    let bytes = record.get(from..from.checked_add(2 * length)?)?;
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    let mut text = String::with_capacity(length);
    for c in char::decode_utf16(units) {
        let c = c.ok().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))?;
        text.push(c);
    }
    text.chars().any(char::is_alphanumeric).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    fn found(record: &[u8], steps: u64) -> (String, bool) {
        let mut budget = Budget::new(FileLimits { steps, ..FileLimits::default() });
        let mut out = String::new();
        let is_whole = texts(record, &mut out, &mut budget).is_ok();
        (out, is_whole)
    }

    fn units(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn strings_are_found_wherever_they_stand() {
        let record = [
            &[0, 0, 9][..],
            &9u32.to_le_bytes(),
            &units("Nia Flynn"),
            &[0xff, 0xff, 0xff, 0xff, 0x17, 4, 0],
            &units("Siân"),
        ];
        assert_eq!(found(&record.concat(), 1000), ("Nia Flynn\nSiân\n".to_owned(), true));
        assert_eq!(found(&[7; 100], 1000).0, "");
        // Many beginnings, none of which ends.
        assert!(!found(&[0, 0x20, 0, 0, 0x20].repeat(20_000), 100_000).1);
    }

    #[test]
    fn records_are_told_from_other_bytes() {
        assert!(Records(&[0x81, 1, 0, 0x82, 1, 2, 0, 0]).are_all());
        assert!(!Records(b"MZ\x90\0\x03\0\0\0").are_all());
        assert!(!Records(&[]).are_all());
    }
}
