//! Breaches of personal data (PD-13): opened from a message that went out, with the 72 hours
//! in which the regulator is told or it is recorded why not (UK GDPR, articles 33 and 34).
//! What was held and never left is no breach but a near miss, and is counted apart.

use super::{
    database::{Sql, micros, named, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::BreachId,
    store::Store,
    writer::Tx,
};
use crate::{
    authority::{Case, Face, Scope, Thing},
    mail::{SchoolId, TransactionId},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Article 33(1).
pub const HOURS: i64 = 72;
const MOST_WORDS: usize = 20_000;
const MOST: i64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreachState {
    Open,
    Closed,
}

/// Whether somebody was told: the regulator, or the people concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Undecided,
    Told,
    /// With a reason among the notes.
    NotRequired,
}

impl BreachState {
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl Telling {
    pub const ALL: [Self; 3] = [Self::Undecided, Self::Told, Self::NotRequired];
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Told => "told",
            Self::NotRequired => "not-required",
        }
    }
}

/// Whom a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Regulator,
    People,
}

/// What is known when a breach is opened; encrypted but for numbers and times.
pub struct NewBreach {
    /// The message that went out.
    pub transaction: TransactionId,
    pub aware_at: DateTime<Utc>,
    /// People whose data it was, as far as known.
    pub people: u32,
    pub words: BreachWords,
}

/// In somebody's own words.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BreachWords {
    pub what: String,
    /// What kind of data, of whom.
    pub data: String,
    pub consequences: String,
    pub measures: String,
}

