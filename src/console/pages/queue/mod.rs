//! The room of whoever reviews: the queue of what waits, one item on one screen, and what is done with it.

mod act;
mod act_words;
mod evidence;
mod item;
mod item_words;
mod list;
mod list_words;
mod live;
mod notes;
mod people;
mod purpose;
mod search;
mod told;

pub(super) use act::state;
pub(super) use item::ItemWords;
pub(super) use list::{Choice, QueueWords, purposes};
pub(super) use notes::{Note, NoteWords, shown as notes_shown};
pub(super) use people::{Someone, recipients, sender, writer};
pub(super) use purpose::Purposeful;

use super::super::{door::Door, page::Entry, places::Place, words::words};
use crate::authority::Office;

/// Who reviews; item by item is asked besides.
pub(super) const REVIEWERS: &[Office] =
    &[Office::Lead, Office::Deputy, Office::Head, Office::Chair, Office::DataProtection];

words! {
    struct RoomWords {
        queue: "Queue" / "Rhestr aros",
    }
}

pub(super) const ROOM: Entry =
    Entry { place: Place::Queue, name: |language| RoomWords::of(language).queue, offices: REVIEWERS };

pub(super) fn doors() -> Vec<Door> {
    let mut doors = list::doors();
    doors.extend(search::doors());
    doors.extend(live::doors());
    doors.extend(told::doors());
    doors.extend(item::doors());
    doors.extend(act::doors());
    doors.extend(notes::doors());
    doors
}
