//! What the other rooms see of a directory: small handles on its rows.

use super::{Directory, Owner};
use crate::{
    mail::{Address, SchoolId},
    parties::{
        AddressKind, GroupKind, GroupRecord, ImageConsent, Membership, PersonId, PersonRecord, Role, Standing,
    },
};
use chrono::NaiveDate;

/// An address that the directory knows: people's or a group's.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub(super) directory: &'a Directory,
    pub(super) first: u32,
}

/// A person who has the address, and what it is to that person.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    pub person: Person<'a>,
    pub kind: AddressKind,
}

impl<'a> Known<'a> {
    fn owners(self) -> impl Iterator<Item = Owner> + 'a {
        let rows = &self.directory.addresses;
        let text = rows.get(self.first as usize).map(|row| self.directory.text(row.text));
        let mut at = Some(self.first);
        std::iter::from_fn(move || {
            loop {
                let row = rows.get(at? as usize)?;
                at = row.next;
                if Some(self.directory.text(row.text)) == text {
                    return Some(row.owner);
                }
            }
        })
    }

    /// Usually one. Several where parents share a mailbox, or where one human being has
    /// a staff record and a parent record.
    pub fn holders(self) -> impl Iterator<Item = Holder<'a>> + 'a {
        self.owners().filter_map(move |owner| match owner {
            Owner::Person(row, kind) => {
                Some(Holder { person: Person { directory: self.directory, row }, kind })
            }
            Owner::Group(_) => None,
        })
    }

    pub fn group(self) -> Option<Group<'a>> {
        self.owners().find_map(|owner| match owner {
            Owner::Group(row) => Some(Group { directory: self.directory, row }),
            Owner::Person(..) => None,
        })
    }

    /// The one person whose address it is; `None` when it is shared or a group's.
    pub fn only_holder(self) -> Option<Holder<'a>> {
        let mut holders = self.holders();
        match (holders.next(), holders.next()) {
            (Some(holder), None) if self.group().is_none() => Some(holder),
            _ => None,
        }
    }
}

/// The names by which text may speak of a person.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    pub person: &'a PersonId,
    /// The first of the person's roles, in the order of [`Role`].
    pub role: Role,
    pub given: &'a str,
    pub family: &'a str,
    pub preferred: Option<&'a str>,
}

#[derive(Clone, Copy)]
pub struct Person<'a> {
    pub(super) directory: &'a Directory,
    pub(super) row: u32,
}

