//! One policy rule, one recipient: does it apply, by which findings, and if not, which
//! of its conditions is missing.

use super::{Situation, covers};
use crate::{
    detection::{Finding, Origin},
    mail::Answers,
    parties::{Listing, Party},
    ruleset::{FindingCondition, PolicyRule, RuleSet, When},
};
use chrono::{DateTime, Utc};
use std::{fmt, sync::Arc};

/// A rule's answer for one recipient.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub rule: Arc<PolicyRule>,
    /// The findings it rests on (may be none when it asks for none), or what is missing.
    pub outcome: Result<Vec<usize>, WhyNot>,
}

/// The first condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    Direction(&'static str),
    From(String),
    To(&'static str),
    NoFinding,
    TooFew {
        found: usize,
        asked: usize,
    },
    Protected,
    Unprotected,
    Marked,
    NotMarked,
    SenderNotProved,
    SenderProved,
    RecipientNotListed,
    SenderNotListed,
    AnswersNothing,
    AnswersHostile,
    /// An exemption that rests on nothing proved (practice.md, A7).
    UnprovedExemption,
    /// A person has decided this already for a released message.
    Settled,
    /// An officer has ordered an exception for this sender (OF-10).
    Excepted {
        id: Arc<str>,
        until: DateTime<Utc>,
    },
    /// It would have spoken, and only observes for a while (practice.md, C).
    Observed {
        id: Arc<str>,
        until: DateTime<Utc>,
    },
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direction(is) => write!(f, "the message is {is}"),
            Self::From(is) => write!(f, "the sender is {is}"),
            Self::To(is) => write!(f, "this recipient is {is}"),
            Self::NoFinding => f.write_str("no finding of that kind, severity and confidence"),
            Self::TooFew { found, asked } => write!(f, "{found} findings of that kind, {asked} asked for"),
            Self::Protected => f.write_str("what was found is encrypted"),
            Self::Unprotected => f.write_str("what was found is not encrypted"),
            Self::Marked => f.write_str("the subject is marked confidential"),
            Self::NotMarked => f.write_str("the subject is not marked confidential"),
            Self::SenderNotProved => f.write_str("nothing proves who the sender is"),
            Self::SenderProved => f.write_str("the sender is proved"),
            Self::AnswersNothing => f.write_str("it answers no message of that kind"),
            Self::AnswersHostile => f.write_str("it answers a message of that kind"),
            Self::RecipientNotListed => f.write_str("the recipient is not on that list of the school"),
            Self::SenderNotListed => f.write_str("the sender is not on that list, or not proved"),
            Self::UnprovedExemption => {
                f.write_str("an exemption needs a proved sender or a listed recipient")
            }
            Self::Excepted { id, until } => {
                write!(f, "exception {id} holds for the sender until {}", until.format("%Y-%m-%d %H:%M UTC"))
            }
            Self::Observed { id, until } => {
                let until = until.format("%Y-%m-%d %H:%M UTC");
                write!(f, "it only observes until {until} (switch {id}); else it would speak")
            }
            Self::Settled => f.write_str("a person has decided this for this released message"),
        }
    }
}

/// Judges all policy rules for the recipient with this index. `exempt` are the
/// categories that are no finding for this recipient.
pub fn judge(
    rules: &RuleSet,
    situation: &Situation<'_>,
    recipient: usize,
    exempt: &[Arc<str>],
) -> Vec<Judgement> {
    rules
        .policy
        .iter()
        .map(|rule| Judgement { rule: rule.clone(), outcome: apply(rule, situation, recipient, exempt) })
        .collect()
}

fn apply(
    rule: &PolicyRule,
    situation: &Situation<'_>,
    recipient: usize,
    exempt: &[Arc<str>],
) -> Result<Vec<usize>, WhyNot> {
    if situation.settled.iter().any(|s| **s == *rule.id) {
        return Err(WhyNot::Settled);
    }
    people(rule, situation, recipient)?;
    let found = match &rule.when.findings {
        Some(condition) => findings(rule, condition, situation, recipient, exempt)?,
        None => Vec::new(),
    };
    state(&rule.when, situation, &found)?;
    grounds(rule, situation, &found)?;
    let stood_on: Vec<&Finding> = found.iter().filter_map(|&i| situation.findings.get(i)).collect();
    match situation.measures.observes(rule, &stood_on) {
        Some(o) => Err(WhyNot::Observed { id: o.id.clone(), until: o.period.until }),
        None => Ok(found),
    }
}

