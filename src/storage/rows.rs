//! How a keep becomes objects and rows: objects first, then one change of the writer.

use super::{
    access::{Access, Class},
    alerts::AlertRow,
    concerned::ConcernedRows,
    database::micros,
    epochs::{Locks, Sealing},
    error::StoreError,
    incidents::ProposalRow,
    items::{ItemKind, ItemSecret},
    jobs::{JobRow, Standing, own_objects},
    keep::{Keep, NewItem, Written},
    ledger::{Event, LedgerEvent},
    messages::{Logged, MessageRow},
    names::{AlertId, ItemId, ObjectId},
    objects::Stored,
    outbox::{NewOutbox, OutboxKind, OutboxMessage},
    records::RecordRow,
    retry::RetryKey,
    search::{Facets, FreshRow, Kind, Searchable},
    secrets::Secrets,
    store::Store,
    tokens::token_digest,
    views::severity_name,
    writer::{Tx, Unwritten},
};
use crate::{mail::SchoolId, ruleset::Category};

/// All rows of a keep, encrypted and ready.
struct Rows {
    standing: Standing,
    message: MessageRow,
    /// The message for the gate (items, parts) and for the custodians (records).
    working: Option<Stored>,
    records_object: Option<Stored>,
    /// What reports brought, each for those who follow it up.
    reported: Vec<(Access, Stored)>,
    items: Vec<ItemRow>,
    jobs: Vec<JobRow>,
    records: Vec<RecordRow>,
    proposals: Vec<ProposalRow>,
    fresh: Vec<FreshRow>,
    alerts: Vec<AlertRow>,
    events: Vec<LedgerEvent>,
    /// Only where something stays that somebody might look at.
    concerned: Option<ConcernedRows>,
}

struct ItemRow {
    id: ItemId,
    kind: ItemKind,
    school: SchoolId,
    received_at: i64,
    category: Category,
    severity: &'static str,
    sender_may_release: bool,
    markable: bool,
    owner_hash: Option<[u8; 32]>,
    recipients: Vec<[u8; 32]>,
    sealed: Vec<u8>,
    token: Option<[u8; 32]>,
    retry_keys: Vec<RetryKey>,
    /// A match with a hash list: sealed from the beginning (practice.md, A3).
    matched: bool,
}

