//! The command line as other programs and people rely on it: exit statuses, lines, what
//! is changed and what is not.

use crate::{
    dangers::{GROOMING, HEALTH},
    debian::program,
    gate::{DOORS, Gate, Home, OUTSIDE, PUPIL, RELAY, ROOT, Setup, TEACHER, hop, mail},
    golden,
    mutations::mutated,
    sink::Sink,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use std::{collections::BTreeSet, fs, process::Stdio};

fn home() -> Home {
    Home::new(&Setup {
        doors: RELAY.into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        ..Setup::default()
    })
}

/// In the order of the design page; programs outside the project read them.
const LINE: [&str; 12] = [
    "path",
    "index",
    "message_id",
    "school",
    "direction",
    "relations",
    "protection",
    "disposition",
    "groups",
    "actions",
    "findings",
    "elapsed_us",
];
const GROUP: [&str; 3] = ["recipients", "relation", "disposition"];
const FINDING: [&str; 10] =
    ["rule", "category", "area", "severity", "confidence", "clauses", "part", "offset", "length", "excerpt"];

fn has(value: &Value, keys: &[&str]) {
    let there: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(keys.iter().all(|k| there.contains(k)), "{there:?}");
}

#[test]
fn scan_prints_one_line_for_each_message_in_the_order_of_the_input() {
    let home = home();
    let folder = home.path("mail");
    fs::create_dir_all(folder.join("below")).unwrap();
    let number = |n: usize| {
        let text = if n.is_multiple_of(7) { HEALTH } else { "All is well." };
        mail(TEACHER, OUTSIDE, &format!("number {n}"), text)
    };
    for n in 0..150 {
        fs::write(folder.join(format!("{n:03}.eml")), number(n)).unwrap();
    }
    let mbox: String =
        (150..160).map(|n| format!("From x Mon Nov  2 10:00:00 2026\n{}\n", number(n))).collect();
    fs::write(folder.join("below/box.mbox"), mbox.replace("\r\n", "\n")).unwrap();
    fs::write(folder.join("zz-empty.eml"), "").unwrap();
    let said = home.run(&["--format", "jsonl", "scan", folder.to_str().unwrap(), "/nowhere/at/all.eml"]);
    let lines = said.lines();
    assert!(said.err.contains("2 could not be read"), "{}", said.err);
    let errors: Vec<&Value> = lines.iter().filter(|l| l.get("error").is_some()).collect();
    assert_eq!(errors.len(), 2);
    assert!(errors.iter().all(|e| e["path"].is_string() && e["index"] == 0), "{errors:?}");
    assert_eq!(lines.last().unwrap()["path"], "/nowhere/at/all.eml");
    let read: Vec<&Value> = lines.iter().filter(|l| l.get("error").is_none()).collect();
    assert_eq!(read.len(), 160);
    for (at, line) in read.iter().enumerate() {
        has(line, &LINE);
        assert!(line["groups"].as_array().unwrap().iter().all(|g| g["recipients"][0] == OUTSIDE));
        line["groups"].as_array().unwrap().iter().for_each(|g| has(g, &GROUP));
        line["findings"].as_array().unwrap().iter().for_each(|f| has(f, &FINDING));
        let path = line["path"].as_str().unwrap();
        if let Some(name) = path.strip_suffix(".eml") {
            let n: usize = name.rsplit('/').next().unwrap().parse().unwrap();
            // A file proves nobody, so a hold is a quarantine.
            let expected = if n.is_multiple_of(7) { "quarantine" } else { "deliver" };
            assert_eq!(line["disposition"], expected, "{path}");
            assert_eq!(
                (line["school"].as_str(), line["direction"].as_str()),
                (Some("oakfield"), Some("outbound"))
            );
        } else {
            assert_eq!(
                line["index"].as_u64().unwrap(),
                u64::try_from(at).unwrap() - at_of(&read, path),
                "{path}"
            );
        }
    }
    let eml: Vec<&str> =
        read.iter().filter_map(|l| l["path"].as_str()).filter(|p| p.ends_with(".eml")).collect();
    assert!(eml.is_sorted(), "in the order of the input");
    // As written: the order of the keys.
    let first = said.out.lines().next().unwrap();
    let places: Vec<usize> = LINE.iter().map(|k| first.find(&format!("\"{k}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{first}");
}

/// A line in the form that docs/scan.md gives, every key with a value of its kind.
fn in_documented_form(line: &Value) -> bool {
    let text = |v: &Value| v.is_string();
    let perhaps = |v: &Value| v.is_string() || v.is_null();
    let texts = |v: &Value| v.as_array().is_some_and(|a| a.iter().all(Value::is_string));
    let one_of = |v: &Value, words: &[&str]| v.as_str().is_some_and(|v| words.contains(&v));
    let disposition = |v: &Value| one_of(v, &["deliver", "hold", "quarantine", "refuse"]);
    let group = |g: &Value| {
        has(g, &GROUP);
        texts(&g["recipients"]) && text(&g["relation"]) && disposition(&g["disposition"])
    };
    let finding = |f: &Value| {
        has(f, &FINDING);
        one_of(&f["area"], &["content", "contact", "conduct", "commerce"])
            && one_of(&f["severity"], &["low", "medium", "high", "critical"])
            && f["confidence"].as_f64().is_some_and(|c| (0.0..=1.0).contains(&c))
            && [&f["rule"], &f["category"], &f["part"], &f["excerpt"]].into_iter().all(text)
            && texts(&f["clauses"])
            && f["offset"].is_u64()
            && f["length"].is_u64()
    };
    has(line, &LINE);
    text(&line["path"])
        && line["index"].is_u64()
        && perhaps(&line["message_id"])
        && perhaps(&line["school"])
        && one_of(&line["direction"], &["inbound", "outbound", "internal"])
        && texts(&line["relations"])
        && one_of(&line["protection"], &["none", "password", "smime", "pgp"])
        && disposition(&line["disposition"])
        && line["groups"].as_array().is_some_and(|g| g.iter().all(group))
        && texts(&line["actions"])
        && line["findings"].as_array().is_some_and(|f| f.iter().all(finding))
        && line["elapsed_us"].is_u64()
}

/// Whatever a file holds, it is read or it says why not; nobody's mistake ends the scan.
#[test]
fn scan_of_damaged_mail_gives_one_line_in_documented_form_for_each() {
    let (home, mut random) = (home(), StdRng::seed_from_u64(20_261_122));
    let folder = home.path("mail");
    fs::create_dir(&folder).unwrap();
    let mut count = 0;
    for kind in ["rfc", "legacy", "malformed", "html", "quotes"] {
        for path in golden::messages(kind) {
            let raw = fs::read(&path).unwrap();
            for round in 0..12 {
                let raw = if round == 0 { raw.clone() } else { mutated(&raw, &mut random) };
                // Some begin like an mbox, which is then several messages of one file.
                if raw.starts_with(b"From ") || raw.is_empty() {
                    continue;
                }
                fs::write(folder.join(format!("{count:04}.eml")), raw).unwrap();
                count += 1;
            }
        }
    }
    for (name, raw) in [
        ("nul", vec![0; 70_000]),
        ("one-line", vec![b'x'; 3_000_000]),
        ("noise", (0..100_000).map(|_| random.random()).collect()),
        ("ends-in-cr", b"Subject: x\r\n\r\nx\r".to_vec()),
        ("only-breaks", b"\n".repeat(50_000)),
        ("only-colons", b":".repeat(200_000)),
        ("deep", [b"Content-Type: message/rfc822\n\n".repeat(5_000), b"x".to_vec()].concat()),
        (
            "many",
            b"Content-Type: multipart/mixed; boundary=b\n\n"
                .iter()
                .chain(&b"--b\n\nx\n".repeat(20_000))
                .copied()
                .collect(),
        ),
    ] {
        fs::write(folder.join(format!("{name}.eml")), raw).unwrap();
        count += 1;
    }
    let said = home.run(&["--format", "jsonl", "scan", folder.to_str().unwrap()]);
    let lines = said.lines();
    assert_eq!(lines.len(), count, "{}", said.err);
    let paths: BTreeSet<&str> = lines.iter().filter_map(|l| l["path"].as_str()).collect();
    assert_eq!(paths.len(), count, "one line for each file");
    for (line, text) in lines.iter().zip(said.out.lines()) {
        assert!(line.get("error").is_none() && in_documented_form(line), "{text}");
    }
    assert!(!said.err.contains("panic"), "{}", said.err);
}

fn at_of(lines: &[&Value], path: &str) -> u64 {
    lines.iter().position(|l| l["path"] == path).unwrap() as u64
}

#[test]
fn scan_says_by_its_status_what_was_reached() {
    let home = home();
    let file = home.path("one.eml");
    fs::write(&file, mail(TEACHER, OUTSIDE, "About noon", HEALTH)).unwrap();
    let file = file.to_str().unwrap();
    for (args, code) in [
        (vec!["scan", file], 0),
        (vec!["scan", file, "--fail-on", "quarantine"], 1),
        (vec!["scan", file, "--fail-on", "refuse"], 0),
        (vec!["scan", file, "--signed-in", "--fail-on", "quarantine"], 0),
        (vec!["scan", file, "--signed-in", "--fail-on", "hold"], 1),
        (vec!["scan", file, "--signed-in", "--to", "d.price@oakfield.example", "--fail-on", "hold"], 0),
        (vec!["scan", "/nowhere/at/all.eml", file], 0),
        (vec!["scan", "/nowhere/at/all.eml"], 2),
        (vec!["scan", file, "--from", "no address"], 2),
        (vec!["scan", file, "--fail-on", "nonsense"], 2),
        (vec!["scan"], 2),
        (vec!["frobnicate"], 2),
    ] {
        assert_eq!(home.run(&args).code(), code, "{args:?}");
    }
    // From standard input.
    let mut command = home.command(&["--format", "jsonl", "scan", "-"]);
    let child = command.stdin(fs::File::open(file).unwrap()).stdout(Stdio::piped()).stderr(Stdio::null());
    let out = child.spawn().unwrap().wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((line["path"].as_str(), line["disposition"].as_str()), (Some("-"), Some("quarantine")));
}

#[test]
fn a_wrong_configuration_is_told_all_at_once_with_line_and_hint() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gatehouse.toml");
    let wrong = "hostname = \"gate\"\nmode = \"enforcing\"\ncolour = \"blue\"\n[milter]\nlisten = [\"nowhere\"]\n\
        [limits]\nmessage-size = \"50\"\n";
    fs::write(&file, wrong).unwrap();
    let run = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse"))
            .arg("--config")
            .arg(&file)
            .args(args)
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap() + &String::from_utf8(out.stdout).unwrap())
    };
    for args in [&["scan", "x.eml"][..], &["serve"], &["hold", "list"], &["ledger", "verify"]] {
        let (code, said) = run(args);
        assert_eq!(code, Some(2), "{args:?}");
        for place in [":1:", ":2:", ":3:", ":5:", ":7:"] {
            assert!(said.contains(&format!("gatehouse.toml{place}")), "{place} in {said}");
        }
        assert!(said.contains("Did you mean \"enforce\"?") && said.contains("no `keys`"), "{said}");
    }
    let (code, said) = run(&["doctor"]);
    assert!(code == Some(1) && said.contains("FAULT") && said.contains(":3:"), "{code:?} {said}");
    fs::remove_file(&file).unwrap();
    assert_eq!(run(&["scan", "x.eml"]).0, Some(2));
}

