//! Attachments through the real door: what a file says counts like what the message says, a program does not come in,
//! a password beside its file protects nothing, and a file that breaks its reader harms nobody else.

use crate::{
    dangers::{HEALTH, answer, reference, wait},
    gate::{Door, GATE, Gate, OUTSIDE, PARENT, PUPIL, Setup, TEACHER, mail},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{
    io::{Cursor, Write},
    path::Path,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Another pupil of the demonstration.
const OTHER_PUPIL: &str = "24jrowe@pupils.oakfield.example";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

pub(crate) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(*name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A document of one paragraph (ECMA-376).
pub(crate) fn document(text: &str) -> Vec<u8> {
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    let types = format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Override PartName=\"/word/document.xml\" ContentType=\"{main}\"/></Types>"
    );
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
         Target=\"word/document.xml\"/></Relationships>";
    let body = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r>\
         <w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    );
    let parts =
        [("[Content_Types].xml", types.as_str()), ("_rels/.rels", relations), ("word/document.xml", &body)];
    zipped(&parts.map(|(name, text)| (name, text.as_bytes())))
}

pub(crate) fn with_file(from: &str, to: &str, text: &str, (name, kind): (&str, &str), file: &[u8]) -> String {
    let plain = mail(from, to, "The trip", "");
    let (header, _) = plain.split_once("Content-Type:").unwrap();
    let lines: Vec<String> = STANDARD
        .encode(file)
        .as_bytes()
        .chunks(76)
        .map(|l| String::from_utf8_lossy(l).into_owned())
        .collect();
    format!(
        "{header}Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
         --edge\r\nContent-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--edge--\r\n",
        lines.join("\r\n")
    )
}

fn gate() -> Gate {
    Gate::new(Door::Relay, Setup::default())
}

/// What `scan` says of it.
fn scanned(gate: &Gate, raw: &str) -> Value {
    let file = gate.home.path("one.eml");
    std::fs::write(&file, raw).unwrap();
    let said = gate.home.run(&["--format", "jsonl", "scan", "--signed-in", file.to_str().unwrap()]);
    said.lines().remove(0)
}

fn has(line: &Value, key: &str, value: &str) -> bool {
    line["findings"].as_array().unwrap().iter().any(|finding| finding[key] == value)
}

#[test]
fn what_a_document_in_an_archive_says_holds_the_message() {
    let gate = gate();
    let archive = zipped(&[("Year 9/notes.docx", &document(HEALTH))]);
    let raw = with_file(TEACHER, OUTSIDE, "See the file.", ("trip.zip", "application/zip"), &archive);
    assert!(gate.send(TEACHER, &[OUTSIDE], &raw).starts_with("250"));
    assert_eq!(gate.home.only("hold", "open")["category"], "personal-data.health");
    let line = scanned(&gate, &raw);
    let part = |f: &Value| f["part"].as_str().unwrap().starts_with("2/trip.zip/Year 9/notes.docx");
    assert!(line["findings"].as_array().unwrap().iter().any(part), "{line}");
    // The same under a name and type that say nothing.
    let raw =
        with_file(TEACHER, OUTSIDE, "See the file.", ("data", "application/octet-stream"), &document(HEALTH));
    assert!(has(&scanned(&gate, &raw), "category", "personal-data.health"));
}

#[test]
fn a_program_does_not_come_in_and_goes_back_to_its_own_sender() {
    let gate = gate();
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0".to_vec();
    program.resize(128, 0);
    program[0x3c] = 0x40;
    program[0x40..0x44].copy_from_slice(b"PE\0\0");
    let name = ("photo.jpg", "image/jpeg");
    let raw = with_file("someone@chat.example", PUPIL, "Look!", name, &program);
    assert!(gate.send_unproved("someone@chat.example", &[PUPIL], &raw).starts_with("250"));
    assert_eq!(gate.home.only("quarantine", "open")["category"], "file.dangerous");
    let raw = with_file(TEACHER, OUTSIDE, "As agreed.", ("tool.exe", "application/octet-stream"), &program);
    let said = gate.send(TEACHER, &[OUTSIDE], &raw);
    assert!(said.starts_with("55") && said.contains("program"), "{said}");
    assert!(gate.sink.deliveries().iter().all(|mail| !mail.is_for(PUPIL) && !mail.is_for(OUTSIDE)));
}

#[test]
fn what_breaks_a_reader_or_its_limits_is_told_and_harms_nobody_else() {
    let gate = gate();
    // Nested as deep as one likes, each level tiny.
    let deep = (0..40).fold(b"harmless".to_vec(), |inner, n| zipped(&[(&format!("{n}.zip"), &inner)]));
    let raw = with_file(TEACHER, OUTSIDE, "See the file.", ("deep.zip", "application/zip"), &deep);
    let line = scanned(&gate, &raw);
    assert!(has(&line, "category", "file.not-inspected"), "{line}");
    assert!(gate.send(TEACHER, &[OUTSIDE], &raw).starts_with("250"));
    let next = with_file(TEACHER, OUTSIDE, "See.", ("notes.docx", WORD), &document("All is well."));
    assert!(gate.send(TEACHER, &[OUTSIDE], &next).starts_with("250"));
    gate.sink.wait_for(2);
    assert!(!has(&scanned(&gate, &next), "category", "file.not-inspected"));
}

/// With several attachments, and a subject.
fn beside(subject: &str, text: &str, files: &[(&str, &str, &[u8])]) -> String {
    let plain = mail(TEACHER, OUTSIDE, subject, "");
    let (header, _) = plain.split_once("Content-Type:").unwrap();
    let parts: String = files
        .iter()
        .map(|(name, kind, bytes)| {
            let (encoding, body) = match *kind {
                "message/rfc822" => ("7bit", String::from_utf8_lossy(bytes).into_owned()),
                _ => ("base64", STANDARD.encode(bytes)),
            };
            format!(
                "--edge\r\nContent-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
                 Content-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
            )
        })
        .collect();
    format!(
        "{header}Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
         {parts}--edge--\r\n"
    )
}

#[test]
fn a_password_anywhere_beside_its_file_is_seen() {
    let gate = gate();
    let locked = std::fs::read(format!("{}/tests/files/documents/locked.pdf", crate::gate::ROOT)).unwrap();
    let file = ("plan.pdf", "application/pdf", locked.as_slice());
    let says = "The password is Heron#Lake7";
    let note = document(says);
    let letter = mail(TEACHER, OUTSIDE, "Re: The plan", says);
    let zip = zipped(&[("read me/letter.docx", &note)]);
    let see = "See the file.";
    let exposed = [
        beside("The plan", says, &[file]),
        beside(says, see, &[file]),
        beside("The plan", see, &[("plan password Heron#Lake7.pdf", file.1, file.2)]),
        beside("The plan", see, &[("plan_pw_heron77.pdf", file.1, file.2)]),
        beside("The plan", see, &[file, ("note.docx", WORD, &note)]),
        beside("The plan", see, &[file, ("notes.zip", "application/zip", &zip)]),
        beside("The plan", see, &[file, ("note.txt", "text/plain", b"Heron#Lake7")]),
        beside("The plan", see, &[file, ("letter.eml", "message/rfc822", letter.as_bytes())]),
        beside("The plan", see, &[file, ("letter.eml", "application/octet-stream", letter.as_bytes())]),
        beside("The plan", "Heron#Lake7", &[file]),
        beside("The plan", "You open it with Heron#Lake7", &[file]),
    ];
    let calm = [
        beside("The plan", "The password follows by telephone.", &[file]),
        beside("The plan", "Please find attached the list for form7b.", &[file]),
        beside("The plan", "The password is the one that you already have, as usual.", &[file]),
        beside("The plan", says, &[("plan.pdf", file.1, b"nothing")]),
    ];
    let folder = gate.home.path("mails");
    std::fs::create_dir(&folder).unwrap();
    for (n, raw) in exposed.iter().chain(&calm).enumerate() {
        std::fs::write(folder.join(format!("{n:02}.eml")), raw).unwrap();
    }
    let said = gate.home.run(&["--format", "jsonl", "scan", folder.to_str().unwrap()]);
    let lines = said.lines();
    assert_eq!(lines.len(), exposed.len() + calm.len());
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(has(line, "category", "file.exposed"), n < exposed.len(), "{n}: {line}");
    }
}

