//! Who is who in one transaction: every envelope and header address with its school,
//! person, roles and listing, and the directions and relations between them.
//!
//! What is not known is a stranger: `Guest` within a school's own domains (which no rule
//! trusts and no notice reaches), `Outside` elsewhere. So is one who has left, and so is
//! a domain that only looks like a school's.

use super::{
    AddressKind, Direction, Directory, Holder, Known, ListEntry, Listing, Parties, Party, Relation, Role,
    School,
    office::{self, Office},
    proof,
};
use crate::{
    mail::{Address, ReversePath, SchoolId, Transaction},
    message::{Header, Mailbox},
};
use chrono::NaiveDate;
use std::{cell::RefCell, collections::HashMap, sync::Arc};

/// Resolves everyone named by the envelope and the header. Pure: the day that roles are
/// judged by is the one on which the transaction was received.
pub fn resolve(
    transaction: &Transaction,
    header: &Header,
    directory: &Directory,
    schools: &[Arc<School>],
) -> Parties {
    let envelope = &transaction.envelope;
    let sender = envelope.sender.address();
    let recipients: Vec<&Address> = envelope.recipients.iter().map(|r| &r.address).collect();
    let from: Vec<&Mailbox> = header.from.iter().chain(&header.sender).collect();
    let mut resolver = Resolver::new(directory, schools, transaction.received_at.date_naive());
    resolver.choose_school(sender, &from, &recipients);

    let envelope_sender = resolver.party(sender, None);
    let header_senders = resolver.mailboxes(from.iter().copied());
    let recipients: Vec<Party> = recipients.iter().map(|a| resolver.party(Some(a), None)).collect();
    let visible = resolver.mailboxes(header.to.iter().chain(&header.cc));
    let inside = sender_is_inside(&envelope.sender, &envelope_sender, &header_senders);
    let directions: Vec<Direction> = recipients.iter().map(|to| direction(inside, to)).collect();
    let first =
        if sender.is_some() { &envelope_sender } else { header_senders.first().unwrap_or(&envelope_sender) };
    let relations = recipients.iter().map(|to| Relation { from: first.role(), to: to.role() }).collect();
    let proved_sender = proof::proved_sender(&proof::Claim {
        proof: &transaction.arrival.proof,
        envelope: sender,
        header: &header.from,
        delegate: &header.sender,
        directory,
        schools,
        day: resolver.day,
    });
    Parties {
        direction: whole(&directions, inside),
        school: resolver.asking.map(|s| s.id.clone()).or_else(|| first.school.clone()),
        envelope_sender,
        header_senders,
        recipients,
        visible,
        directions,
        relations,
        proved_sender,
    }
}

/// The sender counts as inside only when envelope and header both say so: an outside
/// word in either adds scrutiny. Mail with the null sender goes by its header.
fn sender_is_inside(path: &ReversePath, envelope: &Party, header: &[Party]) -> bool {
    let header_inside = header.iter().all(|p| p.inside);
    match path {
        ReversePath::Null => !header.is_empty() && header_inside,
        ReversePath::Mailbox(_) => envelope.inside && header_inside,
    }
}

fn direction(sender_inside: bool, to: &Party) -> Direction {
    match (sender_inside, to.inside) {
        (_, false) => Direction::Outbound,
        (true, true) => Direction::Internal,
        (false, true) => Direction::Inbound,
    }
}

/// Outbound if any recipient is outside, since one transaction has one body.
fn whole(directions: &[Direction], sender_inside: bool) -> Direction {
    if directions.contains(&Direction::Outbound) {
        Direction::Outbound
    } else if sender_inside {
        Direction::Internal
    } else {
        Direction::Inbound
    }
}

/// The school in whose domains, or below them, an address lies; the longest domain wins.
pub(super) fn school_of<'a>(domain: &str, schools: &'a [Arc<School>]) -> Option<&'a School> {
    let covers = |own: &str| {
        domain
            .strip_suffix(own)
            .is_some_and(|rest| !own.is_empty() && (rest.is_empty() || rest.ends_with('.')))
    };
    schools
        .iter()
        .flat_map(|school| school.domains.iter().map(move |own| (own, &**school)))
        .filter(|(own, _)| covers(own))
        .max_by_key(|(own, _)| own.len())
        .map(|(_, school)| school)
}

