//! The ledger: append-only, each row bound to the one before it by SHA-256, the last
//! one sealed with a key that a thief or tamperer without the working key lacks.
//! No content; persons only by random ids; a reason in somebody's own words lies
//! encrypted beside it and can be erased without breaking the chain.

mod about;
mod anchor;
mod belongs;
mod beside;
mod chain;
mod changes;
mod check;
mod event;
mod export;
mod extract;
mod gather;
mod history;
mod key;
mod people;
mod signed;

pub use anchor::{AnchorFault, AnchorState, DueAnchor};
pub use belongs::RowSubjects;
pub use changes::{InForce, Noted, Piece, TakenUp};
pub use check::{Against, Gathered};
pub use event::{Actor, Detail, Event, LedgerEvent};
pub use export::verify_export;
pub use extract::{Extract, ExtractRow, verify_extract};
pub use gather::gather_anchors;
pub use history::{LedgerEntry, LedgerFilter};
pub use key::LedgerKey;
pub use people::Words;
pub use signed::SignedHead;

pub(super) use chain::{Head, Row, head_to_go_on, seal_and_commit};

use super::{database::Connection, error::StoreError, store::Store, vault::disk_error};
use beside::Beside;
use chain::{COLUMNS, RowRef};
use check::Check;
use sqlx::FromRow;
use std::io::Write;

