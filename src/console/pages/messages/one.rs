//! One message of one's own: the sentence with what was found, who would get it, what to do; and the
//! decision.

use super::{
    super::super::{
        Console, Fault,
        page::{Frame, shown},
        places::Place,
        visitor::{Posted, Visitor},
        words::{fill, moment},
    },
    words::{LONGEST_REASON, MessagesWords, chosen, opening},
};
use crate::{
    authority::Act,
    desk::{Asked, Images, Mine, OwnMessage, PieceKind, Seen, SeenBy, Ways},
    effects::{Addressing, Attached, Changes, Found, Language, Only, found_line},
    mail::Address,
    parties::School,
    pipeline::Rulebook,
    storage::{Decision, Delivery, ItemId, ItemKind, ItemState, Purpose, Why},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

/// What was found at one place.
struct Shown {
    heading: String,
    /// Whether each piece is the finding itself.
    pieces: Vec<(String, bool)>,
}

struct Reader {
    address: String,
    outside: bool,
    fate: &'static str,
}

/// A rule that spoke.
struct Because {
    reason: String,
    rule: String,
    clauses: String,
}

struct Step {
    at: String,
    who: String,
    what: &'static str,
}

#[derive(Template)]
#[template(path = "messages/one.html")]
struct OnePage {
    frame: Frame,
    w: &'static MessagesWords,
    here: String,
    subject: String,
    number: String,
    written: String,
    opening: String,
    state: Option<&'static str>,
    by_account: bool,
    images: bool,
    shown: Vec<Shown>,
    masked: bool,
    readers: Vec<Reader>,
    waits: bool,
    is_grace: bool,
    may_send: bool,
    may_mark: Option<String>,
    may_withdraw: bool,
    may_send_now: bool,
    reason: String,
    error: &'static str,
    /// Recipients, where there are several, and attachments that can be left out.
    other_ways: bool,
    several: bool,
    fixed: bool,
    attached: Vec<Attached>,
    because: Vec<Because>,
    seen: Vec<Step>,
    challenge: String,
    officers: Vec<String>,
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let id: ItemId = id.parse().map_err(|()| Fault::NotThere)?;
    shown(&made(&console, &visitor, &id, "", "").await?)
}

#[derive(Deserialize)]
pub(super) struct Choice {
    choice: String,
    #[serde(default)]
    reason: String,
    /// `as-written`, `bcc`, `single`.
    #[serde(default)]
    how: String,
    /// `to0`, `to1`, ... for recipients, `without2` for the part `2`.
    #[serde(flatten)]
    ticked: HashMap<String, String>,
}

impl Choice {
    /// `all`: how many recipients there are; all of them ticked is no change.
    fn changes(&self, all: usize) -> Changes {
        let after = |key: &String, first: &str| key.strip_prefix(first).map(str::to_owned);
        let mut to: Vec<usize> = self
            .ticked
            .keys()
            .filter_map(|key| after(key, "to")?.parse().ok())
            .filter(|n| *n < all)
            .collect();
        to.sort_unstable();
        to.dedup();
        let mut without: Vec<String> = self.ticked.keys().filter_map(|key| after(key, "without")).collect();
        without.sort_unstable();
        Changes {
            addressing: match self.how.as_str() {
                "bcc" => Addressing::Bcc,
                "single" => Addressing::Single,
                _ => Addressing::AsWritten,
            },
            without,
            only: (to.len() < all).then_some(Only::Places(to)),
        }
    }
}

pub(super) async fn decide(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(form): Posted<Choice>,
) -> Result<Response, Fault> {
    let id: ItemId = id.parse().map_err(|()| Fault::NotThere)?;
    let w = MessagesWords::of(visitor.language);
    let (summary, _) = visitor.desk.own_case(&id, Act::Particulars).await?;
    if form.choice == "changed" {
        let changes = form.changes(summary.recipients as usize);
        if changes.is_none() {
            let page = made(&console, &visitor, &id, "", w.nothing_changed).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)?).into_response());
        }
        let standing = console.gate.standing();
        visitor.desk.release_changed(&id, &changes, CHOICE, &standing.rulebook).await?;
        return Ok(Redirect::to(&Place::Message(id.as_str()).to_string()).into_response());
    }
    let decision = chosen(&form.choice).ok_or(Fault::NotThere)?;
    let written: String = form.reason.trim().chars().take(LONGEST_REASON).collect();
    let reason = match decision {
        Decision::Release if written.is_empty() && summary.kind == ItemKind::Hold => {
            let page = made(&console, &visitor, &id, &written, w.why_missing).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)?).into_response());
        }
        Decision::SendNow if written.is_empty() => MessagesWords::of(Language::English).now_reason.to_owned(),
        _ if written.is_empty() => CHOICE.to_owned(),
        _ => written,
    };
    visitor.desk.decide(&id, &Asked::new(id.as_str(), decision, &reason)).await?;
    Ok(Redirect::to(&Place::Message(id.as_str()).to_string()).into_response())
}

