//! One item on one screen. Until somebody says what for, it shows what the queue shows; then the particulars with what
//! was found and where, and the message in a frame of its own that can do nothing. Each look is in the ledger.

use super::{
    super::super::{
        Console, Fault,
        answers::answer,
        called,
        door::{Door, Guard},
        live::Look,
        page::{Frame, file, shown},
        places::{Place, at},
        render,
        visitor::{Fresh, Posted, Visitor},
        words::{fill, moment},
    },
    REVIEWERS, act,
    act::Offer,
    evidence::{self, Evidence, Found},
    list::{Choice, QueueWords, Row, purposes, rows},
    notes,
    people::{self, Someone},
    purpose::Purposeful,
};
use crate::{
    authority::{Act, Case},
    desk::{Covered, Opened},
    report::bundle::write as write_bundle,
    storage::{AccountId, Delivery, ItemId, ItemSummary, Purpose, SealedView, Spot, WaitingFilter},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

pub(in super::super) use super::item_words::ItemWords;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Item, Guard::SignedIn, page),
        Door::post(at::ItemLook, Guard::SignedIn, look),
        Door::get(at::ItemMessage, Guard::SignedIn, message),
        Door::post(at::ItemBundle, Guard::SignedIn, bundle),
        Door::get(at::ItemNext, Guard::SignedIn, next),
    ]
}

/// The item of an address, for whom it is there. Who reviews nothing learns nothing here: not even
/// that it is for others to open.
pub(super) async fn find(visitor: &Visitor, id: &str) -> Result<(ItemSummary, Case), Fault> {
    let id: ItemId = id.parse().map_err(|()| Fault::NotThere)?;
    if !visitor.holds_one_of(REVIEWERS) {
        return Err(Fault::NotThere);
    }
    Ok(visitor.desk.reviewed(&id).await?)
}

pub(super) fn account(visitor: &Visitor) -> &AccountId {
    &visitor.user.id
}

/// As the others at an item read who is there: by name and office.
pub(super) fn called_here(visitor: &Visitor) -> String {
    let offices = visitor.desk.own_offices().iter().flat_map(|(_, held)| held.iter());
    let first = offices
        .filter(|office| REVIEWERS.contains(office))
        .map(|o| called::office(visitor.language, o))
        .next();
    format!("{} ({})", visitor.name(), first.unwrap_or_default())
}

/// What every state of the page shows.
pub(super) struct Head {
    pub(super) row: Row,
    pub(super) state: &'static str,
    pub(super) others: Vec<String>,
    pub(super) look: String,
    pub(super) live: String,
    pub(super) next: String,
    pub(super) said: Option<String>,
}

/// Delivery of one recipient.
struct Way {
    who: String,
    how: &'static str,
}

struct Inside {
    from: Someone,
    proof: &'static str,
    to: Vec<Someone>,
    /// For leads and deputies alone.
    notes: Option<notes::Card>,
    /// With its marks; made by `render`, which escapes it.
    subject: String,
    found: Vec<Found>,
    frame: Option<String>,
    why_not: Option<String>,
    bundle: Option<String>,
    files: Vec<render::File>,
    conversation: Vec<Row>,
    earlier: Vec<Row>,
    incidents: Vec<people::Incident>,
    ways: Vec<Way>,
}

enum Body {
    /// Nobody has said what for yet.
    Covered(Vec<Choice>),
    NotYours(String),
    Sealed(Box<SealedView>),
    Open(Box<Inside>),
}

