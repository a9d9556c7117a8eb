//! What was changed in how the gate works: rules, people, settings, exceptions, offices, keys (QU-5). Who
//! it was, when, and why.

use super::{
    super::super::{
        Fault,
        events::event,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{moment, words},
    },
    GateWords,
    names::Names,
};
use crate::storage::LedgerFilter;
use askama::Template;
use axum::response::Response;

/// The newest so many.
const MOST: u32 = 100;

words! {
    struct ChangesWords {
        when: "When" / "Pryd",
        who: "Who" / "Pwy",
        what: "What" / "Beth",
        why: "Why" / "Pam",
        none: "Nothing was changed yet." / "Ni newidiwyd dim eto.",
    }
}

struct Row {
    when: String,
    who: String,
    what: String,
    /// The rule, setting, person or measure, by its own name or number.
    about: String,
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
    let mut names = Names::new(desk, visitor.language);
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().rev() {
        let who = names.of(&entry.actor).await?;
        rows.push(Row {
            when: moment(visitor.language, entry.at),
            who,
            what: event(visitor.language, &entry.event),
            about: entry.subject.unwrap_or_default(),
            why: entry.reason.unwrap_or_default(),
        });
    }
    shown(&ChangesPage { frame: Frame::of(&visitor, g.changes, Place::GateChanges), g, w, rows })
}
