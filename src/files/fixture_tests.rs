//! The fixtures say what they must, each producer's files; helpers for the readers' own tests.

use super::{Budget, FileLimits, Opened, Reason, Shown, TraitKind, open};
use std::{collections::HashMap, io::Write as _};
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

/// How often each word is said.
fn counted<'t>(texts: impl Iterator<Item = &'t str>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    texts.flat_map(words).for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

/// `cargo test --lib every_fixture -- --nocapture` prints a line for each: words read and expected, protected or not.
#[test]
fn every_fixture_gives_its_words_or_says_that_it_is_closed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/documents");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut open, mut closed) = (0, 0);
    for path in &files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_fixture =
            !name.ends_with(".py") && name != "README" && !files.contains(&path.with_extension(""));
        if !is_fixture {
            continue;
        }
        let mut budget = Budget::new(FileLimits::default());
        super::open(Some(name), None, &std::fs::read(path).unwrap(), &mut budget);
        let opened = budget.finish();
        let is_protected = has_missed(&opened, Reason::Protected)
            && opened.traits.iter().any(|found| matches!(found.kind, TraitKind::Protected(_)));
        let Ok(expected) = std::fs::read_to_string(folder.to_owned() + "/" + name + ".txt") else {
            writeln!(
                std::io::stderr(),
                "{name:34} closed, {}",
                if is_protected { "told" } else { "NOT TOLD" }
            )
            .unwrap();
            assert!(is_protected, "{name}");
            closed += 1;
            continue;
        };
        let (expected, said) = (
            counted([expected.as_str()].into_iter()),
            counted(opened.pieces.iter().map(|piece| piece.text.as_str())),
        );
        let read: usize = expected.iter().map(|(word, n)| *n.min(said.get(word).unwrap_or(&0))).sum();
        let all: usize = expected.values().sum();
        writeln!(std::io::stderr(), "{name:34} {read:4} of {all:4} words").unwrap();
        assert!(
            read * 100 >= all * 98,
            "{name}: {:?}",
            expected.keys().filter(|word| !said.contains_key(*word))
        );
        assert!(
            !is_protected && opened.traits.iter().all(|t| !matches!(t.kind, TraitKind::Protected(_))),
            "{name}"
        );
        open += 1;
    }
    assert!(open > 35 && closed > 12, "{open} {closed}");
}
