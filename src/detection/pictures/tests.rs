//! Lists as files, their faults, and matching.

use super::{matching::How, *};
use crate::files::{Digests, Hashed, Pdq, PictureBudget, PictureLimits, View};
use std::{fmt::Write as _, path::PathBuf, sync::Arc};

/// A seeded generator.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A hash with exactly half of its bits set, as those of pictures have.
    pub(super) fn pdq(&mut self) -> Pdq {
        let mut bits: Vec<u8> = (0..=255).collect();
        let mut hash = Pdq([0; 32]);
        for at in 0..128 {
            let other = at + self.below(256 - at);
            bits.swap(at, other);
            hash.0[usize::from(bits[at] / 8)] |= 1 << (bits[at] % 8);
        }
        hash
    }
}

fn lines(kind: Option<HashKind>) -> Written {
    Written::Lines(kind)
}

fn source(file: &str, written: Written) -> ListSource {
    ListSource {
        name: "given".to_owned(),
        file: PathBuf::from(file),
        written,
        near: Nearness::default(),
        limits: ListLimits::default(),
    }
}

fn load(file: &str, text: &str, written: Written) -> Result<HashList, ListFaults> {
    HashList::read(&source(file, written), text.as_bytes())
}

/// Line, message and hint of each fault.
fn faults(file: &str, text: &str, written: Written) -> Vec<(u64, String)> {
    let faults = load(file, text, written).expect_err("faults").0;
    assert!(faults.iter().all(|fault| !fault.hint.is_empty()));
    faults.into_iter().map(|fault| (fault.line, fault.message)).collect()
}

const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
const SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn a_list_of_lines_is_read_with_comments_cases_and_line_ends() {
    let text =
        format!("\u{feff}# given on 3 March\r\n\r\n  {MD5}  # a note\r\n{}\n{SHA1}\n", MD5.to_uppercase());
    let list = load("list.txt", &text, lines(None)).expect("a list");
    assert_eq!(list.summary().hashes, [(HashKind::Md5, 1), (HashKind::Sha1, 1)]);
    assert_eq!(list.summary().repeated, 1);
    assert_eq!(list.summary().digest, Digests::of(text.as_bytes()).sha256);
}

#[test]
fn the_kind_of_64_characters_is_said_by_setting_header_or_name() {
    let bare = format!("{SHA256}\n");
    for (file, text, said) in [
        ("a.txt", bare.clone(), Some(HashKind::Sha256)),
        ("a.txt", format!("# kind: SHA-256\n{SHA256}\n"), None),
        ("given.sha256.txt", bare.clone(), None),
    ] {
        let list = load(file, &text, lines(said)).expect("a list");
        assert_eq!(list.summary().hashes, [(HashKind::Sha256, 1)], "{file}");
    }
    let told = faults("a.txt", &bare, lines(None));
    assert!(told[0].1.contains("may be SHA-256 or PDQ"), "{told:?}");
    let told = faults("a.txt", &format!("# kind: pdq\n{SHA256}\n"), lines(Some(HashKind::Sha256)));
    assert_eq!(told[0], (1, "says pdq, the configuration says sha256".to_owned()));
    assert_eq!(faults("a.txt", &format!("# kind: crc\n{MD5}\n"), lines(None))[0].0, 1);
}

#[test]
fn a_table_is_read_by_its_columns() {
    let columns = |names: &[(&str, HashKind)]| {
        Written::Table(Columns(names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()))
    };
    let both = columns(&[("MD5", HashKind::Md5), ("sha-1", HashKind::Sha1)]);
    let text = format!("id,md5,SHA-1\r\n1,{MD5},{SHA1}\r\n2,,{}\r\n", SHA1.replace('a', "b"));
    let list = load("a.csv", &text, both.clone()).expect("a list");
    assert_eq!(list.summary().hashes, [(HashKind::Md5, 1), (HashKind::Sha1, 2)]);
    let text = format!("id,md5,SHA-1\n1,{MD5}\n2,,\n3,{SHA1},{SHA1}\n");
    let told = faults("a.csv", &text, both.clone());
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4], "{told:?}");
    assert_eq!(
        faults("a.csv", "id,hash\n1,2\n", both),
        [(1, "has no column \"MD5\"".into()), (1, "has no column \"sha-1\"".into())]
    );
}

