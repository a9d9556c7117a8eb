//! Whether a transaction's proof stands for one person of the directory (practice.md, A7).
//! Every doubt means "not proved": an exemption never rests on an unproved word.

use super::{
    Directory, GroupKind, Person, Role, School,
    office::{own_holder, person_of},
    resolve::school_of,
};
use crate::{
    mail::{Address, SchoolId, SenderProof},
    message::Mailbox,
    parties::PersonId,
};
use chrono::NaiveDate;
use std::sync::Arc;

/// What the transaction says of its sender, and what it is held against.
pub(super) struct Claim<'a> {
    pub(super) proof: &'a SenderProof,
    pub(super) envelope: Option<&'a Address>,
    /// The header's From; empty when it has none.
    pub(super) header: &'a [Mailbox],
    /// The header's Sender.
    pub(super) delegate: &'a [Mailbox],
    pub(super) directory: &'a Directory,
    pub(super) schools: &'a [Arc<School>],
    pub(super) day: NaiveDate,
}

/// The person whom the proof names, if the envelope sender and every header sender are
/// that person's own school addresses, or mailboxes that the person is a member of.
pub(super) fn proved_sender(claim: &Claim<'_>) -> Option<PersonId> {
    let envelope = claim.envelope?;
    let school = school_of(envelope.domain(), claim.schools)?;
    let person = match claim.proof {
        SenderProof::Unproved => return None,
        SenderProof::Login(name) => signed_in(name, school, claim.directory)?,
        SenderProof::Tenant(tenant) if *tenant == school.id => own_holder(envelope, claim.directory)?.person,
        SenderProof::Tenant(_) => return None,
        SenderProof::ListedHost => own_holder(envelope, claim.directory)?.person,
    };
    let may_write = person.is_current(claim.day) && belongs_to(person, &school.id);
    let header = claim.header.iter().chain(claim.delegate);
    let all_own = !claim.header.is_empty()
        && header
            .map(|mailbox| mailbox.address.as_ref())
            .chain([Some(envelope)])
            .all(|address| address.is_some_and(|a| is_own(a, person, claim)));
    (may_write && all_own).then(|| person.id().clone())
}

/// The person who signs in by this name: by whole address, or by its local part within
/// the domains of the envelope sender's school. A name that fits two people proves neither.
fn signed_in<'a>(name: &str, school: &School, directory: &'a Directory) -> Option<Person<'a>> {
    if name.contains('@') {
        return own_holder(&Address::parse(name)?, directory).map(|holder| holder.person);
    }
    let mut found: Option<Person<'a>> = None;
    for domain in &school.domains {
        let address = Address::parse(&format!("{name}@{domain}"));
        let person = address.and_then(|a| own_holder(&a, directory)).map(|holder| holder.person);
        match (found, person) {
            (Some(one), Some(other)) if one != other => return None,
            (None, Some(_)) => found = person,
            _ => {}
        }
    }
    found
}

/// Someone whom the school has taken in; a guest proves nothing.
fn belongs_to(person: Person<'_>, school: &SchoolId) -> bool {
    person.memberships().any(|(its, role)| {
        its == school && matches!(role, Role::Staff | Role::Pupil | Role::Supply | Role::Governor)
    })
}

fn is_own(address: &Address, person: Person<'_>, claim: &Claim<'_>) -> bool {
    if school_of(address.domain(), claim.schools).is_none() {
        return false;
    }
    if person_of(address, claim.directory) == Some(person.id()) {
        return true;
    }
    let group = claim.directory.lookup(address).and_then(super::Known::group);
    group.is_some_and(|g| g.kind() == GroupKind::Mailbox && g.members().any(|member| member == person))
}
