//! Leave to read the records of a member of staff who is away (RE-3): somebody else
//! approves it, and it ends by itself.

use super::{FiledAs, person_hash};
use crate::{
    parties::PersonId,
    storage::{
        cannot::Cannot,
        database::micros,
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::{RecordId, random_word},
        store::Store,
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// Longer absences are approved again.
const LONGEST: TimeDelta = TimeDelta::days(31);
const LETTERS: usize = 10;

/// Leave that was given.
#[derive(Clone, Debug)]
pub struct AbsenceAccess {
    pub id: String,
    pub ends_at: DateTime<Utc>,
}

impl Store {
    /// `approver` lets colleagues read what is filed under `owner` until `ends_at`. The
    /// approver cannot use it.
    pub async fn allow_absence_access(
        &self,
        owner: &PersonId,
        approver: &Actor,
        ends_at: DateTime<Utc>,
        why: &str,
    ) -> Result<AbsenceAccess, StoreError> {
        let now = self.now();
        if ends_at <= now {
            return Err(StoreError::NotAllowed(Cannot::LeaveOver));
        }
        if ends_at > now + LONGEST {
            return Err(StoreError::NotAllowed(Cannot::LeaveLong));
        }
        let owner = person_hash(self.secrets()?, owner);
        let (approver, why) = (approver.clone(), why.to_owned());
        let id = random_word(&self.shared.random, LETTERS).to_string();
        let access = AbsenceAccess { id: id.clone(), ends_at };
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&approver).await?;
                sqlx::query(
                    "INSERT INTO absence_access (id, owner_hash, approved_by, approved_at, ends_at)
                     VALUES ($1,$2,$3,$4,$5)",
                )
                .bind(&id)
                .bind(owner)
                .bind(&by)
                .bind(micros(tx.now))
                .bind(micros(ends_at))
                .execute(&mut tx.conn)
                .await?;
                let event = LedgerEvent::new(Event::AbsenceAccessAllowed)
                    .about(id)
                    .with("ends-at", micros(ends_at))
                    .because(Some(why));
                tx.append(&by, event).await?;
                Ok(access)
            })
        })
        .await
    }

    /// The leave that lets `reader` open this record now.
    pub(super) async fn absence_access_for(
        &self,
        record: &RecordId,
        reader: &Actor,
    ) -> Result<String, StoreError> {
        let now = micros(self.now());
        let found: Vec<(String, String)> = sqlx::query_as(
            "SELECT a.id, a.approved_by FROM absence_access a JOIN record_person p
             ON p.person_hash = a.owner_hash AND p.filed_as = $1
             WHERE p.record = $2 AND a.ends_at > $3 ORDER BY a.ends_at DESC LIMIT 100",
        )
        .bind(FiledAs::Staff.name())
        .bind(record.as_str())
        .bind(now)
        .fetch_all(&self.readers)
        .await?;
        let reader = reader.clone();
        let reader: String =
            self.write(move |tx| Box::pin(async move { tx.random_id(&reader).await })).await?;
        match found.iter().find(|(_, by)| *by != reader) {
            Some((id, _)) => Ok(id.clone()),
            None if found.is_empty() => Err(StoreError::NoLeave(Cannot::LookWithoutLeave)),
            None => Err(StoreError::NoLeave(Cannot::LookByOwnLeave)),
        }
    }
}
