//! A message that could not be assessed, quarantined whole because the school chose so.

use crate::{
    mail::{Edits, Transaction},
    parties::{Direction, School},
    ruleset::{Category, Severity},
    storage::{Concerned, ItemId, ItemKind, Keep, Logged, NewItem, Searchable},
    verdict::Disposition,
};
use std::sync::Arc;

/// The keep for it, or `None` when no school of ours is concerned.
pub fn keep_unread(
    transaction: &Transaction,
    schools: &[Arc<School>],
    item_id: impl FnOnce() -> ItemId,
) -> Option<Keep> {
    let envelope = &transaction.envelope;
    let addresses = envelope.recipients.iter().map(|r| &r.address).chain(envelope.sender.address());
    let school =
        addresses.filter_map(|a| schools.iter().find(|s| s.domains.iter().any(|d| a.is_within(d)))).next()?;
    let item = NewItem {
        id: item_id(),
        kind: ItemKind::Quarantine,
        school: school.id.clone(),
        recipients: envelope.recipients.clone(),
        owner: None,
        sender_may_release: false,
        token: None,
        category: Category::FileNotInspected,
        severity: Severity::Medium,
        subject: String::new(),
        conversation: Vec::new(),
        findings: Vec::new(),
        may_hold_image: false,
        settled_policies: Vec::new(),
        edits: Edits::default(),
        marked_edits: None,
        retry_keys: Vec::new(),
        grace: None,
    };
    let message = Logged {
        transaction: transaction.id,
        received_at: transaction.received_at,
        school: Some(school.id.clone()),
        door: transaction.arrival.door,
        mode: school.mode,
        direction: Direction::Inbound,
        envelope: envelope.clone(),
        raw: transaction.raw.clone(),
        disposition: Disposition::Quarantine,
        verdict: serde_json::json!({"failed": "assessment"}),
    };
    Some(Keep {
        message,
        items: vec![item],
        outbox: vec![],
        records: vec![],
        searchable: Searchable::unread(envelope),
        proposals: vec![],
        alerts: vec![],
        ledger: vec![],
        concerned: Concerned::default(),
    })
}
