//! The people of all schools, compact: all text lies in one buffer, records point into
//! it, and an address is found by one look into a hash table. A directory never changes;
//! a new import makes a new one that is swapped in whole.

mod build;
mod view;

pub(crate) use build::Builder;
pub use view::{Group, Holder, Known, Name, Person};

use super::{AddressKind, DirectoryId, GroupKind, GroupRecord, ImageConsent, PersonId, PersonRecord, Role};
use crate::mail::{Address, SchoolId};
use chrono::NaiveDate;
use std::{collections::HashMap, fmt, hash::BuildHasher, hash::RandomState};

/// A place in [`Directory::text`].
#[derive(Clone, Copy)]
struct Text {
    start: u32,
    length: u32,
}

struct PersonRow {
    id: PersonId,
    given: Text,
    family: Text,
    /// Empty when there is none.
    preferred: Text,
    /// Where this person's rows begin in `memberships` and `addresses`; they end where
    /// the next person's begin.
    memberships: u32,
    addresses: u32,
    born: Option<NaiveDate>,
    images: Option<ImageConsent>,
    standing: super::Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Person(u32, AddressKind),
    Group(u32),
}

struct AddressRow {
    /// Lower case, as [`Address::key`].
    text: Text,
    owner: Owner,
    /// The next row with the same hash, which may be the same address of another person.
    next: Option<u32>,
}

struct GroupRow {
    address: Text,
    name: Text,
    school: u16,
    kind: GroupKind,
    /// Of all members, those who left included: a message may name a large group often,
    /// so this is worked out once.
    roles: Vec<Role>,
}

/// Relations between rows as sorted pairs: compact, and found by bisection.
#[derive(Default)]
struct Pairs(Vec<(u32, u32)>);

impl Pairs {
    fn of(&self, left: u32) -> &[(u32, u32)] {
        let start = self.0.partition_point(|p| p.0 < left);
        let rest = self.0.get(start..).unwrap_or_default();
        rest.get(..rest.partition_point(|p| p.0 == left)).unwrap_or_default()
    }
}

/// Everyone the schools know.
pub struct Directory {
    id: DirectoryId,
    text: String,
    schools: Vec<SchoolId>,
    classes: Vec<String>,
    /// In order of their ids.
    people: Vec<PersonRow>,
    memberships: Vec<(u16, Role)>,
    addresses: Vec<AddressRow>,
    groups: Vec<GroupRow>,
    /// Hash of an address to the first of its rows.
    index: HashMap<u64, u32>,
    hasher: RandomState,
    /// parent to child, child to parent, pupil to who must not be told, person to class,
    /// group to member.
    children: Pairs,
    parents: Pairs,
    must_not_contact: Pairs,
    attends: Pairs,
    members: Pairs,
}

impl Directory {
    /// A directory that knows nobody.
    pub fn empty() -> Self {
        Builder::default().finish()
    }

    /// Of two people with one id the first is taken, and a reference to somebody who is
    /// not there is left out: the importers report both as faults before.
    pub fn build(people: Vec<PersonRecord>, groups: Vec<GroupRecord>) -> Self {
        let mut people = people;
        people.sort_by(|a, b| a.id.cmp(&b.id));
        let mut builder = Builder::default();
        people.iter().for_each(|person| builder.add(person));
        groups.iter().for_each(|group| builder.add_group(group));
        builder.finish()
    }

    /// Digest of the content: equal directories have equal ids.
    pub fn id(&self) -> &DirectoryId {
        &self.id
    }

