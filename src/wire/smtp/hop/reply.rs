//! A next hop's reply as it came (RFC 5321 section 4.2.1), and what of it goes on to others.

use crate::mail::Reply;
use std::fmt;

/// Code and text of every line. The text is a stranger's: it is cleaned to printable ASCII
/// when it arrives, so that it can be passed on and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopReply {
    pub code: u16,
    /// Without code and separator; at least one.
    pub lines: Vec<String>,
}

/// Longer text adds nothing to a ledger row or to a one-line reply.
const LONGEST_TEXT: usize = 400;

impl HopReply {
    pub(crate) fn new(code: u16, text: impl Into<String>) -> Self {
        Self { code, lines: vec![text.into()] }
    }

    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }

    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// The enhanced status code of the first line (RFC 2034), else the class's plain one.
    pub fn enhanced(&self) -> (u8, u16, u16) {
        let class = u8::try_from(self.code / 100).unwrap_or(4);
        let first = self.lines.first().map_or("", String::as_str);
        split_enhanced(first).map_or((class, 0, 0), |(code, _)| code)
    }

    /// All lines as one, without the enhanced codes; bounded.
    pub fn text(&self) -> String {
        let parts: Vec<&str> =
            self.lines.iter().map(|l| split_enhanced(l).map_or(l.as_str(), |(_, rest)| rest)).collect();
        let mut text = parts.join(" ");
        if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
            text.truncate(end);
        }
        text
    }

    /// As it was said, in one line; an acceptance among them.
    pub fn as_said(&self) -> Reply {
        Reply::new(self.code, self.enhanced(), self.text())
    }

    /// As the house's one-line reply, with the code that a client may be told.
    pub fn to_reply(&self) -> Reply {
        let passed = self.as_refusal();
        Reply::new(passed.code, passed.enhanced(), passed.text())
    }

    /// All lines, to be passed on as a refusal. 421 means "I close", which is true between us
    /// and the hop only; and an answer of a class that is none here is no refusal for ever.
    pub(crate) fn as_refusal(&self) -> Self {
        let code = if (400..600).contains(&self.code) && self.code != 421 { self.code } else { 451 };
        if code == self.code {
            return self.clone();
        }
        // A code of another class would contradict the new one.
        let lines = self.lines.iter().map(|line| match split_enhanced(line) {
            Some(((class, ..), text)) if class != 4 => text,
            _ => line.as_str(),
        });
        Self { code, lines: lines.map(str::to_owned).collect() }
    }
}

impl fmt::Display for HopReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.lines.join(" "))
    }
}

/// `5.1.1 text` into its code and the rest (RFC 2034 section 4).
pub(crate) fn split_enhanced(line: &str) -> Option<((u8, u16, u16), &str)> {
    let (code, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut parts = code.split('.');
    let class = parts.next().filter(|c| matches!(*c, "2" | "4" | "5"))?.parse().ok()?;
    let digits = |n: &&str| (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let mut number = || parts.next().filter(digits)?.parse().ok();
    let (subject, detail) = (number()?, number()?);
    parts.next().is_none().then_some(((class, subject, detail), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_code_is_read_only_when_it_is_one() {
        assert_eq!(split_enhanced("5.1.1 no such user"), Some(((5, 1, 1), "no such user")));
        for other in ["3.1.1 x", "5.1 x", "5.1.1.1 x", "no such user", "5.1234.1 x", "5..1 x", ""] {
            assert_eq!(split_enhanced(other), None, "{other:?}");
        }
    }

    #[test]
    fn many_lines_become_one_reply_and_421_stays_between_us_and_the_hop() {
        let reply =
            HopReply { code: 550, lines: vec!["5.7.1 not".into(), "5.7.1 here".into(), "ever".into()] };
        assert_eq!(reply.to_reply(), Reply::new(550, (5, 7, 1), "not here ever"));
        assert_eq!(HopReply::new(421, "closing").to_reply(), Reply::new(451, (4, 0, 0), "closing"));
        assert_eq!(HopReply::new(354, "2.0.0 odd").to_reply(), Reply::new(451, (4, 0, 0), "odd"));
        assert_eq!(HopReply::new(550, "x".repeat(9000)).text().len(), LONGEST_TEXT);
    }
}