const RULE: &str = "
[[detect]]
id = \"test.word\"
category = \"harm.profanity\"
area = \"conduct\"
severity = \"low\"
confidence = 0.9
languages = [\"en\"]
clauses = [\"OF-1\"]
reason = \"It contains the word.\"
words = [\"flibbertigibbet\"]
examples.hit = [\"You flibbertigibbet.\"]
examples.miss = [\"You there.\"]
";

#[test]
fn the_shipped_rules_agree_with_their_examples() {
    let said = home().run(&["rules", "check"]);
    assert_eq!(said.code(), 0, "{}{}", said.out, said.err);
}

#[test]
fn rules_check_runs_every_example() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("r.toml");
    let check = |text: String| {
        fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        let out = command.args(["--format", "jsonl", "rules", "check"]).arg(&file).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, out, _) = check(RULE.into());
    let line: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &line["detection_rules"], &line["examples"]), (Some(0), &1.into(), &2.into()));
    let (code, _, err) = check(RULE.replace("You there.", "A flibbertigibbet."));
    assert!(code == Some(1) && err.contains("r.toml:13:") && err.contains("miss"), "{code:?} {err}");
    let (code, _, err) = check(RULE.replace("You flibbertigibbet.", "You."));
    assert!(code == Some(1) && err.contains("r.toml:12:") && err.contains("hit"), "{code:?} {err}");
    // A file that is wrong as such is no set of rules at all.
    let (code, _, err) = check(format!("{RULE}\n{RULE}colour = \"blue\"\n"));
    assert!(code == Some(2) && err.contains("colour") && err.contains("test.word"), "{code:?} {err}");
}

#[test]
fn rules_explain_says_for_each_rule_why_or_why_not() {
    let home = home();
    let file = home.path("one.eml");
    fs::write(&file, mail(TEACHER, OUTSIDE, "About noon", HEALTH)).unwrap();
    let said = home.run(&["rules", "explain", "--signed-in", file.to_str().unwrap()]);
    assert_eq!(said.code(), 0, "{}", said.err);
    for part in [
        "Sender: staff, a person of the directory",
        "pd.health-beside-pupil",
        &format!("To {OUTSIDE}: hold"),
        "+ personal-data.hold-special: hold",
        "- contact.quarantine-grooming: the sender is staff",
    ] {
        assert!(said.out.contains(part), "{part} in {}", said.out);
    }
    let lines = home.list(&["rules", "explain", "--signed-in", file.to_str().unwrap()]);
    let rules = lines[0]["recipients"][0]["rules"].as_array().unwrap();
    assert!(rules.len() > 50 && rules.iter().all(|r| r["applies"] == true || r["why_not"].is_string()));
    assert_eq!(home.run(&["rules", "explain", "/nowhere.eml"]).code(), 2);
}

#[test]
fn directory_import_shows_asks_and_swaps_in_whole() {
    let home = home();
    let people = || {
        let lines = home.list(&["directory", "show"]);
        lines.iter().map(|l| l["people"].as_u64().unwrap()).sum::<u64>()
    };
    let before = people();
    // The same again changes nothing.
    let same = home.run(&["directory", "import", &format!("{ROOT}/demo/directory")]);
    assert!(same.code() == 0 && same.out.contains("0 added, 0 removed"), "{}", same.out);
    let plain = home.path("few.csv");
    fs::write(
        &plain,
        "id,given,family,role,school,email\nx1,Ann,Lee,staff,oakfield,a.lee@oakfield.example\n",
    )
    .unwrap();
    let plain = plain.to_str().unwrap();
    let dry = home.run(&["directory", "import", plain, "--dry-run"]);
    assert!(dry.code() == 0 && dry.err.contains("--dry-run"), "{} {}", dry.out, dry.err);
    assert_eq!(people(), before);
    let asked = home.run(&["directory", "import", plain]);
    assert!(asked.code() == 2 && asked.err.contains("--confirm-removals"), "{}", asked.err);
    assert_eq!(people(), before);
    let faulty = home.path("faulty.csv");
    fs::write(&faulty, "id,given,family,role,school,email\nx1,Ann,Lee,wizard,nowhere,nothing\n").unwrap();
    let refused = home.run(&["directory", "import", faulty.to_str().unwrap(), "--confirm-removals"]);
    assert!(refused.code() == 2 && refused.err.contains("faulty.csv:2"), "{}", refused.err);
    assert_eq!(people(), before);
    assert_eq!(home.run(&["directory", "import", plain, "--confirm-removals"]).code(), 0);
    assert_eq!(people(), 1);
}

#[test]
fn items_are_listed_shown_and_decided() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        let held = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
        assert!(gate.send(TEACHER, &[OUTSIDE], &held).starts_with("250"));
        let wicked = mail("friend@freemail.example", PUPIL, "hi", GROOMING);
        assert!(gate.send_unproved("friend@freemail.example", &[PUPIL], &wicked).starts_with("250"));
        let unread = mail(TEACHER, OUTSIDE, "Other", HEALTH);
        assert!(gate.send_unproved(TEACHER, &[OUTSIDE], &unread).starts_with("250"));
        let before = gate.sink.wait_for(3).len();
        let run = |args: &[&str]| gate.home.run(args);
        let id_of = |kind: &str, category: &str| {
            let items = gate.home.list(&[kind, "list"]);
            let item = items.iter().find(|i| i["category"] == category).unwrap();
            item["id"].as_str().unwrap().to_owned()
        };
        let (hold, grooming) =
            (id_of("hold", "personal-data.health"), id_of("quarantine", "contact.grooming"));
        // Of a hold nobody but its sender sees content.
        let shown = gate.home.list(&["hold", "show", &hold]);
        assert_eq!(
            (&shown[0]["id"], &shown[0]["findings"][0]["excerpt"]),
            (&hold.clone().into(), &Value::Null)
        );
        let as_table = run(&["hold", "show", &hold]);
        for word in ["epilepsy", "Amelia", "About noon", OUTSIDE] {
            assert!(!as_table.out.contains(word), "{}", as_table.out);
        }
        assert_eq!(run(&["quarantine", "show", &hold, "--raw", "--purpose", "facts"]).code(), 2);
        assert_eq!(run(&["quarantine", "release", &hold, "--reason", "nosy"]).code(), 2);
        assert_eq!(run(&["hold", "show", "0000000000"]).code(), 2);
        assert_eq!(run(&["hold", "show", "no such thing"]).code(), 2);
        // A reviewer reads, and the ledger knows.
        let raw = run(&["quarantine", "show", &grooming, "--raw", "--purpose", "safeguarding"]);
        assert_eq!((raw.code(), raw.out.as_str()), (0, wicked.as_str()));
        assert_eq!(run(&["quarantine", "show", &grooming, "--raw"]).code(), 2, "no purpose");
        let words = run(&["quarantine", "show", &grooming, "--raw", "--purpose", "nosy"]);
        assert!(
            words.code() == 2 && words.err.contains("unauthorised-use"),
            "the list is said: {}",
            words.err
        );
        let rows = run(&["ledger", "export"]).out;
        let looks = rows
            .lines()
            .filter(|l| {
                l.contains(&grooming) && l.contains("item.bytes-viewed") && l.contains("safeguarding")
            })
            .count();
        assert!(looks >= 1, "{rows}");
        // Back to its sender, in words that the sender may hear.
        assert_eq!(run(&["hold", "return", &hold, "--reason", "asked to"]).code(), 0);
        let back = gate.sink.wait_for(before + 1).pop().unwrap();
        assert!(back.is_for(TEACHER) && back.text().contains("Your message was not sent"), "{}", back.text());
        assert_eq!(run(&["quarantine", "keep", &grooming, "--reason", "evidence"]).code(), 0);
        let state = |kind: &str, id: &str| {
            let items = gate.home.list(&[kind, "list"]);
            items.iter().find(|i| i["id"] == id).unwrap()["state"].clone()
        };
        assert_eq!(
            (state("hold", &hold), state("quarantine", &grooming)),
            ("returned".into(), "kept-as-evidence".into())
        );
        assert_eq!(run(&["hold", "release", &hold, "--reason", "late"]).code(), 2);
        let other = id_of("quarantine", "personal-data.health");
        let advice = ["quarantine", "return", &other, "--advice", "Sign in first", "--reason", "unproved"];
        assert_eq!(run(&advice).code(), 0);
        let back = gate.sink.wait_for(before + 2).pop().unwrap();
        assert!(back.is_for(TEACHER) && back.text().contains("Advice: Sign in first"), "{}", back.text());
    }
}

