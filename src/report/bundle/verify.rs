//! Checking a bundle, without a store and without a key: the zip's form, each file's digest,
//! each row of the ledger's extract, and that the ledger names each message.

use super::{
    BundleKind, FORMAT, LEDGER, MANIFEST, Manifest, ManifestRecord, entry,
    zip::{self, Odd},
};
use crate::{
    report::letter::hex,
    storage::{Extract, ExtractRow, SignedHead, verify_extract},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader},
    path::Path,
};

/// What was found.
#[derive(Debug)]
pub struct BundleReport {
    pub kind: Option<BundleKind>,
    pub made_at: Option<DateTime<Utc>>,
    pub made_by: String,
    pub records: usize,
    pub files: usize,
    pub ledger_rows: usize,
    /// The ledger's head when the bundle was made, signed; compare its key.
    pub signed: Option<SignedHead>,
    /// Compare it with the one noted when the bundle was made, or with the ledger's row.
    pub manifest_sha256: String,
    /// A sentence for each thing that is not what it was.
    pub faults: Vec<String>,
}

/// Checks the file at `path`.
pub fn verify(path: &Path) -> io::Result<BundleReport> {
    let mut files: BTreeMap<String, super::ManifestFile> = BTreeMap::new();
    let (mut manifest, mut ledger) = (None, None);
    let read = zip::read(&mut BufReader::new(File::open(path)?), |name, bytes| {
        files.insert(name.to_owned(), entry(name, &bytes));
        match name {
            MANIFEST => manifest = Some(bytes),
            LEDGER => ledger = Some(bytes),
            _ => {}
        }
    });
    let mut faults = Vec::new();
    match read {
        Err(Odd::Io(e)) => return Err(e),
        Err(Odd::Repacked) => faults.push(
            "The file is not as Gatehouse wrote it: it was cut short, altered, or packed again by another program."
                .to_owned(),
        ),
        Ok(()) => {}
    }
    let digest = manifest.as_deref().map(|m| hex(&Sha256::digest(m))).unwrap_or_default();
    let manifest: Option<Manifest> = manifest.and_then(|m| serde_json::from_slice(&m).ok());
    let Some(manifest) = manifest.filter(|m| m.format == FORMAT) else {
        faults.push("There is no manifest.json that this version can read.".to_owned());
        return Ok(BundleReport {
            kind: None,
            made_at: None,
            made_by: String::new(),
            records: 0,
            files: files.len(),
            ledger_rows: 0,
            signed: None,
            manifest_sha256: digest,
            faults,
        });
    };
    compare_files(&manifest, &files, &mut faults);
    let extract = match ledger.map(String::from_utf8) {
        Some(Ok(text)) => verify_extract(&text).unwrap_or_else(|line| {
            faults.push(format!("{LEDGER}: line {line} is not a row as the gate wrote it."));
            Extract::default()
        }),
        Some(Err(_)) => {
            faults.push(format!("{LEDGER} is no text."));
            Extract::default()
        }
        None => Extract::default(),
    };
    let Extract { rows, signed } = extract;
    for record in &manifest.records {
        faults.extend(compare_record(record, &manifest, &rows));
    }
    Ok(BundleReport {
        kind: Some(manifest.kind),
        made_at: Some(manifest.made_at),
        made_by: manifest.made_by,
        records: manifest.records.len(),
        files: files.len(),
        ledger_rows: rows.len(),
        signed,
        manifest_sha256: digest,
        faults,
    })
}

fn compare_files(
    manifest: &Manifest,
    files: &BTreeMap<String, super::ManifestFile>,
    faults: &mut Vec<String>,
) {
    for listed in &manifest.files {
        match files.get(&listed.path) {
            None => faults.push(format!("{} is missing.", printable(&listed.path))),
            Some(found) if found != listed => {
                faults.push(format!("{} was changed after the bundle was made.", printable(&listed.path)));
            }
            Some(_) => {}
        }
    }
    for path in files.keys().filter(|p| *p != MANIFEST) {
        if !manifest.files.iter().any(|listed| listed.path == *path) {
            faults.push(format!("{path} was added; the manifest does not know it."));
        }
    }
}

