//! Lines of a document that are told besides those that are seen: with pieces in them that are judged hidden, and what
//! only programs show that cannot show the first choice.

use std::collections::HashSet;

/// Bytes that are looked through for lines within lines.
const MOST_SOUGHT: usize = 256 << 20;

/// The lines that do not stand in a text, blanks apart.
pub(super) fn unlike(lines: &str, text: &str) -> String {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let (whole, mut sought) = (squeezed(text), 0usize);
    let known: HashSet<String> = text.lines().map(squeezed).collect();
    let mut is_new = |line: &&str| {
        let own = squeezed(line);
        if known.contains(&own) {
            return false;
        }
        sought = sought.saturating_add(whole.len());
        // A line too many does no harm.
        sought > MOST_SOUGHT || !whole.contains(&own)
    };
    lines.lines().filter(&mut is_new).collect::<Vec<_>>().join("\n")
}

/// Lines in which a piece that is judged hidden stands within a word: who judged wrongly has missed the word, so that
/// the line is told as a whole too.
#[derive(Default)]
pub(super) struct Whole {
    line: String,
    last_hidden: bool,
    is_broken: bool,
    broken: String,
}

impl Whole {
    pub(super) fn push(&mut self, text: &str, hidden: bool) {
        let in_word = self.line.ends_with(char::is_alphanumeric) && text.starts_with(char::is_alphanumeric);
        self.is_broken |= in_word && hidden != self.last_hidden;
        if !text.is_empty() {
            self.last_hidden = hidden;
        }
        self.line.push_str(text);
    }

    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.is_broken) {
            self.broken.push_str(self.line.trim());
            self.broken.push('\n');
        }
        self.line.clear();
    }

    /// The lines that are to be told.
    pub(super) fn told(mut self) -> String {
        self.end();
        self.broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_seen_anyway_are_left_out() {
        assert_eq!(unlike("a  b\nc\nd", "a b\nx c y"), "d");
        // Each line sought in all of a long text would take minutes.
        let many = "f1\n".repeat(200_000);
        let long = "a line of a document\n".repeat(200_000);
        let begun = std::time::Instant::now();
        assert!(unlike(&many, &long).starts_with("f1\n"));
        assert!(begun.elapsed().as_secs() < 60);
    }

    #[test]
    fn a_line_is_whole_where_a_word_is_broken() {
        let mut whole = Whole::default();
        for (text, hidden) in [("See N", false), ("i", true), ("a", false)] {
            whole.push(text, hidden);
        }
        whole.end();
        for (text, hidden) in [("a word ", false), ("aside", true), (" more", false)] {
            whole.push(text, hidden);
        }
        assert_eq!(whole.told(), "See Nia\n");
    }
}
