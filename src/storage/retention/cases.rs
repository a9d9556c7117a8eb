//! Incidents and breach records whose time is over: listed for review, and purged only on a person's
//! word. Of an incident that was followed up the time runs from its export to the school's own file;
//! what was never exported has none.

use super::Proof;
use crate::mail::SchoolId;
use crate::storage::{
    database::{Sql, micros, time},
    error::StoreError,
    forget::Forgotten,
    ledger::{Actor, Event, LedgerEvent},
    names::{BreachId, IncidentId},
    store::Store,
    tombstone::Because,
    writer::Tx,
};
use chrono::{DateTime, Utc};
use std::fmt;

/// A school's times for them as moments: what ended, or was exported, at or before is due.
#[derive(Clone, Copy, Debug)]
pub struct CasesBefore {
    /// Dismissed ones; allegations have their own time, whatever came of them.
    pub dismissed: DateTime<Utc>,
    /// Concerns and misuse, from the export on.
    pub incidents: DateTime<Utc>,
    pub low_level: DateTime<Utc>,
    pub allegations: DateTime<Utc>,
    pub breaches: DateTime<Utc>,
}

/// Something that was followed up, and whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCase {
    pub id: DueId,
    pub school: SchoolId,
    pub ended_at: DateTime<Utc>,
    /// To the school's own file, the last time.
    pub exported_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueId {
    Incident(IncidentId),
    Breach(BreachId),
}

impl DueId {
    fn as_str(&self) -> &str {
        match self {
            Self::Incident(id) => id.as_str(),
            Self::Breach(id) => id.as_str(),
        }
    }

    fn table(&self) -> Table {
        match self {
            Self::Incident(_) => Table::Incident,
            Self::Breach(_) => Table::Breach,
        }
    }
}

impl fmt::Display for DueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy)]
enum Table {
    Incident,
    Breach,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    class: String,
    ended_at: i64,
    exported_at: Option<i64>,
}

const CLASSES: [&str; 5] = ["incidents", "dismissed-incidents", "low-level", "allegations", "breaches"];

/// School, now, one id or `''`, how many; then the moments of dismissed ones, low-level concerns,
/// allegations and other incidents. A legal hold on what belongs to it stops it too, and what is sealed there: until the police
/// say that it may go.
const INCIDENTS: &str = "SELECT i.id, CASE WHEN i.kind = 'allegation' THEN 'allegations'
         WHEN i.state = 'dismissed' THEN 'dismissed-incidents'
         WHEN i.kind = 'low-level' THEN 'low-level' ELSE 'incidents' END AS class,
         i.ended_at, MAX(e.at) AS exported_at
     FROM incident i LEFT JOIN incident_entry e ON e.incident = i.id AND e.kind = 'exported'
     WHERE i.school = $1 AND i.state IN ('closed', 'dismissed') AND (i.keep_until IS NULL OR i.keep_until <= $2)
     AND ($3 = '' OR i.id = $3)
     AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.lifted_at IS NULL AND (h.subject = i.id OR h.subject IN
         (SELECT l.target FROM incident_link l WHERE l.incident = i.id)))
     AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN item t ON t.id = l.target OR t.transaction_id = l.target
         WHERE l.incident = i.id AND t.state IN ('sealed', 'handed-to-police'))
     GROUP BY i.id, i.kind, i.state, i.ended_at, i.n
     HAVING CASE WHEN i.kind = 'allegation' THEN i.ended_at <= $7
         WHEN i.state = 'dismissed' THEN i.ended_at <= $5
         WHEN i.kind = 'low-level' THEN i.ended_at <= $6
         ELSE MAX(e.at) <= $8 AND i.ended_at <= $8 END
     ORDER BY i.n LIMIT $4";

/// The same; then the moment of breach records.
const BREACHES: &str =
    "SELECT b.id, 'breaches' AS class, b.closed_at AS ended_at, b.regulator_at AS exported_at
     FROM breach b WHERE b.school = $1 AND b.state = 'closed' AND (b.keep_until IS NULL OR b.keep_until <= $2)
     AND ($3 = '' OR b.id = $3) AND b.closed_at <= $5
     AND NOT EXISTS (SELECT 1 FROM item t JOIN legal_hold h ON h.subject = t.id AND h.lifted_at IS NULL
         WHERE t.transaction_id = b.transaction_id)
     ORDER BY b.n LIMIT $4";
