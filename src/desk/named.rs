//! Registered people by the addresses they are known by.

use crate::{
    mail::Address,
    parties::{AddressKind, Directory, Known},
    storage::{KeptUser, NewUser},
};

/// Which of somebody's addresses may name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Every one that is theirs alone.
    AnyAddress,
    /// Those in the school's own domains alone: who has a personal one is none of the school's business.
    SchoolAddress,
}

/// The one registered person whom this address names.
pub fn user_named<'u>(
    users: &'u [KeptUser],
    directory: &Directory,
    address: &Address,
    by: By,
) -> Option<&'u KeptUser> {
    let holder = directory.lookup(address).and_then(Known::only_holder);
    let holder = holder.filter(|h| by == By::AnyAddress || h.kind == AddressKind::School);
    let of_directory =
        |user: &&KeptUser| holder.is_some_and(|h| user.who.person.as_ref() == Some(h.person.id()));
    // Whom no directory knows has the address that they were registered by.
    let of_their_own =
        |user: &&KeptUser| user.who.person.is_none() && user.who.address.as_ref() == Some(address);
    users.iter().find(of_directory).or_else(|| users.iter().find(of_their_own))
}

/// Where a registered person is written to about their account: at the school, else by the address they
/// were registered by; never at a personal one.
pub fn address_of(who: &NewUser, directory: &Directory) -> Option<Address> {
    let person = who.person.as_ref().and_then(|id| directory.person(id));
    let own = person.and_then(|p| p.addresses().find(|(_, kind)| *kind == AddressKind::School));
    own.map(|(address, _)| address).or_else(|| who.address.clone())
}

/// The same, where nobody else reads what comes there.
pub fn own_address_of(who: &NewUser, directory: &Directory) -> Option<Address> {
    let alone = |address: &Address| directory.lookup(address).is_none_or(|k| k.only_holder().is_some());
    address_of(who, directory).filter(alone)
}
