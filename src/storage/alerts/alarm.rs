//! The alarm that is no mail: due once for each urgent alert, and given by one node at a time,
//! which has it under a lease.

use super::due::{DueAlert, MOST, Row};
use crate::storage::{
    database::micros,
    error::StoreError,
    ledger::{Event, LedgerEvent},
    names::AlertId,
    store::Store,
};
use chrono::TimeDelta;

impl Store {
    /// Urgent alerts for which the alarm has not gone off yet, oldest first, and that no node has
    /// at hand.
    pub async fn alarms_due(&self) -> Result<Vec<DueAlert>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state IN ('waiting', 'told') AND urgency = 'urgent' AND alarmed_at IS NULL
             AND (alarm_until IS NULL OR alarm_until <= $1) ORDER BY n LIMIT $2",
        )
        .bind(micros(self.now()))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        // It says nothing that is sealed, so that one of which nobody can be told by mail still goes off.
        let alarms = rows.into_iter().filter_map(|row| {
            let alarm = row.with(Vec::new());
            alarm.inspect_err(|error| tracing::error!(%error, "alert.unreadable: no alarm")).ok()
        });
        Ok(alarms.collect())
    }

    /// Takes one alarm for so long; `false` when another node was quicker.
    pub async fn alarm_take(&self, alert: &AlertId, lease: TimeDelta) -> Result<bool, StoreError> {
        let alert = alert.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let taken = sqlx::query(
                    "UPDATE alert SET alarm_until = $1 WHERE id = $2 AND alarmed_at IS NULL
                     AND state IN ('waiting', 'told') AND (alarm_until IS NULL OR alarm_until <= $3)",
                )
                .bind(micros(tx.now + lease))
                .bind(alert.as_str())
                .bind(micros(tx.now))
                .execute(&mut tx.conn)
                .await?;
                Ok(taken.rows_affected() == 1)
            })
        })
        .await
    }

    /// The alarm that was taken was given by so many ways; by none, it is due again.
    pub async fn alarmed(&self, alert: &AlertId, ways: i64) -> Result<(), StoreError> {
        let alert = alert.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let given_at = (ways > 0).then(|| micros(tx.now));
                sqlx::query("UPDATE alert SET alarmed_at = $1, alarm_until = NULL WHERE id = $2")
                    .bind(given_at)
                    .bind(alert.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                if ways > 0 {
                    let event = LedgerEvent::new(Event::AlarmGiven).about(alert.as_str()).with("ways", ways);
                    tx.append("gate", event).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
