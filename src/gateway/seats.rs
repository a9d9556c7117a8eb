//! Who sits in which office, in memory, so that no message waits for the store to be asked. When the
//! store is away those of the last look stand.

use super::{Gate, Standing};
use crate::{officers::Roll, parties::School, storage::StoreError};
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Default)]
pub(super) struct Held(RwLock<Arc<Roll>>);

impl Held {
    /// The schools with all their officers of the last look.
    pub(super) fn schools(&self, standing: &Standing) -> Vec<Arc<School>> {
        let roll = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        standing.rulebook.schools.iter().map(|school| roll.seated(school)).collect()
    }
}

impl Gate {
    /// Takes over who got or lost an office meanwhile, on this node or another.
    pub async fn read_officers(&self) -> Result<(), StoreError> {
        let roll = Arc::new(self.roll(&self.standing()).await?);
        *self.seats.0.write().unwrap_or_else(PoisonError::into_inner) = roll;
        Ok(())
    }

    /// Who sits in which office at this moment.
    pub(super) async fn roll(&self, standing: &Standing) -> Result<Roll, StoreError> {
        let book = &standing.rulebook;
        Roll::now(&book.schools, &book.directory, &self.store, (self.clock)()).await
    }
}
