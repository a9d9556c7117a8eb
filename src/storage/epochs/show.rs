//! What is known of epochs without any key of theirs, and the check against the ledger.

use super::{Epoch, EpochRow, EpochState, digest_of};
use crate::storage::{access::Access, error::StoreError, names::EpochId, scrub::ScrubFault, store::Store};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct EpochSummary {
    pub id: EpochId,
    pub access: Access,
    /// `2026-11`
    pub month: String,
    pub state: EpochState,
    pub made_at: DateTime<Utc>,
    /// `age1...`, to which objects are encrypted.
    pub recipient: String,
    /// Objects that are still there.
    pub objects: u64,
    /// Whether exactly those who hold the access now can open it.
    pub up_to_date: bool,
}

impl Store {
    /// Every epoch, oldest first.
    pub async fn epochs(&self) -> Result<Vec<EpochSummary>, StoreError> {
        let mut out = Vec::new();
        for epoch in self.all_epochs().await? {
            let objects: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM object_epoch e JOIN object o ON o.id = e.object
                 WHERE e.epoch = $1 AND o.purged_at IS NULL",
            )
            .bind(epoch.id.as_str())
            .fetch_one(&self.readers)
            .await?;
            let holders = self.holders(&epoch.access).await.ok();
            out.push(EpochSummary {
                objects: objects.unsigned_abs(),
                up_to_date: holders.is_some_and(|h| digest_of(&h) == epoch.holders),
                recipient: epoch.recipient.to_string(),
                id: epoch.id,
                access: epoch.access,
                month: epoch.month,
                state: epoch.state,
                made_at: epoch.made_at,
            });
        }
        Ok(out)
    }

    async fn all_epochs(&self) -> Result<Vec<Epoch>, StoreError> {
        let rows: Vec<EpochRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{} ORDER BY month, made_at, id", super::COLUMNS)))
                .fetch_all(&self.readers)
                .await?;
        let secrets = self.secrets()?;
        rows.into_iter().map(|row| row.checked(secrets)).collect()
    }

    /// The epoch's wrapped identity as it lies in the store: an age file that its holders
    /// open with the public tool.
    pub async fn wrapped_epoch(&self, id: &EpochId) -> Result<Vec<u8>, StoreError> {
        let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT wrapped FROM epoch WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        found.ok_or_else(|| StoreError::NotFound { what: "epoch", id: id.to_string() })
    }

    /// The epochs of one object, by which its small files are found.
    pub async fn epochs_of_object(&self, object: &str) -> Result<Vec<EpochId>, StoreError> {
        Ok(self.epochs_of(object).await?.into_iter().map(|epoch| epoch.id).collect())
    }

    /// Epochs that are not what the ledger last said of them.
    pub(in crate::storage) async fn scrub_epochs(
        &self,
        faults: &mut Vec<ScrubFault>,
    ) -> Result<(), StoreError> {
        let rows: Vec<EpochRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{} ORDER BY id", super::COLUMNS)))
                .fetch_all(&self.readers)
                .await?;
        let secrets = self.secrets()?;
        for row in rows {
            let id = row.id.clone();
            let Ok(epoch) = row.checked(secrets) else {
                faults.push(ScrubFault { object: id, fault: "is an epoch that was changed" });
                continue;
            };
            let last: Option<Vec<u8>> = sqlx::query_scalar(
                "SELECT hash_out FROM ledger WHERE subject = $1 AND event IN ('epoch.begun', 'epoch.rewrapped')
                 ORDER BY n DESC LIMIT 1",
            )
            .bind(&id)
            .fetch_optional(&self.readers)
            .await?;
            if last.as_deref() != Some(&epoch.wrapped_sha256()[..]) {
                faults
                    .push(ScrubFault { object: id, fault: "is an epoch that is not what the ledger names" });
            }
        }
        Ok(())
    }
}
