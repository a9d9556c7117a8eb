//! Ten codes on paper, for whoever has lost the telephone: each stands once in place of the code of
//! the moment. The store keeps keyed hashes.

use crate::storage::{
    database::micros,
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{ALPHABET, AccountId, letter},
    store::{Random, Store},
    writer::Tx,
};
use std::fmt;

/// How many are made at once.
pub const RECOVERY_CODES: usize = 10;
/// Sixty random bits: three groups of four letters.
const LETTERS: usize = 12;

/// A code in its plain letters.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// As somebody types it: either case, spaces and hyphens as they like.
    pub fn typed(text: &str) -> Option<Self> {
        let plain = text.chars().filter(|c| !matches!(c, ' ' | '-'));
        let letters: Option<String> = plain.take(LETTERS + 1).map(letter).collect();
        letters.filter(|all| all.len() == LETTERS).map(Self)
    }

    /// In groups, to be written down.
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = [0, 4, 8].into_iter().filter_map(|at| self.0.get(at..at + 4)).collect();
        groups.join("-")
    }

    fn random(random: &Random) -> Self {
        let mut bytes = [0; LETTERS];
        random(&mut bytes);
        Self(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

impl Store {
    /// Ten that nobody has seen; whoever makes them shows them once.
    pub(super) fn new_recovery_codes(&self) -> Vec<RecoveryCode> {
        (0..RECOVERY_CODES).map(|_| RecoveryCode::random(&self.shared.random)).collect()
    }

    /// Ten new ones; the former are good no more.
    pub async fn renew_recovery_codes(
        &self,
        account: &AccountId,
        actor: &Actor,
    ) -> Result<Vec<RecoveryCode>, StoreError> {
        let codes = self.new_recovery_codes();
        let digests = self.recovery_digests(account, &codes)?;
        let (account, actor) = (account.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                keep(tx, &account, digests).await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::WayAdded).about(account.as_str()).with("way", "recovery");
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await?;
        Ok(codes)
    }

    /// How many are left.
    pub async fn recovery_codes_left(&self, account: &AccountId) -> Result<i64, StoreError> {
        let left = "SELECT CAST(COUNT(*) AS BIGINT) FROM credential WHERE account = $1 AND kind = 'recovery'";
        Ok(sqlx::query_scalar(left).bind(account.as_str()).fetch_one(&self.readers).await?)
    }

    /// Whether it is one of theirs; it is not used up.
    pub async fn is_recovery_code(
        &self,
        account: &AccountId,
        code: &RecoveryCode,
    ) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(1 AS BIGINT) FROM credential WHERE known = $1 AND account = $2 AND kind = 'recovery'",
        )
        .bind(self.recovery_digest(account, code)?.to_vec())
        .bind(account.as_str())
        .fetch_optional(&self.readers)
        .await?;
        Ok(found.is_some())
    }

    /// Uses it up; `false` when somebody was faster.
    pub async fn use_recovery_code(
        &self,
        account: &AccountId,
        code: &RecoveryCode,
    ) -> Result<bool, StoreError> {
        let (digest, account) = (self.recovery_digest(account, code)?.to_vec(), account.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let gone = sqlx::query(
                    "DELETE FROM credential WHERE known = $1 AND account = $2 AND kind = 'recovery'",
                )
                .bind(digest)
                .bind(account.as_str())
                .execute(&mut tx.conn)
                .await?;
                Ok::<_, StoreError>(gone.rows_affected() == 1)
            })
        })
        .await
    }

    /// The name of each row and its keyed hash.
    pub(super) fn recovery_digests(
        &self,
        account: &AccountId,
        codes: &[RecoveryCode],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        codes.iter().map(|code| Ok(self.recovery_digest(account, code)?.to_vec())).collect()
    }

    fn recovery_digest(&self, account: &AccountId, code: &RecoveryCode) -> Result<[u8; 32], StoreError> {
        Ok(self.secrets()?.hash("recovery code", &[account.as_str().as_bytes(), code.0.as_bytes()]))
    }
}

/// Puts these in the place of all former ones.
pub(super) async fn keep(tx: &mut Tx, account: &AccountId, digests: Vec<Vec<u8>>) -> Result<(), StoreError> {
    forget(tx, account).await?;
    for digest in digests {
        let id = crate::storage::names::CredentialId::random(&tx.shared.random);
        sqlx::query(
            "INSERT INTO credential (id, account, kind, known, made_at, sealed) VALUES ($1, $2, 'recovery', $3, $4, $5)",
        )
        .bind(id.as_str())
        .bind(account.as_str())
        .bind(digest)
        .bind(micros(tx.now))
        .bind(Vec::<u8>::new())
        .execute(&mut tx.conn)
        .await?;
    }
    Ok(())
}

pub(super) async fn forget(tx: &mut Tx, account: &AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM credential WHERE account = $1 AND kind = 'recovery'")
        .bind(account.as_str())
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = RecoveryCode("0123456789AB".into());
        assert_eq!(code.reveal(), "0123-4567-89AB");
        for typed in ["0123-4567-89ab", "o1234567 89AB", "0I23456789AB"] {
            assert_eq!(RecoveryCode::typed(typed), Some(code.clone()), "{typed}");
        }
        for other in ["", "0123-4567-89A", "0123-4567-89ABC", "123456", "0123-4567-89A\u{e9}"] {
            assert_eq!(RecoveryCode::typed(other), None, "{other}");
        }
    }
}
