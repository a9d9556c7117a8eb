//! The rules in force: what each looks for in a sentence, its clauses, and its own examples.

use super::{
    super::super::{
        Console, Fault, called,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{fill, words},
    },
    GateWords,
};
use crate::{
    authority::{Act, Thing},
    effects::Language,
    ruleset::{DetectionRule, PolicyRule},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;
use std::sync::Arc;

/// Rules on one page.
const PAGE: usize = 50;

words! {
    struct RulesWords {
        find: "A word of the rule, its number or a clause" / "Gair o'r rheol, ei rhif neu gymal",
        search: "Show" / "Dangos",
        detection: "What is looked for" / "Beth a geisir",
        policy: "What follows" / "Beth sy'n dilyn",
        none: "No rule fits." / "Nid oes rheol yn cyfateb.",
        hits: "Found in" / "Fe'i ceir yn",
        misses: "Not found in" / "Nis ceir yn",
        more: "More" / "Rhagor",
        of: "{} of {}" / "{} o {}",
        example: "Its own examples" / "Ei enghreifftiau ei hun",
    }
}

struct Found {
    id: String,
    category: &'static str,
    severity: &'static str,
    badge: &'static str,
    reason: String,
    clauses: String,
    origin: String,
    hits: Vec<String>,
    misses: Vec<String>,
}

struct Follows {
    id: String,
    reason: String,
    clauses: String,
    then: &'static str,
    origin: String,
}

#[derive(Template)]
#[template(path = "gate/rules.html")]
struct RulesPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static RulesWords,
    asked: String,
    counted: String,
    detection: Vec<Found>,
    policy: Vec<Follows>,
    next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    find: String,
    #[serde(default)]
    from: usize,
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::List, Thing::Rule)?;
    let (w, g) = (RulesWords::of(visitor.language), GateWords::of(visitor.language));
    let standing = console.gate.standing();
    let rules = &standing.rulebook.rules;
    let asked: String = wanted.find.trim().chars().take(60).collect();
    let fits = |id: &str, reason: &str, clauses: &[Arc<str>]| {
        let asked = asked.to_lowercase();
        let any = |text: &str| text.to_lowercase().contains(&asked);
        any(id) || any(reason) || clauses.iter().any(|clause| any(clause))
    };
    let all: Vec<&Arc<DetectionRule>> =
        rules.detection.iter().filter(|r| fits(&r.id, &r.reason, &r.clauses)).collect();
    let policy = rules.policy.iter().filter(|r| fits(&r.id, &r.reason, &r.clauses));
    let until = wanted.from.saturating_add(PAGE);
    let page: Vec<Found> =
        all.iter().skip(wanted.from).take(PAGE).map(|rule| found(&visitor, rule)).collect();
    let shown_to = (wanted.from + page.len()).to_string();
    let find: String = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect();
    shown(&RulesPage {
        frame: Frame::of(&visitor, g.rules, Place::GateRules),
        g,
        w,
        counted: fill(w.of, &[&shown_to, &all.len().to_string()]),
        detection: page,
        policy: policy.take(PAGE).map(|rule| follows(visitor.language, rule)).collect(),
        next: (until < all.len()).then(|| format!("{}?find={find}&from={until}", Place::GateRules)),
        asked,
    })
}

fn joined(clauses: &[Arc<str>]) -> String {
    clauses.iter().map(|clause| &**clause).collect::<Vec<_>>().join(" ")
}

fn found(visitor: &Visitor, rule: &DetectionRule) -> Found {
    let texts = |of: &[crate::ruleset::Example]| -> Vec<String> {
        of.iter().take(3).map(|example| called::plain(&example.text, 300)).collect()
    };
    Found {
        id: rule.id.to_string(),
        category: called::category(visitor.language, rule.category),
        severity: called::severity(visitor.language, rule.severity),
        badge: called::severity_class(rule.severity),
        reason: rule.reason.to_string(),
        clauses: joined(&rule.clauses),
        origin: rule.origin.to_string(),
        hits: texts(&rule.examples.hit),
        misses: texts(&rule.examples.miss),
    }
}

fn follows(language: Language, rule: &PolicyRule) -> Follows {
    Follows {
        id: rule.id.to_string(),
        reason: rule.reason.to_string(),
        clauses: joined(&rule.clauses),
        then: rule.then.disposition.map_or("", |name| called::disposition(language, name.into())),
        origin: rule.origin.to_string(),
    }
}
