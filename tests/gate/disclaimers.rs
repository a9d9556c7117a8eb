//! Disclaimers on whole messages: every transfer encoding, character set and line end,
//! and the promise that all but the edited text stays as it was to the byte. A new case
//! of a body goes into `bodies`, a new shape of a message into `shapes`.

use bytes::Bytes;
use gatehouse::{
    effects::{Disclaimer, Disclaimers, NotApplied, disclaimer_edits},
    message::{Body, Message, ReadLimits, read},
};
use std::{collections::BTreeMap, fs, path::Path};

/// Runs over a folder of mail named by `GATEHOUSE_MAIL` (several, parted by colons) and
/// prints what was applied and what not, and why.
#[test]
#[ignore = "needs a folder of mail in GATEHOUSE_MAIL"]
fn over_folders_of_mail() {
    let folders = std::env::var("GATEHOUSE_MAIL").expect("GATEHOUSE_MAIL names folders");
    for folder in folders.split(':') {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut files = Vec::new();
        walk(Path::new(folder), &mut files);
        for file in &files {
            let raw = Bytes::from(fs::read(file).unwrap());
            let said = std::panic::catch_unwind(|| try_both(&raw));
            let said = said.unwrap_or_else(|_| panic!("{}", file.display()));
            if said.contains("check") || said.contains("malformed") {
                println!("{said}: {}", file.display());
            }
            *counts.entry(said).or_default() += 1;
        }
        println!("{folder}: {} files {counts:#?}", files.len());
    }
}

fn walk(path: &Path, files: &mut Vec<std::path::PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|e| walk(e, files));
    } else {
        files.push(path.to_owned());
    }
}

/// In English and in Welsh: the second cannot be said in ASCII.
fn try_both(raw: &Bytes) -> String {
    let english = try_one(raw, &english());
    let welsh = try_one(raw, &bilingual());
    if english == welsh { english } else { format!("english {english}, welsh {welsh}") }
}

fn try_one(raw: &Bytes, disclaimer: &Disclaimer) -> String {
    let message = read(raw, ReadLimits::default());
    match disclaimer_edits(&message, disclaimer) {
        Err(why) => why.to_string(),
        Ok(edits) => {
            let out = edits.apply(raw);
            let after = read(&out, ReadLimits::default());
            assert_others_identical(&message, &after);
            assert_eq!(disclaimer_edits(&after, disclaimer), Err(NotApplied::AlreadyThere));
            "applied".to_owned()
        }
    }
}

/// Every part without text, every attachment and every attached message is the same bytes,
/// and all other bytes of the message are there.
fn assert_others_identical(before: &Message<'_>, after: &Message<'_>) {
    assert_eq!(before.parts.len(), after.parts.len());
    for (old, new) in before.parts.iter().zip(&after.parts) {
        assert_eq!(old.path, new.path);
        if old.inside.is_some() || matches!(old.body, Body::Multipart(_)) {
            continue;
        }
        let same = before.raw[old.body_range.clone()] == after.raw[new.body_range.clone()]
            && (old.parent.is_none()
                || before.raw[old.header_range.clone()] == after.raw[new.header_range.clone()]);
        let text = matches!(old.body, Body::Text(_) | Body::Html(_)) && old.nesting == 0;
        assert!(same || text, "part {}", old.path);
    }
}

const ENGLISH: &str = "The views in this message are the writer's own and not necessarily those of Oakfield School.\n\
    If it has reached you by mistake, please tell the office and delete it.";
const WELSH: &str = "Barn yr awdur ei hun sydd yn y neges hon, ac nid o reidrwydd farn Ysgol Maes-y-Dŵr – na'r sir.\n\
    Os daeth atoch drwy gamgymeriad, rhowch wybod i'r swyddfa a'i dileu, os gwelwch yn dda.";

fn templates() -> Disclaimers {
    let dir = tempfile::tempdir().unwrap();
    for (language, text) in [("en", ENGLISH), ("cy", WELSH)] {
        fs::create_dir(dir.path().join(language)).unwrap();
        fs::write(dir.path().join(language).join("standard.txt"), text).unwrap();
    }
    Disclaimers::load(dir.path()).unwrap()
}

fn english() -> Disclaimer {
    templates().get("standard", &["en".into()]).unwrap()
}

fn bilingual() -> Disclaimer {
    templates().get("standard", &["cy".into(), "en".into()]).unwrap()
}
