//! What becomes of a message's parts once their files are opened, on the fixtures and on messages that only
//! pretend to be sealed.

use super::{
    Budget, Closed, FileLimits, Files, InProcess, NotOpened, Opened, Opener, Reason, Shown, Until, Writing,
    fixture_tests::all_fixtures, open_parts,
};
use crate::message::{Message, Protection, ReadLimits, read, read_in_every_way};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

fn attached(name: &str, bytes: &[u8]) -> String {
    let head =
        format!("Content-Type: application/octet-stream; name=\"{name}\"\nContent-Transfer-Encoding: base64");
    format!("{head}\n\n{}\n", STANDARD.encode(bytes))
}

fn opened<'m>(raw: &'m str, opener: &dyn Opener) -> (Message<'m>, Files) {
    let mut message = read(raw.as_bytes(), ReadLimits::default());
    let files = open_parts(&mut message, opener);
    (message, files)
}

fn all_text(files: &Files) -> String {
    let all = files.opened.iter().filter_map(|(_, opened)| opened.as_ref().ok());
    all.flat_map(|opened| &opened.pieces).map(|piece| format!("{}\n", piece.text)).collect()
}

fn protection(raw: &str) -> Protection {
    opened(raw, &InProcess(FileLimits::default())).0.protection()
}

/// A zip of one stored member.
fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    super::package::tests::zip(&[(name, bytes.to_vec())])
}

/// All fixtures of every format: as an attachment, in a plain zip, beside a text; letters also as the message
/// itself. None that is closed counts as plain, none that is plain counts as closed.
#[test]
fn only_what_needs_a_password_or_key_is_protected() {
    let (mut closed, mut open, mut wrong) = (0, 0, Vec::new());
    for fixture in all_fixtures() {
        let (name, bytes) = (&*fixture.name, &fixture.bytes);
        let mut ways = vec![attached(name, bytes), attached("plain.zip", &zipped(name, bytes))];
        if name.ends_with(".eml") {
            ways.push(String::from_utf8(bytes.clone()).unwrap());
        }
        for (way, raw) in ways.iter().enumerate() {
            let protection = protection(raw);
            if (protection != Protection::None) != fixture.is_closed() {
                wrong.push(format!("{name} ({way}): {protection:?}"));
            }
        }
        // One unprotected part makes the message unprotected.
        let beside = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the file.\n--b\n{}\n--b--\n",
            attached(name, bytes)
        );
        if protection(&beside) != Protection::None {
            wrong.push(format!("{name} beside a text"));
        }
        *(if fixture.is_closed() { &mut closed } else { &mut open }) += 1;
        // Nobody guesses about what nobody opened; armour and the type of S/MIME say what they are.
        let guessed = opened(&ways[0], &Closed).0.protection();
        let is_said = ["closed.txt.asc", "closed.p7m"].contains(&name);
        assert!((guessed != Protection::None) == is_said, "{name}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(closed > 40 && open > 110, "{closed} {open}");
}

#[derive(Debug)]
struct Dies;

impl Opener for Dies {
    fn open(&self, _: Option<&str>, _: &str, _: &[u8], _: Until) -> Result<Opened, NotOpened> {
        Err(NotOpened::Died("out-of-memory"))
    }
}

#[test]
fn a_reader_that_ended_protects_nothing() {
    let raw = attached("aes.zip", &fs::read(format!("{TESTS}/files/containers/aes.zip")).unwrap());
    assert_eq!(opened(&raw, &Dies).0.protection(), Protection::None);
}

#[test]
fn what_only_looks_sealed_is_read() {
    for (case, canary) in [
        ("674-pgp-stored-not-encrypted", "M681959819892"),
        ("679-smime-opaque-signed", "F872963810672"),
        ("680-smime-signed-called-enveloped", "A891964613628"),
        ("682-smime-signed-signed", "U925966219540"),
    ] {
        let raw = fs::read_to_string(format!("{TESTS}/evasion/{case}.eml")).unwrap();
        let (message, files) = opened(&raw, &InProcess(FileLimits::default()));
        assert_eq!(message.protection(), Protection::None, "{case}");
        assert!(all_text(&files).contains(canary), "{case}");
    }
}

/// A packet of the new format.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[0xc0 | tag, body.len() as u8], body].concat()
}

