//! Connections that wait for the next message to the same hop, and what is known of hops.

use super::connection::HopConnection;
use crate::{config::NextHop, wire::smtp::extension::Extensions};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A connection is not kept idle for longer: servers close theirs after some minutes, and a
/// close that crosses our next command costs a second connection.
const IDLE_LONGEST: Duration = Duration::from_secs(15);
/// Idle connections to one hop.
const IDLE_MOST: usize = 16;
/// Messages over one connection; many servers end it after a hundred.
const USED_MOST: u32 = 100;
/// How long an EHLO answer is believed.
const KNOWN_LONGEST: Duration = Duration::from_secs(60);
/// How long a host that failed is tried after the others, and a hop that could not be
/// reached is not probed again.
const FAILED_LONGEST: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<String, Vec<(HopConnection, Instant)>>>,
    known: Mutex<HashMap<String, Known>>,
    failed: Mutex<HashMap<String, Instant>>,
}

/// What the hop said last, and when it is to be asked again.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// `None` when it was never reached.
    pub(super) extensions: Option<Extensions>,
    until: Instant,
}

impl Known {
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.until
    }
}

/// A panic elsewhere leaves plain maps behind, which are still sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(super) fn take(&self, hop: &NextHop) -> Option<HopConnection> {
        loop {
            let (mut connection, since) = lock(&self.idle).get_mut(&hop.name)?.pop()?;
            if connection.fits(hop) && since.elapsed() < IDLE_LONGEST && !connection.is_stale() {
                connection.patience = hop.timeout;
                return Some(connection);
            }
            tokio::spawn(connection.quit());
        }
    }

    pub(super) fn put(&self, hop: &NextHop, connection: HopConnection) {
        if connection.is_broken() {
            return;
        }
        if connection.used < USED_MOST {
            let mut idle = lock(&self.idle);
            let waiting = idle.entry(hop.name.clone()).or_default();
            if waiting.len() < IDLE_MOST {
                waiting.push((connection, Instant::now()));
                return;
            }
        }
        tokio::spawn(connection.quit());
    }

    /// Ends what has waited too long; with `Duration::ZERO`, all.
    pub(super) fn sweep(&self, longest: Duration) -> Vec<HopConnection> {
        let mut old = Vec::new();
        for waiting in lock(&self.idle).values_mut() {
            old.extend(waiting.extract_if(.., |(_, since)| since.elapsed() >= longest).map(|(c, _)| c));
        }
        old
    }

    pub(super) fn sweep_old(&self) -> Vec<HopConnection> {
        self.sweep(IDLE_LONGEST)
    }

    pub(super) fn known(&self, hop: &NextHop) -> Option<Known> {
        lock(&self.known).get(&hop.name).copied()
    }

    pub(super) fn learn(&self, hop: &NextHop, extensions: Extensions) {
        let known = Known { extensions: Some(extensions), until: Instant::now() + KNOWN_LONGEST };
        lock(&self.known).insert(hop.name.clone(), known);
    }

    /// The hop could not be asked: what it said before stays in force.
    pub(super) fn learn_nothing(&self, hop: &NextHop) {
        let mut known = lock(&self.known);
        let extensions = known.get(&hop.name).and_then(|k| k.extensions);
        known.insert(hop.name.clone(), Known { extensions, until: Instant::now() + FAILED_LONGEST });
    }

    pub(super) fn note_failure(&self, host: &str) {
        lock(&self.failed).insert(host.to_owned(), Instant::now());
    }

    pub(super) fn note_success(&self, host: &str) {
        lock(&self.failed).remove(host);
    }

    /// The hop's hosts, those that failed lately last.
    pub(super) fn order<'a>(&self, hop: &'a NextHop) -> Vec<&'a str> {
        let failed = lock(&self.failed);
        let lately = |host: &&String| failed.get(*host).is_some_and(|at| at.elapsed() < FAILED_LONGEST);
        let (late, good): (Vec<_>, Vec<_>) = hop.hosts.iter().partition(lately);
        good.into_iter().chain(late).map(String::as_str).collect()
    }
}
