//! The values of fields: roles, dates, names, addresses. A value that is wrong is a
//! fault that names the column, never the value itself where that is a person's data.

use super::{Log, sheet::Row};
use crate::{
    mail::{Address, SchoolId},
    parties::{AddressKind, Fault, ImageConsent, Membership, PersonId, Role, School, closest},
};
use chrono::NaiveDate;
use std::sync::Arc;

/// The words for roles: ours, those of OneRoster 1.1 and 1.2, and common ones.
const ROLES: [(&str, Role); 25] = [
    ("staff", Role::Staff),
    ("teacher", Role::Staff),
    ("administrator", Role::Staff),
    ("aide", Role::Staff),
    ("proctor", Role::Staff),
    ("sysAdmin", Role::Staff),
    ("systemAdministrator", Role::Staff),
    ("siteAdministrator", Role::Staff),
    ("districtAdministrator", Role::Staff),
    ("principal", Role::Staff),
    ("counselor", Role::Staff),
    ("employee", Role::Staff),
    ("student", Role::Pupil),
    ("pupil", Role::Pupil),
    ("learner", Role::Pupil),
    ("supply", Role::Supply),
    ("governor", Role::Governor),
    ("trustee", Role::Governor),
    ("parent", Role::Parent),
    ("guardian", Role::Parent),
    ("carer", Role::Parent),
    ("relative", Role::Parent),
    ("guest", Role::Guest),
    ("visitor", Role::Guest),
    ("trainee", Role::Guest),
];

/// Addresses of one column of one row at most.
const MOST_ADDRESSES: usize = 50;

/// The roles that a list names; a fault for each that is none.
pub(super) fn roles(row: &Row<'_>, column: &str, log: &mut Log) -> Vec<Role> {
    let mut roles = Vec::new();
    for word in row.list(column) {
        match ROLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
            Some((_, role)) => roles.push(*role),
            None => {
                // A role is no personal data, but a shifted row could put some here.
                let near =
                    if log.is_full() { None } else { closest(word, ROLES.iter().map(|(name, _)| *name)) };
                let hint = near.map_or_else(
                    || "staff, pupil, parent, supply, governor, guest, or a role of OneRoster.".to_owned(),
                    |near| format!("Did you mean `{near}`?"),
                );
                log.fault(row.fault(format!("What stands in `{column}` is no known role.")).hint(hint));
            }
        }
    }
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// An id as the school's system gives it.
pub(super) fn id(row: &Row<'_>, column: &str, log: &mut Log) -> Option<PersonId> {
    let id = row.get(column);
    if id.is_empty() {
        log.fault(row.fault(format!("`{column}` is empty.")));
        return None;
    }
    if id.len() > 255 || id.chars().any(|c| c.is_control() || c == ',' || c == ';') {
        log.fault(row.fault(format!("`{column}` is too long or holds a comma or control character.")));
        return None;
    }
    Some(PersonId(id.into()))
}

pub(super) fn ids(row: &Row<'_>, column: &str) -> Vec<PersonId> {
    row.list(column).map(|id| PersonId(id.into())).collect()
}

/// A name; empty is allowed here.
pub(super) fn name(row: &Row<'_>, column: &str, log: &mut Log) -> String {
    let name = row.get(column);
    if name.len() > 200 || name.chars().any(char::is_control) {
        log.fault(row.fault(format!("`{column}` is too long or holds a control character.")));
        return String::new();
    }
    name.to_owned()
}

/// `2014-11-03`; `None` when empty or wrong.
pub(super) fn date(row: &Row<'_>, column: &str, log: &mut Log) -> Option<NaiveDate> {
    let text = row.get(column);
    if text.is_empty() {
        return None;
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    if date.is_none() {
        log.fault(row.fault(format!("`{column}` is no date.")).hint("Write year-month-day: 2014-11-03."));
    }
    date
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}

pub(super) fn answer(row: &Row<'_>, column: &str, log: &mut Log) -> Option<Answer> {
    match row.get(column).to_lowercase().as_str() {
        "" => None,
        "true" | "yes" | "y" | "1" => Some(Answer::Yes),
        "false" | "no" | "n" | "0" => Some(Answer::No),
        _ => {
            log.fault(row.fault(format!("`{column}` is neither true nor false.")));
            None
        }
    }
}

pub(super) fn images(row: &Row<'_>, column: &str, log: &mut Log) -> Option<ImageConsent> {
    answer(row, column, log).map(|answer| match answer {
        Answer::Yes => ImageConsent::Given,
        Answer::No => ImageConsent::Refused,
    })
}

/// The addresses of a column; a fault for each that is none.
pub(super) fn addresses(row: &Row<'_>, column: &str, log: &mut Log) -> Vec<Address> {
    let mut found = Vec::new();
    for text in row.list(column).flat_map(str::split_whitespace) {
        if found.len() == MOST_ADDRESSES {
            log.fault(row.fault(format!("`{column}` has more than {MOST_ADDRESSES} addresses.")));
            break;
        }
        match Address::parse(text).filter(|a| a.domain().contains('.')) {
            Some(address) => found.push(address),
            None => log.fault(
                row.fault(format!("What stands in `{column}` is no mail address."))
                    .hint("Write name@domain.example, several separated by commas."),
            ),
        }
    }
    found
}

/// What an address is to someone with these roles. Within the schools' domains it is the
/// school's. Outside, it is an ordinary channel for a parent, a governor and other
/// outsiders, and a personal address for a pupil and for staff who are nothing else.
pub(super) fn kind(address: &Address, roles: &[Role], schools: &[Arc<School>]) -> AddressKind {
    let has = |role| roles.contains(&role);
    if crate::parties::resolve::school_of(address.domain(), schools).is_some() {
        AddressKind::School
    } else if has(Role::Pupil) || (has(Role::Staff) || has(Role::Supply)) && !has(Role::Parent) {
        AddressKind::Personal
    } else {
        AddressKind::Registered
    }
}

/// Every role at every school.
pub(super) fn memberships(schools: &[SchoolId], roles: &[Role]) -> Vec<Membership> {
    let mut all: Vec<Membership> = schools
        .iter()
        .flat_map(|school| roles.iter().map(|role| Membership { school: school.clone(), role: *role }))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// A warning when staff or pupils have an outside address where the school's belongs (CT-1).
pub(super) fn school_address(row: &Row<'_>, column: &str, kind: AddressKind, log: &mut Log) {
    if kind == AddressKind::Personal {
        let warning: Fault = row.fault(format!("The address in `{column}` is in no domain of a school."));
        log.warn(warning.hint("It counts as a personal address. Is a domain missing in gatehouse.toml?"));
    }
}