struct Resolver<'a> {
    directory: &'a Directory,
    schools: &'a [Arc<School>],
    day: NaiveDate,
    /// The school whose rules and lists hold.
    asking: Option<&'a School>,
    /// Domains looked at already: a message may name thousands of addresses, but few domains.
    domains: RefCell<HashMap<String, Option<&'a School>>>,
}

impl<'a> Resolver<'a> {
    fn new(directory: &'a Directory, schools: &'a [Arc<School>], day: NaiveDate) -> Self {
        Self { directory, schools, day, asking: None, domains: RefCell::default() }
    }

    /// The sender's school by envelope, else by header when the envelope has no sender,
    /// else the first recipient's that is inside, else a known person's.
    fn choose_school(&mut self, sender: Option<&Address>, from: &[&Mailbox], to: &[&Address]) {
        let header = || from.iter().filter_map(|m| m.address.as_ref());
        let by_domain = |address: &Address| self.school_by_domain(address);
        let by_header = || header().find_map(by_domain).filter(|_| sender.is_none());
        let by_person = |address: &Address| {
            let holder = self.known(address)?.holders().find(|h| h.person.is_current(self.day))?;
            let (school, _) = holder.person.memberships().next()?;
            self.schools.iter().map(|s| &**s).find(|s| s.id == *school)
        };
        self.asking = sender
            .and_then(by_domain)
            .or_else(by_header)
            .or_else(|| to.iter().copied().find_map(by_domain))
            .or_else(|| header().find_map(by_domain))
            .or_else(|| sender.into_iter().chain(header()).chain(to.iter().copied()).find_map(by_person));
    }

    fn school_by_domain(&self, address: &Address) -> Option<&'a School> {
        if let Some(known) = self.domains.borrow().get(address.domain()) {
            return *known;
        }
        let school = school_of(address.domain(), self.schools);
        self.domains.borrow_mut().insert(address.domain().to_owned(), school);
        school
    }

    /// Who has the address, or, since providers deliver `name+tag@` to `name@`
    /// (RFC 5233), who has it without the tag.
    fn known(&self, address: &Address) -> Option<Known<'a>> {
        self.directory.lookup(address).or_else(|| {
            let (name, _) = address.local().split_once('+')?;
            self.directory.lookup_key(&format!("{name}@{}", address.domain()))
        })
    }

    fn mailboxes<'m>(&self, mailboxes: impl Iterator<Item = &'m Mailbox>) -> Vec<Party> {
        mailboxes.map(|m| self.party(m.address.as_ref(), m.name.clone())).collect()
    }

    fn party(&self, address: Option<&Address>, display_name: Option<String>) -> Party {
        let mut party = Party {
            address: address.cloned(),
            display_name,
            school: None,
            inside: false,
            roles: Vec::new(),
            person: None,
            kind: None,
            listing: None,
        };
        if let Some(address) = address {
            let own = self.school_by_domain(address);
            party.inside = own.is_some();
            party.school = own.map(|s| s.id.clone());
            if let Some(known) = self.known(address) {
                self.describe_known(known, &mut party);
            }
            self.describe_by_school(address, own.or(self.asking), &mut party);
        }
        if party.roles.is_empty() {
            party.roles.push(if party.inside { Role::Guest } else { Role::Outside });
        }
        party
    }

    fn describe_known(&self, known: Known<'a>, party: &mut Party) {
        if let Some(group) = known.group() {
            party.school.get_or_insert_with(|| group.school().clone());
            party.roles = std::iter::once(Role::Group).chain(group.roles().iter().copied()).collect();
            return;
        }
        let mut holders: Vec<Holder<'a>> =
            known.holders().filter(|h| h.person.is_current(self.day)).collect();
        // Of several records the parent's speaks first: that address is the ordinary one.
        holders.sort_by_key(|h| h.kind != AddressKind::Registered);
        let Some(first) = holders.first() else { return };
        party.person = Some(first.person.id().clone());
        party.kind = Some(first.kind);
        let here = party.school.clone().or_else(|| self.school_here(first));
        party.roles = roles(&holders, here.as_ref());
        party.school = here;
    }

    /// A known person's school outside the domains: the conversation's if it is one of theirs.
    fn school_here(&self, holder: &Holder<'a>) -> Option<SchoolId> {
        let schools = || holder.person.memberships().map(|(school, _)| school);
        let asking = self.asking.map(|s| &s.id).filter(|id| schools().any(|school| school == *id));
        asking.or_else(|| schools().next()).cloned()
    }

    /// What the school says of the address: office, list.
    fn describe_by_school(&self, address: &Address, school: Option<&School>, party: &mut Party) {
        let Some(school) = school else { return };
        let office = office::held(school, address, party, self.directory);
        let listed = listing(&school.lists, address);
        party.listing = office.filter(|o| *o == Office::Safeguarding).map(|_| Listing::Lead).or(listed);
        let by_list = match listed {
            Some(Listing::Helpline | Listing::Protected) => Some(Role::Service),
            Some(Listing::SafeguardingAgency | Listing::Partner) => Some(Role::Partner),
            Some(Listing::Lead | Listing::BulkSender) | None => None,
        };
        if let (true, Some(office)) = (party.roles.is_empty(), office) {
            // An office's address that the directory does not have.
            let role = if office == Office::Chair { Role::Governor } else { Role::Staff };
            party.roles = vec![role, Role::Group];
            party.school.get_or_insert_with(|| school.id.clone());
        } else if let (false, Some(role)) = (party.inside, by_list) {
            party.roles.push(role);
        }
    }
}

