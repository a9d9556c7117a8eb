//! A breach is opened, noted on, decided upon and closed, each with its row in the ledger.

use super::{Audience, NewBreach, Telling};
use crate::{
    mail::SchoolId,
    storage::{
        cannot::Cannot,
        database::micros,
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::BreachId,
        store::Store,
        writer::Tx,
    },
};

const MOST_WORDS: usize = 20_000;

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
            return Err(StoreError::NotAllowed(Cannot::BreachOfHeld));
        }
        let school = school.ok_or(StoreError::NotAllowed(Cannot::BreachOfNoSchool))?;
        if new.aware_at > self.now() || micros(new.aware_at) < received_at {
            return Err(StoreError::NotAllowed(Cannot::BreachKnownWhen));
        }
        if new.words.what.trim().is_empty() {
            return Err(StoreError::NotAllowed(Cannot::BreachWithoutWords));
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
                    return Err(StoreError::NotAllowed(Cannot::BreachTwice));
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

    /// Only when it is decided who is told.
    pub async fn breach_close(&self, id: &BreachId, words: &str, actor: &Actor) -> Result<(), StoreError> {
        let summary = self.breach_summary(id).await?;
        if summary.regulator == Telling::Undecided || summary.told == Telling::Undecided {
            return Err(StoreError::NotAllowed(Cannot::BreachUndecided));
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

    async fn breach_step(
        &self,
        id: &BreachId,
        words: &str,
        actor: &Actor,
        decided: Option<(Audience, Telling)>,
    ) -> Result<(), StoreError> {
        let summary = self.breach_summary(id).await?;
        if words.trim().is_empty() || words.len() > MOST_WORDS {
            return Err(StoreError::NotAllowed(Cannot::BreachNote));
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
}

impl Tx {
    async fn breach_is_open(&mut self, id: &str) -> Result<(), StoreError> {
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM breach WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut self.conn)
            .await?;
        match state.as_deref() {
            Some("open") => Ok(()),
            _ => Err(StoreError::NotAllowed(Cannot::BreachClosed)),
        }
    }
}
