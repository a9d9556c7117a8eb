//! Storage through its own door: what is kept is there, whole, unreadable to a thief,
//! and every change is in the ledger. Built twice, for each database once (main.rs).
//! `bucket` keeps in S3-compatible storage, `clock` leaps, `crash` kills, `custody` opens with public tools
//! and steals the disk, `drills` changes and loses keys, `lives` and `steps` decide, `nodes` are several,
//! `notes` are for leads, `outbox` delivers, `ledger` tampers, `search` finds, `sessions` end.

mod alarms;
mod breach;
mod bucket;
mod cases;
mod clock;
mod crash;
mod custody;
pub(crate) mod drills;
mod ledger;
mod lives;
mod nodes;
mod notes;
mod outbox;
mod parts;
pub(crate) mod portable;
mod purged;
mod records;
mod reports;
mod retention;
mod search;
mod sessions;
mod steps;
mod tally;
mod waiting;

use crate::{debian::program, postgres};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use gatehouse::{
    mail::{
        Address, Carried, Door, Edits, Envelope, HeaderEdit, Mode, Recipient, ReversePath, SchoolId,
        TransactionId,
    },
    parties::{Direction, PersonId},
    ruleset::{Category, Severity},
    storage::*,
    verdict::Disposition,
};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn keys() -> Keys {
    Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).unwrap()
}

/// Which database this building of the tests is for.
pub(crate) const KIND: Kind = match module_path!().as_bytes() {
    b"gate::storage" => Kind::Sqlite,
    _ => Kind::Postgres,
};

/// The database that belongs to a test's folder; a fresh one when the folder is new.
pub(crate) fn database_of(folder: &Path) -> DatabaseAddress {
    match KIND {
        Kind::Sqlite => DatabaseAddress::Folder,
        Kind::Postgres => DatabaseAddress::Postgres(PostgresUrl::new(url_of(folder))),
    }
}

fn url_of(folder: &Path) -> String {
    let noted = folder.join("database-url");
    std::fs::read_to_string(&noted).unwrap_or_else(|_| {
        let url = postgres::fresh_database();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(noted, &url).unwrap();
        url
    })
}

