//! From what counts to findings: each value once, at its most telling place, with an
//! excerpt that keeps nothing of the value.

use super::{
    judge::Candidate,
    model::{Finding, Origin},
    pass::Pass,
};
use crate::ruleset::DetectionRule;
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

/// An excerpt's length in characters, and what stands in place of a value.
const EXCERPT: usize = 120;
const MASK: &str = "•••";

/// Of every rule each value once, and of all values the gravest rules' first.
pub(super) fn strongest(mut candidates: Vec<Candidate>, room: usize) -> Vec<Candidate> {
    let rank = |c: &Candidate| (Reverse((c.confidence * 1e6) as u32), c.origin, c.fragment, c.span.start);
    candidates.sort_by_key(|c| (c.rule, c.value, rank(c)));
    candidates.dedup_by_key(|c| (c.rule, c.value));
    candidates.sort_by_key(|c| (c.rule, rank(c)));
    candidates.truncate(room);
    candidates
}

pub(super) fn of_candidates(pass: &Pass<'_, '_>, kept: &[Candidate]) -> Vec<Finding> {
    let mut by_fragment: HashMap<u32, Vec<&Candidate>> = HashMap::new();
    for candidate in kept {
        by_fragment.entry(candidate.fragment).or_default().push(candidate);
    }
    let mut fragments: Vec<_> = by_fragment.into_iter().collect();
    fragments.sort_by_key(|(fragment, _)| *fragment);
    let mut out = Vec::with_capacity(kept.len());
    for (fragment, mut here) in fragments {
        here.sort_by_key(|c| (c.span.start, c.rule));
        let Some(fragment) = pass.extract.fragments.get(fragment as usize) else { continue };
        let spans: Vec<_> = here.iter().map(|c| c.span.clone()).collect();
        for candidate in here {
            let Some(rule) = pass.detector.prepared().rule(candidate.rule) else { continue };
            out.push(Finding {
                confidence: candidate.confidence,
                part: fragment.place.to_string(),
                part_index: fragment.part,
                span: fragment.view.map.range(candidate.span.clone(), fragment.source.len()),
                excerpt: excerpt(&fragment.view.text, &candidate.span, &spans),
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

/// The words around a match. All matches, every digit and every address are masked, so that
/// the excerpt does not tell what the finding keeps quiet.
fn excerpt(text: &str, span: &std::ops::Range<usize>, all: &[std::ops::Range<usize>]) -> String {
    let side = (EXCERPT - MASK.chars().count()) / 2;
    let [before, after] = super::judge::around(text, span, side);
    let window = before.start..after.end;
    let mut out = String::new();
    let mut at = window.start;
    // Spans come sorted by their start; several may lie over each other.
    for hidden in all.iter().filter(|s| s.start < window.end && s.end > window.start) {
        if hidden.end <= at {
            continue;
        }
        if hidden.start > at {
            out.push_str(text.get(at..hidden.start).unwrap_or_default());
        }
        if !out.ends_with(MASK) {
            out.push_str(MASK);
        }
        at = hidden.end;
    }
    out.push_str(text.get(at..window.end).unwrap_or_default());
    let words = out.split([' ', '\n']).map(|word| match word.contains('@') {
        true => MASK.to_owned(),
        false => word.chars().map(|c| if c.is_numeric() { '•' } else { c }).collect(),
    });
    let words = words.collect::<Vec<_>>().join(" ");
    words.trim().chars().take(EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_keeps_no_value() {
        let text = "call 07700 900123 or a@b.example: nhs 943 476 5919, nino ab123456c\nend";
        let start = text.find("943").unwrap();
        let nino = text.find("ab123").unwrap();
        let all = [start..start + 12, nino..nino + 9];
        assert_eq!(excerpt(text, &all[0], &all), "call ••••• •••••• or ••• nhs •••, nino ••• end");
    }

    #[test]
    fn an_excerpt_is_short_and_cuts_no_letter() {
        let text = format!("{}idiot{}", "ŵ ".repeat(200), " ŷ".repeat(200));
        let start = text.find("idiot").unwrap();
        let short = excerpt(&text, &(start..start + 5), std::slice::from_ref(&(start..start + 5)));
        assert!(short.chars().count() <= EXCERPT && short.contains("ŵ ••• ŷ"), "{short}");
        let long = "x".repeat(500);
        assert_eq!(excerpt(&long, &(0..500), std::slice::from_ref(&(0..500))), MASK);
    }
}
