//! A school's officers as `authority` sees them: who of an office may know of a thing now. A party
//! to it may not, nor who is accused in it, by whatever address (practice.md, A4).

use super::Standing;
use crate::{
    authority::{self, Act, Asker, Case, Face, Member, Office, Offices, Scope},
    mail::Address,
    parties::{AddressKind, Directory, GroupKind, Known, Officers, Person, PersonId, School},
    storage::{Store, StoreError},
};

/// Everyone who reads at one address of an office.
struct Seat {
    office: Office,
    address: Address,
    readers: Vec<Reader>,
}

struct Reader {
    faces: Vec<Face>,
    /// Where this one alone is reached.
    own: Option<Address>,
}

/// The officers that the configuration names for one school.
pub(super) struct Offered {
    scope: Scope,
    seats: Vec<Seat>,
    bench: authority::Bench,
}

impl Offered {
    pub(super) fn at(school: &School, standing: &Standing, store: &Store) -> Result<Self, StoreError> {
        let directory = &standing.rulebook.directory;
        let scope = Scope::School(school.id.clone());
        let mut seats = Vec::new();
        for (office, address) in named(&school.officers) {
            let readers = readers(address, directory, store)?;
            seats.push(Seat { office, address: address.clone(), readers });
        }
        let members = seats.iter().flat_map(|seat| {
            seat.readers.iter().map(|reader| Member {
                faces: reader.faces.clone(),
                offices: vec![(scope.clone(), Offices::of(&[seat.office]))],
            })
        });
        let bench = authority::Bench(members.collect());
        Ok(Self { scope, seats, bench })
    }

    /// The addresses of an office by which those are reached who may know that the thing is there.
    /// Of a mailbox of which one reader may not, the others by their own addresses.
    pub(super) fn who_may_know(&self, office: Office, case: &Case) -> Vec<Address> {
        let mut to: Vec<Address> = Vec::new();
        for seat in self.seats.iter().filter(|seat| seat.office == office) {
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
    /// neither party nor accused. An address of no office is its own.
    pub(super) fn still_free(&self, address: &Address, case: &Case) -> Vec<Address> {
        let readers = || {
            self.seats.iter().flat_map(|seat| {
                let here = seat.address == *address;
                seat.readers.iter().filter(move |r| here || r.own.as_ref() == Some(address))
            })
        };
        let is_concerned = |reader: &&Reader| {
            let asker = Asker { faces: reader.faces.clone(), offices: Vec::new() };
            authority::is_hidden_from(&asker, case)
        };
        match readers().any(|reader| is_concerned(&reader)) {
            false => vec![address.clone()],
            true => readers()
                .filter(|reader| !is_concerned(reader))
                .filter_map(|reader| reader.own.clone())
                .filter(|own| own != address)
                .collect(),
        }
    }

    fn may_know(&self, office: Office, faces: &[Face], case: &Case) -> bool {
        let offices = vec![(self.scope.clone(), Offices::of(&[office]))];
        let asker = Asker { faces: faces.to_vec(), offices };
        authority::may(&asker, Act::List, case, &self.bench).is_allowed()
    }
}

fn named(officers: &Officers) -> impl Iterator<Item = (Office, &Address)> {
    [
        (Office::Lead, &officers.lead),
        (Office::Deputy, &officers.deputies),
        (Office::Head, &officers.head),
        (Office::Chair, &officers.chair),
        (Office::DataProtection, &officers.data_protection),
    ]
    .into_iter()
    .flat_map(|(office, all)| all.iter().map(move |address| (office, address)))
}

/// Who reads there: the members of a mailbox, or whoever has the address.
fn readers(address: &Address, directory: &Directory, store: &Store) -> Result<Vec<Reader>, StoreError> {
    let known = directory.lookup(address);
    let mailbox = known.and_then(Known::group).filter(|group| group.kind() == GroupKind::Mailbox);
    let Some(group) = mailbox else {
        let holders: Vec<Person<'_>> =
            known.into_iter().flat_map(Known::holders).map(|holder| holder.person).collect();
        let faces = faces(&holders, address, store)?;
        return Ok(vec![Reader { faces, own: None }]);
    };
    let mut readers = Vec::new();
    for member in group.members() {
        let of_school = |(_, kind): &(Address, AddressKind)| *kind == AddressKind::School;
        let own = member.addresses().find(of_school).map(|(own, _)| own);
        readers.push(Reader { faces: faces(&[member], address, store)?, own });
    }
    if readers.is_empty() {
        readers.push(Reader { faces: faces(&[], address, store)?, own: None });
    }
    Ok(readers)
}

fn faces(people: &[Person<'_>], address: &Address, store: &Store) -> Result<Vec<Face>, StoreError> {
    let ids: Vec<PersonId> = people.iter().map(|person| person.id().clone()).collect();
    let own = people.iter().flat_map(|person| person.addresses()).map(|(a, _)| a);
    let addresses: Vec<Address> = own.chain([address.clone()]).collect();
    store.faces(&ids, &addresses)
}
