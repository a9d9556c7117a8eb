//! The rules: for each act on each kind of thing, which offices may alone, which may begin
//! and need a second, and whether it is the owner's. In the order in which they are named
//! when another asks "who may instead".

use super::{
    grants::GrantKind,
    judge::Position,
    model::{Act, Gravity, Matter, Office, SenderMay, Step, Thing},
};
use Office::{Admin, Chair, DataProtection, Deputy, Governor, Head, Lead, Staff};

/// What the owner of a hold may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    No,
    Yes,
    /// Also whoever supervises the class or group account.
    Shared,
    /// The same, where policy lets a sender release.
    ByPolicy,
    /// A lead always, staff when they write to a listed agency (practice.md, A9).
    Emergency,
}

/// Who may do one act on one kind of thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) alone: &'static [Office],
    /// May begin; takes effect when one of `second`, another person, says the same.
    pub(super) first: &'static [Office],
    pub(super) second: &'static [Office],
    pub(super) own: Own,
}

const NOBODY: &[Office] = &[];
const LEADS: &[Office] = &[Lead, Deputy, Head];
const HEAD: &[Office] = &[Head];
const HEAD_DPO: &[Office] = &[Head, DataProtection];
const DPO_HEAD: &[Office] = &[DataProtection, Head];
const OFFICERS: &[Office] = &[Lead, Deputy, Head, DataProtection];
const COUNTERS: &[Office] = &[Lead, Deputy, Head, DataProtection, Admin];
const ALL_AT_WORK: &[Office] = &[Lead, Deputy, Head, DataProtection, Chair, Admin, Governor, Staff];
const GOVERNING: &[Office] = &[Head, DataProtection, Chair];

const fn alone(alone: &'static [Office]) -> Option<Rule> {
    Some(Rule { alone, first: NOBODY, second: NOBODY, own: Own::No })
}
const fn owned(own: Own, alone: &'static [Office]) -> Option<Rule> {
    Some(Rule { alone, first: NOBODY, second: NOBODY, own })
}
const fn both(first: &'static [Office], second: &'static [Office]) -> Option<Rule> {
    Some(Rule { alone: NOBODY, first, second, own: Own::No })
}
const fn or_both(
    alone: &'static [Office],
    first: &'static [Office],
    second: &'static [Office],
) -> Option<Rule> {
    Some(Rule { alone, first, second, own: Own::No })
}

/// Who reviews what is about this.
pub(super) fn reviewers(matter: Matter) -> &'static [Office] {
    match matter {
        Matter::Concern | Matter::Protected => LEADS,
        Matter::Allegation => HEAD,
        Matter::Misuse => HEAD_DPO,
    }
}

/// `None`: there is no such act on such a thing.
pub(super) fn rule(p: &Position, act: Act) -> Option<Rule> {
    match p.thing {
        Thing::Hold => hold(p, act),
        Thing::Quarantined => quarantined(p, act),
        Thing::Sealed => sealed(p, act),
        Thing::Record => record(act),
        Thing::Incident => incident(p, act),
        Thing::LowLevelConcern => low_level(act),
        Thing::Breach => breach(act),
        Thing::PersonHistory | Thing::LogEntry => history(p, act),
        Thing::LeadNote => lead_note(act),
        Thing::SubjectAccess => subject_access(act),
        Thing::Ledger | Thing::Outbox | Thing::Report => books(p.thing, act),
        Thing::Machine => machine(act),
        Thing::Rule | Thing::Directory | Thing::ObserveSwitch => settings(p.thing, act),
        Thing::Exception | Thing::Suspension | Thing::Key => permissions(p.thing, act),
        Thing::Grant => grant(p.grant, act),
    }
}

