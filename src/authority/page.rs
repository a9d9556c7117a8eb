//! The page docs/who-may.md, made from the rules: a table for each kind of thing, so that a
//! head can read them. A test compares.

use super::{
    grants::GrantKind,
    judge::{Answer, Position, judge},
    model::{Act, Gravity, Matter, Office, Offices, Reach, Relation, SenderMay, State, Step, Thing},
};
use std::fmt::Write;

const HEAD: &str = include_str!("page.md");

/// Whose column: an office, or a relation to the thing.
const OFFICES: &[(&str, Office)] = &[
    ("staff", Office::Staff),
    ("lead", Office::Lead),
    ("deputy", Office::Deputy),
    ("head", Office::Head),
    ("chair", Office::Chair),
    ("DPO", Office::DataProtection),
    ("admin", Office::Admin),
    ("governor", Office::Governor),
];

/// The whole page.
pub fn page() -> String {
    let mut out = HEAD.to_owned();
    for thing in Thing::ALL {
        for (title, position) in kinds(*thing) {
            table(&mut out, &title, &position);
        }
    }
    out
}

fn kinds(thing: Thing) -> Vec<(String, Position)> {
    let base = Position {
        offices: Offices::NONE,
        trust: Offices::NONE,
        relation: Relation::None,
        thing,
        matter: Matter::Concern,
        state: State::Decided,
        gravity: Gravity::Ordinary,
        sender_may: SenderMay::Release,
        reach: Reach::Ordinary,
        step: Step::First,
        grant: GrantKind::Plain,
        free: Office::ALL.iter().copied().collect(),
        trust_free: Offices::of(&[Office::Chair]),
        held: Office::ALL.iter().copied().collect(),
        trust_held: Offices::of(&[Office::Chair]),
    };
    let title = heading(thing).to_owned();
    match thing {
        Thing::Quarantined | Thing::Sealed | Thing::Incident | Thing::PersonHistory | Thing::LogEntry => {
            let matters = [
                (Matter::Concern, "a safeguarding concern"),
                (Matter::Allegation, "an allegation against staff"),
                (Matter::Misuse, "misuse"),
            ];
            // Mail with a protected correspondent differs in three lines, which the page says.
            let matters = matters.into_iter();
            matters
                .map(|(matter, words)| (format!("{title}: {words}"), Position { matter, ..base }))
                .collect()
        }
        Thing::Hold => vec![
            (format!("{title}, that its sender may release"), base),
            (
                format!("{title}, that its sender may not release"),
                Position { sender_may: SenderMay::OnlyWithdraw, ..base },
            ),
        ],
        Thing::Grant => vec![
            (format!("{title}: staff, governor, guest"), base),
            (format!("{title}: lead, deputy, admin"), Position { grant: GrantKind::Reading, ..base }),
            (
                format!("{title}: head, data protection officer, chair"),
                Position { grant: GrantKind::Governing, ..base },
            ),
        ],
        _ => vec![(title, base)],
    }
}

fn heading(thing: Thing) -> &'static str {
    match thing {
        Thing::Hold => "A held message",
        Thing::Quarantined => "A quarantined message",
        Thing::Sealed => "A sealed item",
        Thing::Record => "A record of mail with parents",
        Thing::Incident => "An incident",
        Thing::LowLevelConcern => "A low-level concern about an adult",
        Thing::Breach => "A breach record",
        Thing::PersonHistory => "A person's history",
        Thing::LeadNote => "A note for leads on a person",
        Thing::LogEntry => "The message log",
        Thing::SubjectAccess => "A subject access request, both reviews done",
        Thing::Ledger => "The ledger",
        Thing::Outbox => "The outbox",
        Thing::Report => "A report",
        Thing::Rule => "Rules",
        Thing::Exception => "An exception",
        Thing::Suspension => "A suspension",
        Thing::Directory => "The directory",
        Thing::ObserveSwitch => "Observing and enforcing",
        Thing::Key => "Keys and custodians",
        Thing::Grant => "Giving an office",
        Thing::Machine => "The machine: store, backups, doctor",
    }
}

