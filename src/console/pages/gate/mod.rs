//! The room of whoever runs the gate: how it stands, which rules are in force, what they would say of a
//! text, the switch back to observe, and what was changed. Never content of anybody's mail.

mod changes;
mod directory;
mod happened;
mod measures;
mod names;
mod observe;
mod overview;
mod rules;
mod try_it;
mod what_if;

pub(in super::super) use happened::WouldHave;
pub(in super::super) use what_if::WhatIf;

use super::super::{
    Fault,
    door::{Door, Guard},
    page::Entry,
    places::{Place, at},
    words::words,
};
use crate::{authority::Office, effects::Language};

/// Whoever may look at how the gate stands; `authority` is asked besides.
const WHO: &[Office] = &[Office::Admin, Office::Head, Office::DataProtection, Office::Lead, Office::Deputy];

words! {
    pub struct GateWords {
        room: "The gate" / "Y porth",
        overview: "How it stands" / "Sut mae'n sefyll",
        rules: "Rules" / "Rheolau",
        try_it: "Try a text" / "Rhoi cynnig ar destun",
        what_if: "What if" / "Beth pe bai",
        would_have: "What would have happened" / "Beth fyddai wedi digwydd",
        observe: "Back to observe" / "Yn ôl i arsylwi",
        changes: "What was changed" / "Beth a newidiwyd",
        directory: "Directory" / "Cyfeiriadur",
        exceptions: "Exceptions" / "Eithriadau",
        suspensions: "Suspensions" / "Ataliadau",
        no_reason: "A reason of 3 to 2,000 letters is needed." / "Mae angen rheswm o 3 i 2,000 llythyren.",
    }
}

/// Why, as it was typed in the field of that name.
fn reason(language: Language, typed: &str) -> Result<&str, Fault> {
    let reason = typed.trim();
    match (3..=2_000).contains(&reason.chars().count()) {
        true => Ok(reason),
        false => Err(Fault::Wrong(GateWords::of(language).no_reason.to_owned()).at("reason")),
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
        Door::get(at::GateWhatIf, guard, what_if::page),
        Door::post(at::GateWhatIf, guard, what_if::ask).up_to(what_if::LARGEST),
        Door::get(at::GateWouldHave, guard, happened::page),
        Door::post(at::GateWouldHave, guard, happened::ask),
        Door::get(at::GateObserve, guard, observe::page),
        Door::post(at::GateObserve, guard, observe::act),
        Door::get(at::GateChanges, guard, changes::page),
        Door::get(at::GateDirectory, guard, directory::page),
        Door::post(at::GateDirectory, guard, directory::compare).up_to(directory::LARGEST),
        Door::get(at::GateDraft, guard, directory::draft),
        Door::post(at::GateDraft, guard, directory::take_over),
        Door::post(at::GateDraftForget, guard, directory::forget),
        Door::get(at::GateMeasures, guard, measures::page),
        Door::post(at::GateMeasures, guard, measures::ask),
        Door::get(at::GateMeasure, guard, measures::one),
        Door::post(at::GateMeasureDecide, guard, measures::decide),
        Door::post(at::GateMeasureEnd, guard, measures::end),
    ]
}
