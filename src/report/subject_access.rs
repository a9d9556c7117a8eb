//! What is held on a person: gathered from each source, third parties taken out, and set as
//! two documents: one for the reviewers, with what was taken out and what is doubtful, and
//! one for the person, with what is given and, in general words, what is not.

use super::{
    bundle::{BundleKind, Contents},
    letter::Letter,
    records::when,
    redact::{Doubt, Redaction, Redactor},
    sheet::{Block, Section, Sheet, Start},
};
use crate::{
    mail::Address,
    parties::{Directory, ListEntry, Listing, Person, Role, School},
    storage::{
        Actor, Certainty, Concern, FiledAs, Identities, ItemKind, PieceNote, Purpose, RecordFilter,
        RecordLook, Store, StoreError, SubjectAccess, Why,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

/// One thing that is held, read.
pub struct Piece {
    pub note: PieceNote,
    /// `Record of mail with a parent`, `Held message`.
    pub source: &'static str,
    /// `None` for what is not opened, and for lists.
    pub letter: Option<Letter>,
    pub rows: Vec<Vec<String>>,
}

/// What gathering needs.
pub struct Gathering<'a> {
    pub store: &'a Store,
    pub directory: &'a Directory,
    pub school: &'a School,
    pub custodian: &'a Identities,
    pub actor: &'a Actor,
}

/// Everything, source by source; each look is in the ledger.
pub async fn gather(with: &Gathering<'_>, subject: Person<'_>) -> Result<Vec<Piece>, StoreError> {
    let addresses: Vec<Address> = subject.addresses().map(|(a, _)| a).collect();
    let mut pieces = records(with, subject).await?;
    pieces.extend(items(with, subject, &addresses).await?);
    pieces.extend(log(with, &addresses).await?);
    pieces.sort_by(|a, b| (a.note.at, &a.note.key).cmp(&(b.note.at, &b.note.key)));
    Ok(pieces)
}

async fn records(with: &Gathering<'_>, subject: Person<'_>) -> Result<Vec<Piece>, StoreError> {
    let why = Why::from(Purpose::SubjectAccess);
    let filter = RecordFilter {
        school: Some(with.school.id.clone()),
        anyone: Some(subject.id().clone()),
        ..RecordFilter::default()
    };
    let mut pieces = Vec::new();
    for found in with.store.records_search(&filter, with.actor, &why).await? {
        let people = with.directory.people().map(|p| p.id());
        let record = with
            .store
            .record_export(&found.id, with.custodian, with.actor, RecordLook::Gathered, &why, people)
            .await?;
        let letter = Letter::read(&record.raw);
        let mut concerns = concerns_of(with, subject, &letter);
        let others = record.filed.iter().any(|f| f.filed_as == FiledAs::Child && f.person != *subject.id());
        let mine_is_a_guess =
            record.filed.iter().any(|f| f.person == *subject.id() && f.certainty == Certainty::NotCertain);
        if others || mine_is_a_guess {
            concerns.insert(Concern::OtherChildren);
        }
        pieces.push(Piece {
            note: PieceNote { key: format!("record/{}", record.id), at: record.received_at, concerns },
            source: "Record of mail with a parent",
            letter: Some(letter),
            rows: Vec::new(),
        });
    }
    Ok(pieces)
}

async fn items(
    with: &Gathering<'_>,
    subject: Person<'_>,
    addresses: &[Address],
) -> Result<Vec<Piece>, StoreError> {
    const WHY: &str = "subject access";
    let mut pieces = Vec::new();
    for id in with.store.items_with(addresses).await? {
        let summary = with.store.item_summary(&id).await?;
        if summary.school != with.school.id {
            continue;
        }
        let detail = with.store.item(&id, with.actor, WHY).await?;
        // A hold is its sender's business (practice.md, A5).
        let own = detail.owner.as_ref().is_some_and(|o| o.person == *subject.id());
        if summary.kind == ItemKind::Hold && !own {
            continue;
        }
        let family = summary.category.family();
        let abuse = |name: &str| {
            matches!(
                name,
                "contact.grooming"
                    | "harm.self-harm"
                    | "harm.sexual"
                    | "harm.threat"
                    | "personal-data.safeguarding"
            ) || name.starts_with("file.illegal")
        };
        let grave =
            abuse(summary.category.name()) || detail.findings.iter().any(|f| abuse(f.category.name()));
        let (mut concerns, letter) = match with.store.raw(&id, with.actor, WHY).await {
            Ok(raw) => {
                let letter = Letter::read(&raw);
                (concerns_of(with, subject, &letter), Some(letter))
            }
            Err(StoreError::MayHoldImage) => (BTreeSet::from([Concern::Sealed]), None),
            Err(e) => return Err(e),
        };
        if grave || family == "contact" {
            concerns.insert(Concern::Abuse);
        }
        pieces.push(Piece {
            note: PieceNote { key: format!("item/{id}"), at: summary.received_at, concerns },
            source: match summary.kind {
                ItemKind::Hold => "Message held for its sender",
                ItemKind::Quarantine => "Message held for review",
                ItemKind::Grace => "Message delayed for its sender",
            },
            letter,
            rows: Vec::new(),
        });
    }
    Ok(pieces)
}

async fn log(with: &Gathering<'_>, addresses: &[Address]) -> Result<Vec<Piece>, StoreError> {
    let sent = with.store.log_of(addresses).await?;
    let Some((at, _, _, _)) = sent.first() else { return Ok(Vec::new()) };
    let mut rows = vec![["When", "Direction", "What was done", "Recipients"].map(str::to_owned).to_vec()];
    rows.extend(sent.iter().map(|(at, direction, disposition, recipients)| {
        vec![when(*at), direction.clone(), disposition.clone(), recipients.to_string()]
    }));
    let note = PieceNote { key: "log".into(), at: *at, concerns: BTreeSet::new() };
    Ok(vec![Piece { note, source: "Log of messages that the person sent", letter: None, rows }])
}

/// What the letter itself gives rise to.
fn concerns_of(with: &Gathering<'_>, subject: Person<'_>, letter: &Letter) -> BTreeSet<Concern> {
    let mut concerns = BTreeSet::new();
    let header = format!("{} {} {}", letter.from, letter.to, letter.cc).to_lowercase();
    let covered = |entry: &ListEntry| {
        matches!(entry.listing, Listing::Protected | Listing::Helpline | Listing::SafeguardingAgency)
            && header.contains(entry.pattern.as_str())
    };
    for entry in with.school.lists.iter().filter(|e| covered(e)) {
        concerns.insert(match entry.listing {
            Listing::SafeguardingAgency => Concern::Abuse,
            _ => Concern::Privilege,
        });
    }
    let text = format!("{}\n{}", letter.subject, letter.text);
    let named = super::redact::people_in(with.directory, subject, &text);
    let child = |p: &Person<'_>| p.is(Role::Pupil);
    if named.into_iter().filter_map(|id| with.directory.person(&id)).any(|p| child(&p)) {
        concerns.insert(Concern::OtherChildren);
    }
    concerns
}

/// Whether a parent asks about a child who may decide alone: from that age on, or where the
/// age is not known.
pub fn childs_rights(subject: Person<'_>, by_other: bool, from_age: u32, today: NaiveDate) -> bool {
    let old_enough =
        subject.born().is_none_or(|born| today.years_since(born).is_none_or(|age| age >= from_age));
    by_other && subject.is(Role::Pupil) && old_enough
}

/// For whom a bundle is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Reviewers,
    Person,
}

