//! Epoch keys: what is kept is encrypted to the key of a month and a class of access. The
//! key's identity lies in the store as a small age file for its holders, so that a change of
//! holders wraps small files anew and touches no object. The gate makes an epoch, wraps
//! its identity and forgets it; only those of its own class it can open again.

mod make;
mod open;
mod rewrap;
mod show;
mod working;

pub use rewrap::{Rewrapped, Since};
pub use show::EpochSummary;
pub use working::Rotation;
pub(super) use working::{WorkingState, settle_working};

use super::{
    access::{Access, Class},
    database::{Executor, named, time},
    error::StoreError,
    keys::PublicKey,
    names::EpochId,
    secrets::Secrets,
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// To whom an object is encrypted, and by which epochs that is known again.
#[derive(Clone)]
pub(super) struct Sealing {
    pub(super) class: Class,
    pub(super) epochs: Vec<EpochId>,
    pub(super) to: Vec<PublicKey>,
    pub(super) locks: Locks,
}

/// When the lock that a bucket keeps on an object begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locks {
    AtPut,
    /// Not with the object: nothing is certain of it yet, or it is not to be kept.
    Later,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochState {
    /// New objects are encrypted to it.
    Open,
    /// Nothing new is.
    Closed,
}

impl EpochState {
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// An epoch as its row says, and as its seal confirms.
#[derive(Clone)]
pub(super) struct Epoch {
    pub(super) id: EpochId,
    pub(super) access: Access,
    /// `2026-11`
    pub(super) month: String,
    pub(super) state: EpochState,
    pub(super) made_at: DateTime<Utc>,
    pub(super) recipient: PublicKey,
    /// Digest of the public keys that `wrapped` is for.
    pub(super) holders: Vec<u8>,
    pub(super) wrapped: Vec<u8>,
}

#[derive(sqlx::FromRow)]
pub(super) struct EpochRow {
    id: String,
    class: String,
    school: String,
    month: String,
    state: String,
    made_at: i64,
    recipient: String,
    holders: Vec<u8>,
    wrapped: Vec<u8>,
    seal: Vec<u8>,
}

/// For `SELECT`; the order does not matter.
pub(super) const COLUMNS: &str =
    "SELECT id, class, school, month, state, made_at, recipient, holders, wrapped, seal FROM epoch ";

impl EpochRow {
    /// Only what the gate itself wrote comes through: who could put in a recipient of his
    /// own would read all that follows.
    pub(super) fn checked(self, secrets: &Secrets) -> Result<Epoch, StoreError> {
        let damaged = || StoreError::Damaged(format!("epoch {} is not as the gate wrote it", self.id));
        let class = named(&Class::ALL, Class::name, &self.class)?;
        let epoch = Epoch {
            access: Access::stored(class, &self.school),
            month: self.month.clone(),
            state: named(&EpochState::ALL, EpochState::name, &self.state)?,
            made_at: time(self.made_at),
            recipient: self.recipient.parse().map_err(|_| damaged())?,
            holders: self.holders.clone(),
            wrapped: self.wrapped.clone(),
            id: EpochId::stored(self.id.clone()),
        };
        match bool::from(epoch.seal(secrets)[..].ct_eq(&self.seal[..])) {
            true => Ok(epoch),
            false => Err(damaged()),
        }
    }
}

impl Epoch {
    pub(super) fn seal(&self, secrets: &Secrets) -> [u8; 32] {
        let (school, recipient) = (self.access.school_word(), self.recipient.to_string());
        let parts: [&[u8]; 8] = [
            self.id.as_str().as_bytes(),
            self.access.class().name().as_bytes(),
            school.as_bytes(),
            self.month.as_bytes(),
            self.state.name().as_bytes(),
            recipient.as_bytes(),
            &self.holders,
            &self.wrapped_sha256(),
        ];
        secrets.hash("epoch", &parts)
    }

    /// As the ledger names it.
    pub(super) fn wrapped_sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.wrapped).into()
    }
}

/// Tells one set of public keys from another, whatever their order.
pub(super) fn digest_of(holders: &[PublicKey]) -> Vec<u8> {
    let mut texts: Vec<String> = holders.iter().map(PublicKey::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    Sha256::digest(texts.join("\n").as_bytes()).to_vec()
}

pub(super) fn month_of(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}

/// The open epoch of an access, if there is one.
pub(super) async fn open_epoch(
    from: impl Executor<'_>,
    secrets: &Secrets,
    access: &Access,
) -> Result<Option<Epoch>, StoreError> {
    let row: Option<EpochRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE class = $1 AND school = $2 AND state = 'open' ORDER BY made_at DESC LIMIT 1"
    )))
    .bind(access.class().name())
    .bind(access.school_word())
    .fetch_optional(from)
    .await?;
    row.map(|row| row.checked(secrets)).transpose()
}
