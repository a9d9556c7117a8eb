//! A disclaimer ready to be used, and why one is not applied.

use aho_corasick::{AhoCorasick, MatchKind};
use std::{fmt, path::PathBuf, sync::Arc};
use unicode_normalization::UnicodeNormalization;

/// Why a message keeps its body as it is. The words of [`NotApplied::name`] are stable:
/// ledger and counters carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotApplied {
    /// From outside, or not from one of the school's own addresses: never altered
    /// (design: promise 7).
    NotOurs,
    /// No template of that name in the school's languages.
    NoTemplate,
    /// Signed by multipart/signed, S/MIME or PGP; a change would break it.
    Signed,
    /// Encrypted.
    Encrypted,
    /// An invitation: calendar programs, not people, read it.
    Calendar,
    /// A delivery or disposition report (RFC 3464, RFC 8098).
    Report,
    /// List mail (RFC 2369): the list, not the sender, speaks to its members.
    List,
    /// No text of its own: attachments only.
    NoTextBody,
    /// The thread carries it already.
    AlreadyThere,
    /// The bytes can be read in more than one way; which one is named.
    Malformed(&'static str),
    /// A character set or transfer encoding that is not known well enough to write in it.
    Charset,
    /// The edit was made, and the check that follows it found this.
    Check(&'static str),
}

impl NotApplied {
    pub fn name(self) -> &'static str {
        match self {
            Self::NotOurs => "not-ours",
            Self::NoTemplate => "no-template",
            Self::Signed => "signed",
            Self::Encrypted => "encrypted",
            Self::Calendar => "calendar",
            Self::Report => "report",
            Self::List => "list",
            Self::NoTextBody => "no-text-body",
            Self::AlreadyThere => "already-there",
            Self::Malformed(_) => "malformed",
            Self::Charset => "charset",
            Self::Check(_) => "check-failed",
        }
    }
}

impl fmt::Display for NotApplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) | Self::Check(what) => write!(f, "{} ({what})", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}

/// A fault in a template file. Line 0 speaks of the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    pub file: PathBuf,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// One language's text of a template, checked.
#[derive(Clone, Debug)]
pub(super) struct Wording {
    pub(super) language: String,
    /// Lines separated by `\n`, without a final one.
    pub(super) plain: String,
    /// A balanced HTML fragment, lines separated by `\n`.
    pub(super) html: String,
    pub(super) trace: Trace,
}

/// A template in the languages that a school chose, one text after the other.
#[derive(Clone, Debug)]
pub struct Disclaimer {
    pub(super) wordings: Vec<Arc<Wording>>,
}

/// Recognises a wording in a text that has been quoted, wrapped or turned from HTML
/// into plain text since: letters and digits alone count, in pieces, so that a link
/// target or a quote mark in between does not hide it.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pieces: AhoCorasick,
    count: usize,
}

/// Characters of one piece.
const PIECE: usize = 24;

impl Trace {
    /// `None` when the text has too few letters to be told apart from ordinary words.
    pub(super) fn of(text: &str) -> Option<Self> {
        let key: Vec<char> = letters(text).chars().collect();
        let pieces: Vec<String> = key.chunks_exact(PIECE).map(|piece| piece.iter().collect()).collect();
        let count = pieces.len();
        if count == 0 {
            return None;
        }
        let pieces = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&pieces).ok()?;
        Some(Self { pieces, count })
    }

    /// Whether at least seven tenths of the pieces stand in `letters`.
    pub(super) fn is_in(&self, letters: &str) -> bool {
        let mut seen = vec![false; self.count];
        for hit in self.pieces.find_overlapping_iter(letters) {
            if let Some(mark) = seen.get_mut(hit.pattern().as_usize()) {
                *mark = true;
            }
        }
        seen.iter().filter(|s| **s).count() * 10 >= self.count * 7
    }
}

/// The letters and digits of a text, lower case and without marks above and below.
pub(super) fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            }
        } else {
            let base = std::iter::once(c).nfkd().filter(|c| c.is_alphanumeric());
            out.extend(base.flat_map(char::to_lowercase));
        }
    }
    out
}
