//! The ledger: append-only, each row bound to the one before it by SHA-256, the last
//! one sealed with a key that a thief or tamperer without the working key lacks.
//! No content; persons only by random ids; a reason in somebody's own words lies
//! encrypted beside it and can be erased without breaking the chain.

mod chain;
mod event;
mod export;
mod history;
mod people;

pub use event::{Actor, Detail, Event, LedgerEvent};
pub use export::verify_export;
pub use history::LedgerEntry;

pub(super) use chain::{Head, Row, begin_at_head, seal_and_commit};

use super::{error::StoreError, store::Store, vault::disk_error};
use chain::Walk;
use std::io::Write;

/// A ledger without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerReport {
    pub rows: u64,
    /// Hash of the last row, hex; note it outside the machine.
    pub head: String,
    /// Whether the seal over the last row could be checked (it needs the working key).
    pub sealed: bool,
}

/// The first row at which the ledger is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ledger row {row}: {what}")]
pub struct LedgerFault {
    pub row: u64,
    pub what: LedgerDamage,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerDamage {
    #[error("was changed after it was written")]
    Changed,
    #[error("is missing")]
    Missing,
    #[error("does not follow the row before it: that one was replaced, or rows were taken out or moved")]
    Unlinked,
    #[error("was added after the last row that the gate sealed")]
    Added,
    #[error("the seal over the last row is not the gate's: the ledger was rewritten")]
    SealBroken,
    #[error("cannot be read")]
    Unreadable,
}

/// Rows read at once.
const PAGE: i64 = 5_000;

impl Store {
    /// Writes one row; for events outside of a keep. Returns its number.
    pub async fn ledger(&self, actor: &Actor, event: LedgerEvent) -> Result<u64, StoreError> {
        let actor = actor.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let actor = tx.random_id(&actor).await?;
                tx.append(&actor, event).await.map(i64::unsigned_abs)
            })
        })
        .await
    }

    /// Checks every row, its place and the seal.
    pub async fn ledger_verify(&self) -> Result<Result<LedgerReport, LedgerFault>, StoreError> {
        let fault = |(row, what): (i64, LedgerDamage)| LedgerFault { row: row.unsigned_abs(), what };
        let mut walk = Walk::start();
        let mut wrong = None;
        let (head, seal) = self
            .each_row(|row| {
                wrong = walk.step(row).err();
                Ok(wrong.is_none())
            })
            .await?;
        if let Some(wrong) = wrong {
            return Ok(Err(fault(wrong)));
        }
        let secrets = self.shared.secrets.as_ref();
        let sealed = match secrets {
            Some(secrets) if head.n > 0 && !chain::seal_fits(secrets, &head, &seal) => {
                return Ok(Err(fault((head.n, LedgerDamage::SealBroken))));
            }
            secrets => secrets.is_some(),
        };
        let report = LedgerReport {
            rows: walk.head.n.unsigned_abs(),
            head: super::database::hex(&walk.head.hash),
            sealed,
        };
        Ok(walk.end(&head).map(|()| report).map_err(fault))
    }

    /// Writes all rows as JSON lines, the head last; [`verify_export`] checks them
    /// offline. Returns the number of rows. The caller notes `ledger.exported`.
    pub async fn ledger_export(&self, out: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
        let mut last = Head::none();
        let (_, seal) = self
            .each_row(|row| {
                last = Head { n: row.n, hash: row.hash.clone() };
                export::write_row(out, row).map_err(|e| disk_error(&e)).map(|()| true)
            })
            .await?;
        export::write_head(out, &last, &seal).map_err(|e| disk_error(&e))?;
        Ok(last.n.unsigned_abs())
    }

    /// Every row in order as of one moment, while `see` wants more; then the sealed head.
    async fn each_row(
        &self,
        mut see: impl FnMut(&Row) -> Result<bool, StoreError>,
    ) -> Result<(Head, Vec<u8>), StoreError> {
        let mut moment = self.readers.begin().await?;
        let mut after = i64::MIN;
        'all: loop {
            let page: Vec<Row> = sqlx::query_as("SELECT * FROM ledger WHERE n > $1 ORDER BY n LIMIT $2")
                .bind(after)
                .bind(PAGE)
                .fetch_all(&mut *moment)
                .await?;
            let Some(last) = page.last() else { break };
            after = last.n;
            for row in &page {
                if !see(row)? {
                    break 'all;
                }
            }
        }
        let head: Option<(i64, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT n, hash, seal FROM ledger_head").fetch_optional(&mut *moment).await?;
        Ok(head.map_or_else(|| (Head::none(), Vec::new()), |(n, hash, seal)| (Head { n, hash }, seal)))
    }
}