/// A ledger without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerReport {
    pub rows: u64,
    /// Hash of the last row, hex; note it outside the machine.
    pub head: String,
    /// Whether the seal over the last row could be checked (it needs the working key).
    pub sealed: bool,
    /// Whose ledger it is, as its first signing key's row says.
    pub installation: Option<String>,
    /// The public key in force at the end, hex.
    pub key: Option<String>,
    /// Up to this row somebody's signature vouches for the ledger.
    pub signed_rows: u64,
    /// Anchors from outside that were compared, all on the chain, and how far they reach.
    pub anchors: u64,
    pub anchored_rows: u64,
    /// Rows of an export that only have their hash: whoever exported it may not see them. Each is in
    /// its place on the chain, which the row after it vouches for.
    pub withheld: u64,
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
    #[error(
        "is missing with all that came after it, though the store has messages or people: the ledger was emptied"
    )]
    Emptied,
    #[error(
        "is by somebody who was taken out of the list of people, or put in another's place, though nobody had them forgotten"
    )]
    PersonChanged,
    #[error("says why, and that reason is gone though nobody had it forgotten")]
    ReasonGone,
    #[error("says why, and another reason lies there now")]
    ReasonChanged,
    #[error("is about a user or an office that is not there as it was given")]
    OfficeChanged,
    #[error("is the last one, and a user or an office is there that no row gave")]
    OfficeUnfounded,
    #[error("cannot be read")]
    Unreadable,
    #[error("names a signing key that the key before it did not certify")]
    KeyNotCertified,
    #[error("has not the signing key that was given: it is another ledger, or was written anew")]
    WrongKey,
    #[error("is not the row that {0} vouches for: it, or rows before it, were written anew")]
    Rewritten(String),
    #[error("is missing, and {0} vouches that it was there: rows were cut off the end")]
    CutOff(String),
    #[error(
        "{0} is signed with a key that the ledger does not name there: the ledger was written anew, or the anchor is none of its own"
    )]
    KeyUnknown(String),
    #[error("{0} is of another installation, unless the ledger was written anew under another name")]
    OtherInstallation(String),
    #[error("{0} was changed: its signature does not fit")]
    SignatureBroken(String),
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

    /// Checks every row, its place, the seal and every signature that the store has.
    pub async fn ledger_verify(&self) -> Result<Result<LedgerReport, LedgerFault>, StoreError> {
        self.ledger_verify_against(&Against::default()).await
    }

    /// The same, with what somebody has from outside the machine.
    pub async fn ledger_verify_against(
        &self,
        against: &Against,
    ) -> Result<Result<LedgerReport, LedgerFault>, StoreError> {
        let fault = |(row, what): (i64, LedgerDamage)| LedgerFault { row: row.unsigned_abs(), what };
        let mut moment = self.moment().await?;
        let mut check = Check::start(key::signed_heads(&mut moment).await?, against);
        let (mut wrong, mut beside) = (None, Beside::default());
        each_row(&mut moment, |row| {
            wrong = check.step(row).err();
            beside.see(row);
            Ok(wrong.is_none())
        })
        .await?;
        if let Some(wrong) = wrong {
            return Ok(Err(fault(wrong)));
        }
        let (head, seal) = sealed_head(&mut moment).await?;
        if head.n == 0 && check.walk.head.n == 0 && chain::was_begun(&mut moment).await? {
            return Ok(Err(fault((1, LedgerDamage::Emptied))));
        }
        let secrets = self.shared.secrets.as_ref();
        let sealed = match secrets {
            Some(secrets) if head.n > 0 && !chain::seal_fits(secrets, &head, &seal) => {
                return Ok(Err(fault((head.n, LedgerDamage::SealBroken))));
            }
            secrets => secrets.is_some(),
        };
        let report = match check.end(&head, None) {
            Ok(report) => LedgerReport { sealed, ..report },
            Err(wrong) => return Ok(Err(fault(wrong))),
        };
        let wrong = beside.check(&mut moment, secrets, head.n).await?;
        Ok(wrong.map_or(Ok(report), |wrong| Err(fault(wrong))))
    }

    /// Writes what was signed, then all rows, then the head with its seal and signature, as JSON
    /// lines; [`verify_export`] checks them offline. Returns the number of rows. The caller notes
    /// `ledger.exported` before.
    pub async fn ledger_export(&self, out: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
        self.ledger_export_without(out, &|_| false).await
    }

    /// The same; of the rows that are `withheld` only the hash is written, so that the chain can
    /// be checked.
    pub async fn ledger_export_without(
        &self,
        out: &mut (dyn Write + Send),
        withheld: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<u64, StoreError> {
        let disk = |e: std::io::Error| disk_error(&e);
        let mut moment = self.moment().await?;
        for signed in key::signed_heads(&mut moment).await? {
            export::write_signed(out, &signed).map_err(disk)?;
        }
        let mut last = Head::none();
        each_row(&mut moment, |row| {
            last.n = row.n;
            last.hash.clear();
            last.hash.extend_from_slice(row.hash);
            let written = match withheld(row.n.unsigned_abs()) {
                true => export::write_withheld(out, row),
                false => export::write_row(out, row),
            };
            written.map_err(disk).map(|()| true)
        })
        .await?;
        let (_, seal) = sealed_head(&mut moment).await?;
        let signed = match &self.shared.secrets {
            Some(secrets) => key::sign(&mut moment, secrets, self.now()).await?,
            None => None,
        };
        export::write_head(out, &last, &seal, signed).map_err(disk)?;
        Ok(last.n.unsigned_abs())
    }
}

async fn sealed_head(moment: &mut Connection) -> Result<(Head, Vec<u8>), StoreError> {
    let head: Option<(i64, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT n, hash, seal FROM ledger_head").fetch_optional(moment).await?;
    Ok(head.map_or_else(|| (Head::none(), Vec::new()), |(n, hash, seal)| (Head { n, hash }, seal)))
}

/// Every row in order, while `see` wants more.
async fn each_row(
    moment: &mut Connection,
    mut see: impl FnMut(&RowRef<'_>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE n > $1 ORDER BY n LIMIT $2");
    let mut after = i64::MIN;
    loop {
        let page = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()))
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *moment)
            .await?;
        for row in &page {
            let row = RowRef::from_row(row)?;
            after = row.n;
            if !see(&row)? {
                return Ok(());
            }
        }
        if (page.len() as i64) < PAGE {
            return Ok(());
        }
    }
}