#[test]
fn the_ledger_tells_when_it_was_tampered_with() {
    let sink = Sink::start();
    let setup = || Setup { doors: RELAY.into(), hops: hop("own", "*", sink.address), ..Setup::default() };
    let home = Home::new(&setup());
    assert!(home.serve().stop().success());
    let good = home.list(&["ledger", "verify"]);
    assert_eq!((&good[0]["ok"], &good[0]["sealed"]), (&true.into(), &true.into()));
    let rows = good[0]["rows"].as_u64().unwrap();
    assert!(rows >= 2);
    let export = home.path("ledger.jsonl");
    fs::write(&export, home.run(&["ledger", "export"]).out).unwrap();
    assert_eq!(home.run(&["ledger", "verify", export.to_str().unwrap()]).code(), 0);
    let text = fs::read_to_string(&export).unwrap();
    fs::write(&export, text.replacen("directory.imported", "directory.exported", 1)).unwrap();
    assert_eq!(home.run(&["ledger", "verify", export.to_str().unwrap()]).code(), 1);
    let sql = program("sqlite3")
        .arg(home.path("data/gatehouse.db"))
        .arg("DROP TRIGGER ledger_is_never_changed; UPDATE ledger SET at = at + 1 WHERE n = 1")
        .status();
    assert!(sql.unwrap().success());
    let bad = home.run(&["--format", "jsonl", "ledger", "verify"]);
    let line: Value = serde_json::from_str(&bad.out).unwrap();
    assert_eq!((bad.code(), &line["ok"], &line["row"]), (1, &false.into(), &1.into()));
}

