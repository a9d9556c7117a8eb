//! To another office, read or unread (practice.md, A4): whoever takes over may follow it up
//! like its reviewers, and gets a notice with number and category.

use super::{Entry, IncidentError, timeline::check};
use crate::{
    authority::Face,
    storage::{
        error::StoreError, ledger::Actor, names::IncidentId, outbox::NewOutbox, store::Store, writer::Tx,
    },
};

/// To whom something is handed over.
pub struct HandedOver {
    /// The office.
    pub to: String,
    pub why: String,
    /// Those who hold it and are no party, as `authority` compares people.
    pub takers: Vec<Face>,
    /// Their notices.
    pub outbox: Vec<NewOutbox>,
}

impl Store {
    /// In one commit: the timeline's line, who may follow it up from now on, their notices.
    pub async fn incident_hand_over(
        &self,
        id: &IncidentId,
        over: HandedOver,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        let HandedOver { to, why, takers, outbox } = over;
        let entry = Entry::HandedOver { to, why };
        check(&entry)?;
        let (id, actor) = (id.clone(), actor.clone());
        self.write_telling(outbox, move |tx| {
            Box::pin(async move {
                tx.assign(id.as_str(), &takers).await?;
                tx.write_entry(&id, &entry, &actor).await
            })
        })
        .await
    }
}

impl Tx {
    /// Whether this person has opened the incident before.
    pub(super) async fn has_looked_into(&mut self, id: &IncidentId, by: &str) -> Result<bool, StoreError> {
        let looked: Option<i64> = sqlx::query_scalar(
            "SELECT n FROM ledger WHERE subject = $1 AND actor = $2
             AND event IN ('incident.viewed', 'incident.bytes-viewed') LIMIT 1",
        )
        .bind(id.as_str())
        .bind(by)
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(looked.is_some())
    }
}