/// Writes the bundle and returns its manifest's digest.
pub fn write(
    out: &mut impl Write,
    request: &SubjectAccess,
    pieces: &[Piece],
    redactor: &mut Redactor<'_>,
    audience: Audience,
    (school, by, at): (&School, &str, DateTime<Utc>),
) -> io::Result<String> {
    let going = request.ready().unwrap_or_default();
    let wanted = |p: &&Piece| match audience {
        Audience::Reviewers => true,
        Audience::Person => going.contains(p.note.key.as_str()),
    };
    let mut list: Vec<Redaction> = Vec::new();
    let mut sections = Vec::new();
    for (piece, number) in pieces.iter().filter(wanted).zip(1..) {
        sections.push(one(piece, number, redactor, &mut list, audience));
    }
    let withheld: Vec<&Piece> = pieces
        .iter()
        .filter(|p| audience == Audience::Person && !going.contains(p.note.key.as_str()))
        .collect();
    let cover = match audience {
        Audience::Person => cover(pieces, &withheld, sections.len(), school),
        Audience::Reviewers => review(request, pieces),
    };
    sections.insert(0, cover);
    if audience == Audience::Reviewers {
        sections.push(taken_out(&list));
    }
    let (kind, title) = match audience {
        Audience::Reviewers => (BundleKind::SubjectAccessReview, "For review: what is held on a person"),
        Audience::Person => (BundleKind::SubjectAccess, "What is held on you"),
    };
    let mark = format!("{} · request {} · {}", school.name, request.id, when(at));
    let sheet = Sheet { title: title.into(), mark, sections };
    let contents = Contents {
        kind,
        made_at: at,
        made_by: by.to_owned(),
        purpose: Purpose::SubjectAccess.name().to_owned(),
        records: Vec::new(),
        ledger: String::new(),
        sheet,
        more: Vec::new(),
    };
    super::bundle::write(out, contents)
}