#[test]
fn packets_decide_what_an_openpgp_file_is() {
    let literal = packet(11, b"b\x08note.txt\0\0\0\0her number is 12");
    let packed = [[1].as_slice(), &miniz_oxide::deflate::compress_to_vec(&literal, 6)].concat();
    let encrypted = [packet(3, b"\x04abc"), packet(18, b"\x01abcde")].concat();
    let armor = |bytes: &[u8]| {
        format!("-----BEGIN PGP MESSAGE-----\n\n{}\n-----END PGP MESSAGE-----\n", STANDARD.encode(bytes))
            .into_bytes()
    };
    for (name, bytes, protection, text) in [
        ("a.gpg", encrypted.clone(), Protection::Pgp, ""),
        ("a.asc", armor(&encrypted), Protection::Pgp, ""),
        ("a.gpg", packet(8, &packed), Protection::None, "her number is 12"),
        ("a.asc", armor(&packet(8, &packed)), Protection::None, "her number is 12"),
        ("a.gpg", [encrypted.clone(), literal].concat(), Protection::None, "her number is 12"),
        ("a.asc", [armor(&encrypted), b"beside it".to_vec()].concat(), Protection::None, "beside it"),
        // Data without a key that opens them are no message.
        ("a.gpg", packet(18, b"\x01abcde"), Protection::None, ""),
    ] {
        let raw = attached(name, &bytes);
        let (message, files) = opened(&raw, &InProcess(FileLimits::default()));
        assert_eq!(message.protection(), protection, "{name} {text}");
        assert!(all_text(&files).contains(text), "{name} {text}");
    }
    // In a text, the text around it stays one.
    let raw = format!("\nDear all\n\n{}", String::from_utf8(armor(&encrypted)).unwrap());
    let (message, files) = opened(&raw, &InProcess(FileLimits::default()));
    assert_eq!((message.protection(), files.of(0).unwrap().unwrap().missed.len()), (Protection::None, 1));
}

#[test]
fn endless_and_torn_seals_end() {
    let cms = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x05hello\x04\x06 again\0\0\0\0\0\0\0\0\0\0\0\0";
    for end in 0..=cms.len() {
        let raw = attached("smime.p7m", &cms[..end]);
        let (message, files) = opened(&raw, &InProcess(FileLimits::default()));
        assert_eq!(message.protection(), Protection::None);
        if end == cms.len() {
            assert!(all_text(&files).contains("hello again"));
        }
    }
    for deep in [&b"\x30\x80"[..], b"\x24\x80", b"\xa0\x84\xff\xff\xff\xff"] {
        let raw = attached("smime.p7m", &[&cms[..30], &deep.repeat(50_000)].concat());
        opened(&raw, &InProcess(FileLimits::default()));
    }
    let nested = (0..40).fold(packet(11, b"b\0\0\0\0\0hello"), |inner, _| {
        let packed = [[0].as_slice(), &inner].concat();
        [&[0xc8, 0xff], (packed.len() as u32).to_be_bytes().as_slice(), &packed].concat()
    });
    let raw = attached("a.gpg", &nested);
    assert!(opened(&raw, &InProcess(FileLimits::default())).1.of(0).unwrap().unwrap().missed.len() == 1);
}

#[test]
fn what_holds_a_picture_or_may_hold_one_is_known_without_any_list() {
    let fixture = |name: &str| fs::read(format!("{TESTS}/files/{name}")).unwrap();
    let holds = |raw: &str, opener: &dyn Opener| opened(raw, opener).0.parts.iter().any(|p| p.holds_picture);
    let reader = InProcess(FileLimits::default());
    let scene = fixture("pictures/scene.jpg");
    let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    for (name, bytes) in
        [("a.bin", scene), ("clip.bin", film), ("camera.txt", fixture("containers/camera.jpg"))]
    {
        assert!(holds(&attached(name, &bytes), &reader), "{name}");
    }
    for name in ["containers/plain.zip", "documents/lo-python.odt", "containers/latin.csv"] {
        assert!(!holds(&attached(name, &fixture(name)), &reader), "{name}");
        assert!(holds(&attached(name, &fixture(name)), &Dies), "{name}: nobody could look");
    }
    let page = |body: &str| format!("Content-Type: text/html\r\n\r\n<p>Hi</p>{body}");
    assert!(holds(&page("<img src='DATA:Image/png;base64,iVBORw0KGgo='>"), &reader));
    assert!(!holds(&page("<img src='https://pictures.example/image/1.png'>"), &reader));
}

#[test]
fn what_is_protected_stays_so_in_every_reading_of_its_bytes() {
    let zip = STANDARD.encode(fs::read(format!("{TESTS}/files/containers/aes.zip")).unwrap());
    let lines: Vec<&str> = zip.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let zip = lines.join("\n");
    let part = "Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n";
    let protection = |raw: &str| {
        let mut message = read_in_every_way(raw.as_bytes(), ReadLimits::default());
        open_parts(&mut message, &InProcess(FileLimits::default()));
        message.protection()
    };
    for raw in [
        format!("{part}\n{zip}\n"),
        format!("{part}Content-Transfer-Encoding: 7bit\n\n{zip}\n"),
        format!("{part}Content-Type: text/plain\n\n{zip}\n"),
        format!("{part}Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n\n{zip}\n"),
        format!("{part}Content-Type: multipart/mixed; boundary=b\n\n{zip}\n"),
        format!("Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n{part}\n{zip}\n--b--\n"),
    ] {
        assert_eq!(protection(&raw), Protection::Password, "{raw:?}");
    }
    let words = "Her number is in the list above.";
    for raw in [
        format!("{part}Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n\n{zip}\n\n{words}\n"),
        format!(
            "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n{part}\n{zip}\n--b--\n--c\n\n{words}\n--c--\n"
        ),
    ] {
        assert_eq!(protection(&raw), Protection::None, "{raw:?}");
    }
}

