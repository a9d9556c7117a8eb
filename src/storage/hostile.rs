//! Messages with harsh words, remembered for a while by keyed hashes alone: so that whoever
//! got one and answers it can be asked to pause. Who wrote it, and anybody else, is told
//! nothing by this (practice.md, A2): a pair counts only for the answer to its author.

use super::{
    database::{Sql, micros},
    error::StoreError,
    secrets::Secrets,
    store::Store,
};
use crate::mail::Address;
use chrono::TimeDelta;

/// A message that was found harsh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hostile {
    /// Without its angle brackets.
    pub message_id: String,
    /// From where it came, as its envelope and its header say.
    pub authors: Vec<Address>,
    pub recipients: Vec<Address>,
}

/// An answer: what it answers, from whom, to whom.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    pub message_ids: Vec<String>,
    /// All addresses of whoever answers.
    pub by: Vec<Address>,
    pub to: Vec<Address>,
}

/// An answer comes within weeks, or not at all.
const REMEMBERED: TimeDelta = TimeDelta::days(28);
/// Pairs of one message: what went to the whole school is nobody's to answer.
const MOST_PAIRS: usize = 200;
/// Messages that one answer may name.
const MOST_ANSWERED: usize = 12;

impl Secrets {
    fn hostile(&self, message_id: &str) -> [u8; 32] {
        self.hash("hostile message", &[message_id.as_bytes()])
    }

    fn pair(&self, author: &Address, recipient: &Address) -> [u8; 32] {
        self.hash("hostile pair", &[author.key().as_bytes(), recipient.key().as_bytes()])
    }

    fn pairs(&self, authors: &[Address], recipients: &[Address]) -> Vec<Vec<u8>> {
        let each = authors.iter().flat_map(|author| recipients.iter().map(move |to| (author, to)));
        let others = each.filter(|(author, to)| author.key() != to.key());
        others.take(MOST_PAIRS).map(|(author, to)| self.pair(author, to).to_vec()).collect()
    }
}

impl Store {
    /// Remembers a message, and forgets those whose time is over.
    pub async fn remember_hostile(&self, hostile: &Hostile) -> Result<(), StoreError> {
        let secrets = self.secrets()?;
        let message = secrets.hostile(&hostile.message_id).to_vec();
        let pairs = secrets.pairs(&hostile.authors, &hostile.recipients);
        if pairs.is_empty() {
            return Ok(());
        }
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM hostile WHERE until_at < $1")
                    .bind(micros(tx.now))
                    .execute(&mut tx.conn)
                    .await?;
                let mut sql = Sql::new("INSERT INTO hostile (message_hash, pair_hash, until_at) VALUES ");
                for (n, pair) in pairs.iter().enumerate() {
                    sql.push(if n == 0 { "" } else { ", " });
                    sql.push_row(|row| {
                        row.bind(message.clone()).bind(pair.clone()).bind(micros(tx.now + REMEMBERED));
                    });
                }
                sql.push(" ON CONFLICT (message_hash, pair_hash) DO NOTHING");
                sql.build().execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
    }

    /// Whether it answers such a message: to its author, from somebody who got it.
    pub async fn answers_hostile(&self, answer: &Answered) -> Result<bool, StoreError> {
        let secrets = self.secrets()?;
        let mut sql = Sql::new("SELECT pair_hash FROM hostile WHERE until_at >= ");
        sql.push_bind(micros(self.now())).push(" AND message_hash IN ").push_row(|list| {
            for id in answer.message_ids.iter().take(MOST_ANSWERED) {
                list.bind(secrets.hostile(id).to_vec());
            }
        });
        let found: Vec<Vec<u8>> = sql.build_query_scalar().fetch_all(&self.readers).await?;
        if found.is_empty() {
            return Ok(false);
        }
        // Who answers got it, and answers its author.
        let pairs = secrets.pairs(&answer.to, &answer.by);
        Ok(pairs.iter().any(|pair| found.contains(pair)))
    }
}
