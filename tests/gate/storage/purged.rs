//! A purge is whole: every table of both databases is looked into for what still names what went.

use super::{
    custody::with_custodians,
    records::record,
    retention::due,
    steps::{kept, other},
    *,
};
use gatehouse::{
    authority::{Act, Face, Matter},
    extraction::Layer,
    mail::Reply,
    parties::Role,
};
use std::collections::{BTreeMap, BTreeSet};

/// Every row of the open database as text, by table.
fn tables(bench: &Bench) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if KIND == Kind::Sqlite {
        for line in bench.ask(".dump").lines() {
            let Some((table, row)) = line.strip_prefix("INSERT INTO ").and_then(|l| l.split_once(' ')) else {
                continue;
            };
            out.entry(table.trim_matches('"').to_owned()).or_default().push(row.to_lowercase());
        }
        return out;
    }
    let dump = String::from_utf8(bench.snapshot()).unwrap();
    let mut table: Option<&str> = None;
    for line in dump.lines() {
        match table {
            Some(_) if line == "\\." => table = None,
            Some(name) => out.entry(name.to_owned()).or_default().push(line.to_lowercase()),
            None => {
                table = line.strip_prefix("COPY public.").and_then(|l| l.split([' ', '(']).next());
                table = table.map(|t| t.trim_matches('"'));
            }
        }
    }
    out
}

/// The tables that have a row with one of these in it.
pub(super) fn naming(bench: &Bench, needles: &[&str]) -> BTreeSet<String> {
    let names = |rows: &Vec<String>| {
        rows.iter().any(|row| needles.iter().any(|needle| row.contains(&needle.to_lowercase())))
    };
    tables(bench).into_iter().filter(|(_, rows)| names(rows)).map(|(table, _)| table).collect()
}

