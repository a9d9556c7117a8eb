//! A release that the scanner has stopped: who of the school is asked to look.

use super::Gate;
use crate::{
    mail::{Address, Arrival, Channel, Door, Envelope, Transaction, TransactionId},
    message,
    parties::{self, Matter},
    storage::{OutboxJob, Task},
};

impl Gate {
    /// Lead, deputies, head: those who neither wrote nor got nor were shown it (practice.md, A4).
    pub fn told_of_recall(&self, job: &OutboxJob) -> Vec<Vec<Address>> {
        let standing = self.standing();
        let book = &standing.rulebook;
        let schools = self.seats.schools(&standing);
        let Some(school) = schools.iter().find(|s| Some(&s.id) == job.school.as_ref()) else {
            return Vec::new();
        };
        let recipients = match &job.task {
            Task::Deliver(left) => left.iter().map(|r| r.recipient.clone()).collect(),
            Task::Report(_) => Vec::new(),
        };
        let transaction = Transaction {
            id: TransactionId(0),
            received_at: (self.clock)(),
            channel: Channel::Email,
            arrival: Arrival::unknown(Door::File),
            envelope: Envelope { sender: job.sender.clone(), parameters: Vec::new(), recipients },
            raw: job.message.clone(),
        };
        let read = message::read(&transaction.raw, book.limits.read);
        let parties = parties::resolve(&transaction, &read.header, &book.directory, &book.schools);
        parties::ladder(school, Matter::Concern, &parties, &book.directory)
    }
}
