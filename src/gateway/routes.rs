//! How each way of the mail stands: proved, not yet, or failing. Pure: the same answer for
//! `doctor`, the metrics, the coverage page and the alarm.

use crate::{
    config::{CanaryConfig, CanaryWay},
    storage::{CanaryState, Probe},
};
use chrono::{DateTime, TimeDelta, Utc};

/// A way is proved once in so long.
const DAY: TimeDelta = TimeDelta::hours(24);
/// What a day may be late by: the next turn comes within a minute, a restart takes a few.
const SLACK: TimeDelta = TimeDelta::hours(1);
/// A host that did not take the probe is asked again after this.
const HOST_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// While it fails, a new probe sees whether it works again.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// Whether a way of the mail is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No probe was ever sent.
    Never,
    /// The first is on its way.
    Waiting,
    Proved {
        at: DateTime<Utc>,
    },
    Failing {
        since: DateTime<Utc>,
        why: Why,
    },
}

/// Why it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No probe was made for more than a day.
    NotSent,
    HostAway,
    HostRefuses(u16),
    /// It left, and did not pass the gate.
    NotSeen,
    /// It passed the gate, and the next hop refused it.
    RefusedOnward(u16),
    NotReturned,
    /// It waits in the outbox, or was refused from there.
    NotDelivered,
}

impl Why {
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::HostAway => "host-away",
            Self::HostRefuses(_) => "host-refuses",
            Self::NotSeen => "not-seen",
            Self::RefusedOnward(_) => "refused-onward",
            Self::NotReturned => "not-returned",
            Self::NotDelivered => "not-delivered",
        }
    }

    /// For whoever runs the machine: what is wrong and where to look.
    pub fn sentence(self, canary: &CanaryConfig) -> String {
        let hosts = hosts(canary);
        match self {
            Self::NotSent => "No probe was sent for more than a day: is `gatehouse serve` running?".to_owned(),
            Self::HostAway => format!("Nobody answers at {hosts}, where mail of this way begins."),
            Self::HostRefuses(code) => {
                format!("{hosts} refuses the probe with {code}: let it take mail of this way from the gate.")
            }
            Self::NotSeen => format!(
                "{hosts} took the probe, and it did not pass the gate: mail may go by another way, unseen.\n\
                 Look for it in that host's log and queue."
            ),
            Self::RefusedOnward(code) => {
                format!("It passed the gate, and the next hop refused it with {code}: does `to` exist?")
            }
            Self::NotReturned => {
                "It passed the gate, and did not come back: does the mailbox `to` still send it back to `from`?"
                    .to_owned()
            }
            Self::NotDelivered => {
                "No next hop took it: notices of the gate do not leave. `gatehouse outbox list` shows more."
                    .to_owned()
            }
        }
    }
}

/// Where mail of this way begins.
pub fn hosts(canary: &CanaryConfig) -> String {
    match &canary.way {
        CanaryWay::Route(route) => route.submit.hosts.join(", "),
        CanaryWay::Notices => "the outbox".to_owned(),
    }
}

/// How a way stands now.
pub fn standing(canary: &CanaryConfig, state: &CanaryState, now: DateTime<Utc>) -> Standing {
    let Some(last) = &state.last else { return Standing::Never };
    let proved = state.proved.and_then(|probe| Some((probe.made_at, probe.proved_at?)));
    match (state.unproved_since, proved) {
        (Some(since), _) if now - since > canary.within => {
            Standing::Failing { since, why: why(canary, last) }
        }
        (None, Some((made_at, _))) if now - made_at > DAY + SLACK => {
            Standing::Failing { since: made_at + DAY, why: Why::NotSent }
        }
        (_, Some((_, at))) => Standing::Proved { at },
        (_, None) => Standing::Waiting,
    }
}

/// Whether a probe is to be sent now: once a day, and sooner where it does not work.
pub(super) fn is_due(canary: &CanaryConfig, state: &CanaryState, now: DateTime<Utc>) -> bool {
    let Some(last) = &state.last else { return true };
    let age = now - last.made_at;
    let fails = matches!(standing(canary, state, now), Standing::Failing { .. });
    match last.proved_at {
        Some(_) => age >= DAY,
        None if fails => age >= AGAIN.max(canary.within),
        None if last.code.is_some() => age >= HOST_AGAIN,
        None => age >= DAY,
    }
}

