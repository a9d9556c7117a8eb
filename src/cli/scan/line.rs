//! The line that `scan` prints for a message: stable, other programs rely on it.

use crate::{
    detection::Finding,
    mail::{Address, Transaction},
    message::Protection,
    pipeline::Assessment,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    index: usize,
    message_id: Option<&'a str>,
    school: Option<&'a str>,
    direction: &'static str,
    relations: Vec<String>,
    protection: Protection,
    disposition: &'static str,
    groups: Vec<GroupLine<'a>>,
    actions: Vec<String>,
    findings: Vec<FindingLine<'a>>,
    elapsed_us: u64,
}

#[derive(Serialize)]
struct GroupLine<'a> {
    recipients: Vec<&'a str>,
    relation: String,
    disposition: &'static str,
    policies: Vec<&'a str>,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    rule: &'a str,
    category: &'static str,
    area: crate::ruleset::Area,
    severity: crate::ruleset::Severity,
    confidence: f32,
    clauses: Vec<&'a str>,
    part: &'a str,
    offset: usize,
    length: usize,
    origin: crate::detection::Origin,
    excerpt: &'a str,
}

pub(super) fn message(
    path: &Path,
    index: usize,
    transaction: &Transaction,
    assessment: &Assessment,
    elapsed_us: u64,
) -> String {
    let parties = &assessment.parties;
    let verdict = &assessment.verdict;
    let mut relations: Vec<String> = parties.relations.iter().map(ToString::to_string).collect();
    relations.sort_unstable();
    relations.dedup();
    let address = |&i: &usize| transaction.envelope.recipients.get(i).map(|r| Address::as_str(&r.address));
    let groups = verdict.groups.iter().map(|g| GroupLine {
        recipients: g.recipients.iter().filter_map(address).collect(),
        relation: g.relation.to_string(),
        disposition: g.disposition.name(),
        policies: g.reasons.iter().map(|r| &*r.policy).collect(),
    });
    let line = Line {
        path: &path.to_string_lossy(),
        index,
        message_id: assessment.message_id.as_deref(),
        school: parties.school.as_ref().map(|s| &*s.0),
        direction: parties.direction.name(),
        relations,
        protection: assessment.protection,
        disposition: verdict.disposition().name(),
        groups: groups.collect(),
        actions: verdict.actions(),
        findings: assessment.findings.iter().map(finding).collect(),
        elapsed_us,
    };
    serde_json::to_string(&line).unwrap_or_else(|e| unreadable(path, index, &e.to_string()))
}

fn finding(f: &Finding) -> FindingLine<'_> {
    FindingLine {
        rule: &f.rule,
        category: f.category.name(),
        area: f.area,
        severity: f.severity,
        confidence: f.confidence,
        clauses: f.clauses.iter().map(|c| &**c).collect(),
        part: &f.part,
        offset: f.span.start,
        length: f.span.len(),
        origin: f.origin,
        excerpt: &f.excerpt,
    }
}

/// A file that could not be read is a line too, never a silent skip.
pub(super) fn unreadable(path: &Path, index: usize, why: &str) -> String {
    json!({"path": path.to_string_lossy(), "index": index, "error": why}).to_string()
}

/// What a person wants in one line of a table.
pub(super) fn for_people(mut line: Value) -> Value {
    let mut categories: Vec<String> = line["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|f| f["category"].as_str().map(str::to_owned))
        .collect();
    categories.sort_unstable();
    categories.dedup();
    if let Some(error) = line.get("error").and_then(Value::as_str) {
        categories = vec![format!("could not be read: {error}")];
    }
    line["categories"] = json!(categories);
    line
}
