//! Who of a school's officers may be told of an item: never one who is a party to it
//! (practice.md, A4). People are compared, not addresses: a lead who got the message at
//! a private address is a party all the same.

use super::{AddressKind, Directory, GroupKind, Parties, PersonId, School};
use crate::mail::Address;
use std::collections::HashSet;

/// What is to be told decides where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A safeguarding concern: lead, deputies, head.
    Concern,
    /// An allegation against a member of staff: the head.
    Allegation,
}

/// The officers' addresses that may be told, in the order of standing in. Where the head
/// is a party, the chair takes the head's place. Empty when everyone is a party: then the
/// authority is told directly, which no machine does.
pub fn may_be_told(
    school: &School,
    matter: Matter,
    parties: &Parties,
    directory: &Directory,
) -> Vec<Address> {
    let involved = Involved::of(parties, directory);
    let officers = &school.officers;
    let mut told: Vec<Address> = Vec::new();
    let mut add = |office: &[Address]| {
        for address in office.iter().flat_map(|a| involved.free(a, directory)) {
            if !told.contains(&address) {
                told.push(address);
            }
        }
    };
    if matter == Matter::Concern {
        add(&officers.lead);
        add(&officers.deputies);
    }
    if officers.head.iter().any(|head| involved.has(head, directory)) {
        add(&officers.chair);
    } else {
        add(&officers.head);
    }
    told
}

/// Everyone who wrote, got or was shown the item.
struct Involved<'a> {
    addresses: HashSet<String>,
    people: HashSet<&'a PersonId>,
}

impl<'a> Involved<'a> {
    /// The members of an office's mailbox have got what came to it. Those of a distribution
    /// list do not count: else a note to all staff would leave nobody to tell.
    fn of(parties: &Parties, directory: &'a Directory) -> Self {
        let mut involved = Self { addresses: HashSet::new(), people: HashSet::new() };
        let all = parties.senders().chain(&parties.recipients).chain(&parties.visible);
        for address in all.filter_map(|party| party.address.as_ref()) {
            involved.addresses.insert(address.key().to_owned());
            involved.people.extend(people_of(address, directory));
        }
        // Parties may have been recognised by more than their address (`name+tag@`).
        let all = parties.senders().chain(&parties.recipients).chain(&parties.visible);
        for person in all.filter_map(|party| party.person.as_ref()) {
            involved.people.extend(directory.person(person).map(super::Person::id));
        }
        involved
    }

    fn has(&self, address: &Address, directory: &Directory) -> bool {
        self.addresses.contains(address.key())
            || people_of(address, directory).iter().any(|person| self.people.contains(person))
    }

    /// The address, unless a party reads there; of an office's mailbox then those members
    /// who are none.
    fn free(&self, address: &Address, directory: &Directory) -> Vec<Address> {
        if !self.has(address, directory) {
            return vec![address.clone()];
        }
        let group = directory.lookup(address).and_then(super::Known::group);
        let members = group.into_iter().flat_map(super::Group::members);
        members
            .filter(|member| !self.people.contains(member.id()))
            .filter_map(|member| member.addresses().find(|(_, kind)| *kind == AddressKind::School))
            .map(|(own, _)| own)
            .filter(|own| !self.addresses.contains(own.key()))
            .collect()
    }
}

/// The people who read mail to this address.
fn people_of<'a>(address: &Address, directory: &'a Directory) -> Vec<&'a PersonId> {
    let Some(known) = directory.lookup(address) else { return Vec::new() };
    let mailbox = known.group().filter(|group| group.kind() == GroupKind::Mailbox);
    known
        .holders()
        .map(|holder| holder.person.id())
        .chain(mailbox.into_iter().flat_map(super::Group::members).map(super::Person::id))
        .collect()
}
