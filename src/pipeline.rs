//! The functional core on one screen: a transaction, the facts, and the rules in force
//! become an assessment. No I/O, no clock, no chance: same facts, same verdict.

use crate::{
    detection::{self, DetectLimits, Detected, Detector, Finding, PictureLists, Scratch},
    extraction,
    files::{self, Opener},
    mail::{Carried, Facts, Transaction},
    message::{self, Message, Protection},
    parties::{self, Directory, Parties, School},
    policy::{Applying, Judgement, Situation, WhyNot, may_hold_image},
    ruleset::RuleSet,
    verdict::{Account, Verdict, decide},
};
use serde_json::json;
use std::sync::Arc;

/// All that a verdict rests on besides the message and the facts; swapped in whole on reload.
#[derive(Clone)]
pub struct Rulebook {
    pub rules: RuleSet,
    pub detector: Detector,
    pub directory: Arc<Directory>,
    pub schools: Vec<Arc<School>>,
    pub limits: ReadingLimits,
    /// Opens the files that a message carries.
    pub opener: Arc<dyn Opener>,
    /// Hashes of pictures that the school was given.
    pub pictures: Arc<PictureLists>,
}

/// How much of a message is read (docs/configuration.md, `[limits]`).
#[derive(Clone, Copy, Debug)]
pub struct ReadingLimits {
    pub read: message::ReadLimits,
    pub extract: extraction::ExtractLimits,
    pub detect: DetectLimits,
}

/// What was seen and decided.
pub struct Assessment {
    pub parties: Parties,
    pub findings: Vec<Finding>,
    pub protection: Protection,
    /// What it carries for the rest of its conversation.
    pub carried: Vec<Carried>,
    pub verdict: Verdict,
    /// How each recipient's fate came about.
    pub accounts: Vec<Account>,
    pub message_id: Option<String>,
    /// Numbers of the exceptions and the suspension that held for the sender.
    pub measures: Vec<Arc<str>>,
}

impl Rulebook {
    /// The school whose rules hold for these parties.
    pub fn school(&self, parties: &Parties) -> Option<&Arc<School>> {
        let id = parties.school.as_ref()?;
        self.schools.iter().find(|s| s.id == *id)
    }
}

/// Assesses one message; `then` sees it and its text once more before they are let go, together with
/// the assessment, so that edits and the search index rest on the same reading of the bytes.
pub fn assess<T>(
    transaction: &Transaction,
    facts: &Facts,
    rulebook: &Rulebook,
    scratch: &mut Scratch,
    then: impl FnOnce(&Message<'_>, &extraction::Extract<'_>, &Assessment) -> T,
) -> (Assessment, T) {
    let mut message = message::read_in_every_way(&transaction.raw, rulebook.limits.read);
    let files = files::open_parts(&mut message, &*rulebook.opener);
    let parties = parties::resolve(transaction, &message.header, &rulebook.directory, &rulebook.schools);
    let (detector, limits) = (&rulebook.detector, rulebook.limits);
    let mut extract = extraction::extract(&message, &files, limits.extract);
    let detect = |extract: &extraction::Extract<'_>, scratch: &mut Scratch| {
        detector.detect_after(&message, extract, &parties, &facts.earlier, scratch, limits.detect)
    };
    let Detected { mut findings, mut carried } = detect(&extract, scratch);
    let listed = detection::listed(&message, &files, &rulebook.pictures);
    // Where sexual words and a picture come together, or a list has one of the files, nobody looks at the
    // pictures (practice.md, A3).
    let may_look = files.has_pictures() && listed.is_empty() && !may_hold_image(&findings, &message);
    let with_words = may_look.then(|| files.with_words_in_pictures(&message, &*rulebook.opener)).flatten();
    if let Some(files) = &with_words {
        extract = extraction::extract(&message, files, limits.extract);
        Detected { findings, carried } = detect(&extract, scratch);
    }
    findings.extend(listed);
    findings.extend(detection::scanned(facts));
    let settled: Vec<String> =
        facts.releases.iter().flat_map(|r| r.settled_policies.iter().cloned()).collect();
    let measures = Applying::to(facts, &parties, &rulebook.directory);
    let (verdict, accounts) = {
        let situation = Situation {
            message: &message,
            parties: &parties,
            findings: &findings,
            school: rulebook.school(&parties).map(|s| &**s),
            settled: &settled,
            measures: &measures,
            answers: facts.answers,
            unscanned: facts.unscanned,
        };
        decide(&rulebook.rules, &situation)
    };
    let assessment = Assessment {
        protection: message.protection(),
        carried,
        message_id: message.header.message_id.clone(),
        measures: measures.ids(),
        parties,
        findings,
        verdict,
        accounts,
    };
    let after = then(&message, &extract, &assessment);
    (assessment, after)
}

impl Assessment {
    /// The verdict with the facts it rests on, for the store: rules, places and numbers,
    /// no content, no address. With the message it allows the verdict to be repeated.
    pub fn explanation(&self, facts: &Facts, rulebook: &Rulebook) -> serde_json::Value {
        let findings: Vec<_> = self
            .found()
            .into_iter()
            .map(|(f, count)| {
                json!({
                    "rule": &*f.rule, "category": f.category.name(), "severity": f.severity,
                    "confidence": f.confidence, "part": f.part, "origin": f.origin, "count": count,
                })
            })
            .collect();
        let groups: Vec<_> = self
            .verdict
            .groups
            .iter()
            .map(|g| {
                json!({
                    "recipients": g.recipients, "relation": g.relation.to_string(),
                    "disposition": g.disposition.name(),
                    "policies": g.reasons.iter().map(|r| &*r.policy).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "rules": rulebook.rules.digest,
            "directory": rulebook.directory.id(),
            "picture_lists": rulebook.pictures.digest_hex(),
            "facts": {
                "now": facts.now,
                "proved": self.parties.proved_sender.is_some(),
                "settled": facts.releases.iter().flat_map(|r| &r.settled_policies).collect::<Vec<_>>(),
                "scans": facts.scans,
                "unscanned": facts.unscanned,
                "similar_recent": facts.similar_recent,
                "measures": self.measures,
                "answers": facts.answers,
                "earlier": facts.earlier,
                "observed": self.observed(),
            },
            "findings": findings,
            "groups": groups,
            "actions": self.verdict.actions(),
        })
    }

    /// Rules that would have spoken and only observe for a while.
    fn observed(&self) -> Vec<&str> {
        let observed = |j: &&Judgement| matches!(j.outcome, Err(WhyNot::Observed { .. }));
        let judgements = self.accounts.iter().flat_map(|a| &a.judgements).filter(observed);
        let mut rules: Vec<&str> = judgements.map(|j| &*j.rule.id).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The findings, those of one rule at one place counted: a class list has hundreds.
    fn found(&self) -> Vec<(&Finding, usize)> {
        let mut found: Vec<(&Finding, usize)> = Vec::new();
        for finding in &self.findings {
            let same = |(f, _): &&mut (&Finding, usize)| {
                Arc::ptr_eq(&f.rule, &finding.rule)
                    && f.origin == finding.origin
                    && f.part == finding.part
                    && f.confidence == finding.confidence
            };
            match found.iter_mut().rev().take(WITHIN).find(same) {
                Some((_, count)) => *count += 1,
                None => found.push((finding, 1)),
            }
        }
        found
    }
}

/// Findings come in the order of the text, so those that are alike stand near each other.
const WITHIN: usize = 32;
