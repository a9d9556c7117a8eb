//! A match and its surroundings: does it pass the rule's check, stand in the rule's scope,
//! have its context, and nothing that takes it away?

use super::{
    identifiers,
    model::{Miss, Origin},
    pass::Pass,
    people::Roles,
    prepare::hirs,
    structure::password::is_no_password,
};
use crate::{
    extraction::{Fragment, Layer},
    ruleset::{Builtin, Category, Check, Context, DetectionRule, Scope, Severity, Suppress},
};
use std::ops::Range;

/// A match that counts.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) rule: u32,
    pub(super) fragment: u32,
    /// In the view.
    pub(super) span: Range<usize>,
    pub(super) confidence: f32,
    pub(super) origin: Origin,
    pub(super) value: u64,
}

/// What a match came to.
pub(super) enum Judged {
    Counts(Candidate),
    /// Counts, with this confidence, if a finding of the rule's `near.findings` stands near.
    Waits(Candidate),
    Misses(Miss),
}

impl Judged {
    pub(super) fn map(self, change: impl FnOnce(Candidate) -> Candidate) -> Self {
        match self {
            Self::Counts(candidate) => Self::Counts(change(candidate)),
            Self::Waits(candidate) => Self::Waits(change(candidate)),
            Self::Misses(miss) => Self::Misses(miss),
        }
    }
}

impl Pass<'_, '_> {
    /// A password without its file is no finding of its own; the message is remembered for having it.
    pub(super) fn judge(
        &mut self,
        rule_index: u32,
        fragment_index: u32,
        span: Range<usize>,
    ) -> Option<Judged> {
        let rule = self.detector.prepared().rule(rule_index)?;
        if rule.builtin != Some(Builtin::PasswordBeside) {
            return self.judge_alone(rule_index, fragment_index, span);
        }
        let text = self.text(fragment_index)?.view.text.as_str();
        if is_no_password(text.get(span.clone())?) {
            return Some(Judged::Misses(Miss::Suppressed));
        }
        let judged = self.judge_alone(rule_index, fragment_index, span);
        if self.protected_file {
            return judged;
        }
        if let Some(Judged::Counts(candidate)) = judged
            && candidate.origin != Origin::Quoted
        {
            self.password.get_or_insert(candidate);
        }
        Some(Judged::Misses(Miss::Sender))
    }

    fn judge_alone(&mut self, rule_index: u32, fragment_index: u32, span: Range<usize>) -> Option<Judged> {
        let detector = self.detector;
        let rule = detector.prepared().rule(rule_index)?;
        let fragment = self.text(fragment_index)?;
        let text = fragment.view.text.as_str();
        let origin = self.origin(fragment, &span);
        if fragment.checked_only && !rule.check.is_some_and(Check::is_strong)
            || !in_scope(rule, fragment, origin)
        {
            return Some(Judged::Misses(Miss::Scope));
        }
        if rule.builtin == Some(Builtin::UnknownSender) && !self.unknown_sender {
            return Some(Judged::Misses(Miss::Sender));
        }
        let matched = text.get(span.clone())?;
        let value = match rule.check {
            Some(check) => match identifiers::canonical(check, matched, self.today) {
                Some(canonical) => self.digest(&canonical),
                None => return Some(Judged::Misses(Miss::Check)),
            },
            None => self.digest(matched),
        };
        self.tally_passed(rule_index, fragment_index, value);
        let candidate = |confidence| Candidate {
            rule: rule_index,
            fragment: fragment_index,
            span: span.clone(),
            confidence,
            origin,
            value,
        };
        if let Some(unless) = &rule.unless
            && (self.suppressed(rule_index, fragment_index, unless, text, &span)
                || self.suppressed_by_subject(rule_index, fragment, unless, &span))
        {
            return Some(Judged::Misses(Miss::Suppressed));
        }
        let Some(near) = &rule.near else { return Some(Judged::Counts(candidate(rule.confidence))) };
        if self.near(rule_index, near, text, &span) {
            return Some(Judged::Counts(candidate(rule.confidence)));
        }
        Some(match near.otherwise {
            // What the gate has put together itself is chance unless its words stand beside it.
            _ if fragment.checked_only => Judged::Misses(Miss::Context),
            _ if !near.findings.is_empty() => Judged::Waits(candidate(rule.confidence)),
            Some(otherwise) => Judged::Counts(candidate(otherwise)),
            None => Judged::Misses(Miss::Context),
        })
    }

    fn near(&mut self, rule: u32, near: &Context, text: &str, span: &Range<usize>) -> bool {
        let windows = around(text, span, near.within);
        let detector = self.detector;
        let number = detector.prepared().context_number(rule, false);
        if !near.patterns.is_empty()
            && self.memory.locator.any(number, || hirs(&near.patterns), text, windows.clone())
        {
            return true;
        }
        let wanted: Roles = near.people.iter().copied().collect();
        if wanted.is_empty() {
            return false;
        }
        // A name may stand across the match (`name: 943 476 5919`), not across its own end.
        windows
            .iter()
            .filter_map(|w| text.get(w.clone()))
            .any(|window| detector.people().in_text(window, &mut self.memory.names).any(&near.people))
    }

