//! The gate looks after itself: what fails for too long is said once, and that it works again.

use crate::{
    alerts::Desk,
    gate::{Home, RELAY, Setup, hop},
    storage::{Sample, lead, ruling},
};
use gatehouse::{files::Until, mail::SchoolId, storage::*};
use std::{fs, process::Command};

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_gets_no_heads_is_an_alarm_and_so_is_its_recovery() {
    let folder = tempfile::tempdir().unwrap();
    let (share, alarm) = (folder.path().join("share"), folder.path().join("alarm"));
    let more = format!(
        "[[anchor]]\nname = \"county\"\nfolder = \"{}\"\nalarm-after = \"2h\"\n\
         [[alarm]]\nname = \"pager\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n",
        share.display(),
        alarm.display()
    );
    fs::create_dir(&share).unwrap();
    let desk = Desk::at("2026-11-25T10:00:00Z", "", &more).await;
    desk.store.ledger_key_or_make().await.unwrap();
    let turn = async || {
        desk.gate.anchor_ledger().await.unwrap();
        desk.gate.watch_itself().await.unwrap();
        desk.written().await
    };
    assert!(turn().await.is_empty());
    fs::rename(&share, folder.path().join("unmounted")).unwrap();
    desk.pass(61);
    assert!(turn().await.is_empty(), "one hour is no alarm");
    desk.pass(61);
    let told = turn().await;
    assert_eq!(told.len(), 1, "{told:?}");
    let (to, text) = &told[0];
    assert_eq!(to, "postmaster@oakfield.example");
    assert!(text.contains("anchor/county fails since Wednesday 25 November 2026, 10:00"), "{text}");
    assert!(text.contains("is the share mounted"), "{text}");
    desk.pass(61);
    assert!(turn().await.is_empty(), "once");
    fs::rename(folder.path().join("unmounted"), &share).unwrap();
    desk.pass(5);
    let told = turn().await;
    assert!(told.len() == 1 && told[0].1.contains("works again"), "{told:?}");
    let said = fs::read_to_string(&alarm).unwrap();
    let alarms: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&said).into_iter().collect::<Result<_, _>>().unwrap();
    let failing: Vec<bool> = alarms.iter().map(|a| a["failing"].as_bool().unwrap()).collect();
    assert_eq!(failing, [true, false], "{said}");
    desk.store.ledger_verify().await.unwrap().unwrap();
}

/// Nobody of theirs can decide it any more, and it does not lie there for ever.
#[tokio::test(flavor = "multi_thread")]
async fn mail_of_a_school_that_is_configured_no_more_goes_after_the_usual_times() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    let closed = SchoolId("closed".into());
    let mut keep = Sample::new(1).keep(&desk.store, ItemKind::Quarantine).await;
    keep.items[0].school = closed.clone();
    keep.message.school = Some(closed);
    keep.message.received_at = *desk.clock.lock().unwrap();
    let id = desk.store.keep(keep).await.unwrap().items.remove(0);
    desk.store.decide(&id, ruling(Decision::Return, lead())).await.unwrap();
    let doctor = desk.home.run(&["doctor"]);
    assert!(doctor.out.contains("mail is kept of closed"), "{}", doctor.out);
    desk.pass(29 * 24 * 60);
    assert_eq!(desk.gate.retain().await.unwrap().items, 0);
    desk.pass(2 * 24 * 60);
    assert_eq!(desk.gate.retain().await.unwrap().items, 1);
    desk.pass(182 * 24 * 60);
    assert_eq!(desk.gate.retain().await.unwrap().log_rows, 1);
}

/// A FIFO that nobody reads hangs as a network share does.
#[test]
fn a_share_that_hangs_is_said_and_holds_up_neither_another_place_nor_the_end() {
    let setup = |more: String| Setup {
        shipped: false,
        doors: RELAY.into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        more,
        ..Setup::default()
    };
    let home = Home::new(&setup(String::new()));
    assert!(home.serve().stop().success());
    let verified = &home.list(&["ledger", "verify"])[0];
    let heads = format!("gatehouse-ledger-{}.jsonl", verified["installation"].as_str().unwrap());
    let mut more = String::new();
    for name in ["hung", "well"] {
        fs::create_dir(home.path(name)).unwrap();
        more += &format!("[[anchor]]\nname = \"{name}\"\nfolder = \"{}\"\n", home.path(name).display());
    }
    assert!(Command::new("mkfifo").arg(home.path("hung").join(&heads)).status().unwrap().success());
    home.write(&setup(more));
    let gate = home.serve();
    assert!(gate.wait_log("ledger.anchor-failing").contains("nobody answers"));
    assert!(fs::read_to_string(home.path("well").join(&heads)).unwrap().contains("head"));
    assert!(gate.stop().success(), "a thread that hangs does not keep the process");
}