impl Store {
    pub(super) async fn keep_with(&self, keep: Keep, standing: Standing) -> Result<Written, StoreError> {
        let mut objects = Vec::new();
        let rows = match self.prepare_rows(keep, standing, &mut objects).await {
            Ok(rows) => rows,
            Err(e) => {
                self.forget_objects(&objects).await;
                return Err(e);
            }
        };
        let documents = rows.fresh.len();
        match self.write_or_tell(move |tx| Box::pin(rows.insert(tx))).await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => {
                self.searchable_kept(documents);
                other.map_err(Unwritten::into_error)
            }
        }
    }

    /// Puts the objects, noting them in `objects`, and encrypts the rows.
    async fn prepare_rows(
        &self,
        keep: Keep,
        standing: Standing,
        objects: &mut Vec<Stored>,
    ) -> Result<Rows, StoreError> {
        let Keep { message, items, outbox, records, mut searchable, proposals, alerts, ledger, concerned } =
            keep;
        let secrets = self.secrets()?;
        let transaction = message.transaction;
        let delayed = |item: &NewItem| item.kind == ItemKind::Grace;
        // What the next hop may still refuse is locked when it counts; what is only delayed, never.
        let locks = match standing {
            Standing::Final(_) if !records.is_empty() || !items.iter().all(delayed) => Locks::AtPut,
            Standing::Final(_) if items.is_empty() => Locks::AtPut,
            Standing::Final(_) | Standing::Provisional(_) => Locks::Later,
        };
        let put = async |accesses: Vec<Access>| match accesses.is_empty() {
            true => Ok(None),
            false => {
                let sealing = Sealing { locks, ..self.sealing(&accesses).await? };
                let (at, raw) = (message.received_at, message.raw.clone());
                self.put_object(&sealing, transaction, &message.envelope, at, raw).await.map(Some)
            }
        };
        let of_transaction = |m: &OutboxMessage| matches!(m, OutboxMessage::Transaction(_));
        let mut proposals = proposals
            .into_iter()
            .map(|new| ProposalRow::prepare(new, secrets))
            .collect::<Result<Vec<_>, _>>()?;
        let mut reported: Vec<(Access, Stored)> = Vec::new();
        for report in proposals.iter_mut().filter(|p| p.wants_bytes()) {
            let access = self.report_access(report).await?;
            if access != Access::working() && !reported.iter().any(|(a, _)| *a == access) {
                let stored = put(vec![access.clone()]).await?;
                objects.extend(stored.iter().cloned());
                reported.extend(stored.map(|stored| (access.clone(), stored)));
            }
            report.opens = Some(access);
        }
        let alerts = alerts
            .into_iter()
            .map(|new| AlertRow::prepare(new, AlertId::random(&self.shared.random), secrets))
            .collect::<Result<Vec<_>, _>>()?;
        let report = proposals.iter().any(|p| p.opens == Some(Access::working()));
        let wanted = report || !items.is_empty() || outbox.iter().any(|job| of_transaction(&job.message));
        let for_gate = if wanted { vec![Access::working()] } else { vec![] };
        let for_custodians = records.iter().map(|r| Access::of(Class::Records, &r.school)).collect();
        let (working, records_object) = futures_util::future::join(put(for_gate), put(for_custodians)).await;
        objects.extend(working.iter().chain(&records_object).flatten().cloned());
        let (working, records_object) = (working?, records_object?);
        let jobs = self.prepare_jobs(outbox, working.as_ref().map(|o| &o.id), Some(transaction)).await?;
        objects.extend(own_objects(&jobs));
        let stays = !items.is_empty()
            || !records.is_empty()
            || !alerts.is_empty()
            || proposals.iter().any(ProposalRow::is_of_a_rule);
        let concerned = stays.then(|| ConcernedRows::prepare(concerned, &message.envelope, secrets));
        let mut jobs = jobs;
        for item in &items {
            jobs.extend(self.prepare_grace(item, &message, working.as_ref().map(|o| &o.id)).await?);
        }
        let items = items.into_iter().map(|i| ItemRow::prepare(i, &message, secrets));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let records =
            records.into_iter().map(|r| RecordRow::prepare(r, &message, secrets, &self.shared.random));
        let records: Vec<_> = records.collect();
        searchable.envelope(&message.envelope);
        Ok(Rows {
            standing,
            fresh: fresh(&items, &records, &searchable, secrets)?,
            items,
            records,
            proposals,
            alerts,
            message: MessageRow::prepare(&message, secrets).await?,
            working,
            records_object,
            reported,
            jobs,
            events: ledger,
            concerned,
        })
    }

    /// The job by which a delayed message leaves when its time has come.
    async fn prepare_grace(
        &self,
        item: &NewItem,
        message: &Logged,
        own: Option<&ObjectId>,
    ) -> Result<Option<JobRow>, StoreError> {
        let Some(grace) = &item.grace else { return Ok(None) };
        let job = NewOutbox {
            kind: OutboxKind::Release,
            item: Some(item.id.clone()),
            school: Some(item.school.clone()),
            sender: message.envelope.sender.clone(),
            parameters: message.envelope.parameters.clone(),
            recipients: item.recipients.clone(),
            next_hop: grace.next_hop.clone(),
            message: OutboxMessage::Transaction(item.edits.clone()),
            retry_keys: Vec::new(),
        };
        let release =
            self.release_of(&item.id, &item.recipients, Vec::new(), &item.edits.apply(&message.raw))?;
        let mut row = self.prepare_job(job, own, Some(message.transaction)).await?;
        (row.release, row.delay) = (Some(release), grace.lasts);
        Ok(Some(row))
    }
}

