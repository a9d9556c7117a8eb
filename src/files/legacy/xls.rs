//! Excel's binary workbooks (MS-XLS; BIFF2 to BIFF8): what the workbook says, then each sheet.

use super::{
    strings::{code_page, f64_at, latin1, u16_at, u32_at, utf16},
    xls_crypt,
    xls_sheet::Sheet,
};
use crate::files::{
    Budget, Reason, Script, Shown, TraitKind, Writing,
    formula::Formulas,
    hashing,
    ooxml::{built_in, rk, shown_number},
    open,
};
use std::collections::HashMap;

/// A record: its type, where its head begins, its bytes.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) at: usize,
    pub(super) data: &'a [u8],
}

pub(super) fn record_at(stream: &[u8], at: usize) -> Option<Record<'_>> {
    let (kind, length) = (u16_at(stream, at)?, usize::from(u16_at(stream, at + 2)?));
    let rest = stream.get(at + 4..)?;
    Some(Record { kind, at, data: rest.get(..length).unwrap_or(rest) })
}

/// The drawings of all sheets in one piece: they go on in records of 8,224 bytes ([MS-XLS] section 2.4.171).
fn drawings(stream: &[u8]) -> Vec<u8> {
    const DRAWINGS: u16 = 0x00eb;
    const GOES_ON: u16 = 0x003c;
    let (mut all, mut at, mut within) = (Vec::new(), 0, false);
    while let Some(record) = record_at(stream, at) {
        within = record.kind == DRAWINGS || within && record.kind == GOES_ON;
        if within {
            all.extend_from_slice(record.data);
        }
        at += 4 + record.data.len();
    }
    all
}

/// A sheet as the workbook names it.
struct Entry {
    name: String,
    hidden: bool,
    start: usize,
}

/// What sheets need of the workbook.
pub(super) struct Book {
    /// BIFF8 writes strings in Unicode.
    pub(super) unicode: bool,
    encoding: &'static encoding_rs::Encoding,
    strings: Vec<String>,
    formats: HashMap<u16, String>,
    /// The format of each style.
    styles: Vec<u16>,
    entries: Vec<Entry>,
    names: String,
}

pub(super) fn read(mut stream: Vec<u8>, budget: &mut Budget) {
    match xls_crypt::decrypt(&mut stream) {
        xls_crypt::Lock::None => {}
        xls_crypt::Lock::Closed => return open::protected("xls", budget),
    }
    hashing::in_stream(&drawings(&stream), "drawings", budget);
    let first = record_at(&stream, 0);
    let Some(first) = first.filter(|first| matches!(first.kind, 0x0809 | 0x0409 | 0x0209 | 0x0009)) else {
        return budget.missed("", "xls", Reason::Malformed);
    };
    let mut book = Book {
        unicode: first.kind == 0x0809 && u16_at(first.data, 0) == Some(0x0600),
        encoding: encoding_rs::WINDOWS_1252,
        strings: Vec::new(),
        formats: HashMap::new(),
        styles: Vec::new(),
        entries: Vec::new(),
        names: String::new(),
    };
    book.read_globals(&stream, budget);
    for (hidden, shown) in [(false, Shown::Visible), (true, Shown::Hidden)] {
        let names: Vec<&str> =
            book.entries.iter().filter(|e| e.hidden == hidden).map(|e| e.name.as_str()).collect();
        budget.text("sheets", shown, Writing::Plain, names.join("\n"));
    }
    budget.text("names", Shown::Hidden, Writing::Rows, std::mem::take(&mut book.names));
    book.read_sheets(&stream, budget);
}

impl Book {
    /// The records up to the first sheet.
    fn read_globals(&mut self, stream: &[u8], budget: &mut Budget) {
        let mut at = 0;
        while let Some(record) = record_at(stream, at) {
            if let Err(limit) = budget.step(1) {
                return budget.missed("", "xls", Reason::Limit(limit));
            }
            at += 4 + record.data.len();
            match record.kind {
                0x0a => return,
                0x42 => {
                    self.encoding = code_page(u32::from(u16_at(record.data, 0).unwrap_or(1252)));
                }
                0x85 => self.entry(record.data, budget),
                0xfc => at = self.shared_strings(stream, record, budget),
                0x041e => {
                    let text = self.long_string(record.data, 2);
                    self.formats.extend(u16_at(record.data, 0).zip(text));
                }
                0xe0 | 0x0443 | 0x0243 => self.styles.push(u16_at(record.data, 2).unwrap_or(0)),
                0x18 => self.name(record.data),
                // A part of another workbook.
                0x01ae if record.data.len() > 4 => {
                    let path = self.long_string(record.data, 2).unwrap_or_default();
                    if path.len() > 1 {
                        budget.found("", TraitKind::RemoteContent);
                        let path = path.trim_start_matches(char::is_control).to_owned();
                        budget.text("", Shown::Link, Writing::Plain, path);
                    }
                }
                // A project of macros, and a sheet of them.
                0xd3 => budget.found("", TraitKind::Script(Script::Macro)),
                _ => {}
            }
        }
    }

