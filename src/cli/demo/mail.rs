//! One message that the demonstration sends.

use crate::{
    cli::corpus::{Example, Expected, Proof},
    mail::{fields, header_end},
};
use bytes::Bytes;

#[derive(Clone)]
pub(super) struct Mail {
    /// Its place in the corpus, counted from 1.
    pub(super) number: usize,
    /// Where it lies below corpus/.
    pub(super) path: String,
    pub(super) shows: String,
    /// Empty is the null reverse path.
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    /// The name under which its sender has signed in, if at all.
    pub(super) login: Option<String>,
    /// Lines ended by CRLF.
    pub(super) raw: Bytes,
    /// An answer to a nudge is no part of the corpus, and nothing is expected of it.
    pub(super) expected: Option<Expected>,
}

impl Mail {
    pub(super) fn of(number: usize, example: Example) -> Self {
        let sender = example.envelope.sender.to_string();
        Self {
            number,
            path: example.path,
            shows: example.shows,
            login: (example.proof == Proof::Login).then(|| sender.clone()),
            sender,
            recipients: example.envelope.recipients.iter().map(|r| r.address.to_string()).collect(),
            raw: example.raw,
            expected: Some(example.expected),
        }
    }

    /// The first part of its path: what kind of example it is.
    pub(super) fn area(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }
}

/// The value of a header field as it stands in the message.
pub(super) fn field(raw: &[u8], name: &str) -> Option<String> {
    let (header, _) = raw.split_at(header_end(raw));
    let (_, bytes) = fields(header).find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    let text = String::from_utf8_lossy(bytes);
    Some(text.split_once(':')?.1.trim().to_owned())
}
