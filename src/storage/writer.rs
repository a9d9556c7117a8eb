//! The one writer: everything that waits goes into one transaction, so that many
//! messages share one fsync. Each change has its savepoint: one that fails takes
//! nothing of its neighbours with it, and nobody is answered before the commit.

use super::{
    database::{self, Connection},
    error::StoreError,
    ledger::{self, Head, Row},
    store::Shared,
};
use crate::mail::Waiting;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
};
use tokio::sync::{mpsc, oneshot};

/// Changes that may wait; more callers wait for a place.
const QUEUE: usize = 1024;

/// The open transaction that a change works in.
pub(super) struct Tx {
    pub(super) conn: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) now: DateTime<Utc>,
    pub(super) head: Head,
    /// The ledger's new rows up to `head`, which nobody reads before the commit.
    pub(super) rows: Vec<Row>,
    /// There are objects that no row wants any more; they are purged after the commit.
    pub(super) leaves_unwanted: bool,
    /// Some object is needed longer than it is locked.
    pub(super) relocks: bool,
    /// New work for the outbox.
    pub(super) wakes_outbox: bool,
    /// Somebody is to be told of something.
    pub(super) wakes_alerts: bool,
}

/// Why a change is not there.
pub(super) enum Unwritten<E> {
    /// Certainly not written.
    Refused(E),
    /// The commit failed: a power cut right now might still show it.
    Unsure(StoreError),
}

impl<E: From<StoreError>> Unwritten<E> {
    pub(super) fn into_error(self) -> E {
        match self {
            Self::Refused(e) => e,
            Self::Unsure(e) => e.into(),
        }
    }
}

type Change<T, E> = Box<dyn for<'t> FnOnce(&'t mut Tx) -> Waiting<'t, Result<T, E>> + Send>;

/// One waiting change, whatever it returns.
trait Queued: Send {
    /// Whether its savepoint is to be kept.
    fn apply<'t>(&'t mut self, tx: &'t mut Tx) -> Waiting<'t, bool>;
    fn answer(self: Box<Self>, commit: Result<(), Failed>);
}

#[derive(Clone)]
enum Failed {
    Begin(StoreError),
    Commit(StoreError),
}

struct Entry<T, E> {
    change: Option<Change<T, E>>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, Unwritten<E>>>,
}

impl<T: Send, E: From<StoreError> + Send> Queued for Entry<T, E> {
    fn apply<'t>(&'t mut self, tx: &'t mut Tx) -> Waiting<'t, bool> {
        Box::pin(async move {
            let Some(change) = self.change.take() else { return false };
            let outcome = change(tx).await;
            let kept = outcome.is_ok();
            self.outcome = Some(outcome);
            kept
        })
    }

    fn answer(self: Box<Self>, commit: Result<(), Failed>) {
        let answer = match (commit, self.outcome) {
            (_, Some(Err(e))) => Err(Unwritten::Refused(e)),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(Failed::Commit(e)), _) => Err(Unwritten::Unsure(e)),
            (Err(Failed::Begin(e)), _) => Err(Unwritten::Refused(e.into())),
            (Ok(()), None) => Err(Unwritten::Refused(StoreError::Us("a change was not tried".into()).into())),
        };
        // Who asked may have given up waiting; what is written stays written.
        let _ = self.reply.send(answer);
    }
}