impl PartialEq for Person<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl<'a> Person<'a> {
    fn row(self) -> &'a super::PersonRow {
        // A handle is made only with the number of a row that exists.
        &self.directory.people[self.row as usize]
    }

    /// From this person's first entry in a flat list to the next person's.
    fn slice<T>(self, list: &'a [T], start: impl Fn(&super::PersonRow) -> u32) -> &'a [T] {
        let end = self.directory.people.get(self.row as usize + 1).map_or(list.len(), |p| start(p) as usize);
        list.get(start(self.row()) as usize..end).unwrap_or_default()
    }

    fn linked(self, pairs: &'a super::Pairs) -> impl Iterator<Item = Person<'a>> + 'a {
        pairs.of(self.row).iter().map(move |(_, row)| Person { directory: self.directory, row: *row })
    }

    pub fn id(self) -> &'a PersonId {
        &self.row().id
    }
    pub fn given(self) -> &'a str {
        self.directory.text(self.row().given)
    }
    pub fn family(self) -> &'a str {
        self.directory.text(self.row().family)
    }
    pub fn preferred(self) -> Option<&'a str> {
        Some(self.directory.text(self.row().preferred)).filter(|name| !name.is_empty())
    }
    pub fn born(self) -> Option<NaiveDate> {
        self.row().born
    }
    pub fn images(self) -> Option<ImageConsent> {
        self.row().images
    }
    pub fn standing(self) -> Standing {
        self.row().standing
    }
    /// Whether the person's roles count on that day.
    pub fn is_current(self, day: NaiveDate) -> bool {
        self.row().standing.counts_on(day)
    }

    pub fn memberships(self) -> impl Iterator<Item = (&'a SchoolId, Role)> + 'a {
        self.slice(&self.directory.memberships, |p| p.memberships)
            .iter()
            .map(move |(school, role)| (self.directory.school(*school), *role))
    }

    pub fn is(self, role: Role) -> bool {
        self.memberships().any(|(_, its)| its == role)
    }

    pub fn addresses(self) -> impl Iterator<Item = (Address, AddressKind)> + 'a {
        self.slice(&self.directory.addresses, |p| p.addresses).iter().filter_map(move |row| {
            match row.owner {
                // Groups' addresses follow those of the last person.
                Owner::Person(_, kind) => Some((Address::parse(self.directory.text(row.text))?, kind)),
                Owner::Group(_) => None,
            }
        })
    }

    pub fn classes(self) -> impl Iterator<Item = &'a str> + 'a {
        let names = &self.directory.classes;
        self.directory
            .attends
            .of(self.row)
            .iter()
            .filter_map(|(_, class)| Some(names.get(*class as usize)?.as_str()))
    }

    /// Pupils whose parent this person is.
    pub fn children(self) -> impl Iterator<Item = Person<'a>> + 'a {
        self.linked(&self.directory.children)
    }
    pub fn parents(self) -> impl Iterator<Item = Person<'a>> + 'a {
        self.linked(&self.directory.parents)
    }
    /// Who must not be told about this pupil (practice.md, A10).
    pub fn must_not_contact(self) -> impl Iterator<Item = Person<'a>> + 'a {
        self.linked(&self.directory.must_not_contact)
    }

    /// The person as a snapshot writes it.
    pub fn to_record(self) -> PersonRecord {
        // The rows' order depends on the other people; equal people are to be equal records.
        let mut classes: Vec<String> = self.classes().map(str::to_owned).collect();
        classes.sort();
        PersonRecord {
            id: self.id().clone(),
            given: self.given().to_owned(),
            family: self.family().to_owned(),
            preferred: self.preferred().map(str::to_owned),
            memberships: self
                .memberships()
                .map(|(school, role)| Membership { school: school.clone(), role })
                .collect(),
            addresses: self.addresses().collect(),
            classes,
            children: self.children().map(|p| p.id().clone()).collect(),
            must_not_contact: self.must_not_contact().map(|p| p.id().clone()).collect(),
            born: self.born(),
            images: self.images(),
            standing: self.standing(),
        }
    }
}

/// An address shared by several people.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    pub(super) directory: &'a Directory,
    pub(super) row: u32,
}

impl<'a> Group<'a> {
    fn row(self) -> &'a super::GroupRow {
        // A handle is made only with the number of a row that exists.
        &self.directory.groups[self.row as usize]
    }

    pub fn address(self) -> &'a str {
        self.directory.text(self.row().address)
    }
    pub fn name(self) -> &'a str {
        self.directory.text(self.row().name)
    }
    pub fn school(self) -> &'a SchoolId {
        self.directory.school(self.row().school)
    }
    pub fn kind(self) -> GroupKind {
        self.row().kind
    }
    /// The roles of all members, in the order of [`Role`].
    pub fn roles(self) -> &'a [Role] {
        &self.row().roles
    }
    pub fn members(self) -> impl Iterator<Item = Person<'a>> + 'a {
        self.directory
            .members
            .of(self.row)
            .iter()
            .map(move |(_, row)| Person { directory: self.directory, row: *row })
    }

    /// The group as a snapshot writes it; `None` never happens for a group that was built
    /// from a record.
    pub fn to_record(self) -> Option<GroupRecord> {
        Some(GroupRecord {
            address: Address::parse(self.address())?,
            name: self.name().to_owned(),
            school: self.school().clone(),
            kind: self.kind(),
            members: self.members().map(|p| p.id().clone()).collect(),
        })
    }
}
