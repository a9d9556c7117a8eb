//! The gate looks after itself: canaries on each way of the mail, and what stops working is said.

use super::{
    duties::duty,
    tasks::{Tasks, regularly},
};
use crate::{gateway::Gate, storage::Store, wire::smtp::NextHopClient};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often a node looks whether a canary is due, and whether all is well.
const LOOK: Duration = Duration::from_secs(60);
/// How often each node asks its scanner.
const SCANNER: Duration = Duration::from_secs(15);
/// A little less, so that of several nodes one does it each time.
const ONCE: TimeDelta = TimeDelta::seconds(50);

/// Apart from each other and from all scheduled work: a host that does not answer holds nothing else up.
pub(super) fn begin(
    tasks: &mut Tasks,
    (store, gate, client): (&Store, &Arc<Gate>, &Arc<NextHopClient>),
    closing: &watch::Receiver<bool>,
) {
    let (canaries, itself) = ((store.clone(), gate.clone(), client.clone()), (store.clone(), gate.clone()));
    let (scanning, until) = (gate.clone(), closing.clone());
    tasks.spawn("scanner", async move {
        let turn = || async {
            scanning.check_scanner().await;
            Ok(())
        };
        regularly(("scanner", SCANNER), until, turn).await;
    });
    let (closing, closing_too) = (closing.clone(), closing.clone());
    tasks.spawn("canaries", async move {
        let (store, gate, client) = canaries;
        let turn = || duty(&store, "canaries", ONCE, gate.send_canaries(&client));
        regularly(("canaries", LOOK), closing, turn).await;
    });
    tasks.spawn("itself", async move {
        let (store, gate) = itself;
        let turn = || duty(&store, "itself", ONCE, gate.watch_itself());
        regularly(("itself", LOOK), closing_too, turn).await;
    });
}