#[test]
fn faults_have_their_line_and_never_what_stands_there() {
    let text = format!("{MD5}\n{}\nxyz{}\n", &MD5[..31], &MD5[3..]);
    let told = load("list.txt", &text, lines(None)).expect_err("faults").to_string();
    assert!(told.contains("list.txt:2: has 31 characters"), "{told}");
    assert!(told.contains("list.txt:3: is no hash of kind md5"), "{told}");
    assert!(!told.contains("50983cd24f"), "{told}");
    assert_eq!(faults("a.txt", "# nothing\n", lines(None)), [(0, "holds no hash".to_owned())]);
    assert_eq!(faults("a.txt", &"x\n".repeat(100), lines(None)).len(), 20);
    assert_eq!(faults("a.txt", &"a".repeat(10_000), lines(None))[0].1, "is longer than 4096 bytes");
}

#[test]
fn lists_are_bounded() {
    let text = format!("{MD5}\n").repeat(11);
    let told = |limits| {
        let source = ListSource { limits, ..source("list.md5", lines(None)) };
        HashList::read(&source, text.as_bytes()).expect_err("a fault").0[0].clone()
    };
    assert_eq!(told(ListLimits { entries: 10, ..ListLimits::default() }).line, 11);
    assert_eq!(told(ListLimits { bytes: 100, ..ListLimits::default() }).line, 0);
}

#[test]
fn an_entry_that_would_match_harmless_files_is_refused() {
    assert!(faults("a.md5", "d41d8cd98f00b204e9800998ecf8427e\n", lines(None))[0].1.contains("empty file"));
    assert!(faults("a.pdq", &"0".repeat(64), lines(None))[0].1.contains("flat"));
}

#[test]
fn sha256_is_not_taken_for_pdq_nor_pdq_for_sha256() {
    let mut chance = Chance::new(1);
    let (mut pdq, mut sha256) = (String::new(), String::new());
    for number in 0..200u32 {
        writeln!(pdq, "{}", chance.pdq()).expect("written");
        writeln!(sha256, "{}", Pdq(Digests::of(&number.to_be_bytes()).sha256)).expect("written");
    }
    assert!(load("a.pdq", &pdq, lines(None)).is_ok());
    assert!(load("a.sha256", &sha256, lines(None)).is_ok());
    assert!(faults("a.sha256", &pdq, lines(None))[0].1.contains("it is PDQ"));
    assert!(faults("a.pdq", &sha256, lines(None))[0].1.contains("it is not"));
}

fn seen(bytes: &[u8]) -> Hashed {
    let mut budget = PictureBudget::new(PictureLimits::default());
    let picture = crate::files::hash_picture(bytes, &mut budget);
    Hashed { place: String::new(), digests: Some(Digests::of(bytes)), picture }
}

fn lists(all: Vec<HashList>) -> PictureLists {
    PictureLists::new(all.into_iter().map(Arc::new).collect())
}

fn shown(seen: &Hashed) -> &View {
    &seen.picture.as_ref().expect("a picture").views[0]
}

#[test]
fn a_listed_picture_is_found_as_file_and_as_what_it_shows() {
    let scene = seen(include_bytes!("../../../tests/files/pictures/scene.jpg"));
    let again = seen(include_bytes!("../../../tests/files/pictures/scene-progressive.jpg"));
    let other = seen(include_bytes!("../../../tests/files/pictures/plot.webp"));
    let entry = shown(&scene).pdq().to_string();
    let near = load("given.pdq", &entry, lines(None)).expect("a list");
    let md5 = load("given.md5", &hex(&scene.digests.expect("digests").md5), lines(None)).expect("a list");
    let both = lists(vec![near, md5]);
    assert_eq!(both.of(&scene).map(|found| found.how), Some(How::SameFile(HashKind::Md5)));
    assert!(matches!(both.of(&again).map(|found| found.how), Some(How::Near { distance: ..=31 })));
    assert_eq!(both.of(&other), None);
    assert!(!format!("{:?} {both:?}", both.of(&again)).contains(&entry));
}

#[test]
fn a_turned_picture_is_found() {
    let scene = seen(include_bytes!("../../../tests/files/pictures/scene.jpg"));
    for (turn, hash) in shown(&scene).turned() {
        let list = load("given.pdq", &hash.to_string(), lines(None)).expect("a list");
        let all = lists(vec![list]);
        let found = all.of(&scene).map(|found| found.how);
        assert_eq!(found, Some(How::Near { distance: 0 }), "{turn:?}");
    }
}

#[test]
fn a_view_of_little_quality_is_not_compared() {
    let mut flat = seen(include_bytes!("../../../tests/files/pictures/scene.jpg"));
    let list = load("given.pdq", &shown(&flat).pdq().to_string(), lines(None)).expect("a list");
    let all = lists(vec![list]);
    flat.picture.as_mut().expect("a picture").views[0].quality = 24;
    assert_eq!(all.of(&flat), None);
    flat.picture.as_mut().expect("a picture").views[0].quality = 25;
    assert!(all.of(&flat).is_some());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
