//! What officers are told of by notice: what nobody has answered yet, and one of it, which leads to the
//! message that waits, or says what became of one that went its way.

use super::{
    super::super::{
        Fault, called,
        door::{Door, Guard},
        events::event,
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{moment, words},
    },
    REVIEWERS,
};
use crate::{
    effects::Language,
    storage::{AlertState, AlertSummary, LedgerFilter, Urgency},
};
use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Told, Guard::Holding(REVIEWERS), list),
        Door::get(at::ToldOne, Guard::Holding(REVIEWERS), one),
        Door::post(at::ToldAnswer, Guard::Holding(REVIEWERS), answer),
    ]
}

/// Rows of the page, the newest.
const MOST: usize = 50;
/// Rows of the ledger about one message.
const MOST_ROWS: u32 = 50;

words! {
    struct ToldWords {
        title: "What you were told of" / "Yr hyn y cawsoch wybod amdano",
        lead: "Notices that nobody has answered. Looking at the message, deciding, or saying \"I have it\" answers."
            / "Hysbysiadau nad oes neb wedi'u hateb. Mae edrych ar y neges, penderfynu, neu ddweud \"Mae gen i hi\" yn ateb.",
        none: "Nobody is asked for anything." / "Ni ofynnir i neb am ddim.",
        number: "Number" / "Rhif",
        about: "About" / "Ynghylch",
        when: "When" / "Pryd",
        school: "School" / "Ysgol",
        state: "How it stands" / "Sefyllfa",
        urgent: "urgent" / "brys",
        delivered: "The message went its way; the gate keeps no copy of it." / "Aeth y neges ar ei ffordd; nid yw'r porth yn cadw copi ohoni.",
        waits: "The message waits." / "Mae'r neges yn aros.",
        see: "See the message" / "Gweld y neges",
        waiting: "nobody was told yet" / "ni ddywedwyd wrth neb eto",
        told: "told; nobody has answered" / "dywedwyd; does neb wedi ateb",
        answered: "somebody has it" / "mae gan rywun hi",
        grouped: "over the day's number: in the digest" / "dros nifer y dydd: yn y crynodeb",
        answer: "I have it" / "Mae gen i hi",
        answer_hint: "Nobody else is asked then." / "Ni ofynnir i neb arall wedyn.",
        became: "What became of it" / "Beth ddigwyddodd iddi",
        what: "What" / "Beth",
        back: "All notices" / "Pob hysbysiad",
        queue: "Back to the queue" / "Yn ôl i'r rhestr",
    }
}

struct Row {
    number: String,
    place: String,
    about: &'static str,
    urgent: bool,
    when: String,
    school: String,
    state: &'static str,
}

fn row(visitor: &Visitor, alert: &AlertSummary) -> Row {
    Row {
        number: alert.number.clone(),
        place: Place::ToldOne(&alert.number).to_string(),
        about: called::category(visitor.language, alert.category),
        urgent: alert.urgency == Urgency::Urgent,
        when: moment(visitor.language, alert.made_at),
        school: visitor.desk.school_name(&alert.school),
        state: state(visitor.language, alert.state),
    }
}

fn state(language: Language, state: AlertState) -> &'static str {
    let w = ToldWords::of(language);
    match state {
        AlertState::Told => w.told,
        AlertState::Answered | AlertState::Dropped => w.answered,
        AlertState::Grouped => w.grouped,
        AlertState::Provisional | AlertState::Waiting => w.waiting,
    }
}

fn is_own(visitor: &Visitor, alert: &AlertSummary) -> bool {
    visitor.desk.own_schools().contains(&alert.school)
}

#[derive(Template)]
#[template(path = "queue/told.html")]
struct ToldPage {
    frame: Frame,
    w: &'static ToldWords,
    rows: Vec<Row>,
}

async fn list(visitor: Visitor) -> Result<Response, Fault> {
    let w = ToldWords::of(visitor.language);
    let mut rows = Vec::new();
    for alert in visitor.desk.told(false).await?.iter().filter(|alert| is_own(&visitor, alert)) {
        if rows.len() < MOST && visitor.desk.may_answer_told(alert).await? {
            rows.push(row(&visitor, alert));
        }
    }
    shown(&ToldPage { frame: Frame::of(&visitor, w.title, Place::Told), w, rows })
}

/// A row of the ledger.
struct Entry {
    when: String,
    what: String,
}

#[derive(Template)]
#[template(path = "queue/told_one.html")]
struct OnePage {
    frame: Frame,
    w: &'static ToldWords,
    row: Row,
    /// The message that waits.
    item: Option<String>,
    may_answer: bool,
    entries: Vec<Entry>,
    action: String,
}

async fn one(visitor: Visitor, Path(number): Path<String>) -> Result<Response, Fault> {
    let w = ToldWords::of(visitor.language);
    let alert = find(&visitor, &number).await?;
    let filter =
        LedgerFilter { number: Some(number.clone()), limit: Some(MOST_ROWS), ..LedgerFilter::default() };
    let entries = match alert.item {
        // Its own page has them.
        Some(_) => Vec::new(),
        None => visitor.desk.ledger_rows(&filter, "list").await?,
    };
    let entries = entries.into_iter().map(|entry| Entry {
        when: moment(visitor.language, entry.at),
        what: event(visitor.language, &entry.event),
    });
    let entries = entries.collect();
    shown(&OnePage {
        frame: Frame::of(&visitor, w.title, Place::ToldOne(&number)),
        w,
        row: row(&visitor, &alert),
        item: alert.item.as_ref().map(|id| Place::Item(id).to_string()),
        may_answer: alert.state != AlertState::Answered,
        entries,
        action: Place::ToldAnswer(&number).to_string(),
    })
}

/// Only the session's word is asked for.
#[derive(Deserialize)]
struct Nothing {}

async fn answer(
    visitor: Visitor,
    Path(number): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    find(&visitor, &number).await?;
    visitor.desk.answer_told(&number).await?;
    Ok(Redirect::to(&Place::ToldOne(&number).to_string()).into_response())
}

/// What a notice named so, of one's own schools, for whoever reviews there or is asked; the newest where
/// there are several.
async fn find(visitor: &Visitor, number: &str) -> Result<AlertSummary, Fault> {
    let found = visitor.desk.told_of(number, true).await?;
    let alert = found.into_iter().find(|alert| is_own(visitor, alert)).ok_or(Fault::NotThere)?;
    match visitor.desk.may_answer_told(&alert).await? {
        true => Ok(alert),
        false => Err(Fault::NotThere),
    }
}