#[derive(Template)]
#[template(path = "queue/item.html")]
struct ItemPage {
    frame: Frame,
    w: &'static ItemWords,
    q: &'static QueueWords,
    a: &'static act::ActWords,
    head: Head,
    body: Body,
    offers: Vec<Offer>,
    accuse: Vec<Choice>,
    accuse_place: String,
    may_open_incident: bool,
    incident_kinds: Vec<Choice>,
    school_id: String,
    sealed_at: String,
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    said: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    let (desk, language) = (visitor.desk.clone(), visitor.language);
    let (w, now) = (ItemWords::of(language), Utc::now());
    let me = account(&visitor).clone();
    console.live.glance(&item.id, &me, &called_here(&visitor));
    let look = console.live.look(&me, item.id.as_str());
    let mut accuse = Vec::new();
    let body = match look {
        None if desk.may(Act::Particulars, &case).is_allowed() || item.state.is_sealed() => {
            Body::Covered(purposes(language, Some(Purpose::Safeguarding)))
        }
        None => Body::NotYours(answer(language, &desk.may(Act::Particulars, &case))),
        Some(look) if item.state.is_sealed() => {
            Body::Sealed(Box::new(desk.look_at_sealed(&item.id, &look.why).await?))
        }
        Some(look) => {
            let (inside, named) = inside(&console, &visitor, &item, &case, &look, w).await?;
            accuse = named;
            Body::Open(Box::new(inside))
        }
    };
    let offers = act::offers(&console, &visitor, &item, &case).await?;
    let sealed_at = match &body {
        Body::Sealed(view) => moment(language, view.sealed_at),
        _ => String::new(),
    };
    let head = Head {
        state: act::state(language, item.state),
        others: console.live.others(&item.id, &me),
        look: Place::ItemLook(item.id.as_str()).to_string(),
        live: Place::ItemLive(item.id.as_str()).to_string(),
        next: Place::ItemNext(item.id.as_str()).to_string(),
        said: act::said(&visitor, &after.said, &item, &case)
            .await?
            .or_else(|| notes::said(language, &after.said)),
        row: rows(&desk, language, &[desk.waits(item.clone(), case.clone(), now)], now)
            .pop()
            .ok_or(Fault::NotThere)?,
    };
    shown(&ItemPage {
        frame: Frame::of(&visitor, fill(w.title, &[item.id.as_str()]), Place::Item(item.id.as_str())),
        w,
        q: QueueWords::of(language),
        a: act::ActWords::of(language),
        head,
        body,
        offers,
        accuse,
        accuse_place: Place::ItemAccused(item.id.as_str()).to_string(),
        may_open_incident: desk.may(Act::Open, &case).is_allowed(),
        incident_kinds: super::super::incidents::kinds(language),
        school_id: item.school.to_string(),
        sealed_at,
    })
}

