//! Colours and width.

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
