//! People that were brought in and compared, and are not in force: in memory, one for each session, until
//! they are taken over, forgotten, or their time is over. Few, since each is a whole school.

use crate::parties::{Diff, Directory, Fault};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// From the upload to the word that takes them over.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Sessions that have one at once; the oldest makes room.
const MOST: usize = 3;

/// People without faults, and what would change.
pub struct Draft {
    pub new: Arc<Directory>,
    pub old: Arc<Directory>,
    pub diff: Diff,
    pub warnings: Vec<Fault>,
    /// Rows left out because the export marks them as deleted.
    pub skipped: usize,
    made: Instant,
}

impl Draft {
    pub fn new((old, new): (Arc<Directory>, Arc<Directory>), warnings: Vec<Fault>, skipped: usize) -> Self {
        let diff = crate::parties::diff(&old, &new);
        Self { new, old, diff, warnings, skipped, made: Instant::now() }
    }
}

/// By the word of their session.
pub struct Drafts {
    all: Mutex<HashMap<String, Arc<Draft>>>,
    /// Files of a whole school take memory: one upload after the other.
    pub turn: Arc<Semaphore>,
}

impl Default for Drafts {
    fn default() -> Self {
        Self { all: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Drafts {
    pub fn keep(&self, session: &str, draft: Draft) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let now = draft.made;
        all.retain(|_, one| now.duration_since(one.made) < LIFE);
        all.remove(session);
        while all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, one)| one.made).map(|(session, _)| session.clone());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        all.insert(session.to_owned(), Arc::new(draft));
    }

    pub fn of(&self, session: &str) -> Option<Arc<Draft>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(session).filter(|one| one.made.elapsed() < LIFE).cloned()
    }

    pub fn forget(&self, session: &str) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_kept_each_for_its_session() {
        let (drafts, nobody) = (Drafts::default(), Arc::new(Directory::empty()));
        let draft = || Draft::new((nobody.clone(), nobody.clone()), Vec::new(), 0);
        for session in ["a", "b", "c", "a", "d"] {
            drafts.keep(session, draft());
        }
        let there = ["a", "b", "c", "d"].map(|session| drafts.of(session).is_some());
        assert_eq!(there, [true, false, true, true], "the oldest made room");
        drafts.forget("a");
        assert!(drafts.of("a").is_none());
    }
}