/// What can be seen without a key.
#[derive(Clone, Debug)]
pub struct BreachSummary {
    pub id: BreachId,
    pub state: BreachState,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub people: u32,
    pub sent_at: Option<DateTime<Utc>>,
    pub aware_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub regulator: Telling,
    pub regulator_at: Option<DateTime<Utc>>,
    pub told: Telling,
    pub told_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// All of it.
pub struct BreachView {
    pub summary: BreachSummary,
    pub words: BreachWords,
    /// When, by whom (random id), what.
    pub notes: Vec<(DateTime<Utc>, String, String)>,
}

/// Held and never sent, by category.
pub type NearMisses = Vec<(String, u64)>;

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
    /// Only for a message that left: wholly, in part, or when it was released.
    pub async fn breach_open(&self, new: NewBreach, actor: &Actor) -> Result<BreachId, StoreError> {
        let id = BreachId::random(&self.shared.random);
        let transaction = new.transaction.to_string();
        let found: Option<(Option<String>, String, i64)> =
            sqlx::query_as("SELECT school, fate, received_at FROM message WHERE transaction_id = $1")
                .bind(&transaction)
                .fetch_optional(&self.readers)
                .await?;
        let (school, fate, received_at) =
            found.ok_or_else(|| StoreError::NotFound { what: "message", id: transaction.clone() })?;
        let released: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM item WHERE transaction_id = $1 AND state = 'released'")
                .bind(&transaction)
                .fetch_one(&self.readers)
                .await?;
        if released == 0 && fate != "left-with-mta" && fate != "next-hop-accepted" {
            return Err(StoreError::NotAllowed(
                "this message never left: what was held is a near miss, which `breach list` counts by itself",
            ));
        }
        let school = school.ok_or(StoreError::NotAllowed("this message is of no school"))?;
        if new.aware_at > self.now() || micros(new.aware_at) < received_at {
            return Err(StoreError::NotAllowed(
                "nobody can have known before the message went out, or later than now",
            ));
        }
        if new.words.what.trim().is_empty() {
            return Err(StoreError::NotAllowed("say what happened"));
        }
        let sealed = self.secrets()?.seal(&format!("breach/{id}"), &new.words)?;
        let (actor, made) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let opened: Option<String> = sqlx::query_scalar(
                    "INSERT INTO breach (id, state, school, transaction_id, category, people, aware_at, opened_at,
                     opened_by, regulator, told, sealed)
                     VALUES ($1,'open',$2,$3,'personal-data',$4,$5,$6,$7,'undecided','undecided',$8)
                     ON CONFLICT (transaction_id) DO NOTHING RETURNING id",
                )
                .bind(made.as_str())
                .bind(&school)
                .bind(&transaction)
                .bind(i64::from(new.people))
                .bind(micros(new.aware_at))
                .bind(micros(tx.now))
                .bind(&by)
                .bind(sealed)
                .fetch_optional(&mut tx.conn)
                .await?;
                if opened.is_none() {
                    return Err(StoreError::NotAllowed("a breach was opened for this message already"));
                }
                let event = LedgerEvent::new(Event::BreachOpened)
                    .school(&SchoolId(school.into()))
                    .transaction(new.transaction)
                    .about(made.as_str())
                    .with("aware-at", micros(new.aware_at))
                    .with("people", i64::from(new.people));
                tx.append(&by, event).await?;
                Ok(made)
            })
        })
        .await
        .map(|_: BreachId| id)
    }

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
        let faces = self.concerned(std::slice::from_ref(&transaction)).await?.remove(&transaction);
        faces.unwrap_or_default().fill(&mut case);
        let sender = sender.and_then(|hash| hash.try_into().ok()).map(Face);
        case.parties.extend(sender);
        Ok(case)
    }

    /// Open ones first, the one that is due soonest on top.
    pub async fn breaches(&self, school: Option<&SchoolId>) -> Result<Vec<BreachSummary>, StoreError> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE b.id <> ''"));
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
        let mut sql = Sql::new(format!("{COLUMNS} WHERE b.id = "));
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

    pub async fn breach_note(&self, id: &BreachId, words: &str, actor: &Actor) -> Result<(), StoreError> {
        self.breach_step(id, words, actor, None).await
    }

    /// Whether the regulator or the people were told, and why not; the reason is kept as a note.
    pub async fn breach_decide(
        &self,
        id: &BreachId,
        audience: Audience,
        telling: Telling,
        words: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        self.breach_step(id, words, actor, Some((audience, telling))).await
    }

    async fn breach_step(
        &self,
        id: &BreachId,
        words: &str,
        actor: &Actor,
        decided: Option<(Audience, Telling)>,
    ) -> Result<(), StoreError> {
        let summary = self.breach_summary(id).await?;
        if words.trim().is_empty() || words.len() > MOST_WORDS {
            return Err(StoreError::NotAllowed("a note has some words, and at most 20,000 letters"));
        }
        let sealed = self.secrets()?.seal(&format!("breach/{id}/note"), &words)?;
        let (id, actor) = (id.to_string(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                tx.breach_is_open(&id).await?;
                let mut event =
                    LedgerEvent::new(Event::BreachNoted).school(&summary.school).about(id.clone());
                if let Some((audience, telling)) = decided {
                    let (sql, name) = match audience {
                        Audience::Regulator => {
                            ("UPDATE breach SET regulator = $1, regulator_at = $2 WHERE id = $3", "regulator")
                        }
                        Audience::People => {
                            ("UPDATE breach SET told = $1, told_at = $2 WHERE id = $3", "people")
                        }
                    };
                    sqlx::query(sql)
                        .bind(telling.name())
                        .bind(micros(tx.now))
                        .bind(&id)
                        .execute(&mut tx.conn)
                        .await?;
                    event = event.with(name, telling.name());
                }
                sqlx::query("INSERT INTO breach_note (breach, at, author, sealed) VALUES ($1,$2,$3,$4)")
                    .bind(&id)
                    .bind(micros(tx.now))
                    .bind(&by)
                    .bind(sealed)
                    .execute(&mut tx.conn)
                    .await?;
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await
    }

    /// Only when it is decided who is told.
    pub async fn breach_close(&self, id: &BreachId, words: &str, actor: &Actor) -> Result<(), StoreError> {
        let summary = self.breach_summary(id).await?;
        if summary.regulator == Telling::Undecided || summary.told == Telling::Undecided {
            return Err(StoreError::NotAllowed(
                "say first whether the regulator and the people concerned were told, or why not: `breach decide`",
            ));
        }
        self.breach_note(id, words, actor).await?;
        let (id, actor) = (id.to_string(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                tx.breach_is_open(&id).await?;
                sqlx::query("UPDATE breach SET state = 'closed', closed_at = $1 WHERE id = $2")
                    .bind(micros(tx.now))
                    .bind(&id)
                    .execute(&mut tx.conn)
                    .await?;
                tx.append(&by, LedgerEvent::new(Event::BreachClosed).school(&summary.school).about(id))
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

impl Tx {
    async fn breach_is_open(&mut self, id: &str) -> Result<(), StoreError> {
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM breach WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut self.conn)
            .await?;
        match state.as_deref() {
            Some("open") => Ok(()),
            _ => Err(StoreError::NotAllowed("this breach is closed; open questions belong to a new one")),
        }
    }
}
