//! Who hears of an item: the officer asked for, but never one who is a party to it
//! (practice.md, A4); then whoever stands in.

use crate::{
    mail::Address,
    parties::{Parties, School},
    ruleset::Notice,
};

/// The officers to tell, none of them named by the message. Empty when nobody is left.
pub fn officers(school: &School, notice: Notice, parties: &Parties) -> Vec<Address> {
    let held = &school.officers;
    // In order of standing in: the head where lead and deputies are parties or nobody,
    // the chair where the head is.
    let offices: [&[Address]; 4] = match notice {
        Notice::Sender => return Vec::new(),
        Notice::Lead | Notice::LeadUrgent => [&held.lead, &held.deputies, &held.head, &held.chair],
        Notice::Head => [&held.head, &held.chair, &[], &[]],
        Notice::Dpo => [&held.data_protection, &held.head, &held.chair, &[]],
    };
    let is_party = |address: &Address| {
        parties
            .senders()
            .chain(&parties.recipients)
            .chain(&parties.visible)
            .any(|party| party.address.as_ref() == Some(address))
    };
    let free =
        |office: &&[Address]| -> Vec<Address> { office.iter().filter(|a| !is_party(a)).cloned().collect() };
    offices.iter().map(free).find(|left| !left.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mail::{Mode, SchoolId},
        parties::{Direction, Officers, Party, Role},
    };

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn party(text: &str) -> Party {
        Party {
            address: Some(address(text)),
            display_name: None,
            school: None,
            inside: true,
            roles: vec![Role::Staff],
            person: None,
            kind: None,
            listing: None,
        }
    }

    #[test]
    fn who_is_a_party_is_passed_over() {
        let officers_of = Officers {
            lead: vec![address("lead@oakfield.example")],
            deputies: vec![address("deputy@oakfield.example")],
            head: vec![address("head@oakfield.example")],
            chair: vec![address("chair@oakfield.example")],
            ..Officers::default()
        };
        let school = School {
            id: SchoolId("oakfield".into()),
            name: "Oakfield".into(),
            domains: vec![],
            languages: vec![],
            mode: Mode::Enforce,
            officers: officers_of,
            lists: vec![],
            disclaimers: vec![],
            record_parent_mail: false,
            confidential_mark: String::new(),
        };
        let mut parties = Parties {
            envelope_sender: party("x@oakfield.example"),
            header_senders: vec![party("LEAD@oakfield.example")],
            recipients: vec![party("y@oakfield.example")],
            visible: vec![],
            directions: vec![Direction::Internal],
            direction: Direction::Internal,
            relations: vec![],
            school: None,
            proved_sender: None,
        };
        let told = |parties: &Parties, notice| -> Vec<String> {
            officers(&school, notice, parties).iter().map(|a| a.local().to_owned()).collect()
        };
        assert_eq!(told(&parties, Notice::Lead), ["deputy"]);
        parties.visible = vec![party("deputy@oakfield.example"), party("head@oakfield.example")];
        assert_eq!(told(&parties, Notice::LeadUrgent), ["chair"]);
        assert_eq!(told(&parties, Notice::Head), ["chair"]);
        assert_eq!(told(&parties, Notice::Dpo), ["chair"]);
        parties.visible.push(party("chair@oakfield.example"));
        assert!(told(&parties, Notice::Lead).is_empty());
    }
}
