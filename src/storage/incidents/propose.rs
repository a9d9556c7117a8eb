//! What a rule or a report proposes, in the commit of the message that it speaks of.

use super::{
    Evidence, IncidentKind, IncidentOrigin, IncidentState, Link, NewProposal, Part, Secret,
    people::{PersonRow, people},
    place,
};
use crate::{
    authority::Face,
    mail::SchoolId,
    ruleset::Category,
    storage::{
        access::Access,
        database::micros,
        error::StoreError,
        jobs::Standing,
        ledger::{Event, LedgerEvent},
        names::{IncidentId, ObjectId},
        secrets::Secrets,
        writer::Tx,
    },
};
use chrono::TimeDelta;

/// Proposals that are alike within this time are one: the second message joins the first.
const ALIKE: TimeDelta = TimeDelta::days(7);

/// A proposal ready to be written with its message.
pub(in crate::storage) struct ProposalRow {
    id: IncidentId,
    school: SchoolId,
    kind: IncidentKind,
    origin: IncidentOrigin,
    category: Option<Category>,
    alike: [u8; 32],
    sealed: Vec<u8>,
    people: Vec<PersonRow>,
    /// Whose key is not to open the bytes, when they are kept.
    not_for: Option<Vec<Face>>,
    /// Who opens them.
    pub(in crate::storage) opens: Option<Access>,
}

impl ProposalRow {
    pub(in crate::storage) fn prepare(new: NewProposal, secrets: &Secrets) -> Result<Self, StoreError> {
        let id = new.id.clone();
        let from = |part: &Part| matches!(part, Part::Author | Part::Reporter | Part::Forwarder);
        let authors = new.people.iter().filter(|(_, part)| from(part));
        let mut parts: Vec<Vec<u8>> = authors.map(|(who, _)| secrets.who(who).to_vec()).collect();
        parts.sort_unstable();
        parts.push(new.title.clone().into_bytes());
        parts.push(new.school.to_string().into_bytes());
        parts.push(new.kind.name().as_bytes().to_vec());
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Ok(Self {
            alike: secrets.hash("incident alike", &parts),
            sealed: secrets.seal(&place(&id), &Secret { title: new.title })?,
            people: people(&id, &new.people, secrets)?,
            school: new.school,
            kind: new.kind,
            origin: new.origin,
            category: new.category,
            not_for: (new.evidence == Evidence::Kept)
                .then(|| new.author.iter().map(|who| secrets.face_of(who)).collect()),
            opens: None,
            id,
        })
    }

    /// It is about its own message, so whoever wrote or got that is a party.
    pub(in crate::storage) fn is_of_a_rule(&self) -> bool {
        self.origin == IncidentOrigin::Rule
    }

    pub(in crate::storage) fn wants_bytes(&self) -> bool {
        self.not_for.is_some()
    }

    pub(super) fn kind(&self) -> IncidentKind {
        self.kind
    }

    pub(super) fn school(&self) -> &SchoolId {
        &self.school
    }

    pub(super) fn not_for(&self) -> &[Face] {
        self.not_for.as_deref().unwrap_or_default()
    }
}

impl Tx {
    /// Writes a proposal, or adds the message to one like it that still waits. Reports are
    /// never merged: each is somebody's word.
    pub(in crate::storage) async fn insert_proposal(
        &mut self,
        row: &ProposalRow,
        object: Option<&ObjectId>,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let transaction = standing.transaction();
        if row.origin == IncidentOrigin::Rule
            && let Some(id) = self.waits_alike(row).await?
        {
            if let Some(transaction) = transaction {
                self.link(&id, &Link::Message(transaction), None).await?;
            }
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO incident (id, school, kind, state, origin, category, made_at, made_by, settles_with,
             alike, sealed) VALUES ($1,$2,$3,$4,$5,$6,$7,'gate',$8,$9,$10)",
        )
        .bind(row.id.as_str())
        .bind(row.school.to_string())
        .bind(row.kind.name())
        .bind(standing.or(IncidentState::Proposed.name()))
        .bind(row.origin.name())
        .bind(row.category.map(Category::name))
        .bind(micros(self.now))
        .bind(transaction.map(|t| t.to_string()))
        .bind(&row.alike[..])
        .bind(&row.sealed)
        .execute(&mut self.conn)
        .await?;
        self.insert_people(&row.id, &row.people).await?;
        if let Some(transaction) = transaction {
            self.link(&row.id, &Link::Message(transaction), object.filter(|_| row.wants_bytes())).await?;
        }
        let mut event = LedgerEvent::new(Event::IncidentProposed)
            .school(&row.school)
            .about(row.id.as_str())
            .with("kind", row.kind.name())
            .with("origin", row.origin.name());
        event.transaction = transaction;
        self.append("gate", event).await.map(|_| ())
    }

    async fn waits_alike(&mut self, row: &ProposalRow) -> Result<Option<IncidentId>, StoreError> {
        let id: Option<String> = sqlx::query_scalar(
            "SELECT id FROM incident WHERE alike = $1 AND state = 'proposed' AND made_at > $2 ORDER BY n LIMIT 1",
        )
        .bind(&row.alike[..])
        .bind(micros(self.now - ALIKE))
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(id.map(IncidentId::stored))
    }

    /// The transaction's reply is out: its proposals count.
    pub(in crate::storage) async fn confirm_proposals(
        &mut self,
        transaction: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE incident SET state = 'proposed' WHERE settles_with = $1 AND state = 'provisional'",
        )
        .bind(transaction)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    /// A retry's reply decides from now on.
    pub(in crate::storage) async fn take_proposals(
        &mut self,
        old: &str,
        new: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE incident SET settles_with = $1 WHERE settles_with = $2 AND state = 'provisional'",
        )
        .bind(new)
        .bind(old)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }
}
