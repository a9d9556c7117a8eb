//! How a keep becomes objects and rows: objects first, then one change of the writer.

mod item;

use super::{
    access::{Access, Class},
    alerts::AlertRow,
    concerned::ConcernedRows,
    epochs::{Locks, Sealing},
    error::StoreError,
    incidents::ProposalRow,
    items::ItemKind,
    jobs::{JobRow, Standing, own_objects},
    keep::{Keep, NewItem, Written},
    ledger::{Event, LedgerEvent},
    messages::{Logged, MessageRow},
    names::{AlertId, ObjectId},
    objects::Stored,
    outbox::{NewOutbox, OutboxKind, OutboxMessage},
    records::RecordRow,
    search::{Facets, FreshRow, Kind, Searchable},
    secrets::Secrets,
    store::Store,
    writer::{Tx, Unwritten},
};
use item::ItemRow;

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

impl Store {
    pub(in crate::storage) async fn keep_with(
        &self,
        keep: Keep,
        standing: Standing,
    ) -> Result<Written, StoreError> {
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
