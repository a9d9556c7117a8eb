//! Work that takes longer than a page may: behind the page, one at a time, its outcome kept for whoever
//! asked for it until they ask for another or its time is over.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, Semaphore};

/// How long an outcome is kept.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// Outcomes kept at once.
const MOST: usize = 20;

/// Of one kind of work, by account.
pub struct Works<T> {
    all: Arc<Mutex<HashMap<String, Work<T>>>>,
    turn: Arc<Semaphore>,
    ended: Arc<Notify>,
}

enum Work<T> {
    UnderWay(Arc<AtomicU64>),
    Done(Arc<T>, Instant),
    /// It broke off by a fault of ours.
    Broken(Instant),
}

/// How somebody's work stands.
pub enum Stands<T> {
    None,
    /// So many messages are done.
    UnderWay(u64),
    Done(Arc<T>),
    Broken,
}

impl<T> Default for Works<T> {
    fn default() -> Self {
        Self { all: Arc::default(), turn: Arc::new(Semaphore::new(1)), ended: Arc::default() }
    }
}

fn locked<T>(all: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + Sync + 'static> Works<T> {
    /// Begins it, unless somebody's is under way already; `done` is counted up by the work.
    pub fn begin(
        &self,
        account: &str,
        done: Arc<AtomicU64>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> bool {
        let Ok(turn) = self.turn.clone().try_acquire_owned() else { return false };
        let (all, ended, account) = (self.all.clone(), self.ended.clone(), account.to_owned());
        locked(&all).insert(account.clone(), Work::UnderWay(done));
        let work = tokio::spawn(work);
        tokio::spawn(async move {
            let outcome = work.await;
            let now = Instant::now();
            let mut all = locked(&all);
            all.insert(
                account,
                outcome.map_or(Work::Broken(now), |outcome| Work::Done(Arc::new(outcome), now)),
            );
            tidy(&mut all, now);
            drop((all, turn));
            ended.notify_waiters();
        });
        true
    }

    pub fn stands(&self, account: &str) -> Stands<T> {
        let mut all = locked(&self.all);
        tidy(&mut all, Instant::now());
        match all.get(account) {
            None => Stands::None,
            Some(Work::UnderWay(done)) => Stands::UnderWay(done.load(Ordering::Relaxed)),
            Some(Work::Done(outcome, _)) => Stands::Done(outcome.clone()),
            Some(Work::Broken(_)) => Stands::Broken,
        }
    }

    /// The same; what is under way is waited for a moment, so that short work needs no second look.
    pub async fn stands_soon(&self, account: &str, patience: Duration) -> Stands<T> {
        let until = tokio::time::Instant::now() + patience;
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // From here on no end is missed.
            ended.as_mut().enable();
            let stands = self.stands(account);
            let is_under_way = matches!(stands, Stands::UnderWay(_));
            if !is_under_way || tokio::time::timeout_at(until, ended).await.is_err() {
                return if is_under_way { self.stands(account) } else { stands };
            }
        }
    }
}

fn tidy<T>(all: &mut HashMap<String, Work<T>>, now: Instant) {
    let ended = |work: &Work<T>| match work {
        Work::UnderWay(_) => None,
        Work::Done(_, at) | Work::Broken(at) => Some(*at),
    };
    all.retain(|_, work| ended(work).is_none_or(|at| now.duration_since(at) < LIFE));
    while all.len() > MOST {
        let oldest = all.iter().filter_map(|(account, work)| Some((ended(work)?, account.clone()))).min();
        let Some((_, oldest)) = oldest else { break };
        all.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn one_is_under_way_and_its_outcome_is_its_askers() {
        let works = Works::<u8>::default();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let done = Arc::new(AtomicU64::new(7));
        assert!(works.begin("a", done.clone(), async move { wait.await.map_or(0, |()| 5) }));
        assert!(!works.begin("b", Arc::default(), async { 1 }), "somebody's is under way");
        assert!(matches!(works.stands("a"), Stands::UnderWay(7)));
        go.send(()).unwrap();
        assert!(matches!(works.stands_soon("a", LONG).await, Stands::Done(five) if *five == 5));
        assert!(matches!(works.stands("b"), Stands::None));
        assert!(works.begin("b", Arc::default(), async { panic!("a fault of ours") }));
        assert!(matches!(works.stands_soon("b", LONG).await, Stands::Broken));
        assert!(works.begin("a", Arc::default(), std::future::pending()), "and the turn is free again");
        assert!(matches!(works.stands_soon("a", Duration::from_millis(1)).await, Stands::UnderWay(0)));
    }
}