/// practice.md, A5: its sender's alone; officers see counts. What the sender may not release
/// goes by an exception of head or data protection officer, who do not read it either.
fn hold(p: &Position, act: Act) -> Option<Rule> {
    match act {
        Act::Count => owned(Own::Shared, COUNTERS),
        Act::List | Act::Particulars | Act::Withdraw => owned(Own::Shared, NOBODY),
        Act::Bytes => owned(Own::Yes, NOBODY),
        Act::Release | Act::ReleaseMarked if p.sender_may == SenderMay::OnlyWithdraw => {
            owned(Own::ByPolicy, DPO_HEAD)
        }
        Act::Release | Act::ReleaseMarked => owned(Own::ByPolicy, NOBODY),
        Act::SendNow => owned(Own::Emergency, NOBODY),
        Act::Return => owned(Own::Shared, DPO_HEAD),
        Act::LegalHold => alone(DPO_HEAD),
        Act::Purge => both(DPO_HEAD, DPO_HEAD),
        _ => None,
    }
}

fn quarantined(p: &Position, act: Act) -> Option<Rule> {
    let reviewers = reviewers(p.matter);
    match act {
        Act::Count | Act::List if may_be_counted(p.matter) => alone(COUNTERS),
        Act::Search => alone(reviewers),
        Act::Release if p.gravity == Gravity::Gravest => both(reviewers, seconds(p.matter)),
        Act::Count | Act::List if p.step == Step::ByAnother => alone(seconds(p.matter)),
        Act::Count
        | Act::List
        | Act::Particulars
        | Act::Bytes
        | Act::Release
        | Act::Return
        | Act::KeepAsEvidence
        | Act::Escalate
        | Act::JudgeAccused
        | Act::Seal
        | Act::Open
        | Act::Note
        | Act::Export => alone(reviewers),
        Act::HandOver if may_be_counted(p.matter) => alone(COUNTERS),
        Act::HandOver => alone(reviewers),
        Act::LegalHold if may_be_counted(p.matter) => alone(OFFICERS),
        Act::LegalHold => alone(reviewers),
        Act::Purge => purge(p.matter),
        _ => None,
    }
}

/// Whether officers and admin see that it is there.
fn may_be_counted(matter: Matter) -> bool {
    matches!(matter, Matter::Concern | Matter::Protected)
}

/// Who is the second where the first is a reviewer; sees that it is there once it is asked for.
fn seconds(matter: Matter) -> &'static [Office] {
    match matter {
        Matter::Concern | Matter::Protected => LEADS,
        Matter::Allegation => &[Chair, Head],
        Matter::Misuse => HEAD_DPO,
    }
}

fn purge(matter: Matter) -> Option<Rule> {
    match matter {
        Matter::Allegation => both(HEAD, seconds(matter)),
        Matter::Misuse => both(HEAD_DPO, HEAD_DPO),
        Matter::Concern | Matter::Protected => both(DPO_HEAD, &[DataProtection, Head, Lead]),
    }
}

/// practice.md, A3: hash, time and roles, for everyone; the police get it from two people.
fn sealed(p: &Position, act: Act) -> Option<Rule> {
    let reviewers = reviewers(p.matter);
    match act {
        Act::Count if may_be_counted(p.matter) => alone(COUNTERS),
        Act::List | Act::HandOver if may_be_counted(p.matter) => alone(OFFICERS),
        Act::Count | Act::List if p.step == Step::ByAnother => alone(seconds(p.matter)),
        Act::Count
        | Act::List
        | Act::HandOver
        | Act::JudgeAccused
        | Act::Escalate
        | Act::Open
        | Act::Note => alone(reviewers),
        Act::InstructPolice => both(reviewers, seconds(p.matter)),
        Act::Particulars
        | Act::Bytes
        | Act::Search
        | Act::Release
        | Act::Return
        | Act::KeepAsEvidence
        | Act::Export
        | Act::Purge => alone(NOBODY),
        _ => None,
    }
}

fn record(act: Act) -> Option<Rule> {
    match act {
        Act::Count | Act::Verify => alone(COUNTERS),
        Act::List | Act::Search | Act::Particulars | Act::Bytes | Act::Export => alone(OFFICERS),
        Act::LegalHold => alone(OFFICERS),
        // practice.md, B: a review before the purge of what is due; nothing else can be purged.
        Act::Purge => alone(DPO_HEAD),
        _ => None,
    }
}