/// Holds are nobody's to find but their sender's, who has a list of them (practice.md, A5).
fn fresh(
    items: &[ItemRow],
    records: &[RecordRow],
    searchable: &Searchable,
    secrets: &Secrets,
) -> Result<Vec<FreshRow>, StoreError> {
    let items =
        items.iter().filter(|item| item.kind == ItemKind::Quarantine && !item.matched).map(|item| Facets {
            kind: Kind::Quarantine,
            id: item.id.as_str(),
            at: item.received_at,
            school: &item.school,
            category: Some(item.category),
            filed: Vec::new(),
        });
    let records = records.iter().map(|record| Facets {
        kind: Kind::Record,
        id: record.id.as_str(),
        at: record.received_at,
        school: &record.school,
        category: None,
        filed: record.people.iter().map(|(person, filed_as, _)| (*filed_as, &person[..])).collect(),
    });
    items.chain(records).map(|facets| FreshRow::prepare(searchable, &facets, secrets)).collect()
}

impl ItemRow {
    fn prepare(item: NewItem, message: &Logged, secrets: &Secrets) -> Result<Self, StoreError> {
        let hashes = item.recipients.iter().map(|r| secrets.address(&r.address)).collect();
        let owner_hash = item.owner.as_ref().map(|o| secrets.address(&o.address));
        let markable = item.marked_edits.is_some();
        let matched = item.findings.iter().any(|f| f.category == Category::FileIllegalImage);
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
            matched,
        })
    }
}

impl Rows {
    async fn insert(self, tx: &mut Tx) -> Result<Written, StoreError> {
        let transaction = self.message.transaction;
        self.message.insert(tx, self.standing.or("kept")).await?;
        let kept = LedgerEvent::new(Event::MessageKept)
            .with("standing", self.standing.or("final"))
            .with("items", self.items.len() as i64)
            .with("jobs", self.jobs.len() as i64)
            .with("records", self.records.len() as i64);
        tx.append("gate", self.message.event(kept)).await?;
        let reported = self.reported.iter().map(|(_, stored)| stored);
        for object in self.working.iter().chain(&self.records_object).chain(reported) {
            tx.name_object(object, Some(transaction)).await?;
        }
        let missing = || StoreError::Us("a row has no object".into());
        // Jobs speak of items, so items come first.
        for item in &self.items {
            let object = &self.working.as_ref().ok_or_else(missing)?.id;
            tx.insert_item(item, object, self.standing, &self.message).await?;
        }
        for job in &self.jobs {
            tx.insert_job(job, self.standing).await?;
        }
        for record in &self.records {
            let object = &self.records_object.as_ref().ok_or_else(missing)?.id;
            tx.insert_record(record, object, self.standing, &self.message).await?;
        }
        for proposal in &self.proposals {
            let own = self.reported.iter().find(|(access, _)| Some(access) == proposal.opens.as_ref());
            let object = own.map(|(_, stored)| stored).or(self.working.as_ref());
            tx.insert_proposal(proposal, object.map(|o| &o.id), self.standing).await?;
        }
        for row in &self.fresh {
            tx.make_searchable(row).await?;
        }
        if let Some(concerned) = &self.concerned {
            concerned.insert(tx, &transaction.to_string()).await?;
        }
        for alert in &self.alerts {
            tx.insert_alert(alert, self.standing).await?;
        }
        for mut event in self.events {
            event.transaction = Some(transaction);
            tx.append("gate", event).await?;
        }
        Ok(Written {
            transaction,
            items: self.items.into_iter().map(|i| i.id).collect(),
            outbox: self.jobs.into_iter().map(|j| j.id).collect(),
            records: self.records.into_iter().map(|r| r.id).collect(),
        })
    }
}

impl Tx {
    async fn insert_item(
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