/// The way to the writer.
pub(super) struct Writer {
    queue: std::sync::Mutex<Option<mpsc::Sender<Box<dyn Queued>>>>,
    task: std::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(conn: Connection, shared: Arc<Shared>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(Some(conn), shared, waiting));
        Self { queue: Some(queue).into(), task: Some(task).into() }
    }

    /// Resolves after the commit that `change` is part of.
    pub(super) async fn write<T, E, F>(&self, change: F) -> Result<T, Unwritten<E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Waiting<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let entry = Entry { change: Some(Box::new(change)), outcome: None, reply };
        let closed = || Unwritten::Refused(StoreError::Us("the store is closed".into()).into());
        let queue = self.queue.lock().ok().and_then(|q| q.clone()).ok_or_else(closed)?;
        queue.send(Box::new(entry)).await.map_err(|_| closed())?;
        // The task ends only after the queue is closed and empty, so an answer comes,
        // unless the runtime itself is going down.
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) async fn close(&self) {
        drop(self.queue.lock().ok().and_then(|mut q| q.take()));
        let task = self.task.lock().ok().and_then(|mut t| t.take());
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

async fn run(
    mut conn: Option<Connection>,
    shared: Arc<Shared>,
    mut waiting: mpsc::Receiver<Box<dyn Queued>>,
) {
    while let Some(first) = waiting.recv().await {
        let mut group = vec![first];
        while group.len() < shared.timing.group
            && let Ok(next) = waiting.try_recv()
        {
            group.push(next);
        }
        // What panics takes those that share its commit with it, and not the one writer.
        let committed = AssertUnwindSafe(commit(conn.take(), &shared, &mut group)).catch_unwind().await;
        let (back, result) = committed.unwrap_or_else(|_| (None, Err(Failed::Commit(panicked()))));
        conn = back;
        for entry in group {
            entry.answer(result.clone());
        }
    }
    if let Some(conn) = conn {
        let _ = sqlx::Connection::close(conn).await;
    }
}

fn panicked() -> StoreError {
    let fault = "a change of the store panicked; a line on standard error says where";
    tracing::error!(fault, "store.change-panicked");
    StoreError::Us(fault.into())
}

/// One transaction. After a failure the connection is not used again: what state it
/// is in, only a new one knows.
async fn commit(
    conn: Option<Connection>,
    shared: &Arc<Shared>,
    group: &mut [Box<dyn Queued>],
) -> (Option<Connection>, Result<(), Failed>) {
    let mut tx = match begin(conn, shared).await {
        Ok(tx) => tx,
        Err(e) => return (None, Err(Failed::Begin(e))),
    };
    let before = tx.head.clone();
    if let Err(e) = apply(group, &mut tx).await {
        return (None, Err(Failed::Begin(e)));
    }
    let committed = match tx.head == before {
        true => database::commit(&mut tx.conn, Vec::new()).await,
        false => ledger::seal_and_commit(&mut tx).await,
    };
    if let Err(e) = committed {
        return (None, Err(Failed::Commit(e)));
    }
    if tx.leaves_unwanted {
        shared.unwanted.store(true, Ordering::Release);
    }
    if tx.relocks {
        shared.relock.store(true, Ordering::Release);
    }
    if tx.wakes_outbox {
        shared.outbox_wake.notify_one();
    }
    if tx.wakes_alerts {
        shared.alert_wake.notify_one();
        shared.alarm_wake.notify_one();
    }
    (Some(tx.conn), Ok(()))
}

async fn begin(conn: Option<Connection>, shared: &Arc<Shared>) -> Result<Tx, StoreError> {
    let (mut conn, begun) = match conn {
        Some(conn) => match begin_with(conn).await {
            // The connection was lost while nobody wrote: nothing is lost with it.
            Err(StoreError::Io(_)) => begin_with(database::connect(&shared.place).await?).await?,
            begun => begun?,
        },
        None => begin_with(database::connect(&shared.place).await?).await?,
    };
    shared.set_ahead(begun.ahead);
    let head = ledger::head_to_go_on(&mut conn, shared.secrets()?, begun.last).await?;
    Ok(Tx {
        conn,
        shared: Arc::clone(shared),
        now: shared.now(),
        head,
        rows: Vec::new(),
        leaves_unwanted: false,
        relocks: false,
        wakes_outbox: false,
        wakes_alerts: false,
    })
}

async fn begin_with(mut conn: Connection) -> Result<(Connection, database::Begun), StoreError> {
    let begun = database::begin(&mut conn).await?;
    Ok((conn, begun))
}

/// Every change within its savepoint.
async fn apply(group: &mut [Box<dyn Queued>], tx: &mut Tx) -> Result<(), StoreError> {
    for (i, entry) in group.iter_mut().enumerate() {
        // The first came with BEGIN, and the commit releases the last.
        if i > 0 {
            database::next_change(&mut tx.conn).await?;
        }
        let (head, rows) = (tx.head.clone(), tx.rows.len());
        let (unwanted, wakes) = (tx.leaves_unwanted, (tx.wakes_outbox, tx.wakes_alerts));
        if !entry.apply(tx).await {
            database::undo_change(&mut tx.conn).await?;
            tx.head = head;
            tx.rows.truncate(rows);
            tx.leaves_unwanted = unwanted;
            (tx.wakes_outbox, tx.wakes_alerts) = wakes;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::storage::{
        Actor, DatabaseAddress, Event, Keys, LedgerEvent, PostgresUrl, Store, StoreError, StoreOptions,
        WorkingKey, writer::Tx,
    };
    use chrono::{DateTime, TimeDelta};
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };
    use tokio::sync::oneshot;

    /// A store whose clock ticks once for each transaction.
    async fn ticking(folder: &std::path::Path, database: DatabaseAddress) -> Store {
        let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).unwrap();
        let mut options = StoreOptions::new(folder.to_owned(), keys);
        options.database = database;
        let tick = AtomicI64::new(0);
        options.clock =
            Arc::new(move || DateTime::UNIX_EPOCH + TimeDelta::seconds(tick.fetch_add(1, Ordering::SeqCst)));
        Store::open(options).await.unwrap()
    }

    async fn note(tx: &mut Tx, n: i64, fails: bool) -> Result<DateTime<chrono::Utc>, StoreError> {
        tx.append("gate", LedgerEvent::new(Event::ConfigLoaded).with("n", n)).await?;
        if fails { Err(StoreError::Busy) } else { Ok(tx.now) }
    }

    #[tokio::test]
    async fn what_waits_shares_one_commit_and_a_failing_change_takes_only_itself_back() {
        what_waits_shares_one_commit(DatabaseAddress::Folder).await;
        let url = crate::storage::postgres::fresh_database();
        what_waits_shares_one_commit(DatabaseAddress::Postgres(PostgresUrl::new(url))).await;
    }

    async fn what_waits_shares_one_commit(database: DatabaseAddress) {
        let folder = tempfile::tempdir().unwrap();
        let store = ticking(folder.path(), database).await;
        let (started, has_started) = oneshot::channel();
        let (go, gone) = oneshot::channel::<()>();
        let holder = store.clone();
        let first = tokio::spawn(async move {
            let hold = holder.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    let _ = started.send(());
                    let _ = gone.await;
                    Ok(tx.now)
                })
            });
            hold.await.unwrap()
        });
        has_started.await.unwrap();
        // Polled once, each change stands in the queue; only then may the first go on.
        let waiting = (0..50).map(|n| {
            let store = store.clone();
            async move { store.write(move |tx| Box::pin(note(tx, n, n % 10 == 3))).await }
        });
        let all = futures_util::future::join_all(waiting);
        let release = async {
            tokio::task::yield_now().await;
            go.send(()).unwrap();
        };
        let (results, ()) = futures_util::future::join(all, release).await;
        let first = first.await.unwrap();
        let times: Vec<_> = results.iter().filter_map(|r| r.as_ref().ok()).collect();
        assert_eq!(times.len(), 45);
        assert!(times.iter().all(|t| *t == times[0] && **t > first), "one transaction for all that waited");
        assert_eq!(store.ledger_verify().await.unwrap().unwrap().rows, 45);
        store.ledger(&Actor::Gate, LedgerEvent::new(Event::RulesLoaded)).await.unwrap();
        store.clone().close().await;
        assert!(store.ledger(&Actor::Gate, LedgerEvent::new(Event::RulesLoaded)).await.is_err());
    }

    #[tokio::test]
    async fn a_change_that_panics_is_refused_and_the_next_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = ticking(folder.path(), DatabaseAddress::Folder).await;
        let panics = store.write::<(), StoreError, _>(|tx| {
            Box::pin(async move {
                note(tx, 0, false).await?;
                panic!("as a test")
            })
        });
        assert!(matches!(panics.await, Err(StoreError::Us(_))));
        store.write(|tx| Box::pin(note(tx, 1, false))).await.unwrap();
        assert_eq!(store.ledger_verify().await.unwrap().unwrap().rows, 1);
    }
}
