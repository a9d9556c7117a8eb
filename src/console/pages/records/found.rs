//! What was found, newest first, fifty a page. Each page is a search of the store's index, which the ledger
//! notes with its purpose.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::Visitor,
        words::fill,
    },
    READERS,
    ask::{AskWords, Form, Question},
    lines::{Line, lines},
};
use crate::{desk::MOST_OPENED, storage::Search};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::RecordsFound, Guard::Holding(READERS), page)]
}

/// Records of a page.
pub(super) const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "records/found.html")]
struct FoundPage {
    frame: Frame,
    w: &'static AskWords,
    asked: Vec<(&'static str, String)>,
    purpose: &'static str,
    form: Form,
    lines: Vec<Line>,
    has_schools: bool,
    in_part: bool,
    here: String,
    older: Option<String>,
    is_first: bool,
    export: String,
    all: String,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    after: String,
}

/// The question of an address, of whoever asked it.
pub(super) fn question(console: &Console, visitor: &Visitor, word: &str) -> Option<Arc<Question>> {
    console.asked.questions.get(&visitor.user.id, word)
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(word): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    // After half an hour, or a restart of the gate: back to where one asks.
    let Some(question) = question(&console, &visitor, &word) else {
        return Ok(Redirect::to(&Place::Records.to_string()).into_response());
    };
    let (desk, language) = (&visitor.desk, visitor.language);
    let w = AskWords::of(language);
    let after = if wanted.after.is_empty() { None } else { console.store.cursor(&wanted.after)? };
    let is_first = after.is_none();
    let search = Search { after, limit: Some(ROWS), ..question.typed.search(desk, w)? };
    let found = desk.find_records(&search, &question.why).await?;
    let here = Place::RecordsFound(&word).to_string();
    let older = found.after.map(|cursor| console.store.cursor_word(cursor)).transpose()?;
    shown(&FoundPage {
        frame: Frame::of(&visitor, w.found, Place::RecordsFound(&word)),
        w,
        asked: question.typed.said(w, desk),
        purpose: called::purpose(language, question.why.purpose),
        form: Form::of(&visitor, question.typed.clone(), Some(&question.why)),
        lines: lines(&console, &visitor, &found.hits, &word).await?,
        has_schools: desk.own_schools().len() > 1,
        in_part: found.in_part,
        older: older.map(|word| format!("{here}?after={word}")),
        is_first,
        export: Place::RecordsFile(&word).to_string(),
        all: fill(w.all, &[&MOST_OPENED.to_string()]),
        here,
    })
}
