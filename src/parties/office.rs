//! Who holds which office of a school, by person and not by address alone: an officer's
//! second address is the same officer.

use super::{AddressKind, Directory, Holder, Party, PersonId, School};
use crate::mail::Address;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Office {
    /// Lead or deputy.
    Safeguarding,
    Chair,
    Other,
}

/// The office that an address is listed for, or that its person holds when it is one of
/// the school's own addresses.
pub(super) fn held(
    school: &School,
    address: &Address,
    party: &Party,
    directory: &Directory,
) -> Option<Office> {
    let officers = &school.officers;
    let person = party.person.as_ref().filter(|_| party.kind == Some(AddressKind::School));
    let holds = |addresses: &[Address]| {
        addresses.iter().any(|officer| {
            officer == address || person.is_some_and(|p| person_of(officer, directory) == Some(p))
        })
    };
    if holds(&officers.lead) || holds(&officers.deputies) || officers.report.contains(address) {
        Some(Office::Safeguarding)
    } else if holds(&officers.chair) {
        Some(Office::Chair)
    } else if holds(&officers.head)
        || holds(&officers.data_protection)
        || officers.postmaster.as_ref() == Some(address)
    {
        Some(Office::Other)
    } else {
        None
    }
}

/// The one person of the school's own address `address`.
pub(super) fn person_of<'a>(address: &Address, directory: &'a Directory) -> Option<&'a PersonId> {
    own_holder(address, directory).map(|holder| holder.person.id())
}

/// The one person to whom the school has given this address.
pub(super) fn own_holder<'a>(address: &Address, directory: &'a Directory) -> Option<Holder<'a>> {
    directory.lookup(address)?.only_holder().filter(|holder| holder.kind == AddressKind::School)
}
