//! Other people in the place of those in force: what would change, what looks odd about it, and taking
//! them over, for the command line and the console alike.

use super::{
    DeskFault, Wrong,
    in_force::in_force,
    people_file::{Lying, PeopleFault, save},
    rulebook::with_people,
};
use crate::{
    config::Config,
    gateway::{Gate, Standing},
    mail::Address,
    parties::{self, AddressKind, Diff, Directory, Person, PersonId, Role, School},
    storage::{Actor, Event, KeptUser, LedgerEvent, Store, StoreError},
};
use chrono::Utc;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    #[error(transparent)]
    People(#[from] PeopleFault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ImportFault> for DeskFault {
    fn from(fault: ImportFault) -> Self {
        match fault {
            ImportFault::Store(error) => error.into(),
            ImportFault::People(fault) => Self::Wrong(Wrong::NotKept(fault.to_string())),
        }
    }
}

/// Of one role: how many came, went, left and are different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    pub added: usize,
    pub removed: usize,
    pub left: usize,
    pub changed: usize,
}

/// Somebody of two roles counts in both.
pub fn by_role(old: &Directory, new: &Directory, diff: &Diff) -> BTreeMap<Role, Moves> {
    let mut counts: BTreeMap<Role, Moves> = BTreeMap::new();
    let mut count = |directory: &Directory, id: &PersonId, add: fn(&mut Moves)| {
        let Some(person) = directory.person(id) else { return };
        let roles: BTreeSet<Role> = person.memberships().map(|(_, role)| role).collect();
        for role in roles {
            add(counts.entry(role).or_default());
        }
    };
    diff.added.iter().for_each(|id| count(new, id, |m| m.added += 1));
    diff.removed.iter().for_each(|id| count(old, id, |m| m.removed += 1));
    diff.left.iter().for_each(|id| count(old, id, |m| m.left += 1));
    diff.changed.iter().for_each(|(id, _)| count(new, id, |m| m.changed += 1));
    counts
}

/// How many there are of each role, school by school.
pub fn counted(directory: &Directory) -> BTreeMap<(String, Role), usize> {
    let mut counts: BTreeMap<(String, Role), usize> = BTreeMap::new();
    for person in directory.people() {
        for (school, role) in person.memberships() {
            *counts.entry((school.to_string(), role)).or_default() += 1;
        }
    }
    counts
}

/// What is no fault of the files and often a mistake of whoever exported them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Odd {
    /// `[school.officers]` names an address that nobody here has: that officer gets nothing.
    OfficerUnknown,
    /// A registered person who is not here, or has left: they keep what they hold until it is ended.
    RegisteredGone,
    SharedAddress,
    PupilWithoutParent,
    ParentWithoutChild,
    PupilWithoutClass,
    StaffWithoutSchoolAddress,
    ClassWithoutStaff,
    /// A person's own address is on a list of partners or protected correspondents.
    PersonOnList,
}

/// One kind of oddness: how many, and the first of them by id of the directory (of officers and classes
/// their name in the files).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    pub odd: Odd,
    pub count: usize,
    pub first: Vec<String>,
}

/// Of each kind so many are named.
const NAMED: usize = 10;

#[derive(Default)]
struct Oddities(BTreeMap<Odd, Oddity>);

impl Oddities {
    fn add(&mut self, odd: Odd, name: &str) {
        let one = self.0.entry(odd).or_insert_with(|| Oddity { odd, count: 0, first: Vec::new() });
        one.count += 1;
        if one.first.len() < NAMED {
            one.first.push(name.to_owned());
        }
    }
}

/// What looks odd about these people, gravest first.
pub fn oddities(new: &Directory, schools: &[Arc<School>], users: &[KeptUser]) -> Vec<Oddity> {
    let mut all = Oddities::default();
    let today = Utc::now().date_naive();
    for school in schools {
        for (_, address) in crate::officers::named(&school.officers) {
            if new.lookup(address).is_none() {
                all.add(Odd::OfficerUnknown, &address.to_string());
            }
        }
    }
    let gone = |id: &PersonId| new.person(id).is_none_or(|person| !person.is_current(today));
    for user in users.iter().filter(|user| user.who.person.as_ref().is_some_and(gone)) {
        all.add(Odd::RegisteredGone, user.id.as_str());
    }
    let mut classes: BTreeMap<String, bool> = BTreeMap::new();
    for person in new.people().filter(|person| person.is_current(today)) {
        person_oddities(&mut all, &person, new, schools);
        let teaches = person.is(Role::Staff) || person.is(Role::Supply);
        for class in person.classes() {
            *classes.entry(class.to_owned()).or_default() |= teaches;
        }
    }
    for (class, _) in classes.iter().filter(|(_, taught)| !**taught) {
        all.add(Odd::ClassWithoutStaff, class);
    }
    all.0.into_values().collect()
}

