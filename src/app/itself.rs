//! The gate looks after itself: canaries on each way of the mail, and what stops working is said.

use super::serve::{closed, duty};
use crate::{gateway::Gate, storage::Store, wire::smtp::NextHopClient};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// How often a node looks whether a canary is due, and whether all is well.
const LOOK: Duration = Duration::from_secs(60);
/// A little less, so that of several nodes one does it each time.
const ONCE: TimeDelta = TimeDelta::seconds(50);

/// Apart from the other scheduled work: a host that does not answer holds nothing else up.
pub(super) async fn look_after_itself(
    (store, gate, client): (Store, Arc<Gate>, Arc<NextHopClient>),
    closing: watch::Receiver<bool>,
) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut end = std::pin::pin!(closed(closing));
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = ticks.tick() => {}
        }
        let work = async {
            duty(&store, "canaries", ONCE, gate.send_canaries(&client)).await;
            duty(&store, "itself", ONCE, gate.watch_itself()).await;
        };
        tokio::select! {
            () = &mut end => return,
            () = work => {}
        }
    }
}
