//! Persons by random ids: the mapping can be erased, the ledger stays whole.

use super::{Actor, Event, LedgerEvent};
use crate::{
    parties::PersonId,
    storage::{
        cannot::Cannot,
        database::{Sql, micros},
        error::StoreError,
        names::random_word,
        store::Store,
        two_people::FIRST_WORD_LIFE,
        writer::Tx,
    },
};

/// Letters of a random person id (60 bits).
const LETTERS: usize = 12;

/// `None` for the gate itself, which is no person.
fn key_of(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Gate => None,
        Actor::Person(person) | Actor::Sender { person, .. } => Some(format!("person:{}", person.0)),
        Actor::Account(account) => Some(format!("account:{account}")),
        Actor::Operator(name) => Some(format!("operator:{name}")),
    }
}

impl Tx {
    /// The random id that stands for an actor; made when it acts for the first time.
    pub(crate) async fn random_id(&mut self, actor: &Actor) -> Result<String, StoreError> {
        let Some(key) = key_of(actor) else { return Ok("gate".to_owned()) };
        if let Some(id) = self.known(actor).await? {
            return Ok(id);
        }
        let secrets = self.shared.secrets()?;
        let hash = secrets.hash("person", &[key.as_bytes()]);
        let id = random_word(&self.shared.random, LETTERS).to_string();
        let sealed = secrets.seal(&format!("person/{id}"), &key)?;
        sqlx::query("INSERT INTO person (random_id, person_hash, sealed) VALUES ($1, $2, $3)")
            .bind(&id)
            .bind(&hash[..])
            .bind(sealed)
            .execute(&mut self.conn)
            .await?;
        Ok(id)
    }

    async fn known(&mut self, actor: &Actor) -> Result<Option<String>, StoreError> {
        let Some(key) = key_of(actor) else { return Ok(None) };
        let hash = self.shared.secrets()?.hash("person", &[key.as_bytes()]);
        let known = sqlx::query_scalar("SELECT random_id FROM person WHERE person_hash = $1")
            .bind(&hash[..])
            .fetch_optional(&mut self.conn)
            .await?;
        Ok(known)
    }

    /// Whether it is still known who stands behind a random id. The word of somebody who is not
    /// cannot be told from the next speaker's, so it is no word of another.
    pub(crate) async fn is_known(&mut self, random_id: &str) -> Result<bool, StoreError> {
        let known: Option<String> = sqlx::query_scalar("SELECT random_id FROM person WHERE random_id = $1")
            .bind(random_id)
            .fetch_optional(&mut self.conn)
            .await?;
        Ok(known.is_some())
    }

    /// Whether somebody has said what another still has to say too, or to look at.
    async fn has_open_word(&mut self, random_id: &str, account: &str) -> Result<bool, StoreError> {
        let (now, week) = (micros(self.now), micros(self.now - FIRST_WORD_LIFE));
        let mut sql =
            Sql::new("SELECT COUNT(*) FROM (SELECT id FROM measure WHERE state = 'asked' AND until_at > ");
        sql.push_bind(now).push(" AND asked_by = ").push_bind(random_id.to_owned());
        sql.push(" UNION ALL SELECT id FROM office_grant WHERE approved_at IS NULL AND revoked_at IS NULL");
        sql.push(" AND COALESCE(until_at, ").push_bind(i64::MAX).push(") > ").push_bind(now);
        sql.push(" AND asked_by = ").push_bind(random_id.to_owned());
        sql.push(" UNION ALL SELECT item FROM instruction WHERE given_at > ").push_bind(week);
        sql.push(" AND given_by = ").push_bind(random_id.to_owned());
        sql.push(" UNION ALL SELECT subject FROM first_of_two WHERE at > ").push_bind(week);
        sql.push(" AND account = ").push_bind(account.to_owned());
        sql.push(
            " UNION ALL SELECT r.request FROM subject_access_ruling r JOIN subject_access s ON s.id = r.request
             WHERE s.finished_at IS NULL AND r.ruled_by = ",
        );
        sql.push_bind(random_id.to_owned());
        sql.push(
            " UNION ALL SELECT id FROM item WHERE review_at IS NOT NULL AND reviewed_at IS NULL
             AND decided_by = ",
        );
        sql.push_bind(random_id.to_owned()).push(") open_words");
        let open: (i64,) = sql.build_query_as().fetch_one(&mut self.conn).await?;
        Ok(open.0 > 0)
    }
}

