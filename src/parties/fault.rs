//! A mistake in a file that a person edits: where it stands, what is wrong, what helps.
//! Shared by the directory importers and the configuration.

use std::{
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};

/// Whether the file may be used all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// The file does not take effect.
    Error,
    Warning,
}

/// One mistake, in plain words. Never carries a person's data or a secret: where the
/// offending line could hold either, `excerpt` is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: PathBuf,
    /// From 1; 0 when the whole file is meant.
    pub line: usize,
    /// In characters, from 1; 0 when the whole line is meant.
    pub column: usize,
    /// Characters to underline in the excerpt.
    pub length: usize,
    /// The offending line.
    pub excerpt: String,
    /// A sentence.
    pub message: String,
    /// What to do, or what is allowed.
    pub hint: Option<String>,
    pub severity: Gravity,
}

impl Fault {
    /// A fault of a whole line, without excerpt.
    pub fn at(file: &Path, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            column: 0,
            length: 0,
            excerpt: String::new(),
            message: message.into(),
            hint: None,
            severity: Gravity::Error,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Gravity::Error
    }
}

/// What was found wrong, in the order of the file. Displayed as [`render`] does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.0))
    }
}
impl std::error::Error for Faults {}

/// All faults as a terminal shows them, with a closing count. Plain text: no colour,
/// no control characters from the file.
pub fn render(faults: &[Fault]) -> String {
    let mut out = String::new();
    for fault in faults {
        render_one(fault, &mut out);
        out.push('\n');
    }
    let errors = faults.iter().filter(|f| f.is_error()).count();
    let warnings = faults.len() - errors;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let closing = match (errors, warnings) {
        (0, 0) => return out,
        (0, w) => count(w, "warning"),
        (e, 0) => count(e, "error"),
        (e, w) => format!("{}, {}", count(e, "error"), count(w, "warning")),
    };
    let _ = writeln!(out, "{closing}"); // writing to a String cannot fail
    out
}

/// Longest piece of a line that is shown.
const WIDTH: usize = 120;

fn render_one(fault: &Fault, out: &mut String) {
    let word = if fault.is_error() { "error" } else { "warning" };
    let mut place = fault.file.display().to_string();
    for number in [fault.line, fault.column].into_iter().take_while(|n| *n > 0) {
        let _ = write!(place, ":{number}");
    }
    let margin = " ".repeat(fault.line.max(1).to_string().len());
    let _ = writeln!(out, "{word}: {}", fault.message);
    let _ = writeln!(out, "{margin}--> {place}");
    if !fault.excerpt.is_empty() && fault.column > 0 {
        let skip = (fault.column - 1).saturating_sub(WIDTH - 40);
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let line: String = fault.excerpt.chars().skip(skip).take(WIDTH).map(clean).collect();
        let before = " ".repeat(fault.column - 1 - skip);
        let shown = line.chars().count().saturating_sub(before.len()).max(1);
        let under = "^".repeat(fault.length.clamp(1, shown));
        let _ = writeln!(out, "{margin} |\n{} | {}\n{margin} | {before}{under}", fault.line, line.trim_end());
    }
    if let Some(hint) = &fault.hint {
        let _ = writeln!(out, "{margin} = help: {hint}");
    }
}

/// The option that a misspelt word most likely meant.
pub fn closest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |s: &str| s.to_lowercase().replace(['_', ' ', '.'], "-");
    let word = plain(word);
    if word.chars().count() > 64 {
        return None;
    }
    options
        .into_iter()
        .map(|option| (distance(&word, &plain(option)), option))
        .min_by_key(|(far, _)| *far)
        .filter(|(far, option)| *far <= (option.chars().count().max(word.chars().count()) / 3).max(1))
        .map(|(_, option)| option)
}

/// Edits (insert, delete, replace, swap of neighbours) that make `a` into `b`: the
/// optimal string alignment distance.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut table = vec![0usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            // Every index is at most i * width + j, which lies in the table.
            table[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replace = table[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replace.min(table[(i - 1) * width + j] + 1).min(table[i * width + j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(table[(i - 2) * width + j - 2] + 1);
                }
                best
            };
        }
    }
    table[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_word_is_found_and_no_other() {
        let keys = ["next-hop", "listen", "deadline", "tls"];
        assert_eq!(closest("next_hop", keys), Some("next-hop"));
        assert_eq!(closest("nexthop", keys), Some("next-hop"));
        assert_eq!(closest("lisetn", keys), Some("listen"));
        assert_eq!(closest("dedline", keys), Some("deadline"));
        assert_eq!(closest("banana", keys), None);
        assert_eq!(closest("", keys), None);
    }

    #[test]
    fn a_terminal_sees_where_and_what_and_no_control_characters() {
        let fault = Fault {
            column: 1,
            length: 7,
            excerpt: "nexthop = \u{1b}[31m1".into(),
            ..Fault::at(Path::new("g.toml"), 12, "The key is not known.").hint("Did you mean `next-hop`?")
        };
        let warning = Fault { severity: Gravity::Warning, ..Fault::at(Path::new("g.toml"), 0, "Empty.") };
        assert_eq!(
            render(&[fault, warning]),
            "error: The key is not known.\n  --> g.toml:12:1\n   |\n12 | nexthop =  [31m1\n   | ^^^^^^^\n   \
             = help: Did you mean `next-hop`?\n\nwarning: Empty.\n --> g.toml\n\n1 error, 1 warning\n"
        );
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let fault = Fault {
            column: 1000,
            length: 5,
            excerpt: "x".repeat(999) + "FAULT" + &"y".repeat(5000),
            ..Fault::at(Path::new("g.toml"), 1, "m")
        };
        let shown = render(&[fault]);
        assert!(shown.contains("xFAULTy") && shown.lines().all(|l| l.len() < 140), "{shown}");
    }
}
