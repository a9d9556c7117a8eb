//! A scanner is configured, has not looked into the message, and the school chose that such mail
//! waits for a reviewer (`[on-failure] scanner`, `[scanner] too-large`). Beside the rules, since no
//! rule file may be needed for it; below every ceiling, so that a disclosure goes its way (practice.md, A1).

use super::{Judgement, Situation, WhyNot};
use crate::{
    detection::NOT_SCANNED_RULE,
    mail::UnscannedThen,
    ruleset::{DispositionName, Effects, PolicyRule, When},
};
use std::sync::{Arc, LazyLock};

/// The built-in rule's name.
pub const NOT_SCANNED: &str = "gatehouse.not-scanned";

static WAITS: LazyLock<Arc<PolicyRule>> = LazyLock::new(|| {
    Arc::new(PolicyRule {
        id: NOT_SCANNED.into(),
        clauses: vec!["OP-1".into()],
        reason: "No scanner has looked into it for malware.".into(),
        when: When::default(),
        then: Effects { disposition: Some(DispositionName::Quarantine), ..Effects::default() },
        origin: "built in".into(),
    })
});

/// What is to be said of it, for every recipient alike.
pub fn unscanned(situation: &Situation<'_>) -> Option<Judgement> {
    situation.unscanned.filter(|unscanned| unscanned.then == UnscannedThen::Quarantine)?;
    let findings = situation.findings.iter().enumerate();
    let stood_on = findings.filter(|(_, f)| *f.rule == *NOT_SCANNED_RULE).map(|(at, _)| at).collect();
    let outcome = match situation.settled.iter().any(|settled| settled == NOT_SCANNED) {
        true => Err(WhyNot::Settled),
        false => Ok(stood_on),
    };
    Some(Judgement { rule: WAITS.clone(), outcome })
}
