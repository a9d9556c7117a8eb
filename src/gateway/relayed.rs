//! "Relayed" reports: a sender who asked to hear of success, and whose message went to a
//! next hop that sends no such reports, hears it from us (RFC 3461 section 5.2.2 b).

use super::Gate;
use crate::{
    effects::{DeliveryReport, ReportedRecipient},
    mail::{ReversePath, Transaction},
    storage::{NewOutbox, ReportAction},
};
use std::sync::PoisonError;

impl Gate {
    /// The report on these recipients (indexes into the envelope); `None` for the null
    /// sender, or when it has had its share of this hour.
    pub(super) fn relayed_report(
        &self,
        transaction: &Transaction,
        recipients: &[usize],
    ) -> Option<NewOutbox> {
        let ReversePath::Mailbox(sender) = &transaction.envelope.sender else { return None };
        let now = (self.clock)();
        if !self.reports_per_hour.lock().unwrap_or_else(PoisonError::into_inner).admit(sender, now) {
            return None;
        }
        let recipients: Vec<ReportedRecipient<'_>> = recipients
            .iter()
            .filter_map(|at| transaction.envelope.recipients.get(*at))
            .map(|recipient| ReportedRecipient {
                recipient,
                action: ReportAction::Relayed,
                reply: None,
                at: now,
            })
            .collect();
        let report = DeliveryReport {
            job: &transaction.id.to_string(),
            to: sender,
            parameters: &transaction.envelope.parameters,
            arrived_at: transaction.received_at,
            recipients: &recipients,
            message: &transaction.raw,
        };
        match self.standing().notices.report(&report, now) {
            Ok(written) => Some(written.outbox(None, None)),
            Err(error) => {
                tracing::error!(transaction = %transaction.id, %error, "report.not-written");
                None
            }
        }
    }
}
