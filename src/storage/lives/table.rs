//! The one table of all lives. Pure: what is asked of it, the store enforces, the command line
//! says and docs/lives.md shows. Which person of an office may act is `authority`'s answer.

use crate::storage::{
    cannot::Cannot,
    items::{ItemKind, ItemState},
};
use std::fmt;

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What can be done with what waits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act { $($(#[$doc])* $variant),+ }
        impl Act {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }
        }
    };
}

acts! {
    /// The next hop has taken the rest of the message: it counts.
    Confirm = "confirm",
    /// The next hop has refused the message.
    Drop = "drop",
    /// The grace period is over.
    Leave = "leave",
    /// A next hop has taken it for somebody at least.
    Arrive = "arrive",
    /// Every recipient was refused, or five days went by.
    Fail = "fail",
    /// The scanner has found something in what was about to leave.
    Recall = "recall",
    Expire = "expire",
    Purge = "purge",
    Release = "release",
    ReleaseMarked = "release marked",
    /// "Child at risk" (practice.md, A9): at once, and reviewed afterwards.
    SendNow = "send now",
    Return = "return",
    Withdraw = "withdraw",
    KeepAsEvidence = "keep",
    Escalate = "escalate",
    /// To another office, unread (practice.md, A4).
    HandOn = "hand over unread",
    Reopen = "reopen",
    Seal = "seal",
    /// The still encrypted object, on a recorded instruction of two people (practice.md, A3).
    HandToPolice = "hand to the police",
}

/// By whose hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hand {
    /// The gate itself, by rule or time.
    Gate,
    /// The proved sender of this very message, as far as policy lets senders decide.
    Sender,
    /// Somebody of the office with which it lies.
    Office,
    /// Two different people, one after the other.
    TwoPeople,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub act: Act,
    pub kinds: &'static [ItemKind],
    pub from: &'static [ItemState],
    /// `None`: it stays in its state.
    pub to: Option<ItemState>,
    pub by: &'static [Hand],
}

/// Why an act is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The reply for the message is not known yet.
    StillProvisional,
    /// There is nothing any more.
    Gone,
    /// Somebody was quicker.
    Decided,
    Never(Cannot),
}

use Act::*;
use Hand::{Gate, Office, Sender, TwoPeople};
use ItemKind::{Grace, Hold, Quarantine};
use ItemState as S;

const ALL: &[ItemKind] = &ItemKind::ALL;
const WAITING: &[ItemState] = &[S::Open, S::Escalated];

const fn line(
    act: Act,
    kinds: &'static [ItemKind],
    from: &'static [ItemState],
    to: ItemState,
    by: &'static [Hand],
) -> Step {
    Step { act, kinds, from, to: Some(to), by }
}

/// Everything that can happen; what is not here cannot.
pub const STEPS: &[Step] = &[
    line(Confirm, ALL, &[S::Provisional], S::Open, &[Gate]),
    line(Drop, ALL, &[S::Provisional], S::Dropped, &[Gate]),
    line(Release, &[Hold, Grace], &[S::Open], S::Releasing, &[Sender, Office]),
    line(ReleaseMarked, &[Hold], &[S::Open], S::Releasing, &[Sender, Office]),
    line(Withdraw, &[Hold, Grace], &[S::Open], S::Withdrawn, &[Sender, Office]),
    line(Return, &[Hold], &[S::Open], S::Returned, &[Office]),
    line(Expire, &[Hold], &[S::Open], S::Expired, &[Gate]),
    line(Leave, &[Grace], &[S::Open], S::Releasing, &[Gate]),
    line(Release, &[Quarantine], WAITING, S::Releasing, &[Office]),
    line(Return, &[Quarantine], WAITING, S::Returned, &[Office]),
    line(KeepAsEvidence, &[Quarantine], WAITING, S::KeptAsEvidence, &[Office]),
    line(Escalate, &[Quarantine], WAITING, S::Escalated, &[Office]),
    Step {
        act: HandOn,
        kinds: &[Quarantine],
        from: &[S::Open, S::Escalated, S::KeptAsEvidence],
        to: None,
        by: &[Office],
    },
    // Nothing has left, nobody was told, the bytes are there: safe. From every other end
    // somebody has the message or was told that it did not go, and may have sent it again.
    line(Reopen, &[Quarantine], &[S::KeptAsEvidence], S::Open, &[Office]),
    line(SendNow, &[Hold, Grace], &[S::Open], S::Releasing, &[Office]),
    line(Arrive, ALL, &[S::Releasing], S::Released, &[Gate]),
    line(Fail, ALL, &[S::Releasing], S::Undeliverable, &[Gate]),
    line(Recall, ALL, &[S::Releasing], S::Open, &[Gate]),
    line(
        Seal,
        ALL,
        &[
            S::Open,
            S::Escalated,
            S::Releasing,
            S::Released,
            S::Undeliverable,
            S::Withdrawn,
            S::Returned,
            S::Expired,
            S::KeptAsEvidence,
        ],
        S::Sealed,
        &[Gate, Office],
    ),
    line(HandToPolice, ALL, &[S::Sealed, S::HandedToPolice], S::HandedToPolice, &[TwoPeople]),
    line(
        Purge,
        ALL,
        &[
            S::Released,
            S::Undeliverable,
            S::Withdrawn,
            S::Returned,
            S::Expired,
            S::KeptAsEvidence,
            S::Dropped,
        ],
        S::Purged,
        &[Gate],
    ),
    line(Purge, ALL, &[S::HandedToPolice], S::Purged, &[TwoPeople]),
];

