//! A rule set made ready to run: patterns numbered, the prefilter compiled or taken from
//! the cache, and every fault of a pattern found before a message is.

use super::{
    engine::{Database, Refused, Source, build, compile, expression},
    model::DetectorFaults,
    respelled::Lexicon,
};
use crate::ruleset::{Category, Check, DetectionRule, Pattern, RuleSet, parse_pattern};
use regex_syntax::hir::Hir;
use std::{path::Path, sync::Arc};

/// A pattern of a rule, by indexes.
#[derive(Clone, Copy)]
pub(super) struct PatternId {
    pub(super) rule: u32,
    pub(super) index: u32,
}

pub(super) struct Prepared {
    /// The gravest first: what a limit cuts off is the mildest.
    pub(super) rules: Vec<Arc<DetectionRule>>,
    /// Those of them that are built-in detections.
    pub(super) builtins: Vec<Arc<DetectionRule>>,
    /// The prefilter's numbers are indexes into this.
    pub(super) patterns: Vec<PatternId>,
    /// Those of rules with a strong check, the only ones that look at what the gate has put together.
    pub(super) strong: Vec<u32>,
    pub(super) database: Database,
    /// Categories that some rule's `near.findings` names.
    pub(super) context: Vec<Category>,
    /// The words of rules that look at words.
    pub(super) lexicon: Lexicon,
}

impl Prepared {
    pub(super) fn new(set: &RuleSet, cache: Option<&Path>) -> Result<Self, DetectorFaults> {
        let mut rules = set.detection.clone();
        rules.sort_by_key(|r| std::cmp::Reverse(r.severity));
        let mut patterns = Vec::new();
        for (rule, r) in (0u32..).zip(&rules) {
            patterns.extend((0u32..).zip(&r.patterns).map(|(index, _)| PatternId { rule, index }));
        }
        let is_strong =
            |p: &PatternId| rules.get(p.rule as usize).is_some_and(|r| r.check.is_some_and(Check::is_strong));
        let strong =
            (0u32..).zip(&patterns).filter(|(_, p)| is_strong(p)).map(|(number, _)| number).collect();
        let context = rules.iter().filter_map(|r| r.near.as_ref()).flat_map(|n| n.findings.clone()).collect();
        let database = database(&rules, cache)?;
        let worded = || rules.iter().filter(|rule| is_of_words(rule));
        let own =
            worded().flat_map(|rule| rule.patterns.iter().map(|pattern| (pattern, Some(rule.severity))));
        let beside = worded().flat_map(|rule| contexts(rule)).flatten().map(|pattern| (pattern, None));
        let lexicon = Lexicon::of(own.chain(beside).map(|(pattern, severity)| (hir(pattern), severity)));
        let builtins = rules.iter().filter(|r| r.builtin.is_some()).map(Arc::clone).collect();
        Ok(Self { rules, builtins, patterns, strong, database, context, lexicon })
    }

    pub(super) fn rule(&self, index: u32) -> Option<&Arc<DetectionRule>> {
        self.rules.get(index as usize)
    }

    /// The number under which a rule's context patterns are kept, beside those of patterns.
    pub(super) fn context_number(&self, rule: u32, unless: bool) -> u32 {
        (self.patterns.len() as u32).wrapping_add(rule * 2 + u32::from(unless))
    }
}

/// Whether a rule's patterns are words, which may be disguised; numbers with a check, passwords and the like are none.
pub(super) fn is_of_words(rule: &DetectionRule) -> bool {
    rule.check.is_none() && rule.builtin.is_none()
}

/// What a pattern means to the exact engine. The loader has parsed it before, so there is
/// no other outcome than success; an expression that matches nothing stands for that.
pub(super) fn hir(pattern: &Pattern) -> Hir {
    parse_pattern(&pattern.regex).unwrap_or_else(|_| Hir::fail())
}

pub(super) fn hirs(patterns: &[Pattern]) -> Vec<Hir> {
    patterns.iter().map(hir).collect()
}

/// The patterns of a rule beyond its own: `near` and `unless`.
fn contexts(rule: &DetectionRule) -> impl Iterator<Item = &[Pattern]> {
    let near = rule.near.iter().map(|n| n.patterns.as_slice());
    near.chain(rule.unless.iter().map(|u| u.patterns.as_slice())).filter(|p| !p.is_empty())
}

fn database(rules: &[Arc<DetectionRule>], cache: Option<&Path>) -> Result<Database, DetectorFaults> {
    let own: Vec<(&DetectionRule, &Pattern)> =
        rules.iter().flat_map(|r| r.patterns.iter().map(move |p| (&**r, p))).collect();
    let beside = rules.iter().flat_map(|r| contexts(r)).flatten();
    let checked = own.iter().map(|(_, p)| *p).chain(beside).map(|p| p.regex.as_ref());
    let source = Source::new(checked);
    // What lies in the cache under this digest has passed all that follows.
    if let Some(database) = cache.and_then(|cache| source.cached(cache)) {
        return Ok(database);
    }
    let mut faults = Vec::new();
    for (rule, pattern) in &own {
        if let Err(message) = build(&[hir(pattern)]) {
            faults.push(rule.fault(Some(pattern.place()), message, None));
        }
    }
    for rule in rules {
        for context in contexts(rule) {
            if let Err(message) = build(&hirs(context)) {
                faults.push(rule.fault(
                    context.first().map(Pattern::place),
                    message,
                    Some("split the list over two rules"),
                ));
            }
        }
    }
    let expressions: Vec<String> = own.iter().map(|(_, p)| expression(&hir(p))).collect();
    let database = match compile(&expressions) {
        Ok(database) => Some(database),
        Err(Refused::Engine(message)) => return Err(DetectorFaults::Engine(message)),
        Err(Refused::Expressions(bad)) => {
            faults.extend(bad.into_iter().filter_map(|(i, message)| {
                let (rule, pattern) = own.get(i)?;
                let message = format!("`{}`: {message}", pattern.written);
                Some(rule.fault(Some(pattern.place()), message, Some("shorten its repetitions")))
            }));
            None
        }
    };
    match database {
        Some(database) if faults.is_empty() => {
            // Without a cache the next start only takes longer.
            if let Some(Err(error)) = cache.map(|cache| source.store(&database, cache)) {
                tracing::warn!(%error, "the compiled rules could not be kept");
            }
            Ok(database)
        }
        _ => {
            faults.sort();
            faults.dedup();
            Err(DetectorFaults::Rules(faults))
        }
    }
}