/// Takes pictures as workers do; every picture says one word, and it is counted how often one was looked at.
#[derive(Debug, Default)]
struct Looks {
    most: usize,
    looked: AtomicUsize,
}

impl Opener for Looks {
    fn open(&self, name: Option<&str>, kind: &str, bytes: &[u8], until: Until) -> Result<Opened, NotOpened> {
        InProcess(FileLimits::default()).open(name, kind, bytes, until)
    }

    fn pictures_read(&self) -> usize {
        self.most
    }

    fn take_pictures(
        &self,
        name: Option<&str>,
        kind: &str,
        bytes: &[u8],
        most: usize,
        until: Until,
    ) -> Option<Opened> {
        let limits = FileLimits { take_pictures: most, ..FileLimits::default() };
        InProcess(limits).open(name, kind, bytes, until).ok()
    }

    fn read_picture(&self, bytes: &[u8], _: Until) -> Option<Opened> {
        assert!(!bytes.is_empty());
        self.looked.fetch_add(1, Ordering::Relaxed);
        let mut budget = Budget::new(FileLimits::default());
        budget.text("words in the picture", Shown::Visible, Writing::Plain, "word".to_owned());
        Some(budget.finish())
    }
}

fn looked_at(raw: &str, most: usize) -> (Opened, usize) {
    let looks = Looks { most, ..Looks::default() };
    let (message, files) = opened(raw, &looks);
    assert!(files.has_pictures());
    let files = files.with_words_in_pictures(&message, &looks).unwrap();
    (files.opened[0].1.clone().unwrap(), looks.looked.into_inner())
}

#[test]
fn pictures_are_read_wherever_they_lie() {
    let file = |name: &str| fs::read(format!("{TESTS}/files/words/{name}")).unwrap();
    let scan = file("scan-jpeg.pdf");
    for (name, bytes, place) in [
        ("health.png", file("health.png"), ""),
        ("scan-jpeg.pdf", scan.clone(), "page 1/picture.jpg"),
        ("scan-pixels.pdf", file("scan-pixels.pdf"), "page 1/picture"),
        ("scan-fax.pdf", file("scan-fax.pdf"), "page 1/picture"),
        ("picture.docx", file("picture.docx"), "word/media/image1.png"),
        ("plain.zip", zipped("health.png", &file("health.png")), "health.png"),
        ("plain.zip", zipped("scan.pdf", &scan), "scan.pdf/page 1/picture.jpg"),
    ] {
        let (opened, looked) = looked_at(&attached(name, &bytes), 20);
        let expected = format!("{place}/words in the picture");
        let words: Vec<_> = opened.pieces.iter().filter(|piece| piece.text == "word").collect();
        assert_eq!(looked, 1, "{name} {opened:?}");
        assert_eq!(words[0].place, expected.trim_start_matches('/'), "{name}");
        assert!(opened.missed.iter().all(|missed| missed.reason != Reason::Picture), "{name} {opened:?}");
        assert!(opened.pictures.is_empty());
    }
}

#[test]
fn no_more_pictures_are_read_than_may_be_and_the_others_are_told() {
    let picture = fs::read(format!("{TESTS}/files/words/health.png")).unwrap();
    // Each another file.
    let members: Vec<(String, Vec<u8>)> =
        (0..5u8).map(|n| (format!("{n}.png"), [&picture[..], &[0, n]].concat())).collect();
    let members: Vec<(&str, &Vec<u8>)> = members.iter().map(|(name, bytes)| (name.as_str(), bytes)).collect();
    let (opened, looked) = looked_at(&attached("all.zip", &super::package::tests::zip(&members)), 3);
    assert_eq!(looked, 3);
    let missed: Vec<_> = opened.missed.iter().map(|missed| (missed.place.as_str(), missed.reason)).collect();
    assert_eq!(missed, [("3.png", Reason::Picture), ("4.png", Reason::Picture)]);
    let raw = attached("health.png", &picture);
    let (message, files) = self::opened(&raw, &InProcess(FileLimits::default()));
    assert!(files.with_words_in_pictures(&message, &Dies).is_none(), "nobody reads pictures");
}
