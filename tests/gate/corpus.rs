//! `gatehouse corpus eval`: the shipped rules over the labelled messages of corpus/, all
//! of which must meet their fate; and what it says when one does not.

use crate::gate::{Home, ROOT, Setup, hop};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// What corpus/README.md says its expectations hold with.
fn home() -> Home {
    Home::new(&Setup {
        doors: crate::gate::RELAY.into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        school: "record-parent-mail = true\n".into(),
        school_tables: "[[school.list]]\nkind = \"safeguarding-agency\"\nentries = [\"police.example\"]\n\
            [[school.list]]\nkind = \"partner\"\nentries = [\"council.example\"]\n\
            [[school.list]]\nkind = \"bulk-sender\"\nentries = [\"news@oakfield.example\"]\n\
            [[school.disclaimer]]\ntemplate = \"standard\"\nroles = [\"staff\", \"supply\", \"governor\"]\n\
            directions = [\"outbound\"]\n"
            .into(),
        ..Setup::default()
    })
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|l| serde_json::from_str(l).expect(l)).collect()
}

#[test]
fn golden_corpus_meets_its_manifest() {
    let home = home();
    let corpus = Path::new(ROOT).join("corpus");
    let said = home.run(&["--format", "jsonl", "corpus", "eval", corpus.to_str().unwrap()]);
    let lines = lines(&said.out);
    let wrong: Vec<String> =
        lines.iter().filter(|l| l["as_expected"] == false).map(Value::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(said.code(), 0, "{}", said.err);
    let summary = lines.last().unwrap();
    assert_eq!((&summary["messages"], &summary["not_as_expected"]), (&json!(112), &json!(0)));

    // No message lies there that nobody looks at.
    let listed: Vec<&str> = lines.iter().filter_map(|l| l["path"].as_str()).collect();
    for folder in fs::read_dir(&corpus).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for file in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            let path = file.strip_prefix(&corpus).unwrap().to_str().unwrap();
            assert!(listed.contains(&path), "{path} is not in the manifest");
        }
    }
}

#[test]
fn corpus_eval_says_what_is_not_as_expected_and_why() {
    let home = home();
    let folder = home.path("corpus");
    fs::create_dir_all(folder.join("personal-data")).unwrap();
    let path = "personal-data/health-to-outside.eml";
    fs::copy(Path::new(ROOT).join("corpus").join(path), folder.join(path)).unwrap();
    let manifest = json!({
        "path": path, "shows": "x", "proof": "login", "disposition": "deliver", "direction": "outbound",
        "groups": [], "findings": {"required": ["harm.hate"], "forbidden": ["personal-data.health"]},
        "actions": {"required": [], "forbidden": ["hold"]},
    });
    fs::write(folder.join("manifest.jsonl"), format!("{manifest}\n")).unwrap();
    let said = home.run(&["--format", "jsonl", "corpus", "eval", folder.to_str().unwrap()]);
    assert_eq!(said.code(), 1, "{}", said.err);
    let line = &lines(&said.out)[0];
    let about: Vec<&str> =
        line["mismatches"].as_array().unwrap().iter().filter_map(|m| m["about"].as_str()).collect();
    assert_eq!(
        about,
        ["disposition", "groups", "findings-required", "findings-forbidden", "actions-forbidden"]
    );
    assert!(line["policies"].as_array().unwrap().contains(&json!("personal-data.hold-special")));

    fs::write(folder.join("manifest.jsonl"), "{\"path\": 1}\n").unwrap();
    let said = home.run(&["corpus", "eval", folder.to_str().unwrap()]);
    assert_eq!(said.code(), 2);
    assert!(said.err.contains("manifest.jsonl:1"), "{}", said.err);
}
