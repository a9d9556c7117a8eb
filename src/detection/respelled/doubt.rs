//! Readings that chance brings: initials, days of a timetable, corners of a figure, numbers of rooms, names that somebody
//! struck out. They count in full only beside somebody they are said to or of.

use super::glyph::is_mask;
use crate::extraction::Fragment;
use std::ops::Range;

/// Longer words are hardly met by chance.
const SHORT: usize = 4;
/// Characters around a reading within which somebody is spoken of.
const BEFORE: usize = 40;
const AFTER: usize = 12;
/// With fewer letters besides it is what the paragraph says.
const REST: usize = 8;
/// Rows of a field of letters.
const ROWS: usize = 3;
/// As they stand at the head of a timetable.
const DAYS: &str = "mtwtfss";
/// Who is spoken to or of.
/// Not the Welsh for her, which greets in English.
const PERSONS: [&str; 21] = [
    "you", "u", "ur", "your", "youre", "yourself", "urself", "he", "hes", "she", "shes", "they", "theyre",
    "them", "him", "ti", "chi", "dy", "di", "chdi", "ef",
];

/// Whether what stands there may be read as these words by chance.
pub(super) fn is_doubtful(fragment: &Fragment<'_>, at: &Range<usize>, said: &str) -> bool {
    let text = fragment.view.text.as_str();
    let (Some(written), Some((before, after))) = (text.get(at.clone()), line(text, at)) else { return false };
    if written.contains(is_mask) {
        return (is_struck_out(before) || is_struck_out(after)) && !is_of_somebody(before, after);
    }
    if !is_in_capitals(fragment, at.clone()) {
        return false;
    }
    let source = fragment.view.map.range(at.clone(), fragment.source.len());
    if fragment.source.get(source).is_some_and(is_field) || is_days(written) {
        return true;
    }
    let rest = || before.chars().chain(after.chars()).filter(|c| c.is_alphabetic()).count();
    let is_shouted = || {
        let start = at.start - before.len();
        is_in_capitals(fragment, start..at.start) && is_in_capitals(fragment, at.end..at.end + after.len())
    };
    said.chars().filter(|c| c.is_alphabetic()).count() <= SHORT
        && rest() > REST
        && !is_of_somebody(before, after)
        && !is_shouted()
}

/// What stands before and behind in the same paragraph, near by.
fn line<'t>(text: &'t str, at: &Range<usize>) -> Option<(&'t str, &'t str)> {
    let start = text.ceil_char_boundary(at.start.saturating_sub(2 * BEFORE)).min(at.start);
    let end = text.floor_char_boundary(at.end + 2 * BEFORE).max(at.end);
    let (before, after) = (text.get(start..at.start)?, text.get(at.end..end)?);
    Some((before.rsplit('\n').next()?, after.split('\n').next()?))
}

fn is_of_somebody(before: &str, after: &str) -> bool {
    let names = |text: &str| words(text).any(|word| PERSONS.contains(&&*word));
    let near =
        before.get(before.ceil_char_boundary(before.len().saturating_sub(BEFORE))..).unwrap_or_default();
    let behind = after.get(..after.floor_char_boundary(AFTER)).unwrap_or_default();
    // `Ruth is a`, `what a`.
    let last: Vec<String> = words(near).collect();
    let is_called = matches!(last.as_slice(), [.., verb, article]
        if matches!(verb.as_str(), "is" | "was" | "what" | "such") && matches!(article.as_str(), "a" | "an"));
    is_called || names(near) || names(behind)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
    words.filter(|word| !word.is_empty()).map(|word| word.replace(['\'', '’'], ""))
}

/// Somebody hid another word there too.
fn is_struck_out(text: &str) -> bool {
    text.split(' ').any(|word| word.chars().filter(|c| is_mask(*c)).count() > 1)
}

/// Whether there are letters, and all are written as capitals.
fn is_in_capitals(fragment: &Fragment<'_>, at: Range<usize>) -> bool {
    let Some(text) = fragment.view.text.get(at.clone()) else { return false };
    let mut letters = text.char_indices().filter(|(_, c)| c.is_alphabetic()).peekable();
    letters.peek().is_some()
        && letters.all(|(offset, _)| {
            let source = fragment.view.map.source(at.start + offset);
            fragment.source.get(source..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase)
        })
}

/// Rows with as many letters each: a word search.
fn is_field(written: &str) -> bool {
    let mut rows = written.split('\n').map(|row| row.chars().filter(|c| c.is_alphanumeric()).count());
    let first = rows.next();
    let mut count = 1;
    rows.all(|row| {
        count += 1;
        Some(row) == first
    }) && count >= ROWS
}

/// Some days of a week in their order.
fn is_days(written: &str) -> bool {
    let mut days = DAYS.chars();
    let mut letters = written.chars().filter(|c| c.is_alphanumeric());
    letters.all(|letter| days.any(|day| day == letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::{Layer, View, normalise};
    use std::borrow::Cow;

    fn doubtful(text: &str, written: &str, said: &str) -> bool {
        let view: View = normalise(text);
        let lower = written.to_lowercase().replace('\n', " ");
        let start = view.text.find(&lower).unwrap();
        let fragment = Fragment {
            place: Cow::Borrowed("1"),
            part: Some(0),
            layer: Layer::Visible,
            source: text.into(),
            view,
            quoted: Vec::new(),
            checked_only: false,
            anchors: &[],
        };
        is_doubtful(&fragment, &(start..start + lower.len()), said)
    }

    #[test]
    fn what_chance_brings_is_doubted() {
        for (text, written, said) in [
            ("Minutes by D.I.M. on Monday, present: D.P.", "D.I.M", "dim"),
            ("Chess club meets W T F at lunch", "W T F", "wtf"),
            ("Days: W | T | F", "W | T | F", "wtf"),
            ("Her asset tag is D1M-02, charger P15", "D1M", "dim"),
            ("The quadrilateral T W I T lies in the circle", "T W I T", "twit"),
            ("D I M A\nT W I T\nO F F S\nFind: dim twit off", "D I M A\nT W I T\nO F F S", "dim a twit offs"),
            ("We have starred T*** P****, T**t and others", "T**t", "twit"),
        ] {
            assert!(doubtful(text, written, said), "{text}");
        }
    }

    #[test]
    fn what_is_meant_is_not() {
        for (text, written, said) in [
            ("what a d.i.m. thing to say in class", "d.i.m", "dim"),
            ("D.I.M.", "D.I.M", "dim"),
            ("Nobody likes her, Ruth is a T W I T and so on", "T W I T", "twit"),
            ("Everybody says that you D.I.M. and go away", "D.I.M", "dim"),
            ("GET OUT OF THE CLASSROOM TW1T NOBODY WANTS IT", "TW1T", "twit"),
            ("Minutes by N I T W I T on Monday", "N I T W I T", "nitwit"),
            ("shut up you f**l, t**t", "t**t", "twit"),
            ("the new one is a t**t by all accounts", "t**t", "twit"),
        ] {
            assert!(!doubtful(text, written, said), "{text}");
        }
    }
}
