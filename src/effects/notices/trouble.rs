//! To whoever runs the machine: something of the gate does not work, or works again. In English,
//! as all that is said to the operator; names of the configuration, no address.

use super::time;
use chrono::{DateTime, Utc};

#[derive(Clone, Copy, Debug)]
pub struct Trouble<'a> {
    /// `anchor/county`, `canary/inbound`.
    pub name: &'a str,
    /// `None`: it works again.
    pub failing_since: Option<DateTime<Utc>>,
    /// What is wrong, and what to do.
    pub says: &'a str,
}

pub(super) fn subject(trouble: &Trouble<'_>) -> &'static str {
    match trouble.failing_since {
        Some(_) => "The mail gate needs you",
        None => "The mail gate: it works again",
    }
}

pub(super) fn text(trouble: &Trouble<'_>) -> String {
    let Trouble { name, failing_since, says } = trouble;
    match failing_since {
        Some(since) => {
            format!("{name} fails since {}.\n\n{says}\n\ngatehouse doctor\n", time::english(*since))
        }
        None => format!("{name} works again.\n\n{says}\n"),
    }
}
