//! Notes for leads on a person, shown beside what waits of the same person (practice.md, A12): what
//! repeats itself may have a reason that whoever decides should know. A note ends within a year; thirty
//! days later person and words are purged (`retention`).

use super::{
    cannot::Cannot,
    database::{Sql, micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::LeadNoteId,
    purpose::Why,
    store::Store,
    writer::Tx,
};
use crate::{
    authority::{Case, Face, Scope, Thing},
    mail::SchoolId,
    parties::PersonId,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Letters of one note.
pub const LONGEST_LEAD_NOTE: usize = 500;
/// In force on one person at one school.
pub const MOST_LEAD_NOTES: i64 = 20;
/// A year of whole days, in whatever time the school has.
const LONGEST: TimeDelta = TimeDelta::days(367);
/// How many are read at once; those that have ended stay a month.
const MOST_READ: i64 = 1_000;
/// Faces in one statement.
const AT_ONCE: usize = 200;

/// A note to be kept.
pub struct NewLeadNote {
    pub school: SchoolId,
    pub person: PersonId,
    pub text: String,
    pub until: DateTime<Utc>,
}

/// A note whose words are there still.
#[derive(Clone)]
pub struct LeadNote {
    pub id: LeadNoteId,
    pub school: SchoolId,
    pub person: PersonId,
    pub text: String,
    pub made_at: DateTime<Utc>,
    /// Random person id.
    pub made_by: String,
    pub until: DateTime<Utc>,
    /// Before its time, and by whom.
    pub ended: Option<(String, DateTime<Utc>)>,
    face: Face,
}

/// Which notes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadNotes {
    InForce,
    /// Those that have ended and are not purged, too.
    Kept,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    person: PersonId,
    text: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    school: String,
    person_hash: Vec<u8>,
    sealed: Vec<u8>,
    made_at: i64,
    made_by: String,
    until_at: i64,
    ended_at: Option<i64>,
    ended_by: Option<String>,
}

const SELECT: &str = "SELECT id, school, person_hash, sealed, made_at, made_by, until_at, ended_at, ended_by
     FROM lead_note WHERE sealed IS NOT NULL AND person_hash IS NOT NULL AND ";

fn place(id: &LeadNoteId) -> String {
    format!("lead_note/{id}")
}

fn case(school: SchoolId, face: Face) -> Case {
    let mut case = Case::new(Thing::LeadNote, Scope::School(school));
    case.subject = vec![face];
    case
}

impl LeadNote {
    /// The facts that say for whom it is there.
    pub fn case(&self) -> Case {
        case(self.school.clone(), self.face)
    }

    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.until > now
    }
}

impl NewLeadNote {
    fn check(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        if !(1..=LONGEST_LEAD_NOTE).contains(&self.text.chars().count()) {
            return Err(StoreError::NotAllowed(Cannot::NoteLength));
        }
        if self.until <= now || self.until > now + LONGEST {
            return Err(StoreError::NotAllowed(Cannot::NoteEnd));
        }
        Ok(())
    }
}

