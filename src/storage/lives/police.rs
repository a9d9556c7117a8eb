//! What leaves "sealed": on a recorded instruction of two different people the still encrypted
//! object goes to the police; on another, when the police have said so, it is purged.

use super::{Act, step};
use crate::mail::SchoolId;
use crate::storage::{
    cannot::Cannot,
    database::{micros, named, time},
    error::{StateError, StoreError},
    items::{ItemKind, ItemState},
    ledger::{Actor, Event, LedgerEvent},
    names::ItemId,
    store::Store,
    tombstone::Because,
    two_people::FIRST_WORD_LIFE,
    writer::Tx,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

/// What two people instruct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    HandToPolice,
    /// The police have said that it may go.
    Purge,
}

/// Which word of the two it is, as far as who may say it was asked.
#[derive(Clone, Debug)]
pub enum Turn {
    /// Nobody was asked who may: the second, if another's word is there.
    Either,
    /// The first, whoever spoke before: that word counts no more.
    First,
    /// The second after this one, whose word counts; after anybody else's it is the first.
    After(Actor),
}

#[derive(Debug)]
pub enum Instructed {
    /// Recorded; somebody else must say the same by then.
    First { until: DateTime<Utc> },
    /// Both have spoken.
    Both { handed: Option<Handed> },
}

/// What the police get: everything as it lies in the vault.
#[derive(Debug)]
pub struct Handed {
    pub object: Bytes,
    /// Attachments that lie by themselves, by their ids; the object's label says where they belong.
    pub parts: Vec<(String, Bytes)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    state: String,
    school: String,
}

/// Whose word it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    First,
    Second,
}

impl Instruction {
    fn name(self) -> &'static str {
        match self {
            Self::HandToPolice => "hand-to-police",
            Self::Purge => "purge",
        }
    }
    fn act(self) -> Act {
        match self {
            Self::HandToPolice => Act::HandToPolice,
            Self::Purge => Act::Purge,
        }
    }
}

impl Store {
    /// One person's word. `reason` names the police's reference; it is the ledger's, encrypted.
    pub async fn instruct(
        &self,
        id: &ItemId,
        what: Instruction,
        turn: Turn,
        actor: &Actor,
        reason: &str,
    ) -> Result<Instructed, StateError> {
        // Read before the second word is written, so that what is missing is not called handed over.
        let row = self.object_of(id).await?;
        let handed = match what {
            Instruction::HandToPolice => Some(self.encrypted(&row).await?),
            Instruction::Purge => None,
        };
        let (item, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        let word = self
            .write(move |tx| Box::pin(async move { tx.instruct(&item, (what, turn), &actor, reason).await }))
            .await?;
        Ok(match word {
            Word::First => Instructed::First { until: self.now() + FIRST_WORD_LIFE },
            Word::Second => Instructed::Both { handed },
        })
    }

    async fn object_of(&self, id: &ItemId) -> Result<String, StateError> {
        let object: Option<String> = sqlx::query_scalar("SELECT object FROM item WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::from)?;
        object.ok_or_else(|| StateError::NotFound(id.clone()))
    }

    async fn encrypted(&self, object: &str) -> Result<Handed, StoreError> {
        let row = self.object_row(object).await?;
        let parts = self.parts_as_they_lie(object).await?;
        Ok(Handed { object: self.sealed_object(object, &row).await?, parts })
    }
}

impl Tx {
    async fn instruct(
        &mut self,
        id: &ItemId,
        (what, turn): (Instruction, Turn),
        actor: &Actor,
        reason: String,
    ) -> Result<Word, StateError> {
        let row: Option<Row> = sqlx::query_as("SELECT kind, state, school FROM item WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut self.conn)
            .await
            .map_err(StoreError::from)?;
        let row = row.ok_or_else(|| StateError::NotFound(id.clone()))?;
        let kind = named(&ItemKind::ALL, ItemKind::name, &row.kind)?;
        let state = named(&ItemState::ALL, ItemState::name, &row.state)?;
        if !matches!(state, ItemState::Sealed | ItemState::HandedToPolice) {
            return Err(StateError::NotAllowed(Cannot::InstructUnsealed));
        }
        step(kind, state, what.act()).map_err(|_| StateError::NotAllowed(Cannot::PurgeBeforePolice))?;
        if what == Instruction::Purge && self.is_under_legal_hold("item", id.as_str()).await? {
            return Err(StateError::NotAllowed(Cannot::PurgeUnderHold));
        }
        let by = self.random_id(actor).await?;
        let school = SchoolId(row.school.into());
        let event =
            |event| LedgerEvent::new(event).school(&school).about(id.as_str()).with("what", what.name());
        let first = match turn {
            Turn::Either => self.first_word(id, what).await?,
            Turn::First => None,
            Turn::After(who) => {
                let who = self.random_id(&who).await?;
                self.first_word(id, what).await?.filter(|first| *first == who)
            }
        };
        self.append(&by, event(Event::PoliceInstructed).because(Some(reason))).await?;
        match first {
            Some(first) if first == by => Err(StateError::NotAllowed(Cannot::BeBothWords)),
            Some(_) => {
                self.forget_instruction(id, what).await?;
                match what {
                    Instruction::HandToPolice => {
                        self.set_state(id, ItemState::HandedToPolice).await?;
                        self.append(&by, event(Event::ItemHandedToPolice)).await?;
                    }
                    Instruction::Purge => {
                        self.purge_item(id, &Because { rule: "police", by: by.clone() }).await?;
                    }
                }
                Ok(Word::Second)
            }
            None => {
                self.forget_instruction(id, what).await?;
                sqlx::query("INSERT INTO instruction (item, what, given_by, given_at) VALUES ($1,$2,$3,$4)")
                    .bind(id.as_str())
                    .bind(what.name())
                    .bind(&by)
                    .bind(micros(self.now))
                    .execute(&mut self.conn)
                    .await
                    .map_err(StoreError::from)?;
                Ok(Word::First)
            }
        }
    }

    /// Who has said so already, unless it is too long ago, or forgotten who that was.
    async fn first_word(&mut self, id: &ItemId, what: Instruction) -> Result<Option<String>, StoreError> {
        let found: Option<(String, i64)> =
            sqlx::query_as("SELECT given_by, given_at FROM instruction WHERE item = $1 AND what = $2")
                .bind(id.as_str())
                .bind(what.name())
                .fetch_optional(&mut self.conn)
                .await?;
        let Some((by, at)) = found else { return Ok(None) };
        let counts = time(at) + FIRST_WORD_LIFE > self.now && self.is_known(&by).await?;
        Ok(counts.then_some(by))
    }

    async fn forget_instruction(&mut self, id: &ItemId, what: Instruction) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM instruction WHERE item = $1 AND what = $2")
            .bind(id.as_str())
            .bind(what.name())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    pub(in crate::storage) async fn set_state(
        &mut self,
        id: &ItemId,
        state: ItemState,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE item SET state = $1 WHERE id = $2")
            .bind(state.name())
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
