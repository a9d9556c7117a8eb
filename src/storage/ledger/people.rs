//! Persons by random ids: the mapping can be erased, the ledger stays whole.

use super::{Actor, Event, LedgerEvent};
use crate::{
    parties::PersonId,
    storage::{error::StoreError, names::random_word, store::Store, writer::Tx},
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
        let secrets = self.shared.secrets()?;
        let hash = secrets.hash("person", &[key.as_bytes()]);
        let known: Option<String> = sqlx::query_scalar("SELECT random_id FROM person WHERE person_hash = $1")
            .bind(&hash[..])
            .fetch_optional(&mut self.conn)
            .await?;
        if let Some(id) = known {
            return Ok(id);
        }
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
    pub async fn erase_person(
        &self,
        person: &Actor,
        words: Words,
        by: &Actor,
        why: &str,
    ) -> Result<bool, StoreError> {
        let (person, by, why) = (person.clone(), by.clone(), why.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
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
