//! One request: its pieces, what makes them doubtful, what was ruled, and what is still to be done.

use super::{
    super::super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, moment},
    },
    super::super::queue::Choice,
    super::lines::name_of,
    AccessWords, Review, Said, badge, find, offices, said, waits_for,
};
use crate::{
    authority::{Act, Answer, State as CaseState},
    report::subject_access::ReviewedText,
    storage::{Concern, Eyes, PieceNote, RulingOffice, SubjectAccess, WHOLE},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::Access, Guard::SignedIn, page), Door::post(at::AccessGather, Guard::SignedIn, gather)]
}

/// Pieces of a page.
const ROWS: usize = 50;
/// Bytes of text of one review that are kept in memory.
const MOST_BYTES: usize = 16 << 20;

struct Row {
    key: String,
    place: String,
    what: &'static str,
    at: String,
    concerns: String,
    rulings: Vec<(&'static str, &'static str, &'static str)>,
    waits: bool,
}

#[derive(Template)]
#[template(path = "records/access/one.html")]
struct AccessPage {
    frame: Frame,
    w: &'static AccessWords,
    id: String,
    person: String,
    by: String,
    school: String,
    made: String,
    due: String,
    is_overdue: bool,
    given: Option<String>,
    rights: bool,
    said: Option<&'static str>,
    rows: Vec<Row>,
    more: Option<String>,
    is_first: bool,
    here: String,
    whole: Vec<Said>,
    offices: Vec<Choice>,
    rule: String,
    gather: String,
    review: String,
    are_read: bool,
    in_part: bool,
    /// How many words are still to be said.
    still: Option<String>,
    answer: Option<String>,
    not_yours: bool,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    from: String,
    #[serde(default)]
    said: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let request = find(&visitor, &id).await?;
    let (desk, language) = (&visitor.desk, visitor.language);
    let w = AccessWords::of(language);
    let id = request.id.as_str();
    let from: usize = wanted.from.parse().unwrap_or(0);
    let mine = offices(desk, &request, Eyes::Reviewers);
    let (rows, next) = rows(&visitor, &request, from).await?;
    let here = Place::Access(id).to_string();
    let review = review(&console, &visitor, id);
    let open = request.ready().err().map(|open| open.len());
    let mut case = desk.access_case(&request.school, &request.asked)?;
    case.state = CaseState::Decided;
    let may_give = desk.may(Act::Export, &case) == Answer::Allowed;
    let is_open = request.finished_at.is_none();
    shown(&AccessPage {
        frame: Frame::of(&visitor, fill(w.one, &[id]), Place::Access(id)),
        w,
        person: name_of(desk, &request.asked.person),
        by: request.asked.by.as_ref().map_or_else(|| w.themselves.to_owned(), |by| name_of(desk, by)),
        school: desk.school_name(&request.school),
        made: moment(language, request.made_at),
        due: moment(language, request.due_at),
        is_overdue: is_open && request.due_at < Utc::now(),
        given: request.finished_at.map(|at| fill(w.was_given, &[&moment(language, at)])),
        rights: request.asked.concerns.contains(&Concern::ChildsRights),
        said: match wanted.said.as_str() {
            "made" => Some(w.made_said),
            "noted" => Some(w.noted),
            _ => None,
        },
        rows,
        more: next.map(|next| format!("{here}?from={next}")),
        is_first: from == 0,
        whole: said(&visitor, &request, WHOLE).await?,
        offices: if is_open { choices(w, &mine) } else { Vec::new() },
        rule: Place::AccessRule(id).to_string(),
        gather: Place::AccessGather(id).to_string(),
        review: Place::AccessReview(id).to_string(),
        in_part: review.as_ref().is_some_and(|review| review.in_part),
        are_read: review.is_some(),
        still: open.map(|open| fill(w.still, &[&open.to_string()])),
        answer: (open.is_none() && may_give).then(|| Place::AccessAnswer(id).to_string()),
        not_yours: open.is_none() && !may_give,
        here,
        id: id.to_owned(),
    })
}

pub(super) fn choices(w: &AccessWords, offices: &[RulingOffice]) -> Vec<Choice> {
    let choice = |office: &RulingOffice| Choice {
        value: office.name().to_owned(),
        name: w.office(*office).to_owned(),
        is_chosen: false,
    };
    offices.iter().map(choice).collect()
}

/// The pieces that are there for whoever asks, from a place on, and where the next page begins.
async fn rows(
    visitor: &Visitor,
    request: &SubjectAccess,
    from: usize,
) -> Result<(Vec<Row>, Option<usize>), Fault> {
    let mut rows = Vec::new();
    for (place, piece) in request.asked.pieces.iter().enumerate().skip(from) {
        if rows.len() == ROWS {
            return Ok((rows, Some(place)));
        }
        if visitor.desk.sees_piece(piece).await? {
            rows.push(row(visitor, request, place, piece));
        }
    }
    Ok((rows, None))
}

fn row(visitor: &Visitor, request: &SubjectAccess, place: usize, piece: &PieceNote) -> Row {
    let (w, language) = (AccessWords::of(visitor.language), visitor.language);
    let concerns: Vec<&str> = piece.concerns.iter().map(|c| called::concern(language, *c)).collect();
    let ruled = request.rulings.iter().filter(|r| r.piece == piece.key);
    Row {
        place: Place::AccessPiece(request.id.as_str(), &place.to_string()).to_string(),
        key: piece.key.clone(),
        what: w.source(&piece.key),
        at: moment(language, piece.at),
        concerns: concerns.join("; "),
        rulings: ruled.map(|r| (w.office(r.office), w.ruling(r.ruling), badge(r.ruling))).collect(),
        waits: waits_for(request, piece, &offices(&visitor.desk, request, piece.eyes)),
    }
}

#[derive(Deserialize)]
struct Nothing {}

/// Gathers anew, for whoever reviews on the screen.
async fn gather(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    let request = find(&visitor, &id).await?;
    let desk = &visitor.desk;
    let gathered = desk.review_access(&request, || console.key_of(&visitor)).await?;
    let pieces = desk.access_reviewed(&request, &gathered)?;
    keep(&console, &visitor, request.id.as_str(), Review { pieces, in_part: gathered.searched_in_part })?;
    Ok(Redirect::to(&Place::Access(request.id.as_str()).to_string()))
}

/// What was gathered, as long as the session holds the key that opened it.
pub(super) fn review(console: &Console, visitor: &Visitor, id: &str) -> Option<Arc<Review>> {
    console.asked.reviews.get(&visitor.user.id, id).filter(|_| console.holds_key(visitor))
}

/// Keeps what was gathered for the pages of its pieces, when it is not too much.
pub(super) fn keep(console: &Console, visitor: &Visitor, id: &str, review: Review) -> Result<(), Fault> {
    let of_text = |text: &ReviewedText| match text {
        ReviewedText::Unopened => 0,
        ReviewedText::Letter(text) => text.len(),
        ReviewedText::Table(rows, _) => rows.iter().flatten().map(String::len).sum(),
    };
    let bytes: usize = review.pieces.iter().map(|piece| of_text(&piece.text)).sum();
    if bytes > MOST_BYTES {
        return Err(Fault::Wrong(AccessWords::of(visitor.language).too_large.to_owned()));
    }
    console.asked.reviews.keep_as(&visitor.user.id, id, Arc::new(review));
    Ok(())
}
