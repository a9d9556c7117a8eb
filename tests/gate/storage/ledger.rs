//! Tampering of each kind is found and the row is named; an export says the same
//! without a store.

use super::*;
use gatehouse::authority::{Approval as Given, Office, Scope};

/// A closed store whose ledger has 20 rows.
async fn twenty() -> Bench {
    let bench = Bench::new().await;
    for n in 0..20 {
        let event = LedgerEvent::new(Event::ConfigLoaded).about(format!("c{n}")).with("n", i64::from(n));
        assert_eq!(bench.store.ledger(&Actor::Gate, event).await.unwrap(), n as u64 + 1);
    }
    bench.store.clone().close().await;
    bench
}

async fn fault(bench: Bench) -> LedgerFault {
    bench.reopen().await.store.ledger_verify().await.unwrap().unwrap_err()
}

const BYTE: &str = match KIND {
    Kind::Sqlite => "x'00'",
    Kind::Postgres => "'\\x00'",
};
const NO_TRIGGERS: &str = match KIND {
    Kind::Sqlite => "DROP TRIGGER ledger_is_never_changed; DROP TRIGGER ledger_is_never_shortened;",
    Kind::Postgres => "DROP TRIGGER ledger_is_never_changed ON ledger;",
};

#[tokio::test]
async fn every_kind_of_tampering_is_found_and_named() {
    use LedgerDamage::*;
    let swap = "CREATE TEMP TABLE t AS SELECT * FROM ledger WHERE n IN (7, 8);
        DELETE FROM ledger WHERE n IN (7, 8); UPDATE t SET n = 15 - n; INSERT INTO ledger SELECT * FROM t;";
    let copy = "INSERT INTO ledger SELECT 21, at, event, actor, school, transaction_id, subject, hash_in,
        hash_out, details, reason_hash, previous, hash FROM ledger WHERE n = 20;";
    let cases = [
        ("UPDATE ledger SET actor = 'nobody' WHERE n = 5;", 5, Changed),
        ("UPDATE ledger SET at = at + 1 WHERE n = 1;", 1, Changed),
        ("UPDATE ledger SET school = '' WHERE n = 9;", 9, Changed),
        ("DELETE FROM ledger WHERE n = 12;", 12, Missing),
        ("DELETE FROM ledger WHERE n > 18;", 19, Missing),
        ("DELETE FROM ledger;", 1, Missing),
        ("DELETE FROM ledger WHERE n = 12; UPDATE ledger SET n = n - 1 WHERE n > 12;", 12, Changed),
        (swap, 7, Changed),
        (copy, 21, Changed),
        ("DELETE FROM ledger_head;", 1, Added),
        ("UPDATE ledger_head SET seal = hash;", 20, SealBroken),
        (
            "DELETE FROM ledger WHERE n = 20; UPDATE ledger_head SET n = 19, hash = (SELECT hash FROM ledger WHERE n = 19);",
            19,
            SealBroken,
        ),
    ];
    for (sql, row, what) in cases {
        let bench = twenty().await;
        bench.sql(&format!("{NO_TRIGGERS}{sql}"));
        assert_eq!(fault(bench).await, LedgerFault { row, what }, "{sql}");
    }
}

/// An emptied ledger is not a new one, a cut one is not gone on with: the next seal would vouch for it.
#[tokio::test]
async fn what_was_emptied_or_cut_off_is_found_and_not_gone_on_with() {
    let all = "DELETE FROM ledger; DELETE FROM ledger_head; DELETE FROM ledger_signed_head;
        DELETE FROM ledger_key; DELETE FROM ledger_reason;";
    let mark = "DELETE FROM meta WHERE name = 'ledger-begun';";
    let cut = "DELETE FROM ledger WHERE n > 15;
        UPDATE ledger_head SET n = 15, hash = (SELECT hash FROM ledger WHERE n = 15);";
    for (sql, row, what) in [
        (all.to_owned(), 1, LedgerDamage::Emptied),
        (format!("{all}{mark}"), 1, LedgerDamage::Emptied),
        (cut.to_owned(), 15, LedgerDamage::SealBroken),
    ] {
        let bench = twenty().await;
        let bench = bench.reopen().await;
        Sample::new(1).held(&bench.store, ItemKind::Quarantine).await;
        bench.store.clone().close().await;
        bench.sql(&format!("{NO_TRIGGERS}{sql}"));
        let bench = bench.reopen().await;
        let event = LedgerEvent::new(Event::ConfigLoaded);
        assert!(
            matches!(bench.store.ledger(&Actor::Gate, event).await, Err(StoreError::Damaged(_))),
            "{sql}"
        );
        assert_eq!(
            bench.store.ledger_verify().await.unwrap().unwrap_err(),
            LedgerFault { row, what },
            "{sql}"
        );
    }
}

