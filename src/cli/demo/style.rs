//! Colours, line breaks and what may be printed at all.

use crate::verdict::Disposition;
use std::io::{self, IsTerminal};

/// No line is longer.
pub(super) const WIDTH: usize = 100;

/// Colours, on a terminal that has not forbidden them (no-color.org).
#[derive(Clone, Copy)]
pub(super) struct Style {
    colours: bool,
}

impl Style {
    pub(super) fn of_this_terminal() -> Self {
        Self { colours: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    pub(super) fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn disposition(self, disposition: Disposition, text: &str) -> String {
        let code = match disposition {
            Disposition::Deliver => "32",
            Disposition::Hold => "33",
            Disposition::Quarantine => "35",
            Disposition::Refuse | Disposition::Defer => "31",
        };
        self.paint(code, text)
    }
}

/// Nothing from a message can move the cursor.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks at spaces; further lines begin with `indent`.
pub(super) fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in printable(text).split_whitespace() {
        let room = line.chars().count() + 1 + word.chars().count() <= width;
        if !line.trim().is_empty() && !room {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        }
        if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_a_long_word_stands_alone() {
        assert_eq!(wrapped("- one two three", 9, "  "), ["- one two", "  three"]);
        assert_eq!(wrapped("a bbbbbbbbbbbb c", 4, "  "), ["a", "  bbbbbbbbbbbb", "  c"]);
        assert_eq!(wrapped(" \u{1b}[2J ", 9, ""), ["[2J"]);
        assert!(wrapped("", 9, "").is_empty());
    }
}