/// A workbook of one sheet with this text in B7 (ECMA-376).
fn workbook(text: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r\" Type=\"{OFFICE}/{kind}\" \
             Target=\"{target}\"/></Relationships>"
        )
    };
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
    let types = format!(
        "<Types xmlns=\"{PACKAGE}/content-types\"><Override PartName=\"/xl/workbook.xml\" ContentType=\"{kind}\"/></Types>"
    );
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
    );
    let sheet = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"7\"><c r=\"B7\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>\
         </sheetData></worksheet>"
    );
    let parts = [
        ("[Content_Types].xml", types),
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    zipped(&parts.each_ref().map(|(name, text)| (*name, text.as_bytes())))
}

/// The sentence of docs/files.md, through the door and as `scan` says it.
#[test]
fn a_place_is_told_as_a_person_would_look_for_it() {
    let gate = gate();
    let archive = zipped(&[("Y9.xlsx", &workbook(HEALTH))]);
    let raw = with_file(TEACHER, OUTSIDE, "See the file.", ("register.zip", "application/zip"), &archive);
    assert!(gate.send(TEACHER, &[OUTSIDE], &raw).starts_with("250"));
    assert_eq!(gate.home.only("hold", "open")["category"], "personal-data.health");
    let notice = gate.sink.wait_for(1);
    assert!(notice[0].is_for(TEACHER) && notice[0].text().contains("Y9.xlsx"), "{}", notice[0].text());
    let line = scanned(&gate, &raw);
    let health = |f: &&Value| f["category"] == "personal-data.health";
    let found = line["findings"].as_array().unwrap().iter().find(health).unwrap();
    assert_eq!(found["part"], "2/register.zip/Y9.xlsx/Sheet1!B7");
}