impl Store {
    /// The random id of one who has acted and was not forgotten.
    pub(in crate::storage) async fn known_id(&self, actor: &Actor) -> Result<Option<String>, StoreError> {
        let Some(key) = key_of(actor) else { return Ok(None) };
        let hash = self.secrets()?.hash("person", &[key.as_bytes()]);
        let known = sqlx::query_scalar("SELECT random_id FROM person WHERE person_hash = $1")
            .bind(&hash[..])
            .fetch_optional(&self.readers)
            .await?;
        Ok(known)
    }

    /// Who stands behind a random id of the ledger; `None` when erased or unknown.
    pub async fn person(&self, random_id: &str) -> Result<Option<Actor>, StoreError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM person WHERE random_id = $1")
            .bind(random_id)
            .fetch_optional(&self.readers)
            .await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let key: String = self.secrets()?.open(&format!("person/{random_id}"), &sealed)?;
        Ok(match key.split_once(':') {
            Some(("person", id)) => Some(Actor::Person(PersonId(id.into()))),
            Some(("account", id)) => Some(Actor::Account(id.into())),
            Some(("operator", name)) => Some(Actor::Operator(name.to_owned())),
            _ => None,
        })
    }

    /// Forgets who stands behind somebody's random id. Returns whether there was anything to
    /// forget; the next act of that person makes a new id. The words in which that person gave
    /// reasons are forgotten too if asked: the ledger keeps their keyed hash.
    ///
    /// Nobody forgets themselves, and nobody is forgotten whose word still waits for another's:
    /// with a new id one person would be two.
    pub async fn erase_person(
        &self,
        person: &Actor,
        words: Words,
        by: &Actor,
        why: &str,
    ) -> Result<bool, StoreError> {
        if key_of(person) == key_of(by) {
            return Err(StoreError::NotAllowed(Cannot::ForgetOneself));
        }
        let account = self.users().await?.into_iter().find(|u| key_of(&u.actor()) == key_of(person));
        let account = account.map_or_else(String::new, |user| user.id.to_string());
        let (person, by, why) = (person.clone(), by.clone(), why.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                if let Some(known) = tx.known(&person).await?
                    && tx.has_open_word(&known, &account).await?
                {
                    return Err(StoreError::NotAllowed(Cannot::ForgetWhoIsAwaited));
                }
                let hash =
                    tx.shared.secrets()?.hash("person", &[key_of(&person).unwrap_or_default().as_bytes()]);
                let gone: Option<String> =
                    sqlx::query_scalar("DELETE FROM person WHERE person_hash = $1 RETURNING random_id")
                        .bind(&hash[..])
                        .fetch_optional(&mut tx.conn)
                        .await?;
                let Some(id) = gone else { return Ok(false) };
                let mut forgotten = 0;
                if words == Words::ForgottenToo {
                    let rows = sqlx::query(
                        "DELETE FROM ledger_reason WHERE n IN (SELECT n FROM ledger WHERE actor = $1)",
                    )
                    .bind(&id)
                    .execute(&mut tx.conn)
                    .await?;
                    forgotten = rows.rows_affected().cast_signed();
                }
                let by = tx.random_id(&by).await?;
                let erased = LedgerEvent::new(Event::PersonErased)
                    .about(id)
                    .with("reasons", forgotten)
                    .because((!why.is_empty()).then_some(why));
                tx.append(&by, erased).await?;
                Ok(true)
            })
        })
        .await
    }
}

/// What becomes of the reasons that somebody gave in own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    Kept,
    ForgottenToo,
}
