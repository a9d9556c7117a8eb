//! Records of mail with parents, from the gate's door to the command line: who is filed
//! where, what is never recorded, what is opened for whom and what the ledger says of it.

use crate::gate::{Door, Gate, PARENT, Setup, TEACHER, mail};
use gatehouse::wire::files;
use serde_json::Value;

const HELPLINE: &str = "talk@helpline.example";
const UNION: &str = "rep@union.example";
/// Father of Amelia and Jacob, whose mothers are two other people.
const FATHER: &str = "stephen.rowe@freemail.example";
const MOTHER: &str = "danielle.rowe@postbox.example";

fn recording(door: Door) -> Gate {
    Gate::new(door, Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() })
}

fn ok(reply: String) {
    assert!(reply.starts_with("250"), "{reply}");
}

fn found(gate: &Gate, args: &[&str]) -> Vec<Value> {
    gate.home.list(&[&["records", "search", "--purpose", "facts"], args].concat())
}

/// CT-10, in both directions, as sender, recipient, Cc and Bcc.
#[test]
fn mail_with_a_confidential_service_is_never_recorded() {
    let gate = recording(Door::Relay);
    let with_cc = |from: &str, to: &str, cc: &str| {
        mail(from, to, "A word", "Thank you for listening.").replacen(
            "Subject:",
            &format!("Cc: {cc}\r\nSubject:"),
            1,
        )
    };
    for service in [HELPLINE, UNION] {
        // From the school: the service among the recipients, shown or not.
        ok(gate.send(TEACHER, &[PARENT, service], &with_cc(TEACHER, PARENT, service)));
        ok(gate.send(TEACHER, &[PARENT, service], &mail(TEACHER, PARENT, "A word", "Thank you.")));
        // The service's copy left by another way: the header alone has it.
        ok(gate.send(TEACHER, &[PARENT], &with_cc(TEACHER, PARENT, service)));
        // To the school.
        ok(gate.send_unproved(service, &[TEACHER], &with_cc(service, TEACHER, PARENT)));
    }
    ok(gate.send_unproved(PARENT, &[TEACHER], &with_cc(PARENT, TEACHER, HELPLINE)));
    assert!(found(&gate, &[]).is_empty());
    // A sender who is not proved keeps no complaint out of the records by naming a union.
    ok(gate.send_unproved(PARENT, &[TEACHER], &with_cc(PARENT, TEACHER, UNION)));
    assert_eq!(found(&gate, &[]).len(), 1);
}

/// practice.md, A10.
#[test]
fn a_record_is_filed_by_parent_child_and_member_of_staff() {
    let gate = recording(Door::Milter);
    ok(gate.send_unproved(FATHER, &[TEACHER], &mail(FATHER, TEACHER, "Jacob", "He was ill yesterday.")));
    ok(gate.send(TEACHER, &[FATHER], &mail(TEACHER, FATHER, "Thank you", "Both did well.")));
    ok(gate.send_unproved(MOTHER, &[TEACHER], &mail(MOTHER, TEACHER, "Please", "Do not tell his father.")));
    gate.sink.wait_for(3);
    let count = |args: &[&str]| found(&gate, args).len();
    assert_eq!((count(&["--parent", FATHER]), count(&["--parent", MOTHER])), (2, 1));
    assert_eq!(count(&["--child", "Jacob Rowe", "--parent", FATHER]), 2);
    assert_eq!(count(&["--child", "oak-p01"]), 1, "Amelia, of whom only the second may speak");
    assert_eq!((count(&["--staff", TEACHER]), count(&["--staff", "oak-s05"])), (3, 0));
    let both = &found(&gate, &["--child", "oak-p01"])[0];
    assert_eq!((&both["children"], &both["not_certain"]), (&2.into(), &2.into()));
    let nobody = gate.home.run(&["records", "search", "--purpose", "facts", "--parent", "Nobody Here"]);
    assert!(nobody.code() == 2 && nobody.err.contains("Nobody in the directory"), "{}", nobody.err);
}

const HOSTILE: &str = "</title><script>alert(1)</script> \u{202e}gpj.exe";

/// A letter with a hostile subject, a hostile file name and lines that an mbox would split at.
fn hostile_letter() -> String {
    let body = "Annwyl Ms Okafor, diolch. \u{175}\u{177}\r\nFrom now on\r\n>From then\r\n\r\nFrom a@b.example Fri Nov 20 10:15:00 2026\r\n";
    format!(
        "From: Stephen Rowe <{FATHER}>\r\nTo: {TEACHER}\r\nSubject: {HOSTILE}\r\nMessage-ID: <h@freemail.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n--x\r\n\
         Content-Type: application/pdf; name=\"../../../etc/passwd\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         aGVsbG8=\r\n--x--\r\n"
    )
}