/// All roles, most telling first: those at the school in question before those elsewhere,
/// and for one who writes from an outside address the parent before the employee. A school address that somebody has
/// as an employee, governor or pupil of that school is not a parent's (practice.md, A11).
fn roles(holders: &[Holder<'_>], here: Option<&SchoolId>) -> Vec<Role> {
    let from_school = holders.iter().any(|h| h.kind == AddressKind::School);
    let privately = |role: Role| match role {
        Role::Parent => 0,
        Role::Governor => 1,
        _ => 2,
    };
    let gives = |role| matches!(role, Role::Staff | Role::Supply | Role::Governor | Role::Pupil);
    let given = from_school
        && holders
            .iter()
            .flat_map(|h| h.person.memberships())
            .any(|(s, role)| Some(s) == here && gives(role));
    let mut found: Vec<(bool, u8, Role)> = holders
        .iter()
        .flat_map(|h| h.person.memberships())
        .filter(|(_, role)| !given || *role != Role::Parent)
        .map(|(school, role)| (Some(school) != here, if from_school { 0 } else { privately(role) }, role))
        .collect();
    found.sort_unstable();
    let mut roles: Vec<Role> = Vec::with_capacity(found.len());
    for (_, _, role) in found {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

/// The list an address is on: an entry for the very address before one for its domain,
/// a longer domain before a shorter, then the first in the file.
pub(super) fn listing(lists: &[ListEntry], address: &Address) -> Option<Listing> {
    Some(lists.get(entry(lists, address)?)?.listing)
}

/// The place of the entry that holds for an address.
pub(super) fn entry(lists: &[ListEntry], address: &Address) -> Option<usize> {
    let fits = |entry: &ListEntry| match entry.pattern.contains('@') {
        true => (entry.pattern == address.key()).then_some(usize::MAX),
        false => address.is_within(&entry.pattern).then_some(entry.pattern.len()),
    };
    let mut best: Option<(usize, usize)> = None;
    for (at, entry) in lists.iter().enumerate() {
        if let Some(how) = fits(entry).filter(|how| best.is_none_or(|(b, _)| *how > b)) {
            best = Some((how, at));
        }
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests;
