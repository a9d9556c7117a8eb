//! A person's word on who is accused in a message that waits (practice.md, A4): what the
//! machine guesses is confirmed or refused, what a person said is taken back.

use super::{
    concerned::Involvement,
    error::StoreError,
    incidents::Accusation,
    ledger::{Actor, Event, LedgerEvent},
    names::ItemId,
    outbox::NewOutbox,
    store::Store,
    writer::Tx,
};
use crate::{
    authority::{Face, Matter},
    mail::SchoolId,
};

/// What is said about whom: all faces of one human being.
pub struct AccusedInItem {
    pub person: Vec<Face>,
    pub word: Accusation,
    /// What the item is about from now on: an accusation of staff is the head's.
    pub matter: Option<Matter>,
    /// In somebody's own words; encrypted.
    pub why: String,
    /// Tells those whose it is from now on.
    pub outbox: Vec<NewOutbox>,
}

impl Store {
    /// The ledger names the parts, never the person. Whether there was anything to change.
    pub async fn item_accused(
        &self,
        id: &ItemId,
        school: &SchoolId,
        said: AccusedInItem,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let (id, school, actor) = (id.clone(), school.clone(), actor.clone());
        let AccusedInItem { person, word, matter, why, outbox } = said;
        self.write_telling(outbox, move |tx| {
            Box::pin(async move {
                let mut was = Involvement::Accused;
                let mut struck = 0;
                for part in [Involvement::Accused, Involvement::Proposed] {
                    let gone = tx.strike(id.as_str(), &person, part).await?;
                    was = if gone > 0 { part } else { was };
                    struck += gone;
                }
                if word == Accusation::Refused && struck == 0 {
                    return Ok(false);
                }
                if word == Accusation::Confirmed {
                    let faces: Vec<_> = person.iter().map(|f| (f.0, Involvement::Accused)).collect();
                    tx.insert_faces(id.as_str(), &faces).await?;
                }
                if let Some(matter) = matter {
                    tx.set_matter(&id, matter).await?;
                }
                let by = tx.random_id(&actor).await?;
                let mut event = LedgerEvent::new(Event::ConcernedChanged)
                    .school(&school)
                    .about(id.as_str())
                    .with("was", if struck == 0 { "none" } else { was.name() })
                    .with("is", if word == Accusation::Confirmed { "accused" } else { "none" })
                    .because(Some(why));
                if let Some(matter) = matter {
                    event = event.with("matter", matter.name());
                }
                tx.append(&by, event).await?;
                Ok(true)
            })
        })
        .await
    }
}

impl Tx {
    async fn strike(&mut self, subject: &str, person: &[Face], part: Involvement) -> Result<u64, StoreError> {
        let mut struck = 0;
        for face in person {
            let gone = sqlx::query("DELETE FROM concerned WHERE subject = $1 AND face = $2 AND part = $3")
                .bind(subject)
                .bind(face.0.to_vec())
                .bind(part.name())
                .execute(&mut self.conn)
                .await?;
            struck += gone.rows_affected();
        }
        Ok(struck)
    }

    async fn set_matter(&mut self, item: &ItemId, matter: Matter) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO matter (subject, matter) VALUES ($1, $2)
             ON CONFLICT (subject) DO UPDATE SET matter = excluded.matter",
        )
        .bind(item.as_str())
        .bind(matter.name())
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }
}