fn incident(p: &Position, act: Act) -> Option<Rule> {
    let reviewers = reviewers(p.matter);
    match act {
        // Whoever meets something tells the named person (OF-7).
        Act::Open => alone(ALL_AT_WORK),
        Act::Count if may_be_counted(p.matter) => alone(COUNTERS),
        Act::Count | Act::List if p.step == Step::ByAnother => alone(seconds(p.matter)),
        Act::Close | Act::Dismiss if p.gravity == Gravity::Gravest => both(reviewers, seconds(p.matter)),
        Act::Count
        | Act::List
        | Act::Search
        | Act::Particulars
        | Act::Bytes
        | Act::Note
        | Act::Close
        | Act::Dismiss
        | Act::Escalate
        | Act::HandOver
        | Act::JudgeAccused
        | Act::LegalHold
        | Act::Export => alone(reviewers),
        Act::Purge => both(reviewers, seconds(p.matter)),
        _ => None,
    }
}

/// practice.md, A4: a separate log, the head's alone. Anyone at work may tell the head.
fn low_level(act: Act) -> Option<Rule> {
    match act {
        Act::Open => alone(ALL_AT_WORK),
        Act::Count
        | Act::List
        | Act::Search
        | Act::Particulars
        | Act::Bytes
        | Act::Note
        | Act::Close
        | Act::Dismiss
        | Act::Escalate
        | Act::JudgeAccused
        | Act::LegalHold
        | Act::Export
        | Act::Purge => alone(HEAD),
        _ => None,
    }
}

fn breach(act: Act) -> Option<Rule> {
    match act {
        Act::Open => alone(&[DataProtection, Head, Lead, Deputy]),
        Act::Count
        | Act::List
        | Act::Search
        | Act::Particulars
        | Act::Note
        | Act::Close
        | Act::HandOver
        | Act::JudgeAccused
        | Act::LegalHold
        | Act::Export => alone(DPO_HEAD),
        Act::Purge => both(DPO_HEAD, DPO_HEAD),
        _ => None,
    }
}

/// What was found about a person, and what passed.
fn history(p: &Position, act: Act) -> Option<Rule> {
    let log = p.thing == Thing::LogEntry && may_be_counted(p.matter);
    match act {
        Act::Count | Act::List if log => alone(COUNTERS),
        Act::Search | Act::Particulars if log => alone(OFFICERS),
        Act::Count | Act::List if p.step == Step::ByAnother => alone(seconds(p.matter)),
        Act::Count | Act::List | Act::Search | Act::Particulars => alone(reviewers(p.matter)),
        Act::Export if p.thing == Thing::PersonHistory => alone(reviewers(p.matter)),
        Act::LegalHold if p.thing == Thing::PersonHistory => alone(reviewers(p.matter)),
        Act::Purge if log => purge(p.matter),
        Act::Purge => both(reviewers(p.matter), seconds(p.matter)),
        _ => None,
    }
}

/// practice.md, A12: for whoever decides on what a child writes, and for nobody above them.
fn lead_note(act: Act) -> Option<Rule> {
    match act {
        Act::List | Act::Particulars | Act::Open | Act::Close => alone(&[Lead, Deputy]),
        _ => None,
    }
}

/// PD-12: lead and data protection officer both review; `State::Decided` says that they have.
fn subject_access(act: Act) -> Option<Rule> {
    match act {
        Act::Open | Act::Close | Act::Export => alone(DPO_HEAD),
        Act::Count | Act::List | Act::Particulars => alone(&[DataProtection, Head, Lead, Deputy]),
        Act::Review => alone(&[DataProtection, Lead, Deputy]),
        _ => None,
    }
}

fn books(thing: Thing, act: Act) -> Option<Rule> {
    match (thing, act) {
        (Thing::Ledger, Act::Verify | Act::Count) => alone(ALL_AT_WORK),
        (Thing::Ledger, Act::List) => alone(&[DataProtection, Head, Lead, Deputy, Chair, Governor, Admin]),
        (Thing::Ledger, Act::Search) => alone(OFFICERS),
        (Thing::Ledger, Act::Export) => alone(&[DataProtection, Head, Admin]),
        (Thing::Outbox, Act::Count | Act::List) => alone(COUNTERS),
        (Thing::Report, Act::List | Act::Particulars | Act::Export) => {
            alone(&[Head, Lead, Deputy, DataProtection, Chair, Governor, Admin])
        }
        _ => None,
    }
}

