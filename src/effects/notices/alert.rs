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

/// Where to see it: in the console, whose address begins with `console`, or at the command line.
fn see(language: Language, alert: &Alert<'_>, console: Option<&str>) -> String {
    let number = alert.number;
    match (language, alert.delivered, console) {
        (Language::English, false, Some(console)) => {
            format!("To see it and decide:\n{console}/queue/{number}")
        }
        (Language::Welsh, false, Some(console)) => {
            format!("I'w gweld a phenderfynu:\n{console}/queue/{number}")
        }
        (Language::English, false, None) => format!("To see it: gatehouse quarantine show {number}"),
        (Language::Welsh, false, None) => format!("I'w gweld: gatehouse quarantine show {number}"),
        // Nothing was kept of it, so nothing is promised.
        (Language::English, true, Some(console)) => format!(
            "The gate keeps no copy of it. What became of it, and to say that you have it:\n\
             {console}/queue/told/{number}"
        ),
        (Language::Welsh, true, Some(console)) => format!(
            "Nid yw'r porth yn cadw copi ohoni. Beth ddigwyddodd iddi, ac i ddweud ei bod gennych:\n\
             {console}/queue/told/{number}"
        ),
        (Language::English, true, None) => format!(
            "The gate keeps no copy of it. What became of it: gatehouse ledger list --number {number}\n\
             You have it: gatehouse alert answer {number}"
        ),
        (Language::Welsh, true, None) => format!(
            "Nid yw'r porth yn cadw copi ohoni. Beth ddigwyddodd iddi: gatehouse ledger list --number {number}\n\
             Mae gennych hi: gatehouse alert answer {number}"
        ),
    }
}

pub(super) fn text(language: Language, alert: &Alert<'_>, console: Option<&str>) -> String {
    let Alert { school, number, category, .. } = alert;
    let see = see(language, alert, console);
    let opening = match (language, alert.delivered) {
        (Language::English, false) => "A message was not delivered and waits for a decision.",
        (Language::English, true) => "A message was delivered, and you should know of it.",
        (Language::Welsh, false) => "Ni chafodd neges ei danfon ac mae'n aros am benderfyniad.",
        (Language::Welsh, true) => "Cafodd neges ei danfon, a dylech wybod amdani.",
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
