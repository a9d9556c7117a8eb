//! What names a thing beside its own row goes with it, in the same commit: whom it concerned, what
//! it was about, first words, lifted legal holds, alerts, and the words in which people gave
//! reasons. The ledger keeps its rows and the keyed hash of each reason.
//!
//! Whom a transaction concerns is asked for by everything that it brought (`concerned`); that
//! goes with the last of them.

use super::{
    database::Sql,
    error::StoreError,
    ledger::Event,
    names::{BreachId, IncidentId, ItemId, RecordId},
    writer::Tx,
};

/// What goes.
#[derive(Clone, Copy)]
pub(super) enum Forgotten<'a> {
    Item(&'a ItemId),
    Record(&'a RecordId),
    Incident(&'a IncidentId),
    Breach(&'a BreachId),
}

impl Forgotten<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Item(_) => "item",
            Self::Record(_) => "record",
            Self::Incident(_) => "incident",
            Self::Breach(_) => "breach",
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Item(id) => id.as_str(),
            Self::Record(id) => id.as_str(),
            Self::Incident(id) => id.as_str(),
            Self::Breach(id) => id.as_str(),
        }
    }
}

impl Tx {
    /// The caller has taken away its own rows, or marked them as purged.
    pub(super) async fn forget(&mut self, what: Forgotten<'_>, transaction: &str) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM concerned WHERE subject = $1",
            "DELETE FROM matter WHERE subject = $1",
            "DELETE FROM first_of_two WHERE subject = $1",
            "DELETE FROM alert_told WHERE alert IN (SELECT id FROM alert WHERE item = $1)",
            "DELETE FROM alert WHERE item = $1",
            "DELETE FROM overdue_told WHERE item = $1",
        ] {
            sqlx::query(statement).bind(what.id()).execute(&mut self.conn).await?;
        }
        sqlx::query("DELETE FROM legal_hold WHERE kind = $1 AND subject = $2")
            .bind(what.kind())
            .bind(what.id())
            .execute(&mut self.conn)
            .await?;
        self.forget_reasons(what.id()).await?;
        self.forget_concerned(transaction).await
    }

    /// A row of the message log goes: alerts about a message that was delivered go with it.
    pub(super) async fn forget_message(&mut self, transaction: &str) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM alert_told WHERE alert IN
                 (SELECT id FROM alert WHERE transaction_id = $1 AND item IS NULL)",
            "DELETE FROM alert WHERE transaction_id = $1 AND item IS NULL",
            "DELETE FROM message WHERE transaction_id = $1",
        ] {
            sqlx::query(statement).bind(transaction).execute(&mut self.conn).await?;
        }
        self.forget_concerned(transaction).await
    }

    /// Unless something is left from which its parties must be kept away.
    pub(super) async fn forget_concerned(&mut self, transaction: &str) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM concerned WHERE subject = $1
             AND NOT EXISTS (SELECT 1 FROM message m WHERE m.transaction_id = $1)
             AND NOT EXISTS (SELECT 1 FROM item i WHERE i.transaction_id = $1
                 AND i.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM record r WHERE r.transaction_id = $1
                 AND r.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM breach b WHERE b.transaction_id = $1 AND b.state <> 'purged')
             AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
                 WHERE c.state <> 'dropped' AND (l.target = $1
                 OR l.target IN (SELECT i.id FROM item i WHERE i.transaction_id = $1)
                 OR l.target IN (SELECT r.id FROM record r WHERE r.transaction_id = $1)))",
        )
        .bind(transaction)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    /// The words of all reasons about it, but those on which the police's word rests.
    async fn forget_reasons(&mut self, subject: &str) -> Result<(), StoreError> {
        let kept = Event::PoliceInstructed.name();
        sqlx::query(
            "DELETE FROM ledger_reason WHERE n IN (SELECT n FROM ledger WHERE subject = $1 AND event <> $2)",
        )
        .bind(subject)
        .bind(kept)
        .execute(&mut self.conn)
        .await?;
        // Rows of this very commit are not in the table yet.
        let waiting: Vec<i64> = self
            .rows
            .iter()
            .filter(|r| r.subject.as_deref() == Some(subject) && r.event != kept)
            .map(|r| r.n)
            .collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("DELETE FROM ledger_reason WHERE n IN ");
        sql.push_row(|list| {
            for n in waiting {
                list.bind(n);
            }
        });
        sql.build().execute(&mut self.conn).await?;
        Ok(())
    }
}
