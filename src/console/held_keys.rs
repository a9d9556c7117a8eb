//! Keys of custodians, held in memory for one session each: from the form with file and passphrase to
//! signing out, an hour at most, never on disk, gone with a restart.

use super::{Console, Fault, visitor::Visitor};
use crate::storage::{
    KeyError,
    keys::{self, Identities},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// However busy the session is.
const LIFE: Duration = Duration::from_secs(3600);
/// Sessions that hold a key at once.
const MOST: usize = 200;

struct Held {
    key: Identities,
    until: Instant,
}

/// By the word of its session.
pub struct HeldKeys {
    held: Arc<Mutex<HashMap<String, Held>>>,
    /// Unlocking takes up to 1 GiB of memory: one after the other.
    turn: Arc<Semaphore>,
}

impl Default for HeldKeys {
    fn default() -> Self {
        Self { held: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

fn forget_old(held: &Mutex<HashMap<String, Held>>, now: Instant) {
    held.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, one| one.until > now);
}

impl HeldKeys {
    fn keep(&self, session: &str, key: Identities, now: Instant) -> bool {
        forget_old(&self.held, now);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST && !held.contains_key(session) {
            return false;
        }
        held.insert(session.to_owned(), Held { key, until: now + LIFE });
        true
    }

    fn get(&self, session: &str, now: Instant) -> Option<Identities> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(session).filter(|one| one.until > now).map(|one| one.key.clone())
    }

    fn forget(&self, session: &str) -> bool {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(session).is_some()
    }
}

impl Console {
    /// The key that opens records, for a page that does so; without one, [`Fault::UnlockKey`] leads to
    /// the page where it is unlocked, and back.
    pub(super) fn key_of(&self, visitor: &Visitor) -> Result<Identities, Fault> {
        self.held_keys.get(visitor.word.reveal(), Instant::now()).ok_or(Fault::UnlockKey)
    }

    pub(super) fn holds_key(&self, visitor: &Visitor) -> bool {
        self.held_keys.get(visitor.word.reveal(), Instant::now()).is_some()
    }

    /// Opens a key file in a process of its own and holds what was in it for this session. `Err` inside
    /// says why it does not open.
    pub(super) async fn unlock_key(
        &self,
        visitor: &Visitor,
        file: Vec<u8>,
        passphrase: String,
    ) -> Result<Result<(), KeyError>, Fault> {
        let turn = self.held_keys.turn.clone().acquire_owned().await.map_err(|_| Fault::Away)?;
        let opened = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            keys::unlock_sent(file, passphrase)
        });
        let key = match opened.await.map_err(|_| Fault::Away)? {
            Ok(key) => key,
            Err(fault) => return Ok(Err(fault)),
        };
        if !self.held_keys.keep(visitor.word.reveal(), key, Instant::now()) {
            return Err(Fault::Away);
        }
        // Even when nobody comes back: nothing is held longer than it may be used.
        let held = Arc::downgrade(&self.held_keys.held);
        tokio::spawn(async move {
            tokio::time::sleep(LIFE).await;
            if let Some(held) = held.upgrade() {
                forget_old(&held, Instant::now());
            }
        });
        Ok(Ok(()))
    }

    pub(super) fn forget_key(&self, visitor: &Visitor) -> bool {
        self.held_keys.forget(visitor.word.reveal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_held_for_its_session_and_an_hour() {
        let (held, now) = (HeldKeys::default(), Instant::now());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        keys::generate_identity(&file, "a test").unwrap();
        let key = keys::unlock(&file).unwrap();
        assert!(held.keep("one", key.clone(), now));
        assert!(held.get("one", now).is_some() && held.get("other", now).is_none());
        assert!(held.get("one", now + LIFE).is_none());
        forget_old(&held.held, now + LIFE);
        assert!(held.held.lock().unwrap().is_empty());
        held.keep("one", key, now);
        assert!(held.forget("one") && !held.forget("one") && held.get("one", now).is_none());
    }
}
