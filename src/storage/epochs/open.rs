//! Opening an object by way of its epochs: first the small file, then the object.

use super::{COLUMNS, Epoch, EpochRow};
use crate::storage::{
    access::Class,
    capsule::Label,
    error::{KeyError, StoreError},
    keys::Identities,
    objects::ObjectRow,
    store::Store,
};
use age::x25519;
use bytes::Bytes;
use std::{str::FromStr, sync::Arc};

impl Epoch {
    /// The identity, for one who holds it.
    pub(in crate::storage) fn unwrap(&self, holder: &Identities) -> Result<x25519::Identity, KeyError> {
        let plain = holder.decrypt(&self.wrapped)?;
        let text = std::str::from_utf8(&plain).unwrap_or_default();
        let identity = x25519::Identity::from_str(text.trim())
            .ok()
            .filter(|i| i.to_public().to_string() == self.recipient.to_string());
        identity.ok_or_else(|| KeyError::NotDecrypted("the epoch holds another key than its row says".into()))
    }
}

impl Store {
    /// The epochs to which an object is encrypted; none for one that is encrypted to the
    /// keys themselves.
    pub(in crate::storage) async fn epochs_of(&self, object: &str) -> Result<Vec<Epoch>, StoreError> {
        let rows: Vec<EpochRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE id IN (SELECT epoch FROM object_epoch WHERE object = $1) ORDER BY id"
        )))
        .bind(object)
        .fetch_all(&self.readers)
        .await?;
        let secrets = self.secrets()?;
        rows.into_iter().map(|row| row.checked(secrets)).collect()
    }

    /// What opens an object that the gate may open.
    pub(in crate::storage) async fn working_identities(
        &self,
        object: &str,
    ) -> Result<Identities, StoreError> {
        let working = self.shared.keys.working.as_ref().ok_or(StoreError::NoWorkingKey)?.all();
        let epochs = self.epochs_of(object).await?;
        let Some(epoch) = epochs.into_iter().find(|epoch| epoch.access.class() == Class::Working) else {
            return Ok(working);
        };
        if let Some(identity) = working.remembered(epoch.id.as_str()) {
            return Ok(Identities::of(identity));
        }
        let identity = epoch.unwrap(&working).map_err(|e| match e {
            KeyError::NotForThisKey => StoreError::OldWorkingKey,
            e => e.into(),
        })?;
        working.remember(epoch.id.as_str(), &identity);
        Ok(Identities::of(identity))
    }

    /// Opens an object for one who holds its access, checked against its row and its label.
    /// The ledger row that this needs is the caller's.
    pub(in crate::storage) async fn open_with(
        &self,
        object: &str,
        row: ObjectRow,
        holder: &Identities,
    ) -> Result<(Label, Bytes), StoreError> {
        let sealed = self.sealed_object(object, &row).await?;
        let epochs = self.epochs_of(object).await?;
        let holder = holder.clone();
        let opener = move || {
            let custodian = |e: KeyError| StoreError::CustodianKey(e.to_string());
            through(&epochs, &holder).map_err(custodian)?.for_age().map_err(custodian)
        };
        self.open_sealed(object, row, sealed, Arc::new(opener)).await
    }
}

/// What the holder opens the object with: the identity of one of its epochs, or its own.
/// An epoch once opened is remembered, so that a hardware key is touched once for each.
fn through(epochs: &[Epoch], holder: &Identities) -> Result<Identities, KeyError> {
    for epoch in epochs {
        if let Some(identity) = holder.remembered(epoch.id.as_str()) {
            return Ok(Identities::of(identity));
        }
        match epoch.unwrap(holder) {
            Ok(identity) => {
                holder.remember(epoch.id.as_str(), &identity);
                return Ok(Identities::of(identity));
            }
            Err(KeyError::NotForThisKey) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(holder.clone())
}
