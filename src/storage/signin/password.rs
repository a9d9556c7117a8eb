//! A password together with the secret of its codes (RFC 6238): neither is taken without the other.
//! What is kept is sealed; how a password becomes a hash is the console's business.

use super::{SessionWord, recovery, recovery::RecoveryCode};
use crate::storage::{
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{AccountId, CredentialId},
    outbox::NewOutbox,
    store::Store,
    writer::Tx,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What somebody has just chosen.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewPassword {
    /// The hash with its salt and its parameters.
    pub hash: String,
    /// Of the codes.
    pub secret: [u8; 20],
}

/// What is kept of it.
pub struct KeptPassword {
    pub id: CredentialId,
    pub chosen: NewPassword,
    pub made_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

fn place(id: &str) -> String {
    format!("credential/{id}")
}

impl Store {
    /// The password of this account, if it has one.
    pub async fn password(&self, account: &AccountId) -> Result<Option<KeptPassword>, StoreError> {
        let row: Option<(String, i64, Option<i64>, Vec<u8>)> = sqlx::query_as(
            "SELECT id, made_at, used_at, sealed FROM credential WHERE account = $1 AND kind = 'password'",
        )
        .bind(account.as_str())
        .fetch_optional(&self.readers)
        .await?;
        let Some((id, made_at, used_at, sealed)) = row else { return Ok(None) };
        let chosen = self.secrets()?.open(&place(&id), &sealed)?;
        let id = CredentialId::stored(id);
        Ok(Some(KeptPassword { id, chosen, made_at: time(made_at), used_at: used_at.map(time) }))
    }

    /// The secret that a page offers for codes before it is anybody's: the same as long as this session
    /// has set up none, so that nothing is kept for whoever only looks.
    pub async fn offered_secret(
        &self,
        account: &AccountId,
        word: &SessionWord,
    ) -> Result<[u8; 20], StoreError> {
        let former = self.password(account).await?.map(|p| p.id.to_string()).unwrap_or_default();
        let parts = [account.as_str().as_bytes(), word.reveal().as_bytes(), former.as_bytes()];
        let hash = self.secrets()?.hash("secret of codes", &parts);
        Ok(std::array::from_fn(|i| hash[i]))
    }

    /// Keeps it in the place of a former one, with ten new recovery codes. All other sessions end:
    /// whoever knew the former password is out. `mail` tells the person. `step` is that of the code that proved the new secret.
    pub async fn set_password(
        &self,
        account: &AccountId,
        new: NewPassword,
        step: i64,
        here: &SessionWord,
        (actor, mail): (&Actor, Vec<NewOutbox>),
    ) -> Result<Vec<RecoveryCode>, StoreError> {
        let codes = self.new_recovery_codes();
        let digests = self.recovery_digests(account, &codes)?;
        let here = self.session_digest(here)?;
        let id = CredentialId::random(&self.shared.random);
        let sealed = self.secrets()?.seal(&place(id.as_str()), &new)?;
        let (account, actor) = (account.clone(), actor.clone());
        self.write_mail(mail, move |tx| {
            Box::pin(async move {
                remove(tx, &account).await?;
                sqlx::query(
                    "INSERT INTO credential (id, account, kind, made_at, step, sealed) VALUES ($1, $2, 'password', $3, $4, $5)",
                )
                .bind(id.as_str())
                .bind(account.as_str())
                .bind(micros(tx.now))
                .bind(step)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                recovery::keep(tx, &account, digests).await?;
                super::session::end_others(tx, &account, &here).await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::WayAdded).about(account.as_str()).with("way", "password");
                tx.append(&by, event).await.map(|_| true)
            })
        })
        .await?;
        Ok(codes)
    }

    /// Takes it away with its recovery codes; all other sessions end.
    pub async fn remove_password(
        &self,
        account: &AccountId,
        here: &SessionWord,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let here = self.session_digest(here)?;
        let (account, actor) = (account.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                if !remove(tx, &account).await? {
                    return Ok(());
                }
                recovery::forget(tx, &account).await?;
                super::session::end_others(tx, &account, &here).await?;
                let by = tx.random_id(&actor).await?;
                let event =
                    LedgerEvent::new(Event::WayRemoved).about(account.as_str()).with("way", "password");
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await
    }

    /// Uses the code of a step up; `false` when this one or a later one was used already.
    pub async fn use_code(&self, id: &CredentialId, step: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let used =
                    sqlx::query("UPDATE credential SET step = $1, used_at = $2 WHERE id = $3 AND step < $1")
                        .bind(step)
                        .bind(micros(tx.now))
                        .bind(id.as_str())
                        .execute(&mut tx.conn)
                        .await?;
                Ok::<_, StoreError>(used.rows_affected() == 1)
            })
        })
        .await
    }

    /// So many tries failed for this account that the next have to wait.
    pub async fn note_slowed(&self, account: &AccountId) -> Result<(), StoreError> {
        let event = LedgerEvent::new(Event::SignInSlowed).about(account.as_str());
        self.ledger(&Actor::Gate, event).await.map(|_| ())
    }
}

async fn remove(tx: &mut Tx, account: &AccountId) -> Result<bool, StoreError> {
    let gone = sqlx::query("DELETE FROM credential WHERE account = $1 AND kind = 'password'")
        .bind(account.as_str())
        .execute(&mut tx.conn)
        .await?;
    Ok(gone.rows_affected() > 0)
}
