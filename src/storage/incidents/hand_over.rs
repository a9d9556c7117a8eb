//! To another office, read or unread (practice.md, A4): whoever takes over may follow it up
//! like its reviewers, and gets a notice with number and category.

use super::{Entry, IncidentError, timeline::check};
use crate::{
    authority::Face,
    storage::{
        error::StoreError,
        jobs::{Standing, own_objects},
        ledger::Actor,
        names::IncidentId,
        outbox::NewOutbox,
        store::Store,
        writer::{Tx, Unwritten},
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
        let jobs = self.prepare_jobs(outbox, None, None).await?;
        let objects = own_objects(&jobs);
        let (id, actor) = (id.clone(), actor.clone());
        let written = self.write_or_tell(move |tx| {
            Box::pin(async move {
                tx.assign(id.as_str(), &takers).await?;
                for job in &jobs {
                    tx.insert_job(job, Standing::Final(None)).await?;
                }
                tx.write_entry(&id, &entry, &actor).await
            })
        });
        match written.await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => other.map_err(Unwritten::into_error),
        }
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
