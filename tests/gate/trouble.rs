//! The gate looks after itself: what fails for too long is said once, and that it works again.

use crate::{
    alerts::Desk,
    storage::{Sample, lead, ruling},
};
use gatehouse::{mail::SchoolId, storage::*};
use std::fs;

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
