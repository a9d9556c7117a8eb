//! For whoever answers a message with harsh words (OF-7): pause, keep it, tell somebody. It names
//! nothing that was found and says nothing that who answers has not read already (practice.md, A2).
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::words::{Language, particulars};
use crate::mail::Address;
use chrono::{DateTime, Utc};

#[derive(Clone, Copy, Debug)]
pub struct Pause<'a> {
    /// Of the answer.
    pub received_at: DateTime<Utc>,
    pub recipients: &'a [Address],
    pub subject: &'a str,
    /// Where messages are passed on to.
    pub report: Option<&'a Address>,
    /// Who of the safeguarding team may be asked, by name.
    pub helper: Option<&'a str>,
    pub to_pupil: bool,
}

pub(super) fn subject(language: Language) -> &'static str {
    match language {
        Language::English => "Before you answer again",
        Language::Welsh => "Cyn i chi ateb eto",
    }
}

pub(super) fn text(language: Language, pause: &Pause<'_>) -> String {
    let yours = particulars(language, pause.received_at, pause.recipients, pause.subject);
    match language {
        Language::English => {
            let somebody = if pause.to_pupil { "a member of staff you trust" } else { "your line manager" };
            let helper = pause.helper.unwrap_or(somebody);
            let report = pause.report.map_or_else(
                || format!("Keep it, and tell {helper}."),
                |address| format!("Keep it, pass it on to {address}, or tell {helper}."),
            );
            let help = match pause.to_pupil {
                true => format!(
                    "\nA member of staff may look at this. If you need help now: {}Childline 0800 1111, 999.\n",
                    pause.helper.map_or_else(String::new, |name| format!("{name}, "))
                ),
                false => String::new(),
            };
            format!(
                "You have answered a message. If what you were sent upset you: pause before you answer again. \
                 You do not have to answer.\n\n{yours}\n{report}\nDo not send it round, and do not forward pictures: \
                 show those to somebody in person.\n{help}"
            )
        }
        Language::Welsh => {
            let somebody = if pause.to_pupil { "aelod o staff" } else { "eich rheolwr llinell" };
            let helper = pause.helper.unwrap_or(somebody);
            let report = pause.report.map_or_else(
                || format!("Cadwch hi, a dywedwch wrth {helper}."),
                |address| format!("Cadwch hi, anfonwch hi ymlaen at {address}, neu dywedwch wrth {helper}."),
            );
            let help = match pause.to_pupil {
                true => format!(
                    "\nGall aelod o staff edrych ar hyn. Os oes angen help arnoch nawr: {}Childline 0800 1111, 999.\n",
                    pause.helper.map_or_else(String::new, |name| format!("{name}, "))
                ),
                false => String::new(),
            };
            format!(
                "Rydych wedi ateb neges. Os gwnaeth yr hyn a gawsoch eich cynhyrfu: arhoswch cyn ateb eto. \
                 Nid oes rhaid i chi ateb.\n\n{yours}\n{report}\nPeidiwch \u{e2}'i hanfon o gwmpas, a pheidiwch ag anfon \
                 lluniau ymlaen: dangoswch y rheini i rywun yn bersonol.\n{help}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_nothing_that_was_found_and_says_where_to_turn() {
        let report = Address::parse("report@oakfield.example").unwrap();
        let pause = |to_pupil| Pause {
            received_at: DateTime::UNIX_EPOCH,
            recipients: &[],
            subject: "Re: you",
            report: Some(&report),
            helper: Some("Priya Nair"),
            to_pupil,
        };
        for language in [Language::English, Language::Welsh] {
            for to_pupil in [true, false] {
                let said = text(language, &pause(to_pupil));
                assert!(said.contains("report@oakfield.example") && said.contains("Priya Nair"), "{said}");
                assert_eq!(said.contains("Childline 0800 1111"), to_pupil);
                let lower = format!("{said}{}", subject(language)).to_lowercase();
                for word in ["harm.", "bullying", "hate", "profanity", "offensive", "detected", "violation"] {
                    assert!(!lower.contains(word), "{word}: {said}");
                }
            }
        }
    }
}
