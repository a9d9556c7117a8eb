//! Who sits in which office of a school now: the officers that the configuration names, and the
//! registered users whose grants are in force. Whoever tells officers of something, or asks whether one
//! may know of it, asks here: the gate's notices, the command line, pages.
//!
//! Which mail counts as mail to the lead is no question of this room: for that the rules go by the
//! configuration alone, so that the same facts give the same verdict.

mod faces;

pub use faces::{faces, faces_of_person, faces_of_user};

use crate::{
    authority::{self, Act, Asker, Bench, Case, Face, Member, Office, Offices, Scope},
    mail::{Address, SchoolId},
    parties::{AddressKind, Directory, GroupKind, Known, Officers, Person, Role, School},
    storage::{KeptUser, Store, StoreError},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Everyone who holds an office at one moment.
#[derive(Default)]
pub struct Roll {
    seats: Vec<Seat>,
    bench: Bench,
}

/// Everyone who reads at one address of an office.
struct Seat {
    school: SchoolId,
    office: Office,
    address: Address,
    named: Named,
    readers: Vec<Reader>,
}

/// By whom an officer is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Configuration,
    Grant,
}

struct Reader {
    faces: Vec<Face>,
    /// Where this one alone is reached.
    own: Option<Address>,
}

/// The offices that are told of what happens in their school.
const TOLD: [Office; 5] = [Office::Lead, Office::Deputy, Office::Head, Office::Chair, Office::DataProtection];

impl Roll {
    /// As of now, with the users that the store knows. Without its key nobody is known to be registered.
    pub async fn now(
        schools: &[Arc<School>],
        directory: &Directory,
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let users = match store.users().await {
            Err(StoreError::NoWorkingKey) => Vec::new(),
            users => users?,
        };
        Self::of(&users, schools, directory, store, now)
    }

    /// The same for users who are read already.
    pub fn of(
        users: &[KeptUser],
        schools: &[Arc<School>],
        directory: &Directory,
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let mut roll = Self::default();
        for school in schools {
            for (office, address) in named(&school.officers) {
                let readers = readers(address, directory, store)?;
                let offices = vec![(Scope::School(school.id.clone()), Offices::of(&[office]))];
                let members =
                    readers.iter().map(|r| Member { faces: r.faces.clone(), offices: offices.clone() });
                roll.bench.0.extend(members);
                let (school, address) = (school.id.clone(), address.clone());
                roll.seats.push(Seat { school, office, address, named: Named::Configuration, readers });
            }
        }
        for user in users {
            let member = Member {
                faces: faces_of_user(user, directory, store)?,
                offices: offices_of(user, directory, now),
            };
            roll.seat(schools, &member, address_of(user, directory));
            roll.bench.0.push(member);
        }
        Ok(roll)
    }

    /// Gives a registered user the seats that the configuration does not give already.
    fn seat(&mut self, schools: &[Arc<School>], member: &Member, address: Option<Address>) {
        let Some(address) = address else { return };
        for (scope, held) in &member.offices {
            let Scope::School(id) = scope else { continue };
            if !schools.iter().any(|school| school.id == *id) {
                continue;
            }
            for office in TOLD.into_iter().filter(|office| held.has(*office)) {
                let sits = |reader: &Reader| reader.faces.iter().any(|face| member.faces.contains(face));
                if self.at(id, office).any(|seat| seat.readers.iter().any(sits)) {
                    continue;
                }
                let reader = Reader { faces: member.faces.clone(), own: Some(address.clone()) };
                let (school, address) = (id.clone(), address.clone());
                let (named, readers) = (Named::Grant, vec![reader]);
                self.seats.push(Seat { school, office, address, named, readers });
            }
        }
    }

    /// For [`authority::may`].
    pub fn bench(&self) -> &Bench {
        &self.bench
    }

    /// The school with whoever holds an office by a grant among its officers.
    pub fn seated(&self, school: &Arc<School>) -> Arc<School> {
        let granted = |seat: &&Seat| seat.school == school.id && seat.named == Named::Grant;
        let mut more = self.seats.iter().filter(granted).peekable();
        if more.peek().is_none() {
            return school.clone();
        }
        let mut school = School::clone(school);
        for seat in more {
            let officers = &mut school.officers;
            let all = match seat.office {
                Office::Lead => &mut officers.lead,
                Office::Deputy => &mut officers.deputies,
                Office::Head => &mut officers.head,
                Office::Chair => &mut officers.chair,
                Office::DataProtection => &mut officers.data_protection,
                _ => continue,
            };
            if !all.contains(&seat.address) {
                all.push(seat.address.clone());
            }
        }
        Arc::new(school)
    }

    /// The schools and offices that are reached at an address.
    pub fn offices_at(&self, address: &Address) -> impl Iterator<Item = (&SchoolId, Office)> {
        self.seats.iter().filter(move |seat| seat.address == *address).map(|seat| (&seat.school, seat.office))
    }

    /// The addresses of an office by which those are reached who may know that the thing is there.
    /// Of a mailbox of which one reader may not, the others by their own addresses.
    pub fn who_may_know(&self, office: Office, case: &Case) -> Vec<Address> {
        let Scope::School(school) = &case.scope else { return Vec::new() };
        let mut to: Vec<Address> = Vec::new();
        for seat in self.at(school, office) {
            let knows = |reader: &&Reader| self.may_know(office, &reader.faces, case);
            let free: Vec<&Reader> = seat.readers.iter().filter(knows).collect();
            let reached = match free.len() == seat.readers.len() {
                true => vec![seat.address.clone()],
                false => free.into_iter().filter_map(|reader| reader.own.clone()).collect(),
            };
            to.extend(reached);
        }
        to.dedup();
        to
    }

