//! From judgements to dispositions: the strictest wins, a ceiling caps it, practice.md
//! bounds it, and recipients with one fate become one group.

use super::{Account, Disposition, Group, Reason, Verdict, plan};
use crate::{
    detection::Finding,
    policy::{
        Bounds, Judgement, Situation, bounds, covers, is_hushed, judge, listed, suspension_rule, unscanned,
    },
    ruleset::{Category, DispositionName, RuleSet},
};
use std::sync::Arc;

/// Decides for every recipient. The accounts say, recipient by recipient, how.
pub fn decide(rules: &RuleSet, situation: &Situation<'_>) -> (Verdict, Vec<Account>) {
    let accounts: Vec<Account> =
        (0..situation.parties.recipients.len()).map(|r| account(rules, situation, r)).collect();
    let mut groups = group(&accounts, situation);
    refuse_all_or_none(&mut groups);
    let plan = plan::plan(&accounts, &groups, situation);
    (Verdict { groups, plan }, accounts)
}

fn account(rules: &RuleSet, situation: &Situation<'_>, recipient: usize) -> Account {
    let bounds = bounds(situation, recipient);
    let first = judge(rules, situation, recipient, &bounds.exempt);
    // Exemptions given by rules take findings away, so the others are judged again without them.
    let granted: Vec<Arc<str>> =
        spoken(&first).flat_map(|(j, _)| j.rule.then.exempt.iter().cloned()).collect();
    let mut judgements = if granted.is_empty() {
        first
    } else {
        let exempt: Vec<Arc<str>> = bounds.exempt.iter().cloned().chain(granted).collect();
        judge(rules, situation, recipient, &exempt)
    };
    judgements.extend(suspended(situation, recipient));
    judgements.extend(unscanned(situation));
    judgements.extend(listed(situation));
    let ceilings = ceilings(&judgements, &bounds);
    let reasons: Vec<Reason> = spoken(&judgements)
        .map(|(judgement, findings)| reason(judgement, findings, &ceilings, situation))
        .collect();
    let disposition = reasons.iter().map(|r| r.given).max().unwrap_or(Disposition::Deliver);
    Account { recipient, bounds, judgements, reasons, disposition }
}

/// Beside the rules: the sender may not use the school's mail for a while.
fn suspended(situation: &Situation<'_>, recipient: usize) -> Option<Judgement> {
    situation.measures.suspension?;
    let to = situation.parties.recipients.get(recipient)?;
    let rule = suspension_rule(to, situation.parties.proved_sender.is_some())?;
    Some(Judgement { rule, outcome: Ok(Vec::new()) })
}

fn spoken(judgements: &[Judgement]) -> impl Iterator<Item = (&Judgement, &Vec<usize>)> {
    judgements.iter().filter_map(|j| j.outcome.as_ref().ok().map(|found| (j, found)))
}

/// A cap and the categories it speaks of (empty: all).
type Ceiling = (Disposition, Vec<Arc<str>>);

fn ceilings(judgements: &[Judgement], bounds: &Bounds) -> Vec<Ceiling> {
    let by_rule = spoken(judgements)
        .filter_map(|(j, _)| j.rule.then.ceiling.map(|c| (c.into(), j.rule.then.ceiling_for.clone())));
    let by_practice = bounds.ceiling.map(|c| (c.into(), Vec::new()));
    by_rule.chain(by_practice).collect()
}

fn reason(
    judgement: &Judgement,
    findings: &[usize],
    ceilings: &[Ceiling],
    situation: &Situation<'_>,
) -> Reason {
    let rule = &judgement.rule;
    let asked: Disposition = rule.then.disposition.unwrap_or(DispositionName::Deliver).into();
    let stood_on: Vec<&Finding> = findings.iter().filter_map(|&i| situation.findings.get(i)).collect();
    let mut given = asked;
    for (cap, of) in ceilings {
        if given > *cap && is_capped(&stood_on, of) {
            given = *cap;
        }
    }
    Reason {
        policy: rule.id.clone(),
        clauses: rule.clauses.clone(),
        text: rule.reason.clone(),
        asked,
        given: bounded(given, situation),
        findings: findings.to_vec(),
    }
}

