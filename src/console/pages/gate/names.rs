//! Whoever stands behind a random id of the ledger, as people call them.

use super::super::super::{Fault, words::words};
use crate::{desk::Desk, effects::Language, storage::Actor};
use std::collections::HashMap;

words! {
    struct NameWords {
        gate: "the gate" / "y porth",
        forgotten: "somebody who was forgotten" / "rhywun a anghofiwyd",
    }
}

/// Each is looked up once for a page.
pub(super) struct Names<'d> {
    desk: &'d Desk,
    w: &'static NameWords,
    known: HashMap<String, String>,
}

impl<'d> Names<'d> {
    pub(super) fn new(desk: &'d Desk, language: Language) -> Self {
        Self { desk, w: NameWords::of(language), known: HashMap::new() }
    }

    pub(super) async fn of(&mut self, id: &str) -> Result<String, Fault> {
        if let Some(known) = self.known.get(id) {
            return Ok(known.clone());
        }
        let (desk, w) = (self.desk, self.w);
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
        self.known.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}
