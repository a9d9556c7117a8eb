//! People: who is registered, which offices they hold or have been asked for, and their way in. For
//! whoever gives offices: head, data protection officer, chair, admin.

mod act;
mod list;
mod person;
mod words;

pub(super) use words::office_called;

use super::super::{
    door::{Door, Guard},
    page::Entry,
    places::{Place, at},
};
use crate::authority::Office;
use words::PeopleWords;

const OFFICES: &[Office] = &[Office::Head, Office::DataProtection, Office::Chair, Office::Admin];
const THEIRS: Guard = Guard::Holding(OFFICES);

pub(super) const ROOM: Entry =
    Entry { place: Place::People, name: |language| PeopleWords::of(language).title, offices: OFFICES };

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::People, THEIRS, list::page),
        Door::post(at::People, THEIRS, act::register),
        Door::get(at::Person, THEIRS, person::page),
        Door::post(at::PersonLink, THEIRS, act::link),
        Door::post(at::PersonOffice, THEIRS, act::give),
        Door::post(at::OfficeApprove, THEIRS, act::approve),
        Door::post(at::OfficeEnd, THEIRS, act::end),
    ]
}