/// A share, a web service and the outbox each get the head; only what lies there shows that the end of
/// the ledger was cut off. Who asked for a reload, and why, stands beside what it changed.
#[test]
fn heads_lie_outside_and_changes_have_a_reason() {
    let sink = Sink::start();
    let web = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let share = tempfile::tempdir().unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "t0ken\n").unwrap();
    let anchors = format!(
        "[[anchor]]\nname = \"share\"\nfolder = \"{}\"\n[[anchor]]\nname = \"web\"\nurl = \"http://{}/x\"\n\
         token = {{ file = \"{}\" }}\n[[anchor]]\nname = \"county\"\nmail = \"keeper@county.example\"\n",
        share.path().display(),
        web.local_addr().unwrap(),
        secret.path().display()
    );
    let setup = || Setup {
        doors: RELAY.into(),
        hops: hop("own", "*", sink.address),
        more: anchors.clone(),
        ..Setup::default()
    };
    let home = Home::new(&setup());
    let posted = std::thread::spawn(move || {
        let mut stream = web.accept().unwrap().0;
        let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
        while !seen.ends_with(b"}") {
            let n = std::io::Read::read(&mut stream, &mut piece).unwrap();
            seen.extend_from_slice(&piece[..n]);
        }
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        String::from_utf8(seen).unwrap()
    });
    let serving = home.serve();
    let posted = posted.join().unwrap();
    assert!(
        posted.contains("authorization: Bearer t0ken") && posted.contains("gatehouse-ledger-head"),
        "{posted}"
    );
    let mail = sink.wait_for(1).pop().unwrap();
    assert!(mail.is_for("keeper@county.example"));
    fs::write(home.path("mail.eml"), mail.text()).unwrap();

    // Another setting, taken up with a reason.
    let file = fs::read_to_string(home.path("gatehouse.toml")).unwrap();
    fs::write(home.path("gatehouse.toml"), format!("{file}\n[limits]\nparts = 500\n")).unwrap();
    assert_eq!(home.run(&["reload", "--why", "too many pictures"]).code(), 0);
    let changes = home.list(&["ledger", "changes"]);
    let parts =
        changes.iter().find(|c| c["subject"] == "setting/limits.parts").expect("the change has a row");
    assert_eq!(parts["reason"], "too many pictures");
    assert!(
        parts["who"].as_str().unwrap().starts_with("account ")
            && parts["details"].as_str().unwrap().contains("to=500")
    );
    assert!(serving.stop().success());

    let places = home.list(&["ledger", "anchors"]);
    assert!(places.len() == 3 && places.iter().all(|p| p["state"] == "good"), "{places:?}");
    // The system lets nobody make a file there.
    let file = fs::read_to_string(home.path("gatehouse.toml")).unwrap();
    let closed = file.replace(share.path().to_str().unwrap(), "/proc");
    fs::write(home.path("closed.toml"), closed).unwrap();
    let doctor = crate::gate::Said::by(&mut home.command_by("closed.toml", &["doctor"]));
    assert!(doctor.out.contains("nothing can be written into /proc"), "{}", doctor.out);
    assert!(!home.run(&["doctor"]).out.contains("nothing can be written"));
    let (share, mail) = (share.path().to_str().unwrap().to_owned(), home.path("mail.eml"));
    let verify = ["ledger", "verify", "--anchors", &share, "--anchors", mail.to_str().unwrap()];
    let good = home.list(&verify);
    assert_eq!((&good[0]["ok"], &good[0]["anchors"]), (&true.into(), &2.into()));
    // An export of an earlier day stands for a ledger whose end was cut off with every key at hand.
    let key = good[0]["key"].as_str().unwrap();
    assert_eq!(home.run(&["ledger", "verify", "--public-key", key]).code(), 0);
    assert_eq!(home.run(&["ledger", "verify", "--public-key", &"0".repeat(64)]).code(), 1);
    let edited = fs::read_to_string(&mail).unwrap().replace("\"rows\":", "\"rows\":9");
    fs::write(&mail, edited).unwrap();
    assert_eq!(home.run(&verify).code(), 1);
}

