//! Disclaimers on whole messages: every transfer encoding, character set and line end,
//! and the promise that all but the edited text stays as it was to the byte. A new case
//! of a body goes into `bodies`, a new shape of a message into `shapes`.

#![allow(clippy::print_stdout)] // A try over a folder of mail says its counts.

use bytes::Bytes;
use gatehouse::{
    effects::{Disclaimer, Disclaimers, NotApplied, disclaimer_edits},
    message::{Body, Disposition, Message, Protection, ReadLimits, read},
};
use std::{collections::BTreeMap, fs, path::Path};

/// Runs over the project's own mail, or over the folders that `GATEHOUSE_MAIL` names (parted
/// by colons), and prints what was applied and what not, and why. With `GATEHOUSE_OUT` the
/// messages with the Welsh and English text are left there, for a look by another reader.
#[test]
fn over_folders_of_mail() {
    let own = format!("{0}/corpus:{0}/tests/golden", crate::gate::ROOT);
    let asked = std::env::var("GATEHOUSE_MAIL").ok();
    let folders = asked.clone().unwrap_or(own);
    let mut changed: BTreeMap<String, usize> = BTreeMap::new();
    for folder in folders.split(':') {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut files = Vec::new();
        walk(Path::new(folder), &mut files);
        // Of the project's own folders all other files are notes and expectations.
        files.retain(|f| asked.is_some() || f.extension().is_some_and(|e| e == "eml"));
        assert!(!files.is_empty(), "{folder} has no mail");
        for file in &files {
            let raw = Bytes::from(fs::read(file).unwrap());
            let said = std::panic::catch_unwind(|| try_both(&raw));
            let (said, parts) = said.unwrap_or_else(|_| panic!("{}", file.display()));
            if said.contains("check") || said.contains("malformed") {
                println!("{said}: {}", file.display());
            }
            *counts.entry(said).or_default() += 1;
            parts.into_iter().for_each(|part| *changed.entry(part).or_default() += 1);
            if let Ok(out) = std::env::var("GATEHOUSE_OUT") {
                leave(&raw, file, Path::new(&out));
            }
        }
        println!("{folder}: {} files {counts:#?}", files.len());
    }
    println!("parts that got the English text: {changed:#?}");
    assert!(changed.values().sum::<usize>() > 10);
}