/// People, reasons and offices lie beside the rows; whoever changes one of them is found.
#[tokio::test]
async fn what_lies_beside_the_rows_says_the_same() {
    use LedgerDamage::*;
    let cases = [
        ("DELETE FROM person;", PersonChanged),
        ("UPDATE person SET person_hash = sealed;", PersonChanged),
        ("DELETE FROM ledger_reason WHERE n = (SELECT MAX(n) FROM ledger_reason);", ReasonGone),
        (
            "UPDATE ledger_reason SET sealed = (SELECT s.sealed FROM ledger_reason s WHERE s.n = (SELECT MIN(n) FROM ledger_reason));",
            ReasonChanged,
        ),
        ("UPDATE office_grant SET office = 'head';", OfficeChanged),
        ("UPDATE office_grant SET revoked_at = 1, revoked_by = 'x';", OfficeChanged),
        ("DELETE FROM office_grant; DELETE FROM account;", OfficeChanged),
        (
            "INSERT INTO office_grant (id, account, office, from_at, asked_at, asked_by, sealed)
             SELECT 'another', account, office, from_at, asked_at, asked_by, sealed FROM office_grant;",
            OfficeUnfounded,
        ),
    ];
    for (sql, what) in cases {
        let bench = Bench::new().await;
        let id = Sample::new(1).held(&bench.store, ItemKind::Quarantine).await;
        let mut kept = ruling(Decision::KeepAsEvidence, lead());
        kept.reason = Some("a first reason".into());
        bench.store.decide(&id, kept).await.unwrap();
        let public =
            gatehouse::storage::keys::generate_identity(&bench.folder.path().join("k"), "k").unwrap();
        let who =
            NewUser { person: None, address: Some(address("chair@elsewhere.example")), public_key: public };
        let account = bench.store.user_add(who, &lead()).await.unwrap();
        let new = NewGrant {
            account,
            office: Office::Lead,
            scope: Scope::School(school()),
            from: None,
            until: None,
            reason: "for the test".into(),
            approval: Given::Awaited,
        };
        let grant = bench.store.grant_ask(new, &lead()).await.unwrap();
        bench.store.grant_approve(&grant, &owner(), "appointed").await.unwrap();
        bench.verify().await;
        let bench = bench.reopen().await;
        bench.sql(sql);
        let found = bench.store.ledger_verify().await.unwrap().unwrap_err();
        assert_eq!(found.what, what, "{sql}");
        // What was changed counts for nothing, and nobody is back at the first day.
        assert!(bench.store.ever_had_users().await.unwrap(), "{sql}");
        if what == OfficeChanged || what == OfficeUnfounded {
            let users = bench.store.users().await.unwrap();
            let grants = users.iter().flat_map(|u| &u.grants);
            let now = bench.store_now();
            let counting: Vec<_> = grants.filter(|g| g.grant.counts_at(now)).map(|g| &g.id).collect();
            let genuine = if what == OfficeUnfounded { vec![&grant] } else { vec![] };
            assert_eq!(counting, genuine, "{sql}");
        }
    }
}

#[tokio::test]
async fn a_change_of_any_column_is_found() {
    let text = ["event", "actor", "school", "transaction_id", "subject", "details"];
    let bytes = ["hash_in", "hash_out", "reason_hash", "previous", "hash"];
    let changes = text.map(|c| (c, "'x'")).into_iter().chain(bytes.map(|c| (c, BYTE)));
    let bench = twenty().await;
    bench.sql(NO_TRIGGERS);
    let before = bench.snapshot();
    let mut bench = bench;
    for (column, value) in changes.chain([("at", "at + 1")]) {
        bench.put_back(&before);
        bench.sql(&format!("UPDATE ledger SET {column} = {value} WHERE n = 6;"));
        bench = bench.reopen().await;
        let fault = bench.store.ledger_verify().await.unwrap().unwrap_err();
        assert_eq!(fault, LedgerFault { row: 6, what: LedgerDamage::Changed }, "{column}");
        bench.store.clone().close().await;
    }
}

#[tokio::test]
async fn the_table_itself_refuses_changes() {
    let bench = twenty().await;
    for sql in ["UPDATE ledger SET actor = 'x'", "DELETE FROM ledger WHERE n = 1"] {
        let out = bench.try_sql(sql);
        assert!(String::from_utf8_lossy(&out.stderr).contains("append-only"), "{sql}");
    }
    assert_eq!(bench.reopen().await.verify().await.rows, 20);
}

