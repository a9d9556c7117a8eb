//! Answers: somebody has looked, decided, or said so; then nobody else is asked.

use crate::storage::{
    database::micros,
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    store::Store,
    writer::Tx,
};
use std::time::Duration;

impl Store {
    /// Alerts that somebody has answered by looking or deciding need no further step.
    pub async fn alerts_settle(&self) -> Result<u64, StoreError> {
        let open: Option<i64> =
            sqlx::query_scalar("SELECT n FROM alert WHERE state IN ('waiting', 'told') LIMIT 1")
                .fetch_optional(&self.readers)
                .await?;
        if open.is_none() {
            return Ok(0);
        }
        self.write(move |tx| Box::pin(async move { tx.settle_alerts().await })).await
    }

    /// Somebody says: I have it.
    pub async fn alert_answer(&self, number: &str, actor: &Actor) -> Result<u64, StoreError> {
        let (number, actor) = (number.to_owned(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let ids: Vec<String> = sqlx::query_scalar(
                    "UPDATE alert SET state = 'answered', answered_at = $1, answered_by = $2
                     WHERE number = $3 AND state IN ('waiting', 'told', 'grouped') RETURNING id",
                )
                .bind(micros(tx.now))
                .bind(&by)
                .bind(&number)
                .fetch_all(&mut tx.conn)
                .await?;
                for id in &ids {
                    tx.append(&by, LedgerEvent::new(Event::AlertAnswered).about(id.as_str())).await?;
                }
                Ok(ids.len() as u64)
            })
        })
        .await
    }

    /// Resolves when this process has made an alert, or `at_most` is over. For one waiter.
    pub async fn alerts_wait(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.shared.alert_wake.notified()).await;
    }

    /// The same for whoever gives the alarm that is no mail.
    pub async fn alarms_wait(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.shared.alarm_wake.notified()).await;
    }
}

impl Tx {
    /// An item that was looked at or decided, an incident that was opened or dismissed. What the gate itself has
    /// sealed was decided by nobody yet: it is looked at in the form in which anybody may (practice.md, A3).
    async fn settle_alerts(&mut self) -> Result<u64, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "UPDATE alert SET state = 'answered', answered_at = $1 WHERE state IN ('waiting', 'told') AND (
                EXISTS (SELECT 1 FROM item i WHERE i.id = alert.item AND i.state NOT IN ('open', 'sealed'))
                OR EXISTS (SELECT 1 FROM ledger l WHERE l.subject = alert.item AND l.actor <> 'gate'
                    AND l.event IN ('item.viewed', 'item.bytes-viewed', 'item.sealed', 'item.sealed-viewed'))
                OR EXISTS (SELECT 1 FROM incident_link k JOIN incident c ON c.id = k.incident
                    WHERE k.target = alert.transaction_id AND c.state IN ('open', 'closed', 'dismissed')))
             RETURNING id",
        )
        .bind(micros(self.now))
        .fetch_all(&mut self.conn)
        .await?;
        for id in &ids {
            self.append("gate", LedgerEvent::new(Event::AlertAnswered).about(id.as_str())).await?;
        }
        Ok(ids.len() as u64)
    }
}
