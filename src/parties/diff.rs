//! What a new directory changes, before it is swapped in. Names people by id only.

use super::{Directory, PersonId, PersonRecord, Standing};
use std::{cmp::Ordering, fmt};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    pub before: usize,
    pub after: usize,
    pub added: Vec<PersonId>,
    pub removed: Vec<PersonId>,
    /// Still there, but marked as having left.
    pub left: Vec<PersonId>,
    /// With the names of what is different.
    pub changed: Vec<(PersonId, Vec<Differs>)>,
    pub groups_changed: usize,
}

/// More of the people than this fraction gone asks for a confirmation: an export that
/// broke off looks like a school that emptied.
const GONE: f64 = 0.2;

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.left.is_empty()
            && self.changed.is_empty()
            && self.groups_changed == 0
    }

    /// The question to be answered before this may take effect, when there is one.
    pub fn question(&self) -> Option<String> {
        let gone = self.removed.len() + self.left.len();
        (gone as f64 > self.before as f64 * GONE)
            .then(|| format!("{gone} of {} people would be gone. Is the export complete?", self.before))
    }
}

/// Counts, then one line for each person.
impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} people before, {} after: {} added, {} removed, {} left, {} changed; {} groups changed",
            self.before,
            self.after,
            self.added.len(),
            self.removed.len(),
            self.left.len(),
            self.changed.len(),
            self.groups_changed
        )?;
        for (sign, list) in [("+", &self.added), ("-", &self.removed), ("x", &self.left)] {
            for id in list {
                writeln!(f, "{sign} {}", id.0)?;
            }
        }
        for (id, what) in &self.changed {
            writeln!(f, "~ {}: {}", id.0, what.iter().map(|one| one.name()).collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}

/// Compares two directories person by person.
pub fn diff(old: &Directory, new: &Directory) -> Diff {
    let mut diff = Diff { before: old.len(), after: new.len(), ..Diff::default() };
    let (mut left, mut right) = (old.people().peekable(), new.people().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.id().cmp(b.id()),
        };
        let gone = if order.is_le() { left.next() } else { None };
        let come = if order.is_ge() { right.next() } else { None };
        match (gone, come) {
            (Some(a), Some(b)) => diff.compare(&a.to_record(), &b.to_record()),
            (Some(a), None) => diff.removed.push(a.id().clone()),
            (None, Some(b)) => diff.added.push(b.id().clone()),
            (None, None) => break,
        }
    }
    diff.groups_changed = groups_changed(old, new);
    diff
}

/// What of a person is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    Names,
    Roles,
    Addresses,
    Classes,
    Children,
    MustNotContact,
    BirthDate,
    ImageConsent,
    Standing,
}

impl Differs {
    pub fn name(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Roles => "roles",
            Self::Addresses => "addresses",
            Self::Classes => "classes",
            Self::Children => "children",
            Self::MustNotContact => "must-not-contact",
            Self::BirthDate => "birth date",
            Self::ImageConsent => "image consent",
            Self::Standing => "standing",
        }
    }
}

impl Diff {
    fn compare(&mut self, a: &PersonRecord, b: &PersonRecord) {
        if b.standing == Standing::Left && a.standing != Standing::Left {
            self.left.push(b.id.clone());
            return;
        }
        let names = (&a.given, &a.family, &a.preferred) != (&b.given, &b.family, &b.preferred);
        let what: Vec<Differs> = [
            (Differs::Names, names),
            (Differs::Roles, a.memberships != b.memberships),
            (Differs::Addresses, a.addresses != b.addresses),
            (Differs::Classes, a.classes != b.classes),
            (Differs::Children, a.children != b.children),
            (Differs::MustNotContact, a.must_not_contact != b.must_not_contact),
            (Differs::BirthDate, a.born != b.born),
            (Differs::ImageConsent, a.images != b.images),
            (Differs::Standing, a.standing != b.standing),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect();
        if !what.is_empty() {
            self.changed.push((b.id.clone(), what));
        }
    }
}

/// Groups that are new, gone or different.
fn groups_changed(old: &Directory, new: &Directory) -> usize {
    let records = |d: &Directory| {
        let mut all: Vec<_> = d.groups().filter_map(super::Group::to_record).collect();
        all.sort_by(|a, b| a.address.cmp(&b.address));
        all
    };
    let (old, new) = (records(old), records(new));
    let find = |list: &[super::GroupRecord], address| {
        list.binary_search_by(|g| g.address.cmp(address)).ok().and_then(|at| list.get(at).cloned())
    };
    let gone = old.iter().filter(|g| find(&new, &g.address).is_none()).count();
    gone + new.iter().filter(|g| find(&old, &g.address).as_ref() != Some(g)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::{Directory, sample};

    fn records() -> (Vec<PersonRecord>, Vec<crate::parties::GroupRecord>) {
        let directory = sample::directory();
        (
            directory.people().map(|p| p.to_record()).collect(),
            directory.groups().filter_map(|g| g.to_record()).collect(),
        )
    }

    #[test]
    fn equal_directories_differ_in_nothing() {
        let (people, groups) = records();
        let (old, new) = (sample::directory(), Directory::build(people, groups));
        let diff = diff(&old, &new);
        assert!(diff.is_empty() && diff.question().is_none());
        assert_eq!(old.id(), new.id());
    }

    #[test]
    fn each_change_is_named_by_id_and_kind() {
        let (mut people, mut groups) = records();
        let mut new = people[0].clone();
        new.id = PersonId("zz".into());
        people.retain(|p| &*p.id.0 != "oak-p16");
        people.push(new);
        let person =
            |id: &str, people: &mut Vec<PersonRecord>| people.iter().position(|p| &*p.id.0 == id).unwrap();
        let at = person("oak-s05", &mut people);
        people[at].family = "Pryce".into();
        people[at].addresses.pop();
        let at = person("oak-s06", &mut people);
        people[at].standing = Standing::Left;
        groups[0].members.pop();
        let diff = diff(&sample::directory(), &Directory::build(people, groups));
        assert_eq!(
            diff.to_string(),
            "65 people before, 65 after: 1 added, 1 removed, 1 left, 2 changed; 1 groups changed\n\
             + zz\n- oak-p16\nx oak-s06\n~ oak-r18: children\n~ oak-s05: names, addresses\n"
        );
        assert_eq!(diff.question(), None);
    }

    #[test]
    fn losing_more_than_a_fifth_needs_a_word() {
        let (people, groups) = records();
        let keep = |n: usize| Directory::build(people.iter().take(n).cloned().collect(), groups.clone());
        let old = sample::directory();
        assert_eq!(diff(&old, &keep(52)).question(), None, "exactly a fifth");
        assert!(diff(&old, &keep(51)).question().is_some());
        let mut gone = people.clone();
        gone.iter_mut().for_each(|p| p.standing = Standing::Left);
        assert!(diff(&old, &Directory::build(gone, Vec::new())).question().is_some());
        assert_eq!(diff(&Directory::empty(), &old).question(), None, "the first import");
    }
}
