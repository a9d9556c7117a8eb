//! A text's words as they stand in user names, tags and file names: run together (`OscarLund`), with
//! numbers (`Oscar2`), letter by letter (`O s c a r`), and with letters of another alphabet that are
//! drawn alike.

use crate::{detection::folded_words, extraction::drawn_like};
use std::ops::Range;

pub(super) type Word = (u64, Range<usize>);

/// The longest run of letters that is looked into.
const LONGEST: usize = 40;
/// Between two letters of a word that is written letter by letter.
const LONGEST_GAP: usize = 4;

/// The letters of a word, each as the Latin letter that it looks like.
fn letters(text: &str) -> String {
    text.chars().map(|c| drawn_like(c).unwrap_or(c)).collect()
}

/// What one word is known by; `None` when it is none.
fn hash(text: &str) -> Option<u64> {
    match folded_words(&letters(text))[..] {
        [(hash, _)] => Some(hash),
        _ => None,
    }
}

/// The words cut where a capital or a number begins, but for those that are left `whole`; `None`
/// when nothing is different.
pub(super) fn parted(text: &str, words: &[Word], whole: impl Fn(u64) -> bool) -> Option<Vec<Word>> {
    let mut parts = Vec::with_capacity(words.len());
    let mut is_different = false;
    for (known, span) in words {
        let cuts = if whole(*known) { Vec::new() } else { cuts(&text[span.clone()]) };
        let (mut start, before) = (span.start, parts.len());
        for end in cuts.into_iter().map(|at| span.start + at).chain([span.end]) {
            parts.extend(hash(&text[start..end]).map(|hash| (hash, start..end)));
            start = end;
        }
        is_different |= parts.len() != before + 1 || parts.last().is_some_and(|(hash, _)| hash != known);
    }
    is_different.then_some(parts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Capital,
    Small,
    Digit,
}

/// Where a run of letters and digits parts: `Oscar|Lund`, `O|Lund`, `Oscar|2`.
fn cuts(run: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut last: Option<(usize, Sort)> = None;
    for (at, c) in run.char_indices() {
        let sort = match c {
            c if c.is_numeric() => Sort::Digit,
            c if c.is_uppercase() => Sort::Capital,
            c if c.is_alphabetic() => Sort::Small,
            // A mark belongs to the letter before it.
            _ => continue,
        };
        match last {
            Some((_, Sort::Small)) if sort == Sort::Capital => cuts.push(at),
            Some((_, before)) if (before == Sort::Digit) != (sort == Sort::Digit) => cuts.push(at),
            // `ALund` is A and Lund.
            Some((capital, Sort::Capital)) if sort == Sort::Small => cuts.push(capital),
            _ => {}
        }
        last = Some((at, sort));
    }
    cuts.retain(|at| *at > 0);
    cuts.dedup();
    cuts
}

/// Within words of a telling length: the longest parts of at least `shortest` letters that are
/// `known`, each with its place.
pub(super) fn inside<'n, T>(
    text: &str,
    words: &[Word],
    shortest: usize,
    known: impl Fn(u64) -> Option<&'n T>,
) -> Vec<(Range<usize>, &'n T)> {
    let mut found = Vec::new();
    for (_, span) in words.iter().filter(|(_, span)| span.len() >= shortest) {
        let run: Vec<Range<usize>> = text[span.clone()]
            .char_indices()
            .map(|(at, c)| span.start + at..span.start + at + c.len_utf8())
            .collect();
        if run.len() <= LONGEST {
            search(text, &run, shortest, &known, &mut found);
        }
    }
    found
}

/// The same for words that are written letter by letter.
pub(super) fn spelled<'n, T>(
    text: &str,
    words: &[Word],
    shortest: usize,
    known: impl Fn(u64) -> Option<&'n T>,
) -> Vec<(Range<usize>, &'n T)> {
    let mut found = Vec::new();
    let mut run: Vec<Range<usize>> = Vec::new();
    for (_, span) in words {
        let mut letters = text[span.clone()].chars().filter(|c| c.is_alphabetic());
        let is_letter = letters.next().is_some() && letters.next().is_none();
        let goes_on = run.last().is_some_and(|last| {
            let gap = &text[last.end..span.start];
            gap.len() <= LONGEST_GAP && !gap.contains(char::is_alphanumeric)
        });
        if !is_letter || !goes_on || run.len() == LONGEST {
            search(text, &run, shortest, &known, &mut found);
            run.clear();
        }
        if is_letter {
            run.push(span.clone());
        }
    }
    search(text, &run, shortest, &known, &mut found);
    found
}

fn search<'n, T>(
    text: &str,
    run: &[Range<usize>],
    shortest: usize,
    known: &impl Fn(u64) -> Option<&'n T>,
    found: &mut Vec<(Range<usize>, &'n T)>,
) {
    let mut at = 0;
    while at + shortest <= run.len() {
        let longest = (at + shortest..=run.len()).rev().find_map(|end| {
            let part: String = run[at..end].iter().map(|letter| &text[letter.clone()]).collect();
            Some((end, known(hash(&part)?)?))
        });
        match longest {
            Some((end, what)) => {
                found.push((run[at].start..run[end - 1].end, what));
                at = end;
            }
            None => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_part_where_a_capital_or_a_number_begins() {
        let part = |text: &str| {
            let words = folded_words(text);
            let parts = parted(text, &words, |_| false);
            parts
                .unwrap_or(words)
                .into_iter()
                .map(|(_, at)| text[at].to_owned())
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(part("#OscarLund Oscar2 24olund ALund"), "Oscar|Lund|Oscar|2|24|olund|A|Lund");
        assert_eq!(part("OSCAR Siân LlŷrAp"), "OSCAR|Siân|Llŷr|Ap");
        assert_eq!(part("nothing here"), "nothing|here");
    }
}
