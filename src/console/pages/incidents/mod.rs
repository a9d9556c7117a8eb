//! The room of incidents: what is proposed and open, and one with its people, messages and timeline. A person
//! opens and ends them; the gate proposes.

mod case;
mod case_words;
mod concern;
mod list;
mod write;

use super::super::{called, door::Door, page::Entry, places::Place, words::words};
use super::queue::{Choice, REVIEWERS};
use crate::{effects::Language, storage::IncidentKind};

words! {
    struct RoomWords {
        incidents: "Incidents" / "Digwyddiadau",
    }
}

pub(super) const ROOM: Entry =
    Entry { place: Place::Incidents, name: |language| RoomWords::of(language).incidents, offices: REVIEWERS };

pub(super) fn doors() -> Vec<Door> {
    let mut doors = list::doors();
    doors.extend(concern::doors());
    doors.extend(case::doors());
    doors.extend(write::doors());
    doors
}

/// The logs that an incident can belong to.
pub(super) fn kinds(language: Language) -> Vec<Choice> {
    let choice = |kind: &IncidentKind| Choice {
        value: kind.name().to_owned(),
        name: called::incident_kind(language, *kind).to_owned(),
        is_chosen: *kind == IncidentKind::Concern,
    };
    IncidentKind::ALL.iter().map(choice).collect()
}
