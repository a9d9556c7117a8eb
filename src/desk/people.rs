//! Faces and offices of those who ask, as the room of officers has them.

use super::{Desk, DeskFault};
use crate::{
    authority::{Face, Offices, Scope},
    mail::Address,
    officers,
    parties::PersonId,
    storage::{Actor, KeptUser},
};
use chrono::Utc;

impl Desk {
    /// All faces of a registered user.
    pub fn faces_of(&self, user: &KeptUser) -> Result<Vec<Face>, DeskFault> {
        Ok(officers::faces_of_user(user, &self.directory, &self.store)?)
    }

    /// All faces of whoever has one of these addresses, or is this person.
    pub fn faces(&self, person: Option<&PersonId>, addresses: &[Address]) -> Result<Vec<Face>, DeskFault> {
        Ok(officers::faces(person, addresses, &self.directory, &self.store)?)
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
        Ok(officers::faces_of_person(id, &self.directory, &self.store)?)
    }

    /// Whether one of these faces is the asker's.
    pub fn is_asker(&self, faces: &[Face]) -> bool {
        self.asker.faces.iter().any(|face| faces.contains(face))
    }

    /// The offices in force.
    pub fn offices_of(&self, user: &KeptUser) -> Vec<(Scope, Offices)> {
        officers::offices_of(user, &self.directory, Utc::now())
    }
}
