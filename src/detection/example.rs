//! An example of a rule file made into a message of an invented school, with its parties.

use super::people::People;
use crate::{
    extraction::{ExtractLimits, extract},
    files::Files,
    mail::{
        Address, Arrival, Channel, Door, Envelope, Mode, Recipient, ReversePath, SchoolId, SenderProof,
        Transaction, TransactionId,
    },
    message::{ReadLimits, read},
    parties::{
        AddressKind, Alerts, Directory, Membership, Officers, Parties, PersonId, PersonRecord, Role, School,
        Standing, resolve,
    },
};
use bytes::Bytes;
use chrono::{DateTime, TimeZone, Utc};
use std::sync::Arc;

/// What may stand in double braces, with the person's role, given and family name.
const PEOPLE: &[(&str, Role, &str, &str)] = &[
    ("pupil", Role::Pupil, "Ceri", "Vaughan"),
    ("pupil2", Role::Pupil, "Jordan", "Ashdown"),
    ("pupil3", Role::Pupil, "Ffion", "Tregarth"),
    ("pupil4", Role::Pupil, "Callum", "Brightwell"),
    ("pupil5", Role::Pupil, "Aisha", "Merrow"),
    ("pupil6", Role::Pupil, "Tomos", "Hathersage"),
    ("pupil7", Role::Pupil, "Leah", "Quillfeather"),
    ("pupil8", Role::Pupil, "Rhodri", "Penhallow"),
    ("staff", Role::Staff, "Tamsin", "Okafor-Reed"),
    ("staff2", Role::Staff, "Gethin", "Marlowe"),
    ("parent", Role::Parent, "Morwenna", "Vaughan"),
];

const SCHOOL: &str = "exampleschool.example";
const HOME: &str = "homepost.example";
const OUTSIDE: &str = "someone@outside.example";

/// The school that examples are sent in.
pub(super) struct ExampleSchool {
    directory: Directory,
    schools: Vec<Arc<School>>,
}

/// A message of that school.
pub(super) struct ExampleMessage {
    pub(super) transaction: Transaction,
    pub(super) parties: Parties,
}

impl ExampleSchool {
    pub(super) fn new() -> Self {
        let id = SchoolId("example".into());
        let people = PEOPLE.iter().map(|(name, role, given, family)| {
            let own =
                [(address(name, "address"), kind(*role)), (address(name, "personal"), AddressKind::Personal)];
            let count = if *role == Role::Parent { 1 } else { 2 };
            PersonRecord {
                id: PersonId((*name).into()),
                given: (*given).to_owned(),
                family: (*family).to_owned(),
                preferred: None,
                memberships: vec![Membership { school: id.clone(), role: *role }],
                addresses: own.into_iter().take(count).filter_map(|(a, k)| Some((a?, k))).collect(),
                classes: Vec::new(),
                children: Vec::new(),
                must_not_contact: Vec::new(),
                born: None,
                images: None,
                standing: Standing::Current,
            }
        });
        let school = School {
            id: id.clone(),
            name: "Example School".into(),
            domains: vec![SCHOOL.into()],
            languages: vec!["en".into(), "cy".into()],
            mode: Mode::Observe,
            officers: Officers::default(),
            lists: Vec::new(),
            disclaimers: Vec::new(),
            record_parent_mail: false,
            nation: Default::default(),
            child_decides_from: 13,
            confidential_mark: String::new(),
            calendar: Default::default(),
            retention: Default::default(),
            grace: None,
            alerts: Alerts::default(),
        };
        Self { directory: Directory::build(people.collect(), Vec::new()), schools: vec![Arc::new(school)] }
    }

    pub(super) fn people(&self) -> People {
        People::of(&self.directory)
    }