#[test]
fn what_kind_a_file_is_and_what_it_would_do_is_told() {
    let gate = gate();
    let script = b"<html><body><script>document.title = 'x'</script><p>Plan</p></body></html>";
    let template = zipped(&[
        ("[Content_Types].xml", TEMPLATED[0].as_bytes()),
        ("_rels/.rels", TEMPLATED[1].as_bytes()),
        ("word/document.xml", TEMPLATED[2].as_bytes()),
        ("word/_rels/document.xml.rels", TEMPLATED[3].as_bytes()),
    ]);
    for (rule, file, bytes) in [
        ("file.disguised", ("trip.pdf", "application/pdf"), &zipped(&[("note.txt", b"All is well.")])[..]),
        ("file.active", ("plan.html", "text/html"), script),
        ("file.remote", ("plan.docx", WORD), &template),
    ] {
        let line = scanned(&gate, &with_file(TEACHER, OUTSIDE, "See the file.", file, bytes));
        assert!(has(&line, "rule", rule), "{rule}: {line}");
        assert_eq!(line["disposition"], "deliver", "{rule}");
    }
    let calm = with_file(TEACHER, OUTSIDE, "See the file.", ("plan.docx", WORD), &document("All is well."));
    assert!(!has(&scanned(&gate, &calm), "category", "file.dangerous"));
}

/// A document whose template lies elsewhere (ECMA-376, part 1, section 17.15.1.6).
const TEMPLATED: [&str; 4] = [
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/word/document.xml\" \
     ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" \
     Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>\
     </Relationships>",
    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>Plan</w:t></w:r>\
     </w:p></w:body></w:document>",
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"t\" \
     Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate\" \
     Target=\"https://files.example/plan.dotm\" TargetMode=\"External\"/></Relationships>",
];

