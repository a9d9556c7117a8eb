//! Faces and offices: of whoever asks, and of everyone who could be asked instead.

use super::{Desk, DeskFault};
use crate::{
    authority::{self, Bench, Face, Member, Office, Offices, Scope},
    mail::Address,
    parties::{GroupKind, Known, Officers, Person, PersonId, Role},
    storage::{Actor, KeptUser, StoreError},
};
use chrono::Utc;

impl Desk {
    /// All faces of a user: every record of the directory that has one of the addresses, and
    /// every address of those.
    pub fn faces_of(&self, user: &KeptUser) -> Result<Vec<Face>, DeskFault> {
        let own = user.who.person.iter().filter_map(|id| self.directory.person(id));
        let addresses: Vec<Address> =
            own.flat_map(Person::addresses).map(|(a, _)| a).chain(user.who.address.clone()).collect();
        self.faces(user.who.person.as_ref(), &addresses)
    }

    /// All faces of whoever has one of these addresses, or is this person.
    pub fn faces(&self, person: Option<&PersonId>, addresses: &[Address]) -> Result<Vec<Face>, DeskFault> {
        let mut people: Vec<PersonId> = person.into_iter().cloned().collect();
        let mut all = addresses.to_vec();
        for address in addresses {
            let holders = self.directory.lookup(address).into_iter().flat_map(Known::holders);
            for holder in holders {
                people.push(holder.person.id().clone());
                all.extend(holder.person.addresses().map(|(a, _)| a));
            }
        }
        match self.store.faces(&people, &all) {
            Err(StoreError::NoWorkingKey) => Ok(Vec::new()),
            faces => Ok(faces?),
        }
    }

    /// Whether the asker is whoever has this address.
    pub fn answers_to(&self, address: &Address) -> Result<bool, DeskFault> {
        let faces = self.faces(None, std::slice::from_ref(address))?;
        Ok(self.user.is_some() && self.is_asker(&faces))
    }

    /// All faces of whoever stands behind a random id of the ledger; none for the operator of the
    /// machine, and for whom the ledger has forgotten.
    pub async fn faces_behind(&self, random_id: &str) -> Result<Vec<Face>, DeskFault> {
        match self.store.person(random_id).await? {
            Some(Actor::Person(id)) => self.faces_of_person(&id),
            Some(Actor::Account(id)) => {
                let user = self.users.iter().find(|u| u.id.as_str() == &*id);
                Ok(user.map(|user| self.faces_of(user)).transpose()?.unwrap_or_default())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// All faces of somebody of the directory.
    pub fn faces_of_person(&self, id: &PersonId) -> Result<Vec<Face>, DeskFault> {
        let own: Vec<Address> =
            self.directory.person(id).into_iter().flat_map(Person::addresses).map(|(a, _)| a).collect();
        self.faces(Some(id), &own)
    }

    /// Whether one of these faces is the asker's.
    pub fn is_asker(&self, faces: &[Face]) -> bool {
        self.asker.faces.iter().any(|face| faces.contains(face))
    }

    /// The offices in force. Whoever has left the school, or is a pupil, has none; whom the directory
    /// has as staff is staff there once registered, without a grant.
    pub fn offices_of(&self, user: &KeptUser) -> Vec<(Scope, Offices)> {
        let now = Utc::now();
        let person = user.who.person.as_ref().and_then(|id| self.directory.person(id));
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

    /// Everyone who holds an office: registered users, and the officers of the configuration,
    /// so that it can be said who may instead.
    pub(super) fn bench(&self) -> Result<Bench, DeskFault> {
        let mut bench = Vec::new();
        for user in &self.users {
            bench.push(Member { faces: self.faces_of(user)?, offices: self.offices_of(user) });
        }
        for school in &self.config.schools {
            let scope = Scope::School(school.id.clone());
            for (office, address) in officers(&school.officers) {
                let group = self.directory.lookup(address).and_then(Known::group);
                match group.filter(|g| g.kind() == GroupKind::Mailbox) {
                    Some(group) => {
                        for member in group.members() {
                            let own: Vec<Address> = member.addresses().map(|(a, _)| a).collect();
                            let faces = self.faces(Some(member.id()), &own)?;
                            bench.push(Member {
                                faces,
                                offices: vec![(scope.clone(), Offices::of(&[office]))],
                            });
                        }
                    }
                    None => {
                        let faces = self.faces(None, std::slice::from_ref(address))?;
                        bench.push(Member { faces, offices: vec![(scope.clone(), Offices::of(&[office]))] });
                    }
                }
            }
        }
        Ok(Bench(bench))
    }
}

/// The officers of the configuration with the office they stand for.
pub fn officers(officers: &Officers) -> impl Iterator<Item = (Office, &Address)> {
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
