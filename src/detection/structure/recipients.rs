//! Addresses of outsiders that all recipients of one mail see (PD-6).

use super::super::{
    findings::bare,
    model::{Finding, Miss},
    pass::Pass,
};
use crate::{
    parties::{Party, Role},
    ruleset::DetectionRule,
};
use std::collections::HashSet;

/// To and Cc of mail that the school sends. What others send in is not the school's doing.
pub(super) fn visible(pass: &mut Pass<'_, '_>, rule: &DetectionRule) -> Option<Finding> {
    if !pass.parties.senders().any(|s| s.inside) {
        return None;
    }
    let roles = if rule.people.is_empty() { &[Role::Parent, Role::Outside][..] } else { &rule.people };
    // A parent who is staff too, at the school's own address, gives no private address away.
    let counts = |party: &&Party| !party.inside && roles.iter().any(|r| party.is(*r));
    let shown: HashSet<&str> =
        pass.parties.visible.iter().filter(counts).filter_map(|p| Some(p.address.as_ref()?.key())).collect();
    if shown.len() < rule.minimum {
        pass.missed_by(rule, Miss::TooFew, shown.len());
        return None;
    }
    let excerpt = format!("{} addresses in To and Cc", shown.len());
    Some(Finding { part: "header/to".into(), excerpt, value: pass.digest("visible"), ..bare(rule) })
}
