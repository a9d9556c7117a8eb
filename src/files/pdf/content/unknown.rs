//! Glyphs of which nobody can say what letters they are without looking at them.

/// Glyphs in a row that are a word or a number, and how many of them must differ: marks of a list are all alike.
const FEWEST: usize = 6;
const KINDS: usize = 3;
/// Known letters after which a row of unknown ones ends.
const BETWEEN: usize = 3;

#[derive(Default)]
pub(in crate::files::pdf) struct Unknown {
    /// Glyphs whose text is known, and not.
    known: usize,
    unknown: usize,
    /// Unknown ones that stand together, by font and code.
    row: usize,
    kinds: Vec<(usize, u32)>,
    between: usize,
    has_word: bool,
}

impl Unknown {
    pub(super) fn count(&mut self, known: usize, unknown: usize) {
        self.known += known;
        self.unknown += unknown;
    }

    /// Known letters that everybody sees.
    pub(super) fn seen(&mut self, letters: usize) {
        self.between = self.between.saturating_add(letters);
        if self.between >= BETWEEN {
            self.row = 0;
            self.kinds.clear();
        }
    }

    /// A glyph that everybody sees, of a font.
    pub(super) fn seen_unknown(&mut self, font: usize, code: u32) {
        self.between = 0;
        self.row += 1;
        if self.kinds.len() < KINDS && !self.kinds.contains(&(font, code)) {
            self.kinds.push((font, code));
        }
        self.has_word |= self.row >= FEWEST && self.kinds.len() >= KINDS;
    }

    /// Whether something is there to be read that was not.
    pub(in crate::files::pdf) fn matter(&self) -> bool {
        self.has_word || self.unknown > 4 && self.unknown * 10 > self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `.` is a known letter, others are unknown glyphs by their code.
    fn matters(glyphs: &str) -> bool {
        let mut all = Unknown::default();
        all.count(500, 0);
        for glyph in glyphs.chars() {
            all.count(usize::from(glyph == '.'), usize::from(glyph != '.'));
            match glyph {
                '.' => all.seen(1),
                other => all.seen_unknown(1, u32::from(other)),
            }
        }
        all.matter()
    }

    #[test]
    fn a_word_of_unknown_glyphs_matters_among_many_known_letters() {
        assert!(matters("....abcabcd...."));
        assert!(matters("a.bc.de..f"));
        assert!(!matters("abcd....abcd....abcd"));
        // The signs of a list or of a table.
        assert!(!matters("aaaaaaaaaa"));
        assert!(!matters("a....b....c....d....e....f....g...."));
    }
}