impl Store {
    pub async fn lead_note_make(&self, new: NewLeadNote, actor: &Actor) -> Result<LeadNoteId, StoreError> {
        new.check(self.now())?;
        let (id, secrets) = (LeadNoteId::random(&self.shared.random), self.secrets()?);
        let NewLeadNote { school, person, text, until } = new;
        let face = secrets.face(&person);
        let sealed = secrets.seal(&place(&id), &Secret { person, text })?;
        let actor = actor.clone();
        self.write(move |tx| {
            Box::pin(async move {
                tx.has_room_for_note(&school, face).await?;
                let by = tx.random_id(&actor).await?;
                sqlx::query(
                    "INSERT INTO lead_note (id, school, person_hash, sealed, made_at, made_by, until_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(id.as_str())
                .bind(school.to_string())
                .bind(face.to_vec())
                .bind(sealed)
                .bind(micros(tx.now))
                .bind(&by)
                .bind(micros(until))
                .execute(&mut tx.conn)
                .await?;
                let event = LedgerEvent::new(Event::LeadNoteMade).school(&school).about(id.as_str());
                tx.append(&by, event).await?;
                Ok(id)
            })
        })
        .await
    }

    /// `false` when it was over already.
    pub async fn lead_note_end(&self, id: &LeadNoteId, actor: &Actor) -> Result<bool, StoreError> {
        let (id, actor) = (id.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let ended: Option<String> = sqlx::query_scalar(
                    "UPDATE lead_note SET ended_at = $1, ended_by = $2
                     WHERE id = $3 AND ended_at IS NULL AND until_at > $1 RETURNING school",
                )
                .bind(micros(tx.now))
                .bind(&by)
                .bind(id.as_str())
                .fetch_optional(&mut tx.conn)
                .await?;
                let Some(school) = ended else { return Ok(false) };
                let event = LedgerEvent::new(Event::LeadNoteEnded)
                    .school(&SchoolId(school.into()))
                    .about(id.as_str());
                tx.append(&by, event).await?;
                Ok(true)
            })
        })
        .await
    }

    pub async fn lead_note(&self, id: &LeadNoteId) -> Result<LeadNote, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.push("id = ").push_bind(id.to_string());
        let row: Option<Row> = sql.build_query_as().fetch_optional(&self.readers).await?;
        let missing = || StoreError::NotFound { what: "note", id: id.to_string() };
        self.read_note(row.ok_or_else(missing)?)
    }

    /// On whoever has one of these faces, the oldest first.
    pub async fn lead_notes(
        &self,
        school: &SchoolId,
        faces: &[Face],
        which: LeadNotes,
    ) -> Result<Vec<LeadNote>, StoreError> {
        let mut notes = Vec::new();
        for some in faces.chunks(AT_ONCE) {
            let mut sql = Sql::new(SELECT);
            sql.push("school = ").push_bind(school.to_string());
            if which == LeadNotes::InForce {
                sql.push(" AND ended_at IS NULL AND until_at > ").push_bind(micros(self.now()));
            }
            sql.push(" AND person_hash IN ");
            sql.push_list(&some.iter().map(|face| face.0.to_vec()).collect::<Vec<_>>());
            sql.push(" ORDER BY made_at, id LIMIT ").push_bind(MOST_READ);
            let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
            for row in rows {
                notes.push(self.read_note(row)?);
            }
        }
        notes.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        Ok(notes)
    }

    /// That somebody has read these, who was not looking at a message: a row for each.
    pub async fn lead_notes_viewed(
        &self,
        notes: &[LeadNote],
        actor: &Actor,
        why: &Why,
    ) -> Result<(), StoreError> {
        let of: Vec<_> = notes.iter().map(|note| (note.id.clone(), note.school.clone())).collect();
        if of.is_empty() {
            return Ok(());
        }
        let (actor, why) = (actor.clone(), why.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                for (id, school) in of {
                    let event = LedgerEvent::new(Event::LeadNoteViewed)
                        .school(&school)
                        .about(id.as_str())
                        .looked(&why);
                    tx.append(&by, event).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Of these subjects of the ledger those that are notes, with the facts of each; none any more of
    /// one that is purged, of which nobody knows whom it was about.
    pub async fn lead_notes_among(
        &self,
        subjects: &[String],
    ) -> Result<Vec<(String, Option<Case>)>, StoreError> {
        let mut found = Vec::new();
        for some in subjects.chunks(AT_ONCE) {
            let mut sql = Sql::new("SELECT id, school, person_hash FROM lead_note WHERE id IN ");
            sql.push_list(some);
            let rows: Vec<(String, String, Option<Vec<u8>>)> =
                sql.build_query_as().fetch_all(&self.readers).await?;
            for (id, school, hash) in rows {
                let face = hash.map(|hash| face(&hash)).transpose()?;
                found.push((id, face.map(|face| case(SchoolId(school.into()), face))));
            }
        }
        Ok(found)
    }

    fn read_note(&self, row: Row) -> Result<LeadNote, StoreError> {
        let id = LeadNoteId::stored(row.id);
        let Secret { person, text } = self.secrets()?.open(&place(&id), &row.sealed)?;
        Ok(LeadNote {
            id,
            school: SchoolId(row.school.into()),
            person,
            text,
            made_at: time(row.made_at),
            made_by: row.made_by,
            until: time(row.until_at),
            ended: row.ended_by.zip(row.ended_at.map(time)),
            face: face(&row.person_hash)?,
        })
    }
}

fn face(hash: &[u8]) -> Result<Face, StoreError> {
    let damaged = |_| StoreError::Damaged("a note for leads is about nobody".into());
    hash.try_into().map(Face).map_err(damaged)
}

impl Tx {
    async fn has_room_for_note(&mut self, school: &SchoolId, face: [u8; 32]) -> Result<(), StoreError> {
        let in_force: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM lead_note
             WHERE person_hash = $1 AND school = $2 AND ended_at IS NULL AND until_at > $3",
        )
        .bind(face.to_vec())
        .bind(school.to_string())
        .bind(micros(self.now))
        .fetch_one(&mut self.conn)
        .await?;
        match in_force < MOST_LEAD_NOTES {
            true => Ok(()),
            false => Err(StoreError::NotAllowed(Cannot::NoteMany)),
        }
    }
}
