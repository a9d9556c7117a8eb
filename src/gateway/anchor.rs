//! The ledger's heads brought outside the machine, hourly. Who asks more often finds nothing
//! due; of several nodes one is given each place.

use super::Gate;
use crate::{
    effects,
    storage::{DueAnchor, SignedHead, StoreError},
};
use futures_util::future::join_all;

impl Gate {
    /// Brings the signed head to every place that is due; to how many it came.
    pub async fn anchor_ledger(&self) -> Result<usize, StoreError> {
        let standing = self.standing();
        let places: Vec<String> = standing.anchors.iter().map(|a| a.name.clone()).collect();
        if places.is_empty() {
            return Ok(0);
        }
        let due = self.store.anchors_due(&places).await?;
        let Some(signed) = (if due.is_empty() { None } else { self.store.ledger_sign().await? }) else {
            return Ok(0);
        };
        // Side by side: one that hangs holds up no other.
        let mut bringing = Vec::with_capacity(due.len());
        for due in &due {
            bringing.push(self.bring_anchor(due, &signed));
        }
        let brought = join_all(bringing).await;
        brought.into_iter().try_fold(0, |sum, brought| Ok(sum + usize::from(brought?)))
    }

    async fn bring_anchor(&self, due: &DueAnchor, signed: &SignedHead) -> Result<bool, StoreError> {
        let standing = self.standing();
        let Some(anchor) = standing.anchors.iter().find(|a| a.name == due.place) else { return Ok(false) };
        let with = (&self.store, &standing.notices, (self.clock)());
        match effects::bring(&anchor.place, due, signed, with).await {
            Ok(job) => {
                if self.store.anchored(&due.place, signed, job).await? {
                    tracing::info!(place = due.place, "ledger.anchored-again");
                }
                Ok(true)
            }
            Err(fault) => {
                if self.store.anchor_failed(&due.place, fault).await? {
                    tracing::warn!(place = due.place, %fault, "ledger.anchor-failing");
                }
                Ok(false)
            }
        }
    }
}
