//! An incident that a person opens.

use super::{Entry, IncidentError, NewIncident, Secret, people::people, place, timeline::check};
use crate::storage::{
    NewOutbox, database::micros, error::StoreError, ledger::Actor, names::IncidentId, store::Store,
};

impl Store {
    /// A fresh name, so that a receipt can name it before it is kept.
    pub fn new_incident_id(&self) -> IncidentId {
        IncidentId::random(&self.shared.random)
    }

    /// Opens an incident in a person's own name; `outbox` tells those whose it is.
    pub async fn incident_open(
        &self,
        id: &IncidentId,
        new: NewIncident,
        outbox: Vec<NewOutbox>,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        let opened = Entry::Opened { why: new.why };
        check(&opened)?;
        let secrets = self.secrets()?;
        let sealed = secrets.seal(&place(id), &Secret { title: new.title })?;
        let people = people(id, &new.people, secrets)?;
        for link in &new.links {
            self.check_target(link).await?;
        }
        let (actor, named) = (actor.clone(), id.clone());
        self.write_telling(outbox, move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                sqlx::query(
                    "INSERT INTO incident (id, school, kind, state, origin, made_at, made_by, sealed)
                     VALUES ($1, $2, $3, 'proposed', 'person', $4, $5, $6)",
                )
                .bind(named.as_str())
                .bind(new.school.to_string())
                .bind(new.kind.name())
                .bind(micros(tx.now))
                .bind(&by)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await
                .map_err(StoreError::from)?;
                tx.insert_people(&named, &people).await?;
                for link in &new.links {
                    tx.link(&named, link, None).await?;
                }
                tx.write_entry(&named, &opened, &actor).await
            })
        })
        .await
    }
}