/// The ledger must say that this message was copied, and under which digests it is kept.
fn compare_record(record: &ManifestRecord, manifest: &Manifest, rows: &[ExtractRow]) -> Option<String> {
    let id = printable(&record.id);
    let file = manifest.files.iter().find(|f| f.path == record.file);
    if !file.is_some_and(|f| f.sha256 == record.sha256 && f.bytes == record.bytes) {
        return Some(format!("Record {id}: its file is not the message that the manifest describes."));
    }
    let digest = Some(&record.sha256);
    let copied = rows.iter().any(|row| {
        ["record.copied", "item.exported"].contains(&row.event.as_str())
            && row.subject.as_ref() == Some(&record.id)
            && row.hash_in.as_ref() == digest
    });
    let kept = rows.iter().any(|row| {
        row.event == "object.kept"
            && row.subject.as_ref() == Some(&record.object)
            && row.hash_in.as_ref() == digest
            && row.hash_out.as_ref() == Some(&record.object_sha256)
    });
    match (copied, kept) {
        (true, true) => None,
        (false, _) => Some(format!("Record {id}: the ledger's rows here do not name this message.")),
        (true, false) => {
            Some(format!("Record {id}: the ledger's rows here do not name its object in the vault."))
        }
    }
}

/// A manifest that was tampered with may hold anything.
fn printable(text: &str) -> String {
    text.chars().take(100).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        bundle::{Contents, write},
        sheet::Sheet,
    };

    fn report(contents: Contents) -> BundleReport {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.zip");
        let mut bytes = Vec::new();
        write(&mut bytes, contents).unwrap();
        std::fs::write(&path, bytes).unwrap();
        verify(&path).unwrap()
    }

    /// Who writes a whole bundle of their own cannot write the ledger's rows with it.
    #[test]
    fn a_message_that_the_ledger_does_not_name_is_named() {
        let raw = b"Subject: never sent\r\n\r\n".to_vec();
        let record = ManifestRecord {
            id: "R1".into(),
            school: "oakfield".into(),
            transaction: "0".into(),
            direction: "inbound".into(),
            received_at: DateTime::UNIX_EPOCH,
            file: "messages/001-R1.eml".into(),
            sha256: hex(&Sha256::digest(&raw)),
            bytes: raw.len() as u64,
            object: "O1".into(),
            object_sha256: "00".into(),
        };
        let contents = || Contents {
            kind: BundleKind::Records,
            made_at: DateTime::UNIX_EPOCH,
            made_by: "x".into(),
            purpose: "facts".into(),
            records: vec![(record.clone(), raw.clone())],
            ledger: String::new(),
            sheet: Sheet::default(),
            more: vec![],
        };
        let faults = report(contents()).faults;
        assert!(
            matches!(&faults[..], [one] if one.contains("R1") && one.contains("do not name this message")),
            "{faults:?}"
        );
        let row = r#"{"n":1,"at":"2026-11-25T10:00:00Z","event":"record.copied","actor":"gate","school":null,"transaction":null,"subject":"R1","hash_in":null,"hash_out":null,"details":"{}","reason_hash":null,"previous":"00","hash":"00"}"#;
        let ledger = format!("{row}\n{{\"rows\":1,\"head\":\"00\",\"seal\":\"\"}}\n");
        let faults = report(Contents { ledger, ..contents() }).faults;
        assert!(faults[0].contains("line 1 is not a row"), "{faults:?}");
    }

    #[test]
    fn the_same_things_make_the_same_bytes_and_other_programs_read_them() {
        let contents = || Contents {
            kind: BundleKind::Records,
            made_at: DateTime::UNIX_EPOCH,
            made_by: "x".into(),
            purpose: "facts".into(),
            records: vec![],
            ledger: String::new(),
            sheet: Sheet { title: "T".into(), ..Sheet::default() },
            more: vec![("more/a.txt".into(), b"hello".to_vec())],
        };
        let bytes = || {
            let mut out = Vec::new();
            write(&mut out, contents()).unwrap();
            out
        };
        assert_eq!(bytes(), bytes());
        let mut archive = ::zip::ZipArchive::new(io::Cursor::new(bytes())).unwrap();
        let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        assert_eq!(names, ["manifest.json", "index.html", "index.pdf", "more/a.txt"]);
        let mut text = String::new();
        io::Read::read_to_string(&mut archive.by_name("more/a.txt").unwrap(), &mut text).unwrap();
        assert_eq!(text, "hello");
    }
}
