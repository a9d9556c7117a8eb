//! One word that is disguised in itself: signs for letters, repeated letters, letters drawn alike, hidden letters.

use super::{
    glyph::{bare, fits, is_foreign, is_mask, is_sign, is_usual},
    lexicon::{LONGEST, Look, Word},
};
use std::cmp::Reverse;

/// Whether a reading is believed by itself, or only beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Short words are soon met by chance: room A55, `c3` of a game of chess.
    Light,
    Full,
}

/// What is written, read as words of the lexicon.
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) weight: Weight,
}

/// A letter repeated so often is drawn out.
const DRAWN_OUT: usize = 3;
/// Letters of the shorter and of the longer of two words that are written as one.
const JOINED: (usize, usize) = (3, 4);

/// Reads what stands between two gaps; `None` for what is written as it should be, or is no word of the lexicon.
pub(super) fn read(written: &[char], look: &Look<'_>) -> Option<Reading> {
    if written.len() < 2 || written.len() > 2 * LONGEST || is_plain(written) || look.has(written) {
        return None;
    }
    // A word of another alphabet, all of whose letters happen to be drawn like Latin ones.
    if !written.iter().any(char::is_ascii_alphanumeric) && written.iter().any(|c| is_foreign(*c)) {
        return None;
    }
    if written.iter().any(|c| is_mask(*c)) {
        return masked(written, look);
    }
    if let Some(word) = disguised(written, look) {
        return Some(Reading { text: word.letters.iter().collect(), weight: weight(written, word) });
    }
    two(written, look)
}

/// Letters without signs, marks and repetition.
fn is_plain(written: &[char]) -> bool {
    written.iter().all(char::is_ascii_lowercase)
        && (!written.windows(2).any(|pair| pair[0] == pair[1]) || !drawn_out(written).contains(&true))
}

/// The word that is written so, letters repeated or not.
pub(super) fn disguised<'l>(written: &[char], look: &Look<'l>) -> Option<&'l Word> {
    let drawn_out = drawn_out(written);
    look.like(written)
        .filter(|word| word.letters.len() > 1 && reads_as(written, &drawn_out, &word.letters))
        .max_by_key(|word| (word.letters.len(), word.asked))
}

/// Which characters may be left out, since they repeat the one before them: of runs of three and more, and of two where every letter is
/// doubled.
fn drawn_out(written: &[char]) -> Vec<bool> {
    let runs = || written.chunk_by(|a, b| bare(*a) == bare(*b));
    let doubled = runs().count() >= DRAWN_OUT && runs().all(|run| run.len() > 1);
    runs().flat_map(|run| run.iter().map(move |_| doubled || run.len() >= DRAWN_OUT)).collect()
}

fn reads_as(written: &[char], drawn_out: &[bool], word: &[char]) -> bool {
    // Bit n: so far the first n letters of the word are read.
    let mut read: u32 = 1;
    for (at, c) in written.iter().enumerate() {
        let repeats = at > 0
            && written.get(at - 1).is_some_and(|before| bare(*before) == bare(*c))
            && drawn_out.get(at) == Some(&true);
        let mut next = 0;
        for (n, _) in word.iter().enumerate().filter(|(_, letter)| fits(*c, **letter)) {
            if read >> n & 1 == 1 {
                next |= 1 << (n + 1);
            }
            if repeats && read >> (n + 1) & 1 == 1 {
                next |= 1 << (n + 1);
            }
        }
        read = next;
    }
    read >> word.len() & 1 == 1
}

fn weight(written: &[char], word: &Word) -> Weight {
    let signs = written.iter().filter(|c| is_sign(**c)).count();
    let letters = word.letters.len();
    let enough = if signs > 0 {
        let inner = written.iter().skip(1).take(written.len().saturating_sub(2));
        match letters {
            0..=2 => false,
            3 => signs == 1 && inner.filter(|c| is_sign(**c)).count() == 1,
            _ => (written.len() - signs) * 5 >= written.len() * 2,
        }
    } else if written.len() > letters {
        true
    } else if written.iter().all(|c| is_usual(*c)) {
        // `môr`, `cân`: words of their own.
        letters > 3
    } else {
        letters > 2
    };
    if enough { Weight::Full } else { Weight::Light }
}

/// Letters hidden by stars: the one word that fits, or of several the one that a rule asks for by itself, of the gravest rule.
fn masked(written: &[char], look: &Look<'_>) -> Option<Reading> {
    let shown = written.iter().filter(|c| !is_mask(**c)).count();
    let first = *written.first().filter(|c| c.is_alphabetic())?;
    if written.len() < 4 || shown * 5 < written.len() * 2 || written.last().is_none_or(|c| is_mask(*c)) {
        return None;
    }
    let hides =
        |word: &&Word| written.iter().zip(&*word.letters).all(|(c, letter)| is_mask(*c) || fits(*c, *letter));
    let mut fitting: Vec<&Word> = look.shaped(first, written.len()).filter(hides).collect();
    fitting.sort_unstable_by_key(|word| Reverse(word.asked));
    let word = match &*fitting {
        [word] => word,
        [word, next, ..] if word.asked > next.asked => word,
        _ => return None,
    };
    Some(Reading { text: word.letters.iter().collect(), weight: Weight::Full })
}

/// Two words written as one, one of them disguised at least.
fn two(written: &[char], look: &Look<'_>) -> Option<Reading> {
    let is_usual = written.iter().all(|c| is_usual(*c)) && !drawn_out(written).contains(&true);
    if is_usual || written.len() > LONGEST {
        return None;
    }
    let half = |written: &[char]| -> Option<String> {
        if look.has(written) {
            return Some(written.iter().collect());
        }
        Some(disguised(written, look)?.letters.iter().collect())
    };
    (JOINED.0..=written.len().saturating_sub(JOINED.0)).find_map(|at| {
        let (left, right) = written.split_at(at);
        let (left, right) = (half(left)?, half(right)?);
        let (less, more) = (left.len().min(right.len()), left.len().max(right.len()));
        (less >= JOINED.0 && more >= JOINED.1)
            .then(|| Reading { text: format!("{left} {right}"), weight: Weight::Full })
    })
}
