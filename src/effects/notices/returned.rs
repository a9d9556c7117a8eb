//! For the sender of a message that was not sent: why it is back, and which it is.
//!
//! The Welsh texts are to be reviewed by a Welsh speaker.

use super::words::{Language, one_line, particulars};
use crate::mail::Address;
use chrono::{DateTime, Utc};

/// Why a held message is back with its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comeback<'a> {
    /// One school day without an answer.
    Expired,
    /// The sender took it back.
    Withdrawn,
    /// Somebody who may decide sent it back.
    Returned { advice: Option<&'a str> },
}

#[derive(Clone, Debug)]
pub struct Returned<'a> {
    pub received_at: DateTime<Utc>,
    pub recipients: &'a [Address],
    pub subject: &'a str,
    pub number: &'a str,
    pub why: Comeback<'a>,
}

pub(super) fn subject(language: Language) -> &'static str {
    match language {
        Language::English => "Your message was not sent",
        Language::Welsh => "Ni chafodd eich neges ei hanfon",
    }
}

pub(super) fn text(language: Language, returned: &Returned<'_>) -> String {
    let opening = match (language, returned.why) {
        (Language::English, Comeback::Expired) => {
            "It was not sent: it waited one school day for your answer. Send it again when you are ready."
        }
        (Language::English, Comeback::Withdrawn) => "It was not sent: you have withdrawn it.",
        (Language::English, Comeback::Returned { .. }) => "It was not sent: it is back with you.",
        (Language::Welsh, Comeback::Expired) => {
            "Ni chafodd ei hanfon: bu'n aros un diwrnod ysgol am eich ateb. Anfonwch hi eto pan fyddwch yn barod."
        }
        (Language::Welsh, Comeback::Withdrawn) => "Ni chafodd ei hanfon: rydych wedi'i thynnu'n ôl.",
        (Language::Welsh, Comeback::Returned { .. }) => "Ni chafodd ei hanfon: mae yn ôl gyda chi.",
    };
    let mut text = format!("{opening}\n\n");
    text.push_str(&particulars(language, returned.received_at, returned.recipients, returned.subject));
    if let Comeback::Returned { advice: Some(advice) } = returned.why {
        let label = if language == Language::English { "Advice" } else { "Cyngor" };
        text.push_str(&format!("{label}: {}\n", one_line(advice)));
    }
    let label = if language == Language::English { "Number" } else { "Rhif" };
    text.push_str(&format!("{label}: {}\n", returned.number));
    text
}
