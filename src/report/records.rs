//! Records as a bundle for whoever must show or keep them: a list, then each letter on a
//! page of its own, then what the ledger says of them.

use super::{
    bundle::{BundleKind, Contents, ManifestRecord},
    letter::Letter,
    sheet::{Block, Section, Sheet, Start},
};
use crate::{
    parties::{Direction, Directory, PersonId, School},
    storage::{Certainty, Proved, Purpose, RecordExport, verify_extract},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Who made a bundle, when and what for.
pub struct Maker {
    pub by: String,
    pub at: DateTime<Utc>,
    pub purpose: Purpose,
}

/// What a page says of a time: to the minute, and in which time.
pub fn when(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// A person as the school calls them; the id when the directory does not know them any more.
pub fn name_of(directory: &Directory, id: &PersonId) -> String {
    directory.person(id).map_or_else(|| id.0.to_string(), |p| format!("{} {}", p.given(), p.family()))
}

/// The whole bundle. `ledger` is the extract about these records.
pub fn contents(
    maker: &Maker,
    records: Vec<RecordExport>,
    ledger: String,
    directory: &Directory,
    schools: &[Arc<School>],
) -> Contents {
    let letters: Vec<Letter> = records.iter().map(|r| Letter::read(&r.raw)).collect();
    let paths: Vec<String> =
        records.iter().zip(1..).map(|(r, n)| format!("messages/{n:03}-{}.eml", r.id)).collect();
    let sheet = sheet(maker, &records, &letters, &paths, &ledger, directory, schools);
    let records = records.into_iter().zip(paths).map(|(r, file)| (entry(&r, file), r.raw.to_vec())).collect();
    Contents {
        kind: BundleKind::Records,
        made_at: maker.at,
        made_by: maker.by.clone(),
        purpose: maker.purpose.name().to_owned(),
        records,
        ledger,
        sheet,
        more: Vec::new(),
    }
}

fn entry(r: &RecordExport, file: String) -> ManifestRecord {
    ManifestRecord {
        id: r.id.to_string(),
        school: r.school.to_string(),
        transaction: r.transaction.to_string(),
        direction: r.direction.name().to_owned(),
        received_at: r.received_at,
        file,
        sha256: r.sha256.clone(),
        bytes: r.raw.len() as u64,
        object: r.object.clone(),
        object_sha256: r.object_sha256.clone(),
    }
}

fn sheet(
    maker: &Maker,
    records: &[RecordExport],
    letters: &[Letter],
    paths: &[String],
    ledger: &str,
    directory: &Directory,
    schools: &[Arc<School>],
) -> Sheet {
    let mut names: Vec<&str> = records
        .iter()
        .filter_map(|r| schools.iter().find(|s| s.id == r.school))
        .map(|s| s.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let school = names.join(", ");
    let mut sections = vec![summary(maker, records, letters, &school)];
    for (i, ((record, letter), path)) in records.iter().zip(letters).zip(paths).enumerate() {
        sections.push(one(i + 1, record, letter, path, directory));
    }
    sections.push(history(ledger));
    Sheet {
        title: "Records of mail with parents".into(),
        mark: format!("{school} · Gatehouse, {}", when(maker.at)),
        sections,
    }
}

fn summary(maker: &Maker, records: &[RecordExport], letters: &[Letter], school: &str) -> Section {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut rows = vec![["", "Received", "From", "Subject", "Files"].map(str::to_owned).to_vec()];
    for (i, (record, letter)) in records.iter().zip(letters).enumerate() {
        rows.push(vec![
            (i + 1).to_string(),
            record.received_at.format("%d/%m/%Y %H:%M").to_string(),
            letter.from.clone(),
            subject(letter),
            if letter.files.is_empty() { String::new() } else { letter.files.len().to_string() },
        ]);
    }
    Section {
        heading: String::new(),
        start: Start::Flows,
        blocks: vec![
            Block::Notice(
                "Confidential. This holds personal data of children and families. Show it to those who need it for \
                 the purpose below, and to nobody else."
                    .into(),
            ),
            Block::Facts(vec![
                fact("School", school.to_owned()),
                fact("Made", when(maker.at)),
                fact("By", maker.by.clone()),
                fact("Purpose", maker.purpose.name().replace('-', " ")),
                fact("Messages", records.len().to_string()),
            ]),
            Block::Table { widths: vec![6, 22, 34, 38, 8], rows },
            Block::Paragraph(
                "Each message lies unaltered in the folder “messages” of this bundle, as the gate received it. \
                 “gatehouse records verify” checks on any computer, without a key, that nothing here was changed \
                 and that the gate's ledger names each message. Files that came with a message are inside it and \
                 are not unpacked here: they may be harmful."
                    .into(),
            ),
        ],
    }
}

fn subject(letter: &Letter) -> String {
    if letter.subject.trim().is_empty() { "(no subject)".into() } else { letter.subject.clone() }
}

fn one(number: usize, record: &RecordExport, letter: &Letter, path: &str, directory: &Directory) -> Section {
    let mut blocks = vec![Block::Facts(sheet_facts(record, letter, directory))];
    let text = if letter.text.trim().is_empty() { "(no text)" } else { letter.text.trim_end() };
    blocks.push(Block::Letter(text.into()));
    blocks.extend(files(letter));
    blocks.push(Block::File { label: format!("The message itself: {path}"), path: path.into() });
    blocks.push(Block::Facts(vec![
        ("Record".into(), record.id.to_string()),
        ("SHA-256 of the message".into(), record.sha256.clone()),
        ("SHA-256 in the vault".into(), record.object_sha256.clone()),
    ]));
    Section { heading: format!("{number}. {}", subject(letter)), start: Start::NewPage, blocks }
}

/// What stands above a letter.
pub fn sheet_facts(record: &RecordExport, letter: &Letter, directory: &Directory) -> Vec<(String, String)> {
    let mut facts = vec![("Received".to_owned(), when(record.received_at))];
    if let Some(date) = letter.date.filter(|d| (*d - record.received_at).abs().num_minutes() > 60) {
        facts.push(("Dated by its sender".into(), when(date)));
    }
    for (name, value) in [("From", &letter.from), ("To", &letter.to), ("Copy to", &letter.cc)] {
        if !value.is_empty() {
            facts.push((name.into(), value.clone()));
        }
    }
    let envelope = &record.envelope.recipients;
    let delivered: Vec<&str> = envelope.iter().map(|r| r.address.as_str()).collect();
    facts.push(("Recipients".into(), delivered.join(", ")));
    let direction = match record.direction {
        Direction::Inbound => "to the school",
        Direction::Outbound => "from the school",
        Direction::Internal => "within the school",
    };
    facts.push(("Direction".into(), direction.into()));
    let proved = match record.proved {
        Proved::Yes => "proved: signed in as a person of the directory",
        Proved::No => "not proved: the address alone says who wrote it",
        Proved::Unknown => "not known",
    };
    facts.push(("Sender".into(), proved.into()));
    let filed: Vec<String> = record
        .filed
        .iter()
        .map(|f| {
            let doubt = if f.certainty == Certainty::NotCertain { ", not certain" } else { "" };
            format!("{} ({}{doubt})", name_of(directory, &f.person), f.filed_as.name())
        })
        .collect();
    if !filed.is_empty() {
        facts.push(("Filed under".into(), filed.join(", ")));
    }
    facts
}

/// The files of a letter as a table.
pub(super) fn files(letter: &Letter) -> Option<Block> {
    if letter.files.is_empty() {
        return None;
    }
    let mut rows = vec![["File", "Kind", "Bytes", "SHA-256"].map(str::to_owned).to_vec()];
    for file in &letter.files {
        let digest = file.sha256.clone().unwrap_or_default();
        rows.push(vec![file.name.clone(), file.kind.clone(), file.bytes.to_string(), digest]);
    }
    Some(Block::Table { widths: vec![30, 22, 12, 36], rows })
}

pub(super) fn history(ledger: &str) -> Section {
    let mut rows = vec![["Row", "When", "What", "Who", "Hash"].map(str::to_owned).to_vec()];
    for row in verify_extract(ledger).unwrap_or_default().rows {
        let short = row.hash.get(..16).unwrap_or_default();
        rows.push(vec![
            row.n.to_string(),
            row.at.format("%d/%m/%Y %H:%M:%S").to_string(),
            row.event,
            row.actor,
            short.into(),
        ]);
    }
    let signed = verify_extract(ledger).ok().and_then(|e| e.signed).map(|head| {
        format!(
            "The ledger's head when this was made: row {}, signed with the key {}. Compare the key with the one that \
             the school has noted.",
            head.rows, head.key
        )
    });
    Section {
        heading: "What the ledger says of this".into(),
        start: Start::NewPage,
        blocks: vec![
            Block::Paragraph(
                "Each row is bound to the one before it; the whole hashes are in ledger.jsonl. People stand in it \
                 by random names that only the gate can resolve. “gatehouse ledger verify” on the gate shows whether \
                 these rows are still in the chain."
                    .into(),
            ),
            Block::Table { widths: vec![10, 26, 28, 22, 26], rows },
        ]
        .into_iter()
        .chain(signed.map(Block::Paragraph))
        .collect(),
    }
}
