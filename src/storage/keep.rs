//! Keeping: objects first, rows in one commit, then the proof.

use super::{
    alerts::NewAlert,
    concerned::Concerned,
    error::StoreError,
    incidents::NewProposal,
    items::{FindingSummary, ItemKind},
    jobs::Standing,
    ledger::LedgerEvent,
    messages::{Logged, PassFate},
    names::{ItemId, OutboxId, RecordId, Token},
    outbox::NewOutbox,
    records::NewRecord,
    retry::{RetryKey, RetryMatch},
    search::Searchable,
    store::Store,
};
use crate::{
    mail::{Address, Custody, Edits, Proof, Recipient, SchoolId, TransactionId},
    parties::PersonId,
    ruleset::{Category, Severity},
};

use chrono::TimeDelta;

/// How often a confirmation is tried; the client waits meanwhile.
const CONFIRM_TRIES: usize = 4;

/// Everything that one transaction leaves behind, kept wholly or not at all.
pub struct Keep {
    pub message: Logged,
    pub items: Vec<NewItem>,
    pub outbox: Vec<NewOutbox>,
    pub records: Vec<NewRecord>,
    /// What a rule or a report proposes to a person.
    pub proposals: Vec<NewProposal>,
    /// By what the items of quarantine and the records can be found.
    pub searchable: Searchable,
    /// Whom of the school's officers this concerns.
    pub alerts: Vec<NewAlert>,
    /// Further ledger rows of this transaction; items, records, objects and jobs
    /// write their own.
    pub ledger: Vec<LedgerEvent>,
    /// Whom it concerns besides those of the envelope.
    pub concerned: Concerned,
}

/// The sender who decides a hold: a person of the directory, proved.
#[derive(Clone)]
pub struct Owner {
    pub person: PersonId,
    pub address: Address,
}

/// A message held or quarantined for some of its recipients. The bytes are the
/// transaction's own (`Keep::message`), stored once however many items there are.
pub struct NewItem {
    /// From [`Store::new_item_id`].
    pub id: ItemId,
    pub kind: ItemKind,
    pub school: SchoolId,
    /// The recipients it is held for, with their ESMTP parameters.
    pub recipients: Vec<Recipient>,
    /// Who may decide a hold; `None` for quarantine.
    pub owner: Option<Owner>,
    /// Policy lets the owner release it; safeguarding never (design, Fates).
    pub sender_may_release: bool,
    /// From [`Store::new_token`], when the nudge carries one.
    pub token: Option<Token>,
    /// The headline; stays readable without a key.
    pub category: Category,
    pub severity: Severity,
    /// Shown to whoever decides; encrypted in the row.
    pub subject: String,
    /// Its Message-ID, then those that it answers: the conversation it belongs to. Of quarantine alone.
    pub conversation: Vec<String>,
    pub findings: Vec<FindingSummary>,
    /// It may hold an image of a child (practice.md, A3): nobody exports or releases it.
    pub may_hold_image: bool,
    /// Policy rules that a release settles.
    pub settled_policies: Vec<String>,
    /// Applied when it is released.
    pub edits: Edits,
    /// Applied instead when it is released marked confidential; `None`: cannot be marked.
    pub marked_edits: Option<Edits>,
    /// One for each recipient ([`Store::retry_keys`]).
    pub retry_keys: Vec<RetryKey>,
    /// Of `ItemKind::Grace`: how long it waits, and how it leaves.
    pub grace: Option<GracePeriod>,
}

/// A delay before a message leaves by itself.
#[derive(Clone)]
pub struct GracePeriod {
    pub lasts: TimeDelta,
    /// Next hop; `None`: by the recipients' domains.
    pub next_hop: Option<String>,
}

/// Proof that a transaction lies in the vault and the store, fsynced and committed.
/// Only a commit of the store makes one.
#[derive(Debug)]
pub struct Kept {
    transaction: TransactionId,
    pub items: Vec<ItemId>,
    pub outbox: Vec<OutboxId>,
    pub records: Vec<RecordId>,
}

impl Proof for Kept {
    fn transaction(&self) -> TransactionId {
        self.transaction
    }
    fn custody(&self) -> Custody {
        Custody::Held
    }
}

/// Kept, but not yet counted: the next hop's reply for the other recipients decides.
/// It is no proof. [`Store::confirm`] makes it one, [`Store::discard`] takes it back;
/// dropped otherwise (4xx, a kill) it waits for the client's retry to find it.
/// A 250 must wait for `confirm`: when that fails, answer 451.
#[must_use = "confirm or discard it; dropping it leaves it for the retry"]
#[derive(Debug)]
pub struct Provisional {
    transaction: TransactionId,
    pub items: Vec<ItemId>,
    pub outbox: Vec<OutboxId>,
    pub records: Vec<RecordId>,
}

impl Provisional {
    pub fn transaction(&self) -> TransactionId {
        self.transaction
    }
}

/// What a keep wrote.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) transaction: TransactionId,
    pub(super) items: Vec<ItemId>,
    pub(super) outbox: Vec<OutboxId>,
    pub(super) records: Vec<RecordId>,
}

impl Written {
    /// Only for what a commit of the store has made final.
    fn proved(self) -> Kept {
        let Self { transaction, items, outbox, records } = self;
        Kept { transaction, items, outbox, records }
    }
    pub(super) fn provisional(self) -> Provisional {
        let Self { transaction, items, outbox, records } = self;
        Provisional { transaction, items, outbox, records }
    }
}

impl Store {
    /// Keeps for good.
    pub async fn keep(&self, keep: Keep) -> Result<Kept, StoreError> {
        let standing = Standing::Final(Some(keep.message.transaction));
        self.keep_with(keep, standing).await.map(Written::proved)
    }

    /// Keeps until the next hop has answered; invisible to lists, outbox and searches
    /// until confirmed.
    pub async fn keep_provisionally(&self, keep: Keep) -> Result<Provisional, StoreError> {
        let standing = Standing::Provisional(keep.message.transaction);
        self.keep_with(keep, standing).await.map(Written::provisional)
    }

    /// The next hop said 250: what was kept counts. `fate` is logged in the same commit.
    /// A store that is away is asked again: what has passed cannot be taken back, and the
    /// client's retry would repeat it.
    pub async fn confirm(&self, provisional: Provisional, fate: PassFate) -> Result<Kept, StoreError> {
        let Provisional { transaction, items, outbox, records } = provisional;
        let written = Written { transaction, items, outbox, records };
        for _ in 1..CONFIRM_TRIES {
            match self.settle_for_good(written.clone(), Some(fate.clone())).await {
                Err(error) if error.is_passing() => {
                    tracing::warn!(%transaction, %error, "store.not-confirmed-yet");
                }
                settled => return settled.map(Written::proved),
            }
        }
        self.settle_for_good(written, Some(fate)).await.map(Written::proved)
    }

    /// The retry leaves nothing to pass on: what was kept counts now, for it too.
    /// Fails with `NotFound` when it was decided meanwhile: answer 451, then it is new.
    pub async fn adopt(&self, retry: TransactionId, found: &[RetryMatch]) -> Result<Kept, StoreError> {
        let written = self.take_over(retry, found).await?;
        self.settle_for_good(written, None).await.map(Written::proved)
    }
}
