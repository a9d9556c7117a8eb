//! One message's way to the house and back. The house decides in a task of its own, so
//! that neither a panic nor a computation without end in there takes the connection, or
//! the mail, with it: both defer.

use super::{
    answer::{self, Answer},
    collect::Collected,
    negotiate::LeadingSpace,
    onward::MilterOnward,
    server::MilterService,
};
use crate::mail::{Arrival, Channel, Transaction, TransactionId};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// Asks the house; always answers, within the deadline and a quarter of it.
pub(super) async fn decide(
    service: &MilterService,
    id: TransactionId,
    arrival: Arrival,
    collected: Collected,
    space: LeadingSpace,
) -> Answer {
    let Collected { envelope, raw, as_given, memory } = collected;
    let queue_id = arrival.queue_id.clone();
    let mut onward = MilterOnward { transaction: id, queue_id, space, as_given, passed: None };
    let received_at = (service.now)();
    let transaction = Transaction { id, received_at, channel: Channel::Email, arrival, envelope, raw };
    let house = Arc::clone(&service.house);
    let mut deciding = tokio::spawn(async move {
        // Given back only when the house has let go of the message.
        let _memory = memory;
        let outcome = house.handle(transaction, &mut onward).await;
        (outcome, onward.passed)
    });
    match timeout(last_resort(service.limits.deadline), &mut deciding).await {
        Ok(Ok((outcome, passed))) => answer::of(outcome, passed, id),
        Ok(Err(_)) => {
            tracing::error!(transaction = %id, "the decision on a message broke off; deferred");
            Answer::Reply(answer::internal())
        }
        Err(_) => {
            deciding.abort();
            tracing::error!(transaction = %id, "no decision on a message in time; deferred");
            Answer::Reply(answer::internal())
        }
    }
}

/// The house answers within the deadline; this is for when it does not.
/// `milter_content_timeout` of the MTA has to lie above it.
fn last_resort(deadline: Duration) -> Duration {
    deadline + deadline / 4
}