/// Whether a ceiling speaks of everything a reason stands on. Malware and matched
/// images are beyond every ceiling (practice.md, A1).
fn is_capped(stood_on: &[&Finding], of: &[Arc<str>]) -> bool {
    let beyond = |f: &&Finding| matches!(f.category, Category::FileMalware | Category::FileIllegalImage);
    !stood_on.iter().any(beyond)
        && (of.is_empty()
            || (!stood_on.is_empty() && stood_on.iter().all(|f| of.iter().any(|c| covers(c, f)))))
}

/// A hold is for a person who can be told of it. Where the sender is not proved, is a
/// machine or a list, or where telling would tip somebody off, hold and refusal become
/// quarantine (design, Fates; practice.md, A2).
fn bounded(given: Disposition, situation: &Situation<'_>) -> Disposition {
    let hushed = situation.findings.iter().any(is_hushed);
    match given {
        Disposition::Hold if hushed || !can_be_told(situation) => Disposition::Quarantine,
        Disposition::Refuse if hushed => Disposition::Quarantine,
        other => other,
    }
}

/// Whether there is a person behind the envelope sender to whom we may write (RFC 3834).
pub(super) fn can_be_told(situation: &Situation<'_>) -> bool {
    let header = &situation.message.header;
    situation.parties.proved_sender.is_some()
        && situation.parties.envelope_sender.address.is_some()
        && !header.automatic
        && !header.list
}

fn group(accounts: &[Account], situation: &Situation<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for account in accounts {
        let r = account.recipient;
        let parties = situation.parties;
        let (Some(party), Some(relation), Some(direction)) =
            (parties.recipients.get(r), parties.relations.get(r), parties.directions.get(r))
        else {
            continue;
        };
        let school = party.school.clone().or_else(|| parties.school.clone());
        let same = |g: &&mut Group| {
            g.school == school
                && g.relation == *relation
                && g.disposition == account.disposition
                && g.reasons.iter().map(|r| &r.policy).eq(account.reasons.iter().map(|r| &r.policy))
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.recipients.push(r),
            None => groups.push(Group {
                recipients: vec![r],
                school,
                relation: *relation,
                direction: *direction,
                disposition: account.disposition,
                reasons: account.reasons.clone(),
                sender_may_release: may_release(account),
            }),
        }
    }
    groups
}

/// The sender decides only when every rule that asked for the hold, or for more than a hold
/// before a ceiling, lets a sender decide.
fn may_release(account: &Account) -> bool {
    account.disposition == Disposition::Hold
        && spoken(&account.judgements)
            .filter(|(j, _)| {
                j.rule.then.disposition.is_some_and(|d| Disposition::from(d) >= Disposition::Hold)
            })
            .all(|(j, _)| j.rule.then.sender_may_release)
}

/// SMTP can refuse only a whole transaction after DATA: a partial refusal becomes
/// quarantine (design, Fates).
fn refuse_all_or_none(groups: &mut [Group]) {
    let refused = groups.iter().filter(|g| g.disposition == Disposition::Refuse).count();
    if refused < groups.len() {
        for group in groups.iter_mut().filter(|g| g.disposition == Disposition::Refuse) {
            group.disposition = Disposition::Quarantine;
        }
    }
}

impl From<DispositionName> for Disposition {
    fn from(name: DispositionName) -> Self {
        match name {
            DispositionName::Deliver => Self::Deliver,
            DispositionName::Hold => Self::Hold,
            DispositionName::Quarantine => Self::Quarantine,
            DispositionName::Refuse => Self::Refuse,
        }
    }
}