#[test]
fn keys_are_made_once_and_stay_private() {
    let home = home();
    for kind in ["working", "records", "recovery"] {
        let file = home.path(&format!("new-{kind}.key"));
        let path = file.to_str().unwrap();
        let made = home.run(&["keys", "generate", kind, path]);
        assert!(made.code() == 0 && made.out.starts_with("age1"), "{} {}", made.out, made.err);
        assert!(!made.out.contains("SECRET") && !made.err.contains("SECRET"));
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let before = fs::read(&file).unwrap();
        assert_eq!(home.run(&["keys", "generate", kind, path]).code(), 2, "never overwritten");
        assert_eq!(fs::read(&file).unwrap(), before);
    }
    assert_eq!(home.run(&["keys", "show"]).code(), 0);
    fs::remove_file(home.path("working.key")).unwrap();
    assert_eq!(home.run(&["keys", "show"]).code(), 2);
    assert_eq!(home.run(&["serve"]).code(), 2, "without its key nothing is served");
}

#[test]
fn doctor_names_what_is_not_in_place() {
    let sink = Sink::start();
    let setup = |address| Setup { doors: RELAY.into(), hops: hop("own", "*", address), ..Setup::default() };
    let home = Home::new(&setup(sink.address));
    let good = home.run(&["doctor"]);
    assert_eq!(good.code(), 0, "{}", good.out);
    home.write(&setup("127.0.0.1:9".parse().unwrap()));
    let bad = home.run(&["doctor"]);
    assert!(bad.code() == 1 && bad.out.contains("FAULT  next hop own"), "{} {}", bad.out, bad.err);
    let lines = home.run(&["--format", "jsonl", "doctor"]).out;
    assert!(lines.lines().all(|l| serde_json::from_str::<Value>(l).is_ok()), "{lines}");
    // A Postfix that would deliver unread when the gate is away.
    let etc = home.path("postfix");
    fs::create_dir(&etc).unwrap();
    fs::write(etc.join("main.cf"), "milter_default_action = accept\nsmtpd_milters = inet:127.0.0.1:8891\n")
        .unwrap();
    let milter = "[milter]\nlisten = [\"127.0.0.1:8891\"]\n".into();
    home.write(&Setup { doors: milter, ..setup(sink.address) });
    let said = home.run(&["doctor", "--postfix", etc.to_str().unwrap()]);
    assert!(said.code() == 1 && said.out.contains("milter_default_action"), "{}", said.out);
}

