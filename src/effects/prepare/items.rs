//! What is held and quarantined: one item for each school and each who decides.

use super::{Matter, Prepared, Tools, edits::Ready};
use crate::{
    detection::{Finding, Origin},
    mail::SchoolId,
    message::Header,
    policy::may_hold_image,
    ruleset::{Category, Severity},
    storage::{FindingSummary, ItemKind, NewItem, Owner},
    verdict::{Disposition, Group},
};

pub(super) fn keep(
    matter: &Matter<'_>,
    tools: &Tools<'_>,
    live: &[&Group],
    ready: &Ready,
    prepared: &mut Prepared,
) {
    let waits = |g: &&Group| matches!(g.disposition, Disposition::Hold | Disposition::Quarantine);
    if !live.iter().any(waits) {
        return;
    }
    let mut bundles: Vec<(ItemKind, SchoolId, Vec<&Group>)> = Vec::new();
    for group in live.iter().filter(|g| waits(g)) {
        let kind = match group.disposition {
            Disposition::Hold => ItemKind::Hold,
            _ => ItemKind::Quarantine,
        };
        // Mail of no school is not enforced, so there always is one.
        let Some(school) = group.school.clone() else { continue };
        match bundles.iter_mut().find(|(k, s, _)| *k == kind && *s == school) {
            Some((_, _, groups)) => groups.push(group),
            None => bundles.push((kind, school, vec![group])),
        }
    }
    for (kind, school, groups) in bundles {
        prepared.items.push(item(matter, tools, kind, school, &groups, ready));
    }
}

fn item(
    matter: &Matter<'_>,
    tools: &Tools<'_>,
    kind: ItemKind,
    school: SchoolId,
    groups: &[&Group],
    ready: &Ready,
) -> NewItem {
    let indexes: Vec<usize> = groups.iter().flat_map(|g| g.recipients.iter().copied()).collect();
    let stood_on = findings(matter, groups);
    let worst = worst(&stood_on);
    let owner = (kind == ItemKind::Hold).then(|| owner(matter)).flatten();
    let sender_may_release = owner.is_some() && groups.iter().all(|g| g.sender_may_release);
    let answers = owner.is_some() && tools.notices.takes_answers();
    let envelope = &matter.transaction.envelope.recipients;
    NewItem {
        id: (tools.item_id)(),
        kind,
        recipients: indexes.iter().filter_map(|&i| envelope.get(i).cloned()).collect(),
        owner,
        sender_may_release,
        token: answers.then(|| (tools.token)()),
        category: worst.map_or(Category::FileNotInspected, |f| f.category),
        severity: worst.map_or(Severity::Medium, |f| f.severity),
        subject: matter.message.header.subject.clone(),
        conversation: if kind == ItemKind::Quarantine {
            conversation(&matter.message.header)
        } else {
            Vec::new()
        },
        findings: stood_on.iter().map(|f| summary(f)).collect(),
        may_hold_image: may_hold_image(matter.findings, matter.message),
        settled_policies: policies(groups),
        edits: ready.edits.clone(),
        marked_edits: ready.marked.clone().filter(|_| kind == ItemKind::Hold),
        // The store makes these; the gateway puts them in before it is kept.
        retry_keys: Vec::new(),
        grace: None,
        school,
    }
}

fn conversation(header: &Header) -> Vec<String> {
    let answers = header.references.iter().chain(&header.in_reply_to);
    header.message_id.iter().chain(answers).cloned().collect()
}

/// The findings that the groups' reasons stand on, each once.
fn findings<'a>(matter: &Matter<'a>, groups: &[&Group]) -> Vec<&'a Finding> {
    let mut indexes: Vec<usize> = groups
        .iter()
        .flat_map(|g| &g.reasons)
        .filter(|r| r.given > Disposition::Deliver)
        .flat_map(|r| r.findings.iter().copied())
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes.into_iter().filter_map(|i| matter.findings.get(i)).collect()
}

fn worst<'a>(findings: &[&'a Finding]) -> Option<&'a Finding> {
    findings
        .iter()
        .copied()
        .max_by(|a, b| a.severity.cmp(&b.severity).then(a.confidence.total_cmp(&b.confidence)))
}

/// The person of the directory who sent it, when that is proved.
fn owner(matter: &Matter<'_>) -> Option<Owner> {
    let person = matter.parties.proved_sender.clone()?;
    let address = matter.transaction.envelope.sender.address()?.clone();
    Some(Owner { person, address })
}

/// The rules whose decision a release settles: those that held it back.
fn policies(groups: &[&Group]) -> Vec<String> {
    let mut ids: Vec<String> = groups
        .iter()
        .flat_map(|g| &g.reasons)
        .filter(|r| r.given > Disposition::Deliver)
        .map(|r| r.policy.to_string())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn summary(finding: &Finding) -> FindingSummary {
    FindingSummary {
        rule: finding.rule.to_string(),
        category: finding.category,
        severity: finding.severity,
        part: finding.part.clone(),
        reason: finding.reason.to_string(),
        excerpt: finding.excerpt.clone(),
        span: (finding.origin != Origin::Structure).then(|| finding.span.clone()),
    }
}
