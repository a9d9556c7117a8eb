//! Who of a school's officers may be told of an item: never one who is a party to it
//! (practice.md, A4). People are compared, not addresses: a lead who got the message at
//! a private address is a party all the same.

use super::{AddressKind, Directory, GroupKind, Parties, PersonId, School};
use crate::mail::Address;
use std::collections::HashSet;

/// What is to be told decides where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A safeguarding concern: lead, deputies, head.
    Concern,
    /// An allegation against a member of staff: the head.
    Allegation,
}

/// The officers' addresses that may be told, in the order of standing in. Where the head
/// is a party, the chair takes the head's place. Empty when everyone is a party: then the
/// authority is told directly, which no machine does.
pub fn may_be_told(
    school: &School,
    matter: Matter,
    parties: &Parties,
    directory: &Directory,
) -> Vec<Address> {
    ladder(school, matter, parties, directory).concat()
}

/// The same, office by office: who is asked first, who next when nobody answers. No rung is
/// empty, and nobody stands on two.
pub fn ladder(
    school: &School,
    matter: Matter,
    parties: &Parties,
    directory: &Directory,
) -> Vec<Vec<Address>> {
    let involved = Involved::of(parties, directory);
    let officers = &school.officers;
    let mut rungs: Vec<Vec<Address>> = Vec::new();
    let mut add = |office: &[Address]| {
        let mut rung: Vec<Address> = Vec::new();
        for address in office.iter().flat_map(|a| involved.free(a, directory)) {
            if !rung.contains(&address) && !rungs.iter().flatten().any(|told| *told == address) {
                rung.push(address);
            }
        }
        if !rung.is_empty() {
            rungs.push(rung);
        }
    };
    if matter == Matter::Concern {
        add(&officers.lead);
        add(&officers.deputies);
    }
    if officers.head.iter().any(|head| involved.has(head, directory)) {
        add(&officers.chair);
    } else {
        add(&officers.head);
    }
    rungs
}

/// Everyone of the directory who wrote, got or was shown it, by whatever address.
pub fn involved(parties: &Parties, directory: &Directory) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = Involved::of(parties, directory).people.into_iter().cloned().collect();
    people.sort_unstable();
    people
}

/// Everyone who wrote, got or was shown the item.
struct Involved<'a> {
    addresses: HashSet<String>,
    people: HashSet<&'a PersonId>,
}

impl<'a> Involved<'a> {
    /// The members of an office's mailbox have got what came to it. Those of a distribution
    /// list do not count: else a note to all staff would leave nobody to tell.
    fn of(parties: &Parties, directory: &'a Directory) -> Self {
        let mut involved = Self { addresses: HashSet::new(), people: HashSet::new() };
        let all = parties.senders().chain(&parties.recipients).chain(&parties.visible);
        for address in all.filter_map(|party| party.address.as_ref()) {
            involved.addresses.insert(address.key().to_owned());
            involved.people.extend(people_of(address, directory));
        }
        // Parties may have been recognised by more than their address (`name+tag@`).
        let all = parties.senders().chain(&parties.recipients).chain(&parties.visible);
        for person in all.filter_map(|party| party.person.as_ref()) {
            involved.people.extend(directory.person(person).map(super::Person::id));
        }
        involved
    }

    fn has(&self, address: &Address, directory: &Directory) -> bool {
        self.addresses.contains(address.key())
            || people_of(address, directory).iter().any(|person| self.people.contains(person))
    }

    /// The address, unless a party reads there; of an office's mailbox then those members
    /// who are none.
    fn free(&self, address: &Address, directory: &Directory) -> Vec<Address> {
        if !self.has(address, directory) {
            return vec![address.clone()];
        }
        let group = directory.lookup(address).and_then(super::Known::group);
        let members = group.into_iter().flat_map(super::Group::members);
        members
            .filter(|member| !self.people.contains(member.id()))
            .filter_map(|member| member.addresses().find(|(_, kind)| *kind == AddressKind::School))
            .map(|(own, _)| own)
            .filter(|own| !self.addresses.contains(own.key()))
            .collect()
    }
}

