//! Who of parents and pupils is here, and since when the others are gone: mail with parents is
//! kept until they have left, and a while longer (practice.md, B).

use super::{Directory, Person, Role, Standing};
use crate::mail::Address;
use chrono::NaiveDate;

/// Every address of a parent or pupil, with the day on which its owner left; `None`: here. A
/// parent is here as long as one of the children is.
pub fn leaving(directory: &Directory, today: NaiveDate) -> Vec<(Address, Option<NaiveDate>)> {
    let mut all = Vec::new();
    for person in directory.people() {
        let is = |wanted: Role| person.memberships().any(|(_, role)| role == wanted);
        let left = match (is(Role::Pupil), is(Role::Parent)) {
            (_, true) => parent(&person, today),
            (true, false) => gone(&person, today),
            (false, false) => continue,
        };
        all.extend(person.addresses().map(|(address, _)| (address, left)));
    }
    all
}

/// The last of the children to leave counts; without children, the parent alone.
fn parent(person: &Person<'_>, today: NaiveDate) -> Option<NaiveDate> {
    let mut children = person.children().map(|child| gone(&child, today)).peekable();
    if children.peek().is_none() || gone(person, today).is_some() {
        return gone(person, today);
    }
    children.try_fold(NaiveDate::MIN, |last, left| left.map(|left| last.max(left)))
}

/// A mark without a date counts from the day on which it is first seen.
fn gone(person: &Person<'_>, today: NaiveDate) -> Option<NaiveDate> {
    match person.standing() {
        Standing::Current => None,
        Standing::Until(last) => (last < today).then_some(last),
        Standing::Left => Some(today),
    }
}