#[test]
fn a_bundle_shows_what_was_kept_and_any_change_in_it_is_named() {
    let gate = recording(Door::Relay);
    let letter = hostile_letter();
    ok(gate.send_unproved(FATHER, &[TEACHER], &letter));
    ok(gate.send(TEACHER, &[FATHER], &mail(TEACHER, FATHER, "Diolch", "Jacob did well.")));
    gate.sink.wait_for(2);
    let mut ids: Vec<String> =
        found(&gate, &[]).iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
    ids.reverse();
    let key = gate.home.path("custodian.key");
    let run = |verb: &str, more: &[&str]| {
        let key = key.to_str().unwrap();
        let ids = ids.iter().map(String::as_str);
        let args: Vec<&str> = ["records", verb].into_iter().chain(ids).chain(["--custodian", key]).collect();
        gate.home.run(&[&args, more].concat())
    };
    // No purpose, no look; and only one of the list.
    assert_eq!(run("show", &[]).code(), 2);
    assert_eq!(run("show", &["--purpose", "curiosity"]).code(), 2);
    let shown = run("show", &["--purpose", "complaint", "--format", "jsonl"]).lines();
    assert_eq!((shown[0]["subject"].as_str(), &shown[0]["sender_proved"]), (Some(HOSTILE), &false.into()));
    assert_eq!(shown[0]["files"][0]["sha256"].as_str().unwrap().len(), 64);
    assert!(shown[1]["sender_proved"] == true && shown[1]["filed"].to_string().contains("Jacob Rowe"));
    let plain = run("show", &["--purpose", "complaint"]).out;
    assert!(!plain.contains('\u{202e}') && plain.contains("\u{175}\u{177}"), "{plain}");

    let mbox = gate.home.path("out.mbox");
    assert_eq!(
        run("export", &["--as", "mbox", "--out", mbox.to_str().unwrap(), "--purpose", "facts"]).code(),
        0
    );
    let mut back = files::sources(vec![mbox], files::FileLimits::default());
    assert_eq!(back.next().unwrap().unwrap().raw, letter.as_bytes(), "exact again");
    assert!(back.next().is_some_and(|m| m.is_ok()) && back.next().is_none());

    let bundle = gate.home.path("out.zip");
    let path = bundle.to_str().unwrap();
    let made = run("export", &["--as", "bundle", "--out", path, "--purpose", "complaint"]);
    assert_eq!(made.code(), 0, "{}", made.err);
    assert_ne!(
        run("export", &["--as", "bundle", "--out", path, "--purpose", "complaint"]).code(),
        0,
        "never over"
    );
    // Without configuration, store or key.
    let verify = |bundle: &std::path::Path| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse"))
            .args(["records", "verify", "--format", "jsonl"])
            .arg(bundle)
            .current_dir("/")
            .output()
            .unwrap();
        let said: Value = serde_json::from_slice(&out.stdout).unwrap();
        (out.status.code().unwrap(), said)
    };
    let (code, said) = verify(&bundle);
    assert_eq!((code, &said["records"], &said["faults"]), (0, &2.into(), &Value::Array(vec![])));
    let digest = said["manifest_sha256"].as_str().unwrap();
    assert!(made.err.contains(digest), "{}", made.err);
    let ledger = gate.home.run(&["ledger", "export"]).out;
    assert!(ledger.lines().any(|l| l.contains("records.bundled") && l.contains(digest)));
    let bytes = std::fs::read(&bundle).unwrap();
    let at = |text: &str| memchr::memmem::find(&bytes, text.as_bytes()).unwrap();
    for (what, at) in [
        ("messages/001", at("boundary=x")),
        ("index.html", at("<main>")),
        ("index.pdf", at("%PDF")),
        ("ledger.jsonl", at("\"event\":\"record.copied\"") + 12),
        ("manifest.json", at("\"format\"") + 1),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let other = gate.home.path("changed.zip");
        std::fs::write(&other, &changed).unwrap();
        let (code, said) = verify(&other);
        assert!(code == 1 && said["faults"].to_string().contains(what), "{what}: {said}");
    }
    let page = std::str::from_utf8(&bytes[at("<!doctype")..at("</html>")]).unwrap();
    assert!(
        !page.contains("<script") && page.contains("&lt;script&gt;alert(1)") && page.contains("etc/passwd")
    );
}