fn table(out: &mut String, title: &str, base: &Position) {
    let relations: &[(&str, Relation)] = match base.thing {
        Thing::Hold => &[("its sender", Relation::Owner), ("supervising teacher", Relation::Supervisor)],
        Thing::Quarantined | Thing::Sealed | Thing::Incident => &[("handed to", Relation::Assigned)],
        _ => &[],
    };
    let mut columns: Vec<(&str, Position)> = relations
        .iter()
        .map(|(name, relation)| {
            (*name, Position { relation: *relation, offices: Offices::of(&[Office::Staff]), ..*base })
        })
        .collect();
    let one = |office| Offices::of(&[office]);
    columns.extend(OFFICES.iter().map(|(name, office)| (*name, Position { offices: one(*office), ..*base })));
    let party =
        Position { relation: Relation::Party, offices: Office::ALL.iter().copied().collect(), ..*base };
    columns.extend(base.thing.hides_from_parties().then_some(("a party or accused", party)));
    let heads: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\n## {title}\n\n| | {} |", heads.join(" | "));
    let _ = writeln!(out, "|---{}|", "|---".repeat(heads.len()));
    for act in Act::ALL {
        if super::rules::rule(base, *act).is_none() {
            continue;
        }
        let cells: Vec<&str> = columns.iter().map(|(_, position)| cell(position, *act)).collect();
        let _ = writeln!(out, "| {} | {} |", said(*act, base.thing), cells.join(" | "));
    }
}

fn cell(position: &Position, act: Act) -> &'static str {
    match judge(position, act) {
        Answer::Allowed => "yes",
        Answer::NeedsSecond { .. } => "with a second",
        Answer::No { .. } if judge(&Position { step: Step::ByAnother, ..*position }, act).is_allowed() => {
            "as the second"
        }
        Answer::No { .. } => "no",
        Answer::NotThere if judge(&Position { step: Step::ByAnother, ..*position }, act).is_allowed() => {
            "as the second"
        }
        Answer::NotThere => "·",
    }
}

fn said(act: Act, thing: Thing) -> &'static str {
    match act {
        Act::List if thing == Thing::Machine => "look at it: `doctor`, `store show`",
        Act::Verify if thing == Thing::Machine => "check every object: `store scrub`",
        Act::Export if thing == Thing::Machine => "back it up, still encrypted",
        Act::Change if thing == Thing::Machine => "restore, move, index anew, reload",
        Act::Export if thing == Thing::Key => "write out an epoch's small file, still encrypted",
        Act::Particulars if thing == Thing::LeadNote => "read it",
        Act::Open if thing == Thing::LeadNote => "write it",
        Act::Close if thing == Thing::LeadNote => "end it",
        Act::Count => "see how many",
        Act::List if thing == Thing::Sealed => "see hash, time and roles",
        Act::List => "see that it is there",
        Act::Search => "search",
        Act::Particulars => "see who, what was found, the subject",
        Act::Bytes => "read the message",
        Act::Release => "release",
        Act::ReleaseMarked => "release marked confidential",
        Act::SendNow => "send now: child at risk",
        Act::Return => "return to its sender",
        Act::Withdraw => "withdraw",
        Act::KeepAsEvidence => "keep as evidence",
        Act::Escalate => "escalate",
        Act::HandOver => "hand over unread",
        Act::JudgeAccused => "confirm or refuse who is accused",
        Act::LegalHold => "put under legal hold, lift it",
        Act::Purge => "remove for good",
        Act::Seal => "seal",
        Act::InstructPolice => "instruct the hand-over to the police",
        Act::Export => "export",
        Act::Open => "open",
        Act::Note => "add a note",
        Act::Close => "close",
        Act::Dismiss => "dismiss",
        Act::Verify => "verify",
        Act::Review => "review",
        Act::Change => "change",
        Act::Grant => "grant",
        Act::Approve => "approve what another asked for",
        Act::Revoke => "revoke, end",
        Act::SwitchToObserve => "switch back to observe",
        Act::SwitchToEnforce => "switch to enforce",
    }
}
