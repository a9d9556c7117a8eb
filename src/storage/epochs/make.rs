//! Making an epoch: a key is generated, its identity wrapped for the holders and forgotten.

use super::{Epoch, EpochState, Locks, Sealing, digest_of, month_of, open_epoch};
use crate::storage::{
    access::{Access, Class},
    database::micros,
    error::StoreError,
    keys::{self, PublicKey},
    ledger::{Event, LedgerEvent},
    names::EpochId,
    store::{Random, Store},
    writer::Tx,
};
use age::{secrecy::ExposeSecret, x25519};
use chrono::{DateTime, Utc};

/// An epoch that no row names yet.
pub(in crate::storage) struct Candidate(Epoch);

impl Candidate {
    /// Heavy when a plugin is asked, so run it where blocking is allowed.
    pub(in crate::storage) fn make(
        access: Access,
        holders: &[PublicKey],
        now: DateTime<Utc>,
        random: &Random,
    ) -> Result<Self, StoreError> {
        let identity = x25519::Identity::generate();
        let text = identity.to_string();
        let wrapped = keys::encrypt(holders, format!("{}\n", text.expose_secret()).as_bytes())?;
        Ok(Self(Epoch {
            id: EpochId::random(random),
            access,
            month: month_of(now),
            state: EpochState::Open,
            made_at: now,
            recipient: PublicKey::Native(identity.to_public()),
            holders: digest_of(holders),
            wrapped,
        }))
    }
}

impl Store {
    /// To whom an object of these accesses (of one class) is encrypted. Begins an epoch
    /// where there is none of this month for those who hold the access now.
    pub(in crate::storage) async fn sealing(&self, accesses: &[Access]) -> Result<Sealing, StoreError> {
        let class = accesses.first().map_or(Class::Working, Access::class);
        let mut sealing = Sealing { class, epochs: Vec::new(), to: Vec::new(), locks: Locks::AtPut };
        for access in accesses {
            let epoch = self.current_epoch(access).await?;
            if !sealing.epochs.contains(&epoch.id) {
                sealing.epochs.push(epoch.id);
                sealing.to.push(epoch.recipient);
            }
        }
        Ok(sealing)
    }

    async fn current_epoch(&self, access: &Access) -> Result<Epoch, StoreError> {
        let (secrets, month) = (self.secrets()?, month_of(self.now()));
        if access.class() == Class::Working
            && let Some(epoch) = self.shared.working.current(&month)
        {
            return Ok(epoch);
        }
        let holders = self.holders(access).await?;
        let open = open_epoch(&self.readers, secrets, access).await?;
        let same_holders = open.filter(|epoch| epoch.holders == digest_of(&holders));
        let epoch = match same_holders {
            Some(epoch) if epoch.month == month => epoch,
            of_another_month => match self.begin_epoch(access, &holders).await {
                Ok(epoch) => epoch,
                // The set has just changed: the next try sees it.
                Err(StoreError::Busy) => return Err(StoreError::Busy),
                // Mail does not wait for a plugin that went away: last month's key still does.
                Err(error) => match of_another_month {
                    Some(epoch) => {
                        tracing::error!(%access, %error, "keys.epoch-not-begun");
                        epoch
                    }
                    None => return Err(error),
                },
            },
        };
        if access.class() == Class::Working {
            self.shared.working.keep(&epoch);
        }
        Ok(epoch)
    }

    async fn begin_epoch(&self, access: &Access, holders: &[PublicKey]) -> Result<Epoch, StoreError> {
        let candidate = self.candidate(access, holders).await?;
        self.write(move |tx| {
            Box::pin(async move {
                tx.still_held_by(&candidate.0.access, &candidate.0.holders).await?;
                tx.begin_epoch(candidate).await
            })
        })
        .await
    }

    /// Wraps a new epoch where blocking is allowed.
    pub(in crate::storage) async fn candidate(
        &self,
        access: &Access,
        holders: &[PublicKey],
    ) -> Result<Candidate, StoreError> {
        let (access, holders, now) = (access.clone(), holders.to_vec(), self.now());
        let random = self.shared.random.clone();
        let make = move || Candidate::make(access, &holders, now, &random);
        tokio::task::spawn_blocking(make).await.map_err(|e| StoreError::Us(e.to_string()))?
    }
}

impl Tx {
    /// Ends the open epoch and begins this one, unless another process was quicker.
    pub(in crate::storage) async fn begin_epoch(
        &mut self,
        candidate: Candidate,
    ) -> Result<Epoch, StoreError> {
        let new = candidate.0;
        let shared = self.shared.clone();
        let secrets = shared.secrets()?;
        if let Some(mut open) = open_epoch(&mut self.conn, secrets, &new.access).await? {
            if open.month == new.month && open.holders == new.holders {
                return Ok(open);
            }
            open.state = EpochState::Closed;
            self.update_epoch(&open).await?;
        }
        sqlx::query(
            "INSERT INTO epoch (id, class, school, month, state, made_at, recipient, holders, wrapped, seal)
             VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
        )
        .bind(new.id.as_str())
        .bind(new.access.class().name())
        .bind(new.access.school_word())
        .bind(&new.month)
        .bind(new.state.name())
        .bind(micros(new.made_at))
        .bind(new.recipient.to_string())
        .bind(&new.holders)
        .bind(&new.wrapped)
        .bind(&new.seal(secrets)[..])
        .execute(&mut self.conn)
        .await?;
        let mut event = LedgerEvent::new(Event::EpochBegun)
            .about(new.id.as_str())
            .with("class", new.access.class().name())
            .with("month", new.month.clone());
        event.school = new.access.school().cloned();
        event.hash_out = Some(new.wrapped_sha256());
        self.append("gate", event).await?;
        Ok(new)
    }

    pub(in crate::storage) async fn update_epoch(&mut self, epoch: &Epoch) -> Result<(), StoreError> {
        let seal = epoch.seal(self.shared.secrets()?);
        sqlx::query("UPDATE epoch SET state = $1, holders = $2, wrapped = $3, seal = $4 WHERE id = $5")
            .bind(epoch.state.name())
            .bind(&epoch.holders)
            .bind(&epoch.wrapped)
            .bind(&seal[..])
            .bind(epoch.id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