#[tokio::test]
async fn an_export_verifies_offline_and_tampering_with_it_is_found() {
    let bench = twenty().await.reopen().await;
    let mut bytes = Vec::new();
    assert_eq!(bench.store.ledger_export(&mut bytes).await.unwrap(), 20);
    let path = bench.folder.path().join("ledger.jsonl");
    let verify = |text: &str| {
        std::fs::write(&path, text).unwrap();
        verify_export(&path, &Against::default()).unwrap()
    };
    let text = String::from_utf8(bytes).unwrap();
    let report = verify(&text).unwrap();
    assert_eq!((report.rows, report.sealed), (20, false));
    assert_eq!(report.head, bench.verify().await.head);

    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
    let without = |n: usize| joined(&[&lines[..n], &lines[n + 1..]].concat());
    assert_eq!(verify(&without(4)).unwrap_err().row, 5);
    assert_eq!(verify(&without(20)).unwrap_err(), LedgerFault { row: 21, what: LedgerDamage::Missing });
    assert_eq!(verify(&without(19)).unwrap_err().row, 20);
    assert_eq!(verify(&text.replace("\"c7\"", "\"c6\"")).unwrap_err().row, 8);
    assert_eq!(verify(&format!("{text}{}\n", lines[3])).unwrap_err().what, LedgerDamage::Added);
    assert_eq!(verify("{\"nonsense\":1}\n").unwrap_err().what, LedgerDamage::Unreadable);
    assert_eq!(verify("").unwrap_err().row, 1);
}

#[tokio::test]
async fn a_person_can_be_erased_and_the_chain_stays_whole() {
    let bench = Bench::new().await;
    let id = Sample::new(1).held(&bench.store, ItemKind::Quarantine).await;
    bench.store.decide(&id, ruling(Decision::KeepAsEvidence, lead())).await.unwrap();
    let by = bench.store.item_summary(&id).await.unwrap().decided.unwrap().0;
    assert!(bench.store.person(&by).await.unwrap().is_some());
    let operator = Actor::Operator("root".into());
    assert!(bench.store.erase_person(&lead(), Words::Kept, &operator, "she asked").await.unwrap());
    assert!(bench.store.person(&by).await.unwrap().is_none());
    assert!(!bench.store.erase_person(&lead(), Words::Kept, &Actor::Gate, "").await.unwrap());
    bench.verify().await;
}

#[tokio::test]
async fn a_ledger_word_cannot_carry_text_or_an_address() {
    let bench = Bench::new().await;
    let event = LedgerEvent::new(Event::RulesLoaded)
        .with("digest", "abc/1.2-x".to_owned())
        .with("a", "t@oakfield.example".to_owned())
        .with("b", "some words".to_owned());
    bench.store.ledger(&Actor::Gate, event).await.unwrap();
    let mut out = Vec::new();
    bench.store.ledger_export(&mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("abc/1.2-x") && !text.contains('@') && !text.contains("some words"));
}

/// Rows after the key's own.
async fn grow(bench: &Bench, rows: std::ops::Range<i64>) {
    for n in rows {
        bench.store.ledger(&Actor::Gate, LedgerEvent::new(Event::ConfigLoaded).with("n", n)).await.unwrap();
    }
}

fn anchor(place: &str, head: &SignedHead) -> Against {
    let head = Some(head.clone());
    Against { anchors: vec![Gathered { place: place.into(), head }], public_key: None }
}