fn leave(raw: &Bytes, file: &Path, out: &Path) {
    if let Ok(edits) = disclaimer_edits(&read(raw, ReadLimits::default()), &bilingual()) {
        let name = file.to_string_lossy().replace('/', "_");
        fs::write(out.join(name), edits.apply(raw)).unwrap();
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

/// In English and in Welsh: the second cannot be said in ASCII. Also what kinds of parts
/// got the first.
fn try_both(raw: &Bytes) -> (String, Vec<String>) {
    let (english, parts) = try_one(raw, &english());
    let (welsh, _) = try_one(raw, &bilingual());
    (if english == welsh { english } else { format!("english {english}, welsh {welsh}") }, parts)
}

fn try_one(raw: &Bytes, disclaimer: &Disclaimer) -> (String, Vec<String>) {
    let message = read(raw, ReadLimits::default());
    match disclaimer_edits(&message, disclaimer) {
        Err(why) => (why.to_string(), vec![]),
        Ok(edits) => {
            let out = edits.apply(raw);
            let after = read(&out, ReadLimits::default());
            let parts = assert_others_identical(&message, &after);
            assert_eq!(disclaimer_edits(&after, disclaimer), Err(NotApplied::AlreadyThere));
            ("applied".to_owned(), parts)
        }
    }
}

/// Every part without text, every attachment and every attached message is the same bytes,
/// and all other bytes of the message are there; what is changed is neither signed nor
/// encrypted and has the text once. Returns what kinds of parts were changed.
fn assert_others_identical(before: &Message<'_>, after: &Message<'_>) -> Vec<String> {
    assert_eq!(before.parts.len(), after.parts.len());
    let mut changed = Vec::new();
    for (old, new) in before.parts.iter().zip(&after.parts) {
        assert_eq!(old.path, new.path);
        if old.inside.is_some() || matches!(old.body, Body::Multipart(_)) {
            continue;
        }
        let same = before.raw[old.body_range.clone()] == after.raw[new.body_range.clone()]
            && (old.parent.is_none()
                || before.raw[old.header_range.clone()] == after.raw[new.header_range.clone()]);
        if same {
            continue;
        }
        let (Body::Text(was) | Body::Html(was), Body::Text(is) | Body::Html(is)) = (&old.body, &new.body)
        else {
            panic!("part {} is no text", old.path)
        };
        assert!(old.nesting == 0 && old.disposition == Disposition::Inline, "part {}", old.path);
        assert!(!old.signed && old.protection == Protection::None, "part {}", old.path);
        assert!(!is.contains("-----BEGIN PGP"), "part {}", old.path);
        assert_eq!(sentences(is), sentences(was) + 1, "part {}", old.path);
        let charset = old.charset.as_deref().unwrap_or("no charset").to_ascii_lowercase();
        changed.push(format!("{} in {charset}, {:?}", old.media_type, old.transfer_encoding));
    }
    assert!(!changed.is_empty());
    changed
}

/// How often the English text stands there.
fn sentences(text: &str) -> usize {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    letters.matches("notnecessarilythoseofOakfieldSchool").count()
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

/// A message in one combination of everything that a part can differ by.
struct Case {
    name: String,
    raw: Bytes,
}

const ENCODINGS: [&str; 5] = ["7bit", "8bit", "binary", "quoted-printable", "base64"];
const CHARSETS: [&str; 8] =
    ["us-ascii", "utf-8", "iso-8859-1", "iso-8859-14", "windows-1252", "utf-16le", "utf-16be", "utf-16"];

/// Texts with what they must still begin and end with around the disclaimer.
fn bodies(html: bool) -> Vec<&'static str> {
    if html {
        return vec![
            "<html><body><p>Dear all, see you =3D soon.</p></body></html>\n",
            "<p>No body tag, <b>no line end</b>",
            "<html><body><div>Yes.</div><blockquote type=\"cite\"><p>Can you come?</p></blockquote></body></html>\n",
            "<div>A very long line: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</div></body>\n",
        ];
    }
    vec![
        "Dear all,\n\nsee you = soon.\n",
        "No line end",
        "Yes, we can.\n\nOn Mon, 2 Nov 2026 at 10:15, A Parent wrote:\n> Can you come?\n> Best wishes\n",
        "A flowed \nparagraph ends with a space \n-- \nSignature\n",
        "",
        "From the very start\n.\nlines that transport may touch aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    ]
}

fn encode_charset(text: &str, charset: &str) -> Option<Vec<u8>> {
    let wide = |order: fn(u16) -> [u8; 2], mark: bool| {
        let mark = if mark { "\u{feff}" } else { "" };
        mark.encode_utf16().chain(text.encode_utf16()).flat_map(order).collect()
    };
    Some(match charset {
        "us-ascii" => text.is_ascii().then(|| text.as_bytes().to_vec())?,
        "utf-16le" => wide(u16::to_le_bytes, false),
        "utf-16be" => wide(u16::to_be_bytes, false),
        "utf-16" => wide(u16::to_be_bytes, true),
        label => {
            let (bytes, _, lossy) = encoding_rs::Encoding::for_label(label.as_bytes())?.encode(text);
            (!lossy).then(|| bytes.into_owned())?
        }
    })
}

fn encode_transfer(bytes: &[u8], encoding: &str, eol: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    match encoding {
        "7bit" => bytes.is_ascii().then_some(()).filter(|()| !bytes.contains(&0)).map(|()| bytes.to_vec()),
        "8bit" => (!bytes.contains(&0)).then(|| bytes.to_vec()),
        "binary" => Some(bytes.to_vec()),
        "base64" => {
            let digits = STANDARD.encode(bytes);
            let lines: Vec<&str> =
                digits.as_bytes().chunks(64).map(|l| std::str::from_utf8(l).unwrap()).collect();
            Some((lines.join(eol) + eol).into_bytes())
        }
        _ => {
            let mut out = String::new();
            let mut column = 0;
            let wide = bytes.contains(&0);
            let mut rest = bytes;
            while let Some((&byte, after)) = rest.split_first() {
                if !wide && rest.starts_with(eol.as_bytes()) {
                    out.push_str(eol);
                    (column, rest) = (0, &rest[eol.len()..]);
                    continue;
                }
                let ends = after.is_empty() || after.starts_with(eol.as_bytes());
                let token = match byte {
                    b'=' | 0..=31 | 127.. => format!("={byte:02X}"),
                    b' ' if ends => "=20".to_owned(),
                    byte => char::from(byte).to_string(),
                };
                if column + token.len() > 75 {
                    out.push_str(&format!("={eol}"));
                    column = 0;
                }
                column += token.len();
                out.push_str(&token);
                rest = after;
            }
            Some(out.into_bytes())
        }
    }
}

/// The header of a part and its encoded body.
type Entity = (String, Vec<u8>);

fn entity(kind: &str, charset: &str, encoding: &str, body: &str, eol: &str) -> Option<Entity> {
    let flowed = if body.contains("flowed") { "; format=flowed" } else { "" };
    let text = body.replace('\n', eol);
    let bytes = encode_transfer(&encode_charset(&text, charset)?, encoding, eol)?;
    let header = format!(
        "Content-Type: text/{kind}; charset=\"{charset}\"{flowed}{eol}Content-Transfer-Encoding: {encoding}{eol}"
    );
    Some((header, bytes))
}

/// The shapes that one text, or its plain and HTML alternatives, come in.
fn shapes(plain: &Entity, html: &Entity, eol: &str) -> Vec<(&'static str, Vec<u8>)> {
    let multipart = |kind: &str, boundary: &str, parts: &[Entity]| -> Entity {
        let mut body = b"preamble".to_vec();
        for (header, bytes) in parts {
            body.extend_from_slice(format!("{eol}--{boundary}{eol}{header}{eol}").as_bytes());
            body.extend_from_slice(bytes);
        }
        body.extend_from_slice(format!("{eol}--{boundary}--{eol}epilogue{eol}").as_bytes());
        (format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"{eol}"), body)
    };
    let attachment: Entity = (
        format!(
            "Content-Type: application/pdf{eol}Content-Transfer-Encoding: base64{eol}Content-Disposition: attachment; filename=a.pdf{eol}"
        ),
        format!("JVBERi0xLjQK{eol}").into_bytes(),
    );
    let notes: Entity = (
        format!("Content-Type: text/plain{eol}Content-Disposition: attachment; filename=notes.txt{eol}"),
        b"A text that is attached.".to_vec(),
    );
    let inner = format!("Subject: inner{eol}{}{eol}", plain.0).into_bytes();
    let attached: Entity = (format!("Content-Type: message/rfc822{eol}"), [inner, plain.1.clone()].concat());
    let alternative = multipart("alternative", "a=1", &[plain.clone(), html.clone()]);
    let related = multipart("related", "r1", &[html.clone(), attachment.clone()]);
    let rich = multipart("alternative", "a2", &[plain.clone(), related]);
    let message = |(header, body): &Entity| -> Vec<u8> {
        let top =
            format!("From: T <t@oakfield.example>{eol}Subject: s{eol}MIME-Version: 1.0{eol}{header}{eol}");
        [top.into_bytes(), body.clone()].concat()
    };
    vec![
        ("plain", message(plain)),
        ("html", message(html)),
        ("alternative", message(&alternative)),
        ("mixed", message(&multipart("mixed", "m1", &[plain.clone(), attachment.clone(), notes]))),
        ("mixed with all", message(&multipart("mixed", "m2", &[rich, attachment, attached]))),
    ]
}

fn corpus() -> Vec<Case> {
    let mut cases = Vec::new();
    for eol in ["\r\n", "\n"] {
        for charset in CHARSETS {
            for encoding in ENCODINGS {
                // UTF-16 has zero bytes, which only these two carry (RFC 2045 section 2).
                if charset.starts_with("utf-16") && !["base64", "quoted-printable"].contains(&encoding) {
                    continue;
                }
                for (n, plain) in bodies(false).iter().enumerate() {
                    let accented = format!("Café. {plain}");
                    let plain = if charset == "us-ascii" || encoding == "7bit" || plain.is_empty() {
                        plain
                    } else {
                        &*accented
                    };
                    let html = bodies(true)[n % 4];
                    let both = entity("plain", charset, encoding, plain, eol)
                        .zip(entity("html", charset, encoding, html, eol));
                    let (plain, html) = both.unwrap_or_else(|| panic!("{charset} {encoding} {n}"));
                    for (shape, raw) in shapes(&plain, &html, eol) {
                        let name = format!("{shape}, {charset}, {encoding}, body {n}, {:?}", eol);
                        cases.push(Case { name, raw: raw.into() });
                    }
                }
            }
        }
    }
    cases
}

fn texts(message: &Message<'_>) -> Vec<String> {
    let own = message.parts.iter().filter(|p| p.nesting == 0 && p.file_name.is_none());
    own.filter_map(|p| match &p.body {
        Body::Text(text) | Body::Html(text) => Some(text.replace("\r\n", "\n")),
        _ => None,
    })
    .collect()
}

/// What a reader sees of Welsh in HTML that named its own character set, or in any text.
fn readable(text: &str) -> String {
    text.replace("&#373;", "ŵ").replace("&#8211;", "–")
}

#[test]
fn every_kind_of_part_gets_it_once_and_nothing_else_changes() {
    let (english, both) = (english(), bilingual());
    let cases = corpus();
    assert!(cases.len() > 1_500, "{}", cases.len());
    for Case { name, raw } in &cases {
        for (disclaimer, wanted) in [(&english, &[ENGLISH][..]), (&both, &[WELSH, ENGLISH])] {
            let before = read(raw, ReadLimits::default());
            let edits = disclaimer_edits(&before, disclaimer).unwrap_or_else(|why| panic!("{name}: {why}"));
            let out = edits.apply(raw);
            let after = read(&out, ReadLimits::default());
            assert_others_identical(&before, &after);
            assert_eq!(disclaimer_edits(&after, disclaimer), Err(NotApplied::AlreadyThere), "{name}");
            for (old, new) in texts(&before).iter().zip(texts(&after)) {
                stands_rightly(old, &readable(&new), wanted, name);
            }
            keeps_its_form(&before, &after, name);
        }
    }
}

/// Each text once, in order, above what is quoted, below what is written.
fn stands_rightly(old: &str, new: &str, wanted: &[&str], name: &str) {
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let mut at = 0;
    for text in wanted {
        assert_eq!(new.matches(&first_line(text)).count(), 1, "{name}\n{new}");
        let place = new.find(&first_line(text)).unwrap();
        assert!(place >= at, "{name}");
        at = place;
    }
    for above in ["Yes, we can.", "<div>Yes.", "No line end", "Signature", "soon."] {
        assert!(!old.contains(above) || new.find(above).unwrap() < at, "{name}\n{new}");
    }
    for below in ["On Mon,", "<blockquote", "</body>"] {
        assert!(!old.contains(below) || new.find(below).unwrap() > at, "{name}\n{new}");
    }
    // No flowed line of the writer runs into ours, and none of ours is a flowed one.
    let ours = new.lines().filter(|line| wanted.iter().any(|w| w.contains(*line)) && !line.is_empty());
    assert!(ours.clone().all(|line| !line.ends_with(' ')), "{name}");
    assert!(new.lines().all(|line| line.len() < 998), "{name}");
}

/// Transfer encoding as it was where it could be, with its line lengths and line ends.
fn keeps_its_form(before: &Message<'_>, after: &Message<'_>, name: &str) {
    let lf_only = !before.raw.contains(&b'\r');
    assert_eq!(lf_only, !after.raw.contains(&b'\r'), "{name}");
    for (old, new) in before.parts.iter().zip(&after.parts) {
        let edited = before.raw[old.body_range.clone()] != after.raw[new.body_range.clone()];
        if !edited || !matches!(new.body, Body::Text(_) | Body::Html(_)) {
            continue;
        }
        let encoded = String::from_utf8_lossy(&after.raw[new.body_range.clone()]).into_owned();
        use gatehouse::message::TransferEncoding as T;
        match (old.transfer_encoding, new.transfer_encoding) {
            (T::SevenBit, T::SevenBit) => assert!(encoded.is_ascii(), "{name}"),
            (T::QuotedPrintable | T::SevenBit, T::QuotedPrintable) => {
                assert!(encoded.is_ascii() && encoded.lines().all(|l| l.len() <= 76), "{name}\n{encoded}");
                assert!(encoded.lines().all(|l| !l.ends_with(' ')), "{name}");
            }
            (T::Base64, T::Base64) => {
                let lengths: Vec<usize> = encoded.lines().map(str::len).filter(|l| *l > 0).collect();
                let (last, full) = lengths.split_last().unwrap();
                let first = before.raw[old.body_range.clone()]
                    .iter()
                    .take_while(|b| !b.is_ascii_whitespace())
                    .count();
                let length = if first == 64 { 64 } else { 76 };
                assert!(full.iter().all(|l| *l == length) && *last <= length, "{name} {lengths:?}");
            }
            (old, new) => assert_eq!(old, new, "{name}"),
        }
    }
}

/// What is shipped loads without a fault, and is recognised where it was put.
#[test]
fn the_shipped_templates_can_be_used() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("disclaimers");
    let all = Disclaimers::load(&shipped).unwrap_or_else(|faults| panic!("{faults:?}"));
    for name in ["standard", "personal"] {
        let disclaimer = all.get(name, &["cy".into(), "en".into()]).unwrap();
        for Case { name: case, raw } in corpus().into_iter().step_by(41) {
            let edits = disclaimer_edits(&read(&raw, ReadLimits::default()), &disclaimer);
            let out = edits.unwrap_or_else(|why| panic!("{case}: {why}")).apply(&raw);
            assert_eq!(
                disclaimer_edits(&read(&out, ReadLimits::default()), &disclaimer),
                Err(NotApplied::AlreadyThere)
            );
        }
    }
}

#[test]
fn welsh_in_ascii_makes_that_part_alone_utf8() {
    let raw = "From: t@oakfield.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain;\r\n charset=us-ascii; format=flowed\r\n\r\nDear all \r\nhello\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n\
        <html><head><meta charset=\"us-ascii\"></head><body>Dear all</body></html>\r\n--b--\r\n";
    let raw = Bytes::from(raw);
    let edits = disclaimer_edits(&read(&raw, ReadLimits::default()), &bilingual()).unwrap();
    let out = edits.apply(&raw);
    let text = String::from_utf8(out.to_vec()).unwrap();
    assert!(text.contains(
        "--b\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8; \
         format=flowed\r\n\r\nDear all=20\r\nhello\r\n"
    ));
    // The document names its own set, so its letters become references and nothing else changes.
    assert!(
        text.contains("text/html; charset=us-ascii\r\n\r\n<html>") && text.contains("D&#373;r"),
        "{text}"
    );
}

#[test]
fn a_message_without_mime_fields_gets_those_it_needs() {
    let raw = Bytes::from_static(b"From: t@oakfield.example\r\nSubject: s\r\n\r\nHello\r\n");
    let message = read(&raw, ReadLimits::default());
    let ascii = disclaimer_edits(&message, &english()).unwrap();
    assert!(ascii.headers.is_empty());
    let out = disclaimer_edits(&message, &bilingual()).unwrap().apply(&raw);
    let after = read(&out, ReadLimits::default());
    assert_eq!(after.parts[0].charset.as_deref(), Some("utf-8"));
    assert!(String::from_utf8_lossy(&out).contains("MIME-Version: 1.0\r\n"));
}

#[test]
fn a_reply_to_a_message_that_has_it_gets_no_second_one() {
    let quoted: String = ENGLISH
        .split_whitespace()
        .collect::<Vec<_>>()
        .chunks(9)
        .map(|words| format!("> > {}\r\n", words.join(" ")))
        .collect();
    let plain = format!(
        "Subject: Re: s\r\n\r\nThank you!\r\n\r\nOn Mon, 2 Nov 2026 at 10:15, T wrote:\r\n> Hello\r\n{quoted}"
    );
    let html = "Subject: Re: s\r\nContent-Type: text/html\r\n\r\n<p>Thank you</p><blockquote>\
        <div class=\"x_gatehouse-disclaimer\">Words that the school used last year.</div></blockquote>";
    for raw in [plain.as_str(), html] {
        let message = read(raw.as_bytes(), ReadLimits::default());
        assert_eq!(disclaimer_edits(&message, &bilingual()), Err(NotApplied::AlreadyThere), "{raw}");
    }
}

#[test]
fn what_a_change_would_break_or_nobody_would_read_is_left_alone() {
    let part = "Content-Type: text/plain\r\n\r\nHello\r\n";
    let multipart = |kind: &str, second: &str| {
        format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n--b\r\n{part}--b\r\n{second}\r\n--b--\r\n")
    };
    let cases = [
        (multipart("signed", "Content-Type: application/pgp-signature\r\n\r\nx"), NotApplied::Signed),
        (multipart("encrypted", "Content-Type: application/octet-stream\r\n\r\nx"), NotApplied::Encrypted),
        (multipart("report", "Content-Type: message/delivery-status\r\n\r\nx"), NotApplied::Report),
        (
            multipart("alternative", "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR"),
            NotApplied::Calendar,
        ),
        ("Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n".to_owned(), NotApplied::Calendar),
        (
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx".to_owned(),
            NotApplied::Encrypted,
        ),
        ("List-Id: <a.example>\r\n\r\nHello\r\n".to_owned(), NotApplied::List),
        ("Subject: s\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n".to_owned(), NotApplied::Encrypted),
        ("Subject: s\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n".to_owned(), NotApplied::Signed),
        ("Content-Type: application/pdf\r\n\r\nx".to_owned(), NotApplied::NoTextBody),
        (
            "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx".to_owned(),
            NotApplied::NoTextBody,
        ),
        (
            "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx".to_owned(),
            NotApplied::Malformed("repeated-field"),
        ),
    ];
    for (raw, why) in cases {
        let message = read(raw.as_bytes(), ReadLimits::default());
        assert_eq!(disclaimer_edits(&message, &english()), Err(why), "{raw}");
    }
    // A calendar file that is only attached, or a signed message that is only forwarded,
    // is no reason.
    for second in [
        "Content-Type: text/calendar\r\nContent-Disposition: attachment; filename=a.ics\r\n\r\nBEGIN:VCALENDAR",
        "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nx\r\n--s--",
    ] {
        let raw = multipart("mixed", second);
        let message = read(raw.as_bytes(), ReadLimits::default());
        assert!(disclaimer_edits(&message, &english()).is_ok(), "{raw}");
    }
}

/// Messages damaged at random: whatever happens, it is either not applied, or applied
/// with every promise kept; and it never panics.
#[test]
fn damaged_messages_keep_every_promise() {
    let (english, both) = (english(), bilingual());
    let mut state = 20_261_122_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below.max(1)
    };
    let (mut applied, mut left) = (0, 0);
    for Case { name, raw } in corpus().into_iter().step_by(7) {
        for _ in 0..4 {
            let mut bytes = raw.to_vec();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                match random(5) {
                    0 => bytes.truncate(at),
                    1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, b"\r\n=-;\"\0\xff<"[random(9)]),
                    3 => bytes[at] ^= 1 << random(8),
                    _ => {
                        let end = (at + random(40)).min(bytes.len());
                        let copy = bytes[at..end].to_vec();
                        bytes.splice(at..at, copy);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let raw = Bytes::from(bytes);
            let before = read(&raw, ReadLimits::default());
            for disclaimer in [&english, &both] {
                let Ok(edits) = disclaimer_edits(&before, disclaimer) else {
                    left += 1;
                    continue;
                };
                applied += 1;
                let out = edits.apply(&raw);
                let after = read(&out, ReadLimits::default());
                assert_others_identical(&before, &after);
                assert_eq!(disclaimer_edits(&after, disclaimer), Err(NotApplied::AlreadyThere), "{name}");
            }
        }
    }
    assert!(applied > 500 && left > 20, "{applied} {left}");
}
