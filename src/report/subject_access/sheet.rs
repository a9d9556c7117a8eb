//! The two documents: for the reviewers all that was found, what makes it doubtful and what was taken
//! out of it; for the person what is given.

use super::{Content, Gathered, Piece};
use crate::{
    parties::School,
    report::{
        bundle::{self, BundleKind, Contents},
        records::when,
        redact::{Doubt, Redaction, Redactor},
        sheet::{Block, Section, Sheet, Start},
    },
    storage::{Concern, Eyes, PieceNote, Purpose, SubjectAccess},
};
use chrono::{DateTime, Utc};
use std::io::{self, Write};

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
    gathered: &Gathered,
    redactor: &mut Redactor<'_>,
    audience: Audience,
    (school, by, at): (&School, &str, DateTime<Utc>),
) -> io::Result<String> {
    let going = request.ready().unwrap_or_default();
    let pieces = &gathered.pieces;
    let wanted = |p: &&Piece| match audience {
        Audience::Reviewers => is_seen(p),
        Audience::Person => going.contains(p.note.key.as_str()) && !matches!(p.content, Content::Unopened),
    };
    let mut list: Vec<Redaction> = Vec::new();
    let mut sections = Vec::new();
    for (piece, number) in pieces.iter().filter(wanted).zip(1..) {
        let mut piece = clean(piece, number, redactor);
        list.append(&mut piece.taken_out);
        sections.push(section(piece, number, audience));
    }
    let cover = match audience {
        Audience::Person => cover(sections.len(), school),
        Audience::Reviewers => {
            let listed: Vec<&Piece> = pieces.iter().filter(|p| is_seen(p)).collect();
            review(request, &listed, gathered.searched_in_part)
        }
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
    bundle::write(out, contents)
}

/// A piece without third parties, with what was taken out of it.
pub struct Reviewed {
    pub note: PieceNote,
    pub source: &'static str,
    /// Of what a person wrote, its subject or title.
    pub heading: String,
    pub facts: Vec<(String, String)>,
    pub text: ReviewedText,
    /// Names of the files with it.
    pub files: Vec<String>,
    pub taken_out: Vec<Redaction>,
}

pub enum ReviewedText {
    /// Nobody opens it here.
    Unopened,
    Letter(String),
    /// The first row is the head; and whether it is a story, whose second column is text.
    Table(Vec<Vec<String>>, Told),
}

/// What a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    AsRows,
    AsStory,
}

/// What the reviewers see of it, in order.
pub fn reviewed(gathered: &Gathered, redactor: &mut Redactor<'_>) -> Vec<Reviewed> {
    let seen = gathered.pieces.iter().filter(|p| is_seen(p));
    seen.zip(1..).map(|(piece, number)| clean(piece, number, redactor)).collect()
}

/// What is not for whoever reads this is not in it, under no number.
fn is_seen(piece: &Piece) -> bool {
    piece.note.eyes == Eyes::Reviewers || !matches!(piece.content, Content::Unopened)
}

fn clean(piece: &Piece, number: usize, redactor: &mut Redactor<'_>) -> Reviewed {
    let mut taken_out = Vec::new();
    let mut clean = |what: &str, text: &str| {
        let redacted = redactor.redact(&format!("{number}, {what}"), text);
        taken_out.extend(redacted.list);
        redacted.text
    };
    let (mut facts, mut heading, mut files) = (Vec::new(), String::new(), Vec::new());
    let text = match &piece.content {
        Content::Unopened => ReviewedText::Unopened,
        Content::Letter(letter) => {
            for (name, value) in [("From", &letter.from), ("To", &letter.to), ("Copy to", &letter.cc)] {
                if !value.is_empty() {
                    facts.push((name.into(), clean(name, value)));
                }
            }
            heading = clean("subject", &letter.subject);
            let text = clean("text", &letter.text);
            files = letter.files.iter().map(|f| clean("file name", &f.name)).collect();
            ReviewedText::Letter(text)
        }
        Content::Table(rows) => ReviewedText::Table(rows.clone(), Told::AsRows),
        Content::Story { title, facts: more, entries } => {
            facts.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            heading = clean("title", title);
            let mut rows = vec![["When", "What"].map(str::to_owned).to_vec()];
            rows.extend(entries.iter().map(|(at, text)| vec![when(*at), clean("entry", text)]));
            ReviewedText::Table(rows, Told::AsStory)
        }
    };
    Reviewed { note: piece.note.clone(), source: piece.source, heading, facts, text, files, taken_out }
}

