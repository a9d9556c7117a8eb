//! Our DKIM signature, verified on the bytes that leave by two readers that are not ours:
//! mail-auth and, where it is installed, Debian's opendkim. The keys beside this file were
//! made for these tests.

use crate::debian::program;
use bytes::Bytes;
use gatehouse::{
    config::DkimConfig,
    effects::{Signers, disclaimer_edits},
    mail::{Address, Edits, HeaderEdit},
    message::{ReadLimits, read},
};
use mail_auth::{
    AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt,
    common::{parse::TxtRecordParser, verify::DomainKey},
};
use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

fn key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gate/dkim").join(name)
}

fn signers() -> Signers {
    let config = |selector: &str, domain: &str| DkimConfig {
        domain: domain.into(),
        selector: selector.into(),
        key: key(&format!("{selector}.pem")),
    };
    Signers::load(&[config("rsa", "oakfield.example"), config("ed25519", "elm.example")]).unwrap()
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// The DNS of these tests.
#[derive(Default)]
struct Zone(Mutex<HashMap<Box<str>, Txt>>);

impl Zone {
    fn with_keys() -> Self {
        let zone = Self::default();
        for (name, kind, domain) in
            [("rsa", "rsa", "oakfield.example"), ("ed25519", "ed25519", "elm.example")]
        {
            let public = std::fs::read_to_string(key(&format!("{name}.pub"))).unwrap();
            let record = DomainKey::parse(format!("v=DKIM1; k={kind}; p={public}").as_bytes()).unwrap();
            zone.insert(
                format!("{name}._domainkey.{domain}.").into(),
                Txt::DomainKey(record.into()),
                Instant::now() + Duration::from_secs(60),
            );
        }
        zone
    }
}

impl ResolverCache<Box<str>, Txt> for Zone {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().get(name).cloned()
    }
    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().remove(name)
    }
    fn insert(&self, name: Box<str>, value: Txt, _until: Instant) {
        self.0.lock().unwrap().insert(name, value);
    }
}

/// Domain and result of every signature, from the top.
pub(crate) async fn verified(message: &[u8]) -> Vec<(String, bool)> {
    let zone = Zone::with_keys();
    let message = AuthenticatedMessage::parse(message).unwrap();
    let authenticator = MessageAuthenticator::new_system_conf().unwrap();
    let results = authenticator.verify_dkim(Parameters::new(&message).with_txt_cache(&zone)).await;
    results
        .iter()
        .map(|r| (r.signature().unwrap().d.clone(), matches!(r.result(), DkimResult::Pass)))
        .collect()
}

/// A message with the signature of its author's domain, as another server would send it.
pub(crate) fn signed(message: &str, from: &str) -> String {
    let raw = Bytes::from(message.to_owned());
    let sent = HeaderEdit::Prepend { name: "X-Sent".into(), value: "yes".into() };
    let edits = Edits { headers: vec![sent], body: vec![] };
    let edits = signers().sign(&raw, edits, &address(from)).unwrap();
    String::from_utf8(edits.apply(&raw).to_vec()).unwrap()
}

fn message(domain: &str, body: &str) -> Bytes {
    format!(
        "Received: from a.example by b.example; Mon, 2 Nov 2026 10:00:00 +0000\r\n\
         From: T Staff <t.staff@{domain}>\r\nTo: p@elsewhere.example\r\nSubject: Trip on\r\n  Friday\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{body}"
    )
    .into()
}

/// A disclaimer and a mark, as the relay would make them.
fn edited(raw: &Bytes) -> Edits {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("cy")).unwrap();
    let text = "Barn yr awdur ei hun sydd yn y neges hon – nid barn yr ysgol o reidrwydd.";
    std::fs::write(dir.path().join("cy/standard.txt"), text).unwrap();
    let all = gatehouse::effects::Disclaimers::load(dir.path()).unwrap();
    let disclaimer = all.get("standard", &["cy".into()]).unwrap();
    let message = read(raw, ReadLimits::default());
    let mut edits = disclaimer_edits(&message, &disclaimer).unwrap();
    edits.headers.extend(gatehouse::effects::subject_mark(&message, "[Confidential]"));
    edits
}

