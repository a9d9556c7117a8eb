//! Quarantine that has waited too long: which office has heard of which item. Each hears once,
//! whichever node tells.

use crate::{
    mail::SchoolId,
    storage::{
        database::{Sql, micros},
        error::StoreError,
        ledger::{Event, LedgerEvent},
        names::ItemId,
        outbox::NewOutbox,
        store::Store,
        writer::Tx,
    },
};
use std::collections::HashSet;

/// One item that one step of its ladder hears of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueTold {
    pub item: ItemId,
    /// A stable name.
    pub rung: &'static str,
    /// How many are told; none when everyone is a party.
    pub people: usize,
}

/// Rows in one statement.
const AT_ONCE: usize = 200;

impl Store {
    /// Of these items, which rungs have heard.
    pub async fn overdue_told(&self, items: &[ItemId]) -> Result<HashSet<(ItemId, String)>, StoreError> {
        let mut told = HashSet::new();
        for some in items.chunks(AT_ONCE) {
            let mut sql = Sql::new("SELECT item, rung FROM overdue_told WHERE item IN ");
            sql.push_row(|list| {
                some.iter().for_each(|item| {
                    list.bind(item.to_string());
                });
            });
            let rows: Vec<(String, String)> = sql.build_query_as().fetch_all(&self.readers).await?;
            told.extend(rows.into_iter().map(|(item, rung)| (ItemId::stored(item), rung)));
        }
        Ok(told)
    }

    /// That they are told, with the mail that tells them; `false` when another node was quicker
    /// with one of them, and then nothing is written.
    pub async fn tell_overdue(
        &self,
        school: &SchoolId,
        told: Vec<OverdueTold>,
        mail: Vec<NewOutbox>,
    ) -> Result<bool, StoreError> {
        let school = school.clone();
        self.write_mail(mail, move |tx| {
            Box::pin(async move {
                if tx.one_was_told(&told).await? {
                    return Ok(false);
                }
                for one in told {
                    sqlx::query("INSERT INTO overdue_told (item, rung, at) VALUES ($1, $2, $3)")
                        .bind(one.item.as_str())
                        .bind(one.rung)
                        .bind(micros(tx.now))
                        .execute(&mut tx.conn)
                        .await?;
                    let event = LedgerEvent::new(Event::ItemOverdue)
                        .school(&school)
                        .about(one.item.as_str())
                        .with("for", one.rung)
                        .with("people", one.people);
                    tx.append("gate", event).await?;
                }
                Ok(true)
            })
        })
        .await
    }
}

impl Tx {
    async fn one_was_told(&mut self, told: &[OverdueTold]) -> Result<bool, StoreError> {
        for one in told {
            let found: Option<i64> =
                sqlx::query_scalar("SELECT at FROM overdue_told WHERE item = $1 AND rung = $2")
                    .bind(one.item.as_str())
                    .bind(one.rung)
                    .fetch_optional(&mut self.conn)
                    .await?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
