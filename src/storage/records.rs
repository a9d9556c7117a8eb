//! Records of mail with parents (RE-1): unaltered bytes and envelope, encrypted to the
//! custodians alone; the gate itself cannot read them back.

use super::{
    database::{Db, hex, micros, named, time},
    error::StoreError,
    keys::Identities,
    ledger::{Actor, Event, LedgerEvent},
    names::RecordId,
    objects::unpack_checked,
    store::Store,
};
use crate::{
    mail::{Address, Envelope, SchoolId, TransactionId},
    parties::{Direction, Role},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

/// One whom a record is filed by: parent, pupil, member of staff.
#[derive(Clone)]
pub struct RecordParty {
    pub address: Address,
    pub role: Role,
}

/// A copy of the transaction's message for one school.
#[derive(Clone)]
pub struct NewRecord {
    pub school: SchoolId,
    pub parties: Vec<RecordParty>,
    pub message_id: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    pub school: Option<SchoolId>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub party: Option<Address>,
    pub message_id: Option<String>,
    pub limit: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct RecordSummary {
    pub id: RecordId,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub direction: Direction,
    pub roles: Vec<Role>,
    pub bytes: u64,
    /// SHA-256 of the message, hex.
    pub sha256: String,
}

pub struct RecordExport {
    pub envelope: Envelope,
    pub received_at: DateTime<Utc>,
    pub raw: Bytes,
    /// SHA-256 of the object as it lies in the vault and as the ledger names it, hex.
    pub object_sha256: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    school: String,
    transaction_id: String,
    received_at: i64,
    direction: String,
    bytes: i64,
    sha256: Vec<u8>,
}

const DIRECTIONS: [Direction; 3] = [Direction::Inbound, Direction::Outbound, Direction::Internal];
/// Most records of one answer.
const MOST: u32 = 1_000;

impl Store {
    /// Newest first, at most 1,000; the ledger notes who searched and how many were found.
    pub async fn records_search(
        &self,
        filter: &RecordFilter,
        actor: &Actor,
    ) -> Result<Vec<RecordSummary>, StoreError> {
        let secrets = self.secrets()?;
        let mut sql = QueryBuilder::<Db>::new(
            "SELECT r.id, r.school, r.transaction_id, r.received_at, r.direction, o.bytes, o.sha256
             FROM record r JOIN object o ON o.id = r.object WHERE r.state = 'kept'",
        );
        if let Some(school) = &filter.school {
            sql.push(" AND r.school = ").push_bind(school.to_string());
        }
        if let Some(from) = filter.from {
            sql.push(" AND r.received_at >= ").push_bind(micros(from));
        }
        if let Some(until) = filter.until {
            sql.push(" AND r.received_at < ").push_bind(micros(until));
        }
        if let Some(party) = &filter.party {
            sql.push(" AND r.id IN (SELECT record FROM record_party WHERE address_hash = ");
            sql.push_bind(secrets.address(party).to_vec()).push(")");
        }
        if let Some(id) = &filter.message_id {
            let hash = secrets.hash("message-id", &[id.as_bytes()]);
            sql.push(" AND r.message_id_hash = ").push_bind(hash.to_vec());
        }
        sql.push(" ORDER BY r.n DESC LIMIT ").push_bind(i64::from(filter.limit.unwrap_or(MOST).min(MOST)));
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        let mut event = LedgerEvent::new(Event::RecordsSearched).with("found", rows.len() as i64);
        event.school = filter.school.clone();
        self.ledger(actor, event).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.record_summary(row).await?);
        }
        Ok(out)
    }

    async fn record_summary(&self, row: Row) -> Result<RecordSummary, StoreError> {
        let roles: Vec<String> =
            sqlx::query_scalar("SELECT role FROM record_party WHERE record = $1 ORDER BY role")
                .bind(&row.id)
                .fetch_all(&self.readers)
                .await?;
        let damaged = |_| StoreError::Damaged(format!("record {} cannot be read", row.id));
        Ok(RecordSummary {
            transaction: row.transaction_id.parse().map_err(damaged)?,
            school: SchoolId(row.school.into()),
            received_at: time(row.received_at),
            direction: named(&DIRECTIONS, Direction::name, &row.direction)?,
            roles: roles.iter().map(|r| named(&Role::ALL, Role::name, r)).collect::<Result<_, _>>()?,
            bytes: row.bytes.unsigned_abs(),
            sha256: hex(&row.sha256),
            id: RecordId::stored(row.id),
        })
    }

    /// Opens a record with a custodian's unlocked key ([`super::keys::unlock`]); the ledger
    /// notes who and why before it is shown.
    pub async fn record_export(
        &self,
        id: &RecordId,
        custodian: &Identities,
        actor: &Actor,
        why: &str,
    ) -> Result<RecordExport, StoreError> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT object, school FROM record WHERE id = $1 AND state = 'kept'")
                .bind(id.as_str())
                .fetch_optional(&self.readers)
                .await?;
        let (object, school) =
            found.ok_or_else(|| StoreError::NotFound { what: "record", id: id.to_string() })?;
        let row = self.object_row(&object).await?;
        let sealed = self.sealed_object(&object, &row).await?;
        let event = LedgerEvent::new(Event::RecordExported)
            .school(&SchoolId(school.into()))
            .about(id.as_str())
            .because((!why.is_empty()).then(|| why.to_owned()));
        self.ledger(actor, event).await?;
        let object_sha256 = hex(&row.object_sha256);
        let custodian = custodian.clone();
        let open = move || {
            let keys = custodian.for_age().map_err(|e| StoreError::CustodianKey(e.to_string()))?;
            let keys = keys.iter().map(|k| k.as_ref() as &dyn age::Identity);
            unpack_checked(&sealed, keys, &row).map_err(|fault| StoreError::Object { id: object, fault })
        };
        let opened = tokio::task::spawn_blocking(open).await.map_err(|e| StoreError::Us(e.to_string()))?;
        let (label, raw) = opened?;
        Ok(RecordExport { received_at: label.received_at, raw, object_sha256, envelope: label.envelope() })
    }
}
