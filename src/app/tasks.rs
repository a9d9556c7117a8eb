//! The tasks of a running gate. Each works until the gate closes. One that ends before leaves a gate
//! that looks alive and no longer does a part of its work, so the process ends with it, and whoever
//! runs it (systemd) starts it anew. A turn that panics ends no task: it is said, and the next comes.

use super::serve::closed;
use crate::storage::StoreError;
use futures_util::FutureExt;
use std::{collections::HashMap, panic::AssertUnwindSafe, time::Duration};
use tokio::{
    sync::watch,
    task::{Id, JoinSet},
};

#[derive(Default)]
pub(super) struct Tasks {
    working: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    pub(super) fn spawn(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let task = self.working.spawn(work);
        self.names.insert(task.id(), name);
    }

    /// Resolves when a task has ended, with its name. May be asked again and again.
    pub(super) async fn first_end(&mut self) -> &'static str {
        let id = match self.working.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(broken_off)) => broken_off.id(),
            None => return std::future::pending().await,
        };
        self.names.remove(&id).unwrap_or("unknown")
    }

    pub(super) async fn all_end(&mut self) {
        while self.working.join_next().await.is_some() {}
    }
}

/// Does something now and after each `period`, until the gate closes.
pub(super) async fn regularly<W>(
    (name, period): (&'static str, Duration),
    closing: watch::Receiver<bool>,
    work: impl FnMut() -> W,
) where
    W: Future<Output = Result<(), StoreError>>,
{
    repeatedly(name, closing, || tokio::time::sleep(period), work).await;
}

/// Does something now and after each wait, until the gate closes: then it is broken off. All that is
/// done so may be broken off anywhere, since a kill does the same.
pub(super) async fn repeatedly<A, W>(
    name: &'static str,
    closing: watch::Receiver<bool>,
    mut wait: impl FnMut() -> A,
    mut work: impl FnMut() -> W,
) where
    A: Future<Output = ()>,
    W: Future<Output = Result<(), StoreError>>,
{
    let work = async {
        loop {
            if let Err(error) = caught(work()).await {
                tracing::warn!(work = name, %error, "work.failed");
            }
            wait().await;
        }
    };
    tokio::select! {
        () = closed(closing) => {}
        () = work => {}
    }
}

/// A panic as the fault of ours that it is.
pub(super) async fn caught<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    ended.unwrap_or_else(|_| {
        Err(StoreError::Us("this work panicked; a line on standard error says where".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_task_that_ends_or_panics_is_noticed() {
        let mut tasks = Tasks::default();
        tasks.spawn("works", std::future::pending());
        tasks.spawn("panics", async { panic!("as a test") });
        assert_eq!(tasks.first_end().await, "panics");
        tasks.spawn("ends", async {});
        assert_eq!(tasks.first_end().await, "ends");
    }

    #[tokio::test]
    async fn a_turn_that_panics_is_followed_by_the_next_and_one_that_hangs_ends_with_the_gate() {
        let (close, closing) = watch::channel(false);
        let turns = AtomicU32::new(0);
        let work = || async {
            match turns.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("as a test"),
                _ => {
                    close.send(true).unwrap();
                    std::future::pending().await
                }
            }
        };
        let period = Duration::from_millis(1);
        tokio::time::timeout(Duration::from_secs(30), regularly(("test", period), closing, work))
            .await
            .unwrap();
        assert_eq!(turns.load(Ordering::SeqCst), 2);
    }
}
