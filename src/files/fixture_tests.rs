//! The fixtures say what they must, each producer's files; helpers for the readers' own tests.

use super::{Budget, FileLimits, Opened, Reason, Shown, open};
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization as _;

pub(super) fn opened(bytes: &[u8]) -> Opened {
    let mut budget = Budget::new(FileLimits::default());
    open(None, None, bytes, &mut budget);
    budget.finish()
}

/// All text at a place, as it is shown.
pub(super) fn text(opened: &Opened, place: &str, shown: Shown) -> String {
    let pieces = opened.pieces.iter().filter(|piece| piece.place == place && piece.shown == shown);
    pieces.map(|piece| piece.text.trim_end()).collect::<Vec<_>>().join("|")
}

pub(super) fn has_missed(opened: &Opened, reason: Reason) -> bool {
    opened.missed.iter().any(|missed| missed.reason == reason)
}

fn words(text: &str) -> Vec<String> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_fixture_gives_its_words() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/documents");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut tried = 0;
    for path in files.iter().filter(|path| path.extension().is_some_and(|ext| ext == "txt")) {
        let opened = opened(&std::fs::read(path.with_extension("")).unwrap());
        let said: HashSet<String> = opened.pieces.iter().flat_map(|piece| words(&piece.text)).collect();
        let expected = words(&std::fs::read_to_string(path).unwrap());
        let missing: Vec<&String> = expected.iter().filter(|word| !said.contains(*word)).collect();
        assert!(missing.len() * 50 <= expected.len(), "{}: {missing:?}", path.display());
        assert!(!has_missed(&opened, Reason::Protected), "{}", path.display());
        tried += 1;
    }
    assert!(tried > 10);
}

#[test]
fn what_needs_a_password_is_told() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/documents");
    let opened = opened(&std::fs::read(format!("{folder}/locked.pdf")).unwrap());
    assert!(opened.pieces.is_empty());
    assert!(has_missed(&opened, Reason::Protected));
}