    /// The same for one address at which somebody was to be asked: of its readers those who are
    /// neither party nor accused. Nobody where no officer reads any more.
    pub fn still_free(&self, address: &Address, case: &Case) -> Vec<Address> {
        let Scope::School(school) = &case.scope else { return Vec::new() };
        let readers = || {
            self.seats.iter().filter(|seat| seat.school == *school).flat_map(|seat| {
                let here = seat.address == *address;
                seat.readers.iter().filter(move |r| here || r.own.as_ref() == Some(address))
            })
        };
        if readers().next().is_none() {
            return Vec::new();
        }
        let is_concerned = |reader: &&Reader| is_concerned(&reader.faces, case);
        match readers().any(|reader| is_concerned(&reader)) {
            false => vec![address.clone()],
            true => readers()
                .filter(|reader| !is_concerned(reader))
                .filter_map(|reader| reader.own.clone())
                .filter(|own| own != address)
                .collect(),
        }
    }

    /// Everyone who holds an office there, one by one, and where each alone is reached: what came to
    /// an office's mailbox its members would read, a party among them too.
    pub fn each(&self, office: Office, school: &SchoolId) -> impl Iterator<Item = (&Address, &[Face])> {
        let readers = self.at(school, office).flat_map(|seat| &seat.readers);
        readers.filter_map(|reader| Some((reader.own.as_ref()?, reader.faces.as_slice())))
    }

    fn at(&self, school: &SchoolId, office: Office) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.school == *school && seat.office == office)
    }

    fn may_know(&self, office: Office, faces: &[Face], case: &Case) -> bool {
        let offices = vec![(case.scope.clone(), Offices::of(&[office]))];
        let asker = Asker { faces: faces.to_vec(), offices };
        authority::may(&asker, Act::List, case, &self.bench).is_allowed()
    }
}

fn is_concerned(faces: &[Face], case: &Case) -> bool {
    let asker = Asker { faces: faces.to_vec(), offices: Vec::new() };
    authority::is_hidden_from(&asker, case)
}

/// The officers of the configuration with the office they stand for.
pub fn named(officers: &Officers) -> impl Iterator<Item = (Office, &Address)> {
    TOLD.into_iter()
        .zip([&officers.lead, &officers.deputies, &officers.head, &officers.chair, &officers.data_protection])
        .flat_map(|(office, all)| all.iter().map(move |address| (office, address)))
}

/// The offices of a registered user that are in force. Whoever has left the school, or is a pupil, has none; whom
/// the directory has as staff is staff there once registered, without a grant.
pub fn offices_of(user: &KeptUser, directory: &Directory, now: DateTime<Utc>) -> Vec<(Scope, Offices)> {
    let person = user.who.person.as_ref().and_then(|id| directory.person(id));
    let counts = match (&user.who.person, person) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(p)) => p.is_current(now.date_naive()) && (p.is(Role::Staff) || !p.is(Role::Pupil)),
    };
    if !counts {
        return Vec::new();
    }
    let grants: Vec<_> = user.grants.iter().map(|g| g.grant.clone()).collect();
    let staff_at: Vec<Scope> = person
        .into_iter()
        .flat_map(|p| p.memberships())
        .filter(|(_, role)| *role == Role::Staff)
        .map(|(school, _)| Scope::School(school.clone()))
        .collect();
    let mut scopes: Vec<Scope> = Vec::new();
    for scope in grants.iter().map(|g| &g.scope).chain(&staff_at) {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    let held = |scope: &Scope| {
        let given = authority::in_force(&grants, scope, now);
        if staff_at.contains(scope) { given.with(Office::Staff) } else { given }
    };
    scopes.into_iter().map(|scope| (scope.clone(), held(&scope))).collect()
}

/// Where a registered user is told: at the school's own address before the one that was registered.
fn address_of(user: &KeptUser, directory: &Directory) -> Option<Address> {
    let person = user.who.person.as_ref().and_then(|id| directory.person(id));
    person.and_then(own_address).or_else(|| user.who.address.clone())
}

fn own_address(person: Person<'_>) -> Option<Address> {
    person.addresses().find(|(_, kind)| *kind == AddressKind::School).map(|(address, _)| address)
}

/// Who reads there: the members of a mailbox, or whoever has the address.
fn readers(address: &Address, directory: &Directory, store: &Store) -> Result<Vec<Reader>, StoreError> {
    let at = std::slice::from_ref(address);
    let group = directory.lookup(address).and_then(Known::group);
    let Some(group) = group.filter(|group| group.kind() == GroupKind::Mailbox) else {
        let faces = faces(None, at, directory, store)?;
        return Ok(vec![Reader { faces, own: Some(address.clone()) }]);
    };
    let mut readers = Vec::new();
    for member in group.members() {
        // What is about the mailbox is about each of them.
        let of_mailbox = faces(None, at, directory, store)?;
        let faces = [faces_of_person(member.id(), directory, store)?, of_mailbox].concat();
        readers.push(Reader { faces, own: own_address(member) });
    }
    if readers.is_empty() {
        readers.push(Reader { faces: faces(None, at, directory, store)?, own: None });
    }
    Ok(readers)
}
