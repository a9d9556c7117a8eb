//! The queue by child: whose mail it is, or words of it, are asked of the search index. It is a form
//! that is sent, so that no name stands in an address; the ledger has it with its purpose.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::words,
    },
    REVIEWERS,
    list::{Choice, QueueWords, ROWS, Row, purposes, rows},
    purpose::purpose_of,
};
use crate::{
    authority::{Act, Thing},
    desk::{Desk, correspondents},
    mail::SchoolId,
    storage::{ItemState, Search},
};
use askama::Template;
use axum::{extract::State, response::Response};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::post(at::QueueSearch, Guard::Holding(REVIEWERS), search)]
}

words! {
    pub struct SearchWords {
        title: "Search of the queue" / "Chwilio'r rhestr aros",
        none: "Nothing that waits, and that you may see, answers this." / "Does dim sy'n aros, ac y cewch ei weld, yn ateb hyn.",
        in_part: "Some messages cannot be searched whole, because they are too long or a file in them could not be read: look for those by person as well."
            / "Ni ellir chwilio rhai negeseuon yn gyfan, am eu bod yn rhy hir neu am na ellid darllen ffeil ynddynt: chwiliwch am y rheini yn ôl person hefyd.",
        back: "Back to the queue" / "Yn ôl i'r rhestr",
        more: "More" / "Rhagor",
        empty: "Give a person or words to look for." / "Rhowch berson neu eiriau i chwilio amdanynt.",
        purpose: "Choose what the search is for." / "Dewiswch i ba ddiben mae'r chwiliad.",
        newest: "Newest first." / "Y diweddaraf gyntaf.",
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    person: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "queue/search.html")]
struct SearchPage {
    frame: Frame,
    w: &'static QueueWords,
    s: &'static SearchWords,
    rows: Vec<Row>,
    has_schools: bool,
    purposes: Vec<Choice>,
    person: String,
    words: String,
    purpose: String,
    in_part: bool,
    after: Option<String>,
}

async fn search(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, Fault> {
    let (desk, language) = (&visitor.desk, visitor.language);
    let s = SearchWords::of(language);
    desk.schools_or_refuse(Act::Search, Thing::Quarantined)?;
    let why =
        purpose_of(&wanted.purpose, "").ok_or_else(|| Fault::Wrong(s.purpose.to_owned()).at("purpose"))?;
    if wanted.person.trim().is_empty() && wanted.words.trim().is_empty() {
        return Err(Fault::Wrong(s.empty.to_owned()).at("person"));
    }
    let with = match wanted.person.trim() {
        "" => Vec::new(),
        person => vec![correspondents(&desk.directory, person).map_err(|e| Fault::from(e).at("person"))?],
    };
    let after = match wanted.after.as_str() {
        "" => None,
        word => console.store.cursor(word)?,
    };
    let question = Search {
        words: wanted.words.chars().take(200).collect(),
        with,
        states: vec![ItemState::Open, ItemState::Escalated],
        school: only_one(desk),
        limit: Some(ROWS as u32),
        after,
        ..Search::default()
    };
    let found = console.store.quarantine_seen(&question, &**desk, &desk.actor, &why).await?;
    let cases = console.store.item_cases(&found.hits).await?;
    let now = Utc::now();
    let all: Vec<_> =
        found.hits.into_iter().zip(cases).map(|(item, case)| desk.waits(item, case, now)).collect();
    let w = QueueWords::of(language);
    shown(&SearchPage {
        frame: Frame::of(&visitor, s.title, Place::Queue),
        w,
        s,
        rows: rows(desk, language, &all, now),
        has_schools: desk.own_schools().len() > 1,
        purposes: purposes(language, Some(why.purpose)),
        person: called::plain(&wanted.person, 200),
        words: called::plain(&wanted.words, 200),
        purpose: why.purpose.name().to_owned(),
        in_part: found.in_part,
        after: found.after.map(|cursor| console.store.cursor_word(cursor)).transpose()?,
    })
}

/// The index is asked for one school where the asker has one.
fn only_one(desk: &Desk) -> Option<SchoolId> {
    match &desk.own_schools()[..] {
        [one] => Some(one.clone()),
        _ => None,
    }
}
