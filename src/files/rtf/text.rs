//! The texts of an RTF document, by where they stand in it.

use super::{
    super::{
        budget::Budget,
        model::{Shown, Writing},
    },
    destination::Destination,
};

#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) body: String,
    /// What Outlook wrapped, as HTML source.
    pub(super) html: String,
    others: Vec<(&'static str, Shown, String)>,
    definitions: String,
}

impl Texts {
    pub(super) fn hide(&mut self, place: &'static str, text: &str) {
        self.add(place, Shown::Hidden, text);
    }

    fn add(&mut self, place: &'static str, shown: Shown, text: &str) {
        match self.others.iter_mut().find(|(known, ..)| *known == place) {
            Some((_, _, known)) => known.push_str(text),
            None => self.others.push((place, shown, text.to_owned())),
        }
    }

    pub(super) fn put(&mut self, destination: Destination, text: &str) {
        match place(destination) {
            Some((place, shown)) => self.add(place, shown, text),
            None => self.definitions.push_str(text),
        }
    }

    /// A group of that destination is over: what follows is another text.
    pub(super) fn separate(&mut self, destination: Destination) {
        self.put(destination, "\n");
    }

    pub(super) fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.html.push_str("&lt;"),
                '&' => self.html.push_str("&amp;"),
                c => self.html.push(c),
            }
        }
    }

    pub(super) fn tell(self, from_html: bool, budget: &mut Budget) {
        budget.text("", Shown::Visible, Writing::Plain, self.body);
        if from_html {
            budget.text("html", Shown::Visible, Writing::Html, self.html);
        }
        for (place, shown, mut text) in self.others {
            if place == NUMBERING {
                text = text.lines().filter(|line| is_word(line)).collect::<Vec<_>>().join("\n");
            }
            budget.text(place, shown, Writing::Plain, text);
        }
        let telling: Vec<&str> =
            self.definitions.split(['\n', ';']).filter(|entry| is_telling(entry)).collect();
        budget.text("definitions", Shown::Hidden, Writing::Plain, telling.join("\n"));
    }
}

fn place(destination: Destination) -> Option<(&'static str, Shown)> {
    Some(match destination {
        Destination::Header => ("header", Shown::Visible),
        Destination::Footer => ("footer", Shown::Visible),
        Destination::Footnotes => ("footnotes", Shown::Visible),
        Destination::Comments => ("comments", Shown::Hidden),
        Destination::Metadata => ("metadata", Shown::Hidden),
        Destination::Form => ("form", Shown::Hidden),
        Destination::Shapes => ("shapes", Shown::Hidden),
        Destination::Numbering => (NUMBERING, Shown::Hidden),
        Destination::Unknown => ("hidden", Shown::Hidden),
        _ => return None,
    })
}

const NUMBERING: &str = "numbers of lists";

/// Whether more stands beside a number than a sign.
fn is_word(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() >= 4
}

/// Whether a name of a style, a font or a list is more than that: longer than any, with a long number or an
/// address. Tables of numbers and packed data have digits only.
fn is_telling(entry: &str) -> bool {
    let entry = entry.trim();
    let is_data = entry.len() >= 20 && entry.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut digits = 0usize;
    let long_number = entry.bytes().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits >= 5
    });
    !is_data && (entry.chars().count() > 48 || long_number || entry.contains('@'))
}