const MOST: i64 = 1_000;
/// Ids in one statement.
const AT_ONCE: usize = 100;

macro_rules! due_rows {
    ($table:expr, $school:expr, $before:expr, $now:expr, $id:expr, $most:expr) => {{
        let (school, before) = ($school.to_string(), $before);
        match $table {
            Table::Incident => sqlx::query_as::<_, Row>(INCIDENTS)
                .bind(school)
                .bind(micros($now))
                .bind($id)
                .bind($most)
                .bind(micros(before.dismissed))
                .bind(micros(before.low_level))
                .bind(micros(before.allegations))
                .bind(micros(before.incidents)),
            Table::Breach => sqlx::query_as::<_, Row>(BREACHES)
                .bind(school)
                .bind(micros($now))
                .bind($id)
                .bind($most)
                .bind(micros(before.breaches)),
        }
    }};
}

impl Store {
    /// Of these ids the incidents and breach records that were purged: whom they concerned nobody can
    /// tell any more.
    pub async fn purged_cases(&self, ids: &[String]) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let mut sql = Sql::new("");
            for (n, table) in ["incident", "breach"].into_iter().enumerate() {
                sql.push(if n == 0 { "SELECT id FROM " } else { " UNION ALL SELECT id FROM " }).push(table);
                sql.push(" WHERE state = 'purged' AND id IN ").push_row(|list| {
                    some.iter().for_each(|id| {
                        list.bind(id.clone());
                    });
                });
            }
            found.extend(sql.build_query_scalar::<String>().fetch_all(&self.readers).await?);
        }
        Ok(found)
    }

    /// Incidents whose time is over, oldest first, at most 1,000.
    pub async fn incidents_due(
        &self,
        school: &SchoolId,
        before: &CasesBefore,
    ) -> Result<Vec<DueCase>, StoreError> {
        self.cases_due(Table::Incident, school, before).await
    }

    /// Breach records whose time is over.
    pub async fn breaches_due(
        &self,
        school: &SchoolId,
        before: &CasesBefore,
    ) -> Result<Vec<DueCase>, StoreError> {
        self.cases_due(Table::Breach, school, before).await
    }

    async fn cases_due(
        &self,
        table: Table,
        school: &SchoolId,
        before: &CasesBefore,
    ) -> Result<Vec<DueCase>, StoreError> {
        let rows = due_rows!(table, school, before, self.now(), "", MOST).fetch_all(&self.readers).await?;
        let asked_for = self.asked_for().await?;
        let due = rows.into_iter().filter(|row| !asked_for.contains(&row.id)).map(|row| DueCase {
            id: match table {
                Table::Incident => DueId::Incident(IncidentId::stored(row.id)),
                Table::Breach => DueId::Breach(BreachId::stored(row.id)),
            },
            school: school.clone(),
            ended_at: time(row.ended_at),
            exported_at: match table {
                Table::Incident => row.exported_at.map(time),
                Table::Breach => None,
            },
        });
        Ok(due.collect())
    }

    /// Purges one that is due, on the actor's word; `false` when it is not due, or not there. Of it stay
    /// its number, school, kind and times.
    pub async fn purge_case(
        &self,
        id: &DueId,
        school: &SchoolId,
        before: CasesBefore,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, StoreError> {
        if self.asked_for().await?.contains(id.as_str()) {
            return Ok(false);
        }
        let (id, school, actor, reason) = (id.clone(), school.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let found = due_rows!(id.table(), school, before, tx.now, id.as_str(), 1_i64);
                let Some(row) = found.fetch_optional(&mut tx.conn).await? else { return Ok(false) };
                let class = CLASSES.into_iter().find(|c| *c == row.class).unwrap_or(CLASSES[0]);
                let moment = match class {
                    "dismissed-incidents" => before.dismissed,
                    "low-level" => before.low_level,
                    "allegations" => before.allegations,
                    "breaches" => before.breaches,
                    _ => before.incidents,
                };
                let by = tx.random_id(&actor).await?;
                let because = Because { rule: class, by: by.clone() };
                let mut proof = Proof::new();
                let sha256 = match &id {
                    DueId::Incident(id) => tx.purge_incident(id, &school, &because).await?,
                    DueId::Breach(id) => tx.purge_breach(id, &school, &because).await?,
                };
                proof.add(id.as_str(), &sha256);
                tx.prove(proof, class, Some(&school), moment, &by, Some(reason)).await?;
                Ok(true)
            })
        })
        .await
    }

    /// A reviewer wants to look again after this; `false` when it has not ended, or is not there.
    pub async fn keep_case(
        &self,
        id: &DueId,
        until: DateTime<Utc>,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let (statement, event) = match id {
                    DueId::Incident(_) => (
                        "UPDATE incident SET keep_until = $1 WHERE id = $2 AND state IN ('closed', 'dismissed') RETURNING school",
                        Event::IncidentReviewed,
                    ),
                    DueId::Breach(_) => (
                        "UPDATE breach SET keep_until = $1 WHERE id = $2 AND state = 'closed' RETURNING school",
                        Event::BreachReviewed,
                    ),
                };
                let school: Option<String> = sqlx::query_scalar(statement)
                    .bind(micros(until))
                    .bind(id.as_str())
                    .fetch_optional(&mut tx.conn)
                    .await?;
                let Some(school) = school else { return Ok(false) };
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
    /// The digest of the message that a report came with; nothing where none was kept.
    async fn purge_incident(
        &mut self,
        id: &IncidentId,
        school: &SchoolId,
        because: &Because,
    ) -> Result<Vec<u8>, StoreError> {
        // Its links keep away from these whom it concerned; afterwards they may be the last that did.
        let transactions: Vec<String> = sqlx::query_scalar(
            "SELECT COALESCE(t.transaction_id, r.transaction_id, l.target) FROM incident_link l
             LEFT JOIN item t ON l.kind = 'item' AND t.id = l.target
             LEFT JOIN record r ON l.kind = 'record' AND r.id = l.target
             WHERE l.incident = $1 AND l.kind <> 'incident'",
        )
        .bind(id.as_str())
        .fetch_all(&mut self.conn)
        .await?;
        let objects: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT o.id, o.sha256 FROM incident_link l JOIN object o ON o.id = l.object
             WHERE l.incident = $1 ORDER BY l.at",
        )
        .bind(id.as_str())
        .fetch_all(&mut self.conn)
        .await?;
        for statement in [
            "DELETE FROM incident_entry WHERE incident = $1",
            "DELETE FROM incident_person WHERE incident = $1",
            "DELETE FROM incident_link WHERE incident = $1 OR (kind = 'incident' AND target = $1)",
            "UPDATE incident SET state = 'purged', settles_with = NULL, alike = NULL WHERE id = $1",
        ] {
            sqlx::query(statement).bind(id.as_str()).execute(&mut self.conn).await?;
        }
        sqlx::query("UPDATE incident SET sealed = $1 WHERE id = $2")
            .bind(&b""[..])
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        self.forget(Forgotten::Incident(id), "").await?;
        for transaction in &transactions {
            self.forget_concerned(transaction).await?;
        }
        let sha256 = objects.first().map(|(_, sha256)| sha256.clone()).unwrap_or_default();
        let mut event = LedgerEvent::new(Event::IncidentPurged)
            .school(school)
            .about(id.as_str())
            .with("rule", because.rule);
        event.hash_in = sha256.clone().try_into().ok();
        self.append(&because.by, event).await?;
        for (object, _) in &objects {
            self.let_go(object, because).await?;
        }
        Ok(sha256)
    }

    async fn purge_breach(
        &mut self,
        id: &BreachId,
        school: &SchoolId,
        because: &Because,
    ) -> Result<Vec<u8>, StoreError> {
        let transaction: String = sqlx::query_scalar("SELECT transaction_id FROM breach WHERE id = $1")
            .bind(id.as_str())
            .fetch_one(&mut self.conn)
            .await?;
        sqlx::query("DELETE FROM breach_note WHERE breach = $1")
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        sqlx::query("UPDATE breach SET state = 'purged', sealed = $1 WHERE id = $2")
            .bind(&b""[..])
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        self.forget(Forgotten::Breach(id), &transaction).await?;
        let event = LedgerEvent::new(Event::BreachPurged)
            .school(school)
            .about(id.as_str())
            .with("rule", because.rule);
        self.append(&because.by, event).await?;
        Ok(Vec::new())
    }
}
