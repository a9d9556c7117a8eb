//! One item on one screen. Until somebody says what for, it shows what the queue shows; then the particulars with what
//! was found and where, and the message in a frame of its own that can do nothing. Each look is in the ledger.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        live::Look,
        page::{Frame, shown},
        places::{Place, at},
        render,
        visitor::{Fresh, Posted, Visitor},
        words::{fill, moment, words},
    },
    REVIEWERS, act,
    act::Offer,
    evidence::{self, Evidence, Found},
    list::{Choice, QueueWords, Row, purposes, rows},
    people::{self, Someone},
    search::purpose_of,
};
use crate::{
    authority::{Case, Offices},
    desk::{Covered, Opened},
    report::bundle::write as write_bundle,
    storage::{AccountId, Delivery, ItemId, ItemSummary, Purpose, SealedView},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Item, Guard::SignedIn, page),
        Door::post(at::ItemLook, Guard::SignedIn, look),
        Door::get(at::ItemMessage, Guard::SignedIn, message),
        Door::post(at::ItemBundle, Guard::SignedIn, bundle),
    ]
}

words! {
    pub struct ItemWords {
        title: "Item {}" / "Eitem {}",
        back: "Queue" / "Rhestr aros",
        state: "State" / "Cyflwr",
        lies_with: "It lies with" / "Gyda phwy",
        covered: "What is in it stays covered until you say what you look for."
            / "Mae ei chynnwys dan glawr nes ichi ddweud i ba ddiben yr edrychwch.",
        words: "In your own words" / "Yn eich geiriau eich hun",
        optional: "if there is more to say" / "os oes mwy i'w ddweud",
        ledger: "The ledger keeps who looked, when and what for." / "Mae'r cofnod yn cadw pwy edrychodd, pryd ac i ba ddiben.",
        show: "Show it" / "Dangos",
        not_yours: "What is in it is not yours to see." / "Nid chi sydd i weld ei chynnwys.",
        particulars: "Particulars" / "Manylion",
        from: "From the account" / "O'r cyfrif",
        proved: "The account signed in. That is not proof of who wrote it." / "Mewngofnododd y cyfrif. Nid yw hynny'n profi pwy a'i hysgrifennodd.",
        unproved: "Not proved: anyone could have written that address." / "Heb ei brofi: gallai unrhyw un fod wedi ysgrifennu'r cyfeiriad hwnnw.",
        unknown: "Whether it was proved is not known any more." / "Nid yw'n hysbys bellach a gafodd ei brofi.",
        to: "To" / "At",
        subject: "Subject" / "Pwnc",
        no_subject: "(no subject)" / "(dim pwnc)",
        found: "What was found" / "Yr hyn a ganfuwyd",
        found_none: "No finding stands behind it." / "Nid oes canfyddiad y tu ôl iddi.",
        rule: "Rule" / "Rheol",
        clause: "Clause" / "Cymal",
        place: "Where" / "Ble",
        marked: "marked in the message" / "wedi'i nodi yn y neges",
        not_marked: "not marked: the message no longer shows it there, or it is hidden text" / "heb ei nodi: nid yw'r neges yn ei ddangos yno bellach, neu mae'n destun cudd",
        precision: "In 90 days {} of {} decided items that this rule found were kept, escalated or made an incident."
            / "Mewn 90 diwrnod cafodd {} o {} eitem a ganfu'r rheol hon ac a benderfynwyd eu cadw, eu huwchgyfeirio neu eu gwneud yn ddigwyddiad.",
        precision_none: "Nothing that this rule found was decided in 90 days." / "Ni phenderfynwyd dim a ganfu'r rheol hon mewn 90 diwrnod.",
        bundle: "Evidence as a file" / "Tystiolaeth fel ffeil",
        bundle_hint: "A zip with the message unaltered, what was found, the ledger's rows, a page and a PDF. For the school's own file; the ledger keeps that it was made."
            / "Zip gyda'r neges heb ei newid, yr hyn a ganfuwyd, rhesi'r cofnod, tudalen a PDF. Ar gyfer ffeil yr ysgol ei hun; mae'r cofnod yn cadw iddi gael ei gwneud.",
        guess: "A rule's word is a guess. You decide." / "Dyfaliad yw gair rheol. Chi sy'n penderfynu.",
        message: "The message" / "Y neges",
        frame: "The message as text: nothing in it runs, loads or can be clicked" / "Y neges fel testun: does dim ynddi'n rhedeg, yn llwytho nac yn gallu cael ei glicio",
        open_alone: "Open the message in a page of its own" / "Agor y neges mewn tudalen ei hun",
        image: "Do not forward pictures; tell the lead in person. It may hold an image of a child, so nobody sees it here."
            / "Peidiwch ag anfon lluniau ymlaen; dywedwch wrth yr arweinydd wyneb yn wyneb. Gallai gynnwys llun o blentyn, felly does neb yn ei gweld yma.",
        unreadable: "The message itself cannot be read. Tell the mail administrator its number." / "Ni ellir darllen y neges ei hun. Rhowch ei rhif i weinyddwr y post.",
        files: "Files with it" / "Ffeiliau gyda hi",
        file_name: "Name" / "Enw",
        file_kind: "Kind" / "Math",
        file_size: "Size" / "Maint",
        file_read: "Its text stands in the message above." / "Mae ei destun yn y neges uchod.",
        file_unread: "Not opened here. Pictures are never shown." / "Heb ei agor yma. Ni ddangosir lluniau byth.",
        accused: "said to be accused" / "dywedir ei fod wedi'i gyhuddo",
        guessed: "the gate guesses: accused" / "mae'r porth yn dyfalu: wedi'i gyhuddo",
        earlier: "Earlier, of the same people" / "Yn gynharach, am yr un bobl",
        earlier_none: "Nothing else that you may see." / "Dim byd arall y cewch ei weld.",
        incidents: "Incidents" / "Digwyddiadau",
        here: "Here now:" / "Yma nawr:",
        delivery: "Delivery" / "Dosbarthu",
        recipient: "Recipient {}" / "Derbynnydd {}",
        left: "taken by the next hop" / "derbyniwyd gan y gweinydd nesaf",
        on_its_way: "on its way" / "ar ei ffordd",
        refused: "refused" / "gwrthodwyd",
        stopped: "stopped" / "ataliwyd",
        sealed: "A suspected match, never a fact. Nobody sees more than this." / "Cyfatebiaeth dybiedig, byth yn ffaith. Does neb yn gweld mwy na hyn.",
        sealed_at: "Sealed" / "Seliwyd",
        between: "Between" / "Rhwng",
        hash: "SHA-256 of the message" / "SHA-256 y neges",
        object: "SHA-256 of the encrypted object" / "SHA-256 y gwrthrych wedi'i amgryptio",
        sealed_next: "Do not look for or forward the picture; tell the lead in person. Its hand-over to the police takes the word of two people and is made at the gate itself."
            / "Peidiwch â chwilio am y llun na'i anfon ymlaen; dywedwch wrth yr arweinydd wyneb yn wyneb. Mae ei drosglwyddo i'r heddlu'n gofyn am air dau berson ac fe'i gwneir wrth y porth ei hun.",
        doc_text: "Text" / "Testun",
        doc_page: "The same as a page" / "Yr un peth fel tudalen",
        doc_file: "File" / "Ffeil",
        doc_attached: "In an attached message" / "Mewn neges atodedig",
        doc_cut: "The text goes on; all of it is kept." / "Mae'r testun yn parhau; cedwir y cyfan.",
        doc_nothing: "There is no text in it." / "Does dim testun ynddi.",
    }
}

