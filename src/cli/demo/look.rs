//! What the gate wrote down about a message that went through it.

use super::{doors::Door, mail::Mail, smtp::Reply};
use crate::{
    cli::{Mistake, context},
    mail::{Mode, TransactionId},
    storage::{ItemFilter, ItemSummary, Store},
    verdict::Disposition,
};
use serde::Deserialize;

/// The part of a logged verdict that the demonstration shows.
#[derive(Deserialize)]
struct Logged {
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    findings: Vec<Found>,
}

/// One finding of the log.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Found {
    pub(super) category: String,
    pub(super) confidence: f32,
}

/// Recipients of one school and relation.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Group {
    /// Indexes into the envelope.
    pub(super) recipients: Vec<usize>,
    pub(super) relation: String,
    pub(super) disposition: Disposition,
    pub(super) policies: Vec<String>,
}

/// One message and all that became of it.
pub(super) struct Row {
    pub(super) mail: Mail,
    pub(super) door: Door,
    /// The last answer to its sender's server.
    pub(super) reply: Reply,
    pub(super) mode: Mode,
    pub(super) groups: Vec<Group>,
    pub(super) actions: Vec<String>,
    pub(super) findings: Vec<Found>,
    /// What is held or quarantined of it.
    pub(super) items: Vec<ItemSummary>,
}

impl Row {
    /// What was really done: a school that observes lets everything pass.
    pub(super) fn done(&self) -> Disposition {
        if self.mode == Mode::Observe { Disposition::Deliver } else { self.disposition() }
    }

    /// The strictest disposition of any group.
    pub(super) fn disposition(&self) -> Disposition {
        self.groups.iter().map(|g| g.disposition).max().unwrap_or(Disposition::Deliver)
    }
}

/// Reads the newest verdict of the log. Messages go one after the other, so it is that of
/// `mail`, unless it is the one seen last: then the gate has decided nothing.
pub(super) async fn look(
    store: &Store,
    (mail, door, reply): (Mail, Door, Reply),
    last: &mut Option<TransactionId>,
) -> Result<Row, Mistake> {
    let newest = store.messages(1).await?.pop().filter(|m| Some(m.transaction) != *last);
    let Some(newest) = newest else {
        return Ok(Row {
            mail,
            door,
            reply,
            mode: Mode::Enforce,
            groups: vec![],
            actions: vec![],
            findings: vec![],
            items: vec![],
        });
    };
    *last = Some(newest.transaction);
    let view =
        store.message(newest.transaction, &context::actor(), "gatehouse demo shows its verdict").await?;
    let logged: Logged = serde_json::from_value(view.verdict)?;
    let filter = ItemFilter { transaction: Some(newest.transaction), ..ItemFilter::default() };
    let items = store.items(&filter).await?;
    let Logged { groups, actions, findings } = logged;
    Ok(Row { mail, door, reply, mode: newest.mode, groups, actions, findings, items })
}
