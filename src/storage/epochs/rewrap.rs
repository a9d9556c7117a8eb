//! Wrapping epochs for those who hold their access now: by somebody who holds it already.

use super::{Epoch, digest_of};
use crate::storage::{
    access::Access,
    error::{KeyError, StoreError},
    keys::{self, Identities, PublicKey},
    ledger::{Actor, Event, LedgerEvent},
    store::Store,
};
use age::secrecy::ExposeSecret;
use std::str::FromStr;

/// From which month on old epochs are wrapped anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    Always,
    /// `2026-09`
    Month(String),
}

impl FromStr for Since {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let month = |text: &str| format!("{text}-01").parse::<chrono::NaiveDate>().is_ok();
        match text {
            "always" => Ok(Self::Always),
            text if text.len() == 7 && month(text) => Ok(Self::Month(text.to_owned())),
            _ => Err("write a month as 2026-09, or `always`"),
        }
    }
}

impl Since {
    fn covers(&self, month: &str) -> bool {
        match self {
            Self::Always => true,
            Self::Month(first) => month >= first.as_str(),
        }
    }
}

/// What was done to the epochs of an access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Wrapped anew for the present holders.
    pub done: u64,
    /// Were so already.
    pub same: u64,
    /// The key at hand does not open them.
    pub stuck: u64,
}

impl Store {
    /// Wraps the epochs of `access` for its present holders, with the key of one who opens
    /// them. Idempotent.
    pub async fn rewrap(
        &self,
        access: &Access,
        since: &Since,
        holder: &Identities,
        actor: &Actor,
        reason: &str,
    ) -> Result<Rewrapped, StoreError> {
        let holders = self.holders(access).await?;
        let digest = digest_of(&holders);
        let mut done = Rewrapped::default();
        for epoch in self.epochs_with(access).await? {
            if !since.covers(&epoch.month) {
                continue;
            }
            if epoch.holders == digest {
                done.same += 1;
                continue;
            }
            match self.wrap_anew(epoch, holder, &holders, Some((actor, reason))).await {
                Ok(()) => done.done += 1,
                Err(StoreError::NotForThisKey) => done.stuck += 1,
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }

    pub(super) async fn wrap_anew(
        &self,
        epoch: Epoch,
        holder: &Identities,
        holders: &[PublicKey],
        by: Option<(&Actor, &str)>,
    ) -> Result<(), StoreError> {
        let (holder, holders, before) = (holder.clone(), holders.to_vec(), epoch.wrapped_sha256());
        let wrap = move || -> Result<Epoch, StoreError> {
            let identity = epoch.unwrap(&holder).map_err(|e| match e {
                KeyError::NotForThisKey => StoreError::NotForThisKey,
                e => e.into(),
            })?;
            let text = identity.to_string();
            let wrapped = keys::encrypt(&holders, format!("{}\n", text.expose_secret()).as_bytes())?;
            Ok(Epoch { wrapped, holders: digest_of(&holders), ..epoch })
        };
        let wrapped = tokio::task::spawn_blocking(wrap).await.map_err(|e| StoreError::Us(e.to_string()))?;
        let mut epoch = wrapped?;
        let (actor, reason) =
            by.map_or((Actor::Gate, None), |(actor, why)| (actor.clone(), Some(why.to_owned())));
        self.write(move |tx| {
            Box::pin(async move {
                tx.still_held_by(&epoch.access, &epoch.holders).await?;
                let sql = "SELECT state FROM epoch WHERE id = $1";
                let state: String =
                    sqlx::query_scalar(sql).bind(epoch.id.as_str()).fetch_one(&mut tx.conn).await?;
                // It may have been ended meanwhile; its identity stays the same for ever.
                epoch.state = crate::storage::database::named(
                    &super::EpochState::ALL,
                    super::EpochState::name,
                    &state,
                )?;
                tx.update_epoch(&epoch).await?;
                let actor = tx.random_id(&actor).await?;
                let mut event = LedgerEvent::new(Event::EpochRewrapped)
                    .about(epoch.id.as_str())
                    .with("class", epoch.access.class().name())
                    .because(reason);
                event.school = epoch.access.school().cloned();
                event.hash_in = Some(before);
                event.hash_out = Some(epoch.wrapped_sha256());
                tx.append(&actor, event).await?;
                Ok(())
            })
        })
        .await
    }
}