    fn suppressed(
        &mut self,
        rule: u32,
        fragment: u32,
        unless: &Suppress,
        text: &str,
        span: &Range<usize>,
    ) -> bool {
        if let Some(within) = unless.within {
            let [before, after] = around(text, span, within);
            let number = self.detector.prepared().context_number(rule, true);
            let patterns = || hirs(&unless.patterns);
            return self.memory.locator.any_beyond(number, patterns, text, before.start..after.end, span);
        }
        self.suppressed_in_whole(rule, fragment, unless, text)
    }

    /// The whole text is read for it only once.
    fn suppressed_in_whole(&mut self, rule: u32, fragment: u32, unless: &Suppress, text: &str) -> bool {
        match self.suppressed_texts.get(&(rule, fragment)) {
            Some(known) => *known,
            None => {
                let number = self.detector.prepared().context_number(rule, true);
                let known =
                    self.memory.locator.any(number, || hirs(&unless.patterns), text, Some(0..text.len()));
                self.suppressed_texts.insert((rule, fragment), known);
                known
            }
        }
    }

    /// The subject says what the text below it is about. It counts as the text's own beginning would, so for what
    /// stands near that, and not where too much hangs on it (docs/rules.md): it is no proof (practice.md, A7).
    fn suppressed_by_subject(
        &mut self,
        rule_index: u32,
        fragment: &Fragment<'_>,
        unless: &Suppress,
        span: &Range<usize>,
    ) -> bool {
        let Some(subject) = self.subject else { return false };
        let is_grave = self.detector.prepared().rule(rule_index).is_none_or(|rule| is_grave(rule));
        let is_below =
            matches!(fragment.layer, Layer::Visible | Layer::Hidden | Layer::Link | Layer::FileName)
                && !fragment.checked_only
                && fragment
                    .part
                    .is_some_and(|at| self.message.parts.get(at).is_some_and(|part| part.nesting == 0));
        let before = fragment.view.text.get(..span.start).unwrap_or_default();
        let is_near = |within: usize| before.chars().take(within + 1).count() <= within;
        if is_grave || !is_below || !unless.within.is_none_or(is_near) {
            return false;
        }
        let Some(text) = self.text(subject).map(|subject| subject.view.text.as_str()) else { return false };
        self.suppressed_in_whole(rule_index, subject, unless, text)
    }

    fn origin(&self, fragment: &Fragment<'_>, span: &Range<usize>) -> Origin {
        let quoted = fragment.quoted.partition_point(|q| q.end <= span.start);
        match fragment.layer {
            Layer::Hidden => Origin::Hidden,
            _ if fragment.quoted.get(quoted).is_some_and(|q| q.start <= span.start) => Origin::Quoted,
            _ if self.passed_on.holds(self.message, fragment) => Origin::Attached,
            _ => Origin::Own,
        }
    }
}

/// What no subject makes harmless: a grave threat, a possible disclosure (practice.md, A1), approaches to a child, and
/// what is personal whatever it is for.
fn is_grave(rule: &DetectionRule) -> bool {
    rule.severity >= Severity::Critical
        || rule.category == Category::HarmSelfHarm
        || rule.category == Category::HarmSexual && rule.severity >= Severity::High
        || matches!(rule.category.family(), "contact" | "personal-data")
}

fn in_scope(rule: &DetectionRule, fragment: &Fragment<'_>, origin: Origin) -> bool {
    match rule.scope {
        Scope::Any => true,
        // Whoever sends an attached message on gives away all that stands in it.
        Scope::Own if rule.category.family() == "personal-data" => origin != Origin::Quoted,
        Scope::Own => !matches!(origin, Origin::Quoted | Origin::Attached),
        Scope::Subject => fragment.layer == Layer::Subject,
    }
}

/// So many characters before and after a match; the match itself is no context of its own.
pub(super) fn around(text: &str, span: &Range<usize>, within: usize) -> [Range<usize>; 2] {
    // In ASCII, which nearly all of it is, characters are bytes.
    let near = span.start.saturating_sub(within)..span.start;
    let start = match text.as_bytes().get(near.clone()) {
        Some(bytes) if bytes.is_ascii() => near.start,
        _ => {
            let before = text.get(..span.start).unwrap_or_default();
            before.char_indices().rev().nth(within.saturating_sub(1)).map_or(0, |(at, _)| at)
        }
    };
    let near = span.end..(span.end + within).min(text.len());
    let end = match text.as_bytes().get(near.clone()) {
        Some(bytes) if bytes.is_ascii() => near.end,
        _ => {
            let after = text.get(span.end..).unwrap_or_default();
            after.char_indices().nth(within).map_or(text.len(), |(at, _)| span.end + at)
        }
    };
    [start..span.start, span.end..end]
}
