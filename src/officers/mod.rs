//! Who sits in which office of a school now: the officers that the configuration names, and the
//! registered users whose grants are in force. Whoever tells officers of something, or asks whether one
//! may know of it, asks here: the gate's notices, the command line, pages.
//!
//! Whoever had an office by a grant and has it no more is out of it, though the configuration still names them:
//! their school has said so since. Of somebody who was never registered the configuration is all there is.
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
    /// Whose office there has ended; what comes to the mailbox they would still read.
    is_former: bool,
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
        let mut registered = Vec::with_capacity(users.len());
        for user in users {
            let (faces, offices) = (faces_of_user(user, directory, store)?, offices_of(user, directory, now));
            registered.push((user, Member { faces, offices }));
        }
        for school in schools {
            let scope = Scope::School(school.id.clone());
            for (office, address) in named(&school.officers) {
                let mut readers = readers(address, directory, store)?;
                for reader in &mut readers {
                    let is_theirs = |member: &Member| reader.faces.iter().any(|f| member.faces.contains(f));
                    let mut own = registered.iter().filter(|(_, member)| is_theirs(member));
                    reader.is_former = own.any(|(user, member)| is_former(user, member, &scope, office, now));
                }
                let offices = vec![(scope.clone(), Offices::of(&[office]))];
                let members = readers
                    .iter()
                    .filter(|reader| !reader.is_former)
                    .map(|r| Member { faces: r.faces.clone(), offices: offices.clone() });
                roll.bench.0.extend(members);
                let (school, address) = (school.id.clone(), address.clone());
                roll.seats.push(Seat { school, office, address, named: Named::Configuration, readers });
            }
        }
        for (user, member) in registered {
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
                let sits = |reader: &Reader| {
                    !reader.is_former && reader.faces.iter().any(|face| member.faces.contains(face))
                };
                if self.at(id, office).any(|seat| seat.readers.iter().any(sits)) {
                    continue;
                }
                let reader =
                    Reader { faces: member.faces.clone(), is_former: false, own: Some(address.clone()) };
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

    /// The school with whoever holds an office by a grant among its officers, and without those whose
    /// office has ended.
    pub fn seated(&self, school: &Arc<School>) -> Arc<School> {
        let differs =
            |seat: &&Seat| seat.school == school.id && (seat.named == Named::Grant || seat.is_former());
        let mut others = self.seats.iter().filter(differs).peekable();
        if others.peek().is_none() {
            return school.clone();
        }
        let mut school = School::clone(school);
        for seat in others {
            let officers = &mut school.officers;
            let all = match seat.office {
                Office::Lead => &mut officers.lead,
                Office::Deputy => &mut officers.deputies,
                Office::Head => &mut officers.head,
                Office::Chair => &mut officers.chair,
                Office::DataProtection => &mut officers.data_protection,
                _ => continue,
            };
            match seat.is_former() {
                true => all.retain(|address| *address != seat.address),
                false if all.contains(&seat.address) => {}
                false => all.push(seat.address.clone()),
            }
        }
        Arc::new(school)
    }

    /// The schools and offices that are reached at an address.
    pub fn offices_at(&self, address: &Address) -> impl Iterator<Item = (&SchoolId, Office)> {
        let here = move |seat: &&Seat| seat.address == *address && !seat.is_former();
        self.seats.iter().filter(here).map(|seat| (&seat.school, seat.office))
    }

    /// The addresses of an office by which those are reached who may know that the thing is there.
    /// Of a mailbox of which one reader may not, the others by their own addresses.
    pub fn who_may_know(&self, office: Office, case: &Case) -> Vec<Address> {
        let Scope::School(school) = &case.scope else { return Vec::new() };
        let mut to: Vec<Address> = Vec::new();
        for seat in self.at(school, office) {
            let knows = |reader: &&Reader| !reader.is_former && self.may_know(office, &reader.faces, case);
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
    /// neither party nor accused, nor out of office. Nobody where no officer reads any more.
    pub fn still_free(&self, address: &Address, case: &Case) -> Vec<Address> {
        let Scope::School(school) = &case.scope else { return Vec::new() };
        let readers = || {
            self.seats.iter().filter(|seat| seat.school == *school).flat_map(|seat| {
                let here = seat.address == *address;
                seat.readers.iter().filter(move |r| here || r.own.as_ref() == Some(address))
            })
        };
        if readers().all(|reader| reader.is_former) {
            return Vec::new();
        }
        let is_concerned = |reader: &&Reader| reader.is_former || is_concerned(&reader.faces, case);
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
        let readers = self.at(school, office).flat_map(|seat| &seat.readers).filter(|r| !r.is_former);
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

impl Seat {
    /// Nobody who reads there holds it any more.
    fn is_former(&self) -> bool {
        !self.readers.is_empty() && self.readers.iter().all(|reader| reader.is_former)
    }
}

/// Whether a registered person had this office there, and has it no more: it was ended, ran out, or they have
/// left the school.
fn is_former(user: &KeptUser, member: &Member, scope: &Scope, office: Office, now: DateTime<Utc>) -> bool {
    let had = |grant: &authority::Grant| {
        grant.scope == *scope
            && grant.office == office
            && grant.approval == authority::Approval::Given
            && grant.from <= now
    };
    let holds = member.offices.iter().any(|(at, held)| at == scope && held.has(office));
    !holds && user.grants.iter().any(|kept| had(&kept.grant))
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
        return Ok(vec![Reader { faces, is_former: false, own: Some(address.clone()) }]);
    };
    let mut readers = Vec::new();
    for member in group.members() {
        // What is about the mailbox is about each of them.
        let of_mailbox = faces(None, at, directory, store)?;
        let faces = [faces_of_person(member.id(), directory, store)?, of_mailbox].concat();
        readers.push(Reader { faces, is_former: false, own: own_address(member) });
    }
    if readers.is_empty() {
        readers.push(Reader { faces: faces(None, at, directory, store)?, is_former: false, own: None });
    }
    Ok(readers)
}
