//! The pages, room by room. A room has its doors beside its handlers; this is where they come
//! together, in the order in which a person's rooms are listed.

mod account;
mod again;
mod gate;
mod home;
mod incidents;
mod messages;
mod people;
mod queue;
mod records;
mod report;
mod school;
mod sign_in;

pub(super) use gate::{WhatIf, WouldHave};

use super::{
    Fault, assets,
    door::{Door, Guard},
    page::Entry,
    places::at,
};

pub(super) use records::Asked;

/// The rooms as they are listed for whoever holds their offices. Each room adds its own line.
pub(super) const ROOMS: &[Entry] =
    &[messages::ROOM, queue::ROOM, incidents::ROOM, records::ROOM, gate::ROOM, report::ROOM, people::ROOM];

/// Every door there is.
pub(super) fn doors() -> Vec<Door> {
    let mut doors = vec![
        Door::get(at::Style, Guard::Anyone, assets::style),
        Door::get(at::Script, Guard::Anyone, assets::script),
        Door::get(at::PasskeyScript, Guard::Anyone, assets::passkeys),
        Door::get(at::Icon, Guard::Anyone, assets::icon),
    ];
    doors.extend(home::doors());
    doors.extend(sign_in::doors());
    doors.extend(messages::doors());
    doors.extend(queue::doors());
    doors.extend(incidents::doors());
    doors.extend(records::doors());
    doors.extend(again::doors());
    doors.extend(school::doors());
    doors.extend(people::doors());
    doors.extend(account::doors());
    doors.extend(gate::doors());
    doors.extend(report::doors());
    doors
}

/// For every other address.
pub(super) async fn nowhere() -> Fault {
    Fault::NotThere
}
