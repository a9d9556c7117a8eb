//! One budget of bytes for all messages in flight: whoever needs more waits within a
//! bound, and then is told to come again.

use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// Bytes are counted in pages, so that a semaphore's 32-bit steps reach any size.
const PAGE: usize = 4096;

/// Shared by clones: all doors may draw on the same budget.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    pages: Arc<Semaphore>,
    wait: Duration,
}

/// The budget was used up for as long as a message may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

impl MemoryBudget {
    /// A budget of `bytes`; a message waits for `wait` altogether.
    pub fn new(bytes: usize, wait: Duration) -> Self {
        let pages = (bytes / PAGE).clamp(1, Semaphore::MAX_PERMITS);
        Self { pages: Arc::new(Semaphore::new(pages)), wait }
    }

    /// An empty reservation of one message.
    pub fn open(&self) -> Reservation {
        Reservation { budget: self.clone(), held: None, give_up: None }
    }

    /// Bytes that nobody has reserved.
    pub fn free(&self) -> usize {
        self.pages.available_permits() * PAGE
    }
}

/// What one message has reserved; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: MemoryBudget,
    held: Option<OwnedSemaphorePermit>,
    /// Set at the first wait: many short waits are together no longer than one.
    give_up: Option<Instant>,
}

impl Reservation {
    /// An empty reservation from the same budget; this one is given back on assignment.
    pub fn reopen(&self) -> Self {
        self.budget.open()
    }

    /// Grows to at least `bytes` in all.
    pub async fn reach(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let have = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = bytes.div_ceil(PAGE).saturating_sub(have);
        let Ok(more) = u32::try_from(more) else { return Err(NoMemory) };
        if more == 0 {
            return Ok(());
        }
        let pages = Arc::clone(&self.budget.pages);
        let got = match Arc::clone(&pages).try_acquire_many_owned(more) {
            Ok(got) => got,
            Err(_) => {
                let give_up = *self.give_up.get_or_insert_with(|| Instant::now() + self.budget.wait);
                match timeout_at(give_up, pages.acquire_many_owned(more)).await {
                    Ok(Ok(got)) => got,
                    _ => return Err(NoMemory),
                }
            }
        };
        match &mut self.held {
            Some(held) => held.merge(got),
            None => self.held = Some(got),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_needs_more_waits_and_then_comes_again() {
        let wait = Duration::from_millis(30);
        let budget = MemoryBudget::new(8 * PAGE, wait);
        let (mut first, mut second) = (budget.open(), budget.open());
        first.reach(6 * PAGE).await.unwrap();
        second.reach(2 * PAGE).await.unwrap();
        let start = Instant::now();
        assert_eq!(second.reach(3 * PAGE).await, Err(NoMemory));
        assert!(start.elapsed() >= wait);
        drop(first);
        second.reach(8 * PAGE).await.unwrap();
        drop(second);
        assert_eq!(budget.free(), 8 * PAGE);
    }
}