/// Who writes to whom.
fn people(rule: &PolicyRule, situation: &Situation<'_>, recipient: usize) -> Result<(), WhyNot> {
    let (when, parties) = (&rule.when, situation.parties);
    let direction = parties.directions.get(recipient).copied().unwrap_or(parties.direction);
    if !when.directions.is_empty() && !when.directions.contains(&direction) {
        return Err(WhyNot::Direction(direction.name()));
    }
    if !from(rule, situation) {
        return Err(WhyNot::From(parties.envelope_sender.role().name().to_owned()));
    }
    let to = parties.recipients.get(recipient);
    if !when.to.is_empty() && !to.is_some_and(|p| when.to.iter().any(|r| p.is(*r))) {
        return Err(WhyNot::To(to.map_or("unknown", |p| p.role().name())));
    }
    if !when.recipient_listed.is_empty() && !to.is_some_and(|p| listed(p, &when.recipient_listed)) {
        return Err(WhyNot::RecipientNotListed);
    }
    match when.proved_sender {
        Some(true) if parties.proved_sender.is_none() => return Err(WhyNot::SenderNotProved),
        Some(false) if parties.proved_sender.is_some() => return Err(WhyNot::SenderProved),
        _ => {}
    }
    match (when.answers_hostile, situation.answers) {
        (Some(true), Answers::Nothing) => return Err(WhyNot::AnswersNothing),
        (Some(false), Answers::Hostile) => return Err(WhyNot::AnswersHostile),
        _ => {}
    }
    let sender_listed = || parties.senders().any(|p| listed(p, &when.sender_listed));
    if !when.sender_listed.is_empty() && (parties.proved_sender.is_none() || !sender_listed()) {
        return Err(WhyNot::SenderNotListed);
    }
    Ok(())
}

/// One sender with such a role is enough for what adds scrutiny. For what takes it away all
/// must have one, unless the recipient is its ground.
fn from(rule: &PolicyRule, situation: &Situation<'_>) -> bool {
    let when = &rule.when;
    let fits = |sender: &Party| when.from.iter().any(|r| sender.is(*r));
    let lessens = exempts(rule) || rule.then.ceiling.is_some();
    when.from.is_empty()
        || if lessens && when.recipient_listed.is_empty() {
            situation.senders_all(fits)
        } else {
            situation.parties.senders().any(fits)
        }
}

fn listed(party: &Party, lists: &[Listing]) -> bool {
    party.listing.is_some_and(|l| lists.contains(&l))
}

fn findings(
    rule: &PolicyRule,
    condition: &FindingCondition,
    situation: &Situation<'_>,
    recipient: usize,
    exempt: &[Arc<str>],
) -> Result<Vec<usize>, WhyNot> {
    let all = situation.findings;
    let fits = |f: &Finding| {
        (f.recipients.is_empty() || f.recipients.contains(&recipient))
            && !exempt.iter().any(|e| covers(e, f))
            && (condition.categories.is_empty() || condition.categories.iter().any(|c| covers(c, f)))
            && (condition.rules.is_empty() || condition.rules.contains(&f.rule))
            && condition.severity.is_none_or(|s| f.severity >= s)
            && condition.confidence.is_none_or(|c| f.confidence >= c)
            && (!condition.own_words || f.origin != Origin::Quoted)
            && condition.passed_on.is_none_or(|passed_on| passed_on == (f.origin == Origin::Attached))
    };
    let mut found: Vec<usize> = (0..all.len()).filter(|&i| fits(&all[i])).collect();
    let asked = condition.count.max(1);
    if found.is_empty() {
        return Err(WhyNot::NoFinding);
    }
    let by = found.iter().find_map(|&i| situation.measures.excepts(rule, &all[i]));
    if let Some(exception) = by {
        found.retain(|&i| situation.measures.excepts(rule, &all[i]).is_none());
        if found.is_empty() {
            return Err(WhyNot::Excepted { id: exception.id.clone(), until: exception.period.until });
        }
    }
    let mut values: Vec<u64> = found.iter().map(|&i| all[i].value).collect();
    values.sort_unstable();
    values.dedup();
    if values.len() < asked {
        return Err(WhyNot::TooFew { found: values.len(), asked });
    }
    Ok(found)
}

/// Marks and protection.
fn state(when: &When, situation: &Situation<'_>, found: &[usize]) -> Result<(), WhyNot> {
    match when.protected {
        Some(true) if !situation.protected(found) => return Err(WhyNot::Unprotected),
        Some(false) if situation.protected(found) => return Err(WhyNot::Protected),
        _ => {}
    }
    match when.marked_confidential {
        Some(true) if !situation.marked_confidential() => Err(WhyNot::NotMarked),
        Some(false) if situation.marked_confidential() => Err(WhyNot::Marked),
        _ => Ok(()),
    }
}

/// practice.md, A7: what takes scrutiny away needs a proved sender or a listed recipient.
/// A ceiling may also rest on what the message itself says (A1: a disclosure).
fn grounds(rule: &PolicyRule, situation: &Situation<'_>, found: &[usize]) -> Result<(), WhyNot> {
    let exempts = exempts(rule);
    if !exempts && rule.then.ceiling.is_none() {
        return Ok(());
    }
    let proved = situation.parties.proved_sender.is_some() || !rule.when.recipient_listed.is_empty();
    if proved || (!exempts && !found.is_empty()) { Ok(()) } else { Err(WhyNot::UnprovedExemption) }
}

fn exempts(rule: &PolicyRule) -> bool {
    !rule.then.exempt.is_empty() || rule.then.no_record
}
