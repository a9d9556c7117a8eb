//! Zips that say one thing here and another there.

use super::super::super::{Budget, FileLimits, Limit, Opened, Reason, Shown, TraitKind, open::open};
use miniz_oxide::deflate::compress_to_vec;

/// A member as a test writes it: where it is named, and how.
#[derive(Clone, Default)]
struct Given<'a> {
    name: &'a str,
    local_name: Option<&'a str>,
    data: &'a [u8],
    packed: bool,
    flags: u16,
    only_local: bool,
    /// The size that the directory says.
    claimed: Option<u32>,
}

fn plain<'a>(name: &'a str, data: &'a [u8]) -> Given<'a> {
    Given { name, data, ..Given::default() }
}

fn zip(members: &[Given<'_>]) -> Vec<u8> {
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0u16);
    for member in members {
        let data = if member.packed { compress_to_vec(member.data, 6) } else { member.data.to_vec() };
        let fields = |packed: u32| {
            let mut fields = vec![20, 0];
            fields.extend(member.flags.to_le_bytes());
            fields.extend(if member.packed { [8, 0] } else { [0, 0] });
            fields.extend([0; 4]);
            fields.extend(crc32fast::hash(member.data).to_le_bytes());
            fields.extend(packed.to_le_bytes());
            fields.extend((member.data.len() as u32).to_le_bytes());
            fields
        };
        let at = out.len() as u32;
        let local = member.local_name.unwrap_or(member.name);
        out.extend(b"PK\x03\x04");
        out.extend(fields(data.len() as u32));
        out.extend((local.len() as u16).to_le_bytes());
        out.extend([0, 0]);
        out.extend(local.as_bytes());
        out.extend(&data);
        if member.only_local {
            continue;
        }
        count += 1;
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(fields(member.claimed.unwrap_or(data.len() as u32)));
        directory.extend((member.name.len() as u16).to_le_bytes());
        directory.extend([0; 12]);
        directory.extend(at.to_le_bytes());
        directory.extend(member.name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn opened(bytes: &[u8], limits: FileLimits) -> Opened {
    let mut budget = Budget::new(limits);
    open(Some("a.zip"), Some("application/zip"), bytes, &mut budget);
    budget.finish()
}

fn says(read: &Opened, canary: &str) -> bool {
    read.pieces.iter().any(|piece| piece.text.contains(canary))
}

fn is_ambiguous(read: &Opened) -> bool {
    read.missed.iter().any(|missed| missed.reason == Reason::Ambiguous)
}

fn is_protected(read: &Opened) -> bool {
    read.traits.iter().any(|found| matches!(found.kind, TraitKind::Protected(_)))
}

#[test]
fn a_plain_zip_is_told_without_a_doubt() {
    let read = opened(
        &zip(&[plain("a.txt", b"canary one"), Given { packed: true, ..plain("b.txt", b"canary two") }]),
        FileLimits::default(),
    );
    assert!(says(&read, "canary one") && says(&read, "canary two"));
    assert!(read.missed.is_empty() && read.traits.is_empty(), "{read:?}");
    let names: Vec<_> =
        read.pieces.iter().filter(|p| p.shown == Shown::FileName).map(|p| p.text.as_str()).collect();
    assert_eq!(names, ["a.txt", "b.txt"]);
}

#[test]
fn members_that_only_one_side_names_are_read_and_reported() {
    let hidden =
        [plain("a.txt", b"hello all"), Given { only_local: true, packed: true, ..plain("b.txt", b"canary") }];
    let renamed = [Given { local_name: Some("Dafydd.txt"), ..plain("a.txt", b"canary") }];
    // The directory's member runs over the one behind it.
    let swallowed = [
        Given { claimed: Some(80), ..plain("a.txt", b"hello") },
        Given { only_local: true, packed: true, ..plain("b.txt", b"canary") },
        plain("c.txt", b"more text to claim"),
    ];
    for (members, name) in [(&hidden[..], "b.txt"), (&renamed[..], "Dafydd.txt"), (&swallowed[..], "b.txt")] {
        let read = opened(&zip(members), FileLimits::default());
        assert!(says(&read, "canary") && says(&read, name) && is_ambiguous(&read), "{name} {read:?}");
    }
}

#[test]
fn no_directory_at_all_is_no_cover() {
    let whole =
        zip(&[plain("a.txt", b"canary one"), Given { packed: true, ..plain("b.txt", b"canary two") }]);
    let cut = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap();
    let read = opened(&whole[..cut], FileLimits::default());
    assert!(says(&read, "canary one") && says(&read, "canary two") && is_ambiguous(&read), "{read:?}");
    let two = [zip(&[plain("a.txt", b"canary one")]), zip(&[plain("b.txt", b"canary two")])].concat();
    let read = opened(&two, FileLimits::default());
    assert!(says(&read, "canary one") && says(&read, "canary two") && is_ambiguous(&read), "{read:?}");
}

#[test]
fn a_mark_of_encryption_alone_protects_nothing() {
    for packed in [true, false] {
        let marked =
            zip(&[Given { flags: 1, packed, ..plain("a.txt", b"canary and some more text, more text") }]);
        let read = opened(&marked, FileLimits::default());
        assert!(says(&read, "canary") && is_ambiguous(&read) && !is_protected(&read), "{read:?}");
    }
    // One of the headers alone says so.
    let mut half = zip(&[Given { flags: 1, ..plain("a.txt", b"canary") }]);
    half[6] = 0;
    let read = opened(&half, FileLimits::default());
    assert!(says(&read, "canary") && is_ambiguous(&read) && !is_protected(&read));
}

#[test]
fn bombs_end_within_their_limits() {
    let big = vec![b'x'; 3_000_000];
    let bomb = zip(&[Given { packed: true, ..plain("a.txt", &big) }, plain("b.txt", b"canary")]);
    let read = opened(&bomb, FileLimits { ratio: 10, ..FileLimits::default() });
    assert!(read.missed.iter().any(|m| m.reason == Reason::Limit(Limit::Ratio)) && says(&read, "canary"));
    let read = opened(&bomb, FileLimits { unpacked_bytes: 1_000_000, ..FileLimits::default() });
    assert!(read.missed.iter().any(|m| m.reason == Reason::Limit(Limit::Unpacked)));
    let many: Vec<String> = (0..2_000).map(|n| format!("{n}.txt")).collect();
    let many: Vec<_> = many.iter().map(|name| plain(name, b"x")).collect();
    let read = opened(&zip(&many), FileLimits { members: 100, ..FileLimits::default() });
    assert!(read.missed.iter().any(|m| m.reason == Reason::Limit(Limit::Members)));
    let mut nested = zip(&[plain("in.txt", b"canary")]);
    for _ in 0..12 {
        nested = zip(&[plain("in.zip", &nested)]);
    }
    let read = opened(&nested, FileLimits::default());
    assert!(read.missed.iter().any(|m| m.reason == Reason::Limit(Limit::Nesting)));
    // The same data named over and over.
    let mut overlapping = zip(&[Given { packed: true, ..plain("a.txt", &big) }]);
    let at = memchr::memmem::find(&overlapping, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::find(&overlapping, b"PK\x05\x06").unwrap();
    let header = overlapping[at..end].to_vec();
    for _ in 0..500 {
        overlapping.splice(at..at, header.iter().copied());
    }
    let read = opened(
        &overlapping,
        FileLimits { unpacked_bytes: 20_000_000, ratio: 5_000, ..FileLimits::default() },
    );
    assert!(is_ambiguous(&read) && read.missed.iter().any(|m| matches!(m.reason, Reason::Limit(_))));
}

#[test]
fn what_lies_beside_an_office_document_is_read() {
    let docx = zip(&[
        plain("[Content_Types].xml", b"<Types/>"),
        plain("word/document.xml", b"<w/>"),
        plain("Y9.csv", b"canary,a\n1,2\n"),
    ]);
    let read = opened(&docx, FileLimits::default());
    assert!(says(&read, "canary"));
}

#[test]
fn old_names_and_wide_sizes_are_read() {
    let mut old = zip(&[plain("Si@n.txt", b"canary")]);
    for byte in old.iter_mut().filter(|byte| **byte == b'@') {
        *byte = 0x83;
    }
    assert!(says(&opened(&old, FileLimits::default()), "Siân.txt"));
}