    /// `Err` names a placeholder that is none.
    pub(super) fn message(&self, example: &str) -> Result<ExampleMessage, String> {
        let text = filled(example)?;
        let (head, body) = match text.split_once("\n\n") {
            Some((head, body)) if is_header(head) => (head, body),
            _ => ("", text.as_str()),
        };
        let mut raw = String::new();
        let staff = address("staff", "address").map_or(String::new(), |a| a.to_string());
        for (field, value) in [("From", staff.as_str()), ("To", OUTSIDE), ("Subject", "Example")] {
            if !head.lines().any(|l| starts_with_field(l, field)) {
                raw.push_str(&format!("{field}: {value}\n"));
            }
        }
        raw.push_str(head);
        raw.push_str(if head.is_empty() { "" } else { "\n" });
        raw.push_str("Date: Fri, 20 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\n");
        if !head.lines().any(|l| starts_with_field(l, "Content-Type")) {
            raw.push_str("Content-Type: text/plain; charset=utf-8\n");
        }
        raw.push_str("Content-Transfer-Encoding: 8bit\n\n");
        raw.push_str(body);
        let raw = Bytes::from(raw.replace("\r\n", "\n").replace('\n', "\r\n"));
        let message = read(&raw, ReadLimits::default());
        let header = &message.header;
        let sender = header.from.first().and_then(|m| m.address.clone());
        let recipients = header.to.iter().chain(&header.cc).filter_map(|m| m.address.clone());
        let envelope = Envelope {
            sender: sender.map_or(ReversePath::Null, ReversePath::Mailbox),
            parameters: Vec::new(),
            recipients: recipients.map(Recipient::new).collect(),
        };
        let transaction = Transaction {
            id: TransactionId(0),
            received_at: noon(),
            channel: Channel::Email,
            // Who writes from an address of the school has signed in.
            arrival: Arrival { proof: SenderProof::ListedHost, ..Arrival::unknown(Door::File) },
            envelope,
            raw: raw.clone(),
        };
        let parties = resolve(&transaction, header, &self.directory, &self.schools);
        Ok(ExampleMessage { transaction, parties })
    }
}

impl ExampleMessage {
    /// Reads the message and hands it on with its text.
    pub(super) fn with<T>(
        &self,
        detect: impl FnOnce(&crate::message::Message<'_>, &crate::extraction::Extract<'_>, &Parties) -> T,
    ) -> T {
        let message = read(&self.transaction.raw, ReadLimits::default());
        let files = Files::default();
        let extract = extract(&message, &files, ExtractLimits::default());
        detect(&message, &extract, &self.parties)
    }
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).single().unwrap_or_default()
}

fn kind(role: Role) -> AddressKind {
    if role == Role::Parent { AddressKind::Registered } else { AddressKind::School }
}

fn address(name: &str, which: &str) -> Option<Address> {
    let (_, role, given, family) = PEOPLE.iter().find(|p| p.0 == name)?;
    let local = format!("{given}.{family}").to_lowercase();
    match which {
        "address" if *role == Role::Parent => Address::parse(&format!("{local}@{HOME}")),
        "address" => Address::parse(&format!("{local}@{SCHOOL}")),
        "personal" if *role != Role::Parent => Address::parse(&format!("{local}@{HOME}")),
        _ => None,
    }
}

/// The example with every `{{name}}` filled in.
fn filled(example: &str) -> Result<String, String> {
    let mut out = String::with_capacity(example.len());
    let mut rest = example;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, behind)) = after.split_once("}}") else {
            return Err("`{{` without `}}`".into());
        };
        let value = match inside.split_once('.') {
            Some((name, which)) => address(name, which).map(|a| a.to_string()),
            None => PEOPLE.iter().find(|p| p.0 == inside).map(|p| format!("{} {}", p.2, p.3)),
        };
        out.push_str(&value.ok_or_else(|| format!("`{{{{{inside}}}}}` is nobody of the example school"))?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn starts_with_field(line: &str, field: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case(field))
}

fn is_header(head: &str) -> bool {
    let known = |line: &str| {
        ["Subject", "From", "To", "Cc", "Content-Type"].iter().any(|f| starts_with_field(line, f))
    };
    head.lines().next().is_some_and(known) && head.lines().all(|l| known(l) || l.starts_with([' ', '\t']))
}
