//! The message that a report came with.

use super::IncidentError;
use crate::storage::{
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::IncidentId,
    store::Store,
};
use bytes::Bytes;

impl Store {
    /// The bytes of the message that a report came with, noted in the ledger before they are
    /// given. `NotFound` where none are kept.
    pub async fn incident_bytes(
        &self,
        id: &IncidentId,
        actor: &Actor,
        why: &str,
    ) -> Result<Bytes, IncidentError> {
        let summary = self.incident_summary(id).await?;
        let object: Option<String> = sqlx::query_scalar(
            "SELECT object FROM incident_link WHERE incident = $1 AND object IS NOT NULL ORDER BY at LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::from)?;
        let missing = || StoreError::NotFound { what: "message of incident", id: id.to_string() };
        let (_, raw) = self.open_object(&object.ok_or_else(missing)?).await?;
        let event = LedgerEvent::new(Event::IncidentBytesViewed)
            .school(&summary.school)
            .about(id.as_str())
            .because((!why.is_empty()).then(|| why.to_owned()));
        self.ledger(actor, event).await?;
        Ok(raw)
    }
}
