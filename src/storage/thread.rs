//! What messages of a conversation carried, remembered for some days by keyed hashes alone: so that a password
//! that follows its file in the same conversation, or goes before it, is known for what it is. There is a row only
//! of messages with a protected file or a password.

use super::{
    database::{Sql, micros},
    error::StoreError,
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::mail::{Address, Carried};
use chrono::TimeDelta;

/// A message of which something is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrying {
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// Messages that it answers.
    pub answers: Vec<String>,
    /// Who wrote it, who gets it.
    pub people: Vec<Address>,
    pub what: Vec<Carried>,
}

/// A message about whose conversation is asked.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    pub answers: Vec<String>,
    /// All addresses of whoever writes.
    pub by: Vec<Address>,
    pub to: Vec<Address>,
}

/// A password follows its file within days.
const REMEMBERED: TimeDelta = TimeDelta::days(14);
/// Messages of one conversation that are remembered or asked for: its first, and the last ones.
const MOST_LINKS: usize = 12;
/// People of one message: a file for the whole school is no conversation.
const MOST_PEOPLE: usize = 40;
/// Rows that are looked at for one message.
const MOST_ROWS: i64 = 5_000;

impl Secrets {
    fn thread(&self, message_id: &str) -> Vec<u8> {
        self.hash("thread", &[message_id.as_bytes()]).to_vec()
    }

    /// Of a person in this conversation: the same person in another has another hash.
    fn in_thread(&self, thread: &[u8], person: &Address) -> Vec<u8> {
        self.hash("thread person", &[thread, person.key().as_bytes()]).to_vec()
    }

    fn threads<'a>(&self, own: Option<&'a String>, answers: &'a [String]) -> Vec<Vec<u8>> {
        let (first, last) = answers.split_at(answers.len().min(MOST_LINKS / 2));
        let last = last.get(last.len().saturating_sub(MOST_LINKS / 2)..).unwrap_or_default();
        let mut threads: Vec<_> =
            own.into_iter().chain(first).chain(last).map(|id| self.thread(id)).collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }
}

impl Carried {
    fn number(self) -> i64 {
        match self {
            Self::ProtectedFile => 0,
            Self::Password => 1,
        }
    }
}

impl Store {
    /// Remembers a message, and forgets those whose time is over.
    pub async fn remember_thread(&self, carrying: &Carrying) -> Result<(), StoreError> {
        let secrets = self.secrets()?;
        let mut rows: Vec<(Vec<u8>, Vec<u8>, i64)> = Vec::new();
        for thread in secrets.threads(carrying.message_id.as_ref(), &carrying.answers) {
            for person in carrying.people.iter().take(MOST_PEOPLE) {
                let person = secrets.in_thread(&thread, person);
                rows.extend(carrying.what.iter().map(|what| (thread.clone(), person.clone(), what.number())));
            }
        }
        // One address may stand there twice, and a statement may not change a row twice.
        rows.sort_unstable();
        rows.dedup();
        if rows.is_empty() {
            return Ok(());
        }
        self.write(move |tx| {
            Box::pin(async move {
                forget(tx).await?;
                let mut sql = Sql::new(
                    "INSERT INTO thread_carried (thread_hash, person_hash, carried, until_at) VALUES ",
                );
                for (n, (thread, person, carried)) in rows.iter().enumerate() {
                    sql.push(if n == 0 { "" } else { ", " });
                    sql.push_row(|row| {
                        row.bind(thread.clone()).bind(person.clone()).bind(*carried);
                        row.bind(micros(tx.now + REMEMBERED));
                    });
                }
                sql.push(" ON CONFLICT (thread_hash, person_hash, carried) DO UPDATE SET until_at = excluded.until_at");
                sql.build().execute(&mut tx.conn).await?;
                Ok(())
            })
        })
        .await
    }

    /// What earlier messages of the conversation carried, of which whoever writes now and somebody else who gets
    /// this one were writers or readers.
    pub async fn thread_carried(&self, asked: &Thread) -> Result<Vec<Carried>, StoreError> {
        if asked.answers.is_empty() {
            return Ok(Vec::new());
        }
        let secrets = self.secrets()?;
        let threads = secrets.threads(None, &asked.answers);
        let mut sql =
            Sql::new("SELECT thread_hash, person_hash, carried FROM thread_carried WHERE until_at >= ");
        sql.push_bind(micros(self.now())).push(" AND thread_hash IN ").push_list(&threads);
        sql.push(" LIMIT ").push_bind(MOST_ROWS);
        let rows: Vec<(Vec<u8>, Vec<u8>, i64)> = sql.build_query_as().fetch_all(&self.readers).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let to: Vec<&Address> =
            asked.to.iter().filter(|to| !asked.by.iter().any(|by| by.key() == to.key())).collect();
        let known = |thread: &Vec<u8>, what: Carried, person: &Address| {
            let person = secrets.in_thread(thread, person);
            rows.iter().any(|(t, p, c)| t == thread && *p == person && *c == what.number())
        };
        let carried = |what: &Carried| {
            threads.iter().any(|thread| {
                asked.by.iter().any(|by| known(thread, *what, by))
                    && to.iter().take(MOST_PEOPLE).any(|to| known(thread, *what, to))
            })
        };
        Ok([Carried::ProtectedFile, Carried::Password].into_iter().filter(carried).collect())
    }

    /// Forgets what is over, also when nothing new comes.
    pub(super) async fn forget_threads(&self) -> Result<(), StoreError> {
        let over = "SELECT until_at FROM thread_carried WHERE until_at < $1 LIMIT 1";
        let over: Option<i64> =
            sqlx::query_scalar(over).bind(micros(self.now())).fetch_optional(&self.readers).await?;
        if over.is_none() {
            return Ok(());
        }
        self.write(move |tx| Box::pin(forget(tx))).await
    }
}

async fn forget(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM thread_carried WHERE until_at < $1")
        .bind(micros(tx.now))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}
