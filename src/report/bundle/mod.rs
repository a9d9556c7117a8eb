//! A bundle: one zip with the messages as they were, the ledger's rows about them, a page and
//! a PDF to read, and a manifest with the digest of each file. It can be checked on any
//! machine, without a store and without a key. The same things make the same bytes.

mod verify;
mod zip;

pub use verify::{BundleReport, verify};

use super::{
    letter::hex,
    sheet::{Sheet, html, pdf},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

pub(super) const FORMAT: &str = "gatehouse-bundle/1";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const LEDGER: &str = "ledger.jsonl";

/// What a bundle is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BundleKind {
    /// Records of mail with parents, unaltered.
    Records,
    /// One item of quarantine, as evidence.
    Item,
    /// What is held on a person, to be reviewed; not to be sent.
    SubjectAccessReview,
    /// What a person who asked is given.
    SubjectAccess,
}

/// The bundle's table of contents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format: String,
    pub kind: BundleKind,
    pub made_at: DateTime<Utc>,
    pub made_by: String,
    pub purpose: String,
    pub program: String,
    pub records: Vec<ManifestRecord>,
    /// Every file but this one, in order.
    pub files: Vec<ManifestFile>,
}

/// A record in a bundle, and what the gate knows of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManifestRecord {
    pub id: String,
    pub school: String,
    pub transaction: String,
    pub direction: String,
    pub received_at: DateTime<Utc>,
    /// The message's file here.
    pub file: String,
    /// SHA-256 of the message as it was presented.
    pub sha256: String,
    pub bytes: u64,
    /// The encrypted object in the vault and its SHA-256.
    pub object: String,
    pub object_sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

/// What goes into a bundle.
pub struct Contents {
    pub kind: BundleKind,
    pub made_at: DateTime<Utc>,
    pub made_by: String,
    pub purpose: String,
    /// With the bytes of each message.
    pub records: Vec<(ManifestRecord, Vec<u8>)>,
    /// Rows of the ledger about them; empty when none are given out.
    pub ledger: String,
    pub sheet: Sheet,
    /// Further files by their names.
    pub more: Vec<(String, Vec<u8>)>,
}

/// Writes the bundle. Returns the SHA-256 of its manifest, which stands for all of it.
pub fn write(out: &mut impl Write, contents: Contents) -> io::Result<String> {
    let Contents { kind, made_at, made_by, purpose, records, ledger, sheet, more } = contents;
    let mut files =
        vec![("index.html".to_owned(), html(&sheet).into_bytes()), ("index.pdf".to_owned(), pdf(&sheet))];
    if !ledger.is_empty() {
        files.push((LEDGER.to_owned(), ledger.into_bytes()));
    }
    files.extend(more);
    let mut listed = Vec::with_capacity(records.len());
    for (record, raw) in records {
        files.push((record.file.clone(), raw));
        listed.push(record);
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        kind,
        made_at,
        made_by,
        purpose,
        program: concat!("gatehouse ", env!("CARGO_PKG_VERSION")).to_owned(),
        records: listed,
        files: files.iter().map(|(path, bytes)| entry(path, bytes)).collect(),
    };
    let mut manifest = serde_json::to_vec_pretty(&manifest)?;
    manifest.push(b'\n');
    let digest = hex(&Sha256::digest(&manifest));
    files.insert(0, (MANIFEST.to_owned(), manifest));
    zip::write(out, &files)?;
    Ok(digest)
}

fn entry(path: &str, bytes: &[u8]) -> ManifestFile {
    ManifestFile { path: path.to_owned(), bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
}
