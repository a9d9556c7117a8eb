//! The grace period (PD-3): what a person of the school sends to outside waits a little before
//! it leaves, so that its sender can take it back. A delay, not a hold: it leaves by itself.
//!
//! None for leads, for what goes to agencies, helplines and protected correspondents, for a
//! possible disclosure, for the school's own bulk senders, for machines and lists, and for what
//! a person has released (practice.md, A1, A6, A9).

use super::{Matter, Prepared, Tools, edits::Ready};
use crate::{
    parties::{Direction, Listing, School},
    policy::{Applying, Situation, bounds},
    ruleset::{Category, Severity},
    storage::{GracePeriod, ItemKind, NewItem, Owner},
    verdict::{Disposition, Group},
};

/// Takes the recipients that wait a little out of those that pass now.
pub(super) fn delay(
    matter: &Matter<'_>,
    tools: &Tools<'_>,
    live: &[&Group],
    ready: &Ready,
    prepared: &mut Prepared,
) {
    let Some((school, owner)) = delays(matter, tools) else { return };
    let Some(lasts) = school.grace else { return };
    let applying = Applying::default();
    let situation = Situation {
        message: matter.message,
        parties: matter.parties,
        findings: matter.findings,
        school: Some(school),
        settled: &[],
        measures: &applying,
        answers: matter.facts.answers,
        unscanned: matter.facts.unscanned,
    };
    let may_wait = |&r: &usize| {
        let bounds = bounds(&situation, r);
        matter.parties.directions.get(r) == Some(&Direction::Outbound)
            && bounds.ceiling.is_none()
            && !bounds.no_record
    };
    let passes = live.iter().filter(|g| g.disposition == Disposition::Deliver);
    let mut waiting: Vec<usize> =
        passes.flat_map(|g| g.recipients.iter().copied()).filter(may_wait).collect();
    if waiting.is_empty() {
        return;
    }
    waiting.sort_unstable();
    prepared.passing.retain(|r| !waiting.contains(r));
    let envelope = &matter.transaction.envelope.recipients;
    prepared.items.push(NewItem {
        id: (tools.item_id)(),
        kind: ItemKind::Grace,
        school: school.id.clone(),
        recipients: waiting.iter().filter_map(|&i| envelope.get(i).cloned()).collect(),
        owner: Some(owner),
        sender_may_release: true,
        token: tools.notices.takes_answers().then(|| (tools.token)()),
        // It stands on no finding.
        category: Category::PersonalRecipients,
        severity: Severity::Low,
        subject: matter.message.header.subject.clone(),
        conversation: Vec::new(),
        findings: Vec::new(),
        may_hold_image: false,
        settled_policies: Vec::new(),
        edits: ready.edits.clone(),
        marked_edits: None,
        retry_keys: Vec::new(),
        grace: Some(GracePeriod { lasts, next_hop: tools.own_hop.map(str::to_owned) }),
    });
}

/// The school and the person whose mail waits, when it is of that kind.
fn delays<'a>(matter: &Matter<'_>, tools: &Tools<'a>) -> Option<(&'a School, Owner)> {
    let header = &matter.message.header;
    let exempt = |l: Option<Listing>| matches!(l, Some(Listing::Lead | Listing::BulkSender));
    if !matter.facts.releases.is_empty()
        || header.automatic
        || header.list
        || matter.parties.senders().any(|s| exempt(s.listing))
    {
        return None;
    }
    let school = tools.schools.iter().find(|s| Some(&s.id) == matter.parties.school.as_ref())?;
    let person = matter.parties.proved_sender.clone()?;
    let address = matter.transaction.envelope.sender.address()?.clone();
    let is_live = tools.mode(Some(&school.id)) == crate::mail::Mode::Enforce;
    is_live.then_some((&**school, Owner { person, address }))
}