    fn entry(&mut self, data: &[u8], budget: &mut Budget) {
        let state = data.get(4).copied().unwrap_or(0);
        if matches!(data.get(5), Some(1 | 6)) {
            budget.found("", TraitKind::Script(Script::Macro));
        }
        let Some(start) = u32_at(data, 0) else { return };
        let name = self.short_string(data, 6).unwrap_or_default();
        if self.entries.len() < 10_000 {
            self.entries.push(Entry { name, hidden: state & 3 != 0, start: start as usize });
        }
    }

    /// A defined name: its length at 3, the name behind the fixed fields.
    fn name(&mut self, data: &[u8]) {
        let length = data.get(3).map_or(0, |length| usize::from(*length));
        let name = match self.unicode {
            true => {
                data.get(15..).map(|rest| self.characters(rest, length, data.get(14).copied().unwrap_or(0)))
            }
            false => data.get(14..).map(|rest| self.characters(rest, length, 0)),
        };
        if let Some(name) = name.filter(|name| name.len() > 1) {
            self.names.push_str(&name);
            self.names.push('\n');
        }
    }

    fn characters(&self, bytes: &[u8], count: usize, flags: u8) -> String {
        if self.unicode && flags & 1 == 1 {
            return utf16(bytes.get(..count.saturating_mul(2)).unwrap_or(bytes));
        }
        let own = bytes.get(..count).unwrap_or(bytes);
        if self.unicode { latin1(own) } else { self.encoding.decode_without_bom_handling(own).0.into_owned() }
    }

    /// A string whose length takes one byte.
    pub(super) fn short_string(&self, data: &[u8], at: usize) -> Option<String> {
        let count = usize::from(*data.get(at)?);
        match self.unicode {
            true => Some(self.characters(data.get(at + 2..)?, count, *data.get(at + 1)?)),
            false => Some(self.characters(data.get(at + 1..)?, count, 0)),
        }
    }

    /// A string whose length takes two bytes; before BIFF8 that of a format takes one.
    pub(super) fn long_string(&self, data: &[u8], at: usize) -> Option<String> {
        let count = usize::from(u16_at(data, at)?);
        match self.unicode {
            true => Some(self.characters(data.get(at + 3..)?, count, *data.get(at + 2)?)),
            false => Some(self.characters(data.get(at + 2..)?, count, 0)),
        }
    }

    /// An XLUnicodeString (section 2.5.294) and where it ends.
    pub(super) fn string_at(&self, data: &[u8], at: usize) -> Option<(String, usize)> {
        let count = usize::from(u16_at(data, at)?);
        let flags = *data.get(at + 2)?;
        let width = if flags & 1 == 1 { 2 } else { 1 };
        Some((self.characters(data.get(at + 3..)?, count, flags), at + 3 + count * width))
    }

    /// The texts of a rule for entries (DV, section 2.4.96): titles and texts of prompt and error, the list of choices.
    pub(super) fn rule_texts(&self, data: &[u8]) -> Vec<String> {
        let (mut texts, mut at) = (Vec::new(), 4);
        for _ in 0..4 {
            let Some((text, end)) = self.string_at(data, at) else { break };
            texts.push(text);
            at = end;
        }
        // The choices are a text constant (PtgStr) with a nought between two.
        if let Some([0x17, count, flags, choices @ ..]) = data.get(at + 4..) {
            texts.push(self.characters(choices, usize::from(*count), *flags).replace('\0', "\n"));
        }
        texts
    }

    /// Headers and footers of even and first pages (section 2.4.137): their lengths behind the head, then each.
    pub(super) fn more_headers(&self, data: &[u8]) -> Vec<String> {
        let (mut texts, mut at) = (Vec::new(), 38);
        for count in [30, 32, 34, 36].map(|field| u16_at(data, field).unwrap_or(0)) {
            if count == 0 {
                continue;
            }
            // Programs differ in whether the length stands there again.
            let start = if u16_at(data, at) == Some(count) { at } else { at.saturating_sub(2) };
            let Some(flags) = data.get(start + 2) else { break };
            let Some(rest) = data.get(start + 3..) else { break };
            texts.push(self.characters(rest, usize::from(count), *flags));
            at = start + 3 + usize::from(count) * if flags & 1 == 1 { 2 } else { 1 };
        }
        texts
    }

