//! Bombs through the real door: files that would be endless to whoever reads them without a limit, one after the other to
//! one gate with its sandbox on. Each message is answered, the next one is read as ever, and what was not read is told.

mod make;

use crate::{
    dangers::HEALTH,
    gate::{Door, Gate, Home, OUTSIDE, RELAY, Setup, TEACHER, hop, mail},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use make::Bomb;
use std::{collections::BTreeSet, env, fs, path::Path};

/// Of a worker: far below the default, so that tests are short. What needs more ends there.
const LIMITS: &str =
    "[files]\nmemory = \"256 MB\"\ncpu = \"1s\"\ntime = \"20s\"\nworkers = 1\ntext-size = \"200 KB\"\n";

fn with_file(name: &str, bytes: &[u8]) -> String {
    let plain = mail(TEACHER, OUTSIDE, "The trip", "");
    let (header, _) = plain.split_once("Content-Type:").unwrap();
    let packed = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        packed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "{header}Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n\
         --edge\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--edge--\r\n",
        lines.join("\r\n")
    )
}

/// Those whose reader comes to their end, for it does not do what they ask: there is nothing to tell.
const READ_WHOLE: &[&str] = &[
    "bin.rtf",
    "laughs.docx",
    "repeated.ods",
    "ranges.pdf",
    "shelf.pdf",
    "deep.rtf",
    "header.eml",
    "fields.eml",
    "properties.dat",
    "many.mbox",
    "line.csv",
    "quote.csv",
    "tags.html",
    "attributes.html",
    "groups.svg",
    "folded.ics",
    "areas.pdf",
];

#[test]
fn each_bomb_ends_and_the_next_message_is_read() {
    let gate = Gate::new(Door::Relay, Setup { more: LIMITS.to_owned(), ..Setup::default() });
    let bombs = make::all();
    assert!(bombs.len() > 45);
    assert_eq!(bombs.iter().map(|bomb| bomb.name).collect::<BTreeSet<_>>().len(), bombs.len());
    let folder = gate.home.path("bombs");
    fs::create_dir(&folder).unwrap();
    for (number, Bomb { name, bytes, .. }) in bombs.iter().enumerate() {
        let raw = with_file(name, bytes);
        // One of each sort goes the whole way; all are read by `scan` below, in workers of the same kind.
        if number % 5 == 2 {
            assert!(gate.send(TEACHER, &[OUTSIDE], &raw).starts_with("250"), "{name}");
        }
        fs::write(folder.join(format!("{number:02}.eml")), &raw).unwrap();
        // For whoever measures them (docs/performance.md).
        if let Some(kept) = env::var_os("GATEHOUSE_BOMBS") {
            fs::write(Path::new(&kept).join(format!("{number:02}-{name}.eml")), &raw).unwrap();
        }
    }
    // What is read afterwards is read as ever, by the same workers.
    let next = with_file("notes.txt", HEALTH.as_bytes());
    assert!(gate.send(TEACHER, &[OUTSIDE], &next).starts_with("250"));
    assert_eq!(gate.home.only("hold", "open")["category"], "personal-data.health");

    let said = gate.home.run(&["--format", "jsonl", "scan", "--signed-in", folder.to_str().unwrap()]);
    for (bomb, line) in bombs.iter().zip(said.lines()) {
        assert!(line["error"].is_null(), "{} {line}", bomb.name);
        let told = line["findings"].as_array().unwrap().iter().any(|finding| {
            ["file.not-inspected", "file.ambiguous"].contains(&finding["category"].as_str().unwrap())
        });
        assert!(told || READ_WHOLE.contains(&bomb.name), "{} {}: {line}", bomb.name, bomb.what);
    }
}

/// Each limit of the configuration that bounds what is read of a message: set low, it is met and told by its name.
#[test]
fn what_the_configuration_sets_holds() {
    let more = "[limits]\ndepth = 4\nheader-size = \"16 KB\"\npage-elements = 1000\n[files]\ndictionary = \"1 MB\"\n";
    let nowhere = hop("own", "*", ([127, 0, 0, 1], 9).into());
    let home =
        Home::new(&Setup { more: more.to_owned(), doors: RELAY.into(), hops: nowhere, ..Setup::default() });
    let folder = home.path("limited");
    fs::create_dir(&folder).unwrap();
    let head = "From: a@oakfield.example\r\nTo: b@elsewhere.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n";
    let deep = (0..8).rev().fold("\r\nend\r\n".to_owned(), |inner, level| {
        format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{inner}\r\n--b{level}--\r\n")
    });
    let moved = "<span style='position:relative;left:9px'>12</span>".repeat(2000);
    for (name, raw) in [
        ("depth", format!("{head}{deep}")),
        ("header", format!("{head}X-Long: {}\r\n\r\nend\r\n", "x ".repeat(20_000))),
        ("layout", format!("{head}Content-Type: text/html\r\n\r\n<p>{moved}</p>\r\n")),
        ("dictionary", with_file("one.lzma", &[&b"\x5d\0\0\0\x08"[..], &[0xff; 8], &[0; 64]].concat())),
        ("none", format!("{head}\r\nend\r\n")),
    ] {
        fs::write(folder.join(format!("{name}.eml")), raw).unwrap();
    }
    let said = home.run(&["--format", "jsonl", "scan", folder.to_str().unwrap()]);
    let lines = said.lines();
    assert_eq!(lines.len(), 5, "{}", said.err);
    for line in lines {
        let name = line["path"].as_str().unwrap().rsplit('/').next().unwrap().trim_end_matches(".eml");
        let told = line["findings"].as_array().unwrap().iter().any(|finding| {
            finding["category"] == "file.not-inspected"
                && finding["excerpt"].as_str().unwrap().ends_with(&format!(": {name}"))
        });
        assert_eq!(told, name != "none", "{line}");
    }
}
