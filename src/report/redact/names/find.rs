//! Where a text names somebody: the longest form that begins at a word, unless it is the
//! person's own or only an everyday word.

use super::{
    Form, Names, Sequence,
    forms::{MOST_WORDS, SHORTEST_SPELLED, SHORTEST_TOGETHER},
};
use crate::{
    detection::{folded_words, without_marks},
    report::redact::{Doubt, Found, Kind, Owner, contact, loose},
};
use std::ops::Range;

/// Between two words of one name: spaces, a line's end with its quote marks, a comma, a point.
const LONGEST_GAP: usize = 16;

const MONTHS: [&str; 6] = ["may", "june", "april", "august", "march", "mai"];
/// What follows a verb at the beginning of a sentence: "Will you", "May I".
const AFTER_A_VERB: [&str; 18] = [
    "i", "you", "he", "she", "it", "we", "they", "the", "this", "that", "there", "my", "your", "our", "be",
    "not", "a", "an",
];
const VERBS: [&str; 3] = ["will", "may", "can"];

impl Names {
    /// Where anybody is named; words that a line's end parts are also read as one, and what is written
    /// together, letter by letter or with other letters as it is meant.
    pub(in crate::report::redact) fn find(&self, text: &str, kept: &[String]) -> Vec<Found> {
        let words = folded_words(text);
        let mut found = self.find_in(text, &words, kept);
        let whole = rejoined(text, &words);
        if whole.len() < words.len() {
            found.extend(self.find_in(text, &whole, kept));
        }
        if let Some(parts) = loose::parted(text, &words, |hash| self.own.contains([hash].as_slice())) {
            found.extend(self.find_in(text, &parts, kept));
        }
        let name = |(span, owner): (Range<usize>, &Owner), doubt| Found {
            span,
            kind: Kind::Name,
            owner: owner.clone(),
            doubt,
        };
        let together = loose::inside(text, &words, SHORTEST_TOGETHER, |hash| self.together.get(&hash));
        found.extend(together.into_iter().map(|one| name(one, Doubt::None)));
        let form = |hash: u64| self.forms.get([hash].as_slice()).map(|form| &form.owner);
        let known = |hash| form(hash).or_else(|| self.together.get(&hash));
        let spelled = loose::spelled(text, &words, SHORTEST_SPELLED, known);
        found.extend(spelled.into_iter().map(|one| name(one, Doubt::MayBeAWord)));
        let account =
            |span: Range<usize>| Some((span.clone(), self.accounts.get(&text[span].to_lowercase())?));
        found.extend(contact::tokens(text).filter_map(account).map(|one| name(one, Doubt::None)));
        found
    }

    fn find_in(&self, text: &str, words: &[(u64, Range<usize>)], kept: &[String]) -> Vec<Found> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(rest) = words.get(at..).filter(|r| !r.is_empty()) {
            let (span, taken) = match self.longest(text, rest) {
                // The person's own name, or a longer form that begins like it.
                Some((length, None)) => {
                    found.extend(self.titled(text, words, at, length));
                    (None, length)
                }
                Some((length, Some(form))) => {
                    let span = rest[0].1.start..rest[length - 1].1.end;
                    let named = self.is_named(text, words, at, form, kept);
                    (named.map(|doubt| (span, form, doubt)), if named.is_some() { length } else { 1 })
                }
                None => (None, 1),
            };
            if let Some((span, form, doubt)) = span {
                found.push(Found { span, kind: Kind::Name, owner: form.owner.clone(), doubt });
            }
            at += taken;
        }
        found
    }

    /// The longest form that begins here; without a form, it is the person's own.
    fn longest<'n>(&'n self, text: &str, words: &[(u64, Range<usize>)]) -> Option<(usize, Option<&'n Form>)> {
        let mut longest = None;
        let mut key = Vec::with_capacity(MOST_WORDS);
        for (i, (hash, span)) in words.iter().take(MOST_WORDS).enumerate() {
            let together = i == 0 || is_gap(&text[words[i - 1].1.end..span.start]);
            if !together {
                break;
            }
            key.push(*hash);
            if self.own.contains(&key) {
                longest = Some((key.len(), None));
            } else if let Some(form) = self.forms.get(&key) {
                longest = Some((key.len(), Some(form)));
            }
        }
        longest
    }

    /// "Mrs Rowe" in what is held on the pupil Jacob Rowe.
    fn titled(&self, text: &str, words: &[(u64, Range<usize>)], at: usize, length: usize) -> Option<Found> {
        let family = self.own_family.as_ref()?;
        let here: Sequence = words.get(at..at + length)?.iter().map(|(hash, _)| *hash).collect();
        let (title, before) = words.get(at.checked_sub(1)?)?;
        let close = is_gap(&text[before.end..words[at].1.start]);
        (here == *family && close && self.titles.contains(title)).then(|| Found {
            span: words[at].1.start..words[at + length - 1].1.end,
            kind: Kind::Name,
            owner: Owner::Text(Kind::Name, format!("titled {title} {family:?}")),
            doubt: Doubt::MayBeAWord,
        })
    }

    /// Whether the form at `at` is somebody's name, and how surely.
    fn is_named(
        &self,
        text: &str,
        words: &[(u64, Range<usize>)],
        at: usize,
        form: &Form,
        kept: &[String],
    ) -> Option<Doubt> {
        let Some(word) = &form.word else { return Some(Doubt::None) };
        let span = &words[at].1;
        if kept.contains(word) || !text[span.clone()].starts_with(char::is_uppercase) {
            return None;
        }
        let neighbour = |i: Option<usize>| {
            i.and_then(|i| words.get(i))
                .map(|(_, span)| without_marks(&text[span.clone()]))
                .unwrap_or_default()
        };
        let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        let number = |word: &str| {
            let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
            !digits.is_empty() && word.len() - digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
        };
        let month = MONTHS.contains(&word.as_str()) && (number(&before) || number(&after) || before == "in");
        let next = words.get(at + 1).map(|(_, next)| &text[span.end..next.start]);
        let close = next.is_some_and(|gap| gap.trim_matches(' ').is_empty());
        let verb = close && VERBS.contains(&word.as_str()) && AFTER_A_VERB.contains(&after.as_str());
        (!month && !verb).then_some(Doubt::MayBeAWord)
    }
}

fn is_gap(between: &str) -> bool {
    let plain = |c: char| c.is_whitespace() || ">.,'’‘`-‐‑–_*|\"()".contains(c);
    between.len() <= LONGEST_GAP && between.chars().all(plain)
}

/// The words with those joined that a hyphen parts at a line's end.
fn rejoined(text: &str, words: &[(u64, Range<usize>)]) -> Vec<(u64, Range<usize>)> {
    let mut out: Vec<(u64, Range<usize>)> = Vec::with_capacity(words.len());
    for (hash, span) in words {
        if let Some((last, before)) = out.last_mut() {
            let between = &text[before.end..span.start];
            let after = between.strip_prefix(['-', '‐', '=']);
            let parted = after.is_some_and(|after| after.contains('\n') && is_gap(after));
            if parted {
                let whole = format!("{}{}", &text[before.clone()], &text[span.clone()]);
                if let [(joined, _)] = folded_words(&whole)[..] {
                    (*last, before.end) = (joined, span.end);
                    continue;
                }
            }
        }
        out.push((*hash, span.clone()));
    }
    out
}
