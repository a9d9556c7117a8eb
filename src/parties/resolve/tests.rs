//! Who is who, which way mail goes, and what proves a sender.

use super::*;
use crate::{
    mail::{Arrival, Channel, Door, Envelope, Recipient, SenderProof, TransactionId},
    parties::{PersonId, sample},
};
use bytes::Bytes;
use chrono::{TimeZone, Utc};

fn mailbox(text: &str) -> Mailbox {
    Mailbox { name: None, address: Address::parse(text) }
}

/// A message from `envelope` (empty is the null sender), with `from` in its header.
struct Mail<'a> {
    proof: SenderProof,
    envelope: &'a str,
    from: &'a [&'a str],
    sender: &'a [&'a str],
    to: &'a [&'a str],
}

impl Mail<'_> {
    fn resolve(&self) -> Parties {
        let transaction = Transaction {
            id: TransactionId(1),
            received_at: Utc.with_ymd_and_hms(2026, 11, 20, 9, 0, 0).unwrap(),
            channel: Channel::Email,
            arrival: Arrival { proof: self.proof.clone(), ..Arrival::unknown(Door::Milter) },
            envelope: Envelope {
                sender: match self.envelope {
                    "" => ReversePath::Null,
                    text => ReversePath::Mailbox(sample::address(text)),
                },
                parameters: Vec::new(),
                recipients: self.to.iter().map(|to| Recipient::new(sample::address(to))).collect(),
            },
            raw: Bytes::new(),
        };
        let list = |texts: &[&str]| texts.iter().map(|t| mailbox(t)).collect::<Vec<_>>();
        let header = Header {
            from: list(self.from),
            sender: list(self.sender),
            to: list(self.to),
            ..Header::default()
        };
        resolve(&transaction, &header, &sample::directory(), &sample::schools())
    }
}

