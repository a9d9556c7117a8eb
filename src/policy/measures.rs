//! Exceptions and suspensions as they bear on one message. An exception lessens scrutiny,
//! so it needs a proved sender (practice.md, A7) and never touches what protects a child
//! or a machine; a suspension adds scrutiny, so a name is enough.

use super::covers;
use crate::{
    detection::Finding,
    mail::{Covers, Exception, Facts, Observing, Suspension},
    parties::{Directory, Listing, Parties, Party},
    ruleset::{Category, DispositionName, Effects, PolicyRule, When},
};
use std::sync::{Arc, LazyLock};

/// Those that hold for a message's sender at the message's time.
#[derive(Clone, Debug, Default)]
pub struct Applying<'a> {
    pub exceptions: Vec<&'a Exception>,
    pub suspension: Option<&'a Suspension>,
    /// Rules of the message's school that only observe now.
    pub observing: Vec<&'a Observing>,
}

impl<'a> Applying<'a> {
    pub fn to(facts: &'a Facts, parties: &Parties, directory: &Directory) -> Self {
        let measures = &*facts.measures;
        let exceptions = measures.exceptions.iter().filter(|e| {
            e.period.holds_at(facts.now)
                && parties.school.as_ref() == Some(&e.school)
                && sender_is_covered(&e.covers, parties, directory)
        });
        let suspension = measures.suspensions.iter().find(|s| {
            s.period.holds_at(facts.now)
                && parties.senders().any(|p| p.inside && p.person.as_ref().is_some_and(|id| id.0 == s.person))
        });
        let observing = measures.observing.iter().filter(|o| {
            o.rule.is_some() && o.period.holds_at(facts.now) && parties.school.as_ref() == Some(&o.school)
        });
        Self { exceptions: exceptions.collect(), suspension, observing: observing.collect() }
    }

    /// Their numbers, under which the ledger has reasons and approvers.
    pub fn ids(&self) -> Vec<Arc<str>> {
        let exceptions = self.exceptions.iter().map(|e| &e.id);
        let observing = self.observing.iter().map(|o| &o.id);
        exceptions.chain(self.suspension.map(|s| &s.id)).chain(observing).cloned().collect()
    }

    /// The switch by which this rule only observes. What protects from malware and matched
    /// images goes on, and so does what lessens scrutiny.
    pub fn observes(&self, rule: &PolicyRule, stood_on: &[&Finding]) -> Option<&'a Observing> {
        if lessens(rule) || stood_on.iter().any(|f| always_stops(f.category)) {
            return None;
        }
        self.observing.iter().copied().find(|o| o.rule.as_deref() == Some(&*rule.id))
    }

    /// The exception by which this finding does not count for this rule.
    pub fn excepts(&self, rule: &PolicyRule, finding: &Finding) -> Option<&'a Exception> {
        if !may_be_excepted(finding.category) || lessens(rule) {
            return None;
        }
        self.exceptions.iter().copied().find(|e| {
            e.rules.iter().any(|name| **name == *rule.id || *name == finding.rule || covers(name, finding))
        })
    }
}

fn sender_is_covered(who: &Covers, parties: &Parties, directory: &Directory) -> bool {
    let Some(sender) = &parties.proved_sender else { return false };
    match who {
        Covers::Person(id) => sender.0 == *id,
        Covers::Class(name) => {
            directory.person(sender).is_some_and(|p| p.classes().any(|class| *class == **name))
        }
    }
}

/// Rules that lessen scrutiny stay as they are: without its finding, a rule that delivers
/// a disclosure would stop delivering it.
pub fn lessens(rule: &PolicyRule) -> bool {
    let then = &rule.then;
    then.ceiling.is_some() || !then.exempt.is_empty() || then.no_record
}

/// Malware and matches with lists of illegal images, which nothing delivers (practice.md, A1, C).
pub fn always_stops(category: Category) -> bool {
    matches!(category, Category::FileMalware | Category::FileIllegalImage)
}

/// No research needs the gate to look away from a child in danger, or from malware.
pub fn may_be_excepted(category: Category) -> bool {
    use Category as C;
    !matches!(
        category,
        C::HarmSelfHarm
            | C::HarmThreat
            | C::ContactGrooming
            | C::ContactMeeting
            | C::ContactImpersonation
            | C::FileMalware
            | C::FileIllegalImage
    )
}

/// The built-in rule that speaks for this recipient when the sender is suspended (QU-8).
/// Never towards leads, helplines, agencies and protected correspondents. Only somebody who
/// is proved hears of it; what merely bears the name waits for a reviewer.
pub fn suspension_rule(to: &Party, proved: bool) -> Option<Arc<PolicyRule>> {
    let helper = matches!(
        to.listing,
        Some(Listing::Lead | Listing::Helpline | Listing::SafeguardingAgency | Listing::Protected)
    );
    let rule = if proved { &REFUSED } else { &WAITS };
    (!helper).then(|| LazyLock::force(rule).clone())
}

static REFUSED: LazyLock<Arc<PolicyRule>> = LazyLock::new(|| built_in(DispositionName::Refuse));
static WAITS: LazyLock<Arc<PolicyRule>> = LazyLock::new(|| built_in(DispositionName::Quarantine));

fn built_in(disposition: DispositionName) -> Arc<PolicyRule> {
    const REFUSAL: &str = "This account cannot send mail at present; the school office can say why. \
        Mail to the safeguarding lead and to helplines still goes";
    let refusal = (disposition == DispositionName::Refuse).then(|| REFUSAL.into());
    Arc::new(PolicyRule {
        id: "gatehouse.suspended".into(),
        clauses: vec!["QU-8".into()],
        reason: "The sender's use of mail is withdrawn for a time.".into(),
        when: When::default(),
        then: Effects { disposition: Some(disposition), refusal, ..Effects::default() },
        origin: "built in".into(),
    })
}