/// The line for this act on an item of this kind in this state.
pub fn step(kind: ItemKind, state: ItemState, act: Act) -> Result<&'static Step, Refusal> {
    let of_act = || STEPS.iter().filter(|s| s.act == act && s.kinds.contains(&kind));
    if let Some(step) = of_act().find(|s| s.from.contains(&state)) {
        return Ok(step);
    }
    Err(match state {
        S::Provisional => Refusal::StillProvisional,
        S::Dropped | S::Purged => Refusal::Gone,
        S::Sealed | S::HandedToPolice => Refusal::Never(Cannot::LeaveSeal),
        _ if of_act().next().is_none() => Refusal::Never(never(kind, act)),
        S::Open | S::Escalated => Refusal::Never(not_while_waiting(act)),
        _ => Refusal::Decided,
    })
}

/// Why an act has no place in the life of this kind.
fn never(kind: ItemKind, act: Act) -> Cannot {
    match (kind, act) {
        (Quarantine, Withdraw) => Cannot::WithdrawQuarantine,
        (Quarantine, Expire) => Cannot::ExpireQuarantine,
        (Quarantine, ReleaseMarked) => Cannot::BeMarked,
        (Quarantine, SendNow) => Cannot::SendNowQuarantine,
        (Hold, KeepAsEvidence) => Cannot::KeepHold,
        (Hold, Escalate | HandOn) => Cannot::MoveHold,
        (Grace, Expire | Return | KeepAsEvidence | Escalate | HandOn | ReleaseMarked) => {
            Cannot::DecideDelayed
        }
        (_, Reopen) => Cannot::ReopenOther,
        _ => Cannot::BeOfItsLife,
    }
}

fn not_while_waiting(act: Act) -> Cannot {
    match act {
        Reopen => Cannot::ReopenOpen,
        HandToPolice => Cannot::HandUnsealed,
        Purge => Cannot::PurgeWaiting,
        _ => Cannot::WhileWaiting,
    }
}

impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Gate => "gate",
            Sender => "sender",
            Office => "office",
            TwoPeople => "two people",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page for leads and admins is this table.
    #[test]
    fn the_page_shows_the_table() {
        let names = |all: Vec<String>| all.join(", ");
        let row = |s: &Step| {
            let kinds = match s.kinds.len() {
                3 => "any".to_owned(),
                _ => names(s.kinds.iter().map(|k| k.name().to_owned()).collect()),
            };
            format!(
                "| {} | {} | {} | {} | {} |",
                kinds,
                names(s.from.iter().map(|f| f.name().to_owned()).collect()),
                s.act.name(),
                s.to.map_or("(the same)", ItemState::name),
                names(s.by.iter().map(ToString::to_string).collect()),
            )
        };
        let table: String = STEPS.iter().map(|s| row(s) + "\n").collect();
        let page = include_str!("../../../docs/lives.md");
        assert!(page.contains(&table), "docs/lives.md must have these lines:\n{table}");
    }

    /// Every kind, state and act: at most one line, and the promises that no line may break.
    #[test]
    fn no_state_is_skipped_and_no_promise_is_broken() {
        for kind in ItemKind::ALL {
            for state in ItemState::ALL {
                for act in Act::ALL.iter().copied() {
                    let lines: Vec<_> = STEPS
                        .iter()
                        .filter(|s| s.act == act && s.kinds.contains(&kind) && s.from.contains(&state))
                        .collect();
                    assert!(lines.len() <= 1, "{kind:?} {state:?} {act:?}");
                    assert_eq!(step(kind, state, act).is_ok(), lines.len() == 1);
                    let Some(step) = lines.first() else { continue };
                    let (to, place) = (step.to.unwrap_or(state), format!("{kind:?} {state:?} {act:?}"));
                    // Before it counts, only the next hop's answer moves it; from its end, nothing.
                    assert!(state != S::Provisional || step.by == [Gate], "{place}");
                    assert_ne!(state, S::Purged, "{place}");
                    assert!(state != S::Dropped || to == S::Purged, "{place}");
                    // Nothing is let go but through `Releasing`, and nothing quarantined by itself.
                    assert!(to != S::Released || state == S::Releasing, "{place}");
                    let leaves = to == S::Releasing;
                    assert!(!(leaves && kind != Grace && step.by.contains(&Gate)), "{place}");
                    assert!(!(kind == Quarantine && step.by.contains(&Sender)), "{place}");
                    // Sealed: two people, and nowhere but to the police and after that away.
                    if matches!(state, S::Sealed | S::HandedToPolice) {
                        assert!(
                            step.by == [TwoPeople] && matches!(to, S::HandedToPolice | S::Purged),
                            "{place}"
                        );
                    }
                    assert!(
                        to != S::Purged || !matches!(state, S::Open | S::Escalated | S::Sealed),
                        "{place}"
                    );
                    // What was told to somebody is never undone.
                    if matches!(
                        state,
                        S::Released | S::Withdrawn | S::Returned | S::Expired | S::Undeliverable
                    ) {
                        assert!(matches!(to, S::Sealed | S::Purged), "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_what_waits_can_be_ended() {
        for state in ItemState::ALL.into_iter().filter(|s| *s != S::Provisional) {
            assert!(STEPS.iter().any(|s| s.to == Some(state)), "{state:?}");
        }
        for kind in ItemKind::ALL {
            let ends: Vec<_> = Act::ALL.iter().copied().filter(|a| step(kind, S::Open, *a).is_ok()).collect();
            assert!(ends.contains(&Release) && ends.contains(&Seal), "{kind:?}: {ends:?}");
        }
    }
}