fn hex(face: &Face) -> String {
    face.0.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn set(tables: &[&str]) -> BTreeSet<String> {
    tables.iter().map(|t| (*t).to_owned()).collect()
}

/// Keeps a quarantined message of which there is also a record, with all that can name it.
async fn busy(bench: &Bench) -> (ItemId, RecordId, TransactionId) {
    let store = &bench.store;
    let mut keep = kept(store, ItemKind::Quarantine).await;
    let (id, transaction) = (keep.items[0].id.clone(), keep.message.transaction);
    keep.message.received_at = bench.store_now();
    keep.items[0].token = Some(store.new_token());
    keep.searchable.text(Layer::Visible, "a very particular kingfisher");
    let party = |a: &str, role| RecordParty { address: address(a), role };
    keep.records.push(NewRecord {
        parties: vec![party("claire@homemail.example", Role::Parent)],
        ..record(&[("parent-1", FiledAs::Parent), ("child-1", FiledAs::Child)], "7@x", &["6@x"])
    });
    keep.concerned = Concerned {
        people: vec![(PersonId("child-1".into()), Involvement::Subject)],
        addresses: vec![(address("claire@homemail.example"), Involvement::Party)],
        matters: vec![(id.clone(), Matter::Allegation)],
    };
    let alert = |item: Option<ItemId>| NewAlert {
        school: school(),
        urgency: Urgency::Urgent,
        category: Category::HarmBullying,
        policy: Some("harm.tell".into()),
        number: item.as_ref().map_or("7F3K2M9QXA".to_owned(), ToString::to_string),
        item,
        transaction,
        received_at: bench.store_now(),
        ladder: vec![vec![address("head@oakfield.example")]],
    };
    keep.alerts = vec![alert(Some(id.clone())), alert(None)];
    // Too long for a row: it brings an object of its own.
    let mut long = notice(&format!("Subject: x\r\n\r\n{}\r\n", "word after word\r\n".repeat(40_000)));
    long.item = Some(id.clone());
    keep.outbox.push(long);
    let kept = store.keep(keep).await.unwrap();
    (id, kept.records[0].clone(), transaction)
}

/// Sends whatever waits; all of it arrives.
async fn deliver(store: &Store) {
    for job in store.outbox_claim(99, TimeDelta::minutes(5)).await.unwrap() {
        let Task::Deliver(recipients) = &job.task else { continue };
        let arrived = |r: &JobRecipient| Attempt::Delivered {
            position: r.position,
            reply: Reply::new(250, (2, 0, 0), "kept as 4XYZ"),
            relayed: false,
        };
        store.outbox_done(&job, recipients.iter().map(arrived).collect()).await.unwrap();
    }
}

async fn decided(bench: &Bench, id: &ItemId, record: &RecordId) {
    let store = &bench.store;
    let user = NewUser {
        person: Some(PersonId("staff-1".into())),
        address: None,
        public_key: keys::generate_identity(&bench.folder.path().join("lead.txt"), "lead").unwrap(),
    };
    let account = store.user_add(user, &lead()).await.unwrap();
    for (act, subject) in [(Act::Release, id.as_str()), (Act::Purge, record.as_str())] {
        store
            .be_first_of_two(act, subject, (&account, &lead()), "the first of two", Vec::new())
            .await
            .unwrap();
    }
    for on in [LegalSubject::Item(id.clone()), LegalSubject::Record(record.clone())] {
        let hold = store.set_legal_hold(on, &school(), &lead(), "tribunal").await.unwrap();
        store.lift_legal_hold(&hold, &lead(), "settled").await.unwrap();
    }
    let person = store.faces([&PersonId("staff-9".into())], []).unwrap();
    let (word, why) = (Accusation::Confirmed, "named in it".to_owned());
    let said = AccusedInItem { person, word, matter: None, why, outbox: vec![] };
    assert!(store.item_accused(id, &school(), said, &lead()).await.unwrap());
    store.item(id, &lead(), Purpose::Facts).await.unwrap();
    assert!(
        store.rule_record(record, RecordRuling::KeepUntil(bench.store_now()), &lead(), "x").await.unwrap()
    );
    let mut release = ruling(Decision::Release, lead());
    release.reason = Some("a quarrel that is over".into());
    store.decide(id, release).await.unwrap();
    deliver(store).await;
    // Whoever was told of the message that has no item has answered.
    for due in store.alerts_due().await.unwrap() {
        store.alert_answer(&due.number, &lead()).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_names_what_was_purged_but_its_own_row_and_the_ledger() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(with_custodians(outside.path())).await;
    let store = &bench.store;
    let (id, record, transaction) = busy(&bench).await;
    decided(&bench, &id, &record).await;
    let transaction = transaction.to_string();
    let people = [PersonId("child-1".into()), PersonId("staff-9".into())];
    let addresses = [address("claire@homemail.example"), address(TEACHER), address("clinic@harbour.example")];
    let faces: Vec<String> = store.faces(&people, &addresses).unwrap().iter().map(hex).collect();
    let faces: Vec<&str> = faces.iter().map(String::as_str).collect();
    let before = naming(&bench, &[id.as_str(), record.as_str(), &transaction]);
    for table in ["concerned", "matter", "first_of_two", "legal_hold", "alert", "outbox", "record_person"] {
        assert!(before.contains(table), "{table} is in the test: {before:?}");
    }

    // The item's time is over; the log and the record still need to know whose they are.
    bench.pass(TimeDelta::days(31));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().items, 1);
    assert_eq!(naming(&bench, &[id.as_str()]), set(&["item", "ledger"]));
    let spoken = tables(&bench).remove("ledger_reason").unwrap_or_default().len();
    assert!(naming(&bench, &faces[2..]).contains("concerned"), "parties of the log and the record");
    let search = Search { words: "kingfisher".into(), ..Search::default() };
    let found = store.search_quarantine(&search, &|_| true, &lead(), &Purpose::Facts.into()).await.unwrap();
    assert!(found.hits.is_empty());

    bench.pass(TimeDelta::days(200));
    let gone = store.retain(&due(&bench)).await.unwrap();
    assert_eq!((gone.items, gone.log_rows), (0, 1));
    assert!(naming(&bench, &[&transaction]).is_superset(&set(&["concerned", "record"])));

    let today = bench.store_now().date_naive();
    store.note_leaving(&[], today, &lead()).await.unwrap();
    bench.pass(TimeDelta::days(400));
    let year = (bench.store_now() - TimeDelta::days(365), bench.store_now() - TimeDelta::days(6 * 365));
    assert_eq!(store.purge_records(&school(), year, vec![record.clone()], &other(), "due").await.unwrap(), 1);
    bench.pass(TimeDelta::days(200));
    store.retain(&due(&bench)).await.unwrap();
    store.housekeep().await.unwrap();
    assert_eq!(naming(&bench, &[id.as_str()]), set(&["item", "ledger"]));
    assert_eq!(naming(&bench, &[record.as_str()]), set(&["ledger", "record"]));
    assert_eq!(naming(&bench, &[&transaction]), set(&["item", "ledger", "record"]));
    assert_eq!(naming(&bench, &faces), set(&[]), "no person and no address");
    let words: Vec<_> = tables(&bench).remove("ledger_reason").unwrap_or_default();
    assert!(words.len() < spoken + 1, "reasons about the record went too");

    // Whatever else has rows is no table of messages.
    let left: BTreeSet<String> = tables(&bench).into_keys().collect();
    let allowed = set(&[
        "_sqlx_migrations",
        "account",
        "duty",
        "epoch",
        "item",
        "ledger",
        "ledger_head",
        "ledger_key",
        "ledger_reason",
        "meta",
        "object",
        "object_epoch",
        "person",
        "record",
        "sqlite_sequence",
    ]);
    assert!(left.is_subset(&allowed), "{:?}", left.difference(&allowed));
    let wanted = tables(&bench).remove("object").unwrap().len() as u64;
    let scrub = store.scrub().await.unwrap();
    assert_eq!((scrub.faults.len(), scrub.orphans), (0, 0), "{scrub:?}");
    let files = bench
        .files()
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("/vault/") && !path.ends_with("store-id"));
    assert_eq!((files.count(), wanted), (0, 3), "message, record and notice are out of the vault");
    assert!(bench.verify().await.sealed);
}
