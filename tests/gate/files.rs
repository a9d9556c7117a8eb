//! Attachments through the real door: what a file says counts like what the message says, a program does not come in,
//! a password beside its file protects nothing, and a file that breaks its reader harms nobody else.

use crate::{
    dangers::HEALTH,
    gate::{Door, Gate, OUTSIDE, PUPIL, Setup, TEACHER, mail},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

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