#[tokio::test]
async fn what_we_edited_carries_our_signature_and_it_holds() {
    for (domain, body) in [
        ("oakfield.example", "Annwyl bawb,\r\n\r\nCafé  am ddeg.  \r\n\r\n\r\n"),
        ("elm.example", "Dear all\r\n"),
        ("mail.oakfield.example", "From below the key's domain"),
    ] {
        let raw = message(domain, body);
        let from = address(&format!("t.staff@{domain}"));
        let signed = signers().sign(&raw, edited(&raw), &from).unwrap().apply(&raw);
        assert!(signed.starts_with(b"DKIM-Signature: v=1;"));
        let expected = domain.trim_start_matches("mail.").to_owned();
        assert_eq!(verified(&signed).await, [(expected, true)], "{domain}");
        let mut broken = signed.to_vec();
        let at = broken.len() - 3;
        broken[at] ^= 1;
        assert!(!verified(&broken).await[0].1);
    }
}

#[tokio::test]
async fn our_own_broken_signature_goes_and_others_stay() {
    let raw = message("oakfield.example", "Dear all\r\n");
    let from = address("t.staff@oakfield.example");
    // A mail server of the school has signed before us, and so has somebody else.
    let note = Edits {
        headers: vec![HeaderEdit::Prepend { name: "X-Note".into(), value: "1".into() }],
        body: vec![],
    };
    let first = signers().sign(&raw, note, &from).unwrap().apply(&raw);
    let other = "DKIM-Signature: v=1; a=rsa-sha256; d=notoakfield.example; s=x; h=from; bh=AAAA; b=AAAA\r\n";
    let first = Bytes::from([other.as_bytes(), &first].concat());
    let signed = signers().sign(&first, edited(&first), &from).unwrap().apply(&first);
    let results = verified(&signed).await;
    assert_eq!(results, [("oakfield.example".to_owned(), true), ("notoakfield.example".to_owned(), false)]);
}

#[test]
fn what_we_did_not_edit_or_have_no_key_for_is_not_signed() {
    let raw = message("oakfield.example", "Dear all\r\n");
    let signers = signers();
    let none = signers.sign(&raw, Edits::default(), &address("t@oakfield.example")).unwrap();
    assert!(none.is_empty());
    let edits = edited(&raw);
    assert_eq!(signers.sign(&raw, edits.clone(), &address("t@elsewhere.example")).unwrap(), edits);
    assert!(!signers.can_sign(&address("t@notoakfield.example")));
}

#[test]
fn a_key_that_is_none_is_said_with_its_file() {
    let bad = DkimConfig { domain: "a.example".into(), selector: "s".into(), key: key("rsa.pub") };
    let faults = Signers::load(&[bad]).err().unwrap();
    assert!(faults[0].contains("rsa.pub") && faults.len() == 1, "{faults:?}");
}

/// The same bytes, read by Debian's own verifier.
#[test]
fn opendkim_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let public = std::fs::read_to_string(key("rsa.pub")).unwrap();
    let keys = dir.path().join("keys");
    std::fs::write(&keys, format!("rsa._domainkey.oakfield.example v=DKIM1; k=rsa; p={public}\n")).unwrap();
    let conf = dir.path().join("conf");
    std::fs::write(&conf, format!("Mode v\nTestPublicKeys {}\nSyslog no\n", keys.display())).unwrap();
    let raw = message("oakfield.example", "Annwyl bawb,\r\n\r\nCafé  am ddeg.  \r\n\r\n\r\n");
    let from = address("t.staff@oakfield.example");
    let signed = signers().sign(&raw, edited(&raw), &from).unwrap().apply(&raw);
    let said = |bytes: &[u8]| {
        let file = dir.path().join("message");
        std::fs::write(&file, bytes).unwrap();
        let output = program("opendkim").arg("-x").arg(&conf).arg("-t").arg(&file).output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let good = said(&signed);
    assert!(good.contains("verification (s=rsa, d=oakfield.example, 2048-bit key) succeeded"), "{good}");
    let mut broken = signed.to_vec();
    broken.extend_from_slice(b"more\r\n");
    assert!(!said(&broken).contains("succeeded"));
}
