//! `gatehouse demo` as a newcomer's first command, not on a terminal: it ends by itself,
//! and what it says is so.

use crate::gate::ROOT;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// How often each file of a folder contains a text.
fn files_with(folder: &Path, text: &str) -> usize {
    let files = fs::read_dir(folder).unwrap().map(|e| fs::read(e.unwrap().path()).unwrap());
    files.filter(|bytes| String::from_utf8_lossy(bytes).contains(text)).count()
}

#[test]
fn the_demo_ends_by_itself_and_every_message_meets_its_fate() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("shown");
    let said = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
        .args(["demo", "--folder", folder.to_str().unwrap()])
        .current_dir(ROOT)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap());
    assert_eq!(said.status.code(), Some(0), "{out}\n{err}");
    assert!(out.contains("Every message met its fate as the corpus expects"), "{out}");
    assert!(!out.contains('\u{1b}'), "colours only on a terminal");
    assert!(out.lines().all(|l| l.chars().count() <= 100 || l.contains("/shown/")), "{out}");

    // Both doors were used, and each message has its row.
    let messages = fs::read_to_string(folder.join("messages.txt")).unwrap();
    assert!(messages.contains("  relay   ") && messages.contains("  milter  "));
    assert!(messages.contains("\n112  "), "the last message is missing");

    // Two people decided; what they let go has arrived, the held one marked as its sender asked.
    assert!(out.contains("answered the notice with CONFIDENTIAL"), "{out}");
    let delivered = folder.join("delivered");
    let released: Vec<_> = fs::read_dir(&delivered)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.to_string_lossy().ends_with("-released.eml"))
        .collect();
    assert_eq!(released.len(), 2, "{released:?}");
    let marked = |p: &&std::path::PathBuf| {
        fs::read_to_string(p).unwrap_or_default().contains("Subject: [Confidential]")
    };
    assert_eq!(released.iter().filter(marked).count(), 1);

    // Nothing of how the corpus says an envelope is part of what was sent.
    assert_eq!(files_with(&delivered, "X-Envelope-"), 0);
    assert!(files_with(&delivered, "not necessarily those of") > 10, "no disclaimer to look at");
    assert!(fs::read_dir(folder.join("notices")).unwrap().count() > 10);

    // The commands that it names work, and say the same.
    let run = |words: &[&str]| {
        let config = folder.join("gatehouse.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        command.args(words).arg("--config").arg(config).current_dir(ROOT).output().unwrap()
    };
    let verified = run(&["ledger", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
    // Of each edited message the ledger proves what stayed.
    let edited =
        run(&["ledger", "list", "--event", "message.edited", "--limit", "1000", "--format", "jsonl"]);
    let edited = String::from_utf8(edited.stdout).unwrap();
    let proved =
        |l: &&str| l.contains("unchanged=") && l.contains("disclaimer=") && !l.contains("\"hash_out\":null");
    assert!(edited.lines().filter(proved).count() > 10, "{edited}");
    let held = run(&["hold", "list", "--format", "jsonl"]);
    let held = String::from_utf8(held.stdout).unwrap();
    assert_eq!(held.lines().filter(|l| l.contains("\"released\"")).count(), 1, "{held}");
    assert!(held.lines().filter(|l| l.contains("\"open\"")).count() > 3, "{held}");
}
