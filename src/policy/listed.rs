//! A suspected match with a list of illegal images (practice.md, A3): the message is quarantined for everybody,
//! whatever else it says, and lead and head are told at once. Beside the rules: none is needed for it, and none
//! undoes it.

use super::{Judgement, Situation, practice::HUSH};
use crate::ruleset::{Category, DispositionName, Effects, Notice, PolicyRule, When};
use std::sync::{Arc, LazyLock};

/// The built-in rule's name.
pub const LISTED: &str = "gatehouse.illegal-image";

static STOPS: LazyLock<Arc<PolicyRule>> = LazyLock::new(|| {
    Arc::new(PolicyRule {
        id: LISTED.into(),
        clauses: vec!["OF-5".into(), "A3".into()],
        reason: "A suspected match with a list of illegal images. Look no further.".into(),
        when: When::default(),
        then: Effects {
            disposition: Some(DispositionName::Quarantine),
            notices: vec![Notice::LeadUrgent, Notice::Head],
            incident: Some("sealed".into()),
            ..Effects::default()
        },
        origin: "built in".into(),
    })
});

/// What is to be said of it, for every recipient alike; no release settles it.
pub fn listed(situation: &Situation<'_>) -> Option<Judgement> {
    let findings = situation.findings.iter().enumerate();
    let matched = findings.filter(|(_, f)| f.category == Category::FileIllegalImage && f.confidence >= HUSH);
    let stood_on: Vec<usize> = matched.map(|(at, _)| at).collect();
    (!stood_on.is_empty()).then(|| Judgement { rule: STOPS.clone(), outcome: Ok(stood_on) })
}