/// A store in a folder of its own with a clock that the test moves.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) folder: tempfile::TempDir,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(keys()).await
    }

    pub(crate) async fn with(keys: Keys) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Mutex::new(Utc::now()));
        let store = open_at(folder.path(), keys.clone(), &clock).await.unwrap();
        Self { store, keys, folder, clock }
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    pub(crate) fn store_now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    pub(crate) async fn verify(&self) -> LedgerReport {
        self.store.ledger_verify().await.unwrap().unwrap()
    }

    /// Waits until nothing is open any more, then opens the same folder again.
    pub(crate) async fn reopen(self) -> Self {
        let Self { store, keys, folder, clock } = self;
        store.close().await;
        let store = open_at(folder.path(), keys.clone(), &clock).await.unwrap();
        Self { store, keys, folder, clock }
    }

    /// Every file of the data folder with its bytes, and what PostgreSQL holds.
    pub(crate) fn files(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        fn walk(dir: &Path, out: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, out),
                    false => out.push((path.clone(), std::fs::read(&path).unwrap())),
                }
            }
        }
        let mut out = Vec::new();
        walk(self.folder.path(), &mut out);
        if KIND == Kind::Postgres {
            out.push(("gatehouse.db".into(), postgres::dump(&url_of(self.folder.path()))));
        }
        out
    }

    /// The closed database whole.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        match KIND {
            Kind::Sqlite => std::fs::read(self.folder.path().join("data/gatehouse.db")).unwrap(),
            Kind::Postgres => postgres::dump(&url_of(self.folder.path())),
        }
    }

    /// Puts an earlier one in its place.
    pub(crate) fn put_back(&self, snapshot: &[u8]) {
        if KIND == Kind::Sqlite {
            return std::fs::write(self.folder.path().join("data/gatehouse.db"), snapshot).unwrap();
        }
        let file = self.folder.path().join("snapshot.sql");
        std::fs::write(&file, snapshot).unwrap();
        let out = postgres::psql(&url_of(self.folder.path())).arg("-f").arg(file).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    /// Changes the closed database behind the store's back, with Debian's `sqlite3` or `psql`.
    pub(crate) fn sql(&self, statements: &str) {
        self.ask(statements);
    }

    /// What the closed database answers.
    pub(crate) fn ask(&self, statements: &str) -> String {
        let out = self.try_sql(statements);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    pub(crate) fn try_sql(&self, statements: &str) -> std::process::Output {
        let mut tool = match KIND {
            Kind::Sqlite => {
                let mut sqlite = program("sqlite3");
                sqlite.arg(self.folder.path().join("data/gatehouse.db")).arg(statements);
                sqlite
            }
            Kind::Postgres => {
                let mut psql = postgres::psql(&url_of(self.folder.path()));
                psql.args(["-c", statements]);
                psql
            }
        };
        tool.output().unwrap()
    }
}

async fn open_at(folder: &Path, keys: Keys, clock: &Arc<Mutex<DateTime<Utc>>>) -> Result<Store, StoreError> {
    let mut options = StoreOptions::new(folder.join("data"), keys);
    options.database = database_of(folder);
    let clock = Arc::clone(clock);
    options.clock = Arc::new(move || *clock.lock().unwrap());
    Store::open(options).await
}

/// A message of one teacher to two outsiders, held for both.
pub(crate) struct Sample {
    pub(crate) transaction: TransactionId,
    pub(crate) envelope: Envelope,
    pub(crate) raw: Bytes,
}

pub(crate) const TEACHER: &str = "t.harrow@oakfield.example";

impl Sample {
    pub(crate) fn new(number: u128) -> Self {
        let recipients = ["clinic@harbour.example", "second@harbour.example"];
        let recipient =
            |a: &str| Recipient { address: address(a), parameters: vec!["NOTIFY=FAILURE".into()] };
        let raw = format!(
            "From: {TEACHER}\r\nTo: clinic@harbour.example\r\nSubject: Trip list {number}\r\n\
             Message-ID: <{number}@oakfield.example>\r\n\r\nCanary words of number {number}.\r\n"
        );
        Self {
            transaction: TransactionId(number),
            envelope: Envelope {
                sender: ReversePath::Mailbox(address(TEACHER)),
                parameters: vec!["BODY=8BITMIME".into(), "ENVID=abc".into()],
                recipients: recipients.map(recipient).to_vec(),
            },
            raw: raw.into(),
        }
    }

    pub(crate) fn logged(&self) -> Logged {
        Logged {
            transaction: self.transaction,
            received_at: Utc::now(),
            school: Some(school()),
            door: Door::Relay,
            mode: Mode::Enforce,
            direction: Direction::Outbound,
            envelope: self.envelope.clone(),
            raw: self.raw.clone(),
            disposition: Disposition::Hold,
            verdict: serde_json::json!({"groups": 1}),
        }
    }

    pub(crate) async fn item(&self, store: &Store, kind: ItemKind) -> NewItem {
        let mark = |value: &str| Edits {
            headers: vec![HeaderEdit::Replace { name: "Subject".into(), nth: 1, value: value.into() }],
            body: vec![],
        };
        NewItem {
            id: store.new_item_id(),
            kind,
            school: school(),
            recipients: self.envelope.recipients.clone(),
            owner: (kind == ItemKind::Hold)
                .then(|| Owner { person: PersonId("staff-7".into()), address: address(TEACHER) }),
            sender_may_release: true,
            token: None,
            category: Category::PersonalHealth,
            severity: Severity::High,
            subject: "Trip list".into(),
            conversation: vec![],
            findings: vec![FindingSummary {
                rule: "pd.nhs-number".into(),
                category: Category::PersonalHealth,
                severity: Severity::High,
                part: "1".into(),
                reason: "It seems to contain an NHS number.".into(),
                excerpt: "her number is [...] and".into(),
                span: None,
            }],
            may_hold_image: false,
            settled_policies: vec!["hold.bulk-unprotected".into()],
            edits: Edits::default(),
            marked_edits: Some(mark("[Confidential] Trip list")),
            retry_keys: store.retry_keys(&self.envelope, &self.raw).await.unwrap(),
            grace: None,
        }
    }

    pub(crate) async fn keep(&self, store: &Store, kind: ItemKind) -> Keep {
        Keep {
            message: self.logged(),
            items: vec![self.item(store, kind).await],
            outbox: vec![],
            records: vec![],
            searchable: Searchable::default(),
            proposals: vec![],
            alerts: vec![],
            ledger: vec![],
            concerned: Concerned::default(),
        }
    }

    /// Kept for good; the item's name.
    pub(crate) async fn held(&self, store: &Store, kind: ItemKind) -> ItemId {
        let keep = self.keep(store, kind).await;
        store.keep(keep).await.unwrap().items.remove(0)
    }
}

pub(crate) fn school() -> SchoolId {
    SchoolId("oakfield".into())
}

pub(crate) fn lead() -> Actor {
    Actor::Person(PersonId("staff-1".into()))
}

pub(crate) fn owner() -> Actor {
    Actor::Sender { person: PersonId("staff-7".into()), address: address(TEACHER) }
}

pub(crate) fn ruling(decision: Decision, actor: Actor) -> Ruling {
    Ruling { decision, actor, reason: None, token: None, next_hop: None, outbox: vec![], takers: Vec::new() }
}

pub(crate) fn notice(text: &str) -> NewOutbox {
    NewOutbox {
        kind: OutboxKind::Notice,
        item: None,
        school: Some(school()),
        sender: ReversePath::Null,
        parameters: vec![],
        recipients: vec![Recipient::new(address(TEACHER))],
        next_hop: Some("mail".into()),
        message: OutboxMessage::Written(Bytes::copy_from_slice(text.as_bytes())),
        retry_keys: vec![],
    }
}
