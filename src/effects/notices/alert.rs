//! For an officer: that something waits or has passed, its number and category, no word of it and
//! no name (practice.md, D).
//!
//! The Welsh texts are to be reviewed by a Welsh speaker.

use super::{time, words::Language};
use crate::ruleset::Category;
use chrono::{DateTime, Utc};

/// The notice to an officer: no word of the message, no name.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    pub school: &'a str,
    pub number: &'a str,
    pub category: Category,
    pub at: DateTime<Utc>,
    pub urgent: bool,
    /// The message itself went its way.
    pub delivered: bool,
}

pub(super) fn subject(language: Language, urgent: bool) -> &'static str {
    match (language, urgent) {
        (Language::English, false) => "A message is waiting for you",
        (Language::English, true) => "Urgent: a message is waiting for you",
        (Language::Welsh, false) => "Mae neges yn aros amdanoch",
        (Language::Welsh, true) => "Brys: mae neges yn aros amdanoch",
    }
}

pub(super) fn text(language: Language, alert: &Alert<'_>) -> String {
    let Alert { school, number, category, .. } = alert;
    let (opening, see) = match (language, alert.delivered) {
        (Language::English, false) => (
            "A message was not delivered and waits for a decision.",
            format!("To see it: gatehouse quarantine show {number}"),
        ),
        // Nothing was kept of it, so nothing is promised.
        (Language::English, true) => (
            "A message was delivered, and you should know of it.",
            format!(
                "The gate keeps no copy of it. What became of it: gatehouse ledger list --number {number}\n\
                 You have it: gatehouse alert answer {number}"
            ),
        ),
        (Language::Welsh, false) => (
            "Ni chafodd neges ei danfon ac mae'n aros am benderfyniad.",
            format!("I'w gweld: gatehouse quarantine show {number}"),
        ),
        (Language::Welsh, true) => (
            "Cafodd neges ei danfon, a dylech wybod amdani.",
            format!(
                "Nid yw'r porth yn cadw copi ohoni. Beth ddigwyddodd iddi: gatehouse ledger list --number {number}\n\
                 Mae gennych hi: gatehouse alert answer {number}"
            ),
        ),
    };
    match language {
        Language::English => format!(
            "{opening}\n\nSchool: {school}\nTime: {}\nNumber: {number}\nCategory: {category}\n\n{see}\n\
             A machine has found this; what it means is for a person to say.\n",
            time::english(alert.at),
        ),
        Language::Welsh => format!(
            "{opening}\n\nYsgol: {school}\nAmser: {}\nRhif: {number}\nCategori: {category}\n\n{see}\n\
             Peiriant a ganfu hyn; mater i berson yw dweud beth mae'n ei olygu.\n",
            time::welsh(alert.at),
        ),
    }
}
