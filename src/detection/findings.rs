//! From what counts to findings: each value once, at its most telling place.

use super::{
    excerpts::Masks,
    judge::Candidate,
    model::{Finding, Origin},
    pass::Pass,
};
use crate::ruleset::DetectionRule;
use std::{cmp::Reverse, sync::Arc};

/// Findings of one rule in one text: forty telephone numbers of a list are no news after the
/// first thirty. The most telling are kept, and what counts people and values (`bulk`) has seen all.
const OF_ONE_RULE: usize = 32;

/// Of every rule each value once, and of all values the gravest rules' first; then in the
/// order of the text.
pub(super) fn strongest(mut candidates: Vec<Candidate>, room: usize) -> Vec<Candidate> {
    let rank = |c: &Candidate| (Reverse((c.confidence * 1e6) as u32), c.origin, c.fragment, c.span.start);
    candidates.sort_unstable_by(|a, b| {
        (a.rule, a.value).cmp(&(b.rule, b.value)).then_with(|| rank(a).cmp(&rank(b)))
    });
    candidates.dedup_by_key(|c| (c.rule, c.value));
    if candidates.len() > OF_ONE_RULE {
        candidates.sort_unstable_by(|a, b| {
            (a.rule, a.fragment).cmp(&(b.rule, b.fragment)).then_with(|| rank(a).cmp(&rank(b)))
        });
        let (mut of, mut seen) = (None, 0);
        candidates.retain(|c| {
            seen = if of == Some((c.rule, c.fragment)) { seen + 1 } else { 1 };
            of = Some((c.rule, c.fragment));
            seen <= OF_ONE_RULE
        });
    }
    if candidates.len() > room {
        candidates.sort_unstable_by(|a, b| a.rule.cmp(&b.rule).then_with(|| rank(a).cmp(&rank(b))));
        candidates.truncate(room);
    }
    candidates.sort_unstable_by_key(|c| (c.fragment, c.span.start, c.rule));
    candidates
}

pub(super) fn of_candidates(pass: &Pass<'_, '_>, kept: &[Candidate], masks: &Masks) -> Vec<Finding> {
    let mut out = Vec::with_capacity(kept.len());
    let mut draft = String::new();
    for here in kept.chunk_by(|a, b| a.fragment == b.fragment) {
        let fragment = here.first().and_then(|c| pass.extract.fragments.get(c.fragment as usize));
        let Some(fragment) = fragment else { continue };
        for candidate in here {
            let Some(rule) = pass.detector.prepared().rule(candidate.rule) else { continue };
            let span = fragment.view.map.range(candidate.span.clone(), fragment.source.len());
            out.push(Finding {
                confidence: candidate.confidence,
                part: fragment.place_at(span.start).into_owned(),
                part_index: fragment.part,
                span,
                excerpt: masks.excerpt(&fragment.view.text, candidate.fragment, &candidate.span, &mut draft),
                origin: candidate.origin,
                value: candidate.value,
                ..bare(rule)
            });
        }
    }
    out
}

/// A finding of this rule about no text.
pub(super) fn bare(rule: &DetectionRule) -> Finding {
    Finding {
        rule: Arc::clone(&rule.id),
        category: rule.category,
        area: rule.area,
        severity: rule.severity,
        confidence: rule.confidence,
        clauses: rule.clauses.clone(),
        part: String::new(),
        part_index: None,
        span: 0..0,
        excerpt: String::new(),
        origin: Origin::Structure,
        reason: Arc::clone(&rule.reason),
        value: 0,
        recipients: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_of_many_are_kept() {
        let candidate = |n: usize| Candidate {
            rule: 1,
            fragment: (n % 2) as u32,
            span: n..n + 1,
            confidence: if n == 150 { 0.9 } else { 0.3 },
            origin: Origin::Own,
            value: n as u64 / 2 * 2 + n as u64 % 2,
        };
        let kept = strongest((0..200).map(candidate).collect(), 1_000);
        assert_eq!(kept.len(), 2 * OF_ONE_RULE);
        assert!(kept.iter().any(|c| c.span.start == 150), "the last to come is the first in rank");
        assert!(kept.is_sorted_by_key(|c| (c.fragment, c.span.start)));
    }
}
