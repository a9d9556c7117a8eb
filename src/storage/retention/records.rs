//! Mail with parents whose family has left long enough ago: listed for review, and purged only
//! on a person's yes.

use super::Proof;
use crate::mail::SchoolId;
use crate::storage::{
    database::{micros, time},
    error::StoreError,
    forget::Forgotten,
    ledger::{Actor, Event, LedgerEvent},
    names::RecordId,
    store::Store,
    tombstone::Because,
    writer::Tx,
};
use chrono::{DateTime, Utc};

/// A record whose time is over.
#[derive(Clone, Debug)]
pub struct DueRecord {
    pub id: RecordId,
    pub school: SchoolId,
    pub received_at: DateTime<Utc>,
    /// The day on which the last of the family left.
    pub left_on: DateTime<Utc>,
    pub complaint: bool,
}

/// What a reviewer says of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordRuling {
    /// Look again after this.
    KeepUntil(DateTime<Utc>),
    /// A complaint was made: it has the longer time.
    Complaint,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    school: String,
    transaction_id: String,
    received_at: i64,
    left_on: i64,
    complaint_at: Option<i64>,
    object: String,
}

/// School, moment of ordinary mail, moment where a complaint was made, now, one id or `''`, how many.
const DUE: &str = "SELECT r.id, r.school, r.transaction_id, r.received_at, MAX(l.left_on) AS left_on,
     r.complaint_at, r.object
     FROM record r JOIN record_party p ON p.record = r.id AND p.role IN ('parent', 'pupil')
     LEFT JOIN leaving l ON l.address_hash = p.address_hash
     WHERE r.state = 'kept' AND r.school = $1 AND (r.keep_until IS NULL OR r.keep_until <= $4)
     AND ($5 = '' OR r.id = $5)
     AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.kind = 'record' AND h.subject = r.id
         AND h.lifted_at IS NULL)
     AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
         WHERE l.kind = 'record' AND l.target = r.id AND c.state <> 'dropped'
         AND (c.ended_at IS NULL OR EXISTS (SELECT 1 FROM legal_hold g
             WHERE g.kind = 'incident' AND g.subject = c.id AND g.lifted_at IS NULL)))
     GROUP BY r.id, r.school, r.transaction_id, r.received_at, r.complaint_at, r.object
     HAVING COUNT(*) = COUNT(l.left_on)
     AND MAX(l.left_on) <= CASE WHEN r.complaint_at IS NULL THEN $2 ELSE $3 END
     ORDER BY r.received_at LIMIT $6";
const MOST: i64 = 1_000;

impl Row {
    fn due(self) -> DueRecord {
        DueRecord {
            id: RecordId::stored(self.id),
            school: SchoolId(self.school.into()),
            received_at: time(self.received_at),
            left_on: time(self.left_on),
            complaint: self.complaint_at.is_some(),
        }
    }
}

impl Store {
    /// Oldest first, at most 1,000. `before`: those who left by then; `complaint`: the same
    /// where a complaint was made.
    pub async fn records_due(
        &self,
        school: &SchoolId,
        before: DateTime<Utc>,
        complaint: DateTime<Utc>,
    ) -> Result<Vec<DueRecord>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(DUE)
            .bind(school.to_string())
            .bind(micros(before))
            .bind(micros(complaint))
            .bind(micros(self.now()))
            .bind("")
            .bind(MOST)
            .fetch_all(&self.readers)
            .await?;
        let asked_for = self.asked_for().await?;
        Ok(rows.into_iter().filter(|row| !asked_for.contains(&row.id)).map(Row::due).collect())
    }

    /// Purges those of `ids` that are due; the others stay. The yes is the actor's.
    pub async fn purge_records(
        &self,
        school: &SchoolId,
        (before, complaint): (DateTime<Utc>, DateTime<Utc>),
        ids: Vec<RecordId>,
        actor: &Actor,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let (school, actor, reason) = (school.clone(), actor.clone(), reason.to_owned());
        let asked_for = self.asked_for().await?;
        let ids: Vec<RecordId> = ids.into_iter().filter(|id| !asked_for.contains(id.as_str())).collect();
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let because = Because { rule: "parent-mail", by: by.clone() };
                let mut proof = Proof::new();
                for id in ids {
                    let due: Option<Row> = sqlx::query_as(DUE)
                        .bind(school.to_string())
                        .bind(micros(before))
                        .bind(micros(complaint))
                        .bind(micros(tx.now))
                        .bind(id.as_str())
                        .bind(1_i64)
                        .fetch_optional(&mut tx.conn)
                        .await?;
                    if let Some(row) = due {
                        proof.add(id.as_str(), &tx.purge_record(row, &because).await?);
                    }
                }
                let count = proof.count.unsigned_abs();
                tx.prove(proof, "parent-mail", Some(&school), before, &by, Some(reason)).await?;
                Ok(count)
            })
        })
        .await
    }

    /// `false` when there is no such record.
    pub async fn rule_record(
        &self,
        id: &RecordId,
        ruling: RecordRuling,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let (statement, at, event) = match ruling {
                    RecordRuling::KeepUntil(until) => (
                        "UPDATE record SET keep_until = $1 WHERE id = $2 AND state = 'kept' RETURNING school",
                        until,
                        Event::RecordReviewed,
                    ),
                    RecordRuling::Complaint => (
                        "UPDATE record SET complaint_at = $1 WHERE id = $2 AND state = 'kept' RETURNING school",
                        tx.now,
                        Event::RecordComplaint,
                    ),
                };
                let school: Option<String> = sqlx::query_scalar(statement)
                    .bind(micros(at))
                    .bind(id.as_str())
                    .fetch_optional(&mut tx.conn)
                    .await?;
                let Some(school) = school else { return Ok(false) };
                tx.relock("record", id.as_str()).await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(event)
                    .school(&SchoolId(school.into()))
                    .about(id.as_str())
                    .because(Some(reason));
                tx.append(&by, event).await.map(|_| true)
            })
        })
        .await
    }
}

impl Tx {
    /// The digest of the message that went.
    async fn purge_record(&mut self, row: Row, because: &Because) -> Result<Vec<u8>, StoreError> {
        let sha256: Vec<u8> = sqlx::query_scalar("SELECT sha256 FROM object WHERE id = $1")
            .bind(&row.object)
            .fetch_one(&mut self.conn)
            .await?;
        for statement in [
            "UPDATE record SET state = 'purged', message_id_hash = NULL WHERE id = $1",
            // Nobody asks any more whether they have left, unless other mail of theirs is here.
            "DELETE FROM leaving WHERE address_hash IN (SELECT address_hash FROM record_party WHERE record = $1)
             AND NOT EXISTS (SELECT 1 FROM record_party p WHERE p.address_hash = leaving.address_hash
                 AND p.record <> $1)",
            "DELETE FROM record_party WHERE record = $1",
            "DELETE FROM record_person WHERE record = $1",
            "DELETE FROM record_link WHERE record = $1",
        ] {
            sqlx::query(statement).bind(&row.id).execute(&mut self.conn).await?;
        }
        self.forget_searchable(&row.id, row.received_at).await?;
        self.forget(Forgotten::Record(&RecordId::stored(row.id.clone())), &row.transaction_id).await?;
        let mut event = LedgerEvent::new(Event::RecordPurged)
            .school(&SchoolId(row.school.into()))
            .about(&row.id)
            .with("rule", because.rule);
        event.hash_in = sha256.clone().try_into().ok();
        self.append(&because.by, event).await?;
        self.let_go(&row.object, because).await?;
        Ok(sha256)
    }
}
