//! What each fixture says, where, and how it is protected; fixtures/README tells how they were made.

use super::{Budget, FileLimits, Limit, Opened, Protection, Reason, Script, Shown, TraitKind, open};
use std::{fs, path::Path};

fn opened_as(fixture: &str, name: &str, media_type: Option<&str>) -> Opened {
    let bytes =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/containers").join(fixture)).unwrap();
    let mut budget = Budget::new(FileLimits::default());
    open(Some(name), media_type, &bytes, &mut budget);
    budget.finish()
}

fn opened(fixture: &str) -> Opened {
    opened_as(fixture, fixture, None)
}

fn has(read: &Opened, place: &str, text: &str) -> bool {
    read.pieces.iter().any(|piece| piece.place == place && piece.text.contains(text))
}

fn protected(read: &Opened) -> Vec<&str> {
    let is = |kind: &TraitKind| *kind == TraitKind::Protected(Protection::Password);
    read.traits.iter().filter(|found| is(&found.kind)).map(|found| found.place.as_str()).collect()
}

const REGISTER: &str = "Pritchard\tDafydd\tA801200001001\tlives with aunt, see file\nMôrwen\tSiân\tA801200001002\tFree school meals\nOkonjo\tAde\tA801200001003\tEHCP review on 4 May\n";

#[test]
fn plain_archives_are_read_whole() {
    let long = format!("{}/{}/long-name-of-Dafydd-Pritchard.txt", "d".repeat(60), "e".repeat(60));
    for (fixture, place) in [
        ("plain.zip", "register.csv"),
        ("streamed.zip", "-"),
        ("zip64.zip", "register.csv"),
        ("zip-deflate64.zip", "register.csv"),
        ("zip-bzip2.zip", "register.csv"),
        ("zip-lzma.zip", "register.csv"),
        ("zip-ppmd.zip", "register.csv"),
        ("plain.7z", "register.csv"),
        ("ppmd.7z", "register.csv"),
        ("bzip2.7z", "register.csv"),
        ("lzma.7z", "register.csv"),
        ("delta.7z", "register.csv"),
        ("ustar.tar", "register.csv"),
        ("gnu.tar.gz", "gnu.tar/register.csv"),
        ("pax.tar.xz", "pax.tar/register.csv"),
        ("bz.tar.bz2", "bz.tar/register.csv"),
        ("zstd.tar.zst", "zstd.tar/register.csv"),
        ("one.csv.gz", "register.csv"),
        ("one.csv.lzma", "one.csv"),
        ("nested.zip", "inner.zip/one.csv.gz/register.csv"),
        ("nested.zip", "inner.zip/plain.7z/register.csv"),
        ("utf16.csv", ""),
        ("latin.csv", ""),
        ("mail.msg", "zipped.zip/register.csv"),
        ("winmail.dat", "register.csv"),
    ] {
        let read = opened(fixture);
        assert!(has(&read, place, REGISTER), "{fixture} {read:?}");
        let piece =
            read.pieces.iter().find(|piece| piece.place == place && piece.text.contains(REGISTER)).unwrap();
        let at = piece.text.find("A801200001002").unwrap() as u32;
        assert_eq!(piece.anchors.iter().find(|anchor| anchor.at == at).unwrap().label, "C3", "{fixture}");
        if fixture != "nested.zip" {
            assert!(read.missed.is_empty() && read.traits.is_empty(), "{fixture} {read:?}");
        }
    }
    for fixture in ["gnu.tar.gz", "pax.tar.xz"] {
        let names = opened(fixture).pieces.into_iter().filter(|piece| piece.shown == Shown::FileName);
        assert!(names.map(|piece| piece.text).any(|name| name == long), "{fixture}");
    }
    for fixture in ["two.gz", "two.xz", "two.zst"] {
        let read = opened(fixture);
        let whole: String = read.pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert!(whole.contains("A801200001001") && whole.contains("A801200001004"), "{fixture}");
    }
}

#[test]
fn protection_is_told_of_the_whole_only_where_it_holds_for_all() {
    for (fixture, whole) in [
        ("zipcrypto.zip", true),
        ("aes.zip", true),
        ("data.7z", true),
        ("header.7z", true),
        ("partly.zip", false),
        ("partly.7z", false),
    ] {
        let read = opened(fixture);
        let places = protected(&read);
        assert_eq!(places.contains(&""), whole, "{fixture}");
        assert_eq!(places.contains(&"register.csv"), fixture != "header.7z", "{fixture}");
        assert!(
            read.missed.iter().all(|missed| missed.reason == Reason::Protected) && !read.missed.is_empty()
        );
    }
    assert!(has(&opened("partly.zip"), "folder/third.txt", "A801200001004"));
    assert!(has(&opened("partly.7z"), "letter.txt", "A801200001001"));
    assert_eq!(protected(&opened("nested.zip")).last(), Some(&"zipcrypto.zip"));
}

