//! The detector: a rule set and the people of a directory, ready for any number of
//! messages on any number of threads.

use super::{
    engine::{Locator, ScanMemory},
    model::{DetectLimits, DetectorFaults, Explained, Finding},
    pass::{Hit, Pass},
    people::{NameMemory, People},
    prepare::Prepared,
    respelled::respelled,
};
use crate::{
    extraction::Extract,
    mail::Carried,
    message::Message,
    parties::Parties,
    ruleset::{DetectionRule, RuleSet},
};
use std::{path::Path, sync::Arc};

/// All rules, ready to run over messages from any thread.
#[derive(Clone)]
pub struct Detector {
    prepared: Arc<Prepared>,
    people: Arc<People>,
}

/// What a message came to.
#[derive(Debug, Default)]
pub struct Detected {
    /// In the order of its text.
    pub findings: Vec<Finding>,
    /// What it carries for the rest of its conversation.
    pub carried: Vec<Carried>,
}

/// One thread's working memory, for one detector after another.
#[derive(Default)]
pub struct Scratch {
    pub(super) scan: ScanMemory,
    pub(super) locator: Locator,
    pub(super) names: NameMemory,
    /// For which prepared rules the locator's numbers stand.
    owner: Option<u64>,
    pub(super) short: Vec<u8>,
    pub(super) long: Vec<u8>,
    pub(super) hits: Vec<Hit>,
}

impl Scratch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes ready for this detector's rules.
    pub(super) fn serve(&mut self, detector: &Detector) {
        let owner = detector.prepared.database.id();
        if self.owner != Some(owner) {
            self.locator.clear();
            self.owner = Some(owner);
        }
    }
}

impl Detector {
    /// Compiles the rules, or takes them compiled from `cache_dir`, where the next start
    /// finds them under their digest.
    pub fn new(
        rules: &RuleSet,
        people: Arc<People>,
        cache_dir: Option<&Path>,
    ) -> Result<Self, DetectorFaults> {
        Ok(Self { prepared: Arc::new(Prepared::new(rules, cache_dir)?), people })
    }

    /// The same rules with another directory's people.
    pub fn with_people(&self, people: Arc<People>) -> Self {
        Self { prepared: Arc::clone(&self.prepared), people }
    }

    /// The rules, gravest first.
    pub fn rules(&self) -> &[Arc<DetectionRule>] {
        &self.prepared.rules
    }

    /// Whether the compiled patterns came from the cache, and how large they are in memory.
    pub fn compiled(&self) -> (bool, usize) {
        (self.prepared.database.cached, self.prepared.database.size())
    }

    pub(super) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    pub(super) fn people(&self) -> &People {
        &self.people
    }

    /// Every finding of the message, in the order of its text.
    pub fn detect(
        &self,
        message: &Message<'_>,
        extract: &Extract<'_>,
        parties: &Parties,
        scratch: &mut Scratch,
        limits: DetectLimits,
    ) -> Vec<Finding> {
        self.detect_after(message, extract, parties, &[], scratch, limits).findings
    }

    /// The same of a message whose conversation is known.
    pub fn detect_after(
        &self,
        message: &Message<'_>,
        extract: &Extract<'_>,
        parties: &Parties,
        earlier: &[Carried],
        scratch: &mut Scratch,
        limits: DetectLimits,
    ) -> Detected {
        let (respelled, unread) = respelled(extract, &self.prepared.lexicon);
        let mut pass = Pass::new(self, message, (extract, &respelled), parties, earlier, scratch, limits);
        pass.unread = unread;
        let findings = pass.run();
        Detected { findings, carried: pass.carried }
    }

    /// The same, and for each rule whose patterns matched what held a match back.
    pub fn detect_explained(
        &self,
        message: &Message<'_>,
        extract: &Extract<'_>,
        parties: &Parties,
        scratch: &mut Scratch,
        limits: DetectLimits,
    ) -> Explained {
        let (respelled, unread) = respelled(extract, &self.prepared.lexicon);
        let mut pass = Pass::new(self, message, (extract, &respelled), parties, &[], scratch, limits);
        pass.unread = unread;
        pass.run_explained()
    }
}
