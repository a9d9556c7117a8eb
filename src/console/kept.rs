//! What somebody asked for, kept in memory while they page through the answer: words and names that must
//! stand in no address. Bounded, each thing its asker's alone, gone after half an hour without use.

use crate::{ids, storage::AccountId};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Since it was used last.
const LIFE: Duration = Duration::from_secs(30 * 60);

struct One<T> {
    whose: AccountId,
    what: T,
    used: Instant,
}

pub(super) struct Kept<T> {
    all: Mutex<HashMap<String, One<T>>>,
    /// Most that are kept; the one that was used longest ago goes first.
    most: usize,
}

impl<T: Clone> Kept<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { all: Mutex::default(), most }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, One<T>>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| one.used.elapsed() < LIFE);
        all
    }

    /// Keeps it; pages name it by the word that comes back, which nobody can guess.
    pub(super) fn keep(&self, whose: &AccountId, what: T) -> String {
        let word = ids::transaction_id().to_string();
        self.keep_as(whose, &word, what);
        word
    }

    /// The same by a word of its own.
    pub(super) fn keep_as(&self, whose: &AccountId, word: &str, what: T) {
        let mut all = self.held();
        if all.len() >= self.most {
            let oldest = all.iter().min_by_key(|(_, one)| one.used).map(|(word, _)| word.clone());
            oldest.and_then(|word| all.remove(&word));
        }
        all.insert(word.to_owned(), One { whose: whose.clone(), what, used: Instant::now() });
    }

    /// `None`: it is not there any more, or somebody else's.
    pub(super) fn get(&self, whose: &AccountId, word: &str) -> Option<T> {
        let mut all = self.held();
        let one = all.get_mut(word).filter(|one| one.whose == *whose)?;
        one.used = Instant::now();
        Some(one.what.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_its_askers_alone_and_bounded() {
        let (one, two): (AccountId, AccountId) =
            ("0000000001".parse().unwrap(), "0000000002".parse().unwrap());
        let kept = Kept::new(2);
        let word = kept.keep(&one, "a");
        assert_eq!((kept.get(&one, &word), kept.get(&two, &word)), (Some("a"), None));
        let later = kept.keep(&two, "b");
        kept.get(&one, &word);
        kept.keep(&two, "c");
        assert_eq!((kept.get(&one, &word), kept.get(&two, &later)), (Some("a"), None));
    }
}