#[test]
fn what_is_given_to_a_person_has_nobody_else_in_it_and_two_people_have_ruled() {
    use gatehouse::{
        parties::PersonId,
        storage::{Actor, RulingOffice, SubjectRuling, WHOLE},
    };
    let gate = recording(Door::Relay);
    let text = "Dear Ms Okafor, Jacob and Amelia Martin quarrelled. Ask Danielle Rowe, danielle.rowe@postbox.example or\r\n\
        07700 900123, at 4 High Street, Oakfield NE69 7AW. Mr Price saw it.";
    ok(gate.send_unproved(FATHER, &[TEACHER], &mail(FATHER, TEACHER, "Jacob Rowe", text)));
    ok(gate.send(TEACHER, &[MOTHER], &mail(TEACHER, MOTHER, "Jacob", "Jacob did well in May.")));
    gate.sink.wait_for(2);
    let (review, answer) = (gate.home.path("review.zip"), gate.home.path("answer.zip"));
    let key = gate.home.path("custodian.key");
    let (key, review, answer) = (key.to_str().unwrap(), review.to_str().unwrap(), answer.to_str().unwrap());
    let made = gate.home.run(&[
        "subject-access",
        "make",
        "oak-p02",
        "--requested-by",
        MOTHER,
        "--custodian",
        key,
        "--out",
        review,
    ]);
    assert_eq!(made.code(), 0, "{}", made.err);
    assert!(made.err.contains("a child who may decide alone"), "{}", made.err);
    let id = made.out.trim().to_owned();
    let release = || gate.home.run(&["subject-access", "release", &id, "--custodian", key, "--out", answer]);
    assert_eq!(release().code(), 2, "nothing goes out before it is ruled upon");
    let pieces = gate.home.list(&["subject-access", "show", &id]);
    let doubtful: Vec<String> = pieces
        .iter()
        .filter(|p| p["piece"] == WHOLE || !p["concerns"].as_array().unwrap().is_empty())
        .map(|p| p["piece"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((pieces.len(), doubtful.len()), (3, 2), "the father's letter names another child: {pieces:?}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = gate.home.store().await;
        for piece in &doubtful {
            for (office, person) in [(RulingOffice::DataProtection, "dpo"), (RulingOffice::Lead, "lead")] {
                let id = id.parse().unwrap();
                let actor = Actor::Person(PersonId(person.into()));
                store
                    .subject_access_rule(&id, piece, office, SubjectRuling::Include, "seen", &actor)
                    .await
                    .unwrap();
            }
        }
        store.close().await;
    });
    let given = release();
    assert_eq!(given.code(), 0, "{}", given.err);
    assert_eq!(gate.home.run(&["records", "verify", answer]).code(), 0);
    let bytes = std::fs::read(answer).unwrap();
    let end = memchr::memmem::find(&bytes, b"</html>").unwrap();
    let page = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    for other in
        ["okafor", "amelia", "danielle", "stephen", "postbox", "freemail", "900123", "high street", "price"]
    {
        assert!(!page.contains(other), "{other} in {page}");
    }
    assert!(page.contains("jacob rowe") && page.contains("did well in may") && page.contains("[person 1]"));
    assert!(page.contains("information commissioner"));
}

/// RE-1: a conversation and what came with it, through the door; of two parents in one conversation
/// each one's alone (practice.md, A10).
#[test]
fn a_thread_is_listed_for_one_parent_with_the_files_that_came() {
    let gate = recording(Door::Relay);
    let letter = |from: &str, to: &str, id: &str, answers: &str, file: &str| {
        let answers = if answers.is_empty() {
            String::new()
        } else {
            format!("In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n")
        };
        let part = format!(
            "--x\r\nContent-Type: application/pdf; name=\"{file}\"\r\nContent-Disposition: attachment; filename=\"{file}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
        );
        let part = if file.is_empty() { String::new() } else { part };
        format!(
            "From: {from}\r\nTo: {to}\r\nSubject: Jacob\r\nMessage-ID: <{id}>\r\n{answers}MIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nAbout Jacob.\r\n{part}--x--\r\n"
        )
    };
    ok(gate.send_unproved(
        FATHER,
        &[TEACHER],
        &letter(FATHER, TEACHER, "a@freemail.example", "", "note.pdf"),
    ));
    ok(gate.send(
        TEACHER,
        &[FATHER],
        &letter(TEACHER, FATHER, "b@oakfield.example", "a@freemail.example", ""),
    ));
    let of_mother = letter(MOTHER, TEACHER, "c@postbox.example", "b@oakfield.example", "");
    ok(gate.send_unproved(MOTHER, &[TEACHER], &of_mother));
    ok(gate.send_unproved(FATHER, &[TEACHER], &letter(FATHER, TEACHER, "d@freemail.example", "", "")));
    gate.sink.wait_for(4);
    let of_father = found(&gate, &["--parent", FATHER]);
    let with_file = of_father.iter().find(|r| r["attachments"] == 1).unwrap();
    assert_eq!(of_father.iter().filter(|r| r["attachments"] == 0).count(), 2);
    let id = with_file["id"].as_str().unwrap();
    let thread = gate.home.list(&["records", "thread", id, "--purpose", "complaint"]);
    assert_eq!(thread.len(), 2, "the mother's answer is not the father's: {thread:?}");
    assert_eq!(thread[0]["id"], id, "in order of time");
    let other = gate.home.run(&["records", "thread", id, "--parent", MOTHER, "--purpose", "complaint"]);
    assert_eq!(other.code(), 2, "{}", other.err);
    let key = gate.home.path("custodian.key");
    let shown = gate.home.list(&[
        "records",
        "show",
        id,
        "--custodian",
        key.to_str().unwrap(),
        "--purpose",
        "complaint",
    ]);
    assert_eq!(shown[0]["files"][0]["name"], "note.pdf");
}
