//! One `[[detect]]` table: read, checked, and made into a [`DetectionRule`].

use super::{
    Context, DetectionRule, Example, Examples, Pattern, Severity, Suppress, names, pattern,
    reader::{Reader, Text},
};
use std::sync::Arc;

/// The widest `within`, in characters: as far as a page.
const WIDEST: usize = 4000;
const MOST_HITS: usize = 10_000;

/// Reads the table. `None` when a fault leaves no rule; faults are noted in the file.
pub(super) fn read(mut table: Reader<'_, '_, '_>) -> Option<DetectionRule> {
    let id = table.required("id").and_then(|id| super::policy::checked_id(&mut table, id));
    let category = table.required("category");
    let category = category.and_then(|t| table.name(&t, "category", &names::categories()));
    let area = table.required("area").and_then(|t| table.name(&t, "area", names::AREAS));
    let severity = table.required("severity").and_then(|t| table.name(&t, "severity", names::SEVERITIES));
    let confidence = table.share("confidence");
    let reason = table.required("reason");
    let clauses = super::policy::clauses(&mut table);
    let languages = table.texts("languages").into_iter().map(|t| t.value).collect();
    let builtin = table.named("builtin", names::BUILTINS);
    let patterns = patterns(&mut table);
    let check = table.named("check", names::CHECKS);
    let near = near(&mut table);
    let rule = DetectionRule {
        id: id.clone().unwrap_or_else(|| "".into()),
        category: category.unwrap_or(super::Category::FileNotInspected),
        area: area.unwrap_or(super::Area::Content),
        severity: severity.unwrap_or(Severity::Low),
        confidence: confidence.unwrap_or(0.8),
        languages,
        clauses,
        reason: reason.as_ref().map_or("", |t| t.value.as_str()).into(),
        patterns,
        builtin,
        people: table.names("people", &names::roles()),
        domains: table.texts("domains").into_iter().map(|t| t.value.to_lowercase().into()).collect(),
        check,
        near,
        unless: unless(&mut table),
        scope: table.named("scope", names::SCOPES).unwrap_or_default(),
        minimum: table.number("minimum", 1..=MOST_HITS).unwrap_or(1),
        examples: examples(&mut table),
        origin: origin(&table),
    };
    contradictions(&mut table, &rule);
    table.finish();
    (id.is_some() && category.is_some() && area.is_some() && severity.is_some() && reason.is_some())
        .then_some(rule)
}

pub(super) fn origin(table: &Reader<'_, '_, '_>) -> Arc<str> {
    let (line, _) = table.file.place(table.at());
    format!("{}:{line}", table.file.name.display()).into()
}

/// `patterns` and `words` of this table, translated.
fn patterns(table: &mut Reader<'_, '_, '_>) -> Vec<Pattern> {
    let mut out = Vec::new();
    let mut add = |table: &mut Reader<'_, '_, '_>, text: Text, result: Result<String, String>| match result {
        Ok(regex) => {
            let (line, column) = table.file.place(text.at);
            out.push(Pattern { regex: regex.into(), written: text.value.into(), line, column });
        }
        Err(message) => {
            let hint = message.contains("look-around").then(|| {
                "the engines know no look-around: use `near` and `unless`, or a character class".to_owned()
            });
            table.file.fault(text.at, format!("`{}`: {message}", text.value), hint);
        }
    };
    for text in table.texts("patterns") {
        let result = pattern::translate(&text.value);
        add(table, text, result);
    }
    for text in table.texts("words") {
        let result = pattern::word(&text.value);
        add(table, text, result);
    }
    out
}

fn near(table: &mut Reader<'_, '_, '_>) -> Option<Context> {
    let (inner, span) = table.table("near")?;
    let mut near = Reader::new(table.file, inner, span);
    let patterns = patterns(&mut near);
    let context = Context {
        patterns,
        people: near.names("people", &names::roles()),
        findings: near.names("findings", &names::categories()),
        within: near.number("within", 1..=WIDEST).unwrap_or(80),
        otherwise: near.share("otherwise"),
    };
    if context.patterns.is_empty() && context.people.is_empty() && context.findings.is_empty() {
        let at = near.at();
        near.file.fault(at, "`near` names nothing", Some("words, patterns, people or findings".into()));
    }
    near.finish();
    Some(context)
}

fn unless(table: &mut Reader<'_, '_, '_>) -> Option<Suppress> {
    let (inner, span) = table.table("unless")?;
    let mut unless = Reader::new(table.file, inner, span);
    let suppress = Suppress { patterns: patterns(&mut unless), within: unless.number("within", 1..=WIDEST) };
    if suppress.patterns.is_empty() {
        let at = unless.at();
        unless.file.fault(at, "`unless` names nothing", Some("words or patterns".into()));
    }
    unless.finish();
    Some(suppress)
}

fn examples(table: &mut Reader<'_, '_, '_>) -> Examples {
    let Some((inner, span)) = table.table("examples") else { return Examples::default() };
    let mut examples = Reader::new(table.file, inner, span);
    let (hit, miss) = (examples.texts("hit"), examples.texts("miss"));
    let placed = |text: Text| {
        let (line, column) = examples.file.place(text.at);
        Example { text: text.value, line, column }
    };
    let read =
        Examples { hit: hit.into_iter().map(placed).collect(), miss: miss.into_iter().map(placed).collect() };
    examples.finish();
    read
}

/// Settings that cannot be meant together.
fn contradictions(table: &mut Reader<'_, '_, '_>, rule: &DetectionRule) {
    let at = table.at();
    let mut fault = |message: &str, hint: &str| table.file.fault(at, message, Some(hint.into()));
    match rule.builtin {
        Some(builtin) if !builtin.takes_patterns() => {
            let patterns = !rule.patterns.is_empty() || rule.check.is_some() || rule.unless.is_some();
            if patterns {
                fault("a built-in detection takes no patterns", "remove them, or `builtin`");
            }
        }
        _ if rule.patterns.is_empty() => {
            fault("the rule has nothing to look for", "give `patterns`, `words` or `builtin`");
        }
        _ => {}
    }
    if rule.builtin == Some(super::Builtin::FreeMailName) && rule.domains.is_empty() {
        fault("`free-mail-name` needs `domains`", "for example `domains = [\"mail.example\"]`");
    }
    if rule.builtin.is_none() && !rule.domains.is_empty() {
        fault("`domains` belongs to `builtin = \"free-mail-name\"`", "remove it");
    }
    if rule.builtin.is_none() && !rule.people.is_empty() {
        fault("`people` belongs to a built-in detection", "did you mean `near.people`?");
    }
    if rule.near.as_ref().and_then(|n| n.otherwise).is_some_and(|o| o >= rule.confidence) {
        fault("`near.otherwise` is not below `confidence`", "context must raise the confidence");
    }
    if rule.confidence == 0.0 {
        fault("a confidence of 0 is never a finding", "remove the rule, or give it a confidence");
    }
}
