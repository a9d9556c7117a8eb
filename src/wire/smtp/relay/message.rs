//! DATA: the message is taken in, checked, given to the house, and its fate told.

use super::{
    access::Shown,
    header_from::HeaderFrom,
    onward::RelayOnward,
    receive::{Received, Terms, first_step, no_memory, receive},
    session::{Session, Step, bad_sequence},
    state::{Addressed, MailGiven, Ready, State, Way},
    trace::count_pass,
};
use crate::{
    config::NextHop,
    mail::{Channel, Envelope, Outcome, Recipient, Reply, Transaction, TransactionId},
    wire::smtp::hop::HopTransaction,
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tokio::time::timeout;

/// A transaction whose recipients are complete.
struct Complete {
    given: MailGiven,
    way: (Arc<NextHop>, HopTransaction),
    recipients: Vec<Recipient>,
}

/// What the client is told at the end of data.
enum Verdict {
    Accepted(TransactionId),
    Told(Reply),
}

fn ours() -> Reply {
    Reply::new(451, (4, 3, 0), "Internal fault, try again later")
}

impl Session {
    pub(super) async fn data(&mut self, state: State) -> Step {
        // Whatever follows DATA before our 354 was not sent as an answer to it: no reading of
        // it is safe (RFC 5321 section 4.1.1.4, RFC 2920 section 3.1).
        if self.talk.is_hasty() {
            self.talk.say(&Reply::new(554, (5, 5, 0), "Bytes before 354, closing"));
            self.hand_back(state);
            return Step::End;
        }
        let addressed = match state {
            State::Addressed(addressed) => *addressed,
            State::MailGiven(_) => return self.refuse(state, &bad_sequence("RCPT first")).await,
            State::Greeted | State::Ready(_) => return self.refuse(state, &bad_sequence("MAIL first")).await,
        };
        match addressed {
            Addressed { given, hop, way: Way::Open(open), recipients } if !recipients.is_empty() => {
                let ready = given.ready.clone();
                self.message(Complete { given, way: (hop, open), recipients }, ready).await
            }
            nobody => self.refuse(nobody.into(), &Reply::new(554, (5, 5, 1), "No valid recipients")).await,
        }
    }

    async fn message(&mut self, complete: Complete, ready: Ready) -> Step {
        let own = self.services.limits.message_bytes as u64;
        let limit = ready.offered().largest().unwrap_or(own).min(own);
        let first = first_step(complete.given.meaning.size, limit);
        let mut reservation = self.services.memory.open();
        if reservation.reach(first).await.is_err() {
            return self.told(&no_memory(), complete.way, ready);
        }
        self.talk.plain(354, &["End data with <CR><LF>.<CR><LF>".to_owned()]);
        if self.talk.flush().await.is_err() {
            return Step::End;
        }
        let terms = Terms {
            limit,
            reserved: first,
            bare_newline: self.services.bare_newline,
            idle: self.services.limits.idle,
        };
        let raw = match receive(&mut self.talk.wire, terms, &mut reservation).await {
            Received::Message(raw) => raw,
            Received::Refused(reply) => return self.told(&reply, complete.way, ready),
            Received::Endless(reply) => {
                self.services.client.abandon(&complete.way.0, complete.way.1);
                self.talk.say(&reply);
                return Step::End;
            }
            Received::Gone => {
                self.services.client.abandon(&complete.way.0, complete.way.1);
                return Step::End;
            }
        };
        let id = (self.services.ids)();
        let verdict = self.decide(id, complete, raw).await;
        self.peer.forget_forwarded();
        self.tell(verdict, ready).await
    }

    /// A message that was not given to the house.
    fn told(&mut self, verdict: &Reply, way: (Arc<NextHop>, HopTransaction), ready: Ready) -> Step {
        self.services.client.abandon(&way.0, way.1);
        self.peer.forget_forwarded();
        self.talk.say(verdict);
        Step::Go(State::Ready(ready))
    }

    async fn tell(&mut self, verdict: Verdict, ready: Ready) -> Step {
        let written = match verdict {
            Verdict::Accepted(id) => {
                self.was_useful();
                self.talk.say(&Reply::new(250, (2, 0, 0), format!("Accepted as {id}")));
                self.talk.confirm(id).await
            }
            Verdict::Told(reply) => {
                self.talk.say(&reply);
                self.talk.flush().await
            }
        };
        if written.is_err() { Step::End } else { Step::Go(State::Ready(ready)) }
    }

    /// Protocol duties first, whatever the mode; then the house.
    async fn decide(&self, id: TransactionId, complete: Complete, mut raw: Vec<u8>) -> Verdict {
        let services = &self.services;
        let Complete { given, way, recipients } = complete;
        let protocol = given.protocol();
        let tenants = services.tenants.take(&mut raw);
        let pass = count_pass(&raw, services.max_received);
        let open = RelayOnward::new(Arc::clone(services), way, protocol, *pass.as_ref().unwrap_or(&0));
        let envelope = Envelope { sender: given.sender, parameters: given.words, recipients };
        let checked = pass.and_then(|_| open.takes(&raw)).and_then(|()| {
            let header_from = HeaderFrom::read(&raw);
            let login = self.peer.login();
            let shown = Shown { tenants: &tenants, header_from: &header_from, login: login.as_deref() };
            let entry = self.peer.entry().ok_or_else(super::access::denied)?;
            entry.admit(&envelope, &shown)
        });
        let proof = match checked {
            Ok(proof) => proof,
            Err(refusal) => return Verdict::Told(refusal),
        };
        let mut arrival = self.peer.arrival(given.ready.helo.as_deref());
        arrival.proof = proof;
        let transaction = Transaction {
            id,
            received_at: (services.now)(),
            channel: Channel::Email,
            arrival,
            envelope,
            raw: raw.into(),
        };
        self.ask_house(transaction, open).await
    }

    /// The house's answer, or 451 when it fails to give one in time or breaks.
    async fn ask_house(&self, transaction: Transaction, mut open: RelayOnward) -> Verdict {
        let id = transaction.id;
        let house = &self.services.house;
        let work = AssertUnwindSafe(async { house.handle(transaction, &mut open).await }).catch_unwind();
        // The house keeps the deadline itself; a tenth later we answer for it.
        let deadline = self.services.limits.deadline;
        match timeout(deadline + deadline / 10, work).await {
            Ok(Ok(outcome)) => verdict(id, outcome),
            Ok(Err(_)) => {
                tracing::error!(%id, "relay: the house broke on a message; deferred");
                Verdict::Told(ours())
            }
            Err(_) => {
                tracing::error!(%id, "relay: the house gave no answer in time; deferred");
                Verdict::Told(Reply::new(451, (4, 3, 0), "No decision in time, try again later"))
            }
        }
    }
}

/// The one table from outcome to reply. No receipt for this transaction, no 250; a reply of
/// the wrong class would say the opposite of what was decided, so it becomes a deferral.
fn verdict(id: TransactionId, outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Accepted(receipt) if receipt.transaction() == id => Verdict::Accepted(id),
        Outcome::Refused(reply) if (500..600).contains(&reply.code) => Verdict::Told(reply),
        Outcome::Deferred(reply) if reply.is_temporary() => Verdict::Told(reply),
        _ => Verdict::Told(ours()),
    }
}
