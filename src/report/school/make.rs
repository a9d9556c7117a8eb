//! From what was counted to what the report says.

use super::{Part, Report, beside, counted};
use crate::{
    mail::Mode,
    parties::Month,
    report::Coverage,
    storage::{Switch, Tally},
};
use chrono::{DateTime, NaiveDate, Utc};

/// What the report is about, as its days are called.
#[derive(Clone, Debug)]
pub struct Period {
    /// `October 2026`, `the autumn term 2026 (September to December)`
    pub called: String,
    /// The same of the period that it is compared with.
    pub before: Option<String>,
    pub stands: Stands,
}

/// Counts of a time that is under way would tell, from one day to the next, what happened on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Over, and counted for good on that day.
    Counted(NaiveDate),
    UnderWay {
        /// The months of a term that are over.
        counted: Vec<Month>,
        /// The first day on which there is more to tell.
        more: NaiveDate,
    },
}

impl Stands {
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Counted(_))
    }
}

/// Everything the report is made from.
pub struct Facts<'a> {
    pub school: &'a str,
    pub mode: Mode,
    pub period: Period,
    pub made_on: NaiveDate,
    /// Of each month that is over.
    pub now: &'a [Tally],
    pub before: Option<&'a [Tally]>,
    /// Rules and settings that changed in the period, up to now: when, which, how.
    pub changes: &'a [(DateTime<Utc>, String, String)],
    pub coverage: &'a [Coverage],
    /// Switches back to observe that lay in the period.
    pub switches: &'a [Switch],
    /// Ways of the mail that a probe has proved, and those it has not.
    pub proved: &'a [String],
    pub not_proved: &'a [String],
}

/// The whole report.
pub fn report(facts: &Facts<'_>) -> Report {
    let mut parts: Vec<Part> = counted::parts(facts);
    parts.extend([
        beside::observing(facts),
        beside::changes(facts),
        beside::coverage(facts),
        beside::routes(facts),
    ]);
    Report { title: title(facts), mark: mark(facts), parts }
}

fn title(facts: &Facts<'_>) -> String {
    format!("Mail at {}: {}", facts.school, facts.period.called)
}

fn mark(facts: &Facts<'_>) -> String {
    let day = |day: NaiveDate| day.format("%-d %B %Y").to_string();
    let before = facts.period.before.as_ref().map_or_else(String::new, |b| format!(" Compared with {b}."));
    let stands = match &facts.period.stands {
        Stands::Counted(on) => {
            format!("Counted once, on {}: what was decided or purged since changes nothing.", day(*on))
        }
        Stands::UnderWay { counted, more } => {
            let comes = match &counted[..] {
                [] => format!("Under way: the first counts come on {}.", day(*more)),
                counted => {
                    let names: Vec<String> = counted.iter().map(|month| month.called()).collect();
                    format!("Under way; counted so far: {}. More comes on {}.", names.join(", "), day(*more))
                }
            };
            format!("{comes} Counts that grow from day to day would tell what happened on one of them.")
        }
    };
    format!(
        "Gatehouse {}, made on {}. {stands}{before} Counts only: none under five is shown, nor one that would tell it \
         (\"withheld\", or \"20 or more\" where a month may not be told). Allegations against staff, low-level concerns \
         and sealed items are in none of the numbers. What the gate finds is not what happened: a finding is no incident.",
        env!("CARGO_PKG_VERSION"),
        day(facts.made_on)
    )
}