    /// How many people.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Who has this address. Exact but for upper and lower case.
    pub fn lookup(&self, address: &Address) -> Option<Known<'_>> {
        self.lookup_key(address.key())
    }

    /// As [`Self::lookup`] with a text that is already lower case.
    pub fn lookup_key(&self, key: &str) -> Option<Known<'_>> {
        let mut row = self.index.get(&self.hasher.hash_one(key)).copied();
        while let Some(at) = row {
            let entry = self.addresses.get(at as usize)?;
            if self.text(entry.text) == key {
                return Some(Known { directory: self, first: at });
            }
            row = entry.next;
        }
        None
    }

    pub fn person(&self, id: &PersonId) -> Option<Person<'_>> {
        let row = self.people.binary_search_by(|p| p.id.cmp(id)).ok()?;
        Some(Person { directory: self, row: u32::try_from(row).ok()? })
    }

    /// Everyone, in order of their ids.
    pub fn people(&self) -> impl Iterator<Item = Person<'_>> {
        (0..self.people.len() as u32).map(|row| Person { directory: self, row })
    }

    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        (0..self.groups.len() as u32).map(|row| Group { directory: self, row })
    }

    /// Everyone's names, those who left included: their data stays theirs. For the
    /// detector of people.
    pub fn names(&self) -> impl Iterator<Item = Name<'_>> {
        self.people().map(|person| Name {
            person: person.id(),
            role: person.memberships().map(|(_, role)| role).min().unwrap_or(Role::Guest),
            given: person.given(),
            family: person.family(),
            preferred: person.preferred(),
        })
    }

    fn text(&self, text: Text) -> &str {
        let start = text.start as usize;
        self.text.get(start..start + text.length as usize).unwrap_or_default()
    }

    fn school(&self, index: u16) -> &SchoolId {
        // Rows are made by `Builder` alone, which gives the index of a school it has put there.
        &self.schools[usize::from(index)]
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::empty()
    }
}

/// Counts, never people.
impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("people", &self.people.len())
            .field("groups", &self.groups.len())
            .field("addresses", &self.addresses.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::sample;

    #[test]
    fn an_address_is_found_in_any_case_and_only_if_it_is_there() {
        let directory = sample::directory();
        let found = |text: &str| directory.lookup(&sample::address(text)).and_then(Known::only_holder);
        assert_eq!(&*found("D.Price@OAKFIELD.example").unwrap().person.id().0, "oak-s05");
        assert!(found("d.price@brynglas.example").is_none());
        assert!(directory.lookup_key("").is_none());
        assert!(directory.person(&PersonId("oak".into())).is_none());
        assert!(Directory::empty().lookup_key("d.price@oakfield.example").is_none());
    }

    #[test]
    fn a_shared_mailbox_has_all_its_holders_and_no_only_one() {
        let directory = sample::directory();
        let known = directory.lookup_key("okonkwo.family@postbox.example").unwrap();
        assert!(known.holders().map(|h| &*h.person.id().0).eq(["oak-r06", "oak-r07"]));
        assert!(known.only_holder().is_none() && known.group().is_none());
        let office = directory.lookup_key("safeguarding@oakfield.example").unwrap();
        assert!(office.holders().next().is_none() && office.only_holder().is_none());
        assert_eq!(office.group().unwrap().members().count(), 2);
    }

    /// Equal people make equal directories, whatever stands around them.
    #[test]
    fn the_digest_goes_by_content_and_not_by_order() {
        let directory = sample::directory();
        let mut people: Vec<_> = directory.people().map(|p| p.to_record()).collect();
        let groups: Vec<_> = directory.groups().filter_map(|g| g.to_record()).collect();
        people.reverse();
        people[3].classes = vec!["B".into(), "A".into()];
        people[4].classes = vec!["A".into(), "B".into()];
        let one = Directory::build(people.clone(), groups.clone());
        people[3].classes.reverse();
        assert_eq!(Directory::build(people.clone(), groups.clone()).id(), one.id());
        people[3].classes.pop();
        assert_ne!(Directory::build(people, groups).id(), one.id());
    }

    #[test]
    fn nobody_is_named_by_debug() {
        let directory = sample::directory();
        let record = directory.people().next().unwrap().to_record();
        let group = directory.groups().next().unwrap().to_record().unwrap();
        let shown = format!("{directory:?} {record:?} {group:?}");
        assert_eq!(
            shown,
            "Directory { people: 65, groups: 14, addresses: 93, .. } PersonRecord { addresses: 1, .. } \
             GroupRecord { members: 5, .. }"
        );
    }
}