/// Opens it by the purpose that was given, and renders the message for the frame that comes for it.
async fn inside(
    console: &Console,
    visitor: &Visitor,
    item: &ItemSummary,
    case: &Case,
    look: &Look,
    w: &'static ItemWords,
) -> Result<(Inside, Vec<Choice>), Fault> {
    let (desk, language, now) = (&visitor.desk, visitor.language, Utc::now());
    let opened: Opened = desk.open_item(&item.id, case, &look.why).await?;
    let detail = &opened.detail;
    let evidence = match &opened.raw {
        Ok(raw) => Some(evidence::read(console, &opened, raw.clone(), language).await?),
        Err(_) => None,
    };
    let why_not = match &opened.raw {
        Ok(_) => None,
        Err(Covered::MayHoldImage) => Some(w.image.to_owned()),
        Err(Covered::Unreadable) => Some(w.unreadable.to_owned()),
        Err(Covered::NotYours(no)) => Some(format!("{} {}", w.not_yours, answer(language, no))),
    };
    let earlier = desk.earlier(detail, now).await?;
    let delivery = console.store.delivery(&item.id).await?;
    let subject = match &evidence {
        Some(Evidence { subject, .. }) if !subject.is_empty() => subject.clone(),
        _ => render::line(&detail.subject, &[]),
    };
    let (frame, files) = match evidence.as_ref() {
        Some(evidence) => {
            console.live.keep_document(account(visitor), item.id.as_str(), evidence.document.clone());
            (Some(Place::ItemMessage(item.id.as_str()).to_string()), evidence.files.clone())
        }
        None => (None, Vec::new()),
    };
    let inside = Inside {
        from: people::sender(desk, language, &detail.envelope.sender, case)?,
        proof: match opened.proved {
            Some(true) => w.proved,
            Some(false) => w.unproved,
            None => w.unknown,
        },
        to: people::recipients(desk, language, &detail.envelope, case)?,
        notes: notes::card(visitor, case, detail).await?,
        subject: if subject.trim().is_empty() { w.no_subject.to_owned() } else { subject },
        found: evidence::found(console, desk, detail, evidence.as_ref(), language).await?,
        frame,
        why_not,
        bundle: (opened.raw.is_ok() && desk.may(Act::Export, case).is_allowed())
            .then(|| Place::ItemBundle(item.id.as_str()).to_string()),
        files,
        conversation: rows(desk, language, &earlier.conversation, now),
        earlier: rows(desk, language, &earlier.items, now),
        incidents: earlier.incidents.iter().map(|i| people::incident(language, i)).collect(),
        ways: delivery
            .iter()
            .map(|one| Way {
                who: fill(w.recipient, &[&(one.recipient + 1).to_string()]),
                how: match one.state {
                    Delivery::Delivered { .. } => w.left,
                    Delivery::Waiting { .. } => w.on_its_way,
                    Delivery::Refused { .. } => w.refused,
                    Delivery::Stopped => w.stopped,
                },
            })
            .collect(),
    };
    let can_judge = desk.may(Act::JudgeAccused, case).is_allowed();
    let named = if can_judge { people::to_accuse(desk, detail) } else { Vec::new() };
    Ok((inside, named))
}

/// A purpose is given: it opens this one item to whoever gave it, for half an hour.
async fn look(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(given): Posted<Purposeful>,
) -> Result<Redirect, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    // Of a sealed one there is hash, time and roles, for everybody.
    if !item.state.is_sealed() {
        visitor.desk.authorise(Act::Particulars, &case, "item", item.id.as_str()).await?;
    }
    let why = given.why(&visitor)?;
    console.live.give_purpose(account(&visitor), item.id.as_str(), why);
    Ok(Redirect::to(&Place::Item(item.id.as_str()).to_string()))
}

/// Leads to what waits after this one, whatever has become of it; from the last to the first, and to the
/// queue when nothing else waits.
async fn next(visitor: Visitor, Path(id): Path<String>) -> Result<Redirect, Fault> {
    let (item, _) = find(&visitor, &id).await?;
    let (all, now) = (WaitingFilter::default(), Utc::now());
    for after in [Some(Spot::of(&item)), None] {
        let waits = visitor.desk.waiting(&all, after, 2, now).await?;
        if let Some(one) = waits.rows.iter().find(|one| one.item.id != item.id) {
            return Ok(Redirect::to(&Place::Item(one.item.id.as_str()).to_string()));
        }
    }
    Ok(Redirect::to(&Place::Queue.to_string()))
}

/// The frame's document: what the page beside it has rendered, for whoever it was rendered for.
async fn message(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    if !visitor.desk.may(Act::Bytes, &case).is_allowed() {
        return Err(Fault::NotThere);
    }
    console.live.framed(account(&visitor), item.id.as_str())
}

#[derive(Deserialize)]
struct Nothing {}

/// The evidence as one file, by the purpose that was given.
async fn bundle(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    let look = console.live.look(account(&visitor), item.id.as_str()).ok_or(Fault::Form)?;
    let contents = visitor.desk.evidence(&item.id, &case, &look.why).await?;
    let written = tokio::task::spawn_blocking(move || {
        let mut zip = Vec::new();
        write_bundle(&mut zip, contents).map(|_| zip)
    });
    let zip = written.await.map_err(|_| Fault::Away)?.map_err(|_| Fault::Away)?;
    file(&format!("evidence-{}.zip", item.id), "application/zip", zip)
}
