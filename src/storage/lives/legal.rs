//! Legal hold: nobody purges it, and it does not run out, until it is lifted. Several may lie
//! on one thing, each for its own matter.

use crate::storage::{
    database::time,
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{ItemId, LegalHoldId, RecordId},
    store::Store,
    writer::Tx,
};
use crate::{mail::SchoolId, storage::database::micros};
use chrono::{DateTime, Utc};

/// What a legal hold lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegalSubject {
    Item(ItemId),
    Record(RecordId),
    /// By its number.
    Incident(String),
}

#[derive(Clone, Debug)]
pub struct LegalHold {
    pub id: LegalHoldId,
    /// `item`, `record` or `incident`, and its number.
    pub on: (String, String),
    pub school: SchoolId,
    pub set_at: DateTime<Utc>,
    /// Random person id.
    pub set_by: String,
    pub lifted: Option<(String, DateTime<Utc>)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    subject: String,
    school: String,
    set_at: i64,
    set_by: String,
    lifted_at: Option<i64>,
    lifted_by: Option<String>,
}

impl LegalSubject {
    /// As the store has it.
    pub fn named(kind: &str, id: &str) -> Option<Self> {
        Some(match kind {
            "item" => Self::Item(id.parse().ok()?),
            "record" => Self::Record(id.parse().ok()?),
            "incident" => Self::Incident(id.to_owned()),
            _ => return None,
        })
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Item(_) => "item",
            Self::Record(_) => "record",
            Self::Incident(_) => "incident",
        }
    }
    pub fn id(&self) -> &str {
        match self {
            Self::Item(id) => id.as_str(),
            Self::Record(id) => id.as_str(),
            Self::Incident(id) => id,
        }
    }
}

impl Store {
    /// The reason is the ledger's, encrypted.
    pub async fn set_legal_hold(
        &self,
        on: LegalSubject,
        school: &SchoolId,
        actor: &Actor,
        reason: &str,
    ) -> Result<LegalHoldId, StoreError> {
        let id = LegalHoldId::random(&self.shared.random);
        let (actor, school, reason) = (actor.clone(), school.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                sqlx::query(
                    "INSERT INTO legal_hold (id, kind, subject, school, set_at, set_by) VALUES ($1,$2,$3,$4,$5,$6)",
                )
                .bind(id.as_str())
                .bind(on.kind())
                .bind(on.id())
                .bind(school.to_string())
                .bind(micros(tx.now))
                .bind(&by)
                .execute(&mut tx.conn)
                .await?;
                tx.relock(on.kind(), on.id()).await?;
                let event = LedgerEvent::new(Event::LegalHoldSet)
                    .school(&school)
                    .about(on.id())
                    .with("on", on.kind())
                    .with("legal-hold", id.to_string())
                    .because(Some(reason));
                tx.append(&by, event).await?;
                Ok(id)
            })
        })
        .await
    }

    /// `false` when it was lifted already.
    pub async fn lift_legal_hold(
        &self,
        id: &LegalHoldId,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let lifted: Option<(String, String, String)> = sqlx::query_as(
                    "UPDATE legal_hold SET lifted_at = $1, lifted_by = $2 WHERE id = $3 AND lifted_at IS NULL
                     RETURNING kind, subject, school",
                )
                .bind(micros(tx.now))
                .bind(&by)
                .bind(id.as_str())
                .fetch_optional(&mut tx.conn)
                .await?;
                let Some((kind, subject, school)) = lifted else { return Ok(false) };
                let event = LedgerEvent::new(Event::LegalHoldLifted)
                    .school(&SchoolId(school.into()))
                    .about(subject)
                    .with("on", kind)
                    .with("legal-hold", id.to_string())
                    .because(Some(reason));
                tx.append(&by, event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Those in force first, newest first, at most 1,000; `on` asks for one thing's.
    pub async fn legal_holds(&self, on: Option<&LegalSubject>) -> Result<Vec<LegalHold>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, kind, subject, school, set_at, set_by, lifted_at, lifted_by FROM legal_hold
             WHERE ($1 = '' OR (kind = $1 AND subject = $2))
             ORDER BY CASE WHEN lifted_at IS NULL THEN 0 ELSE 1 END, set_at DESC LIMIT 1000",
        )
        .bind(on.map_or("", LegalSubject::kind))
        .bind(on.map_or("", LegalSubject::id))
        .fetch_all(&self.readers)
        .await?;
        let hold = |r: Row| LegalHold {
            id: LegalHoldId::stored(r.id),
            on: (r.kind, r.subject),
            school: SchoolId(r.school.into()),
            set_at: time(r.set_at),
            set_by: r.set_by,
            lifted: r.lifted_by.zip(r.lifted_at.map(time)),
        };
        Ok(rows.into_iter().map(hold).collect())
    }
}

impl Tx {
    pub(in crate::storage) async fn is_under_legal_hold(
        &mut self,
        kind: &'static str,
        subject: &str,
    ) -> Result<bool, StoreError> {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT id FROM legal_hold WHERE kind = $1 AND subject = $2 AND lifted_at IS NULL LIMIT 1",
        )
        .bind(kind)
        .bind(subject)
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(found.is_some())
    }
}