fn one(
    piece: &Piece,
    number: usize,
    redactor: &mut Redactor<'_>,
    list: &mut Vec<Redaction>,
    audience: Audience,
) -> Section {
    let mut clean = |what: &str, text: &str| {
        let redacted = redactor.redact(&format!("{number}, {what}"), text);
        list.extend(redacted.list);
        redacted.text
    };
    let mut blocks = Vec::new();
    if audience == Audience::Reviewers {
        let doubts: Vec<&str> = piece.note.concerns.iter().map(|c| c.words()).collect();
        if !doubts.is_empty() {
            blocks.push(Block::Notice(format!("To be ruled on: {}.", doubts.join("; "))));
        }
    }
    let mut facts = vec![("When".to_owned(), when(piece.note.at))];
    if audience == Audience::Reviewers {
        facts.insert(0, ("Piece".into(), piece.note.key.clone()));
    }
    let heading = match &piece.letter {
        Some(letter) => {
            for (name, value) in [("From", &letter.from), ("To", &letter.to), ("Copy to", &letter.cc)] {
                if !value.is_empty() {
                    facts.push((name.into(), clean(name, value)));
                }
            }
            clean("subject", &letter.subject)
        }
        None => String::new(),
    };
    blocks.push(Block::Facts(facts));
    if let Some(letter) = &piece.letter {
        blocks.push(Block::Letter(clean("text", &letter.text)));
        if !letter.files.is_empty() {
            let names: Vec<String> = letter.files.iter().map(|f| clean("file name", &f.name)).collect();
            blocks.push(Block::Paragraph(format!(
                "Files with it, which a person has to look through before they are given out: {}",
                names.join(", ")
            )));
        }
    } else if piece.rows.is_empty() {
        blocks.push(Block::Paragraph("This item is sealed. Nobody opens it here.".into()));
    }
    if !piece.rows.is_empty() {
        blocks.push(Block::Table { widths: vec![30, 20, 25, 15], rows: piece.rows.clone() });
    }
    let heading =
        if heading.is_empty() { piece.source.to_owned() } else { format!("{}: {heading}", piece.source) };
    Section { heading: format!("{number}. {heading}"), start: Start::NewPage, blocks }
}

const SEARCHED: &str = "Searched were: the records of mail between school and parents that are filed under the person; \
    messages held for the person to decide on; messages held for review that the person sent or was sent; and the log of \
    messages that the person sent. Not searched, because Gatehouse does not hold them: the school's own mailboxes, its \
    management information system, its child-protection file, and paper.";