/// Whoever rules the machine has every key: such a ledger is right in itself.
#[tokio::test]
async fn only_an_anchor_shows_a_ledger_that_was_written_anew_or_cut_off_with_every_key_at_hand() {
    let bench = Bench::new().await;
    let key = bench.store.ledger_key_or_make().await.unwrap();
    grow(&bench, 0..9).await;
    let bench = bench.reopen().await;
    bench.store.clone().close().await;
    let at_ten = bench.snapshot();
    let bench = bench.reopen().await;
    grow(&bench, 100..110).await;
    let signed = bench.store.ledger_sign().await.unwrap().unwrap();
    assert!(signed.is_signed() && signed.rows == 20 && signed.key == key.public);
    let against = anchor("the county's mail", &signed);
    let report = bench.store.ledger_verify_against(&against).await.unwrap().unwrap();
    assert_eq!((report.rows, report.signed_rows, report.anchors, report.anchored_rows), (20, 20, 1, 20));
    assert_eq!((report.installation, report.key), (Some(key.installation), Some(key.public)));

    // The tail is cut off.
    bench.store.clone().close().await;
    bench.put_back(&at_ten);
    let bench = bench.reopen().await;
    assert_eq!(bench.verify().await.rows, 10);
    let fault = bench.store.ledger_verify_against(&against).await.unwrap().unwrap_err();
    assert_eq!(fault, LedgerFault { row: 11, what: LedgerDamage::CutOff("the county's mail".into()) });

    // Another tail is put on, sealed and signed as ever.
    grow(&bench, 200..215).await;
    bench.store.ledger_sign().await.unwrap();
    bench.verify().await;
    let fault = bench.store.ledger_verify_against(&against).await.unwrap().unwrap_err();
    assert_eq!(fault, LedgerFault { row: 20, what: LedgerDamage::Rewritten("the county's mail".into()) });

    // The same, from an export.
    let mut export = Vec::new();
    bench.store.ledger_export(&mut export).await.unwrap();
    let path = bench.folder.path().join("export");
    std::fs::write(&path, export).unwrap();
    assert_eq!(verify_export(&path, &Against::default()).unwrap().unwrap().signed_rows, 25);
    assert_eq!(verify_export(&path, &against).unwrap().unwrap_err(), fault);

    // All of it is another ledger.
    let other = Bench::new().await;
    other.store.ledger_key_or_make().await.unwrap();
    grow(&other, 0..30).await;
    let fault = other.store.ledger_verify_against(&against).await.unwrap().unwrap_err();
    assert!(matches!(fault.what, LedgerDamage::OtherInstallation(_)), "{fault}");
    let noted = Against { public_key: Some(signed.key.clone()), ..Against::default() };
    let fault = other.store.ledger_verify_against(&noted).await.unwrap().unwrap_err();
    assert_eq!(fault.what, LedgerDamage::WrongKey);
    bench.store.ledger_verify_against(&noted).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_new_key_is_certified_by_the_old_one_and_an_edited_signature_is_found() {
    let bench = Bench::new().await;
    let first = bench.store.ledger_key_or_make().await.unwrap();
    let early = bench.store.ledger_sign().await.unwrap().unwrap();
    let second = bench.store.ledger_key_change(&lead(), "yearly").await.unwrap();
    assert_eq!(first.installation, second.installation);
    assert_ne!(first.public, second.public);
    grow(&bench, 0..3).await;
    let late = bench.store.ledger_sign().await.unwrap().unwrap();
    let mut against = anchor("late", &late);
    against.anchors.extend(anchor("early", &early).anchors);
    let report = bench.store.ledger_verify_against(&against).await.unwrap().unwrap();
    assert_eq!((report.key, report.anchors), (Some(second.public), 2));

    // An anchor edited in any of its fields; one of the old key for a row of the new one.
    let line = late.line().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let verify = async |text: String| {
        std::fs::write(folder.path().join("a.jsonl"), text).unwrap();
        let anchors = gather_anchors(folder.path()).unwrap();
        assert_eq!(anchors.len(), 1);
        bench.store.ledger_verify_against(&Against { anchors, public_key: None }).await.unwrap()
    };
    verify(format!("{line}\n")).await.unwrap();
    let other = if late.head.starts_with('0') { "1" } else { "0" };
    for (from, to) in [
        (format!("\"head\":\"{}", &late.head[..1]), format!("\"head\":\"{other}")),
        (format!("\"rows\":{}", late.rows), format!("\"rows\":{}", late.rows - 1)),
        ("\"at\":\"20".into(), "\"at\":\"19".into()),
        (late.key.clone(), first.public.clone()),
        (late.signature.clone(), early.signature.clone()),
        ("\"rows\"".into(), "\"lines\"".into()),
    ] {
        let fault = verify(line.replace(&from, &to)).await.unwrap_err();
        assert!(matches!(fault.what, LedgerDamage::SignatureBroken(_)), "{from}: {fault}");
    }

    // A mail whose lines are broken by its transfer encoding still counts.
    let broken: String =
        line.as_bytes().chunks(60).map(|c| format!("{}=\r\n", std::str::from_utf8(c).unwrap())).collect();
    verify(format!(
        "Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{broken}\r\n"
    ))
    .await
    .unwrap();

    // A key that nobody certified.
    let mut text = Vec::new();
    bench.store.ledger_export(&mut text).await.unwrap();
    let text = String::from_utf8(text).unwrap();
    let path = folder.path().join("export");
    let verify = |text: String| {
        std::fs::write(&path, text).unwrap();
        verify_export(&path, &Against::default()).unwrap()
    };
    verify(text.clone()).unwrap();
    let fault = verify(text.replace(&late.signature, &early.signature)).unwrap_err();
    assert!(matches!(fault.what, LedgerDamage::SignatureBroken(_)), "{fault}");
    bench.store.clone().close().await;
    let sealed = bench.reopen().await;
    sealed.store.clone().close().await;
    sealed.sql("UPDATE ledger_signed_head SET signature = replace(signature, '0', '1')");
    let fault = super::ledger::fault(sealed).await;
    assert!(matches!(fault.what, LedgerDamage::SignatureBroken(_)), "{fault}");
}

/// Each place gets a head an hour, one node at a time, and one that fails is tried again.
#[tokio::test]
async fn a_place_is_due_hourly_and_its_failing_is_said_once() {
    let bench = Bench::new().await;
    let places = ["county".to_owned()];
    let due = async || bench.store.anchors_due(&places).await.unwrap();
    assert_eq!(due().await, [DueAnchor { place: "county".into(), last: None }]);
    assert_eq!(due().await, [], "another node has it");
    assert!(bench.store.anchor_failed("county", AnchorFault::Status(503)).await.unwrap());
    bench.pass(TimeDelta::minutes(5));
    assert_eq!(due().await.len(), 1);
    assert!(!bench.store.anchor_failed("county", AnchorFault::Status(503)).await.unwrap());
    let state = bench.store.anchors().await.unwrap().remove(0);
    assert_eq!((state.rows, state.failing.unwrap().1), (0, AnchorFault::Status(503)));
    bench.pass(TimeDelta::minutes(5));
    assert_eq!(due().await.len(), 1);
    let signed = bench.store.ledger_sign().await.unwrap().unwrap();
    assert!(bench.store.anchored("county", &signed, None).await.unwrap(), "it had been failing");
    bench.pass(TimeDelta::minutes(30));
    assert_eq!(due().await, []);
    bench.pass(TimeDelta::minutes(30));
    assert_eq!(due().await, [DueAnchor { place: "county".into(), last: Some(signed.head.clone()) }]);
    let events: Vec<_> =
        bench.store.history("anchor/county").await.unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(events, ["ledger.anchor-failing", "ledger.anchored"]);
    bench.verify().await;
}

/// After an erasure neither a mapping nor a keyed hash nor a word of the person is on the disk.
#[tokio::test]
async fn nothing_on_the_disk_leads_to_an_erased_person() {
    // PostgreSQL keeps what was erased until its next VACUUM (docs/storage.md).
    if KIND == Kind::Postgres {
        return;
    }
    let bench = Bench::new().await;
    let id = Sample::new(1).held(&bench.store, ItemKind::Quarantine).await;
    let mut ruling = ruling(Decision::KeepAsEvidence, lead());
    ruling.reason = Some("words of her own".into());
    bench.store.decide(&id, ruling).await.unwrap();
    let by = bench.store.item_summary(&id).await.unwrap().decided.unwrap().0;
    let bench = bench.reopen().await;
    let database = bench.folder.path().join("data/gatehouse.db");
    let hash = program("sqlite3")
        .arg(&database)
        .arg(format!("SELECT hex(person_hash) || ' ' || hex(sealed) FROM person WHERE random_id = '{by}'"))
        .output()
        .unwrap()
        .stdout;
    let traces: Vec<Vec<u8>> = String::from_utf8(hash)
        .unwrap()
        .split_whitespace()
        .map(|hex| {
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
        })
        .collect();
    assert_eq!(traces.len(), 2);
    let operator = Actor::Operator("root".into());
    assert!(bench.store.erase_person(&lead(), Words::ForgottenToo, &operator, "she asked").await.unwrap());
    let history = bench.store.history(id.as_str()).await.unwrap();
    let decided = history.iter().find(|e| e.event == "item.kept-as-evidence").unwrap();
    assert_eq!((decided.actor.as_str(), &decided.reason), (by.as_str(), &None));
    bench.store.clone().close().await;
    for (path, bytes) in bench.files() {
        for trace in &traces {
            let found = memchr::memmem::find(&bytes, trace);
            assert!(found.is_none(), "{} still leads to the person", path.display());
        }
    }
    let bench = bench.reopen().await;
    assert_eq!(bench.store.person(&by).await.unwrap().map(|_| ()), None);
    bench.verify().await;
}