/// The people who read mail to this address.
fn people_of<'a>(address: &Address, directory: &'a Directory) -> Vec<&'a PersonId> {
    let Some(known) = directory.lookup(address) else { return Vec::new() };
    let mailbox = known.group().filter(|group| group.kind() == GroupKind::Mailbox);
    known
        .holders()
        .map(|holder| holder.person.id())
        .chain(mailbox.into_iter().flat_map(super::Group::members).map(super::Person::id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::{Direction, Party, Role, sample};

    fn party(text: &str) -> Party {
        Party {
            address: Address::parse(text),
            display_name: None,
            school: None,
            inside: false,
            roles: vec![Role::Outside],
            person: None,
            kind: None,
            listing: None,
        }
    }

    /// From the first, to the others.
    fn item(addresses: &[&str]) -> Parties {
        Parties {
            envelope_sender: party(addresses[0]),
            header_senders: vec![],
            recipients: addresses[1..].iter().map(|a| party(a)).collect(),
            visible: vec![],
            directions: vec![],
            direction: Direction::Inbound,
            relations: vec![],
            school: None,
            proved_sender: None,
        }
    }

    const OUT: &str = "x@elsewhere.example";
    const LEAD: &str = "p.nair@oakfield.example";
    const DEPUTY: &str = "t.ellery@oakfield.example";
    const HEAD: &str = "h.marsh@oakfield.example";
    const CHAIR: &str = "g.whitlock@oakfield.example";

    fn told_by(school: &School, matter: Matter, addresses: &[&str]) -> Vec<String> {
        let told = may_be_told(school, matter, &item(addresses), &sample::directory());
        told.iter().map(|a| a.as_str().to_owned()).collect()
    }

    /// Every set of officers as parties, in both matters.
    #[test]
    fn no_party_is_ever_told_and_the_order_is_that_of_standing_in() {
        let officers = [LEAD, DEPUTY, HEAD, CHAIR];
        for set in 0..16u32 {
            let is = |officer: &str| {
                officers.iter().position(|o| *o == officer).is_some_and(|n| set >> n & 1 == 1)
            };
            let mut addresses = vec![OUT];
            addresses.extend(officers.iter().filter(|o| is(o)));
            let instead = if is(HEAD) { CHAIR } else { HEAD };
            let free = |order: &[&str]| -> Vec<String> {
                order.iter().filter(|o| !is(o)).map(|o| (*o).to_owned()).collect()
            };
            let school = sample::oakfield();
            assert_eq!(
                told_by(&school, Matter::Concern, &addresses),
                free(&[LEAD, DEPUTY, instead]),
                "{set:04b}"
            );
            assert_eq!(told_by(&school, Matter::Allegation, &addresses), free(&[instead]), "{set:04b}");
        }
    }

    #[test]
    fn a_person_is_a_party_by_any_address_and_in_any_place() {
        let school = sample::oakfield();
        let private = told_by(&school, Matter::Concern, &["priya.nair@freemail.example", OUT]);
        assert_eq!(private, [DEPUTY, HEAD]);
        let head_at_home = told_by(&school, Matter::Allegation, &[OUT, "helen.marsh@homemail.example"]);
        assert_eq!(head_at_home, [CHAIR]);
        let mut copied = item(&[OUT, OUT]);
        copied.visible.push(party(LEAD));
        copied.header_senders.push(party(DEPUTY));
        let told = may_be_told(&school, Matter::Concern, &copied, &sample::directory());
        assert_eq!(told, [sample::address(HEAD)]);
    }

    #[test]
    fn a_lead_who_is_the_head_gives_way_to_the_chair() {
        let mut school = sample::oakfield();
        school.officers.lead = vec![sample::address(HEAD)];
        assert_eq!(told_by(&school, Matter::Concern, &[HEAD, OUT]), [DEPUTY, CHAIR]);
        assert_eq!(told_by(&school, Matter::Concern, &[OUT, OUT]), [HEAD, DEPUTY], "and is told once");
    }

    #[test]
    fn an_offices_mailbox_reaches_its_members_and_only_those_who_are_no_party() {
        const SAFE: &str = "safeguarding@oakfield.example";
        let mut school = sample::oakfield();
        school.officers.lead = vec![sample::address(SAFE)];
        school.officers.deputies.clear();
        assert_eq!(told_by(&school, Matter::Concern, &[OUT, OUT]), [SAFE, HEAD]);
        assert_eq!(told_by(&school, Matter::Concern, &[OUT, LEAD]), [DEPUTY, HEAD]);
        assert_eq!(told_by(&school, Matter::Concern, &[OUT, SAFE]), [HEAD], "all members have got it");
        assert_eq!(
            told_by(&school, Matter::Concern, &[OUT, "staff@oakfield.example"]),
            [SAFE, HEAD],
            "a list"
        );
    }

    #[test]
    fn a_parent_at_the_other_school_is_a_party_there() {
        let schools = sample::schools();
        let told = told_by(&schools[1], Matter::Concern, &[OUT, "gethin.pugh@homemail.example"]);
        assert_eq!(told, ["l.bevan@brynglas.example", "s.rhys-morgan@brynglas.example"]);
    }

    #[test]
    fn where_everyone_is_a_party_nobody_is_told() {
        let school = sample::oakfield();
        assert!(told_by(&school, Matter::Concern, &[OUT, LEAD, DEPUTY, HEAD, CHAIR]).is_empty());
    }
}
