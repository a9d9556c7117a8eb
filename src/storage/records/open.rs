//! Opening a record with a custodian's identity: the ledger has who, what for and why
//! before anything is shown.

use super::{FiledAs, not_found, person_hash};
use crate::{
    mail::{Envelope, SchoolId, TransactionId},
    parties::{Direction, PersonId},
    storage::{
        database::{hex, named},
        error::StoreError,
        keys::Identities,
        ledger::{Actor, Event, LedgerEvent},
        names::RecordId,
        purpose::{Purpose, Why},
        records::{Certainty, Filed},
        store::Store,
    },
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

/// How a record is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordLook {
    /// On the screen.
    Shown,
    /// Written into a file.
    Exported,
    /// Gathered for somebody who asked what is held on them.
    Gathered,
}

impl RecordLook {
    fn name(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Exported => "exported",
            Self::Gathered => "gathered",
        }
    }
}

/// Whether the gate knew who sent it, when it passed (practice.md, A8: "from X's account" is
/// not "X wrote").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    Yes,
    No,
    /// The message log has no word on it any more.
    Unknown,
}

/// A record, opened.
pub struct RecordExport {
    pub id: RecordId,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub direction: Direction,
    pub envelope: Envelope,
    pub received_at: DateTime<Utc>,
    pub raw: Bytes,
    /// SHA-256 of the message, hex.
    pub sha256: String,
    /// The object in the vault.
    pub object: String,
    /// SHA-256 of the object as it lies in the vault and as the ledger names it, hex.
    pub object_sha256: String,
    /// Whom it is filed under, among the people that were asked for.
    pub filed: Vec<Filed>,
    pub proved: Proved,
}

type Found = (String, String, String, String);

impl Store {
    /// Opens a record with a custodian's unlocked key ([`crate::storage::keys::unlock`]); the ledger
    /// notes who and why before it is shown. `people` are those whose names the answer may tell, usually
    /// everybody in the directory: the store knows them by keyed hashes only.
    pub async fn record_export<'p>(
        &self,
        id: &RecordId,
        custodian: &Identities,
        actor: &Actor,
        look: RecordLook,
        why: &Why,
        people: impl IntoIterator<Item = &'p PersonId>,
    ) -> Result<RecordExport, StoreError> {
        let found: Option<Found> = sqlx::query_as(
            "SELECT object, school, transaction_id, direction FROM record WHERE id = $1 AND state = 'kept'",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        let (object, school, transaction, direction) = found.ok_or_else(|| not_found(id))?;
        let school = SchoolId(school.into());
        let access = match why.purpose {
            Purpose::Absence => Some(self.absence_access_for(id, actor).await?),
            _ => None,
        };
        let filed = self.record_filed(id, people).await?;
        let transaction: TransactionId =
            transaction.parse().map_err(|_| StoreError::Damaged(format!("record {id} cannot be read")))?;
        let proved = match self.was_proved(transaction).await? {
            Some(true) => Proved::Yes,
            Some(false) => Proved::No,
            None => Proved::Unknown,
        };
        let row = self.object_row(&object).await?;
        let mut event = LedgerEvent::new(Event::RecordExported)
            .school(&school)
            .about(id.as_str())
            .with("how", look.name())
            .looked(why);
        if let Some(access) = access {
            event = event.with("access", access);
        }
        self.ledger(actor, event).await?;
        let (sha256, object_sha256) = (hex(&row.sha256), hex(&row.object_sha256));
        let (label, raw) = self.open_with(&object, row, custodian).await?;
        Ok(RecordExport {
            id: id.clone(),
            school,
            transaction,
            direction: named(
                &[Direction::Inbound, Direction::Outbound, Direction::Internal],
                Direction::name,
                &direction,
            )?,
            received_at: label.received_at,
            raw,
            sha256,
            object,
            object_sha256,
            filed,
            proved,
            envelope: label.envelope(),
        })
    }

    async fn record_filed<'p>(
        &self,
        id: &RecordId,
        people: impl IntoIterator<Item = &'p PersonId>,
    ) -> Result<Vec<Filed>, StoreError> {
        let rows: Vec<(Vec<u8>, String, String)> =
            sqlx::query_as("SELECT person_hash, filed_as, certainty FROM record_person WHERE record = $1")
                .bind(id.as_str())
                .fetch_all(&self.readers)
                .await?;
        let secrets = self.secrets()?;
        let mut filed = Vec::with_capacity(rows.len());
        for person in people {
            let hash = person_hash(secrets, person);
            for (_, filed_as, certainty) in rows.iter().filter(|(h, _, _)| *h == hash) {
                filed.push(Filed {
                    person: person.clone(),
                    filed_as: named(&FiledAs::ALL, FiledAs::name, filed_as)?,
                    certainty: named(&Certainty::ALL, Certainty::name, certainty)?,
                });
            }
        }
        filed.sort_by_key(|f| f.filed_as);
        Ok(filed)
    }
}
