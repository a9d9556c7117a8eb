//! What the rules in force would say of a text that somebody types: found, nearly found, and what would
//! follow. Nothing of it is kept.

use super::{
    super::super::{
        Console, Fault, called,
        page::{Frame, shown},
        places::Place,
        visitor::{Posted, Visitor},
        words::{fill, words},
    },
    GateWords,
};
use crate::{
    authority::{Act, Thing},
    detection::{Miss, Scratch},
    ids,
    mail::{
        Address, Arrival, Channel, Door, Envelope, Facts, Recipient, ReversePath, SenderProof, Transaction,
    },
    pipeline::{Rulebook, assess},
    verdict::Disposition,
};
use askama::Template;
use axum::{extract::State, response::Response};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

/// Letters that are tried.
const MOST: usize = 20_000;

words! {
    struct TryWords {
        lead: "Nothing of this is kept or sent." / "Ni chaiff dim o hyn ei gadw na'i anfon.",
        from: "From" / "Oddi wrth",
        to: "To" / "At",
        subject: "Subject" / "Pwnc",
        text: "Text" / "Testun",
        signed: "The sender is signed in" / "Mae'r anfonwr wedi mewngofnodi",
        go: "What would happen?" / "Beth fyddai'n digwydd?",
        outcome: "What would happen" / "Beth fyddai'n digwydd",
        found: "Found" / "Canfuwyd",
        nothing: "Nothing is found." / "Ni chanfyddir dim.",
        nearly: "Came near, and is no finding" / "Daeth yn agos, ac nid yw'n ganfyddiad",
        says: "{}: {}" / "{}: {}",
        addresses: "From and To are mail addresses, as in a.b@school.example."
            / "Cyfeiriadau e-bost yw Oddi wrth ac At, fel a.b@ysgol.example.",
        scope: "it stands in text that the rule does not look at" / "mae mewn testun nad yw'r rheol yn edrych arno",
        sender: "the rule speaks of another sender" / "mae'r rheol yn sôn am anfonwr arall",
        check: "its check digit or date is wrong" / "mae ei ddigid gwirio neu ei ddyddiad yn anghywir",
        suppressed: "a word beside it says that it is harmless" / "mae gair wrth ei ymyl yn dweud ei fod yn ddiniwed",
        context: "no word beside it says what it is" / "nid oes gair wrth ei ymyl yn dweud beth ydyw",
        few: "too few different values" / "rhy ychydig o werthoedd gwahanol",
    }
}

struct Found {
    badge: &'static str,
    severity: &'static str,
    category: &'static str,
    rule: String,
    reason: String,
    clauses: String,
}

struct Outcome {
    verdict: &'static str,
    reasons: Vec<String>,
    found: Vec<Found>,
    nearly: Vec<(String, &'static str)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    from: String,
    to: String,
    subject: String,
    text: String,
    signed_in: Option<String>,
}

#[derive(Template)]
#[template(path = "gate/try.html")]
struct TryPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static TryWords,
    typed: Typed,
    fault: &'static str,
    outcome: Option<Outcome>,
}

fn made(
    visitor: &Visitor,
    typed: Typed,
    fault: &'static str,
    outcome: Option<Outcome>,
) -> Result<Response, Fault> {
    let (w, g) = (TryWords::of(visitor.language), GateWords::of(visitor.language));
    shown(&TryPage { frame: Frame::of(visitor, g.try_it, Place::GateTry), g, w, typed, fault, outcome })
}

pub(super) async fn page(visitor: Visitor) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::List, Thing::Rule)?;
    made(&visitor, Typed { signed_in: Some("yes".to_owned()), ..Typed::default() }, "", None)
}

pub(super) async fn tried(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(typed): Posted<Typed>,
) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::List, Thing::Rule)?;
    let w = TryWords::of(visitor.language);
    let Some(transaction) = transaction(&typed) else { return made(&visitor, typed, w.addresses, None) };
    let (standing, language) = (console.gate.standing(), visitor.language);
    let outcome = tokio::task::spawn_blocking(move || judged(&transaction, &standing.rulebook, language, w));
    let outcome = outcome.await.map_err(|_| Fault::Away)?;
    made(&visitor, typed, "", Some(outcome))
}

fn transaction(typed: &Typed) -> Option<Transaction> {
    let (from, to) = (Address::parse(typed.from.trim())?, Address::parse(typed.to.trim())?);
    let line = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    let text: String = typed.text.chars().take(MOST).collect();
    let raw = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        line(&typed.subject),
        text.replace("\r\n", "\n").replace('\n', "\r\n"),
    );
    let mut arrival = Arrival::unknown(Door::File);
    arrival.proof = match &typed.signed_in {
        Some(_) => SenderProof::ListedHost,
        None => SenderProof::Unproved,
    };
    Some(Transaction {
        id: ids::transaction_id(),
        received_at: Utc::now(),
        channel: Channel::Email,
        arrival,
        envelope: Envelope {
            sender: ReversePath::Mailbox(from),
            parameters: Vec::new(),
            recipients: vec![Recipient { address: to, parameters: Vec::new() }],
        },
        raw: raw.into_bytes().into(),
    })
}

fn judged(
    transaction: &Transaction,
    rulebook: &Rulebook,
    language: crate::effects::Language,
    w: &'static TryWords,
) -> Outcome {
    let facts = Facts::at(transaction.received_at, transaction.arrival.proof.clone());
    let mut scratch = Scratch::new();
    let (assessment, explained) =
        assess(transaction, &facts, rulebook, &mut scratch, |message, extract, assessment| {
            let mut scratch = Scratch::new();
            let limits = rulebook.limits.detect;
            rulebook.detector.detect_explained(message, extract, &assessment.parties, &mut scratch, limits)
        });
    let found = assessment.findings.iter().map(|f| Found {
        badge: called::severity_class(f.severity),
        severity: called::severity(language, f.severity),
        category: called::category(language, f.category),
        rule: f.rule.to_string(),
        reason: f.reason.to_string(),
        clauses: f.clauses.iter().map(|c| &**c).collect::<Vec<_>>().join(" "),
    });
    let account = assessment.accounts.first();
    let reasons = account.into_iter().flat_map(|a| &a.reasons);
    Outcome {
        verdict: called::disposition(language, account.map_or(Disposition::Deliver, |a| a.disposition)),
        reasons: reasons.map(|r| fill(w.says, &[&r.policy, &r.text])).collect(),
        found: found.collect(),
        nearly: explained
            .near_misses
            .iter()
            .take(20)
            .map(|n| (n.rule.to_string(), miss(w, n.miss)))
            .collect(),
    }
}

fn miss(w: &'static TryWords, miss: Miss) -> &'static str {
    match miss {
        Miss::Scope => w.scope,
        Miss::Sender => w.sender,
        Miss::Check => w.check,
        Miss::Suppressed => w.suppressed,
        Miss::Context => w.context,
        Miss::TooFew => w.few,
    }
}
