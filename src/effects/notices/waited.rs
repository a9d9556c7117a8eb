//! The notice to an office that messages in quarantine have waited too long (practice.md, B):
//! numbers and times, nothing else of any message.
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::{time, words::Language};
use chrono::{DateTime, Utc};

#[derive(Clone, Copy, Debug)]
pub struct Waited<'a> {
    pub school: &'a str,
    /// Number, and when it came.
    pub items: &'a [(&'a str, DateTime<Utc>)],
}

/// So many are named; the rest is counted.
const NAMED: usize = 50;

pub(super) fn text(language: Language, waited: &Waited<'_>, console: Option<&str>) -> String {
    let count = waited.items.len();
    let mut out = format!("{}\n\n", waited.school);
    out.push_str(&match (language, count) {
        (Language::English, 1) => {
            "One message in quarantine has waited longer than one school day for a decision:\n\n".to_owned()
        }
        (Language::English, n) => {
            format!("{n} messages in quarantine have waited longer than one school day for a decision:\n\n")
        }
        (Language::Welsh, 1) => {
            "Mae un neges mewn cwarantin wedi aros mwy nag un diwrnod ysgol am benderfyniad:\n\n".to_owned()
        }
        (Language::Welsh, n) => {
            format!("Mae {n} neges mewn cwarantin wedi aros mwy nag un diwrnod ysgol am benderfyniad:\n\n")
        }
    });
    for (number, since) in waited.items.iter().take(NAMED) {
        let since = match language {
            Language::English => time::english(*since),
            Language::Welsh => time::welsh(*since),
        };
        out.push_str(&format!("{number}  {since}\n"));
    }
    let more = count.saturating_sub(NAMED);
    if more > 0 {
        out.push_str(&match language {
            Language::English => format!("and {more} more\n"),
            Language::Welsh => format!("a {more} arall\n"),
        });
    }
    let place = console.map(|console| format!("{console}/queue?age=over-day"));
    let place = place.as_deref().unwrap_or("gatehouse quarantine list");
    out.push_str(&match language {
        Language::English => format!(
            "\nThey wait until somebody decides: nothing is sent or removed by itself.\n\
             To see them: {place}\n"
        ),
        Language::Welsh => format!(
            "\nMaent yn aros nes i rywun benderfynu: nid oes dim yn cael ei anfon na'i ddileu ohono'i hun.\n\
             I'w gweld: {place}\n"
        ),
    });
    out
}
