//! What waits, newest first, and what was decided lately.

use super::{
    super::super::{
        Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{fill, moment},
    },
    words::{MessagesWords, named},
};
use crate::{
    effects::Language,
    mail::Address,
    storage::{ItemId, ItemState, ItemSummary, OwnLine, OwnState},
};
use askama::Template;
use axum::{extract::Query, response::Response};
use serde::Deserialize;

/// One line of either list.
struct Line {
    place: String,
    subject: String,
    to: String,
    at: String,
    state: String,
    /// Class of its badge.
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "messages/list.html")]
struct ListPage {
    frame: Frame,
    w: &'static MessagesWords,
    waiting: Vec<Line>,
    decided: Vec<Line>,
    /// Where the older ones of either list are.
    more_waiting: Option<String>,
    more_decided: Option<String>,
    is_first: bool,
}

/// From where on the lists go.
#[derive(Deserialize)]
pub(super) struct From {
    waiting: Option<String>,
    decided: Option<String>,
}

pub(super) async fn page(visitor: Visitor, Query(from): Query<From>) -> Result<Response, Fault> {
    let cursor = |text: &Option<String>| text.as_ref().map(|t| t.parse::<ItemId>()).transpose();
    let not_there = |()| Fault::NotThere;
    let (waiting, decided) =
        (cursor(&from.waiting).map_err(not_there)?, cursor(&from.decided).map_err(not_there)?);
    let is_first = waiting.is_none() && decided.is_none();
    let desk = &visitor.desk;
    let waiting = desk.own_messages(OwnState::Waiting, waiting.as_ref()).await?;
    let decided = desk.own_messages(OwnState::Decided, decided.as_ref()).await?;
    let w = MessagesWords::of(visitor.language);
    let line = |(item, line): &(ItemSummary, OwnLine)| shown_line(visitor.language, item, line);
    let more = |list: &str, next: &Option<ItemId>| {
        next.as_ref().map(|id| format!("{}?{list}={id}", Place::Messages))
    };
    shown(&ListPage {
        frame: Frame::of(&visitor, w.title, Place::Messages),
        w,
        more_waiting: more("waiting", &waiting.next),
        more_decided: more("decided", &decided.next),
        waiting: waiting.messages.iter().map(line).collect(),
        decided: decided.messages.iter().map(line).collect(),
        is_first,
    })
}

fn shown_line(language: Language, item: &ItemSummary, line: &OwnLine) -> Line {
    let w = MessagesWords::of(language);
    let to: Vec<String> = line.recipients.iter().map(Address::to_string).collect();
    let (state, tone) = match (item.state, item.leaves_at) {
        (ItemState::Open, Some(at)) => (fill(w.leaves, &[&moment(language, at)]), "medium"),
        (ItemState::Open, None) => (w.s_open.to_owned(), "high"),
        (state @ (ItemState::Releasing | ItemState::Released), _) => (w.state(state).to_owned(), "good"),
        (state, _) => (w.state(state).to_owned(), "plain"),
    };
    Line {
        place: Place::Message(item.id.as_str()).to_string(),
        subject: if line.subject.trim().is_empty() { w.no_subject.to_owned() } else { line.subject.clone() },
        to: named(language, &to),
        at: moment(language, item.received_at),
        state,
        tone,
    }
}