fn mail<'a>(from: &'a [&'a str], to: &'a [&'a str]) -> Mail<'a> {
    Mail { proof: SenderProof::Unproved, envelope: from[0], from, sender: &[], to }
}

/// The first recipient of a message from a teacher of Oakfield.
fn recipient(to: &str) -> Party {
    mail(&["d.price@oakfield.example"], &[to]).resolve().recipients.remove(0)
}

fn sender(from: &str, to: &str) -> Party {
    mail(&[from], &[to]).resolve().envelope_sender
}

#[test]
fn roles_and_kinds_of_everyone() {
    use AddressKind::*;
    use Role::*;
    let table: &[(&str, &[Role], Option<AddressKind>)] = &[
        ("d.price@oakfield.example", &[Staff], Some(School)),
        ("dan.price@freemail.example", &[Staff], Some(Personal)),
        ("Dan.Price+shop@Freemail.example", &[Staff], Some(Personal)),
        ("26amartin@pupils.oakfield.example", &[Pupil], Some(School)),
        ("kieran.doyle13@freemail.example", &[Pupil], Some(Personal)),
        ("claire.martin@homemail.example", &[Parent], Some(Registered)),
        ("okonkwo.family@postbox.example", &[Parent], Some(Registered)),
        ("k.tolley@oakfield.example", &[Supply], Some(School)),
        ("g.whitlock@oakfield.example", &[Governor], Some(School)),
        // One person with two roles: the school's address is the employee's, an own one first the parent's.
        ("m.dunmore@oakfield.example", &[Staff], Some(School)),
        ("mark.dunmore@homemail.example", &[Parent, Staff], Some(Registered)),
        ("nadia.haddad@homemail.example", &[Parent, Governor], Some(Registered)),
        // Strangers, and those who have left.
        ("nobody@oakfield.example", &[Guest], None),
        ("nobody@mail.oakfield.example", &[Guest], None),
        ("p.lomax@oakfield.example", &[Guest], None),
        ("peter.lomax@homemail.example", &[Outside], None),
        ("d.price@oakfie1d.example", &[Outside], None),
        ("d.price@oakfield.example.invalid", &[Outside], None),
        ("d.price@notoakfield.example", &[Outside], None),
        // Groups and offices.
        ("9c@oakfield.example", &[Group, Staff, Pupil], None),
        ("year9.parents@oakfield.example", &[Group, Parent], None),
        ("office@oakfield.example", &[Group, Staff], None),
        ("postmaster@oakfield.example", &[Staff, Group], None),
        // Lists of the school.
        ("child@helpline.example", &[Service], None),
        ("x@union.example", &[Service], None),
        ("rep@union.example", &[Partner], None),
        ("a@council.example", &[Partner], None),
        ("a@notcouncil.example", &[Outside], None),
    ];
    for (address, roles, kind) in table {
        let party = recipient(address);
        assert_eq!((party.roles.as_slice(), party.kind), (*roles, *kind), "{address}");
    }
}

/// practice.md, A11: the address decides as what somebody writes and is written to.
#[test]
fn staff_who_are_parents_are_no_parents_at_the_school_address() {
    let (school, home) = ("m.dunmore@oakfield.example", "mark.dunmore@homemail.example");
    for (address, is_parent) in [(school, false), (home, true)] {
        assert_eq!(sender(address, "d.price@oakfield.example").is(Role::Parent), is_parent, "{address}");
        assert_eq!(recipient(address).is(Role::Parent), is_parent, "{address}");
    }
    let relations = mail(&[school], &[home]).resolve().relations;
    assert_eq!(relations[0].to_string(), "staff->parent", "an own address stays a parent's");
}

#[test]
fn listings_go_by_the_nearest_entry_of_the_school_in_question() {
    let listing = |to| recipient(to).listing;
    assert_eq!(listing("a@council.example"), Some(Listing::Partner));
    assert_eq!(listing("a@social-care.council.example"), Some(Listing::SafeguardingAgency));
    assert_eq!(listing("a@north.social-care.council.example"), Some(Listing::SafeguardingAgency));
    assert_eq!(listing("p.nair@oakfield.example"), Some(Listing::Lead));
    assert_eq!(listing("t.ellery@oakfield.example"), Some(Listing::Lead));
    assert_eq!(listing("priya.nair@freemail.example"), None, "her private address is no report address");
    assert_eq!(listing("h.marsh@oakfield.example"), None);
    assert_eq!(listing("news@oakfield.example"), Some(Listing::BulkSender));
    // Bryn Glas has no list: Oakfield's does not speak for it.
    let other = mail(&["h.tanner@brynglas.example"], &["a@council.example"]).resolve();
    assert_eq!((other.recipients[0].listing, other.recipients[0].role()), (None, Role::Outside));
}

#[test]
fn schools_are_found_by_domain_then_by_the_conversation() {
    let school = |p: &Party| p.school.as_ref().map(|s| s.0.to_string());
    assert_eq!(school(&recipient("26amartin@pupils.oakfield.example")).as_deref(), Some("oakfield"));
    assert_eq!(
        school(&sender("nia.parry@homemail.example", "h.tanner@brynglas.example")).as_deref(),
        Some("brynglas")
    );
    assert_eq!(school(&recipient("x@elsewhere.example")), None);
    let whose = |from, to| mail(&[from], &[to]).resolve().school.map(|s| s.0.to_string());
    assert_eq!(whose("g.pugh@brynglas.example", "d.price@oakfield.example").as_deref(), Some("brynglas"));
    assert_eq!(whose("x@elsewhere.example", "d.price@oakfield.example").as_deref(), Some("oakfield"));
    assert_eq!(whose("claire.martin@homemail.example", "x@elsewhere.example").as_deref(), Some("oakfield"));
    assert_eq!(whose("x@elsewhere.example", "y@elsewhere.example"), None);
}

#[test]
fn directions_and_relations_for_each_recipient() {
    let parties = mail(
        &["d.price@oakfield.example"],
        &["26amartin@pupils.oakfield.example", "claire.martin@homemail.example"],
    )
    .resolve();
    assert_eq!(parties.directions, [Direction::Internal, Direction::Outbound]);
    assert_eq!(parties.direction, Direction::Outbound);
    let relations: Vec<String> = parties.relations.iter().map(ToString::to_string).collect();
    assert_eq!(relations, ["staff->pupil", "staff->parent"]);
    let inbound = mail(&["x@elsewhere.example"], &["d.price@oakfield.example"]).resolve();
    assert_eq!(
        (inbound.direction, inbound.relations[0].to_string()),
        (Direction::Inbound, "outside->staff".into())
    );
}

/// Envelope and header differ: both count, and an outside word in either keeps it inbound.
#[test]
fn a_mail_that_only_claims_to_be_from_inside_is_inbound() {
    let to = &["d.price@oakfield.example"];
    let header_lies = Mail {
        proof: SenderProof::Unproved,
        envelope: "x@elsewhere.example",
        from: &["h.marsh@oakfield.example"],
        sender: &[],
        to,
    };
    let parties = header_lies.resolve();
    assert_eq!(parties.direction, Direction::Inbound);
    assert!(parties.senders().map(Party::role).eq([Role::Outside, Role::Staff]));
    let envelope_lies =
        Mail { envelope: "h.marsh@oakfield.example", from: &["x@elsewhere.example"], ..header_lies };
    assert_eq!(envelope_lies.resolve().direction, Direction::Inbound);
    let sender_field =
        Mail { from: &["h.marsh@oakfield.example"], sender: &["x@elsewhere.example"], ..envelope_lies };
    assert_eq!(sender_field.resolve().direction, Direction::Inbound);
}

#[test]
fn the_null_sender_goes_by_its_header() {
    let reply =
        Mail { envelope: "", ..mail(&["d.price@oakfield.example"], &["claire.martin@homemail.example"]) };
    let parties = reply.resolve();
    assert_eq!(
        (parties.direction, parties.relations[0].to_string()),
        (Direction::Outbound, "staff->parent".into())
    );
    assert!(parties.envelope_sender.address.is_none() && parties.envelope_sender.is(Role::Outside));
    let report =
        Mail { from: &["mailer-daemon@elsewhere.example"], to: &["d.price@oakfield.example"], ..reply };
    assert_eq!(report.resolve().direction, Direction::Inbound);
    assert_eq!(Mail { from: &[], ..report }.resolve().direction, Direction::Inbound);
}

/// practice.md, A7: every way in which a word that proves nothing could pass for a proof.
#[test]
fn only_a_proof_that_fits_envelope_and_header_proves_the_sender() {
    let login = |name: &str| SenderProof::Login(name.into());
    let tenant = |id: &str| SenderProof::Tenant(SchoolId(id.into()));
    const PRICE: &str = "d.price@oakfield.example";
    const NAIR: &str = "p.nair@oakfield.example";
    const PUPIL: &str = "26amartin@pupils.oakfield.example";
    const LOMAX: &str = "p.lomax@oakfield.example";
    const TRUST: &str = "s.adeyemi@oakfield.example";
    const SAFE: &str = "safeguarding@oakfield.example";
    const OUT: &str = "x@elsewhere.example";
    const HOME: &str = "dan.price@freemail.example";
    type Case<'a> = (SenderProof, &'a str, &'a [&'a str], &'a [&'a str], Option<&'a str>);
    let table: &[Case<'_>] = &[
        (login(PRICE), PRICE, &[PRICE], &[], Some("oak-s05")),
        (login("D.Price@Oakfield.Example"), PRICE, &[PRICE], &[], Some("oak-s05")),
        (login("d.price"), PRICE, &[PRICE], &[], Some("oak-s05")),
        (login("26amartin"), PUPIL, &[PUPIL], &[], Some("oak-p01")),
        (tenant("oakfield"), PRICE, &[PRICE], &[], Some("oak-s05")),
        (SenderProof::ListedHost, PRICE, &[PRICE], &[PRICE], Some("oak-s05")),
        (login(TRUST), TRUST, &[TRUST], &[], Some("trust-s01")),
        // A mailbox that the person may use.
        (login(NAIR), NAIR, &[SAFE], &[], Some("oak-s02")),
        (login(NAIR), SAFE, &[SAFE], &[NAIR], Some("oak-s02")),
        // Nothing proves it, whatever the addresses say.
        (SenderProof::Unproved, PRICE, &[PRICE], &[], None),
        // Another person's, a stranger's or no address in envelope or header.
        (login(PRICE), NAIR, &[PRICE], &[], None),
        (login(PRICE), PRICE, &[NAIR], &[], None),
        (login(PRICE), PRICE, &[PRICE, NAIR], &[], None),
        (login(PRICE), PRICE, &[PRICE], &[NAIR], None),
        (login(PRICE), OUT, &[PRICE], &[], None),
        (login(PRICE), PRICE, &[OUT], &[], None),
        (login(PRICE), PRICE, &["no address"], &[], None),
        (login(PRICE), PRICE, &[], &[], None),
        (login(PRICE), "", &[PRICE], &[], None),
        // A mailbox or list that is not the person's.
        (login(PRICE), PRICE, &[SAFE], &[], None),
        (login(PRICE), PRICE, &["9c@oakfield.example"], &[], None),
        (tenant("oakfield"), SAFE, &[NAIR], &[], None),
        // A private address proves nothing, neither as login nor as sender.
        (login(HOME), PRICE, &[PRICE], &[], None),
        (login(PRICE), HOME, &[HOME], &[], None),
        (SenderProof::ListedHost, HOME, &[HOME], &[], None),
        (login("d.price+x@oakfield.example"), PRICE, &[PRICE], &[], None),
        (login(PRICE), "d.price+x@oakfield.example", &[PRICE], &[], None),
        // Another school's proof; a login that is nobody; one who has left; a stranger.
        (tenant("brynglas"), PRICE, &[PRICE], &[], None),
        (login("g.pugh"), PRICE, &[PRICE], &[], None),
        (login(""), PRICE, &[PRICE], &[], None),
        (login("root"), PRICE, &[PRICE], &[], None),
        (login(LOMAX), LOMAX, &[LOMAX], &[], None),
        (SenderProof::ListedHost, "nobody@oakfield.example", &["nobody@oakfield.example"], &[], None),
        (SenderProof::ListedHost, "d.price@oakfie1d.example", &["d.price@oakfie1d.example"], &[], None),
    ];
    for (row, (proof, envelope, from, delegate, expected)) in table.iter().enumerate() {
        let mail = Mail { proof: proof.clone(), envelope, from, sender: delegate, to: &[OUT] };
        let proved = mail.resolve().proved_sender;
        assert_eq!(proved, expected.map(|id| PersonId(id.into())), "row {row}: {proof:?}");
    }
}

