//! Exceptions and suspensions in memory, so that no message waits for the store to be asked.
//! When the store is away the last ones stand; they end by their own time.

use super::Gate;
use crate::{mail::Measures, storage::StoreError};
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Default)]
pub(super) struct Held(RwLock<Arc<Measures>>);

impl Held {
    pub(super) fn now(&self) -> Arc<Measures> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gate {
    /// Takes over what was approved or ended meanwhile, on this node or another.
    pub async fn read_measures(&self) -> Result<(), StoreError> {
        let measures = Arc::new(self.store.measures_in_force().await?);
        let (before, switches) = (self.measures.now(), measures.observing.len());
        let changed = before.observing != measures.observing;
        *self.measures.0.write().unwrap_or_else(PoisonError::into_inner) = measures;
        if changed {
            tracing::info!(switches, "observe.changed");
        }
        Ok(())
    }
}