fn why(canary: &CanaryConfig, last: &Probe) -> Why {
    let delivered = matches!(canary.way, CanaryWay::Notices);
    match (last.code, last.onward_code) {
        _ if delivered => Why::NotDelivered,
        (Some(0), _) => Why::HostAway,
        (Some(code), _) => Why::HostRefuses(code),
        (None, Some(code)) if code >= 500 => Why::RefusedOnward(code),
        (None, _) if last.seen_at.is_some() => Why::NotReturned,
        (None, _) => Why::NotSeen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::canary_sample, parties::Direction};

    const MADE: &str = "2026-11-25T06:30:00Z";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn way() -> CanaryConfig {
        canary_sample("a", Direction::Inbound, "c@elsewhere.example", "c@oakfield.example")
    }

    /// Sent, and nothing more is known of it.
    fn sent(made_at: DateTime<Utc>) -> Probe {
        Probe {
            made_at,
            sent_at: Some(made_at),
            code: None,
            seen_at: None,
            changed: false,
            onward_code: None,
            returned_at: None,
            proved_at: None,
        }
    }

    fn proved(made_at: DateTime<Utc>) -> CanaryState {
        let probe = Probe { seen_at: Some(made_at), proved_at: Some(made_at), ..sent(made_at) };
        CanaryState { last: Some(probe), proved: Some(probe), unproved_since: None }
    }

    fn open(probe: Probe, before: Option<Probe>) -> CanaryState {
        CanaryState { last: Some(probe), proved: before, unproved_since: Some(probe.made_at) }
    }

    #[test]
    fn a_way_is_proved_for_a_day_and_fails_when_its_time_is_over() {
        let (way, made) = (way(), at(MADE));
        let after = |state: &CanaryState, minutes| standing(&way, state, made + TimeDelta::minutes(minutes));
        assert_eq!(after(&CanaryState::default(), 0), Standing::Never);
        let first = open(sent(made), None);
        assert_eq!(after(&first, 15), Standing::Waiting);
        let failing = Standing::Failing { since: made, why: Why::NotSeen };
        assert_eq!(after(&first, 16), failing);
        let well = proved(made);
        assert_eq!(after(&well, 24 * 60 + 59), Standing::Proved { at: made });
        let late = Standing::Failing { since: made + DAY, why: Why::NotSent };
        assert_eq!(after(&well, 25 * 60 + 1), late, "no gate was running");
        // The next one is on its way: what was proved is proved until its time is over.
        let next = open(sent(made + DAY), well.proved);
        assert_eq!(after(&next, 24 * 60 + 15), Standing::Proved { at: made });
        assert!(matches!(after(&next, 24 * 60 + 16), Standing::Failing { .. }));
    }

    #[test]
    fn the_reason_is_the_last_thing_that_is_known() {
        let (way, made) = (way(), at(MADE));
        let why = |change: fn(&mut Probe)| {
            let mut probe = sent(made);
            change(&mut probe);
            match standing(&way, &open(probe, None), made + TimeDelta::hours(1)) {
                Standing::Failing { why, .. } => why,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(why(|p| p.code = Some(0)), Why::HostAway);
        assert_eq!(why(|p| p.code = Some(554)), Why::HostRefuses(554));
        assert_eq!(why(|p| (p.seen_at, p.onward_code) = (p.sent_at, Some(550))), Why::RefusedOnward(550));
        assert_eq!(why(|p| (p.seen_at, p.onward_code) = (p.sent_at, Some(250))), Why::NotReturned);
        let notices = CanaryConfig { way: CanaryWay::Notices, ..way.clone() };
        let stands = standing(&notices, &open(sent(made), None), made + TimeDelta::hours(1));
        assert_eq!(stands, Standing::Failing { since: made, why: Why::NotDelivered });
    }

    #[test]
    fn one_is_sent_a_day_and_sooner_where_it_does_not_work() {
        let (way, made) = (way(), at(MADE));
        let due = |state: &CanaryState, minutes| is_due(&way, state, made + TimeDelta::minutes(minutes));
        assert!(due(&CanaryState::default(), 0));
        assert!(!due(&proved(made), 24 * 60 - 1) && due(&proved(made), 24 * 60));
        let lost = open(sent(made), None);
        assert!(!due(&lost, 59) && due(&lost, 60), "every hour while it fails");
        let away = open(Probe { sent_at: None, code: Some(0), ..sent(made) }, None);
        assert!(!due(&away, 4) && due(&away, 5), "a host that restarts is no alarm");
    }
}