/// A login name without a domain that fits a teacher and a pupil proves neither.
#[test]
fn an_ambiguous_login_proves_nobody() {
    let mut people: Vec<_> = sample::directory().people().map(|p| p.to_record()).collect();
    let pupil = people.iter_mut().find(|p| &*p.id.0 == "oak-p01").unwrap();
    pupil.addresses[0].0 = sample::address("d.price@pupils.oakfield.example");
    let directory = Directory::build(people, Vec::new());
    let address = sample::address("d.price@oakfield.example");
    let header = [mailbox("d.price@oakfield.example")];
    let schools = sample::schools();
    let proved = |name: &str| {
        proof::proved_sender(&proof::Claim {
            proof: &SenderProof::Login(name.into()),
            envelope: Some(&address),
            header: &header,
            delegate: &[],
            directory: &directory,
            schools: &schools,
            day: "2026-11-20".parse().unwrap(),
        })
    };
    assert_eq!(proved("d.price"), None);
    assert_eq!(proved("d.price@oakfield.example"), Some(PersonId("oak-s05".into())));
}

/// One human being with a staff record and a parent record under one outside address.
#[test]
fn a_parent_record_speaks_first_at_a_shared_address() {
    let mut people: Vec<_> = sample::directory().people().map(|p| p.to_record()).collect();
    let parent = people.iter_mut().find(|p| &*p.id.0 == "oak-r01").unwrap();
    parent.addresses[0].0 = sample::address("dan.price@freemail.example");
    let directory = Directory::build(people, Vec::new());
    let schools = sample::schools();
    let resolver = Resolver::new(&directory, &schools, "2026-11-20".parse().unwrap());
    let party = resolver.party(Some(&sample::address("dan.price@freemail.example")), None);
    assert_eq!(party.roles, [Role::Parent, Role::Staff]);
    assert_eq!((party.person, party.kind), (Some(PersonId("oak-r01".into())), Some(AddressKind::Registered)));
}

#[test]
fn roles_end_with_their_day() {
    let mut people: Vec<_> = sample::directory().people().map(|p| p.to_record()).collect();
    let supply = people.iter_mut().find(|p| &*p.id.0 == "oak-s14").unwrap();
    supply.standing = crate::parties::Standing::Until("2026-12-18".parse().unwrap());
    let directory = Directory::build(people, Vec::new());
    let schools = sample::schools();
    let role = |day: &str| {
        let resolver = Resolver::new(&directory, &schools, day.parse().unwrap());
        resolver.party(Some(&sample::address("k.tolley@oakfield.example")), None).role()
    };
    assert_eq!((role("2026-12-18"), role("2026-12-19")), (Role::Supply, Role::Guest));
}
