//! Two gates, each its process, on one PostgreSQL: work goes on when one is killed, and
//! the ledger is one chain. And: both databases have the same tables.

use crate::{
    dangers::HEALTH,
    debian::program,
    gate::{Home, OUTSIDE, RELAY, Serving, Setup, TEACHER, hop, mail},
    house::PATIENCE,
    postgres,
    sink::{Asked, Sink},
    smtp::Client,
};
use gatehouse::storage::{DatabaseAddress, Keys, PostgresUrl, Store, StoreOptions, WorkingKey};
use std::{
    os::unix::fs::symlink,
    path::Path,
    sync::{Mutex, mpsc},
};

/// A gate on this database; a second one has the first one's keys and reaches its objects.
fn home(url: &str, sink: &Sink, first: Option<&Home>) -> Home {
    let more = format!("[store]\nurl = \"{url}\"\n");
    let setup = Setup { doors: RELAY.into(), hops: hop("own", "*", sink.address), more, ..Setup::default() };
    let Some(first) = first else { return Home::new(&setup) };
    let home = Home::with_keys_of(first, &setup);
    let _ = std::fs::remove_dir_all(home.path("data/vault"));
    symlink(first.path("data/vault"), home.path("data/vault")).unwrap();
    home
}

fn send(gate: &Serving, number: usize) {
    let mut client = Client::connect(gate.relay.unwrap());
    client.say("EHLO mail.oakfield.example");
    client.say(&format!("XCLIENT LOGIN={TEACHER}"));
    client.say("EHLO mail.oakfield.example");
    let reply =
        client.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, &format!("number {number}"), HEALTH));
    assert!(reply.starts_with("250"), "{reply}");
}

#[test]
fn a_killed_nodes_work_is_taken_over_and_the_ledger_is_one_chain() {
    let url = postgres::fresh_database();
    // The next hop of the first gate never answers a message, and so holds its jobs up.
    let ((seen, stuck), (_end, never)) = (mpsc::channel(), mpsc::channel::<()>());
    let never = Mutex::new(never);
    let deaf = Sink::scripted(move |asked| {
        if let Asked::Message(_) = asked {
            let _ = seen.send(());
            let _ = never.lock().unwrap().recv();
        }
        None
    });
    let sink = Sink::start();
    let one = home(&url, &deaf, None);
    let first = one.serve();
    let two = home(&url, &sink, Some(&one));
    send(&first, 1);
    // Its nudge is on the way from the first gate, which is killed while it waits.
    stuck.recv_timeout(PATIENCE).unwrap();
    first.kill();
    let second = two.serve();
    send(&second, 2);
    sink.wait_for(1);
    assert!(!sink.deliveries()[0].text().contains("number 1"), "the killed gate's lease still holds");
    // Five minutes later.
    let late =
        postgres::psql(&url).args(["-c", "UPDATE outbox SET lease_until = 0 WHERE lease_until > 0"]).output();
    assert!(late.unwrap().status.success());
    sink.wait_for(2);
    assert_eq!(two.list(&["hold", "list"]).len(), 2);
    assert_eq!(two.run(&["ledger", "verify"]).code(), 0);
    let doctor = two.run(&["doctor"]);
    assert!(doctor.out.contains("PostgreSQL"), "{}", doctor.out);
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let migrations = |kind: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/storage/migrations").join(kind);
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(migrations("sqlite"), migrations("postgres"));

    let folder = tempfile::tempdir().unwrap();
    let url = postgres::fresh_database();
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).unwrap();
    for database in [DatabaseAddress::Folder, DatabaseAddress::Postgres(PostgresUrl::new(url.as_str()))] {
        let mut options = StoreOptions::new(folder.path().join("data"), keys.clone());
        options.database = database;
        Store::open(options).await.unwrap().close().await;
    }
    let of_sqlite =
        "SELECT m.name || '.' || p.name || CASE p.type WHEN 'BLOB' THEN ' bytes' WHEN 'TEXT' THEN ' text'
        ELSE ' number' END || CASE WHEN p.\"notnull\" OR p.pk THEN ' always' ELSE '' END
        FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'";
    let of_postgres = "SELECT table_name || '.' || column_name || CASE data_type WHEN 'bytea' THEN ' bytes'
        WHEN 'text' THEN ' text' ELSE ' number' END || CASE is_nullable WHEN 'NO' THEN ' always' ELSE '' END
        FROM information_schema.columns WHERE table_schema = 'public'";
    let lines = |out: std::process::Output| {
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        let own = |line: &&str| !line.starts_with("_sqlx");
        let mut lines: Vec<String> = text.lines().filter(own).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let sqlite =
        program("sqlite3").arg(folder.path().join("data/gatehouse.db")).arg(of_sqlite).output().unwrap();
    let postgres = postgres::psql(&url).args(["-c", of_postgres]).output().unwrap();
    let (sqlite, postgres) = (lines(sqlite), lines(postgres));
    assert!(sqlite.len() > 100);
    assert_eq!(sqlite, postgres);
}
