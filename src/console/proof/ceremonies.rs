//! What was begun and waits for a device: asked with a random word, answered once, soon. Kept in
//! memory only; a restart asks again.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// As long as a browser's own question to a person.
const LIFE: Duration = Duration::from_secs(300);
/// Of one network or one session; the oldest goes when there are more.
const MOST_OF_ONE: usize = 50;
/// Of all; a few megabytes.
const MOST: usize = 4_000;

struct Begun<T> {
    word: String,
    whose: Vec<u8>,
    at: Instant,
    what: T,
}

/// Those that wait.
pub struct Ceremonies<T> {
    begun: Mutex<VecDeque<Begun<T>>>,
}

impl<T> Ceremonies<T> {
    pub fn new() -> Self {
        Self { begun: Mutex::new(VecDeque::new()) }
    }

    /// Keeps `what` until the word comes back; `whose` is the network or the session that asked.
    pub fn begin(&self, word: String, whose: &[u8], what: T, now: Instant) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|one| now.saturating_duration_since(one.at) < LIFE);
        let own = begun.iter().filter(|one| one.whose == whose).count();
        let oldest_own = begun.iter().position(|one| one.whose == whose);
        if let (true, Some(at)) = (own >= MOST_OF_ONE, oldest_own) {
            begun.remove(at);
        }
        if begun.len() >= MOST {
            begun.pop_front();
        }
        begun.push_back(Begun { word, whose: whose.to_vec(), at: now, what });
    }

    /// What was begun with this word by the same one, once.
    pub fn take(&self, word: &str, whose: &[u8], now: Instant) -> Option<T> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let at = begun.iter().position(|one| one.word == word && one.whose == whose)?;
        begun.remove(at).filter(|one| now.saturating_duration_since(one.at) < LIFE).map(|one| one.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_answered_once_soon_and_by_whoever_asked() {
        let (all, now) = (Ceremonies::new(), Instant::now());
        all.begin("a".into(), b"one", 1, now);
        assert_eq!(all.take("a", b"other", now), None);
        assert_eq!((all.take("a", b"one", now), all.take("a", b"one", now)), (Some(1), None));
        all.begin("b".into(), b"one", 2, now);
        assert_eq!(all.take("b", b"one", now + LIFE), None, "too late");
    }

    #[test]
    fn whoever_begins_many_loses_their_own_and_no_others() {
        let (all, now) = (Ceremonies::new(), Instant::now());
        all.begin("mine".into(), b"me", 0, now);
        for n in 0..1_000 {
            all.begin(n.to_string(), b"flood", n, now);
        }
        assert_eq!(all.take("999", b"flood", now), Some(999));
        assert_eq!(all.take("0", b"flood", now), None);
        assert_eq!(all.take("mine", b"me", now), Some(0));
        for n in 0..(2 * MOST) {
            all.begin("x".into(), &n.to_be_bytes(), 1, now);
        }
        assert!(all.begun.lock().unwrap().len() <= MOST);
    }
}
