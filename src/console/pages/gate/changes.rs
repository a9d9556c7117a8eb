//! What was changed in how the gate works: rules, people, settings, exceptions, offices, keys (QU-5). Who
//! it was, when, and why.

use super::{
    super::super::{
        Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{moment, words},
    },
    GateWords,
};
use crate::{
    desk::Desk,
    storage::{Actor, LedgerFilter},
};
use askama::Template;
use axum::response::Response;
use std::collections::HashMap;

/// The newest so many.
const MOST: u32 = 100;

words! {
    struct ChangesWords {
        when: "When" / "Pryd",
        who: "Who" / "Pwy",
        what: "What" / "Beth",
        why: "Why" / "Pam",
        gate: "the gate" / "y porth",
        forgotten: "somebody who was forgotten" / "rhywun a anghofiwyd",
        none: "Nothing was changed yet." / "Ni newidiwyd dim eto.",
    }
}

struct Row {
    when: String,
    who: String,
    what: String,
    why: String,
}

#[derive(Template)]
#[template(path = "gate/changes.html")]
struct ChangesPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static ChangesWords,
    rows: Vec<Row>,
}

pub(super) async fn page(visitor: Visitor) -> Result<Response, Fault> {
    let (w, g) = (ChangesWords::of(visitor.language), GateWords::of(visitor.language));
    let desk = &visitor.desk;
    let filter = LedgerFilter { limit: Some(MOST), ..LedgerFilter::changes() };
    let entries = desk.ledger_rows(&filter, "changes").await?;
    let mut names = HashMap::new();
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().rev() {
        let who = who(desk, w, &entry.actor, &mut names).await?;
        let subject = entry.subject.map_or_else(String::new, |subject| format!(" {subject}"));
        rows.push(Row {
            when: moment(visitor.language, entry.at),
            who,
            what: format!("{}{subject}", entry.event),
            why: entry.reason.unwrap_or_default(),
        });
    }
    shown(&ChangesPage { frame: Frame::of(&visitor, g.changes, Place::GateChanges), g, w, rows })
}

/// Whoever stands behind a random id, as people call them.
async fn who(
    desk: &Desk,
    w: &ChangesWords,
    id: &str,
    names: &mut HashMap<String, String>,
) -> Result<String, Fault> {
    if let Some(known) = names.get(id) {
        return Ok(known.clone());
    }
    let account = |id: &str| desk.users.iter().find(|u| u.id.as_str() == id).map(|u| desk.name_of(u));
    let name = match desk.store.person(id).await? {
        _ if id == "gate" => w.gate.to_owned(),
        Some(Actor::Person(person)) => {
            let found = desk.directory.person(&person);
            found.map_or_else(|| w.forgotten.to_owned(), |p| format!("{} {}", p.given(), p.family()))
        }
        Some(Actor::Account(id)) => account(&id).unwrap_or_else(|| w.forgotten.to_owned()),
        Some(Actor::Operator(name)) => name,
        Some(_) => w.gate.to_owned(),
        None => w.forgotten.to_owned(),
    };
    names.insert(id.to_owned(), name.clone());
    Ok(name)
}
