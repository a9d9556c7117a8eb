//! Looking at breaches: lists without their words, one whole with a row in the ledger.

use super::{BreachState, BreachSummary, BreachView, HOURS, NearMisses, Telling};
use crate::{
    authority::{Case, Face, Scope, Thing},
    mail::{SchoolId, TransactionId},
    storage::{
        concerned::Faces,
        database::{Sql, micros, named, time},
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::BreachId,
        store::Store,
    },
};
use chrono::{DateTime, TimeDelta, Utc};

const MOST: i64 = 1_000;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    state: String,
    school: String,
    transaction_id: String,
    people: i64,
    sent_at: Option<i64>,
    aware_at: i64,
    regulator: String,
    regulator_at: Option<i64>,
    told: String,
    told_at: Option<i64>,
    closed_at: Option<i64>,
}

const COLUMNS: &str = "SELECT b.id, b.state, b.school, b.transaction_id, b.people, m.received_at AS sent_at,
    b.aware_at, b.regulator, b.regulator_at, b.told, b.told_at, b.closed_at
    FROM breach b LEFT JOIN message m ON m.transaction_id = b.transaction_id";

impl Row {
    fn summary(self) -> Result<BreachSummary, StoreError> {
        let damaged = |_| StoreError::Damaged(format!("breach {} cannot be read", self.id));
        let aware_at = time(self.aware_at);
        Ok(BreachSummary {
            state: named(&BreachState::ALL, BreachState::name, &self.state)?,
            school: SchoolId(self.school.into()),
            transaction: self.transaction_id.parse().map_err(damaged)?,
            people: u32::try_from(self.people).unwrap_or(u32::MAX),
            sent_at: self.sent_at.map(time),
            aware_at,
            due_at: aware_at + TimeDelta::hours(HOURS),
            regulator: named(&Telling::ALL, Telling::name, &self.regulator)?,
            regulator_at: self.regulator_at.map(time),
            told: named(&Telling::ALL, Telling::name, &self.told)?,
            told_at: self.told_at.map(time),
            closed_at: self.closed_at.map(time),
            id: BreachId::stored(self.id),
        })
    }
}

impl Store {
    /// The facts of a breach that say who may do what to it: who wrote, got or was shown the
    /// message is a party.
    pub async fn breach_case(
        &self,
        transaction: TransactionId,
        school: Option<&SchoolId>,
    ) -> Result<Case, StoreError> {
        let transaction = transaction.to_string();
        let row: Option<(Option<String>, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT school, sender_hash FROM message WHERE transaction_id = $1")
                .bind(&transaction)
                .fetch_optional(&self.readers)
                .await?;
        let (of, sender) = row.unwrap_or_default();
        let school = school.cloned().or(of.map(|of| SchoolId(of.into())));
        let missing = || StoreError::NotFound { what: "message", id: transaction.clone() };
        let mut case = Case::new(Thing::Breach, Scope::School(school.ok_or_else(missing)?));
        let mut subjects: Vec<String> = sqlx::query_scalar("SELECT id FROM item WHERE transaction_id = $1")
            .bind(&transaction)
            .fetch_all(&self.readers)
            .await?;
        subjects.push(transaction);
        let mut faces = Faces::default();
        // Whoever is accused in what was held of it is so in it.
        self.concerned(&subjects).await?.values().for_each(|of| faces.join(of));
        faces.fill(&mut case);
        let sender = sender.and_then(|hash| hash.try_into().ok()).map(Face);
        case.parties.extend(sender);
        Ok(case)
    }

    /// Open ones first, the one that is due soonest on top.
    pub async fn breaches(&self, school: Option<&SchoolId>) -> Result<Vec<BreachSummary>, StoreError> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE b.state <> 'purged'"));
        if let Some(school) = school {
            sql.push(" AND b.school = ").push_bind(school.to_string());
        }
        sql.push(" ORDER BY b.state DESC, b.aware_at LIMIT ").push_bind(MOST);
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().map(Row::summary).collect()
    }

    /// Messages with personal data that were held and never left, since then, by category.
    pub async fn near_misses(&self, since: DateTime<Utc>) -> Result<NearMisses, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT category, COUNT(*) FROM item WHERE received_at >= $1 AND category LIKE 'personal-data.%'
             AND state IN ('withdrawn', 'returned', 'expired', 'kept-as-evidence')
             GROUP BY category ORDER BY category",
        )
        .bind(micros(since))
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|(category, count)| (category, count.unsigned_abs())).collect())
    }

    pub async fn breach_summary(&self, id: &BreachId) -> Result<BreachSummary, StoreError> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE b.state <> 'purged' AND b.id = "));
        sql.push_bind(id.to_string());
        let row: Option<Row> = sql.build_query_as().fetch_optional(&self.readers).await?;
        row.ok_or_else(|| StoreError::NotFound { what: "breach", id: id.to_string() })?.summary()
    }

    /// The ledger notes who looked before it is shown.
    pub async fn breach(&self, id: &BreachId, actor: &Actor) -> Result<BreachView, StoreError> {
        let summary = self.breach_summary(id).await?;
        let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM breach WHERE id = $1")
            .bind(id.as_str())
            .fetch_one(&self.readers)
            .await?;
        let words = self.secrets()?.open(&format!("breach/{id}"), &sealed)?;
        let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
            "SELECT at, author, sealed FROM breach_note WHERE breach = $1 ORDER BY n LIMIT $2",
        )
        .bind(id.as_str())
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        let mut notes = Vec::with_capacity(rows.len());
        for (at, author, sealed) in rows {
            notes.push((time(at), author, self.secrets()?.open(&format!("breach/{id}/note"), &sealed)?));
        }
        let event = LedgerEvent::new(Event::BreachViewed).school(&summary.school).about(id.as_str());
        self.ledger(actor, event).await?;
        Ok(BreachView { summary, words, notes })
    }
}