fn person_oddities(all: &mut Oddities, person: &Person<'_>, new: &Directory, schools: &[Arc<School>]) {
    let id = &*person.id().0;
    let shared = |address: &Address| new.lookup(address).is_some_and(|known| known.holders().count() > 1);
    if person.addresses().any(|(address, kind)| kind != AddressKind::School && shared(&address)) {
        all.add(Odd::SharedAddress, id);
    }
    if person.is(Role::Pupil) {
        if person.parents().next().is_none() {
            all.add(Odd::PupilWithoutParent, id);
        }
        if person.classes().next().is_none() {
            all.add(Odd::PupilWithoutClass, id);
        }
    }
    if person.is(Role::Parent) && person.children().next().is_none() {
        all.add(Odd::ParentWithoutChild, id);
    }
    if person.is(Role::Staff) && !person.addresses().any(|(_, kind)| kind == AddressKind::School) {
        all.add(Odd::StaffWithoutSchoolAddress, id);
    }
    let listed = |address: &Address| schools.iter().any(|school| school.listing(address).is_some());
    if person.addresses().any(|(address, kind)| kind != AddressKind::School && listed(&address)) {
        all.add(Odd::PersonOnList, id);
    }
}

/// Puts new people in force on the disk; the ledger names who did (QU-5).
pub async fn keep_people(
    (store, config, actor): (&Store, &Config, &Actor),
    (old, new): (&Directory, &Directory),
    diff: &Diff,
    why: Option<String>,
) -> Result<Lying, ImportFault> {
    let lying = save(config, new)?;
    let event = LedgerEvent::new(Event::DirectoryImported)
        .with("directory", new.id().0.clone())
        .with("added", diff.added.len())
        .with("removed", diff.removed.len())
        .with("left", diff.left.len())
        .with("changed", diff.changed.len())
        .with("groups", diff.groups_changed)
        .because(why);
    store.ledger(actor, event).await?;
    for (role, moves) in by_role(old, new, diff) {
        let event = LedgerEvent::new(Event::DirectoryChanged)
            .about(format!("people/{}", role.name()))
            .with("added", moves.added)
            .with("removed", moves.removed)
            .with("left", moves.left)
            .with("changed", moves.changed);
        store.ledger(actor, event).await?;
    }
    let today = Utc::now().date_naive();
    store.note_leaving(&parties::leaving(new, today), today, actor).await?;
    Ok(lying)
}

/// What came of taking people over in a running gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenOver {
    Yes(Lying),
    /// Others were taken over since these were compared.
    OthersMeanwhile,
}

/// The same in the gate that runs: with the rules and settings in force, whatever lies on the disk
/// meanwhile, from the next message on.
pub async fn take_over_people(
    (gate, store, config, actor): (&Gate, &Store, &Config, &Actor),
    new: Arc<Directory>,
    diff: &Diff,
    why: Option<String>,
) -> Result<TakenOver, ImportFault> {
    let _turn = gate.turn_to_change().await;
    let standing = gate.standing();
    let old = standing.rulebook.directory.clone();
    if parties::diff(&old, &new) != *diff {
        return Ok(TakenOver::OthersMeanwhile);
    }
    let lying = keep_people((store, config, actor), (&old, &new), diff, why).await?;
    let rulebook = with_people(&standing.rulebook, new);
    let pieces = in_force(config, &rulebook.rules, &rulebook.directory);
    let noted = store.note_in_force(pieces, actor.clone()).await?;
    let loaded = LedgerEvent::new(Event::RulesLoaded)
        .with("rules", rulebook.rules.digest.clone())
        .with("directory", rulebook.directory.id().0.clone())
        .with("changed", noted.changed);
    store.ledger(actor, loaded).await?;
    gate.replace(Standing { rulebook, ..(*standing).clone() });
    gate.read_officers().await?;
    Ok(TakenOver::Yes(lying))
}
