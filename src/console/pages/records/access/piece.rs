//! One piece as it would be given, beside what was taken out of it; and the word of whoever reviews it.

use super::{
    super::super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::Visitor,
        words::{fill, moment},
    },
    super::super::queue::Choice,
    AccessWords, Said, find, offices,
    one::{choices, review},
    said, waits_for,
};
use crate::{
    effects::Language,
    report::subject_access::{Reviewed, ReviewedText},
    storage::SubjectAccess,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::AccessPiece, Guard::SignedIn, page)]
}

/// What is shown of one piece; the file for the review has all.
const MOST_TEXT: usize = 24_000;
const MOST_ROWS: usize = 200;
const MOST_OUT: usize = 150;

struct Out {
    label: String,
    original: String,
    kind: &'static str,
    doubt: &'static str,
}

struct Content {
    heading: String,
    facts: Vec<(String, String)>,
    letter: Option<String>,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    is_unopened: bool,
    is_cut: bool,
    files: Vec<String>,
    out: Vec<Out>,
    more_out: Option<String>,
}

enum Read {
    NotGathered,
    Gone,
    Content(Box<Content>),
}

#[derive(Template)]
#[template(path = "records/access/piece.html")]
struct PiecePage {
    frame: Frame,
    w: &'static AccessWords,
    heading: &'static str,
    key: String,
    at: String,
    concerns: Vec<&'static str>,
    rulings: Vec<Said>,
    offices: Vec<Choice>,
    rule: String,
    request: String,
    next: Option<String>,
    read: Read,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((id, place)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let request = find(&visitor, &id).await?;
    let place: usize = place.parse().map_err(|_| Fault::NotThere)?;
    let piece = request.asked.pieces.get(place).ok_or(Fault::NotThere)?;
    if !visitor.desk.sees_piece(piece).await? {
        return Err(Fault::NotThere);
    }
    let (language, id) = (visitor.language, request.id.as_str());
    let w = AccessWords::of(language);
    let mine = offices(&visitor.desk, &request, piece.eyes);
    let read = match review(&console, &visitor, id) {
        None => Read::NotGathered,
        Some(review) => match review.pieces.iter().find(|one| one.note.key == piece.key) {
            None => Read::Gone,
            Some(one) => Read::Content(Box::new(content(language, one))),
        },
    };
    let number = (place + 1).to_string();
    shown(&PiecePage {
        frame: Frame::of(
            &visitor,
            fill(w.reading, &[&number, id]),
            Place::AccessPiece(id, &place.to_string()),
        ),
        w,
        heading: w.source(&piece.key),
        key: piece.key.clone(),
        at: moment(language, piece.at),
        concerns: piece.concerns.iter().map(|c| called::concern(language, *c)).collect(),
        rulings: said(&visitor, &request, &piece.key).await?,
        offices: if request.finished_at.is_none() { choices(w, &mine) } else { Vec::new() },
        rule: Place::AccessRule(id).to_string(),
        request: Place::Access(id).to_string(),
        next: next(&visitor, &request, place).await?,
        read,
    })
}

/// The next piece, or the first before it, that waits for a word of whoever asks.
async fn next(visitor: &Visitor, request: &SubjectAccess, place: usize) -> Result<Option<String>, Fault> {
    let all = request.asked.pieces.iter().enumerate();
    let (before, behind): (Vec<_>, Vec<_>) = all.filter(|(n, _)| *n != place).partition(|(n, _)| *n < place);
    for (n, piece) in behind.into_iter().chain(before) {
        let mine = offices(&visitor.desk, request, piece.eyes);
        if waits_for(request, piece, &mine) && visitor.desk.sees_piece(piece).await? {
            return Ok(Some(Place::AccessPiece(request.id.as_str(), &n.to_string()).to_string()));
        }
    }
    Ok(None)
}

fn content(language: Language, piece: &Reviewed) -> Content {
    let w = AccessWords::of(language);
    let (mut letter, mut head, mut rows, mut is_cut) = (None, Vec::new(), Vec::new(), false);
    match &piece.text {
        ReviewedText::Unopened => {}
        ReviewedText::Letter(text) => {
            let end = text.floor_char_boundary(text.len().min(MOST_TEXT));
            is_cut = end < text.len();
            letter = Some(called::lines(&text[..end]));
        }
        ReviewedText::Table(all, _) => {
            is_cut = all.len() > MOST_ROWS;
            let plain = |row: &Vec<String>| row.iter().map(|cell| called::plain(cell, 2_000)).collect();
            let mut shown = all.iter().take(MOST_ROWS).map(plain);
            head = shown.next().unwrap_or_default();
            rows = shown.collect();
        }
    }
    let out = piece.taken_out.iter().take(MOST_OUT).map(|one| Out {
        label: called::plain(&one.label, 100),
        original: called::plain(&one.original, 300),
        kind: w.kind(one.kind),
        doubt: w.doubt(one.doubt),
    });
    Content {
        heading: called::plain(&piece.heading, 300),
        facts: piece
            .facts
            .iter()
            .map(|(name, value)| (called::plain(name, 100), called::plain(value, 1_000)))
            .collect(),
        is_unopened: matches!(piece.text, ReviewedText::Unopened),
        letter,
        head,
        rows,
        is_cut,
        files: piece.files.iter().take(50).map(|name| called::plain(name, 120)).collect(),
        out: out.collect(),
        more_out: (piece.taken_out.len() > MOST_OUT)
            .then(|| fill(w.t_more, &[&(piece.taken_out.len() - MOST_OUT).to_string()])),
    }
}
