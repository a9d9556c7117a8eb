//! Waiting for what the gate sends by itself.

use super::sink::Sink;
use crate::{
    cli::Mistake,
    storage::{JobState, Store},
};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// All of it goes to a mailbox on loopback, so seconds are many.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between the mailbox's 250 and the commit of it there is no event to wait for.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Waits until nothing is left to be sent; says what is left when it takes too long.
pub(super) async fn outbox_is_empty(store: &Store, sink: &Sink) -> Result<(), Mistake> {
    let end = Instant::now() + PATIENCE;
    loop {
        let jobs = store.outbox_list(u32::MAX).await?;
        let open = |state| matches!(state, JobState::Waiting | JobState::Provisional);
        let left = jobs.iter().filter(|job| open(job.state)).count();
        if left == 0 {
            return Ok(());
        }
        if Instant::now() >= end {
            return Err(Mistake(format!(
                "After {} seconds {left} messages of the gate are still unsent; `gatehouse outbox list` shows them.",
                PATIENCE.as_secs()
            )));
        }
        // Either way the outbox is looked at again.
        let _ = timeout(LOOK_AGAIN, sink.arrival()).await;
    }
}
