//! All requests that are there for whoever asks, those that are not finished first; and a new one.

use super::{
    super::super::super::{
        Console, Fault,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, moment},
    },
    super::{ask::AskWords, lines::name_of},
    AccessWords, REVIEWERS, Review, one,
};
use crate::{
    authority::{Act, Thing},
    storage::SubjectAccess,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Accesses, Guard::Holding(REVIEWERS), page),
        Door::post(at::Accesses, Guard::Holding(REVIEWERS), make),
    ]
}

const ROWS: usize = 50;
/// Requests that are looked at for one page.
const LOOKED_AT: u32 = 200;

struct Row {
    id: String,
    place: String,
    person: String,
    made: String,
    due: String,
    is_overdue: bool,
    state: String,
    badge: &'static str,
    school: String,
}

fn row(visitor: &Visitor, w: &AccessWords, request: &SubjectAccess, now: DateTime<Utc>) -> Row {
    let (desk, language) = (&visitor.desk, visitor.language);
    let (state, badge) = match (request.finished_at, request.ready()) {
        (Some(_), _) => (w.finished.to_owned(), "plain"),
        (None, Ok(_)) => (w.ready.to_owned(), "good"),
        (None, Err(open)) => (fill(w.open, &[&open.len().to_string()]), "medium"),
    };
    Row {
        id: request.id.to_string(),
        place: Place::Access(request.id.as_str()).to_string(),
        person: name_of(desk, &request.asked.person),
        made: moment(language, request.made_at),
        due: moment(language, request.due_at),
        is_overdue: request.finished_at.is_none() && request.due_at < now,
        state,
        badge,
        school: desk.school_name(&request.school),
    }
}

#[derive(Template)]
#[template(path = "records/access/list.html")]
struct ListPage {
    frame: Frame,
    w: &'static AccessWords,
    q: &'static AskWords,
    rows: Vec<Row>,
    next: Option<String>,
    may_start: bool,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    after: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    shown(&listed(&console, &visitor, &asked.after).await?)
}

async fn listed(console: &Console, visitor: &Visitor, after: &str) -> Result<ListPage, Fault> {
    let (desk, w, now) = (&visitor.desk, AccessWords::of(visitor.language), Utc::now());
    desk.schools_or_refuse(Act::List, Thing::SubjectAccess)?;
    let all = console.store.subject_accesses_page(after.parse().ok().as_ref(), LOOKED_AT).await?;
    let may_be_more = all.len() == LOOKED_AT as usize;
    let last = all.last().map(|request| request.id.clone());
    let mut seen = desk.accesses_seen(all)?;
    let next = match seen.len() > ROWS {
        true => seen.get(ROWS - 1).map(|request| request.id.clone()),
        false => last.filter(|_| may_be_more),
    };
    seen.truncate(ROWS);
    Ok(ListPage {
        frame: Frame::of(visitor, w.title, Place::Accesses),
        w,
        q: AskWords::of(visitor.language),
        rows: seen.iter().map(|request| row(visitor, w, request, now)).collect(),
        next: next.map(|id| format!("{}?after={id}", Place::Accesses)),
        may_start: !desk.schools_where(Act::Open, Thing::SubjectAccess).is_empty(),
    })
}

#[derive(Deserialize)]
struct New {
    #[serde(default)]
    whose: String,
    #[serde(default)]
    by: String,
}

/// Gathers, and leads to the request; what was gathered is kept for whoever gathered it.
async fn make(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(new): Posted<New>,
) -> Result<Response, Fault> {
    let desk = &visitor.desk;
    desk.schools_or_refuse(Act::Open, Thing::SubjectAccess)?;
    let known = |field, text: &str| match crate::desk::person(&desk.directory, text) {
        Ok(_) => Ok(()),
        Err(fault) => Err(Fault::from(fault).at(field)),
    };
    known("whose", &new.whose)?;
    if !new.by.trim().is_empty() {
        known("by", &new.by)?;
    }
    let by = Some(new.by.trim()).filter(|by| !by.is_empty());
    let made = desk.make_access(&new.whose, by, || console.key_of(&visitor)).await?;
    let id = made.request.id.as_str();
    let pieces = desk.access_reviewed(&made.request, &made.gathered)?;
    let review = Review { pieces, in_part: made.gathered.searched_in_part };
    // What is too large for the screen is taken as a file.
    let _ = one::keep(&console, &visitor, id, review);
    Ok(Redirect::to(&format!("{}?said=made", Place::Access(id))).into_response())
}
