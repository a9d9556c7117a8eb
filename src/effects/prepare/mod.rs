//! From verdict to effects as data: which recipients pass, with which edits, what is
//! kept for whom, what is written to whom. Nothing is done here. A recipient whose
//! school observes passes untouched, whatever the verdict says.

mod concerned;
mod edits;
mod grace;
mod hostile;
mod items;
mod pause;
mod propose;
mod records;
mod tell;
mod thread;
mod unread;

pub use unread::keep_unread;

use super::{Addressee, Disclaimers, Notices, Occasion, Signers, Withheld};
use crate::{
    detection::Finding,
    extraction::Extract,
    mail::{Carried, Edits, Facts, Mode, Reply, SchoolId, Transaction},
    message::Message,
    parties::{Directory, Parties, School},
    policy::{NOT_SCANNED, always_stops},
    storage::{
        Carrying, Concerned, Hostile, IncidentId, ItemId, LedgerEvent, NewAlert, NewItem, NewOutbox,
        NewProposal, NewRecord, Searchable, Token,
    },
    verdict::{Disposition, Group, Reason, Verdict},
};
use std::sync::Arc;

/// One message and what was decided about it.
#[derive(Clone, Copy)]
pub struct Matter<'a> {
    pub transaction: &'a Transaction,
    pub facts: &'a Facts,
    pub message: &'a Message<'a>,
    pub extract: &'a Extract<'a>,
    pub parties: &'a Parties,
    pub findings: &'a [Finding],
    /// What it carries for the rest of its conversation.
    pub carried: &'a [Carried],
    pub verdict: &'a Verdict,
}

/// What preparing needs besides.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    pub schools: &'a [Arc<School>],
    pub directory: &'a Directory,
    pub disclaimers: &'a Disclaimers,
    pub signers: &'a Signers,
    pub notices: &'a Notices,
    /// For mail of no school.
    pub default_mode: Mode,
    /// Schools that only observe for a while, by a switch.
    pub observing: &'a [SchoolId],
    /// Next hop for what leaves by the outbox; `None`: by domain.
    pub own_hop: Option<&'a str>,
    pub item_id: &'a dyn Fn() -> ItemId,
    pub token: &'a dyn Fn() -> Token,
    pub incident_id: &'a dyn Fn() -> IncidentId,
    pub may_write: &'a dyn Fn(Occasion, &Addressee<'_>) -> Result<(), Withheld>,
}

/// The effects as data.
#[derive(Default)]
pub struct Prepared {
    /// Indexes of the recipients that pass now.
    pub passing: Vec<usize>,
    pub edits: Edits,
    pub items: Vec<NewItem>,
    pub outbox: Vec<NewOutbox>,
    pub records: Vec<NewRecord>,
    /// By what items and records can be found; empty when there are none.
    pub searchable: Searchable,
    pub proposals: Vec<NewProposal>,
    pub alerts: Vec<NewAlert>,
    pub ledger: Vec<LedgerEvent>,
    /// Who is a party to what is kept.
    pub concerned: Concerned,
    /// It is remembered, for whoever answers it.
    pub hostile: Option<Hostile>,
    /// It is remembered, for the rest of its conversation.
    pub thread: Option<Carrying>,
    /// The whole transaction is refused with this.
    pub refusal: Option<Reply>,
}

/// Prepares all effects of a verdict.
pub fn prepare(matter: &Matter<'_>, tools: &Tools<'_>) -> Prepared {
    let mut prepared = effects(matter, tools);
    if !prepared.items.is_empty() || !prepared.records.is_empty() {
        prepared.searchable = Searchable::new(matter.extract, matter.parties);
    }
    prepared.hostile = hostile::hostile(matter);
    prepared.thread = thread::carrying(matter);
    prepared
}

fn effects(matter: &Matter<'_>, tools: &Tools<'_>) -> Prepared {
    let (live, observed): (Vec<&Group>, Vec<&Group>) =
        matter.verdict.groups.iter().partition(|g| is_live(g, matter, tools));
    let mut prepared = Prepared { records: records::records(matter, tools), ..Prepared::default() };
    prepared.passing.extend(observed.iter().flat_map(|g| &g.recipients));
    propose::reports(matter, tools, &mut prepared);
    tell::disclosed_while_observing(matter, tools, &observed, &mut prepared);
    if live.is_empty() {
        prepared.passing.sort_unstable();
        prepared.concerned = concerned::concerned(matter, tools, &prepared);
        return prepared;
    }
    if observed.is_empty() && live.iter().all(|g| g.disposition == Disposition::Refuse) {
        prepared.refusal = Some(refusal(matter));
        return prepared;
    }
    let ready = edits::edits(matter, tools);
    let passes = |g: &&&Group| g.disposition == Disposition::Deliver;
    prepared.passing.extend(live.iter().filter(passes).flat_map(|g| &g.recipients));
    prepared.passing.sort_unstable();
    grace::delay(matter, tools, &live, &ready, &mut prepared);
    items::keep(matter, tools, &live, &ready, &mut prepared);
    tell::tell(matter, tools, &live, &mut prepared);
    propose::by_rule(matter, &live, tools, &mut prepared);
    prepared.ledger.extend(ready.ledger);
    prepared.edits = ready.edits;
    prepared.concerned = concerned::concerned(matter, tools, &prepared);
    prepared
}

/// Whether a group's verdict is carried out. By a switch back to observe (practice.md, C) only
/// malware, what nothing could look into for it, and matched images still are.
fn is_live(group: &Group, matter: &Matter<'_>, tools: &Tools<'_>) -> bool {
    let stops = |reason: &Reason| {
        let mut findings = reason.findings.iter().filter_map(|&i| matter.findings.get(i));
        reason.given > Disposition::Deliver
            && (*reason.policy == *NOT_SCANNED || findings.any(|f| always_stops(f.category)))
    };
    tools.configured(group.school.as_ref()) == Mode::Enforce
        && (tools.mode(group.school.as_ref()) == Mode::Enforce || group.reasons.iter().any(stops))
}

impl Tools<'_> {
    pub(super) fn school(&self, id: Option<&SchoolId>) -> Option<&School> {
        self.schools.iter().find(|s| Some(&s.id) == id).map(|s| &**s)
    }

    /// Mail to several schools follows each recipient's mode.
    fn mode(&self, school: Option<&SchoolId>) -> Mode {
        match school.is_some_and(|school| self.observing.contains(school)) {
            true => Mode::Observe,
            false => self.configured(school),
        }
    }

    fn configured(&self, school: Option<&SchoolId>) -> Mode {
        self.school(school).map_or(self.default_mode, |s| s.mode)
    }
}

fn refusal(matter: &Matter<'_>) -> Reply {
    const PLAIN: &str = "This message was not accepted; please ask the school office";
    let text = matter.verdict.plan.refusal.as_deref().unwrap_or(PLAIN);
    // A reply is ASCII (RFC 5321 section 4.2); rules are written by people.
    let ascii: String = text.chars().map(|c| if c.is_ascii() && !c.is_control() { c } else { '?' }).collect();
    Reply::new(550, (5, 7, 1), ascii)
}
