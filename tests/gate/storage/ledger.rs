//! Tampering of each kind is found and the row is named; an export says the same
//! without a store.

use super::*;

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

const NO_TRIGGERS: &str = "DROP TRIGGER ledger_is_never_changed; DROP TRIGGER ledger_is_never_shortened;";

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
        ("UPDATE ledger_head SET seal = zeroblob(32);", 20, SealBroken),
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

#[tokio::test]
async fn the_table_itself_refuses_changes() {
    let bench = twenty().await;
    for sql in ["UPDATE ledger SET actor = 'x'", "DELETE FROM ledger WHERE n = 1"] {
        let out =
            program("sqlite3").arg(bench.folder.path().join("data/gatehouse.db")).arg(sql).output().unwrap();
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
        verify_export(&path).unwrap()
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
    let person = PersonId("staff-1".into());
    assert!(bench.store.erase_person(&person, &Actor::Operator("root".into())).await.unwrap());
    assert!(bench.store.person(&by).await.unwrap().is_none());
    assert!(!bench.store.erase_person(&person, &Actor::Gate).await.unwrap());
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
