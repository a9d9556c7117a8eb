//! The room of whoever runs the gate: how it stands, which rules are in force, what they would say of a
//! text, the switch back to observe, and what was changed. Never content of anybody's mail.

mod changes;
mod observe;
mod overview;
mod rules;
mod try_it;

use super::super::{
    door::{Door, Guard},
    page::Entry,
    places::{Place, at},
    words::words,
};
use crate::authority::Office;

/// Whoever may look at how the gate stands; `authority` is asked besides.
const WHO: &[Office] = &[Office::Admin, Office::Head, Office::DataProtection, Office::Lead, Office::Deputy];

words! {
    pub struct GateWords {
        room: "The gate" / "Y porth",
        overview: "How it stands" / "Sut mae'n sefyll",
        rules: "Rules" / "Rheolau",
        try_it: "Try a text" / "Rhoi cynnig ar destun",
        observe: "Back to observe" / "Yn ôl i arsylwi",
        changes: "What was changed" / "Beth a newidiwyd",
    }
}

pub(super) const ROOM: Entry =
    Entry { place: Place::Gate, name: |language| GateWords::of(language).room, offices: WHO };

pub(super) fn doors() -> Vec<Door> {
    let guard = Guard::Holding(WHO);
    vec![
        Door::get(at::Gate, guard, overview::page),
        Door::get(at::GateRules, guard, rules::page),
        Door::get(at::GateTry, guard, try_it::page),
        Door::post(at::GateTry, guard, try_it::tried),
        Door::get(at::GateObserve, guard, observe::page),
        Door::post(at::GateObserve, guard, observe::act),
        Door::get(at::GateChanges, guard, changes::page),
    ]
}
