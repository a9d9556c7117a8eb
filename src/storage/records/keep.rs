//! How a record becomes rows, in the commit of the keep that it belongs to.

use super::{Certainty, FiledAs, NewRecord, person_hash};
use crate::{
    mail::SchoolId,
    parties::Role,
    storage::{
        database::micros,
        error::StoreError,
        jobs::Standing,
        ledger::{Event, LedgerEvent},
        messages::{Logged, MessageRow},
        names::{ObjectId, RecordId},
        secrets::Secrets,
        store::Random,
        writer::Tx,
    },
};

/// A record's rows, hashed and ready.
pub(in crate::storage) struct RecordRow {
    pub(in crate::storage) id: RecordId,
    pub(in crate::storage) school: SchoolId,
    pub(in crate::storage) received_at: i64,
    direction: &'static str,
    message_id_hash: Option<[u8; 32]>,
    attachments: u32,
    parties: Vec<([u8; 32], Role)>,
    pub(in crate::storage) people: Vec<(Vec<u8>, FiledAs, Certainty)>,
    links: Vec<Vec<u8>>,
}

impl RecordRow {
    pub(in crate::storage) fn prepare(
        record: NewRecord,
        message: &Logged,
        secrets: &Secrets,
        random: &Random,
    ) -> Self {
        let mut people: Vec<_> = record
            .people
            .iter()
            .map(|f| (person_hash(secrets, &f.person), f.filed_as, f.certainty))
            .collect();
        // Who is certain in one place and not in another is certain.
        people.sort_unstable();
        people.dedup_by(|a, b| (&a.0, a.1) == (&b.0, b.1));
        let links = secrets.links(record.message_id.as_ref(), &record.answers);
        Self {
            id: RecordId::on(message.received_at, random),
            school: record.school,
            received_at: micros(message.received_at),
            direction: message.direction.name(),
            message_id_hash: record.message_id.map(|id| secrets.hash("message-id", &[id.as_bytes()])),
            attachments: record.attachments,
            parties: record.parties.iter().map(|p| (secrets.address(&p.address), p.role)).collect(),
            people,
            links,
        }
    }
}

impl Tx {
    pub(in crate::storage) async fn insert_record(
        &mut self,
        record: &RecordRow,
        object: &ObjectId,
        standing: Standing,
        message: &MessageRow,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO record (id, state, school, transaction_id, settles_with, received_at, direction,
             message_id_hash, object, attachments) VALUES ($1,$2,$3,$4,$4,$5,$6,$7,$8,$9)",
        )
        .bind(record.id.as_str())
        .bind(standing.or("kept"))
        .bind(record.school.to_string())
        .bind(message.transaction.to_string())
        .bind(record.received_at)
        .bind(record.direction)
        .bind(record.message_id_hash.map(Vec::from))
        .bind(object.as_str())
        .bind(i64::from(record.attachments))
        .execute(&mut self.conn)
        .await?;
        for (hash, role) in &record.parties {
            sqlx::query("INSERT INTO record_party (record, address_hash, role) VALUES ($1, $2, $3)")
                .bind(record.id.as_str())
                .bind(&hash[..])
                .bind(role.name())
                .execute(&mut self.conn)
                .await?;
        }
        for (hash, filed_as, certainty) in &record.people {
            sqlx::query(
                "INSERT INTO record_person (record, person_hash, filed_as, certainty) VALUES ($1,$2,$3,$4)",
            )
            .bind(record.id.as_str())
            .bind(hash)
            .bind(filed_as.name())
            .bind(certainty.name())
            .execute(&mut self.conn)
            .await?;
        }
        for link in &record.links {
            sqlx::query("INSERT INTO record_link (record, link_hash) VALUES ($1, $2)")
                .bind(record.id.as_str())
                .bind(link)
                .execute(&mut self.conn)
                .await?;
        }
        let mut event = LedgerEvent::new(Event::RecordCopied)
            .school(&record.school)
            .transaction(message.transaction)
            .about(record.id.as_str())
            .with("object", object.to_string());
        event.hash_in = Some(message.sha256);
        self.append("gate", event).await.map(|_| ())
    }
}
