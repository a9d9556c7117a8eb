//! The worker that empties the outbox: releases, notices, reports and parted recipients
//! leave through the one next-hop client. What it does is written to the store before
//! anything follows from it, so that a kill at any point repeats a copy only between a
//! next hop's 250 and our commit of it (RFC 1047).

mod options;
mod report;

pub use options::{DeliveryOptions, Observer, ReleaseField, Turn};

use super::{
    notices::wants_success,
    rescan::{NOT_SCANNED, Rescanned, rescan},
};
use crate::{
    config::NextHop,
    mail::{Edits, Envelope, HeaderEdit, Reply},
    storage::{Attempt, JobRecipient, OutboxJob, OutboxKind, RELEASE_HEADER, Store, StoreError, Task},
    wire::smtp::{DsnFate, NextHopClient, RecipientFate, SendReport, route},
};
use bytes::Bytes;
use futures_util::FutureExt;
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::JoinSet;

/// The worker.
pub struct Delivery {
    options: DeliveryOptions,
    store: Store,
    client: Arc<NextHopClient>,
    closing: AtomicBool,
}

impl Delivery {
    pub fn new(options: DeliveryOptions, store: Store, client: Arc<NextHopClient>) -> Self {
        Self { options, store, client, closing: AtomicBool::new(false) }
    }

    /// Works until `shutdown` resolves, then finishes what it has begun.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let this = Arc::new(self);
        let mut shutdown = std::pin::pin!(shutdown);
        let mut working = JoinSet::new();
        loop {
            let room = this.options.parallel.max(1).saturating_sub(working.len());
            if room > 0 {
                for job in this.claim(room).await {
                    working.spawn(Arc::clone(&this).turn(job));
                }
            }
            let full = working.len() >= this.options.parallel.max(1);
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                _ = working.join_next(), if !working.is_empty() => {}
                () = this.store.outbox_wait(this.options.poll), if !full => {}
            }
        }
        this.closing.store(true, Ordering::SeqCst);
        while working.join_next().await.is_some() {}
    }

    async fn claim(&self, room: usize) -> Vec<OutboxJob> {
        match self.store.outbox_claim(room, self.options.lease).await {
            Ok(jobs) => jobs,
            Err(error) => {
                self.store_away(&error);
                Vec::new()
            }
        }
    }

    async fn turn(self: Arc<Self>, job: OutboxJob) {
        let work = async {
            match &job.task {
                Task::Deliver(recipients) => self.deliver(&job, recipients).await,
                Task::Report(due) => self.report(&job, due).await,
            }
        };
        let ended = AssertUnwindSafe(self.renewed(&job, work)).catch_unwind().await;
        let result = match ended {
            Ok(result) => result,
            Err(_) => self.panicked(&job).await,
        };
        match result {
            Ok(turn) => (self.options.observer)(turn),
            Err(error) => self.store_away(&error),
        }
    }

    /// The job was tried, and comes again later, until its days are over. A report that panics comes
    /// again when its lease ends.
    async fn panicked(&self, job: &OutboxJob) -> Result<Turn, StoreError> {
        tracing::error!(job = %job.id, kind = job.kind.name(), "outbox.turn-panicked");
        let reply = Reply::new(451, (4, 3, 0), "The mail gateway failed inside");
        let attempts: Vec<Attempt> = match &job.task {
            Task::Deliver(recipients) => recipients.iter().map(|r| deferred(r, &reply)).collect(),
            Task::Report(_) => Vec::new(),
        };
        let deferred = attempts.len();
        if deferred > 0 {
            self.store.outbox_done(job, attempts).await?;
        }
        Ok(Turn::Tried { kind: job.kind, delivered: 0, deferred, failed: 0 })
    }

    /// Renews the job's lease while the work lasts. That it was lost ends no work: what a next
    /// hop has taken is true, and is written down.
    async fn renewed<T>(&self, job: &OutboxJob, work: impl Future<Output = T>) -> T {
        let third = (self.options.lease / 3).to_std().unwrap_or(self.options.poll);
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(third, &mut work).await {
                Ok(done) => return done,
                Err(_) => match self.store.outbox_renew(job, self.options.lease).await {
                    Ok(true) => {}
                    Ok(false) => tracing::warn!(job = %job.id, "another node has taken this job over"),
                    Err(error) => self.store_away(&error),
                },
            }
        }
    }

    fn store_away(&self, error: &StoreError) {
        tracing::warn!(%error, "the outbox cannot be worked on now");
        (self.options.observer)(Turn::StoreAway);
    }

    async fn deliver(&self, job: &OutboxJob, recipients: &[JobRecipient]) -> Result<Turn, StoreError> {
        let mut message = self.message(job);
        if job.kind == OutboxKind::Release {
            match rescan(self.options.scanner.as_deref(), &message).await {
                Rescanned::Leaves => {}
                Rescanned::LeavesMarked => message = marked_unscanned(&message),
                Rescanned::Recalled(scanner) => {
                    tracing::warn!(job = %job.id, "release.recalled");
                    self.store.recall(job, &scanner, (self.options.told_of_recall)(job)).await?;
                    return Ok(Turn::Recalled);
                }
                Rescanned::Later => {
                    let reply = Reply::new(451, (4, 3, 0), "The scanner is away");
                    let attempts: Vec<Attempt> = recipients.iter().map(|r| deferred(r, &reply)).collect();
                    let deferred = attempts.len();
                    self.note(job, attempts).await?;
                    return Ok(Turn::Tried { kind: job.kind, delivered: 0, deferred, failed: 0 });
                }
            }
        }
        let mut attempts = Vec::with_capacity(recipients.len());
        for (hop, group) in self.by_hop(job, recipients) {
            let Some(hop) = hop else {
                // The operator can still name one within the five days.
                let reply = Reply::new(451, (4, 4, 4), "No next hop is configured for this recipient");
                attempts.extend(group.iter().map(|r| deferred(r, &reply)));
                continue;
            };
            let envelope = Envelope {
                sender: job.sender.clone(),
                parameters: job.parameters.clone(),
                recipients: group.iter().map(|r| r.recipient.clone()).collect(),
            };
            let report = self.client.send(&hop, &envelope, &message).await;
            attempts.extend(fates(&group, &report));
        }
        let count = |wanted: fn(&Attempt) -> bool| attempts.iter().filter(|a| wanted(a)).count();
        let turn = Turn::Tried {
            kind: job.kind,
            delivered: count(|a| matches!(a, Attempt::Delivered { .. })),
            deferred: count(|a| matches!(a, Attempt::Deferred { .. })),
            failed: count(|a| matches!(a, Attempt::Failed { .. })),
        };
        tracing::info!(job = %job.id, kind = job.kind.name(), attempt = job.attempts, ?turn, "outbox");
        self.note(job, attempts).await?;
        Ok(turn)
    }

    /// What a next hop has taken cannot be taken back: its 250 is written down however
    /// long the store is away, or the job would come again and the mail leave twice. A gate
    /// that is closing tries once more and no longer.
    async fn note(&self, job: &OutboxJob, attempts: Vec<Attempt>) -> Result<(), StoreError> {
        loop {
            let closing = self.closing.load(Ordering::SeqCst);
            match self.store.outbox_done(job, attempts.clone()).await {
                Err(error) if error.is_passing() && !closing => self.store_away(&error),
                noted => return noted,
            }
            tokio::time::sleep(self.options.poll).await;
        }
    }

    /// The bytes that leave. The store has done all edits and put the release's id on top;
    /// where it will not come back to us, that is nobody else's business.
    fn message(&self, job: &OutboxJob) -> Bytes {
        match (&job.release, self.options.release_field) {
            (Some(_), ReleaseField::Omit) => without_release(job),
            _ => job.message.clone(),
        }
    }

    /// The recipients by the next hop that serves them, in order of appearance.
    fn by_hop(
        &self,
        job: &OutboxJob,
        recipients: &[JobRecipient],
    ) -> Vec<(Option<Arc<NextHop>>, Vec<JobRecipient>)> {
        let mut groups: Vec<(Option<Arc<NextHop>>, Vec<JobRecipient>)> = Vec::new();
        for one in recipients {
            let hop = match &job.next_hop {
                Some(name) => self.options.hops.iter().find(|hop| hop.name == *name).cloned(),
                None => route(&self.options.hops, one.recipient.address.domain()),
            };
            let name = |hop: &Option<Arc<NextHop>>| hop.as_ref().map(|hop| hop.name.clone());
            match groups.iter_mut().find(|(known, _)| name(known) == name(&hop)) {
                Some((_, group)) => group.push(one.clone()),
                None => groups.push((hop, vec![one.clone()])),
            }
        }
        groups
    }
}

