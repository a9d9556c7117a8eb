//! What of a text is read otherwise than it is written.

use super::{
    apart::Apart,
    glyph::{is_atom, is_mark, is_mask, is_sign},
    lexicon::{Asked, Look},
    unusual,
    word::{self, Reading, Weight},
};
use crate::extraction::View;
use std::ops::Range;

/// A piece of a view, and what a reader takes it for.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) at: Range<usize>,
    pub(super) text: String,
    weight: Weight,
}

/// So many of one text.
const MOST: usize = 1_000;
/// Longer words are numbers, addresses, codes.
const LONGEST: usize = 64;
/// Bytes between two spaces that are looked at as one.
const CHUNK: usize = 512;
/// Pieces of one word that signs part.
const PIECES: usize = 8;
/// Pieces with digits that one word has at most.
const CODE: usize = 2;
/// So many readings that are not believed alone are believed together.
const TOGETHER: usize = 3;

/// All of a view, in the order of its text.
pub(super) fn edits(view: &View, look: &Look<'_>) -> Vec<Edit> {
    let text = view.text.as_str();
    let mut edits = Edits { view, look, found: Vec::new() };
    let mut at = 0;
    while edits.found.len() < MOST
        && let Some(unusual) = unusual::next(text, at)
    {
        let start =
            text.get(at..unusual).and_then(|before| before.rfind([' ', '\n'])).map_or(at, |gap| at + gap + 1);
        at = edits.chunk(start).max(text.ceil_char_boundary(unusual + 1));
    }
    if edits.found.len() >= MOST && unusual::next(text, at).is_some() {
        look.cut();
    }
    believed(text, edits.found)
}

struct Edits<'v> {
    view: &'v View,
    look: &'v Look<'v>,
    found: Vec<Edit>,
}

/// Letters, digits and signs between signs that part words.
struct Piece {
    at: Range<usize>,
    chars: Vec<char>,
}

impl Edits<'_> {
    /// Reads what stands between two spaces, and what goes on from it; says where it ends.
    fn chunk(&mut self, start: usize) -> usize {
        let text = self.view.text.as_str();
        // What is longer than any word is looked at piece by piece.
        let rest = text.get(start..text.floor_char_boundary(start + CHUNK)).unwrap_or_default();
        let end = start + rest.find([' ', '\n']).unwrap_or(rest.len());
        // A ruled line before a word is none of it.
        let chunk = text.get(start..end).unwrap_or_default();
        let begins = |c: char| is_atom(c) || is_sign(c) || is_mask(c);
        let start = start + chunk.find(begins).unwrap_or(0);
        let chunk = text.get(start..end).unwrap_or_default();
        if is_address(chunk) {
            return end;
        }
        let mut in_word = false;
        for (at, c) in chunk.char_indices().take(LONGEST) {
            let begins = is_atom(c) && !in_word;
            in_word = is_atom(c) || is_mark(c) && in_word;
            if !begins {
                continue;
            }
            let width = |gap: &Range<usize>| {
                self.view.map.source(gap.end).saturating_sub(self.view.map.source(gap.start))
            };
            if let Some(apart) = Apart::at(text, start + at, width) {
                if let Some((at, said)) = apart.read(self.look) {
                    self.push(Apart::with_brackets(text, at), Reading { text: said, weight: Weight::Full });
                }
                return apart.end();
            }
        }
        if chunk.len() > 2 * LONGEST {
            return end;
        }
        if let Some(end) = self.parted(start..end) {
            return end;
        }
        self.pieces(start..end);
        end
    }

    fn push(&mut self, at: Range<usize>, reading: Reading) {
        self.found.push(Edit { at, text: reading.text, weight: reading.weight });
    }

    /// `f uck`, `fu ck`: what is no word without its neighbour. The whole is one that some rule asks for by itself.
    fn parted(&mut self, at: Range<usize>) -> Option<usize> {
        let text = self.view.text.as_str();
        let left: Vec<char> = text.get(at.clone())?.chars().collect();
        let rest = text.get(at.end..)?.strip_prefix(' ')?;
        let right = rest.split(|c: char| !c.is_alphanumeric()).next()?;
        let end = at.end + 1 + right.len();
        let right: Vec<char> = right.chars().collect();
        let all: Vec<char> = left.iter().chain(&right).copied().collect();
        if right.is_empty()
            || all.len() < 4
            || all.len() > LONGEST
            || !all.iter().all(char::is_ascii_lowercase)
        {
            return None;
        }
        let is_no_word = |part: &[char]| !part.iter().any(|c| "aeiouy".contains(*c));
        let word = self.look.word(&all).filter(|word| matches!(word.asked, Asked::Alone(_)))?;
        if !is_no_word(&left) && !is_no_word(&right) {
            return None;
        }
        let said = word.letters.iter().collect();
        self.push(at.start..end, Reading { text: said, weight: Weight::Full });
        Some(end)
    }

    fn pieces(&mut self, chunk: Range<usize>) {
        let text = self.view.text.as_str();
        let pieces = pieces(text, chunk);
        let before = self.found.len();
        // Numbers of parts, keys, sums of checks.
        let digits = |piece: &&Piece| piece.chars.iter().any(char::is_ascii_digit);
        if pieces.iter().filter(digits).count() > CODE {
            return;
        }
        for piece in &pieces {
            if let Some((at, reading)) = self.read(piece) {
                self.push(at, reading);
            }
        }
        if self.found.len() == before
            && let Some((at, reading)) = self.joined(&pieces)
        {
            self.push(at, reading);
        }
    }

    /// One piece as it is, or without the signs around it.
    fn read(&self, piece: &Piece) -> Option<(Range<usize>, Reading)> {
        if piece.chars.iter().all(char::is_ascii_digit) {
            return None;
        }
        if let Some(reading) = word::read(&piece.chars, self.look) {
            return Some((piece.at.clone(), reading));
        }
        let text = self.view.text.get(piece.at.clone())?;
        // Marks that stand on no letter of their own.
        if piece.chars.len() > 2 && text.chars().any(is_mark) && self.look.has(&piece.chars) {
            let text = piece.chars.iter().collect();
            return Some((piece.at.clone(), Reading { text, weight: Weight::Full }));
        }
        let sign = |c: char| !c.is_alphanumeric();
        let inner = text.trim_start_matches(sign).trim_end_matches(sign);
        let start = piece.at.start + (text.len() - text.trim_start_matches(sign).len());
        if inner.len() == text.len() {
            return None;
        }
        let chars: Vec<char> = inner.chars().filter(|c| !is_mark(*c)).collect();
        Some((start..start + inner.len(), word::read(&chars, self.look)?))
    }

    /// Neighbouring pieces that are one word: `id.iot`. Not where each is a word: `self-help` is written so.
    fn joined(&self, pieces: &[Piece]) -> Option<(Range<usize>, Reading)> {
        let pieces = pieces.get(..pieces.len().min(PIECES))?;
        // What hides letters may also part them.
        let parts: Vec<(&Piece, &[char])> = pieces
            .iter()
            .flat_map(|piece| piece.chars.split(|c| is_mask(*c)).map(move |part| (piece, part)))
            .filter(|(_, part)| !part.is_empty())
            .collect();
        let mut all = Vec::new();
        for first in 0..parts.len().saturating_sub(1) {
            all.clear();
            for last in first..parts.len() {
                all.extend_from_slice(parts[last].1);
                let some = &parts[first..=last];
                // Most is no word by far.
                if some.len() > 1
                    && self.look.like(&all).next().is_some()
                    && !some.iter().all(|(_, part)| part.len() == 1 || self.look.has(part))
                    && let Some(reading) = self.read_joined(&all, some)
                {
                    return Some((parts[first].0.at.start..parts[last].0.at.end, reading));
                }
            }
        }
        None
    }

    fn read_joined(&self, all: &[char], parts: &[(&Piece, &[char])]) -> Option<Reading> {
        let word = self.look.word(all).or_else(|| word::disguised(all, self.look))?;
        let vowelless = |(_, part): &(&Piece, &[char])| {
            !part.iter().any(|c| is_sign(*c) || "aeiouwyâêîôûŵŷ".contains(*c))
        };
        let enough = match word.letters.len() {
            0..=3 => false,
            4 => parts.iter().any(vowelless),
            _ => true,
        };
        enough.then(|| Reading { text: word.letters.iter().collect(), weight: Weight::Full })
    }
}

