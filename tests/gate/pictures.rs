//! Lists of illegal images through the real door (practice.md, A3), with a harmless picture of our own on one:
//! whatever form it comes in, the message is sealed and nobody gets at it; what is on no list goes its way.

use crate::{
    files::{with_file, zipped},
    gate::{Door, Gate, HEAD, LEAD, OUTSIDE, PUPIL, ROOT, Setup, TEACHER, mail},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

const STRANGER: &str = "someone@chat.example";
const JPEG: (&str, &str) = ("photo.jpg", "image/jpeg");

fn picture(name: &str) -> Vec<u8> {
    fs::read(format!("{ROOT}/tests/files/pictures/{name}")).unwrap()
}

/// The hash of `scene.jpg`, as the reference implementation has it.
fn listed() -> String {
    let all = fs::read_to_string(format!("{ROOT}/tests/files/pictures/expected.tsv")).unwrap();
    let row = all.lines().find(|row| row.starts_with("scene.jpg\t")).unwrap();
    row.split('\t').nth(3).unwrap().to_owned()
}

fn write_list(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn docx(picture: &[u8]) -> Vec<u8> {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override \
         PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let body = "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r>\
         <w:t>Our trip</w:t></w:r></w:p></w:body></w:document>";
    zipped(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
        ("word/document.xml", body.as_bytes()),
        ("word/media/image1.jpeg", picture),
    ])
}

/// A page whose picture stands in it.
fn page(picture: &[u8]) -> String {
    let raw = mail(STRANGER, TEACHER, "hello", "");
    let (header, _) = raw.split_once("Content-Type:").unwrap();
    let picture = STANDARD.encode(picture);
    let lines: Vec<&str> = picture.as_bytes().chunks(500).map(|l| std::str::from_utf8(l).unwrap()).collect();
    format!(
        "{header}Content-Type: text/html\r\n\r\n<p>Hello</p><img src=\"data:image/jpeg;base64,{}\">\r\n",
        lines.join("\r\n")
    )
}

/// A PNG that says it is as large as a field, and has nothing in it.
fn bomb() -> Vec<u8> {
    let mut png = picture("page.png");
    png[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    let sum = crc32fast::hash(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

fn quarantined(gate: &Gate) -> Vec<Value> {
    gate.home.list(&["quarantine", "list"])
}

fn scanned(gate: &Gate, raw: &str) -> Value {
    let file = gate.home.path("one.eml");
    fs::write(&file, raw).unwrap();
    gate.home.list(&["scan", file.to_str().unwrap()]).remove(0)
}

fn excerpts(line: &Value, category: &str) -> Vec<String> {
    let findings = line["findings"].as_array().unwrap().iter().filter(|f| f["category"] == category);
    findings.map(|f| f["excerpt"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_listed_picture_is_sealed_whatever_form_it_comes_in_and_nobody_gets_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("given.pdq.txt");
    write_list(&list, &format!("# of our own\n{}\n", listed()));
    let more = format!("[[picture-list]]\nname = \"given\"\nfile = \"{}\"\n", list.display());
    let gate = Gate::new(Door::Relay, Setup { more, ..Setup::default() });

    // Whatever form it comes in.
    let scene = picture("scene.jpg");
    let letter = with_file(OUTSIDE, STRANGER, "See.", JPEG, &scene);
    let attached = |(name, kind), file: &[u8]| with_file(STRANGER, TEACHER, "hello", (name, kind), file);
    let forms = [
        ("as it is", attached(JPEG, &scene)),
        ("re-encoded", attached(JPEG, &picture("scene-progressive.jpg"))),
        ("turned", attached(JPEG, &picture("scene-turned-by-exif.jpg"))),
        ("at half its size", attached(("a.dat", "application/octet-stream"), &picture("scene-half.jpg"))),
        ("larger", attached(("a.webp", "image/webp"), &picture("scene-larger.webp"))),
        ("in a document", attached(("trip.docx", "application/octet-stream"), &docx(&scene))),
        (
            "in an archive",
            attached(("trip.zip", "application/zip"), &zipped(&[("in.zip", &zipped(&[("a", &scene)]))])),
        ),
        ("in a letter", attached(("letter.eml", "application/octet-stream"), letter.as_bytes())),
        ("in a page", page(&scene)),
    ];
    for (at, (form, raw)) in forms.iter().enumerate() {
        assert!(gate.send_unproved(STRANGER, &[TEACHER], raw).starts_with("250"), "{form}");
        let items = quarantined(&gate);
        assert_eq!(items.len(), at + 1, "{form} passed");
        assert!(items.iter().all(|i| i["state"] == "sealed"), "{form}: {items:?}");
    }
    let is_alert = |of: &str| {
        let of = of.to_owned();
        move |d: &crate::sink::Delivery| d.is_for(LEAD) && d.text().contains(&of)
    };
    gate.sink.wait_for_one(is_alert("file.illegal-image"));

    // What is on no list goes its way, and so does what cannot be compared; a bomb harms nobody.
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    for file in [picture("plot.webp"), heic.clone(), bomb(), picture("shapes.webp")] {
        assert!(gate.send_unproved(STRANGER, &[TEACHER], &attached(JPEG, &file)).starts_with("250"));
    }
    assert_eq!(quarantined(&gate).len(), forms.len());
    let passed = |d: &crate::sink::Delivery| d.is_for(TEACHER);
    assert_eq!(gate.sink.deliveries().iter().filter(|d| passed(d)).count(), 4);
    let said = scanned(&gate, &attached(JPEG, &bomb()));
    assert!(excerpts(&said, "file.not-inspected").iter().any(|e| e.contains("picture-pixels")), "{said}");
    let said = scanned(&gate, &attached(JPEG, &heic));
    assert!(excerpts(&said, "file.not-inspected").iter().any(|e| e.contains("not supported")), "{said}");
    assert_eq!(said["disposition"], "deliver");
    let said = scanned(&gate, &attached(JPEG, &scene));
    let found = excerpts(&said, "file.illegal-image");
    assert!(found.len() == 1 && found[0].starts_with("suspected match: list given"), "{said}");
    assert_eq!(said["disposition"], "quarantine");

    // A call for help in it stops no less, and is told all the same.
    let cry = with_file(PUPIL, TEACHER, "I want to kill myself.", JPEG, &scene);
    assert!(gate.send(PUPIL, &[TEACHER], &cry).starts_with("250"));
    assert_eq!(quarantined(&gate).len(), forms.len() + 1);
    gate.sink.wait_for_one(is_alert("harm.self-harm"));

    nobody_gets_at_it(&gate);

    // A faulty list never is in force.
    write_list(&list, &format!("{}\n{}\n", listed(), &listed()[1..]));
    gate.serving.signal("HUP");
    let refused = gate.serving.wait_log("gate.reload-refused");
    assert!(refused.contains("given.pdq.txt:2: "), "{refused}");
    let before = quarantined(&gate).len();
    assert!(gate.send_unproved(STRANGER, &[TEACHER], &attached(JPEG, &scene)).starts_with("250"));
    assert_eq!(quarantined(&gate).len(), before + 1, "the one before stays");
    // Another one is, and the ledger has both.
    write_list(&list, &format!("{}\n", "0123456789abcdef".repeat(4)));
    gate.serving.signal("HUP");
    gate.serving.wait_log("gate.reloaded");
    let rows = gate.home.list(&["ledger", "list", "--event", "list.pictures-loaded"]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().all(|r| r["details"].as_str().unwrap().contains("pdq=1")), "{rows:?}");
    assert_ne!(rows[0]["details"], rows[1]["details"]);
    assert!(gate.send_unproved(STRANGER, &[TEACHER], &attached(JPEG, &scene)).starts_with("250"));
    assert_eq!(quarantined(&gate).len(), before + 1, "it is on the list no more");
    nothing_of_the_list_is_told(&gate);
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

/// Neither by the command line nor, as `console::grave` shows of what is sealed, by the pages.
fn nobody_gets_at_it(gate: &Gate) {
    let id = quarantined(gate)[0]["id"].as_str().unwrap().to_owned();
    let shown = gate.home.run(&["quarantine", "show", &id, "--purpose", "safeguarding"]);
    assert!(shown.out.contains("a suspected match, never a fact"), "{}{}", shown.out, shown.err);
    for hidden in [STRANGER, TEACHER, "photo.jpg", "hello", &listed()] {
        assert!(!shown.out.contains(hidden), "{hidden}");
    }
    for words in [
        &["release", &id, "--reason", "x"][..],
        &["dismiss", &id, "--reason", "x"],
        &["raw", &id, "--purpose", "safeguarding"],
        &["export", &id, "--purpose", "safeguarding"],
        &["purge", &id, "--reason", "x"],
    ] {
        let said = gate.home.run(&[&["quarantine"], words].concat());
        assert!(said.code() != 0 && said.out.is_empty(), "{words:?}: {}", said.out);
    }
    assert!(quarantined(gate).iter().all(|i| i["state"] == "sealed"));
}

fn nothing_of_the_list_is_told(gate: &Gate) {
    let mut told: Vec<String> = gate.sink.deliveries().iter().map(|d| d.text()).collect();
    told.extend(gate.serving.log());
    for words in [&["ledger", "list", "--limit", "1000"][..], &["doctor"], &["quarantine", "list"]] {
        let said = gate.home.run(words);
        told.extend([said.out, said.err]);
    }
    for text in told {
        assert!(!text.contains(&listed()) && !text.contains(&listed()[..16]), "{text}");
    }
    let notices = gate.sink.deliveries();
    let notices = notices.iter().filter(|d| d.is_for(LEAD) || d.is_for(HEAD));
    assert!(notices.clone().count() > 1);
    notices.for_each(|d| assert!(!d.text().contains("photo.jpg") && !d.text().contains(STRANGER)));
}
