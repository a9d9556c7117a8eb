//! A second reading of a text in which disguised words are written plainly: `i d i o t`, `1d10t`, `idiooot`, `id.iot`. Only unusual
//! spellings are touched, and they are read only as words that some rule names, so that ordinary mail has no second reading.
//! What is found in it counts only where it touches such a word, and is shown at its place in the text as written.

mod apart;
mod doubt;
mod edits;
mod glyph;
mod lexicon;
mod unusual;
mod word;

pub(super) use lexicon::Lexicon;

use crate::extraction::{Extract, Fragment, Layer, View};
use edits::{Edit, edits};
use lexicon::Look;
use std::{borrow::Cow, ops::Range};

/// The second reading of a fragment.
pub(super) struct Respelled {
    /// Its text and where that is quoted; the place is that of the fragment.
    pub(super) fragment: Fragment<'static>,
    /// The fragment.
    pub(super) of: u32,
    /// What is written plainly, in the order of the text.
    pieces: Vec<Piece>,
}

struct Piece {
    now: Range<usize>,
    was: Range<usize>,
    /// Chance may have brought it.
    doubtful: bool,
}

/// Words that are looked up for one message, at most: some tenths of a second.
const MOST: usize = 1_000_000;

/// The second readings of a message's texts, and which of these could not be read to the end. Links are addresses, and what the gate has put
/// together is none of these texts.
pub(super) fn respelled(extract: &Extract<'_>, lexicon: &Lexicon) -> (Vec<Respelled>, Vec<u32>) {
    within(extract, &Look::new(lexicon, MOST))
}

fn within(extract: &Extract<'_>, look: &Look<'_>) -> (Vec<Respelled>, Vec<u32>) {
    let (mut readings, mut unread) = (Vec::new(), Vec::new());
    for (of, fragment) in (0u32..).zip(&extract.fragments) {
        if fragment.layer == Layer::Link || fragment.checked_only {
            continue;
        }
        readings.extend(Respelled::new(of, fragment, edits(&fragment.view, look)));
        if look.was_cut() {
            unread.push(of);
        }
    }
    (readings, unread)
}

impl Respelled {
    fn new(of: u32, fragment: &Fragment<'_>, edits: Vec<Edit>) -> Option<Self> {
        if edits.is_empty() {
            return None;
        }
        let written = fragment.view.text.as_str();
        let mut text = String::with_capacity(written.len());
        let (mut pieces, mut at) = (Vec::with_capacity(edits.len()), 0);
        for edit in edits {
            text.push_str(written.get(at..edit.at.start).unwrap_or_default());
            let start = text.len();
            text.push_str(&edit.text);
            at = edit.at.end;
            let doubtful = doubt::is_doubtful(fragment, &edit.at, &edit.text);
            pieces.push(Piece { now: start..text.len(), was: edit.at, doubtful });
        }
        text.push_str(written.get(at..).unwrap_or_default());
        let mut out = Self {
            fragment: Fragment {
                place: Cow::Borrowed(""),
                part: fragment.part,
                layer: fragment.layer,
                source: Cow::Borrowed(""),
                view: View { text, ..View::default() },
                quoted: Vec::new(),
                checked_only: false,
                anchors: &[],
            },
            of,
            pieces,
        };
        out.fragment.quoted = fragment.quoted.iter().map(|quoted| out.now(quoted)).collect();
        Some(out)
    }

    /// Whether a stretch of this reading has a word that is written otherwise.
    pub(super) fn is_read_in(&self, span: &Range<usize>) -> bool {
        let first = self.pieces.partition_point(|piece| piece.now.end <= span.start);
        self.pieces.get(first).is_some_and(|piece| piece.now.start < span.end)
    }

    /// Whether a stretch of this reading is nothing but what chance may have brought.
    pub(super) fn is_doubtful(&self, span: &Range<usize>) -> bool {
        let first = self.pieces.partition_point(|piece| piece.now.end <= span.start);
        let behind = self.pieces.partition_point(|piece| piece.now.start < span.end);
        let Some(pieces @ [head, .., tail] | pieces @ [head @ tail]) = self.pieces.get(first..behind) else {
            return false;
        };
        pieces.iter().all(|piece| piece.doubtful) && head.now.start <= span.start && span.end <= tail.now.end
    }

    /// The stretch of the text as written.
    pub(super) fn was(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.moved(span.start, |piece| (&piece.now, &piece.was), |was| was.start);
        let end = self.moved(span.end, |piece| (&piece.now, &piece.was), |was| was.end);
        start..end
    }

    fn now(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.moved(span.start, |piece| (&piece.was, &piece.now), |now| now.start);
        let end = self.moved(span.end, |piece| (&piece.was, &piece.now), |now| now.end);
        start..end
    }

    /// A place of one text in the other; one within a piece is the piece's own edge.
    fn moved(
        &self,
        at: usize,
        ranges: impl Fn(&Piece) -> (&Range<usize>, &Range<usize>),
        edge: impl Fn(&Range<usize>) -> usize,
    ) -> usize {
        let next = self.pieces.partition_point(|piece| ranges(piece).0.start < at);
        let Some(before) = next.checked_sub(1).and_then(|last| self.pieces.get(last)) else { return at };
        let (from, to) = ranges(before);
        if at < from.end { edge(to) } else { to.end + (at - from.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        extraction::normalise,
        ruleset::{Severity, parse_pattern},
    };

    fn read(text: &str, most: usize) -> (Vec<Respelled>, Vec<u32>) {
        let pattern = parse_pattern(r"\byou are an? (idiot|clown)\b").unwrap();
        let lexicon = Lexicon::of([(pattern, Some(Severity::Low))].into_iter());
        let fragment = Fragment {
            place: "1".into(),
            part: Some(0),
            layer: Layer::Visible,
            source: text.into(),
            view: normalise(text),
            quoted: vec![0..4, 9..16],
            checked_only: false,
            anchors: &[],
        };
        let extract = Extract { fragments: vec![fragment], ..Extract::default() };
        within(&extract, &Look::new(&lexicon, most))
    }

    #[test]
    fn places_lead_back_and_forth() {
        let (readings, unread) = read("y0u are 4n i.d.i.o.t, a cl0wn", 1_000);
        assert!(unread.is_empty());
        let reading = &readings[0];
        assert_eq!(reading.fragment.view.text, "you are an idiot, a clown");
        assert_eq!(reading.fragment.quoted, [0..4, 8..16]);
        for (now, was) in
            [(0..3, 0..3), (4..7, 4..7), (8..16, 8..20), (12..13, 11..20), (16..25, 20..29), (19..20, 23..24)]
        {
            assert_eq!(reading.was(&now), was, "{now:?}");
        }
        assert!(reading.is_read_in(&(2..5)) && reading.is_read_in(&(15..18)));
        assert!(!reading.is_read_in(&(3..8)) && !reading.is_read_in(&(16..20)));
    }

    #[test]
    fn what_is_not_read_to_the_end_is_said() {
        let text = "cl0wn ".repeat(100);
        assert!(read(&text, 10_000).1.is_empty());
        let (readings, unread) = read(&text, 50);
        assert_eq!((readings.len(), unread), (1, vec![0]));
    }
}