fn section(piece: Reviewed, number: usize, audience: Audience) -> Section {
    let mut blocks = Vec::new();
    let mut facts = vec![("When".to_owned(), when(piece.note.at))];
    if audience == Audience::Reviewers {
        let doubts: Vec<&str> = piece.note.concerns.iter().map(|c| c.words()).collect();
        if !doubts.is_empty() {
            blocks.push(Block::Notice(format!("To be ruled on: {}.", doubts.join("; "))));
        }
        facts.insert(0, ("Piece".into(), piece.note.key));
    }
    facts.extend(piece.facts);
    blocks.push(Block::Facts(facts));
    match piece.text {
        ReviewedText::Unopened => blocks.push(Block::Paragraph("Nobody opens this here.".into())),
        ReviewedText::Letter(text) => blocks.push(Block::Letter(text)),
        ReviewedText::Table(rows, Told::AsRows) => {
            let widths = rows.first().map_or(0, Vec::len);
            blocks.push(Block::Table { widths: vec![30; widths], rows });
        }
        ReviewedText::Table(rows, Told::AsStory) => blocks.push(Block::Table { widths: vec![24, 76], rows }),
    }
    if !piece.files.is_empty() {
        blocks.push(Block::Paragraph(format!(
            "Files with it, which a person has to look through before they are given out: {}",
            piece.files.join(", ")
        )));
    }
    let heading = match piece.heading.is_empty() {
        true => piece.source.to_owned(),
        false => format!("{}: {}", piece.source, piece.heading),
    };
    Section { heading: format!("{number}. {heading}"), start: Start::NewPage, blocks }
}

const SEARCHED: &str = "Searched were: the records of mail between school and parents, those that are filed under the person \
    and those that name the person; messages held for the person to decide on; messages held for review that the person sent, \
    was sent, or is named in; incidents in which the person stands; the log of messages that the person sent; and what the \
    ledger says that the person did. Not searched, because Gatehouse does not hold them: the school's own mailboxes, its \
    management information system, its child-protection file, and paper.";

/// The same words whether something is kept back or not: to say so would say that it is there.
const KEPT_BACK: &str = "The law lets a school keep some things back, for example information about the protection of a child, \
    advice of a lawyer, what is about other people, and what would harm an inquiry. Two people of the school have looked \
    at each thing about which there was doubt. Whether anything was kept back can be asked of the Information Commissioner.";

fn cover(given: usize, school: &School) -> Section {
    Section {
        heading: String::new(),
        start: Start::Flows,
        blocks: vec![
            Block::Paragraph(SEARCHED.into()),
            Block::Facts(vec![
                ("School".into(), school.name.clone()),
                ("Given here".into(), given.to_string()),
            ]),
            Block::Paragraph(KEPT_BACK.into()),
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

fn review(request: &SubjectAccess, pieces: &[&Piece], in_part: bool) -> Section {
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
    if in_part {
        blocks.push(Block::Notice(
            "Some messages cannot be searched whole, because they are too long or a file in them could not be read: a name \
             in those may have been missed."
                .into(),
        ));
    }
    let count = |which: &dyn Fn(&Piece) -> bool| pieces.iter().filter(|p| which(p)).count().to_string();
    blocks.push(Block::Paragraph(SEARCHED.into()));
    blocks.push(Block::Facts(vec![
        ("Answer due".into(), when(request.due_at)),
        ("Pieces".into(), pieces.len().to_string()),
        ("Withheld until you have ruled".into(), count(&|p| !p.note.concerns.is_empty())),
        ("Not opened by anybody, and not given".into(), count(&|p| matches!(p.content, Content::Unopened))),
    ]));
    blocks.push(Block::Paragraph(
        "What is for the head's eyes alone is neither here nor counted here, whether there is any or not: the head looks with \
         “gatehouse subject-access show” and “review”."
            .into(),
    ));
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