/// Whoever runs the gate cares for it; nothing of this opens a message. A backup is as unreadable
/// as the store.
fn machine(act: Act) -> Option<Rule> {
    match act {
        Act::List | Act::Verify => alone(&[Admin, Head, DataProtection, Lead, Deputy]),
        Act::Export => alone(&[Admin, Head, DataProtection]),
        Act::Change => alone(&[Admin]),
        _ => None,
    }
}

fn settings(thing: Thing, act: Act) -> Option<Rule> {
    match (thing, act) {
        (_, Act::List | Act::Count) => alone(ALL_AT_WORK),
        (Thing::Rule, Act::Change) => or_both(&[Head, Lead], &[Admin, Deputy], &[Head, Lead]),
        (Thing::Rule, Act::Approve) => both(NOBODY, &[Head, Lead]),
        (Thing::Directory, Act::Change) => alone(&[Admin, Head, DataProtection]),
        // practice.md, C: within a minute, by one signature.
        (Thing::ObserveSwitch, Act::SwitchToObserve) => alone(COUNTERS),
        // practice.md, B: head and lead sign each step; the lead asks.
        (Thing::ObserveSwitch, Act::SwitchToEnforce) => both(&[Lead, Deputy, Admin], HEAD),
        (Thing::ObserveSwitch, Act::Approve) => both(NOBODY, HEAD),
        _ => None,
    }
}

/// A key or an exception needs head or data protection officer.
fn permissions(thing: Thing, act: Act) -> Option<Rule> {
    match (thing, act) {
        (Thing::Key, Act::List) => alone(&[Admin, Head, DataProtection]),
        (_, Act::List) => alone(&[Lead, Deputy, Head, DataProtection, Chair, Governor, Admin]),
        // Whom it is about, and why.
        (Thing::Exception | Thing::Suspension, Act::Particulars) => alone(OFFICERS),
        (Thing::Exception, Act::Grant) => or_both(HEAD_DPO, &[Staff, Lead, Deputy, Admin], HEAD_DPO),
        (Thing::Exception, Act::Approve) => both(NOBODY, HEAD_DPO),
        (Thing::Exception, Act::Revoke) => alone(&[Head, DataProtection, Lead, Deputy, Admin]),
        (Thing::Suspension, Act::Grant) => or_both(&[Head, Lead], &[Deputy, Admin], &[Head, Lead]),
        (Thing::Suspension, Act::Approve) => both(NOBODY, &[Head, Lead]),
        (Thing::Suspension, Act::Revoke) => alone(&[Head, Lead, Deputy]),
        (Thing::Key, Act::Grant) => or_both(HEAD_DPO, &[Admin, Lead], HEAD_DPO),
        (Thing::Key, Act::Approve) => both(NOBODY, HEAD_DPO),
        // What is written out is encrypted to those who hold it.
        (Thing::Key, Act::Revoke | Act::Change | Act::Export) => alone(&[Head, DataProtection, Admin]),
        _ => None,
    }
}

fn grant(kind: GrantKind, act: Act) -> Option<Rule> {
    match (act, kind) {
        (Act::List, _) => alone(&[Admin, Head, DataProtection, Chair, Lead]),
        (Act::Grant, GrantKind::Plain) => alone(&[Admin, Head, DataProtection]),
        (Act::Grant, GrantKind::Reading) => or_both(HEAD_DPO, &[Admin, Lead], HEAD_DPO),
        (Act::Grant, GrantKind::Governing) => both(&[Head, DataProtection, Chair, Admin], GOVERNING),
        (Act::Approve, GrantKind::Plain | GrantKind::Reading) => both(NOBODY, HEAD_DPO),
        (Act::Approve, GrantKind::Governing) => both(NOBODY, GOVERNING),
        (Act::Revoke, GrantKind::Plain | GrantKind::Reading) => alone(&[Head, DataProtection, Admin]),
        (Act::Revoke, GrantKind::Governing) => both(&[Head, DataProtection, Chair, Admin], GOVERNING),
        _ => None,
    }
}
