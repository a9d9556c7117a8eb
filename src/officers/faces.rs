//! All faces of one human being: every record of the directory that has one of the addresses, and
//! every address of those.

use crate::{
    authority::Face,
    mail::Address,
    parties::{Directory, Known, Person, PersonId},
    storage::{KeptUser, Store, StoreError},
};

/// Of whoever has one of these addresses, or is this person. None as long as the store's key is not there.
pub fn faces(
    person: Option<&PersonId>,
    addresses: &[Address],
    directory: &Directory,
    store: &Store,
) -> Result<Vec<Face>, StoreError> {
    let mut people: Vec<PersonId> = person.into_iter().cloned().collect();
    let mut all = addresses.to_vec();
    for address in addresses {
        let holders = directory.lookup(address).into_iter().flat_map(Known::holders);
        for holder in holders {
            people.push(holder.person.id().clone());
            all.extend(holder.person.addresses().map(|(a, _)| a));
        }
    }
    match store.faces(&people, &all) {
        Err(StoreError::NoWorkingKey) => Ok(Vec::new()),
        faces => faces,
    }
}

/// Of a registered user.
pub fn faces_of_user(user: &KeptUser, directory: &Directory, store: &Store) -> Result<Vec<Face>, StoreError> {
    let own = user.who.person.iter().filter_map(|id| directory.person(id));
    let addresses: Vec<Address> =
        own.flat_map(Person::addresses).map(|(a, _)| a).chain(user.who.address.clone()).collect();
    faces(user.who.person.as_ref(), &addresses, directory, store)
}

/// Of somebody of the directory.
pub fn faces_of_person(id: &PersonId, directory: &Directory, store: &Store) -> Result<Vec<Face>, StoreError> {
    let own: Vec<Address> =
        directory.person(id).into_iter().flat_map(Person::addresses).map(|(a, _)| a).collect();
    faces(Some(id), &own, directory, store)
}
