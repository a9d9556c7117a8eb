//! Scheduled work: what one node does for all when it is due. Each duty has a task of its own, so
//! that one which takes long, or hangs, holds up no other; and its time, after which it is broken off.

use super::tasks::{Tasks, caught, regularly};
use crate::{
    gateway::Gate,
    storage::{Store, StoreError},
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often a node looks whether such work is due, and says that it is there.
const LOOK: Duration = Duration::from_secs(60);
/// How often what has expired is tidied away.
const HOUSEKEEPING: TimeDelta = TimeDelta::hours(1);
/// How often holds are looked through (who is to be reminded, what goes back), and places that hold
/// the ledger's heads: each gets one hourly, and one that failed is tried again.
const HOLDS: TimeDelta = TimeDelta::minutes(5);
/// How often quarantine is looked through for what has waited too long.
const OVERDUE: TimeDelta = TimeDelta::minutes(5);

/// New scheduled work gets a line here.
pub(super) fn begin(tasks: &mut Tasks, store: &Store, gate: &Arc<Gate>, closing: &watch::Receiver<bool>) {
    macro_rules! duties {
        ($($name:literal, $every:expr, |$store:pat_param, $gate:pat_param| $work:expr;)+) => {$({
            let (store, gate, closing) = (store.clone(), gate.clone(), closing.clone());
            tasks.spawn($name, async move {
                let turn = || duty(&store, $name, $every, async {
                    let ($store, $gate) = (&store, &gate);
                    $work.await.map(|_| ())
                });
                regularly(($name, LOOK), closing, turn).await;
            });
        })+};
    }
    duties! {
        "holds.expire", HOLDS, |_, gate| gate.expire_holds();
        "holds.remind", HOLDS, |_, gate| gate.remind_of_holds();
        "retention", HOUSEKEEPING, |_, gate| gate.retain();
        "ledger.anchor", HOLDS, |_, gate| gate.anchor_ledger();
        "quarantine.overdue", OVERDUE, |_, gate| gate.tell_overdue();
        "store.housekeeping", HOUSEKEEPING, |store, _| store.housekeep();
        "search.tidy", HOUSEKEEPING, |store, _| store.search_tidy();
        "store.scrub", HOUSEKEEPING, |store, _| store.scrub_some();
        "report.months", HOUSEKEEPING, |_, gate| gate.count_months();
        "store.locks", HOUSEKEEPING, |store, _| store.keep_locks();
    }
    // Each node for itself: it keeps them in its memory.
    let (counted, ending) = (store.clone(), closing.clone());
    tasks.spawn("counts", async move {
        regularly(("counts", LOOK), ending, || counted.count_again()).await;
    });
    let (store, closing) = (store.clone(), closing.clone());
    tasks.spawn("node", async move { regularly(("node", LOOK), closing, || store.note_node()).await });
}

/// One duty, if it is due and no other node has it.
pub(super) async fn duty<T>(
    store: &Store,
    name: &'static str,
    every: TimeDelta,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<(), StoreError> {
    match store.take_duty(name, every).await? {
        Some(duty) => duty.run(caught(work)).await.map(|_| ()),
        None => Ok(()),
    }
}
