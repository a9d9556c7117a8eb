//! One table of the file and its typed values. A value that is wrong is noted and the
//! default taken, so that the reading goes on and every fault is found in one go; a key
//! that nobody asked for is a fault when the section is closed.

use super::{
    source::{At, Source, WHOLE_FILE},
    units,
};
use crate::{mail::Address, parties::closest};
use std::{cell::RefCell, ops::Range, ops::RangeInclusive, path::PathBuf, time::Duration};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    /// As it stands in the file: `[limits]`, `[[school]]`; empty for the file itself.
    title: String,
    pub(super) span: Range<usize>,
    table: &'a DeTable<'a>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(source: &'a Source<'a>, table: &'a DeTable<'a>) -> Self {
        Self { source, title: String::new(), span: WHOLE_FILE, table, asked: RefCell::default() }
    }

    fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether something stands there, right or wrong: an empty list is nothing.
    pub(super) fn is_filled(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().as_array().is_none_or(|list| !list.is_empty()))
    }

    pub(super) fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_str())
    }

    fn place(&self) -> String {
        if self.title.is_empty() { "The file".into() } else { format!("`{}`", self.title) }
    }

    /// Notes that a value is not of its kind.
    fn wrong(&self, key: &str, span: &Range<usize>, must: &str, hint: &str) {
        self.source.error(span, format!("`{key}` must be {must}."), hint);
    }

    /// Notes what is wrong with a value that was read well.
    pub(super) fn fault(&self, span: &Range<usize>, message: impl Into<String>, hint: &str) {
        self.source.error(span, message, hint);
    }

    /// `[key]` below this section.
    pub(super) fn section(&self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        let name = self.title.trim_matches(['[', ']']);
        let path = if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, &value.span(), "a section", &format!("Write `[{path}]` on a line of its own."));
            return None;
        };
        Some(self.below(format!("[{path}]"), value.span(), table))
    }

    /// Every `[[key]]` below this section.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let name = self.title.trim_matches(['[', ']']);
        let path = if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
        let title = format!("[[{path}]]");
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(
                key,
                &value.span(),
                "a list of sections",
                &format!("Write `{title}`, with two brackets."),
            );
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_table() {
                Some(table) => sections.push(self.below(title.clone(), item.span(), table)),
                None => self.wrong(key, &item.span(), "a list of sections", &format!("Write `{title}`.")),
            }
        }
        sections
    }

    fn below(&self, title: String, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { source: self.source, title, span, table, asked: RefCell::default() }
    }

    /// Notes that a key is missing that has no default.
    pub(super) fn require<T>(&self, key: &str, value: Option<T>, hint: &str) -> Option<T> {
        // One that is there but wrong has been noted.
        if value.is_none() && !self.table.contains_key(key) {
            self.source.error(&self.span, format!("{} has no `{key}`.", self.place()), hint);
        }
        value
    }

    pub(super) fn text(&self, key: &'static str) -> Option<At<String>> {
        let value = self.value(key)?;
        let text = self.as_text(key, value)?;
        Some(At { value: text.to_owned(), span: value.span() })
    }

    fn as_text(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<&'a str> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(
                key,
                &value.span(),
                "a text",
                &format!("Write it in quotation marks: {key} = \"...\"."),
            );
            return None;
        };
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            self.wrong(key, &value.span(), "a text", "It is empty or holds a control character.");
            return None;
        }
        Some(text)
    }

    /// A list of texts; one text stands for a list of one.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<At<String>>> {
        let value = self.value(key)?;
        let Some(list) = value.get_ref().as_array() else {
            let text = self.as_text(key, value)?;
            return Some(vec![At { value: text.to_owned(), span: value.span() }]);
        };
        let texts = list
            .iter()
            .filter_map(|item| Some(At { value: self.as_text(key, item)?.to_owned(), span: item.span() }));
        Some(texts.collect())
    }

    /// Texts that `read` makes into values; `must` says what they must be.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        must: &str,
        hint: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<At<T>> {
        let mut found = Vec::new();
        for text in self.texts(key).unwrap_or_default() {
            match read(&text.value) {
                Some(value) => found.push(At { value, span: text.span }),
                None => self.wrong(key, &text.span, must, hint),
            }
        }
        found
    }

    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.value(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, &value.span(), "true or false", "Write it without quotation marks.");
            default
        })
    }

    pub(super) fn choice<T: Copy>(&self, key: &'static str, options: &[(&str, T)], default: T) -> T {
        let Some(text) = self.text(key) else { return default };
        if let Some((_, value)) = options.iter().find(|(name, _)| *name == text.value) {
            return *value;
        }
        self.not_one_of(key, &text, options.iter().map(|(name, _)| *name));
        default
    }

    /// Several words out of a set.
    pub(super) fn choices<T: Copy>(&self, key: &'static str, options: &[(&str, T)]) -> Vec<T> {
        let mut found = Vec::new();
        for text in self.texts(key).unwrap_or_default() {
            match options.iter().find(|(name, _)| *name == text.value) {
                Some((_, value)) => found.push(*value),
                None => self.not_one_of(key, &text, options.iter().map(|(name, _)| *name)),
            }
        }
        found
    }

    fn not_one_of<'b>(&self, key: &str, text: &At<String>, options: impl Iterator<Item = &'b str> + Clone) {
        let all = options.clone().map(|o| format!("\"{o}\"")).collect::<Vec<_>>().join(", ");
        let hint =
            closest(&text.value, options).map_or(String::new(), |near| format!("Did you mean \"{near}\"?"));
        self.wrong(key, &text.span, &format!("one of {all}"), &hint);
    }

    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<usize>, default: usize) -> usize {
        let Some(value) = self.value(key) else { return default };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|n| usize::from_str_radix(&n.as_str().replace('_', ""), n.radix()).ok());
        number.filter(|n| range.contains(n)).unwrap_or_else(|| {
            let must = format!("a number from {} to {}", range.start(), range.end());
            self.wrong(key, &value.span(), &must, &format!("The default is {default}."));
            default
        })
    }

    pub(super) fn size(&self, key: &'static str, range: RangeInclusive<u64>, default: u64) -> usize {
        let bounds = (units::show_size(*range.start()), units::show_size(*range.end()));
        let hint = format!(
            "Write a number with its unit, \"50 MB\"; the default is \"{}\".",
            units::show_size(default)
        );
        let size = self.measure(key, ("a size", bounds), &hint, default, |text| {
            units::size(text).filter(|size| range.contains(size))
        });
        usize::try_from(size).unwrap_or(usize::MAX)
    }

    pub(super) fn duration(
        &self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        default: Duration,
    ) -> Duration {
        let bounds = (units::show_duration(*range.start()), units::show_duration(*range.end()));
        let hint = format!(
            "Write a number with its unit, \"60s\" or \"5m\"; the default is \"{}\".",
            units::show_duration(default)
        );
        self.measure(key, ("a duration", bounds), &hint, default, |text| {
            units::duration(text).filter(|time| range.contains(time))
        })
    }

    fn measure<T>(
        &self,
        key: &'static str,
        (what, (from, to)): (&str, (String, String)),
        hint: &str,
        default: T,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(value) = self.value(key) else { return default };
        value.get_ref().as_str().and_then(read).unwrap_or_else(|| {
            self.wrong(key, &value.span(), &format!("{what} from {from} to {to}"), hint);
            default
        })
    }

    pub(super) fn path(&self, key: &'static str) -> Option<At<PathBuf>> {
        let text = self.text(key)?;
        Some(At { value: self.source.path(&text.value), span: text.span })
    }

    pub(super) fn paths(&self, key: &'static str) -> Option<Vec<At<PathBuf>>> {
        let texts = self.texts(key)?;
        Some(texts.into_iter().map(|t| At { value: self.source.path(&t.value), span: t.span }).collect())
    }

    pub(super) fn addresses(&self, key: &'static str) -> Vec<At<Address>> {
        self.list(key, "a mail address", "Write name@school.example.", Address::parse)
    }

    /// Notes every key that nobody asked for.
    pub(super) fn close(self) {
        let asked = self.asked.into_inner();
        for (key, _) in self.table.iter().filter(|(key, _)| !asked.contains(&key.get_ref().as_ref())) {
            let place = if self.title.is_empty() { "here".into() } else { format!("in `{}`", self.title) };
            let hint = match closest(key.get_ref(), asked.iter().copied()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Known keys: {}.", asked.join(", ")),
            };
            self.source.error(
                &key.span(),
                format!("The key `{}` is not known {place}.", shown(key.get_ref())),
                hint,
            );
        }
    }
}

/// A key as a message may show it.
fn shown(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(60).collect()
}
