//! One item as a bundle of evidence: the message unaltered, what was found, what was decided and by what rows of
//! the ledger, as a page and a PDF to read, with a manifest by which anybody can check it.

use super::{
    bundle::{BundleKind, Contents, ManifestRecord},
    letter::Letter,
    records::{Maker, files, history, when},
    sheet::{Block, Section, Sheet, Start},
};
use crate::storage::{ItemCopy, ItemDetail};

/// The whole bundle. `ledger` is the extract about this item, its object and its transaction.
pub fn contents(
    maker: &Maker,
    copy: ItemCopy,
    detail: &ItemDetail,
    proved: Option<bool>,
    school: &str,
    ledger: String,
) -> Contents {
    let path = format!("messages/001-{}.eml", copy.summary.id);
    let letter = Letter::read(&copy.raw);
    let sheet = sheet(maker, &copy, detail, &letter, proved, school, &path, &ledger);
    let findings: Vec<serde_json::Value> = detail
        .findings
        .iter()
        .map(|f| {
            serde_json::json!({
                "rule": f.rule, "category": f.category.name(), "severity": f.severity, "part": f.part,
                "reason": f.reason, "excerpt": f.excerpt,
            })
        })
        .collect();
    let mut findings = serde_json::Value::Array(findings).to_string();
    findings.push('\n');
    let record = ManifestRecord {
        id: copy.summary.id.to_string(),
        school: copy.summary.school.to_string(),
        transaction: copy.summary.transaction.to_string(),
        direction: copy.direction.name().to_owned(),
        received_at: copy.summary.received_at,
        file: path,
        sha256: copy.sha256,
        bytes: copy.raw.len() as u64,
        object: copy.object,
        object_sha256: copy.object_sha256,
    };
    Contents {
        kind: BundleKind::Item,
        made_at: maker.at,
        made_by: maker.by.clone(),
        purpose: maker.purpose.name().to_owned(),
        records: vec![(record, copy.raw.to_vec())],
        ledger,
        sheet,
        more: vec![("findings.json".to_owned(), findings.into_bytes())],
    }
}

#[allow(clippy::too_many_arguments)] // All of it stands on the one sheet.
fn sheet(
    maker: &Maker,
    copy: &ItemCopy,
    detail: &ItemDetail,
    letter: &Letter,
    proved: Option<bool>,
    school: &str,
    path: &str,
    ledger: &str,
) -> Sheet {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let recipients: Vec<&str> = detail.envelope.recipients.iter().map(|r| r.address.as_str()).collect();
    let from = detail.envelope.sender.address().map_or("<>", |a| a.as_str());
    // practice.md, A8.
    let proof = match proved {
        Some(true) => "proved: the account signed in. That is not proof of who wrote it",
        Some(false) => "not proved: anyone could have written that address",
        None => "not known any more",
    };
    let summary = vec![
        Block::Notice(
            "Confidential. This holds personal data of children. Show it to those who need it for the purpose below, \
             and to nobody else. A rule's word is a guess, not a fact."
                .into(),
        ),
        Block::Facts(vec![
            fact("School", school.to_owned()),
            fact("Item", copy.summary.id.to_string()),
            fact("Received", when(copy.summary.received_at)),
            fact("State", copy.summary.state.name().replace('-', " ")),
            fact("From the account", from.to_owned()),
            fact("Sender", proof.to_owned()),
            fact("To", recipients.join(", ")),
            fact("Subject", letter.subject.clone()),
            fact("Made", when(maker.at)),
            fact("By", maker.by.clone()),
            fact("Purpose", maker.purpose.name().replace('-', " ")),
        ]),
    ];
    let mut rows = vec![["Rule", "Category", "Where", "Why", "Surroundings"].map(str::to_owned).to_vec()];
    for f in &detail.findings {
        rows.push(vec![
            f.rule.clone(),
            f.category.name().to_owned(),
            f.part.clone(),
            f.reason.clone(),
            f.excerpt.clone(),
        ]);
    }
    let text = if letter.text.trim().is_empty() { "(no text)" } else { letter.text.trim_end() };
    let mut message = vec![Block::Letter(text.into())];
    message.extend(files(letter));
    message.push(Block::File { label: format!("The message itself: {path}"), path: path.into() });
    message.push(Block::Facts(vec![
        fact("SHA-256 of the message", copy.sha256.clone()),
        fact("SHA-256 in the vault", copy.object_sha256.clone()),
    ]));
    let section = |heading: &str, start, blocks| Section { heading: heading.to_owned(), start, blocks };
    Sheet {
        title: "Evidence: one message".into(),
        mark: format!("{school} · Gatehouse, {}", when(maker.at)),
        sections: vec![
            section("", Start::Flows, summary),
            section(
                "What was found",
                Start::Flows,
                vec![Block::Table { widths: vec![22, 20, 14, 34, 30], rows }],
            ),
            section("The message", Start::NewPage, message),
            history(ledger),
        ],
    }
}
