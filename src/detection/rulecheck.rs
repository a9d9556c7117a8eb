//! Runs every example of every rule: a hit must give a finding of its rule, a miss none.
//! This is what `gatehouse rules check` runs, and the project's own tests.

use super::{
    DetectLimits, Detector, DetectorFaults, Scratch,
    example::{ExampleMessage, ExampleSchool},
    model::{Explained, Miss},
};
use crate::ruleset::{Builtin, DetectionRule, Example, Fault, RuleSet};
use std::{path::Path, sync::Arc};

/// Everything that is wrong with a loaded set, in order of file and line; empty when
/// nothing is. `Err` only when the engine itself does not start.
pub fn check(rules: &RuleSet, cache_dir: Option<&Path>) -> Result<Vec<Fault>, DetectorFaults> {
    let school = ExampleSchool::new();
    let detector = match Detector::new(rules, Arc::new(school.people()), cache_dir) {
        Ok(detector) => detector,
        Err(DetectorFaults::Rules(faults)) => return Ok(faults),
        Err(engine) => return Err(engine),
    };
    let mut scratch = Scratch::new();
    let mut faults = Vec::new();
    for rule in detector.rules() {
        // What these are about is no text, so an example cannot be written as one.
        let is_of_a_file = rule.builtin.is_some_and(Builtin::speaks_of_files);
        if !is_of_a_file && (rule.examples.hit.is_empty() || rule.examples.miss.is_empty()) {
            let hint = "at least one text that hits and one that nearly does";
            faults.push(rule.fault(None, "`examples.hit` or `examples.miss` is missing", Some(hint)));
        }
        for (examples, must_hit) in [(&rule.examples.hit, true), (&rule.examples.miss, false)] {
            for example in examples {
                let outcome = school.message(&example.text);
                let fault = match outcome {
                    Ok(message) => judged(&detector, &message, &mut scratch, rule, must_hit),
                    Err(wrong) => Some((wrong, None)),
                };
                faults.extend(fault.map(|(message, hint)| at(rule, example, message, hint.as_deref())));
            }
        }
    }
    faults.sort();
    Ok(faults)
}

fn at(rule: &DetectionRule, example: &Example, message: String, hint: Option<&str>) -> Fault {
    rule.fault(Some((example.line, example.column)), format!("{}: {message}", rule.id), hint)
}

/// What is wrong with one example's outcome, and why it came so.
fn judged(
    detector: &Detector,
    example: &ExampleMessage,
    scratch: &mut Scratch,
    rule: &DetectionRule,
    must_hit: bool,
) -> Option<(String, Option<String>)> {
    let explained = example.with(|message, extract, parties| {
        detector.detect_explained(message, extract, parties, scratch, DetectLimits::default())
    });
    let own = explained.findings.iter().filter(|f| f.rule == rule.id);
    let best = own.map(|f| f.confidence).fold(None, |a: Option<f32>, b| Some(a.map_or(b, |a| a.max(b))));
    let hits = best.is_some_and(|b| b * 2.0 >= rule.confidence);
    match (must_hit, hits) {
        (true, true) | (false, false) => None,
        (true, false) => Some(("this hit gives no finding".into(), Some(why(&explained, rule, best)))),
        (false, true) => Some(("this miss gives a finding".into(), None)),
    }
}

fn why(explained: &Explained, rule: &DetectionRule, best: Option<f32>) -> String {
    if let Some(best) = best {
        return format!("only one of confidence {best}: its context is missing");
    }
    let misses = explained.near_misses.iter().filter(|n| n.rule == rule.id);
    let reasons: Vec<&str> = misses
        .map(|n| match n.miss {
            Miss::Scope => "it lies outside the rule's scope",
            Miss::Sender => "the rule speaks of another sender",
            Miss::Check => "its check fails",
            Miss::Suppressed => "a word of `unless` takes it away",
            Miss::Context => "its context is missing",
            Miss::TooFew => "there are fewer than `minimum`",
        })
        .collect();
    match reasons.is_empty() {
        true => "no pattern matches; patterns see lower case and single spaces".into(),
        false => reasons.join("; "),
    }
}