fn cover(pieces: &[Piece], withheld: &[&Piece], given: usize, school: &School) -> Section {
    let mut words: Vec<&str> = withheld.iter().flat_map(|p| &p.note.concerns).map(|c| c.words()).collect();
    words.sort_unstable();
    words.dedup();
    let kept_back = if withheld.is_empty() {
        "Nothing was withheld as a whole.".to_owned()
    } else if words.is_empty() {
        "Some of it was withheld, as the law allows.".to_owned()
    } else {
        format!("Some of it was withheld, as the law allows: {}.", words.join("; "))
    };
    Section {
        heading: String::new(),
        start: Start::Flows,
        blocks: vec![
            Block::Paragraph(SEARCHED.into()),
            Block::Facts(vec![
                ("School".into(), school.name.clone()),
                ("Found".into(), pieces.len().to_string()),
                ("Given here".into(), given.to_string()),
            ]),
            Block::Paragraph(kept_back),
            Block::Paragraph(
                "Names, addresses and numbers of other people were replaced by labels such as [person 1]; the same label \
                 stands for the same person throughout."
                    .into(),
            ),
            Block::Paragraph(
                "Your rights: you may ask the school to correct what is wrong, to erase or restrict what it no longer needs, \
                 and you may object to how it is used. If you are not content with this answer, write to the school's data \
                 protection officer; you may also complain to the Information Commissioner (ico.org.uk, 0303 123 1113) or go \
                 to a court."
                    .into(),
            ),
        ],
    }
}

fn review(request: &SubjectAccess, pieces: &[Piece]) -> Section {
    let mut rows = vec![["Piece", "What", "When", "To be ruled on"].map(str::to_owned).to_vec()];
    for piece in pieces {
        let concerns: Vec<&str> = piece.note.concerns.iter().map(|c| c.words()).collect();
        rows.push(vec![
            piece.note.key.clone(),
            piece.source.into(),
            when(piece.note.at),
            concerns.join("; "),
        ]);
    }
    let mut blocks = vec![Block::Notice(
        "For the data protection officer and the safeguarding lead alone. Do not send this: it says at the end what was \
         taken out."
            .into(),
    )];
    if request.asked.concerns.contains(&Concern::ChildsRights) {
        blocks.push(Block::Notice(
            "A parent asks about a child who may be old enough to decide alone. The rights are the child's. Does the child \
             understand them? If so, has the child agreed, and is it in the child's interest? Rule on the piece “request” \
             first."
                .into(),
        ));
    }
    blocks.push(Block::Paragraph(SEARCHED.into()));
    blocks.push(Block::Facts(vec![
        ("Answer due".into(), when(request.due_at)),
        ("Pieces".into(), pieces.len().to_string()),
    ]));
    blocks.push(Block::Table { widths: vec![24, 28, 24, 34], rows });
    Section { heading: String::new(), start: Start::Flows, blocks }
}

fn taken_out(list: &[Redaction]) -> Section {
    let mut rows = vec![["Where", "Label", "What stood there", "Kind", "Doubt"].map(str::to_owned).to_vec()];
    for one in list {
        let doubt = match one.doubt {
            Doubt::None => "",
            Doubt::MayBeAWord => "may be a word",
            Doubt::MayBeTheirOwn => "may be the person's own",
        };
        rows.push(vec![
            one.place.clone(),
            one.label.clone(),
            one.original.clone(),
            one.kind.name().into(),
            doubt.into(),
        ]);
    }
    Section {
        heading: "What was taken out".into(),
        start: Start::NewPage,
        blocks: vec![
            Block::Paragraph(
                "Read each letter beside this list: a nickname that the directory does not have, a description, a picture can \
                 tell who somebody is too."
                    .into(),
            ),
            Block::Table { widths: vec![20, 20, 34, 18, 18], rows },
        ],
    }
}
