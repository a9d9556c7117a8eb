//! The functional core on one screen: a transaction, the facts, and the rules in force
//! become an assessment. No I/O, no clock, no chance: same facts, same verdict.

use crate::{
    detection::{Detector, Finding, Scratch},
    extraction,
    mail::{Facts, Transaction},
    message::{self, Message, Protection},
    parties::{self, Directory, Parties, School},
    policy::Situation,
    ruleset::RuleSet,
    verdict::{Account, Verdict, decide},
};
use std::sync::Arc;

/// All that a verdict rests on besides the message and the facts; swapped in whole on reload.
pub struct Ruling {
    pub rules: RuleSet,
    pub detector: Detector,
    pub directory: Arc<Directory>,
    pub schools: Vec<Arc<School>>,
    pub reading: Bounds,
}

/// How much of a message is read (docs/configuration.md, `[limits]`).
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub read: message::ReadLimits,
    pub extract: extraction::ExtractLimits,
    pub findings: usize,
}

/// What was seen and decided.
pub struct Assessment {
    pub parties: Parties,
    pub findings: Vec<Finding>,
    pub protection: Protection,
    pub verdict: Verdict,
    /// How each recipient's fate came about.
    pub accounts: Vec<Account>,
    pub message_id: Option<String>,
}

impl Ruling {
    /// The school whose rules hold for these parties.
    pub fn school(&self, parties: &Parties) -> Option<&Arc<School>> {
        let id = parties.school.as_ref()?;
        self.schools.iter().find(|s| s.id == *id)
    }
}

/// Assesses one message; `then` sees it once more before it is let go, together with the
/// assessment, so that edits are computed over the same reading of the bytes.
pub fn assess<T>(
    transaction: &Transaction,
    facts: &Facts,
    ruling: &Ruling,
    scratch: &mut Scratch,
    then: impl FnOnce(&Message<'_>, &Assessment) -> T,
) -> (Assessment, T) {
    let message = message::read(&transaction.raw, ruling.reading.read);
    let parties = parties::resolve(transaction, facts, &message.header, &ruling.directory, &ruling.schools);
    let extract = extraction::extract(&message, ruling.reading.extract);
    let findings = ruling.detector.detect(&message, &extract, &parties, scratch, ruling.reading.findings);
    let settled: Vec<String> =
        facts.releases.iter().flat_map(|r| r.settled_policies.iter().cloned()).collect();
    let (verdict, accounts) = {
        let situation = Situation {
            message: &message,
            parties: &parties,
            findings: &findings,
            school: ruling.school(&parties).map(|s| &**s),
            settled: &settled,
        };
        decide(&ruling.rules, &situation)
    };
    let assessment = Assessment {
        protection: message.protection(),
        message_id: message.header.message_id.clone(),
        parties,
        findings,
        verdict,
        accounts,
    };
    let after = then(&message, &assessment);
    (assessment, after)
}
