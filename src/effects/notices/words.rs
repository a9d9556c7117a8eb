//! What our notices have in common: the language, the lines that say which message is meant, and
//! the words that none of them says (practice.md, D). The sender's own notice names time,
//! recipients, subject, kind and place, never the value; every other one has only a number and a
//! category.

use super::time;
use crate::mail::Address;
use chrono::{DateTime, Utc};

/// In what a notice is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Welsh,
}

impl Language {
    /// Of the school's codes (`en`, `cy`); English when none is known.
    pub fn of(codes: &[String]) -> Vec<Self> {
        let mut languages = Vec::new();
        for code in codes {
            let language = match code.as_str() {
                "en" => Self::English,
                "cy" => Self::Welsh,
                _ => continue,
            };
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        if languages.is_empty() {
            languages.push(Self::English);
        }
        languages
    }
}

pub(super) fn particulars(
    language: Language,
    at: DateTime<Utc>,
    recipients: &[Address],
    subject: &str,
) -> String {
    const SHOWN: usize = 20;
    let mut to: Vec<&str> = recipients.iter().take(SHOWN).map(Address::as_str).collect();
    let more = recipients.len().saturating_sub(SHOWN);
    let rest = match language {
        Language::English => format!("and {more} more"),
        Language::Welsh => format!("a {more} arall"),
    };
    if more > 0 {
        to.push(&rest);
    }
    let to = to.join(", ");
    let subject = one_line(subject);
    match language {
        Language::English => format!("Time: {}\nTo: {to}\nSubject: {subject}\n", time::english(at)),
        Language::Welsh => format!("Amser: {}\nAt: {to}\nPwnc: {subject}\n", time::welsh(at)),
    }
}

/// What others wrote stays on its line and of bounded length.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            alert::{self, Alert},
            nudge::{
                self, Situation,
                tests::{MAIL, WAITING, sample},
            },
            returned::{self, Comeback, Returned},
        },
        *,
    };
    use crate::ruleset::Category;

    /// Practice, D: these words never, in no subject and no text.
    #[test]
    fn forbidden_words_stand_nowhere() {
        let mut all = Vec::new();
        for language in [Language::English, Language::Welsh] {
            for situation in [WAITING, Situation::Sent] {
                all.push(nudge::text(language, &sample(situation), MAIL));
                all.push(nudge::subject(language, &situation).to_owned());
            }
            for category in Category::ALL {
                for (urgent, delivered) in [(true, true), (false, false)] {
                    let at = DateTime::UNIX_EPOCH;
                    let one =
                        Alert { school: "Oakfield", number: "A", category: *category, at, urgent, delivered };
                    for console in [None, Some("https://gate.oakfield.example")] {
                        all.push(alert::text(language, &one, console));
                    }
                    all.push(alert::subject(language, urgent).to_owned());
                }
                all.push(nudge::kind(language, *category).to_owned());
            }
            for why in [Comeback::Expired, Comeback::Withdrawn, Comeback::Returned { advice: Some("x") }] {
                all.push(returned::text(
                    language,
                    &Returned {
                        received_at: DateTime::UNIX_EPOCH,
                        recipients: &[],
                        subject: "s",
                        number: "A",
                        why,
                    },
                ));
            }
            all.push(returned::subject(language).to_owned());
        }
        for text in all {
            let lower = text.to_lowercase();
            for word in [
                "violation",
                "offender",
                "grooming detected",
                "safeguarding concern",
                "blocked",
                "suspicious",
            ] {
                assert!(!lower.contains(word), "{word}: {text}");
            }
        }
    }
}
