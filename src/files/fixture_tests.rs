//! The fixtures say what they must, each producer's files; helpers for the readers' own tests.

use super::{Budget, FileLimits, Opened, Reason, Shown, open};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};
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

/// A fixture with the words that it must give; none are given for what a password or a key keeps closed.
pub(super) struct Fixture {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    words: Option<String>,
}

impl Fixture {
    pub(super) fn is_closed(&self) -> bool {
        self.words.is_none()
    }
}

/// Every file that has its words beside it or is a fixture without them, in the order of their names.
pub(super) fn fixtures(folder: &Path) -> Vec<Fixture> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let is_fixture = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_made_here = ![".py", ".sh", "README"].iter().any(|ending| name.ends_with(ending));
        // The words of another.
        let is_words = name.ends_with(".txt") && files.contains(&path.with_extension(""));
        path.is_file() && is_made_here && !is_words
    };
    let fixture = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let words = fs::read_to_string(path.with_file_name(format!("{name}.txt"))).ok();
        Fixture { name, bytes: fs::read(path).unwrap(), words }
    };
    files.iter().filter(is_fixture).map(fixture).collect()
}

/// All fixtures of our own.
pub(super) fn all_fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    ["documents", "containers", "formats"].iter().flat_map(|kind| fixtures(&folder.join(kind))).collect()
}

/// Words read and expected of one fixture.
fn share(fixture: &Fixture, expected: &str) -> (usize, usize, Vec<String>) {
    let mut budget = Budget::new(FileLimits::default());
    super::open(Some(&fixture.name), None, &fixture.bytes, &mut budget);
    let opened = budget.finish();
    let expected = counted([expected].into_iter());
    let said = counted(opened.pieces.iter().map(|piece| piece.text.as_str()));
    let read = |(word, n): (&String, &usize)| *n.min(said.get(word).unwrap_or(&0));
    let missed = expected.iter().filter(|(word, n)| said.get(*word).unwrap_or(&0) < n);
    let missed = missed.map(|(word, _)| word.clone()).collect();
    (expected.iter().map(read).sum(), expected.values().sum(), missed)
}

/// `cargo test --lib every_fixture -- --nocapture` prints a line for each: words read and expected. With
/// `FIXTURES=FOLDER` it does so for files of your own, with what another reader gives of each in `NAME.txt`
/// beside it (`scripts/words-of-files.py` writes that), and a line for each kind; there nothing is demanded.
#[test]
fn every_fixture_gives_its_words() {
    let own = std::env::var("FIXTURES").ok();
    let fixtures = own.as_ref().map_or_else(all_fixtures, |folder| fixtures(Path::new(folder)));
    let mut kinds: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut out = std::io::stderr();
    for fixture in &fixtures {
        let Some(expected) = &fixture.words else { continue };
        let (read, all, missed) = share(fixture, expected);
        let some = &missed[..missed.len().min(20)];
        writeln!(out, "{:34} {read:6} of {all:6} words {}", fixture.name, some.join(" ")).unwrap();
        let kind = kinds.entry(fixture.name.rsplit('.').next().unwrap().to_lowercase()).or_default();
        *kind = (kind.0 + 1, kind.1 + read, kind.2 + all);
        assert!(own.is_some() || read * 100 >= all * 98, "{}: {missed:?}", fixture.name);
    }
    for (kind, (files, read, all)) in &kinds {
        let share = 100.0 * *read as f64 / (*all).max(1) as f64;
        writeln!(out, "{kind:8} {files:5} files, {read:8} of {all:8} words, {share:.2} %").unwrap();
    }
    let open: usize = kinds.values().map(|(files, ..)| files).sum();
    assert!(own.is_some() || open > 110 && kinds.len() > 40, "{open} {}", kinds.len());
}