/// In the ledger, for a look.
const OWN: &str = "own message, in the console";
/// In the ledger, for a choice that says all itself.
const CHOICE: &str = "its sender's choice";

async fn made(
    console: &Console,
    visitor: &Visitor,
    id: &ItemId,
    reason: &str,
    error: &'static str,
) -> Result<OnePage, Fault> {
    let (desk, language) = (&visitor.desk, visitor.language);
    let w = MessagesWords::of(language);
    let standing = console.gate.standing();
    let own = desk.own_message(id, standing.rulebook.limits, &Why::new(Purpose::Facts, OWN)).await?;
    let summary = &own.detail.summary;
    let school = desk.config.schools.iter().find(|s| s.id == summary.school);
    let waits = summary.state == ItemState::Open;
    let may = |decision: Decision| own.choices.contains(&decision);
    let mark = school.map(|s| s.confidential_mark.clone()).filter(|_| may(Decision::ReleaseMarked));
    let subject = own.detail.subject.trim();
    let several = own.detail.envelope.recipients.len() > 1;
    let attached = match &own.changeable {
        Ways::All(attached) => attached.clone(),
        Ways::None | Ways::FewerAlone => Vec::new(),
    };
    Ok(OnePage {
        frame: Frame::of(visitor, w.one_title, Place::Message(id.as_str())),
        here: Place::Message(id.as_str()).to_string(),
        subject: if subject.is_empty() { w.no_subject.to_owned() } else { subject.to_owned() },
        number: id.to_string(),
        written: moment(language, summary.received_at),
        opening: if waits {
            opening(language, &own.detail, own.outside, own.whereabouts)
        } else {
            String::new()
        },
        state: (!waits).then(|| w.state(summary.state)),
        by_account: own.mine == Mine::Supervisor,
        images: own.images == Images::NotToBeShown,
        shown: evidence(language, &own),
        masked: own.mine == Mine::Supervisor && !own.findings.is_empty(),
        readers: readers(w, &own, &desk.config.schools),
        waits,
        is_grace: summary.kind == ItemKind::Grace,
        may_send: may(Decision::Release),
        may_mark: mark,
        may_withdraw: may(Decision::Withdraw),
        may_send_now: may(Decision::SendNow),
        reason: reason.to_owned(),
        error,
        other_ways: own.changeable != Ways::None && (several || !attached.is_empty()),
        several,
        fixed: own.changeable == Ways::FewerAlone,
        attached,
        because: because(&own, &standing.rulebook),
        seen: own.seen.iter().map(|seen| step(language, seen)).collect(),
        challenge: fill(w.challenge_text, &[id.as_str()]),
        officers: school
            .map(|s| s.officers.data_protection.iter().map(Address::to_string).collect())
            .unwrap_or_default(),
        w,
    })
}

