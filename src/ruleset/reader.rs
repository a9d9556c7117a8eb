//! Reads one table of a rule file key by key, notes every fault with its place, and at
//! the end names the keys that nobody asked for.

use super::Fault;
use std::{ops::Range, path::Path};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// One file while it is read: where its lines begin, and what is wrong so far.
pub(super) struct File<'a> {
    pub(super) name: &'a Path,
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
    faults: Vec<Fault>,
}

impl<'a> File<'a> {
    pub(super) fn new(name: &'a Path, text: &'a str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name, text, lines, faults: Vec::new() }
    }

    /// Line and column, from 1, of a byte offset.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count()) + 1;
        (line, column)
    }

    pub(super) fn fault(&mut self, at: usize, message: impl Into<String>, hint: Option<String>) {
        let (line, column) = self.place(at);
        self.faults.push(Fault { file: self.name.into(), line, column, message: message.into(), hint });
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// A name out of a closed set: `did you mean` for one that is near, else the whole set
/// when it is short.
pub(super) fn suggest<'n>(given: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    let near = names
        .iter()
        .map(|n| (strsim::damerau_levenshtein(given, n), *n))
        .filter(|(d, n)| *d <= (n.len() / 3).max(1))
        .min();
    match near {
        Some((_, name)) => Some(format!("did you mean `{name}`?")),
        None if names.len() <= 16 => Some(format!("one of: {}", names.join(", "))),
        None => None,
    }
}

/// A string of the file with the byte offset where its value begins.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) value: String,
    pub(super) at: usize,
}

/// A table being read. Every key that is asked for counts as known.
pub(super) struct Reader<'r, 'f, 'a> {
    pub(super) file: &'r mut File<'f>,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    known: Vec<&'static str>,
}

impl<'r, 'f, 'a> Reader<'r, 'f, 'a> {
    pub(super) fn new(file: &'r mut File<'f>, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { file, table, span, known: Vec::new() }
    }

    /// Where the table begins.
    pub(super) fn at(&self) -> usize {
        self.span.start
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(k, _)| k.get_ref().as_ref() == key)
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table.iter().find(|(k, _)| k.get_ref().as_ref() == key).map(|(_, v)| v)
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'a>>, key: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        self.file.fault(value.span().start, format!("`{key}` is {wanted}, not {found}"), None);
    }

    fn as_text(&mut self, value: &Spanned<DeValue<'a>>, key: &str) -> Option<Text> {
        match value.get_ref() {
            DeValue::String(s) => Some(Text { value: s.to_string(), at: value.span().start }),
            _ => {
                self.wrong_type(value, key, "a text");
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<Text> {
        let value = self.get(key)?;
        self.as_text(value, key)
    }

    pub(super) fn required(&mut self, key: &'static str) -> Option<Text> {
        if !self.has(key) {
            self.known.push(key);
            self.file.fault(self.span.start, format!("`{key}` is missing"), None);
        }
        self.text(key)
    }

    /// A list of texts; a single text stands for a list of one.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|v| self.as_text(v, key)).collect(),
            DeValue::String(_) => self.as_text(value, key).into_iter().collect(),
            _ => {
                self.wrong_type(value, key, "a list of texts");
                Vec::new()
            }
        }
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(value, key, "true or false");
        }
        flag
    }

    /// A whole number from `range`.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<usize> {
        let value = self.get(key)?;
        let number = value.get_ref().as_integer().map(|i| usize::from_str_radix(i.as_str(), i.radix()));
        match number {
            Some(Ok(n)) if range.contains(&n) => Some(n),
            Some(_) => {
                let (low, high) = (range.start(), range.end());
                self.file.fault(value.span().start, format!("`{key}` lies from {low} to {high}"), None);
                None
            }
            None => {
                self.wrong_type(value, key, "a whole number");
                None
            }
        }
    }

    /// A share from 0 to 1.
    pub(super) fn share(&mut self, key: &'static str) -> Option<f32> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(f) => f.as_str().parse().ok(),
            DeValue::Integer(i) => i.as_str().parse().ok(),
            _ => {
                self.wrong_type(value, key, "a number from 0 to 1");
                return None;
            }
        };
        let share = number.filter(|n: &f32| (0.0..=1.0).contains(n));
        if share.is_none() {
            self.file.fault(value.span().start, format!("`{key}` lies from 0 to 1"), None);
        }
        share
    }

    pub(super) fn table(&mut self, key: &'static str) -> Option<(&'a DeTable<'a>, Range<usize>)> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some((table, value.span())),
            _ => {
                self.wrong_type(value, key, "a table");
                None
            }
        }
    }

    /// The tables of `[[key]]`, each with its span.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<(&'a DeTable<'a>, Range<usize>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.file.fault(value.span().start, format!("write `[[{key}]]`, with two brackets"), None);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(table) => out.push((table, item.span())),
                _ => self.wrong_type(item, key, "a list of tables"),
            }
        }
        out
    }

    /// One of a closed set of names.
    pub(super) fn name<T>(&mut self, text: &Text, key: &str, of: &[(&'static str, T)]) -> Option<T>
    where
        T: Copy,
    {
        let found = of.iter().find(|(n, _)| *n == text.value).map(|(_, v)| *v);
        if found.is_none() {
            let hint = suggest(&text.value, of.iter().map(|(n, _)| *n));
            self.file.fault(text.at, format!("`{}` is no {key}", text.value), hint);
        }
        found
    }

    pub(super) fn named<T: Copy>(&mut self, key: &'static str, of: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        self.name(&text, key, of)
    }

    pub(super) fn names<T: Copy>(&mut self, key: &'static str, of: &[(&'static str, T)]) -> Vec<T> {
        let texts = self.texts(key);
        texts.iter().filter_map(|t| self.name(t, key, of)).collect()
    }

    /// Names every key that was not asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.table.iter() {
            let given = key.get_ref().as_ref();
            if !self.known.contains(&given) {
                let hint = suggest(given, self.known.iter().copied());
                self.file.fault(key.span().start, format!("unknown key `{given}`"), hint);
            }
        }
    }
}
