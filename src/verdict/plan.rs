//! The plan of effects: marks, disclaimer, records, notices, as data.

use super::{Account, DisclaimerDue, Disposition, Group, Plan, decide::can_be_told};
use crate::{
    detection::Finding,
    parties::{Direction, DisclaimerChoice},
    policy::{Situation, is_hushed, is_hushed_to_answerer},
    ruleset::{Effects, Notice},
};
use std::sync::Arc;

pub(super) fn plan(accounts: &[Account], groups: &[Group], situation: &Situation<'_>) -> Plan {
    let mut plan = Plan::default();
    for account in accounts {
        let barred = account.bounds.no_record || effects(account).any(|e| e.no_record);
        for then in effects(account) {
            plan.subject_mark = plan.subject_mark.or_else(|| then.subject_mark.clone());
            plan.incident = plan.incident.or_else(|| then.incident.clone());
            if let Some(template) = &then.disclaimer {
                plan.disclaimer = plan.disclaimer.or_else(|| due(template, situation));
            }
            if then.record && !barred {
                add_record(&mut plan, situation);
            }
            for notice in &then.notices {
                add_notice(&mut plan, account, *notice, situation);
            }
        }
    }
    let asking = accounts.iter().flat_map(|account| &account.judgements);
    let asking = asking.filter(|judgement| judgement.rule.then.incident.is_some());
    plan.incident_on =
        asking.filter_map(|judgement| judgement.outcome.as_ref().ok()).flatten().copied().collect();
    plan.incident_on.sort_unstable();
    plan.incident_on.dedup();
    plan.disclaimer = plan.disclaimer.or_else(|| chosen(situation));
    if groups.iter().all(|g| g.disposition == Disposition::Refuse) {
        plan.refusal = accounts.iter().flat_map(effects).find_map(|e| e.refusal.clone());
    }
    plan
}

/// The effects of the rules that spoke for this recipient.
fn effects(account: &Account) -> impl Iterator<Item = &Effects> {
    account.judgements.iter().filter(|j| j.outcome.is_ok()).map(|j| &j.rule.then)
}

/// Records are the school's own choice (RE-1); a covered service is kept out by `barred`.
fn add_record(plan: &mut Plan, situation: &Situation<'_>) {
    if let Some(school) = situation.school.filter(|s| s.record_parent_mail)
        && !plan.records.contains(&school.id)
    {
        plan.records.push(school.id.clone());
    }
}

/// A sender hears only when proved, on a message of a person (not a list or a
/// machine), and never where that would tip someone off (practice.md, A2).
fn add_notice(plan: &mut Plan, account: &Account, notice: Notice, situation: &Situation<'_>) {
    let party = situation.parties.recipients.get(account.recipient);
    let school = situation.school.map(|s| &s.id).or(party.and_then(|p| p.school.as_ref()));
    let hushed: Option<fn(&Finding) -> bool> = match notice {
        Notice::Sender => Some(is_hushed),
        // What is answered stands quoted below the answer, and who answers has read it.
        Notice::Pause => Some(is_hushed_to_answerer),
        Notice::Lead | Notice::LeadUrgent | Notice::Head | Notice::Dpo => None,
    };
    let Some(school) = school else { return };
    let silent =
        |hushed| !can_be_told(situation) || account.bounds.no_nudge || situation.findings.iter().any(hushed);
    if hushed.is_some_and(silent) {
        return;
    }
    let entry = (school.clone(), notice);
    if !plan.notices.contains(&entry) {
        plan.notices.push(entry);
    }
}

/// The disclaimer that a rule names, in the languages the school chose for that template.
fn due(template: &Arc<str>, situation: &Situation<'_>) -> Option<DisclaimerDue> {
    let school = situation.school?;
    let choice = school.disclaimers.iter().find(|c| *c.template == **template);
    let languages = choice.map_or_else(|| school.languages.clone(), |c| c.languages.clone());
    Some(DisclaimerDue { template: template.clone(), languages })
}

/// The school's own choice for this sender's role and direction (DI-1).
fn chosen(situation: &Situation<'_>) -> Option<DisclaimerDue> {
    let school = situation.school?;
    let parties = situation.parties;
    // Only mail that one of ours sends carries a disclaimer.
    if !parties.envelope_sender.inside || parties.direction == Direction::Inbound {
        return None;
    }
    let fits = |c: &&DisclaimerChoice| {
        let direction = match c.directions.is_empty() {
            true => parties.direction == Direction::Outbound,
            false => c.directions.contains(&parties.direction),
        };
        direction && (c.roles.is_empty() || c.roles.iter().any(|r| parties.envelope_sender.is(*r)))
    };
    let choice = school.disclaimers.iter().find(fits)?;
    Some(DisclaimerDue { template: choice.template.as_str().into(), languages: choice.languages.clone() })
}