fn evidence(language: Language, own: &OwnMessage) -> Vec<Shown> {
    const MOST: usize = 12;
    let heading = |n: &usize| {
        let found = own.findings.get(*n)?;
        Some(found_line(language, &Found { category: found.category, place: &found.part }))
    };
    let mut all: Vec<Shown> = Vec::new();
    for passage in &own.passages {
        let mut headings: Vec<String> = passage.findings.iter().filter_map(heading).collect();
        headings.dedup();
        let pieces = passage.pieces.iter().map(|p| (p.text.clone(), p.kind == PieceKind::Found)).collect();
        all.push(Shown { heading: headings.join(" · "), pieces });
    }
    // What has no sentence of its own: its place, and of what a supervisor may see the surroundings.
    let in_a_passage = |n: &usize| own.passages.iter().any(|p| p.findings.contains(n));
    for n in (0..own.findings.len()).filter(|n| !in_a_passage(n)) {
        let Some(line) = heading(&n).filter(|line| !all.iter().any(|s| s.heading.contains(line))) else {
            continue;
        };
        let masked = own.findings.get(n).filter(|f| own.mine == Mine::Supervisor && !f.excerpt.is_empty());
        all.push(Shown {
            heading: line,
            pieces: masked.map(|f| (f.excerpt.clone(), false)).into_iter().collect(),
        });
    }
    all.truncate(MOST);
    all
}

fn readers(w: &MessagesWords, own: &OwnMessage, schools: &[Arc<School>]) -> Vec<Reader> {
    let inside = |a: &Address| schools.iter().flat_map(|s| &s.domains).any(|own| a.is_within(own));
    let all = own.detail.envelope.recipients.iter().enumerate();
    let fate = |n: usize| {
        let of = own.delivery.iter().filter(|d| d.recipient as usize == n).map(|d| d.state);
        // Once it was delivered, what came before says nothing any more.
        let last = of.max_by_key(|state| matches!(state, Delivery::Delivered { .. }));
        last.filter(|_| own.detail.summary.state != ItemState::Open).map_or("", |state| w.delivery(state))
    };
    all.map(|(n, r)| Reader { address: r.address.to_string(), outside: !inside(&r.address), fate: fate(n) })
        .collect()
}

/// Each rule of detection and each of policy once, with what it says of itself.
fn because(own: &OwnMessage, rulebook: &Rulebook) -> Vec<Because> {
    let mut all: Vec<Because> = Vec::new();
    let mut add = |reason: &str, rule: &str, clauses: &[Arc<str>]| {
        if !all.iter().any(|b| b.rule == rule) {
            let clauses = clauses.iter().map(|c| &**c).collect::<Vec<_>>().join(", ");
            all.push(Because { reason: reason.to_owned(), rule: rule.to_owned(), clauses });
        }
    };
    for finding in &own.findings {
        let rule = rulebook.rules.detection.iter().find(|r| *r.id == *finding.rule);
        add(&finding.reason, &finding.rule, rule.map_or(&[], |r| r.clauses.as_slice()));
    }
    // A rule that spoke of something its sender is not told about says nothing here.
    if own.findings.len() == own.detail.findings.len() {
        for id in &own.detail.settled_policies {
            if let Some(rule) = rulebook.rules.policy.iter().find(|r| *r.id == **id) {
                add(&rule.reason, id, &rule.clauses);
            }
        }
    }
    all
}

fn step(language: Language, seen: &Seen) -> Step {
    let w = MessagesWords::of(language);
    let who = match &seen.who {
        SeenBy::You => w.you.to_owned(),
        SeenBy::Sender => w.sender.to_owned(),
        SeenBy::Gate => w.gate.to_owned(),
        SeenBy::Unknown => w.unknown.to_owned(),
        SeenBy::Somebody(name) => name.clone(),
    };
    Step { at: moment(language, seen.at), who, what: w.done_by(&seen.event) }
}
