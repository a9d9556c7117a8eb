//! Attachments that are stored once: byte for byte the same message again, by us and by the
//! public tools; gone with the last message that has them; and nothing for a thief to compare.

use super::*;
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// A letter to all parents, as no compression makes it smaller.
fn letter(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    (0..60_001).map(|_| next()).collect()
}

/// A message with these attachments, as another mail program each writes it.
fn with_attachments(number: u128, attachments: &[&[u8]], width: usize, ends: &str) -> Sample {
    let mut sample = Sample::new(number);
    let mut raw = format!("From: {TEACHER}\r\nSubject: Letter {number}\r\n\r\n").into_bytes();
    for content in attachments {
        raw.extend_from_slice(format!("--b{ends}Content-Transfer-Encoding: base64{ends}{ends}").as_bytes());
        for line in BASE64_STANDARD.encode(content).as_bytes().chunks(width) {
            raw.extend_from_slice(line);
            raw.extend_from_slice(ends.as_bytes());
        }
    }
    raw.extend_from_slice(b"--b--\r\n");
    sample.raw = raw.into();
    sample
}

fn vault_files(bench: &Bench) -> Vec<std::path::PathBuf> {
    let files = bench.files().into_iter().map(|(path, _)| path);
    files
        .filter(|path| path.extension() == Some("age".as_ref()) && path.to_string_lossy().contains("/vault/"))
        .collect()
}

#[tokio::test]
async fn an_attachment_is_stored_once_and_goes_with_the_last_that_has_it() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let (same, other) = (letter(1), letter(2));
    let mut kept = Vec::new();
    let mut provisional = Vec::new();
    let lines = [(76, "\r\n"), (72, "\n"), (64, "\r\n"), (76, "\n")];
    for (number, (width, ends)) in (1..).zip(lines) {
        let sample = with_attachments(number, &[&same, &other, &same], width, ends);
        match number {
            1 | 2 => provisional
                .push(store.keep_provisionally(sample.keep(store, ItemKind::Hold).await).await.unwrap()),
            _ => kept.push((sample.held(store, ItemKind::Hold).await, sample.raw.clone())),
        }
    }
    assert_eq!(vault_files(&bench).len(), 4 + 2, "four messages, two letters");
    for (id, raw) in &kept {
        assert_eq!(store.raw(id, &lead(), Purpose::Facts).await.unwrap(), raw);
    }
    let shown = store.shown().await.unwrap();
    let working = shown.classes.iter().find(|c| c.class == "working").unwrap();
    assert_eq!((working.objects, working.parts, working.uses), (4, 2, 8));
    for one in provisional {
        store.discard(one, 550).await.unwrap();
    }
    store.purge_due().await.unwrap();
    assert_eq!(vault_files(&bench).len(), 2 + 2);
    assert_eq!(store.raw(&kept[0].0, &lead(), Purpose::Facts).await.unwrap(), kept[0].1);
    // The others were decided: nothing needs the letters any more.
    let alone = with_attachments(9, &[&letter(9)], 76, "\r\n");
    let dropped = store.keep_provisionally(alone.keep(store, ItemKind::Hold).await).await.unwrap();
    assert_eq!(vault_files(&bench).len(), 2 + 2 + 2);
    store.discard(dropped, 550).await.unwrap();
    store.purge_due().await.unwrap();
    assert_eq!(vault_files(&bench).len(), 2 + 2, "the last use of a part takes it along");
    let scrub = store.scrub().await.unwrap();
    assert!(scrub.faults.is_empty() && scrub.orphans == 0 && scrub.objects == 4, "{scrub:?}");
    bench.verify().await;
    // A part that is damaged spoils its messages and says so; it is not used again.
    let damaged =
        vault_files(&bench).into_iter().find(|p| std::fs::metadata(p).unwrap().len() > 50_000).unwrap();
    std::fs::remove_file(&damaged).unwrap();
    assert!(
        store.raw(&kept[0].0, &lead(), Purpose::Facts).await.unwrap_err().to_string().contains("is missing")
    );
    assert_eq!(store.scrub().await.unwrap().faults.len(), 1);
    let again = with_attachments(10, &[&same, &other], 76, "\r\n");
    let id = again.held(store, ItemKind::Hold).await;
    assert_eq!(store.raw(&id, &lead(), Purpose::Facts).await.unwrap(), again.raw);
}

/// Who steals the disk and has the same file learns neither that it is there nor who shares it.
#[tokio::test]
async fn a_thief_who_has_the_file_does_not_find_it() {
    let bench = Bench::new().await;
    let content = letter(3);
    for number in 1..4 {
        with_attachments(number, &[&content], 76, "\r\n").held(&bench.store, ItemKind::Hold).await;
    }
    let digests: [Vec<u8>; 2] =
        [Sha256::digest(&content).to_vec(), Sha256::digest(BASE64_STANDARD.encode(&content)).to_vec()];
    let bench = bench.reopen().await;
    for (path, bytes) in bench.files() {
        for digest in &digests {
            let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
            let is_there = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
            assert!(!is_there(digest) && !is_there(hex.as_bytes()), "{}", path.display());
        }
    }
}

/// The lines of shell that docs/storage.md names, with Debian's programs alone.
#[tokio::test]
async fn public_tools_put_a_message_with_attachments_together() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(super::custody::with_custodians(outside.path())).await;
    let sample = with_attachments(1, &[&letter(4), &letter(5), &letter(4)], 72, "\r\n");
    sample.held(&bench.store, ItemKind::Hold).await;
    let vault = bench.folder.path().join("data/vault");
    // The message itself is the small one: its letters lie apart.
    let object = vault_files(&bench).into_iter().min_by_key(|p| std::fs::metadata(p).unwrap().len()).unwrap();
    let id = object.file_stem().unwrap().to_str().unwrap();
    let epoch = bench.store.epochs_of_object(id).await.unwrap().remove(0);
    let small = outside.path().join("epoch.age");
    std::fs::write(&small, bench.store.wrapped_epoch(&epoch).await.unwrap()).unwrap();
    let mut age = program("age");
    let identity =
        age.arg("-d").arg("-i").arg(outside.path().join("recovery.txt")).arg(&small).output().unwrap();
    assert!(identity.status.success());
    let file = outside.path().join("epoch.txt");
    std::fs::write(&file, identity.stdout).unwrap();
    program("jq");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/open-object.sh");
    let path = object.strip_prefix(&vault).unwrap();
    let said = std::process::Command::new(script).arg(&file).arg(&vault).arg(path).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(said.stdout == sample.raw, "not the same bytes");
}