/// A machine that is 400 days ahead for a moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_leaps_returns_no_hold_and_purges_nothing_until_somebody_says_that_it_is_right() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    desk.store.begin_serving().await.unwrap();
    let mut keep = Sample::new(1).keep(&desk.store, ItemKind::Hold).await;
    keep.message.received_at = *desk.clock.lock().unwrap();
    desk.store.keep(keep).await.unwrap();
    desk.pass(400 * 24 * 60);
    assert_eq!(desk.gate.expire_holds().await.unwrap(), 0);
    assert_eq!(desk.gate.retain().await.unwrap(), Retained::default());
    desk.store.note_node().await.unwrap();
    desk.gate.watch_itself().await.unwrap();
    let told = desk.written().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].1.contains("store clock-is-right"), "{}", told[0].1);
    // By the command line, whose clock is the machine's, and by the test's own.
    let said = desk.home.run(&["store", "clock-is-right"]);
    assert!(said.code() == 0 && said.out.contains("The clock is believed"), "{}{}", said.out, said.err);
    assert!(desk.store.clock_is_right(&gatehouse::storage::Actor::Gate).await.unwrap());
    assert_eq!(desk.gate.expire_holds().await.unwrap(), 1);
    desk.gate.watch_itself().await.unwrap();
    assert!(desk.written().await.iter().any(|(_, text)| text.contains("works again")));
    desk.store.ledger_verify().await.unwrap().unwrap();
}

/// What the running gate gives the alarm for is what `doctor` shows.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_objects_and_work_that_stands_still_are_said() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    desk.store.begin_serving().await.unwrap();
    let duty = desk.store.take_duty("retention", chrono::TimeDelta::hours(1)).await.unwrap().unwrap();
    Sample::new(1).held(&desk.store, ItemKind::Hold).await;
    fs::remove_dir_all(desk.home.path("data/vault")).unwrap();
    fs::create_dir(desk.home.path("data/vault")).unwrap();
    assert!(!desk.store.scrub().await.unwrap().faults.is_empty());
    for _ in 0..5 {
        desk.pass(60);
        desk.store.note_node().await.unwrap();
    }
    desk.gate.watch_itself().await.unwrap();
    let told = desk.written().await;
    let says = |what: &str| told.iter().any(|(_, text)| text.contains(what));
    assert!(says("missing or changed in the vault") && says("stands still: retention"), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
    let doctor = desk.home.run(&["doctor"]);
    assert!(doctor.out.contains("FAULT  objects"), "{}", doctor.out);
    duty.run(async { Ok::<_, gatehouse::storage::StoreError>(()) }).await.unwrap();
    desk.gate.watch_itself().await.unwrap();
    let told = desk.written().await;
    assert!(told.len() == 1 && told[0].1.contains("works again"), "{told:?}");
}

/// Mail goes its way while nothing opens its files, so that somebody has to hear of it.
#[tokio::test(flavor = "multi_thread")]
async fn workers_that_cannot_be_started_are_said_once() {
    let desk = Desk::at("2026-11-25T10:00:00Z", "", "").await;
    let turn = async || {
        desk.gate.watch_itself().await.unwrap();
        desk.written().await
    };
    assert!(turn().await.is_empty(), "none was wanted yet");
    // Workers are the program that runs, which is this test here and becomes none.
    let opener = desk.gate.standing().rulebook.opener.clone();
    let opened = tokio::task::spawn_blocking(move || opener.open(None, "text/plain", b"a", Until::default()))
        .await
        .unwrap();
    assert!(opened.is_err(), "{opened:?}");
    let told = turn().await;
    assert_eq!(told.len(), 1, "{told:?}");
    let (to, text) = &told[0];
    assert_eq!(to, "postmaster@oakfield.example");
    assert!(text.contains("workers/files fails") && text.contains("gatehouse doctor"), "{text}");
    assert!(turn().await.is_empty(), "once");
    let page = desk.gate.metrics().await.unwrap();
    for line in [
        "gatehouse_file_workers_up{of=\"files\"} 0\n",
        "gatehouse_files_total{of=\"files\",result=\"no-worker-started\"} 1\n",
    ] {
        assert!(page.contains(line), "{page}");
    }
}