/// The item of an address, for whom it is there. Who reviews nothing learns nothing here: not even
/// that it is for others to open.
pub(super) async fn find(visitor: &Visitor, id: &str) -> Result<(ItemSummary, Case), Fault> {
    let id: ItemId = id.parse().map_err(|()| Fault::NotThere)?;
    let reviews = |held: &Offices| held.any(Offices::of(REVIEWERS));
    if !visitor.desk.own_offices().iter().any(|(_, held)| reviews(held)) {
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
    /// With its marks; made by `render`, which escapes it.
    subject: String,
    found: Vec<Found>,
    frame: Option<String>,
    why_not: Option<String>,
    bundle: Option<String>,
    files: Vec<render::File>,
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
        None if desk.may(crate::authority::Act::Particulars, &case).is_allowed()
            || item.state.is_sealed() =>
        {
            Body::Covered(purposes(language, Some(Purpose::Safeguarding)))
        }
        None => {
            Body::NotYours(desk.may(crate::authority::Act::Particulars, &case).sentence().unwrap_or_default())
        }
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
        said: act::said(&visitor, &after.said, &item, &case).await?,
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
        may_open_incident: desk.may(crate::authority::Act::Open, &case).is_allowed(),
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
        Err(Covered::NotYours(sentence)) => Some(format!("{} {sentence}", w.not_yours)),
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
        to: people::recipients(desk, language, detail, case)?,
        subject: if subject.trim().is_empty() { w.no_subject.to_owned() } else { subject },
        found: evidence::found(console, desk, detail, evidence.as_ref(), language).await?,
        frame,
        why_not,
        bundle: (opened.raw.is_ok() && desk.may(crate::authority::Act::Export, case).is_allowed())
            .then(|| Place::ItemBundle(item.id.as_str()).to_string()),
        files,
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
    let can_judge = desk.may(crate::authority::Act::JudgeAccused, case).is_allowed();
    let named = if can_judge { people::to_accuse(desk, detail) } else { Vec::new() };
    Ok((inside, named))
}

#[derive(Deserialize)]
struct Purposeful {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    words: String,
}

/// A purpose is given: it opens this one item to whoever gave it, for half an hour.
async fn look(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(given): Posted<Purposeful>,
) -> Result<Redirect, Fault> {
    let (item, _) = find(&visitor, &id).await?;
    let why = purpose_of(&given.purpose, &given.words)
        .ok_or_else(|| Fault::Wrong(super::search::SearchWords::of(visitor.language).purpose.to_owned()))?;
    console.live.give_purpose(account(&visitor), item.id.as_str(), why);
    Ok(Redirect::to(&Place::Item(item.id.as_str()).to_string()))
}

/// The frame's document: what the page beside it has rendered, for whoever it was rendered for.
async fn message(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (item, case) = find(&visitor, &id).await?;
    if !visitor.desk.may(crate::authority::Act::Bytes, &case).is_allowed() {
        return Err(Fault::NotThere);
    }
    let look = console.live.look(account(&visitor), item.id.as_str());
    let document = look.and_then(|look| look.document).ok_or(Fault::NotThere)?;
    let mut response = Html(document.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(render::POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
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
    let name = format!("attachment; filename=\"evidence-{}.zip\"", item.id);
    let name = HeaderValue::from_str(&name).map_err(|_| Fault::Away)?;
    let kind = HeaderValue::from_static("application/zip");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], zip).into_response())
}