/// The message of a release as its sender may see it: that it waited, and the field by which
/// it is known, are between the gate and its officers (practice.md, A2).
fn without_release(job: &OutboxJob) -> Bytes {
    if job.release.is_none() {
        return job.message.clone();
    }
    let headers = vec![HeaderEdit::Remove { name: RELEASE_HEADER.to_owned(), nth: 1 }];
    Edits { headers, body: Vec::new() }.apply(&job.message)
}

/// `[on-failure] scanner = "deliver-marked"`.
fn marked_unscanned(message: &Bytes) -> Bytes {
    let headers = vec![HeaderEdit::Prepend { name: NOT_SCANNED.to_owned(), value: "yes".to_owned() }];
    Edits { headers, body: Vec::new() }.apply(message)
}

fn deferred(recipient: &JobRecipient, reply: &Reply) -> Attempt {
    Attempt::Deferred { position: recipient.position, reply: reply.clone() }
}

fn fates(group: &[JobRecipient], report: &SendReport) -> Vec<Attempt> {
    let accepted = report.handover.as_ref();
    let relayed = accepted.is_some_and(|handover| handover.dsn() == DsnFate::Relayed);
    let each = group.iter().zip(&report.recipients).map(|(one, fate)| {
        let position = one.position;
        match (fate, accepted) {
            (RecipientFate::Accepted, Some(handover)) => Attempt::Delivered {
                position,
                reply: handover.reply().as_said(),
                relayed: relayed && wants_success(&one.recipient),
            },
            (RecipientFate::Temporary(reply), _) => Attempt::Deferred { position, reply: reply.to_reply() },
            (RecipientFate::Permanent(reply), _) => Attempt::Failed { position, reply: reply.to_reply() },
            // The client gives a handover with every acceptance; without one nothing is sure.
            (RecipientFate::Accepted, None) => {
                deferred(one, &Reply::new(451, (4, 4, 2), "The next hop's answer is missing"))
            }
        }
    });
    each.collect()
}
