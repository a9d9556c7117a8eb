//! Text in the order in which it is shown: marks of direction (Unicode, UAX 9) turn letters and pieces of a line
//! around for a reader, and not for a pattern.

use std::borrow::Cow;
use unicode_bidi::{BidiClass, BidiInfo, bidi_class};

/// Lines of one text that are turned, and the longest of them.
const MOST_LINES: usize = 1_000;
const LONGEST_LINE: usize = 10_000;

/// What a text shows in another order than it is written.
pub(super) struct Turned {
    /// The lines that differ, as they are shown.
    pub(super) lines: String,
    pub(super) cause: Cause,
}

/// Why lines are turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// They are written in Arabic, Hebrew and the like, among others.
    Script,
    /// All their letters run from left to right.
    Trick,
}

/// `None` where all is shown as it is written. `is_cut` when there are more lines, or longer ones.
pub(super) fn turned(text: &str, is_cut: &mut bool) -> Option<Turned> {
    if !has_marks(text.as_bytes()) {
        return None;
    }
    let mut turned = Turned { lines: String::new(), cause: Cause::Script };
    let marked = text.lines().filter(|line| has_marks(line.as_bytes()));
    for (count, line) in marked.enumerate() {
        if count >= MOST_LINES || line.len() > LONGEST_LINE {
            *is_cut = true;
            continue;
        }
        let shown = shown(line);
        let seen = |text: &str| text.chars().filter(|c| !is_mark(*c)).collect::<String>();
        let shown = seen(&shown);
        if shown == seen(line) {
            continue;
        }
        if !line.chars().any(|c| matches!(bidi_class(c), BidiClass::R | BidiClass::AL | BidiClass::AN)) {
            turned.cause = Cause::Trick;
        }
        turned.lines.push_str(&shown);
        turned.lines.push('\n');
    }
    (!turned.lines.is_empty()).then_some(turned)
}

fn shown(line: &str) -> Cow<'_, str> {
    let info = BidiInfo::new(line, None);
    match info.paragraphs.first() {
        Some(paragraph) => info.reorder_line(paragraph, paragraph.range.clone()),
        None => Cow::Borrowed(line),
    }
}

/// Whether embeddings, overrides or isolates stand in it: U+202A to U+202E, U+2066 to U+2069.
fn has_marks(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0xe2, bytes)
        .any(|at| matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xaa..=0xae] | [0x81, 0xa6..=0xa9])))
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_shown() {
        for (written, shown) in [
            ("her number: \u{202e}1005243219\u{202c}", "her number: 9123425001\n"),
            ("\u{2067}\u{2066}34250\u{2069}\u{2066}C9991\u{2069}\u{2069}", "C999134250\n"),
        ] {
            let turned = turned(written, &mut false).unwrap();
            assert_eq!((turned.lines.as_str(), turned.cause), (shown, Cause::Trick), "{written}");
        }
        for ordinary in
            ["On Friday \u{202a}A. Staff\u{202c} wrote:", "a “quote”…", "plain", "\u{2068}Siân\u{2069} is 12"]
        {
            assert!(turned(ordinary, &mut false).is_none(), "{ordinary}");
        }
        let mixed = turned("\u{2067}שלום 12 abc\u{2069}", &mut false).unwrap();
        assert_eq!(mixed.cause, Cause::Script);
    }
}
