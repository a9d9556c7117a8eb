//! My messages: what waits for its sender, and what became of the rest. Nobody else has this room's
//! contents: for every other person a message here is not there (practice.md, A5).

mod code;
mod list;
mod one;
mod words;

use super::super::{
    door::{Door, Guard},
    page::Entry,
    places::{Place, at},
};

/// Everybody's own.
pub(super) const ROOM: Entry =
    Entry { place: Place::Messages, name: |language| words::MessagesWords::of(language).title, offices: &[] };

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Messages, Guard::SignedIn, list::page),
        Door::get(at::Message, Guard::SignedIn, one::page),
        Door::post(at::Message, Guard::SignedIn, one::decide),
        Door::get(at::Coded, Guard::Anyone, code::page),
        Door::post(at::Coded, Guard::Anyone, code::decide),
    ]
}
