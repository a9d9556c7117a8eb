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
        let hosts = match &canary.way {
            CanaryWay::Route(route) => route.submit.hosts.join(", "),
            CanaryWay::Notices => "the outbox".to_owned(),
        };
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