/// A listener that accepts can still hang: the probe speaks up to the end of a message.
#[test]
fn doctor_probes_a_gate_up_to_the_end_of_a_message() {
    let gate = Gate::new(crate::gate::Door::Milter, Setup::default());
    let probe = || {
        let said = gate.home.run(&["--format", "jsonl", "doctor", "--probe"]);
        let milter = said.out.lines().find(|l| l.contains("\"what\":\"milter\"")).unwrap_or_default();
        let line: Value = serde_json::from_str(milter).expect(&said.out);
        line["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(probe(), "good");
    assert!(gate.sink.deliveries().is_empty() && gate.home.list(&["quarantine", "list"]).is_empty());
    gate.serving.signal("STOP");
    assert_eq!(probe(), "FAULT");
    gate.serving.signal("CONT");
    assert_eq!(probe(), "good");
}

#[test]
fn a_running_gate_takes_up_good_rules_and_keeps_the_old_before_bad_ones() {
    let sink = Sink::start();
    let refuse = |word: &str| {
        format!(
            "{}\n[[policy]]\nid = \"test.refuse\"\nclauses = [\"OF-1\"]\nreason = \"The word.\"\n\
             when = {{ findings = {{ rules = [\"test.word\"] }} }}\n\
             then = {{ disposition = \"refuse\", refusal = \"Not this word\" }}\n",
            RULE.replace("flibbertigibbet", word)
        )
    };
    let setup = |rules: String| Setup {
        rules,
        shipped: false,
        doors: RELAY.into(),
        hops: hop("own", "*", sink.address),
        ..Setup::default()
    };
    let home = Home::new(&setup(refuse("flibbertigibbet")));
    let serving = home.serve();
    let says = |word: &str| {
        let mut client = crate::smtp::Client::connect(serving.relay.unwrap());
        client.send("a@elm.example", &[TEACHER], &mail("a@elm.example", TEACHER, "hi", word))[..3].to_owned()
    };
    assert_eq!((says("flibbertigibbet"), says("rapscallion")), ("550".into(), "250".into()));
    home.write(&setup(refuse("rapscallion")));
    serving.signal("HUP");
    serving.wait_log("gate.reloaded");
    assert_eq!((says("flibbertigibbet"), says("rapscallion")), ("250".into(), "550".into()));
    // Nobody was asked who may: the ledger says so, and what came into force.
    let loaded = home.list(&["ledger", "list", "--event", "rules.loaded"]);
    let who: Vec<&str> = loaded.iter().filter_map(|row| row["who"].as_str()).collect();
    assert_eq!(who, ["the gate", "operator by signal"], "{loaded:?}");
    assert_ne!(loaded[0]["details"], loaded[1]["details"], "another digest");
    let changed = home.list(&["ledger", "list", "--event", "rule.changed"]);
    assert!(
        !changed.is_empty() && changed.iter().all(|row| row["who"] == "operator by signal"),
        "{changed:?}"
    );
    home.write(&setup(refuse("scoundrel").replace("severity = \"low\"", "severity = \"loud\"")));
    serving.signal("HUP");
    let refused = serving.wait_log("gate.reload-refused");
    assert!(refused.contains("test.toml:6:"), "{refused}");
    assert_eq!((says("scoundrel"), says("rapscallion")), ("250".into(), "550".into()));
    // Nor does a configuration with a mistake, or one rule too many.
    home.write(&Setup { top: "colour = \"blue\"".into(), ..setup(refuse("scoundrel")) });
    serving.signal("HUP");
    assert!(serving.wait_log_times("gate.reload-refused", 2).contains("colour"));
    assert_eq!(says("rapscallion"), "550");
    home.write(&setup(refuse("scoundrel")));
    serving.signal("HUP");
    serving.wait_log_times("gate.reloaded", 2);
    assert_eq!((says("scoundrel"), says("rapscallion")), ("550".into(), "250".into()));
    assert!(serving.stop().success());
}
