//! Who is what to an incident, and a person's word on who is accused.

use super::{Entry, IncidentError, IncidentKind, IncidentPerson, Part, Who, place, timeline::check};
use crate::{
    authority::Face,
    storage::{
        database::named, error::StoreError, ledger::Actor, names::IncidentId, outbox::NewOutbox,
        secrets::Secrets, store::Store, writer::Tx,
    },
};

/// A person's word on whom the machine guesses, or somebody says, to be accused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accusation {
    Confirmed,
    /// Refused, or taken back.
    Refused,
}

impl Secrets {
    /// The keyed hash under which a person's incidents are found, whatever address was used.
    pub(in crate::storage) fn who(&self, who: &Who) -> [u8; 32] {
        match who {
            Who::Person(person) => self.hash("incident person", &[person.0.as_bytes()]),
            Who::Address(address) => self.hash("incident address", &[address.key().as_bytes()]),
        }
    }

    /// As `authority` compares people.
    pub(super) fn face_of(&self, who: &Who) -> Face {
        Face(match who {
            Who::Person(person) => self.face(person),
            Who::Address(address) => self.address(address),
        })
    }
}

pub(super) struct PersonRow {
    hash: [u8; 32],
    part: Part,
    sealed: Vec<u8>,
}

pub(super) fn people(
    id: &IncidentId,
    people: &[(Who, Part)],
    secrets: &Secrets,
) -> Result<Vec<PersonRow>, StoreError> {
    let row = |(who, part): &(Who, Part)| {
        let hash = secrets.who(who);
        let sealed = secrets.seal(&format!("{}/person", place(id)), who)?;
        Ok(PersonRow { hash, part: *part, sealed })
    };
    people.iter().map(row).collect()
}

impl Store {
    /// Names somebody's part in it. A machine's guess stays beside it until a person strikes it.
    pub async fn incident_name(
        &self,
        id: &IncidentId,
        who: Who,
        part: Part,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        let rows = people(id, &[(who, part)], self.secrets()?)?;
        let (id, actor) = (id.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                tx.insert_people(&id, &rows).await?;
                tx.write_entry(&id, &Entry::Named { part, why: String::new() }, &actor).await
            })
        })
        .await
    }

    /// Who is accused is what a person says: the machine's guess (an `author`) is confirmed or
    /// refused, and a person's own word can be taken back. `names` are all names of one human
    /// being, the first of which is written down. `kind`: whose log it then belongs to.
    pub async fn incident_accused(
        &self,
        id: &IncidentId,
        names: &[Who],
        word: Accusation,
        kind: Option<IncidentKind>,
        outbox: Vec<NewOutbox>,
        (actor, why): (&Actor, &str),
    ) -> Result<(), IncidentError> {
        let why = why.to_owned();
        let entry = match word {
            Accusation::Confirmed => Entry::Named { part: Part::Accused, why },
            Accusation::Refused => Entry::Struck { part: Part::Accused, why },
        };
        check(&entry)?;
        let secrets = self.secrets()?;
        let hashes: Vec<[u8; 32]> = names.iter().map(|who| secrets.who(who)).collect();
        let first: Vec<(Who, Part)> = names.iter().take(1).map(|who| (who.clone(), Part::Accused)).collect();
        let rows = people(id, &first, secrets)?;
        let (id, actor) = (id.clone(), actor.clone());
        self.write_telling(outbox, move |tx| {
            Box::pin(async move {
                match word {
                    Accusation::Confirmed => tx.insert_people(&id, &rows).await?,
                    Accusation::Refused if tx.strike_accused(&id, &hashes).await? == 0 => {
                        return Err(IncidentError::NotNamed);
                    }
                    Accusation::Refused => {}
                }
                tx.write_entry(&id, &entry, &actor).await?;
                if let Some(kind) = kind {
                    tx.move_incident(&id, kind).await?;
                    tx.write_entry(&id, &Entry::Moved { to: kind }, &actor).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Who is in it, without a look of the ledger's: for deciding who may look.
    pub async fn incident_people(&self, id: &IncidentId) -> Result<Vec<IncidentPerson>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT part, sealed FROM incident_person WHERE incident = $1 ORDER BY part LIMIT 1000",
        )
        .bind(id.as_str())
        .fetch_all(&self.readers)
        .await?;
        let secrets = self.secrets()?;
        rows.into_iter()
            .map(|(part, sealed)| {
                let who = secrets.open(&format!("{}/person", place(id)), &sealed)?;
                Ok(IncidentPerson { who, part: named(Part::ALL, Part::name, &part)? })
            })
            .collect()
    }
}

impl Tx {
    pub(super) async fn insert_people(
        &mut self,
        id: &IncidentId,
        people: &[PersonRow],
    ) -> Result<(), StoreError> {
        for person in people {
            sqlx::query(
                "INSERT INTO incident_person (incident, person_hash, part, sealed) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (incident, person_hash, part) DO NOTHING",
            )
            .bind(id.as_str())
            .bind(&person.hash[..])
            .bind(person.part.name())
            .bind(&person.sealed)
            .execute(&mut self.conn)
            .await?;
        }
        Ok(())
    }

    /// Whose account a message came from stays written down; whom somebody else's quotation
    /// names does not, once a person has refused that.
    async fn strike_accused(&mut self, id: &IncidentId, names: &[[u8; 32]]) -> Result<u64, StoreError> {
        let mut struck = 0;
        for hash in names {
            let gone = sqlx::query(
                "DELETE FROM incident_person WHERE incident = $1 AND person_hash = $2
                 AND (part = 'accused' OR part = 'author'
                     AND incident IN (SELECT id FROM incident WHERE origin = 'report'))",
            )
            .bind(id.as_str())
            .bind(&hash[..])
            .execute(&mut self.conn)
            .await?;
            struck += gone.rows_affected();
        }
        Ok(struck)
    }

    async fn move_incident(&mut self, id: &IncidentId, to: IncidentKind) -> Result<(), StoreError> {
        sqlx::query("UPDATE incident SET kind = $1 WHERE id = $2")
            .bind(to.name())
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
