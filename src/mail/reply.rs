//! What a client or MTA is told, and who has to act when something went wrong.

use std::fmt;

/// An SMTP reply with its enhanced status code (RFC 5321 section 4.2, RFC 3463).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub enhanced: (u8, u16, u16),
    /// One line of ASCII without content of any message.
    pub text: String,
}

impl Reply {
    pub fn new(code: u16, enhanced: (u8, u16, u16), text: impl Into<String>) -> Self {
        Self { code, enhanced, text: text.into() }
    }
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, subject, detail) = self.enhanced;
        write!(f, "{} {class}.{subject}.{detail} {}", self.code, self.text)
    }
}

/// Who must act on a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    Sender,
    School,
    Operator,
    Us,
}

/// Something inside failed: which thing, and whose turn it is. Without content.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    pub blame: Blame,
    pub what: String,
}

impl Failure {
    pub fn new(blame: Blame, what: impl Into<String>) -> Self {
        Self { blame, what: what.into() }
    }
}
