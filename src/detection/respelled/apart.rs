//! Letters that are written apart: `i d i o t`, `i.d.i.o.t`, one to a line. Whatever parts them is the same throughout; more of it, or
//! white space, parts words.

use super::{
    glyph::{is_atom, is_mark},
    lexicon::{LONGEST, Look},
};
use std::ops::Range;

/// Letters of one stretch, and the fewest that are one.
const MOST: usize = 200;
const LEAST: usize = 3;
/// Characters between two of them.
const GAP: usize = 4;

/// Letters with the same between them.
pub(super) struct Apart {
    atoms: Vec<char>,
    /// Where each lies.
    at: Vec<Range<usize>>,
    /// Before which letters, but for the first, a word begins.
    words: Vec<usize>,
}

impl Apart {
    /// What begins with the letter at `from`. `width` says how wide a gap was as written.
    pub(super) fn at(text: &str, from: usize, width: impl Fn(&Range<usize>) -> usize) -> Option<Self> {
        let (first, mut end) = single(text, from)?;
        let mut apart = Self { atoms: vec![first], at: Vec::new(), words: Vec::new() };
        apart.at.push(from..end);
        let (mut gap, mut widths): (Option<&str>, Vec<usize>) = (None, Vec::new());
        while apart.atoms.len() < MOST
            && let Some(between) = gap_at(text, end)
            && let Some((atom, next)) = single(text, end + between.len())
        {
            let same = *gap.get_or_insert(between);
            if between != same {
                let parts_words = between.contains(char::is_whitespace)
                    && (between.trim().is_empty() || between.trim() == same.trim())
                    && same != "\n";
                if !parts_words {
                    break;
                }
                apart.words.push(apart.atoms.len());
            }
            widths.push(width(&(end..end + between.len())));
            apart.atoms.push(atom);
            apart.at.push(end + between.len()..next);
            end = next;
        }
        if gap == Some(" ")
            && let Some(least) = widths.iter().min().copied()
        {
            let wide = (1..).zip(widths).filter(|(_, width)| *width > least).map(|(atom, _)| atom);
            apart.words.extend(wide);
            apart.words.sort_unstable();
            apart.words.dedup();
        }
        // `K. Y. S. Lee`: initials of a name.
        let are_initials = apart.atoms.len() == LEAST && gap == Some(". ");
        (apart.atoms.len() >= LEAST && !are_initials).then_some(apart)
    }

    pub(super) fn end(&self) -> usize {
        self.at.last().map_or(0, |at| at.end)
    }

    /// Where it lies and what it says, if it says words of the lexicon.
    pub(super) fn read(&self, look: &Look<'_>) -> Option<(Range<usize>, String)> {
        if self.words.is_empty() {
            return self.read_whole(look);
        }
        let ends = self.words.iter().copied().chain([self.atoms.len()]);
        let starts = [0].into_iter().chain(self.words.iter().copied());
        let mut any = false;
        let words: Vec<String> = starts
            .zip(ends)
            .filter_map(|(start, end)| self.atoms.get(start..end))
            .map(|letters| match split(letters, look) {
                Some(words) => {
                    any |= letters.len() >= LEAST;
                    words
                }
                None => letters.iter().collect(),
            })
            .collect();
        any.then(|| (self.place(0..self.atoms.len()), words.join(" ")))
    }

    /// All of it; or without a letter at either end, which may be somebody's list or initial.
    fn read_whole(&self, look: &Look<'_>) -> Option<(Range<usize>, String)> {
        let length = self.atoms.len();
        [0..length, 1..length, 0..length - 1].into_iter().filter(|atoms| atoms.len() >= LEAST).find_map(
            |atoms| {
                let words = split(self.atoms.get(atoms.clone())?, look)?;
                Some((self.place(atoms), words))
            },
        )
    }

    /// Brackets around each letter belong to it.
    pub(super) fn with_brackets(text: &str, at: Range<usize>) -> Range<usize> {
        let open = text.get(..at.start).is_some_and(|before| before.ends_with(['[', '(', '{', '<']));
        let shut = text.get(at.end..).is_some_and(|after| after.starts_with([']', ')', '}', '>']));
        if open && shut { at.start - 1..at.end + 1 } else { at }
    }

    fn place(&self, atoms: Range<usize>) -> Range<usize> {
        let at = self.at.get(atoms).unwrap_or_default();
        at.first().map_or(0, |at| at.start)..at.last().map_or(0, |at| at.end)
    }
}

/// A letter or digit that stands alone, and where it ends.
fn single(text: &str, at: usize) -> Option<(char, usize)> {
    let mut rest = text.get(at..)?.char_indices();
    let (_, c) = rest.next().filter(|(_, c)| is_atom(*c))?;
    let after = rest.find(|(_, c)| !is_mark(*c));
    match after {
        Some((_, c)) if is_atom(c) => None,
        Some((length, _)) => Some((c, at + length)),
        None => Some((c, text.len())),
    }
}

fn gap_at(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    let (length, _) = rest.char_indices().take(GAP + 1).find(|(_, c)| is_atom(*c))?;
    rest.get(..length).filter(|gap| !gap.is_empty())
}

/// Letters as words of the lexicon with spaces between, those that are usual together; one of them has three letters at least.
fn split(letters: &[char], look: &Look<'_>) -> Option<String> {
    // Up to each letter how rare the words are, and where the last of them begins.
    let mut best: Vec<Option<(u32, usize)>> = vec![None; letters.len() + 1];
    *best.first_mut()? = Some((0, 0));
    for start in 0..letters.len() {
        let Some((before, _)) = best[start] else { continue };
        for end in start + 1..=letters.len().min(start + LONGEST) {
            let Some(word) = look.word(&letters[start..end]) else { continue };
            let rarity = before + word.rarity;
            if best[end].is_none_or(|(least, _)| least > rarity) {
                best[end] = Some((rarity, start));
            }
        }
    }
    let (mut out, mut end, mut longest) = (Vec::new(), letters.len(), 0);
    while end > 0 {
        let (_, start) = best[end]?;
        longest = longest.max(end - start);
        out.push(look.word(&letters[start..end])?.letters.iter().collect::<String>());
        end = start;
    }
    out.reverse();
    (longest >= LEAST).then(|| out.join(" "))
}
