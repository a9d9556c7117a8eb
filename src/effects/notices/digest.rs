//! The digest for an officer (practice.md, B and C): numbers and categories, no word of any
//! message, no name.
//!
//! The Welsh text is to be reviewed by a Welsh speaker.

use super::{time, words::Language};
use crate::ruleset::Category;
use chrono::{DateTime, Utc};

/// One message that waits for the officer.
#[derive(Clone, Copy, Debug)]
pub struct DigestLine<'a> {
    pub number: &'a str,
    pub category: Category,
    pub received_at: DateTime<Utc>,
    /// It went its way; there is nothing to decide.
    pub delivered: bool,
}

#[derive(Clone, Debug)]
pub struct Digest<'a> {
    pub school: &'a str,
    pub lines: &'a [DigestLine<'a>],
    /// Over the budget: how many of each category.
    pub grouped: &'a [(Category, u64)],
    /// Rules that are only logged for the rest of the day.
    pub stepped_down: &'a [String],
}

pub(super) fn subject(language: Language, one: bool) -> &'static str {
    match (language, one) {
        (Language::English, true) => "A message is waiting for you",
        (Language::English, false) => "Messages are waiting for you",
        (Language::Welsh, true) => "Mae neges yn aros amdanoch",
        (Language::Welsh, false) => "Mae negeseuon yn aros amdanoch",
    }
}

fn moment(language: Language, at: DateTime<Utc>) -> String {
    match language {
        Language::English => time::english(at),
        Language::Welsh => time::welsh(at),
    }
}

pub(super) fn text(language: Language, digest: &Digest<'_>, console: Option<&str>) -> String {
    let mut out = format!("{}\n\n", digest.school);
    for line in digest.lines {
        let state = match (language, line.delivered) {
            (Language::English, true) => "delivered",
            (Language::English, false) => "waiting",
            (Language::Welsh, true) => "wedi'i dosbarthu",
            (Language::Welsh, false) => "yn aros",
        };
        out.push_str(&format!(
            "{}  {}  {}  ({state})\n",
            line.number,
            line.category,
            moment(language, line.received_at)
        ));
    }
    for (category, count) in digest.grouped {
        out.push_str(&match language {
            Language::English => format!("and {count} more: {category}\n"),
            Language::Welsh => format!("a {count} arall: {category}\n"),
        });
    }
    for rule in digest.stepped_down {
        out.push_str(&match language {
            Language::English => format!(
                "\nThe rule {rule} told more than was agreed for one day. Until tomorrow it is only logged.\n"
            ),
            Language::Welsh => format!(
                "\nDywedodd y rheol {rule} fwy nag a gytunwyd ar gyfer un diwrnod. Tan yfory dim ond ei chofnodi a wneir.\n"
            ),
        });
    }
    // What has gone its way is not in the queue, but among what was told.
    let only_delivered = !digest.lines.is_empty() && digest.lines.iter().all(|line| line.delivered);
    let place = if only_delivered { "queue/told" } else { "queue" };
    out.push_str(&match (language, console) {
        (Language::English, Some(console)) => format!("\nTo see them and decide:\n{console}/{place}\n"),
        (Language::Welsh, Some(console)) => format!("\nI'w gweld a phenderfynu:\n{console}/{place}\n"),
        (Language::English, None) => "\nDecide at the gate, by these numbers.\n".to_owned(),
        (Language::Welsh, None) => "\nPenderfynwch wrth y porth, yn \u{f4}l y rhifau hyn.\n".to_owned(),
    });
    out
}
