//! Many people or many values in one place: a class list, a register (PD-1, PD-8).

use super::super::{
    findings::bare,
    judge::Candidate,
    model::{Finding, Miss},
    pass::Pass,
};
use crate::{
    extraction::Layer,
    parties::{Direction, Role},
    ruleset::{Category, Check, DetectionRule},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What one fragment holds.
#[derive(Default)]
struct Holding {
    people: BTreeSet<u64>,
    values: BTreeSet<u64>,
}

impl Holding {
    fn most(&self) -> usize {
        self.people.len().max(self.values.len())
    }
}

pub(super) fn bulk(pass: &mut Pass<'_, '_>, rule: &DetectionRule, candidates: &[Candidate]) -> Vec<Finding> {
    let mut holdings = values(pass, rule, candidates);
    // Names are looked for only where the answer matters: reading every text for them
    // would be the dearest thing the detector does.
    if pass.parties.direction != Direction::Internal || !holdings.is_empty() {
        names(pass, rule, &mut holdings);
    }
    let mut out: Vec<Finding> = Vec::new();
    let mut seen = HashSet::new();
    for (fragment, holding) in holdings.iter().filter(|(_, h)| h.most() >= rule.minimum) {
        let Some(fragment) = pass.extract.fragments.get(*fragment as usize) else { continue };
        let value = pass.digest(&format!("{:?}{:?}", holding.people, holding.values));
        // The same list as text and as HTML is one.
        if seen.insert(value) {
            let (part, part_index) = (fragment.place.to_string(), fragment.part);
            out.push(Finding { part, part_index, excerpt: excerpt(holding), value, ..bare(rule) });
        }
    }
    if out.is_empty() {
        let mut all = Holding::default();
        for holding in holdings.values() {
            all.people.extend(&holding.people);
            all.values.extend(&holding.values);
        }
        if all.most() >= rule.minimum {
            let value = pass.digest("bulk");
            out.push(Finding { part: "message".into(), excerpt: excerpt(&all), value, ..bare(rule) });
        } else if all.most() > 0 {
            pass.missed_by(rule, Miss::TooFew, all.most());
        }
    }
    out
}

fn excerpt(holding: &Holding) -> String {
    format!("{} people, {} values", holding.people.len(), holding.values.len())
}

/// Different values of each fragment: those that count, and those without context when
/// nearly all that look like one pass the check. A column of NHS numbers has its heading
/// far away; a column of order numbers fails ten checks of eleven.
fn values(pass: &Pass<'_, '_>, rule: &DetectionRule, candidates: &[Candidate]) -> BTreeMap<u32, Holding> {
    let prepared = pass.detector.prepared();
    let wanted = rule.near.as_ref().map(|n| n.findings.as_slice()).unwrap_or_default();
    let counts = |of: &DetectionRule| match wanted.is_empty() {
        true => of.check.is_some() && of.category.family() == Category::PersonalBulk.family(),
        false => wanted.contains(&of.category),
    };
    let mut holdings: BTreeMap<u32, Holding> = BTreeMap::new();
    for candidate in candidates {
        if let Some(of) = prepared.rule(candidate.rule)
            && counts(of)
            && candidate.confidence * 2.0 >= of.confidence
        {
            holdings.entry(candidate.fragment).or_default().values.insert(candidate.value);
        }
    }
    for ((of, fragment), tally) in pass.tallies.iter().flatten() {
        // What the gate has put together itself is no column.
        if pass.extract.fragments.get(*fragment as usize).is_some_and(|f| f.checked_only) {
            continue;
        }
        let nearly_all = tally.passed * 10 >= tally.matched * 8;
        if nearly_all && prepared.rule(*of).is_some_and(|of| counts(of) && of.check.is_some_and(can_fail)) {
            holdings.entry(*fragment).or_default().values.extend(&tally.values);
        }
    }
    holdings
}

/// Whether passing the check says anything: nearly every date could be one of birth.
fn can_fail(check: Check) -> bool {
    match check {
        Check::NhsNumber | Check::Nino | Check::Upn | Check::Uln | Check::PaymentCard | Check::Iban => true,
        Check::UkPhone | Check::Postcode | Check::BirthDate | Check::SortCode => false,
    }
}

fn names(pass: &mut Pass<'_, '_>, rule: &DetectionRule, holdings: &mut BTreeMap<u32, Holding>) {
    let roles = if rule.people.is_empty() { &[Role::Pupil][..] } else { &rule.people };
    let (detector, extract) = (pass.detector, pass.extract);
    for (index, fragment) in (0u32..).zip(&extract.fragments) {
        if fragment.layer != Layer::Visible || fragment.checked_only {
            continue;
        }
        let mut people = BTreeSet::new();
        detector.people().each(&fragment.view.text, &mut pass.memory.names, |hit| {
            if hit.roles.any(roles) {
                people.insert(hit.key);
            }
        });
        if !people.is_empty() {
            holdings.entry(index).or_default().people = people;
        }
    }
}
