//! The governors' room: a month or a term of one school, in counts alone.

mod chart;
mod page;
mod said;

use super::super::{
    door::{Door, Guard},
    page::Entry,
    places::{Place, at},
};
use crate::authority::Office;

/// Whoever may see how the gate does; `authority` is asked besides, school by school.
const WHO: &[Office] = &[
    Office::Governor,
    Office::Chair,
    Office::Head,
    Office::DataProtection,
    Office::Lead,
    Office::Deputy,
    Office::Admin,
];

pub(super) fn doors() -> Vec<Door> {
    let guard = Guard::Holding(WHO);
    vec![Door::get(at::Report, guard, page::report), Door::get(at::ReportFile, guard, page::file)]
}

/// As the list of rooms has it.
pub(super) const ROOM: Entry = Entry { place: Place::Report, name: page::name, offices: WHO };