    /// The table of strings, which goes on in records of its own (section 2.5.293). Returns where the
    /// next record begins.
    fn shared_strings(&mut self, stream: &[u8], first: Record<'_>, budget: &mut Budget) -> usize {
        let mut at = first.at + 4 + first.data.len();
        let mut parts = vec![first.data.get(8..).unwrap_or_default()];
        while let Some(next) = record_at(stream, at).filter(|next| next.kind == 0x3c) {
            parts.push(next.data);
            at += 4 + next.data.len();
        }
        let mut reader = Continued { parts: &parts, part: 0, at: 0 };
        while let Some(text) = reader.string() {
            if budget.step(1).is_err() {
                break;
            }
            self.strings.push(text);
        }
        at
    }

    fn read_sheets(&self, stream: &[u8], budget: &mut Budget) {
        let (first, mut formulas) = (budget.count(), Formulas::default());
        if self.entries.is_empty() {
            // One sheet alone, as up to Excel 4.
            Sheet::new(self, ("Sheet", false), &mut formulas).read(stream, 0, budget);
        }
        for entry in &self.entries {
            let place = open::cleaned(&entry.name);
            Sheet::new(self, (&place, entry.hidden), &mut formulas).read(stream, entry.start, budget);
        }
        formulas.settle(first, budget);
    }

    pub(super) fn shared(&self, index: u32) -> Option<String> {
        self.strings.get(index as usize).cloned()
    }

    /// A number as its style shows it; the value that shows nothing is hidden.
    pub(super) fn number(&self, value: f64, style: u16) -> String {
        let id = self.styles.get(usize::from(style)).copied().unwrap_or(0);
        let code = self.formats.get(&id).map_or_else(|| built_in(u32::from(id)), String::as_str);
        shown_number(value, code)
    }

    pub(super) fn hides(&self, style: u16) -> bool {
        let id = self.styles.get(usize::from(style)).copied().unwrap_or(0);
        self.formats.get(&id).is_some_and(|code| code == ";;;")
    }

    pub(super) fn decoded(&self, bytes: &[u8]) -> String {
        self.encoding.decode_without_bom_handling(bytes).0.into_owned()
    }
}

pub(super) fn rk_at(data: &[u8], at: usize) -> Option<f64> {
    u32_at(data, at).map(rk)
}

pub(super) fn real_at(data: &[u8], at: usize) -> Option<f64> {
    f64_at(data, at)
}

/// Bytes that are spread over records; within a string each new record begins with flags.
pub(super) struct Continued<'a, 'p> {
    pub(super) parts: &'p [&'a [u8]],
    pub(super) part: usize,
    pub(super) at: usize,
}

impl<'a> Continued<'a, '_> {
    fn byte(&mut self) -> Option<u8> {
        loop {
            let part = self.parts.get(self.part)?;
            if let Some(b) = part.get(self.at) {
                self.at += 1;
                return Some(*b);
            }
            self.part += 1;
            self.at = 0;
        }
    }

    fn whole(&mut self, bytes: usize) -> Option<u32> {
        let mut value = 0;
        for i in 0..bytes {
            value |= u32::from(self.byte()?) << (8 * i);
        }
        Some(value)
    }

    fn skip(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let Some(part) = self.parts.get(self.part) else { return };
            let here = bytes.min(part.len().saturating_sub(self.at));
            self.at += here;
            bytes -= here;
            if bytes > 0 {
                self.part += 1;
                self.at = 0;
            }
        }
    }

    /// XLUnicodeRichExtendedString.
    pub(super) fn string(&mut self) -> Option<String> {
        let count = self.whole(2)? as usize;
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { self.whole(2)? as usize } else { 0 };
        let extra = if flags & 4 != 0 { self.whole(4)? as usize } else { 0 };
        let text = self.characters(count, flags & 1 == 1);
        self.skip(runs.saturating_mul(4));
        self.skip(extra);
        Some(text)
    }

    pub(super) fn characters(&mut self, mut count: usize, mut wide: bool) -> String {
        let mut out = String::new();
        while count > 0 {
            let Some(rest) = self.parts.get(self.part).and_then(|part| part.get(self.at..)) else { break };
            let width = if wide { 2 } else { 1 };
            let here = (rest.len() / width).min(count);
            let bytes = rest.get(..here * width).unwrap_or_default();
            out.push_str(&if wide { utf16(bytes) } else { latin1(bytes) });
            self.at += here * width;
            count -= here;
            if count > 0 {
                self.part += 1;
                let Some(flags) = self.parts.get(self.part).and_then(|part| part.first()) else { break };
                wide = flags & 1 == 1;
                self.at = 1;
            }
        }
        out
    }
}