#[test]
fn mails_of_outlook_are_read() {
    for fixture in ["mail.msg", "winmail.dat"] {
        let read = opened(fixture);
        for (place, text) in [
            ("subject", "Exclusion of Dafydd Pritchard"),
            ("header/from", "Ade Okonjo"),
            ("header/recipients", "head@ysgol.example"),
            ("html", "A801200001002 Siân"),
            ("rtf", "A801200001003 café"),
            ("register.csv", "A801200001002"),
            ("Inner.msg/subject", "Inner subject"),
            ("Inner.msg", "A801200001004"),
        ] {
            assert!(has(&read, place, text), "{fixture} {place} {read:?}");
        }
    }
    assert!(has(&opened("mail.msg"), "Inner.msg/letter.txt", "A801200001001"));
    assert!(has(&opened("mail.msg"), "", "Siân."));
    assert!(has(&opened("narrow.msg"), "properties", "Glan Invented\n01792 000000"));
    assert!(has(&opened("two.mbox"), "mail 2/subject", "Second"));
}

#[test]
fn pictures_tell_what_was_written_into_them() {
    for (fixture, texts) in [
        (
            "camera.jpg",
            &[
                "Dafydd Pritchard at camp",
                "Ade Okonjo",
                "A801200001001",
                "user comment",
                "JPEG comment",
                "IPTC caption",
                "on the beach",
            ][..],
        ),
        ("photo.webp", &["Dafydd Pritchard at camp", "A801200001001"]),
        ("photo.heic", &["Dafydd Pritchard at camp", "A801200001001"]),
        ("photo.tif", &["TIFF of Dafydd"]),
        ("noted.png", &["Ade Okonjo", "zipped A801200001002", "Siân at camp", "user comment"]),
        ("noted.gif", &["GIF says A801200001003"]),
    ] {
        let read = opened(fixture);
        for text in texts {
            assert!(has(&read, "metadata", text), "{fixture} {text}");
        }
        assert!(read.traits.iter().any(|found| found.kind == TraitKind::Image));
        let has_place = read.traits.iter().any(|found| found.kind == TraitKind::Location);
        assert_eq!(has_place, !matches!(fixture, "photo.tif" | "noted.gif"), "{fixture}");
        assert!(
            read.missed.iter().all(|missed| missed.reason == Reason::Picture) && read.missed.len() == 1,
            "{fixture}"
        );
    }
    assert!(opened("logo.png").missed.is_empty());
    assert_eq!(opened("plain.bmp").missed.len(), 1);
}

#[test]
fn what_lies_behind_a_picture_is_found() {
    assert!(has(&opened("polyglot.jpg"), "letter.txt", "A801200001001"));
    assert!(opened("polyglot.jpg").missed.iter().any(|missed| missed.reason == Reason::Ambiguous));
    assert!(has(&opened("appended.jpg"), "behind the picture/letter.txt", "A801200001001"));
    assert!(has(&opened("note-behind.png"), "behind the picture", "Secret note"));
    let drawing = opened("drawing.svg");
    assert!(drawing.traits.iter().any(|found| found.kind == TraitKind::Script(Script::Active)));
    assert!(drawing.traits.iter().any(|found| found.place == "picture 1" && found.kind == TraitKind::Image));
}

#[test]
fn the_kind_is_that_of_the_bytes() {
    let differs = |read: &Opened| {
        read.traits.iter().find_map(|found| match &found.kind {
            TraitKind::KindDiffers { said, is } => Some(format!("{said} {is}")),
            _ => None,
        })
    };
    for (fixture, name, media_type, told) in [
        ("plain.zip", "trip.pdf", "application/pdf", Some("pdf zip")),
        ("plain.7z", "photo.jpg", "image/jpeg", Some("picture 7z")),
        ("page.doc", "page.doc", "application/msword", None),
        ("tabs.xls", "marks.xls", "application/vnd.ms-excel", None),
        ("latin.csv", "marks.csv", "application/octet-stream", None),
        ("camera.jpg", "IMG.PNG", "image/png", None),
        ("writer.rtf", "letter.doc", "application/msword", None),
        ("writer.rtf", "letter.txt", "text/plain", Some("text rtf")),
        ("winmail.dat", "winmail.dat", "application/ms-tnef", None),
    ] {
        let read = opened_as(fixture, name, Some(media_type));
        assert_eq!(differs(&read).as_deref(), told, "{name}");
    }
    assert!(has(&opened_as("plain.zip", "trip.pdf", None), "letter.txt", "A801200001001"));
}

#[test]
fn rtf_of_a_writer_is_read() {
    let read = opened("writer.rtf");
    assert!(has(
        &read,
        "",
        "Exclusion of Dafydd Pritchard\nUPN A801200001001 café Ŵyn plan\nSiân\tA801200001002"
    ));
    assert!(
        read.pieces
            .iter()
            .any(|piece| piece.shown == Shown::Link && piece.text == "https://files.example/plan")
    );
}

#[test]
fn limits_are_told_and_what_came_before_is_kept() {
    let bytes =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/containers/plain.zip")).unwrap();
    let mut budget = Budget::new(FileLimits { text_bytes: 60, ..FileLimits::default() });
    open(Some("plain.zip"), None, &bytes, &mut budget);
    let read = budget.finish();
    assert!(read.missed.iter().any(|missed| missed.reason == Reason::Limit(Limit::Text)));
    assert!(read.pieces.iter().map(|piece| piece.text.len()).sum::<usize>() == 60);
}