#[test]
fn what_nobody_can_look_into_reaches_no_pupil_unseen() {
    let gate = gate();
    let locked = std::fs::read(format!("{}/tests/files/documents/locked.pdf", crate::gate::ROOT)).unwrap();
    let sent =
        |from: &str, to: &str| with_file(from, to, "See the file.", ("plan.pdf", "application/pdf"), &locked);
    // From outside, from parents and from one another: somebody of the school decides.
    for (from, is_proved) in [("someone@chat.example", false), (PARENT, false), (OTHER_PUPIL, true)] {
        let raw = sent(from, PUPIL);
        let said = if is_proved {
            gate.send(from, &[PUPIL], &raw)
        } else {
            gate.send_unproved(from, &[PUPIL], &raw)
        };
        assert!(said.starts_with("250"), "{from}: {said}");
    }
    let waiting = gate.home.list(&["quarantine", "list"]);
    assert_eq!(waiting.len(), 3);
    assert!(waiting.iter().all(|item| item["category"] == "file.protected"), "{waiting:?}");
    // From staff: the sender is asked, and answers.
    assert!(gate.send(TEACHER, &[PUPIL], &sent(TEACHER, PUPIL)).starts_with("250"));
    let held = gate.home.only("hold", "open");
    assert_eq!(held["category"], "file.protected");
    let asked = |mail: &&crate::sink::Delivery| mail.is_for(TEACHER);
    wait("the question to the sender", || gate.sink.deliveries().iter().any(|mail| asked(&mail)));
    let mails = gate.sink.deliveries();
    let question = mails.iter().find(asked).unwrap();
    assert!(mails.iter().all(|mail| !mail.is_for(PUPIL)));
    let answer = answer(TEACHER, "SEND", &reference(question));
    assert!(gate.send(TEACHER, &[GATE], &answer).starts_with("250"));
    wait("the teacher's file", || gate.sink.deliveries().iter().any(|mail| mail.is_for(PUPIL)));
    // Staff who protect data, and a pupil who writes to an adult.
    for (from, to) in [(TEACHER, OUTSIDE), (PUPIL, TEACHER)] {
        assert!(gate.send(from, &[to], &sent(from, to)).starts_with("250"));
        let came = |mail: &crate::sink::Delivery| mail.is_for(to) && mail.mail.contains(from);
        wait("the file itself", || gate.sink.deliveries().iter().any(came));
    }
}

/// Debian's tesseract reads English and Welsh in pictures wherever they lie, where the school wants it.
#[test]
fn words_in_pictures_count_like_written_ones() {
    assert!(Path::new("/usr/bin/tesseract").exists(), "no tesseract: scripts/setup.sh test installs it");
    let files = "[files]\npictures = true\nsandbox = \"when-possible\"\ncpu = \"60s\"\ntime = \"60s\"\n";
    let gate = Gate::new(Door::Relay, Setup { more: files.into(), ..Setup::default() });
    let words =
        |name: &str| std::fs::read(format!("{}/tests/files/words/{name}", crate::gate::ROOT)).unwrap();
    let zip = zipped(&[("photo.png", &words("health.png"))]);
    let folder = gate.home.path("mails");
    std::fs::create_dir(&folder).unwrap();
    let cases = [
        ("health.png", words("health.png"), "2/health.png/words in the picture"),
        ("welsh.png", words("welsh.png"), "2/welsh.png/words in the picture"),
        ("photos.zip", zip.clone(), "2/photos.zip/photo.png/words in the picture"),
        ("scan-jpeg.pdf", words("scan-jpeg.pdf"), "2/scan-jpeg.pdf/page 1/picture.jpg/words in the picture"),
        (
            "scan-pixels.pdf",
            words("scan-pixels.pdf"),
            "2/scan-pixels.pdf/page 1/picture/words in the picture",
        ),
        ("scan-fax.pdf", words("scan-fax.pdf"), "2/scan-fax.pdf/page 1/picture/words in the picture"),
        ("picture.docx", words("picture.docx"), "2/picture.docx/word/media/image1.png/words in the picture"),
    ];
    for (name, bytes, _) in &cases {
        let raw = with_file(TEACHER, OUTSIDE, "See.", (name, "application/octet-stream"), bytes);
        std::fs::write(folder.join(format!("{name}.eml")), raw).unwrap();
    }
    let said = gate.home.run(&["--format", "jsonl", "scan", "--signed-in", folder.to_str().unwrap()]);
    let lines = said.lines();
    assert_eq!(lines.len(), cases.len());
    for (name, _, place) in &cases {
        let is_it = |line: &&Value| line["path"].as_str().unwrap().ends_with(&format!("/{name}.eml"));
        let line = lines.iter().find(is_it).unwrap();
        let found = |f: &Value| f["category"] == "personal-data.health" && f["part"] == *place;
        assert!(line["findings"].as_array().unwrap().iter().any(found), "{name}: {line}");
        assert!(!has(line, "rule", "file.picture"), "{name}: what was read is not told as unread: {line}");
    }
    // Through the door.
    let raw = with_file(TEACHER, OUTSIDE, "See.", ("photos.zip", "application/zip"), &zip);
    assert!(gate.send(TEACHER, &[OUTSIDE], &raw).starts_with("250"));
    assert_eq!(gate.home.only("hold", "open")["category"], "personal-data.health");
}
