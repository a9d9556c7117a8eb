//! The row of one item, held, quarantined or delayed, with what hangs on it: recipients, token,
//! keys by which a retry is known.

use crate::storage::{
    database::micros,
    error::StoreError,
    items::{ItemKind, ItemSecret},
    jobs::Standing,
    keep::NewItem,
    ledger::{Event, LedgerEvent},
    messages::{Logged, MessageRow},
    names::{ItemId, ObjectId},
    precision::rules_of,
    retry::RetryKey,
    secrets::Secrets,
    tokens::token_digest,
    views::severity_name,
    writer::Tx,
};
use crate::{mail::SchoolId, ruleset::Category};

pub(super) struct ItemRow {
    pub(super) id: ItemId,
    pub(super) kind: ItemKind,
    pub(super) school: SchoolId,
    pub(super) received_at: i64,
    pub(super) category: Category,
    severity: &'static str,
    sender_may_release: bool,
    markable: bool,
    owner_hash: Option<[u8; 32]>,
    recipients: Vec<[u8; 32]>,
    sealed: Vec<u8>,
    token: Option<[u8; 32]>,
    retry_keys: Vec<RetryKey>,
    rules: Vec<String>,
    links: Vec<Vec<u8>>,
    /// A match with a hash list: sealed from the beginning (practice.md, A3).
    pub(super) matched: bool,
}

impl ItemRow {
    pub(super) fn prepare(item: NewItem, message: &Logged, secrets: &Secrets) -> Result<Self, StoreError> {
        let hashes = item.recipients.iter().map(|r| secrets.address(&r.address)).collect();
        let owner_hash = item.owner.as_ref().map(|o| secrets.address(&o.address));
        let markable = item.marked_edits.is_some();
        let matched = item.findings.iter().any(|f| f.category == Category::FileIllegalImage);
        let rules =
            if matched { Vec::new() } else { rules_of(item.findings.iter().map(|f| &*f.rule), secrets) };
        let links = secrets.links(None, &item.conversation);
        let secret = ItemSecret {
            sender: message.envelope.sender.clone(),
            parameters: message.envelope.parameters.clone(),
            recipients: item.recipients,
            owner: item.owner.map(|o| (o.person, o.address)),
            subject: item.subject,
            findings: item.findings,
            may_hold_image: item.may_hold_image,
            settled_policies: item.settled_policies,
            edits: item.edits,
            marked_edits: item.marked_edits,
        };
        Ok(Self {
            sealed: secrets.seal(&format!("item/{}", item.id), &secret)?,
            token: item.token.as_ref().map(|t| token_digest(secrets, t)),
            id: item.id,
            kind: item.kind,
            school: item.school,
            received_at: micros(message.received_at),
            category: item.category,
            severity: severity_name(item.severity),
            sender_may_release: item.sender_may_release,
            markable,
            owner_hash,
            recipients: hashes,
            retry_keys: item.retry_keys,
            rules,
            links,
            matched,
        })
    }
}

impl Tx {
    pub(super) async fn insert_item(
        &mut self,
        item: &ItemRow,
        object: &ObjectId,
        standing: Standing,
        message: &MessageRow,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO item (id, kind, state, school, transaction_id, settles_with, received_at, category,
             severity, recipients, sender_may_release, markable, owner_hash, object, sealed, sealed_at)
             VALUES ($1,$2,$3,$4,$5,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)",
        )
        .bind(item.id.as_str())
        .bind(item.kind.name())
        .bind(standing.or(if item.matched { "sealed" } else { "open" }))
        .bind(item.school.to_string())
        .bind(message.transaction.to_string())
        .bind(item.received_at)
        .bind(item.category.name())
        .bind(item.severity)
        .bind(item.recipients.len() as i64)
        .bind(i64::from(item.sender_may_release))
        .bind(i64::from(item.markable))
        .bind(item.owner_hash.map(Vec::from))
        .bind(object.as_str())
        .bind(&item.sealed)
        .bind(item.matched.then(|| micros(self.now)))
        .execute(&mut self.conn)
        .await?;
        for hash in &item.recipients {
            sqlx::query("INSERT INTO item_recipient (item, address_hash) VALUES ($1, $2)")
                .bind(item.id.as_str())
                .bind(&hash[..])
                .execute(&mut self.conn)
                .await?;
        }
        for link in &item.links {
            sqlx::query("INSERT INTO item_link (item, link_hash) VALUES ($1, $2)")
                .bind(item.id.as_str())
                .bind(link)
                .execute(&mut self.conn)
                .await?;
        }
        self.insert_item_rules(&item.id, &item.rules).await?;
        if let Some(token) = &item.token {
            self.insert_token(&item.id, token).await?;
        }
        self.insert_retry_keys(&item.retry_keys, standing, Some(&item.id), None).await?;
        let event = match item.kind {
            ItemKind::Hold => Event::ItemHeld,
            ItemKind::Quarantine => Event::ItemQuarantined,
            ItemKind::Grace => Event::ItemDelayed,
        };
        let mut event = LedgerEvent::new(event)
            .school(&item.school)
            .transaction(message.transaction)
            .about(item.id.as_str())
            .with("category", item.category.name())
            .with("severity", item.severity)
            .with("object", object.to_string());
        event.hash_in = Some(message.sha256);
        self.append("gate", event).await?;
        if item.matched && matches!(standing, Standing::Final(_)) {
            self.append(
                "gate",
                LedgerEvent::new(Event::ItemSealed).school(&item.school).about(item.id.as_str()),
            )
            .await?;
        }
        Ok(())
    }
}
