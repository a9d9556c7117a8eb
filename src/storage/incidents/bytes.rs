//! The message that a report came with: kept for those who follow its incident up, and not for
//! whoever is accused in it (design: an object is encrypted only to those its verdict allows).

use super::{IncidentError, IncidentKind, propose::ProposalRow};
use crate::{
    authority::Face,
    storage::{
        access::{Access, Class},
        custodians::{Custodian, Custodians},
        error::StoreError,
        keys::Identities,
        ledger::{Actor, Event, LedgerEvent},
        names::IncidentId,
        purpose::Why,
        store::Store,
    },
};
use bytes::Bytes;

/// Which custodians follow up what is about this: of what is about adults at the school, the
/// head's own (practice.md, A4).
fn class_of(kind: IncidentKind) -> Class {
    match kind {
        IncidentKind::Concern | IncidentKind::Misuse => Class::Incidents,
        IncidentKind::Allegation | IncidentKind::LowLevel => Class::LowLevel,
    }
}

impl Store {
    /// Who opens the bytes of a proposal: the school's custodians; where its author is one of
    /// them, the recovery key of two people; where the school has named none, the gate.
    pub(in crate::storage) async fn report_access(&self, report: &ProposalRow) -> Result<Access, StoreError> {
        let access = Access::of(class_of(report.kind()), report.school());
        let Custodians::Named(custodians) = self.custodians(&access).await? else {
            return Ok(Access::working());
        };
        if !self.holds_a_key(&custodians, report.not_for()).await? {
            return Ok(access);
        }
        let sealed = Access::of(Class::Sealed, report.school());
        match self.holders(&sealed).await {
            Err(StoreError::NoCustodian(_)) => Ok(Access::working()),
            holders => holders.map(|_| sealed),
        }
    }

    /// Whether one of these custodians is this person, as the registered users have their keys.
    async fn holds_a_key(&self, custodians: &[Custodian], person: &[Face]) -> Result<bool, StoreError> {
        if person.is_empty() {
            return Ok(false);
        }
        let users = self.users().await?;
        let in_set = |key: &str| custodians.iter().any(|c| c.public == key);
        for user in users.iter().filter(|u| in_set(&u.who.public_key)) {
            let faces = self.faces(&user.who.person, &user.who.address)?;
            if faces.iter().any(|face| person.contains(face)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who opens the bytes that an incident keeps. `NotFound` where none are kept.
    pub async fn incident_bytes_class(&self, id: &IncidentId) -> Result<Class, IncidentError> {
        let object = self.incident_object(id).await?;
        let epochs = self.epochs_of(&object).await?;
        Ok(epochs.first().map_or(Class::Working, |epoch| epoch.access.class()))
    }

    /// The bytes of the message that a report came with, noted in the ledger before they are
    /// given; `custodian` opens what the gate does not. `NotFound` where none are kept.
    pub async fn incident_bytes(
        &self,
        id: &IncidentId,
        custodian: Option<&Identities>,
        actor: &Actor,
        why: impl Into<Why>,
    ) -> Result<Bytes, IncidentError> {
        let summary = self.incident_summary(id).await?;
        let object = self.incident_object(id).await?;
        let (_, raw) = match custodian {
            Some(custodian) => {
                let row = self.object_row(&object).await?;
                self.open_with(&object, row, custodian).await?
            }
            None => self.open_object(&object).await?,
        };
        let event = LedgerEvent::new(Event::IncidentBytesViewed)
            .school(&summary.school)
            .about(id.as_str())
            .looked(&why.into());
        self.ledger(actor, event).await?;
        Ok(raw)
    }

    async fn incident_object(&self, id: &IncidentId) -> Result<String, StoreError> {
        let object: Option<String> = sqlx::query_scalar(
            "SELECT object FROM incident_link WHERE incident = $1 AND object IS NOT NULL ORDER BY at LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        object.ok_or_else(|| StoreError::NotFound { what: "message of incident", id: id.to_string() })
    }
}