fn pieces(text: &str, chunk: Range<usize>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let start = chunk.start;
    let mut open = false;
    for (at, c) in text.get(chunk).unwrap_or_default().char_indices() {
        let at = start + at..start + at + c.len_utf8();
        let belongs = is_atom(c) || is_sign(c) || is_mask(c);
        match pieces.last_mut() {
            Some(last) if open && belongs => {
                last.at.end = at.end;
                last.chars.push(c);
            }
            Some(last) if open && is_mark(c) => last.at.end = at.end,
            _ if belongs => {
                pieces.push(Piece { at, chars: vec![c] });
                open = true;
            }
            _ => open = false,
        }
    }
    pieces
}

/// Addresses of pages and people are written as they must be.
fn is_address(chunk: &str) -> bool {
    let bytes = chunk.as_bytes();
    let is_page = || memchr::memchr(b':', bytes).is_some_and(|at| bytes[at..].starts_with(b"://"));
    let is_host = || bytes.windows(4).any(|window| window == b"www.");
    let is_mail = || {
        memchr::memchr(b'@', bytes).is_some_and(|at| {
            let (local, domain) = (&chunk[..at], &chunk[at + 1..]);
            local.ends_with(|c: char| c.is_alphanumeric())
                && domain.trim_end_matches(|c: char| !c.is_alphanumeric()).contains('.')
        })
    };
    is_page() || is_mail() || is_host()
}

/// Those that are believed by themselves, and those beside them.
fn believed(text: &str, edits: Vec<Edit>) -> Vec<Edit> {
    let beside = |a: &Edit, b: &Edit| {
        text.get(a.at.end..b.at.start).is_some_and(|gap| !gap.contains(|c: char| c.is_alphanumeric()))
    };
    let mut kept: Vec<bool> = Vec::with_capacity(edits.len());
    for group in edits.chunk_by(beside) {
        let believed = group.len() >= TOGETHER || group.iter().any(|edit| edit.weight == Weight::Full);
        kept.extend(group.iter().map(|_| believed));
    }
    edits.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(edit, _)| edit).collect()
}
