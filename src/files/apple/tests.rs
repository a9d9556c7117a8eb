//! Files as a Mac writes them beside others.

use super::super::{Budget, FileLimits, Opened, Reason, TraitKind, open};

fn opened(name: &str, media_type: Option<&str>, bytes: &[u8]) -> Opened {
    let mut budget = Budget::new(FileLimits::default());
    open(Some(name), media_type, bytes, &mut budget);
    budget.finish()
}

fn at<'o>(read: &'o Opened, place: &str) -> Vec<&'o str> {
    read.pieces.iter().filter(|piece| piece.place == place).map(|piece| piece.text.as_str()).collect()
}

/// Entries behind a header.
fn double(magic: u8, entries: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out =
        [&[0, 5, 0x16, magic, 0, 2, 0, 0][..], b"Mac OS X        ", &[0, entries.len() as u8]].concat();
    let mut offset = (26 + 12 * entries.len()) as u32;
    for (id, content) in entries {
        for field in [*id, offset, content.len() as u32] {
            out.extend(field.to_be_bytes());
        }
        offset += content.len() as u32;
    }
    entries.iter().for_each(|(_, content)| out.extend(*content));
    out
}

fn fork(resources: &[&[u8]]) -> Vec<u8> {
    let data: Vec<u8> =
        resources.iter().flat_map(|r| [&(r.len() as u32).to_be_bytes(), *r].concat()).collect();
    let fields = [16, 16 + data.len() as u32, data.len() as u32, 0];
    [fields.iter().flat_map(|field| field.to_be_bytes()).collect(), data].concat()
}

#[test]
fn what_macs_put_beside_files_is_known() {
    let empty = double(7, &[(9, &[0; 32]), (2, &fork(&[]))]);
    for (name, media_type) in
        [("__MACOSX/._notes.txt", None), ("trip.jpg", Some("application/applefile; name=trip.jpg"))]
    {
        let read = opened(name, media_type, &empty);
        assert!(read.missed.is_empty() && read.traits.is_empty() && read.pieces.is_empty(), "{read:?}");
    }
    let read = opened(".DS_Store", Some("text/plain"), b"\0\0\0\x01Bud1\0\0\x10\0\0\0\x08\0");
    assert!(read.missed.is_empty() && read.traits.is_empty(), "{read:?}");
    // Another file's name promises another file.
    let read = opened("notes.txt", Some("text/plain"), &[&empty[..], b" what Notepad shows"].concat());
    assert!(matches!(&read.traits[..], [one] if matches!(one.kind, TraitKind::KindDiffers { .. })));
    assert!(at(&read, "").iter().any(|text| text.contains("what Notepad shows")));
}

#[test]
fn names_comments_and_forks_are_read() {
    let png = b"\x89PNG\r\n\x1a\nbroken";
    let bytes = double(
        0,
        &[
            (3, b"plan.txt"),
            (4, b"caf\x8e note"),
            (1, b"the plan itself"),
            (2, &fork(&[png, b"\0\x01 old words"])),
        ],
    );
    let read = opened("plan.txt", Some("application/applefile"), &bytes);
    assert_eq!(at(&read, "comment"), ["café note"]);
    assert!(at(&read, "plan.txt").contains(&"the plan itself"), "{read:?}");
    assert!(at(&read, "resources").iter().any(|text| text.contains("old words")));
    assert!(
        read.missed
            .iter()
            .any(|missed| missed.kind == "resource-fork" && missed.reason == Reason::NotSupported)
    );
    assert!(read.missed.iter().any(|missed| missed.place == "resource 1"), "the picture is opened: {read:?}");
}

#[test]
fn attributes_of_the_finder_are_read() {
    let mut list = b"bplist00\x5bUPN in ASCI\x62\0S\0i".to_vec();
    let table = list.len() as u8;
    list.extend([8, 20, 0, 0, 0, 0, 0, 0, 1, 1]);
    list.extend([2u64, 0, u64::from(table)].iter().flat_map(|number| number.to_be_bytes()));
    let name = b"com.apple.metadata:kMDItemFinderComment\0";
    let mut finder = vec![0; 34];
    finder.extend(b"ATTR");
    finder.extend([0; 28]);
    finder.extend([0, 0, 0, 1]);
    let value_at = (26 + 12 + finder.len() + 11 + name.len()) as u32;
    finder.extend([value_at.to_be_bytes(), (list.len() as u32).to_be_bytes()].concat());
    finder.extend([0, 0, name.len() as u8]);
    finder.extend(name);
    finder.extend(list);
    let read = opened("._a.txt", None, &double(7, &[(9, &finder)]));
    assert_eq!(at(&read, "attributes"), ["UPN in ASCI\nSi"]);
}

#[test]
fn the_finders_notes_on_a_folder_are_read() {
    let utf16 = |text: &str| -> Vec<u8> {
        let units: Vec<u16> = text.encode_utf16().collect();
        [(units.len() as u32).to_be_bytes().to_vec(), units.iter().flat_map(|u| u.to_be_bytes()).collect()]
            .concat()
    };
    let bytes = [
        b"\0\0\0\x01Bud1".to_vec(),
        vec![0; 50],
        utf16("Jones exclusion.docx"),
        b"cmmtustr".to_vec(),
        utf16("ask the head"),
        utf16("Jones exclusion.docx"),
        b"vSrnlong\0\0\0\x01".to_vec(),
    ]
    .concat();
    let read = opened(".DS_Store", None, &bytes);
    assert_eq!(
        (at(&read, "names"), at(&read, "comments")),
        (vec!["Jones exclusion.docx"], vec!["ask the head\n"])
    );
}

#[test]
fn torn_files_do_no_harm() {
    let whole = double(7, &[(9, &[0xff; 80]), (2, &[0xff; 40]), (1, b"x"), (u32::MAX, &[0; 4])]);
    for end in 0..whole.len() {
        opened("._x", None, &whole[..end]);
    }
    opened("._x", None, &[&whole[..25], &[0xff; 400]].concat());
}
