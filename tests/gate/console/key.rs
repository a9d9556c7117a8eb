//! A custodian's key for one session: from the form with file and passphrase to an hour later, at
//! most; never on disk.

use super::{Browser, Page, School, gate, password::let_proofs_age};
use crate::{
    debian::program,
    gate::{Gate, LEAD},
};
use age::secrecy::{ExposeSecret, SecretString};
use reqwest::StatusCode;
use std::{io::Write, path::Path};

const PASSPHRASE: &str = "five quiet lamps burning";

/// A key file as `age -p` writes it, with little work.
fn key_file() -> (Vec<u8>, String) {
    let secret = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
    (under_passphrase(&secret), secret)
}

fn under_passphrase(secret: &str) -> Vec<u8> {
    let mut to = age::scrypt::Recipient::new(SecretString::from(PASSPHRASE.to_owned()));
    to.set_work_factor(4);
    let to: Vec<Box<dyn age::Recipient>> = vec![Box::new(to)];
    let mut sealed = Vec::new();
    let encryptor = age::Encryptor::with_recipients(to.iter().map(|r| &**r as &dyn age::Recipient)).unwrap();
    let mut out = encryptor.wrap_output(&mut sealed).unwrap();
    out.write_all(format!("{secret}\n").as_bytes()).unwrap();
    out.finish().unwrap();
    sealed
}

/// The key of the gate's custodian of records, unlocked for the session of this browser.
pub(super) fn unlock(browser: &mut Browser, gate: &Gate) {
    unlock_by(browser, &gate.home.path("custodian.key"));
}

pub(super) fn unlock_by(browser: &mut Browser, file: &Path) {
    let file = std::fs::read_to_string(file).unwrap();
    let secret = file.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    let held = upload(browser, &under_passphrase(secret), PASSPHRASE);
    assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.text);
}

fn upload(browser: &mut Browser, file: &[u8], passphrase: &str) -> Page {
    let word = browser.get("/account").form_word();
    let fields = [("form_word", &*word), ("next", "/account"), ("passphrase", passphrase)];
    browser.upload("/account/key", &fields, ("file", file))
}

#[test]
fn a_key_is_held_for_its_session_alone_and_written_nowhere() {
    let gate = gate();
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut head = school.head.browser;
    let (file, secret) = key_file();
    let wrong = upload(&mut head, &file, "another passphrase");
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("does not open this file"), "{}", wrong.text);
    let plain = upload(&mut head, format!("{secret}\n").as_bytes(), PASSPHRASE);
    assert!(plain.text.contains("no key file under a passphrase"), "{}", plain.text);

    let held = upload(&mut head, &file, PASSPHRASE);
    assert_eq!((held.status, held.leads_to()), (StatusCode::SEE_OTHER, "/account"), "{}", held.text);
    assert!(head.get("/account").text.contains("Your key is unlocked"));
    let everywhere = program("grep").args(["-rlaF", &secret]).arg(gate.home.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&everywhere.stdout), "", "it lies on the disk");

    // Forgotten by a button, and with its session.
    head.post("/account/key/forget", &[]);
    assert!(head.get("/account").text.contains("not unlocked"));
    upload(&mut head, &file, PASSPHRASE);
    let kept = head.cookies.clone();
    head.post("/sign-out", &[]);
    head.cookies = kept;
    assert_eq!(head.get("/account").status, StatusCode::SEE_OTHER);

    assert!(lead.get("/account").text.contains("not unlocked"), "another's session");
    let_proofs_age(&gate);
    assert!(lead.get("/account/key").leads_to().starts_with("/sign-in/again"));
    let ledger = gate.home.list(&["ledger", "list"]);
    assert!(ledger.iter().any(|row| row["event"] == "console.key-opened"));
}
