//! What is written when a job is over for some recipients: a report to the sender who asked for
//! it (RFC 3464), or a word to the postmaster where there is no sender to write to.

use super::{Delivery, Turn, without_release};
use crate::{
    effects::notices::{DeliveryReport, ReportedRecipient, Written, wants_failure, wants_success},
    mail::{Address, Reply, ReversePath},
    storage::{Actor, DueReport, Event, LedgerEvent, NewOutbox, OutboxJob, ReportAction, StoreError},
};

impl Delivery {
    pub(super) async fn report(&self, job: &OutboxJob, due: &[DueReport]) -> Result<Turn, StoreError> {
        let written = match &job.sender {
            ReversePath::Mailbox(sender) => self.report_to_sender(job, sender, due),
            ReversePath::Null => self.report_to_postmaster(job, due),
        };
        let count = written.len();
        self.store.outbox_reported(job, written).await?;
        if count > 0 && job.sender == ReversePath::Null {
            let mut event = LedgerEvent::new(Event::PostmasterTold).about(job.id.as_str());
            event.school.clone_from(&job.school);
            self.store.ledger(&Actor::Gate, event).await?;
        }
        Ok(Turn::Reported { written: count })
    }

    /// RFC 3464 to the sender, for those recipients whose NOTIFY asks for it.
    fn report_to_sender(&self, job: &OutboxJob, sender: &Address, due: &[DueReport]) -> Vec<NewOutbox> {
        let wanted = |due: &&DueReport| match due.action {
            ReportAction::Failed => wants_failure(&due.recipient),
            ReportAction::Relayed => wants_success(&due.recipient),
        };
        let recipients: Vec<ReportedRecipient<'_>> = due
            .iter()
            .filter(wanted)
            .map(|due| ReportedRecipient {
                recipient: &due.recipient,
                action: due.action,
                reply: due.reply.as_ref(),
                at: due.at,
            })
            .collect();
        if recipients.is_empty() {
            return Vec::new();
        }
        let report = DeliveryReport {
            job: job.id.as_str(),
            to: sender,
            parameters: &job.parameters,
            arrived_at: job.created_at,
            recipients: &recipients,
            message: &without_release(job),
        };
        let written = self.options.notices.report(&report, (self.options.clock)());
        self.queued(job, written.map_err(|e| e.to_string()))
    }

    /// A null sender is never written to: its school's postmaster is, by codes alone; but
    /// not of a failure to reach the postmaster.
    fn report_to_postmaster(&self, job: &OutboxJob, due: &[DueReport]) -> Vec<NewOutbox> {
        let Some(postmaster) = job.school.as_ref().and_then(|school| self.options.postmasters.get(school))
        else {
            tracing::error!(job = %job.id, "undeliverable mail of the gate, and no postmaster to tell");
            return Vec::new();
        };
        let failures: Vec<(usize, String)> = due
            .iter()
            .filter(|d| d.action == ReportAction::Failed && d.recipient.address != *postmaster)
            .map(|d| (d.position, d.reply.as_ref().map_or("no answer".to_owned(), status)))
            .collect();
        if failures.is_empty() {
            tracing::error!(job = %job.id, "the postmaster cannot be reached");
            return Vec::new();
        }
        let written =
            self.options.notices.postmaster(postmaster, job.id.as_str(), &failures, (self.options.clock)());
        self.queued(job, written.map_err(|e| e.to_string()))
    }

    fn queued(&self, job: &OutboxJob, written: Result<Written, String>) -> Vec<NewOutbox> {
        match written {
            Ok(written) => vec![written.outbox(job.school.clone(), None)],
            Err(fault) => {
                tracing::error!(job = %job.id, fault, "a report could not be written");
                Vec::new()
            }
        }
    }
}

/// Code and enhanced code, without the next hop's words, which may quote an address.
fn status(reply: &Reply) -> String {
    let (class, subject, detail) = reply.enhanced;
    format!("{} {class}.{subject}.{detail}", reply.code)
}
