//! What was found, in its place: the findings that were decided upon are kept with the item; where they stand
//! is found again in the message with the rules that hold now, and where that fails the page says so.

use super::{
    super::super::{
        Console, Fault, called, render,
        words::{code, fill},
    },
    item::ItemWords,
};
use crate::{
    desk::{Desk, Opened},
    detection::{Finding, Scratch},
    effects::Language,
    mail::{Arrival, Channel, Door, Facts, SenderProof, Transaction},
    pipeline::{Rulebook, assess},
    report::Table,
    storage::ItemDetail,
};
use bytes::Bytes;
use chrono::Utc;
use std::{collections::HashSet, sync::Arc};

/// Surroundings of one rule at one place that are shown.
const MOST_EXCERPTS: usize = 5;

/// A message as it is shown.
pub(super) struct Evidence {
    pub(super) document: Arc<str>,
    pub(super) files: Vec<render::File>,
    /// With its marks; empty when it could not be read again.
    pub(super) subject: String,
    /// Rule and part of what is marked.
    marked: HashSet<(String, String)>,
}

/// One finding, explained.
pub(super) struct Found {
    pub(super) badge: &'static str,
    pub(super) gravity: &'static str,
    pub(super) category: &'static str,
    pub(super) reason: String,
    pub(super) rule: String,
    pub(super) clauses: Vec<(String, String)>,
    pub(super) place: String,
    /// The same rule at the same place may have found several.
    pub(super) excerpts: Vec<String>,
    pub(super) is_marked: bool,
    /// How often its rule was right of late.
    pub(super) precision: String,
}

/// Reads and renders off the network's threads.
pub(super) async fn read(
    console: &Console,
    opened: &Opened,
    raw: Bytes,
    language: Language,
) -> Result<Evidence, Fault> {
    let standing = console.gate.standing();
    let wanted: HashSet<(String, String)> =
        opened.detail.findings.iter().map(|f| (f.rule.clone(), f.part.clone())).collect();
    let transaction = transaction(opened, raw);
    let work =
        move || evidence(&standing.rulebook, &transaction, &wanted, ItemWords::of(language), code(language));
    console.live.render(work).await
}

/// As it came, as far as is known.
fn transaction(opened: &Opened, raw: Bytes) -> Transaction {
    let detail = &opened.detail;
    let mut arrival = Arrival::unknown(Door::Relay);
    if opened.proved == Some(true)
        && let Some(sender) = detail.envelope.sender.address()
    {
        arrival.proof = SenderProof::Login(sender.to_string());
    }
    Transaction {
        id: detail.summary.transaction,
        received_at: detail.summary.received_at,
        channel: Channel::Email,
        arrival,
        envelope: detail.envelope.clone(),
        raw,
    }
}

fn evidence(
    rulebook: &Rulebook,
    transaction: &Transaction,
    wanted: &HashSet<(String, String)>,
    w: &ItemWords,
    lang: &'static str,
) -> Evidence {
    let facts = Facts::at(transaction.received_at, transaction.arrival.proof.clone());
    let words = w.of_document(lang);
    let (_, evidence) =
        assess(transaction, &facts, rulebook, &mut Scratch::new(), |message, _, assessment| {
            let key = |f: &Finding| (f.rule.to_string(), f.part.clone());
            let findings: Vec<&Finding> =
                assessment.findings.iter().filter(|f| wanted.contains(&key(f))).collect();
            let shown = render::message(message, &findings, &words);
            let of_subject = findings.iter().filter(|f| f.part == "subject" && f.part_index.is_none());
            let spans: Vec<_> = of_subject.clone().map(|f| f.span.clone()).collect();
            let marked = shown.marked.iter().map(|n| key(findings[*n])).chain(of_subject.map(|f| key(f)));
            Evidence {
                marked: marked.collect(),
                document: shown.document.into(),
                files: shown.files,
                subject: render::line(&message.header.subject, &spans),
            }
        });
    evidence
}

/// The findings that stood behind the decision, each with its rule's clauses.
pub(super) async fn found(
    console: &Console,
    desk: &Desk,
    detail: &ItemDetail,
    evidence: Option<&Evidence>,
    language: Language,
) -> Result<Vec<Found>, Fault> {
    let standing = console.gate.standing();
    let table = Table::of_this_edition().ok();
    let asked = |id: &str| {
        let clause = table.as_ref().and_then(|t| t.clauses.iter().find(|c| c.id == id));
        clause.map(|c| c.asked.clone()).unwrap_or_default()
    };
    let rules: Vec<String> = detail.findings.iter().map(|f| f.rule.clone()).collect();
    let precision = desk.precision(&rules, Utc::now()).await?;
    let w = ItemWords::of(language);
    let mut all: Vec<Found> = Vec::new();
    for f in &detail.findings {
        let place = called::plain(&f.part, 160);
        if let Some(same) = all.iter_mut().find(|other| other.rule == f.rule && other.place == place) {
            let excerpt = called::plain(&f.excerpt, 200);
            if same.excerpts.len() < MOST_EXCERPTS && !same.excerpts.contains(&excerpt) {
                same.excerpts.push(excerpt);
            }
            continue;
        }
        let rule = standing.rulebook.detector.rules().iter().find(|rule| *rule.id == *f.rule);
        all.push(Found {
            badge: called::severity_class(f.severity),
            gravity: called::severity(language, f.severity),
            category: called::category(language, f.category),
            reason: called::plain(&f.reason, 400),
            rule: f.rule.clone(),
            clauses: rule.into_iter().flat_map(|r| &r.clauses).map(|c| (c.to_string(), asked(c))).collect(),
            place,
            excerpts: vec![called::plain(&f.excerpt, 200)],
            precision: match precision.get(&f.rule) {
                None => w.precision_none.to_owned(),
                Some(p) => fill(w.precision, &[&p.borne_out.to_string(), &p.decided.to_string()]),
            },
            is_marked: evidence.is_some_and(|e| e.marked.contains(&(f.rule.clone(), f.part.clone()))),
        });
    }
    Ok(all)
}
