//! Fills a directory, people in order of their ids, then groups; links are resolved at
//! the end, since a parent may come before or after a child.

use super::{AddressRow, Directory, Group, GroupRow, Owner, Pairs, PersonRow, Text};
use crate::{
    mail::SchoolId,
    parties::{DirectoryId, GroupRecord, PersonId, PersonRecord, snapshot},
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

/// More text than this is not taken; the importers' limits lie far below.
const MOST_TEXT: usize = u32::MAX as usize;

#[derive(Default)]
pub(crate) struct Builder {
    text: String,
    schools: Vec<SchoolId>,
    classes: Vec<String>,
    class_index: HashMap<String, u32>,
    people: Vec<PersonRow>,
    memberships: Vec<(u16, super::Role)>,
    addresses: Vec<AddressRow>,
    groups: Vec<GroupRow>,
    /// The ids that links name, apart, since they are needed only until the end.
    linked: String,
    children: Vec<(u32, Text)>,
    must_not_contact: Vec<(u32, Text)>,
    members: Vec<(u32, Text)>,
    attends: Vec<(u32, u32)>,
}

impl Builder {
    fn keep(&mut self, text: &str) -> Text {
        append(&mut self.text, text)
    }

    fn link(&mut self, id: &PersonId) -> Text {
        append(&mut self.linked, &id.0)
    }

    fn school(&mut self, school: &SchoolId) -> u16 {
        let found = self.schools.iter().position(|s| s == school).unwrap_or_else(|| {
            self.schools.push(school.clone());
            self.schools.len() - 1
        });
        u16::try_from(found).unwrap_or(u16::MAX)
    }

    fn class(&mut self, name: &str) -> u32 {
        if let Some(found) = self.class_index.get(name) {
            return *found;
        }
        let new = self.classes.len() as u32;
        self.classes.push(name.to_owned());
        self.class_index.insert(name.to_owned(), new);
        new
    }

    /// Adds a person whose id is greater than all before; others are passed over.
    pub(crate) fn add(&mut self, person: &PersonRecord) {
        if self.people.last().is_some_and(|last| last.id >= person.id) {
            return;
        }
        let row = self.people.len() as u32;
        let given = self.keep(&person.given);
        let family = self.keep(&person.family);
        let preferred = self.keep(person.preferred.as_deref().unwrap_or_default());
        self.people.push(PersonRow {
            id: person.id.clone(),
            given,
            family,
            preferred,
            memberships: self.memberships.len() as u32,
            addresses: self.addresses.len() as u32,
            born: person.born,
            images: person.images,
            standing: person.standing,
        });
        for membership in &person.memberships {
            let school = self.school(&membership.school);
            self.memberships.push((school, membership.role));
        }
        for (address, kind) in &person.addresses {
            let text = self.keep(address.key());
            self.addresses.push(AddressRow { text, owner: Owner::Person(row, *kind), next: None });
        }
        for class in &person.classes {
            let class = self.class(class);
            self.attends.push((row, class));
        }
        for child in &person.children {
            let id = self.link(child);
            self.children.push((row, id));
        }
        for other in &person.must_not_contact {
            let id = self.link(other);
            self.must_not_contact.push((row, id));
        }
    }

    /// Adds a group; only after all people.
    pub(crate) fn add_group(&mut self, group: &GroupRecord) {
        let row = self.groups.len() as u32;
        let address = self.keep(group.address.key());
        let name = self.keep(&group.name);
        let school = self.school(&group.school);
        self.groups.push(GroupRow { address, name, school, kind: group.kind, roles: Vec::new() });
        self.addresses.push(AddressRow { text: address, owner: Owner::Group(row), next: None });
        for member in &group.members {
            let id = self.link(member);
            self.members.push((row, id));
        }
    }

    /// The directory, its digest computed over what a snapshot would write.
    pub(crate) fn finish(self) -> Directory {
        let mut directory = self.finish_as(DirectoryId(String::new()));
        directory.id = snapshot::digest(&directory);
        directory
    }

    /// The directory, its digest known already.
    pub(crate) fn finish_as(mut self, id: DirectoryId) -> Directory {
        let children = self.resolve(&self.children);
        let parents = sorted(children.0.iter().map(|(parent, child)| (*child, *parent)).collect());
        let must_not_contact = self.resolve(&self.must_not_contact);
        let members = self.resolve(&self.members);
        let hasher = RandomState::new();
        let index = self.index(&hasher);
        self.text.shrink_to_fit();
        self.people.shrink_to_fit();
        self.addresses.shrink_to_fit();
        self.memberships.shrink_to_fit();
        let mut directory = Directory {
            id,
            text: self.text,
            schools: self.schools,
            classes: self.classes,
            people: self.people,
            memberships: self.memberships,
            addresses: self.addresses,
            groups: self.groups,
            index,
            hasher,
            children,
            parents,
            must_not_contact,
            attends: sorted(self.attends),
            members,
        };
        let roles: Vec<_> = directory.groups().map(roles_of).collect();
        for (group, roles) in directory.groups.iter_mut().zip(roles) {
            group.roles = roles;
        }
        directory
    }

    fn resolve(&self, links: &[(u32, Text)]) -> Pairs {
        let find = |id: &Text| {
            let start = id.start as usize;
            let id = self.linked.get(start..start + id.length as usize)?;
            self.people.binary_search_by(|p: &PersonRow| (*p.id.0).cmp(id)).ok()
        };
        sorted(links.iter().filter_map(|(from, to)| Some((*from, find(to)? as u32))).collect())
    }

    /// Chains rows with one hash, the first row first.
    fn index(&mut self, hasher: &RandomState) -> HashMap<u64, u32> {
        let mut index = HashMap::with_capacity(self.addresses.len());
        for at in (0..self.addresses.len()).rev() {
            let Some(row) = self.addresses.get_mut(at) else { continue };
            let start = row.text.start as usize;
            let key = self.text.get(start..start + row.text.length as usize).unwrap_or_default();
            row.next = index.insert(hasher.hash_one(key), at as u32);
        }
        index
    }
}

fn roles_of(group: Group<'_>) -> Vec<super::Role> {
    let mut roles: Vec<_> =
        group.members().flat_map(|member| member.memberships().map(|(_, role)| role)).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn append(buffer: &mut String, text: &str) -> Text {
    if buffer.len() + text.len() > MOST_TEXT {
        return Text { start: 0, length: 0 };
    }
    let start = buffer.len() as u32; // fits: checked above
    buffer.push_str(text);
    Text { start, length: text.len() as u32 }
}

fn sorted(mut pairs: Vec<(u32, u32)>) -> Pairs {
    pairs.sort_unstable();
    pairs.dedup();
    pairs.shrink_to_fit();
    Pairs(pairs)
}
