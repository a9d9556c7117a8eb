//! Knowing a client's retry, so that what is kept already is not kept twice.

use super::{
    database::micros,
    error::StoreError,
    jobs::Standing,
    keep::{Provisional, Written},
    ledger::{Event, LedgerEvent},
    names::{ItemId, OutboxId, RecordId},
    objects::sha256,
    store::Store,
    writer::Tx,
};
use crate::mail::{Address, Envelope, TransactionId, fields, header_end};
use bytes::Bytes;

/// Keyed hash of sender, one recipient, and the message without its trace fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RetryKey(pub(super) [u8; 32]);

impl std::fmt::Debug for RetryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RetryKey(..)")
    }
}

/// A recipient for whom this very message is kept already, while our 250 may not have
/// reached the client. Records of the earlier keep come along: do not record again.
#[derive(Clone, Debug)]
pub struct RetryMatch {
    /// Index into the keys that were asked for.
    pub key: usize,
    pub transaction: TransactionId,
    pub what: Retried,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    Item(ItemId),
    /// A part that leaves through the outbox.
    Part(OutboxId),
}

/// Fields that MTAs put on top; a retry may carry others (RFC 5321 section 4.4,
/// RFC 8601, RFC 6376, RFC 8617).
const TRACE: [&str; 7] = [
    "received",
    "received-spf",
    "return-path",
    "delivered-to",
    "x-original-to",
    "dkim-signature",
    "authentication-results",
];

/// Where the message begins once the trace fields on top of it are left out.
fn after_trace(raw: &[u8]) -> usize {
    let (header, _) = raw.split_at_checked(header_end(raw)).unwrap_or((raw, &[]));
    let is_trace = |name: &str| {
        let name = name.to_ascii_lowercase();
        TRACE.contains(&name.as_str()) || name.starts_with("arc-") || name.starts_with("x-gatehouse")
    };
    fields(header).take_while(|(name, _)| is_trace(name)).map(|(_, bytes)| bytes.len()).sum()
}

impl Store {
    /// One key for each recipient of the envelope, in order.
    pub async fn retry_keys(&self, envelope: &Envelope, raw: &Bytes) -> Result<Vec<RetryKey>, StoreError> {
        let secrets = self.secrets()?;
        let digest = sha256(&raw.slice(after_trace(raw)..)).await;
        let sender = envelope.sender.address().map_or("", Address::key).as_bytes();
        let key = |to: &Address| RetryKey(secrets.hash("retry", &[sender, to.key().as_bytes(), &digest]));
        Ok(envelope.recipients.iter().map(|r| key(&r.address)).collect())
    }

    /// For which of these keys the message is kept already.
    pub async fn find_retry(&self, keys: &[RetryKey]) -> Result<Vec<RetryMatch>, StoreError> {
        let since = micros(self.now() - self.shared.timing.retry_window);
        let mut found = Vec::new();
        for (key, hash) in keys.iter().enumerate() {
            let row: Option<(String, Option<String>, Option<String>)> = sqlx::query_as(
                "SELECT settles_with, item, outbox FROM retry_key
                 WHERE retry_key = $1 AND (confirmed_at IS NULL OR confirmed_at > $2)
                 ORDER BY kept_at DESC LIMIT 1",
            )
            .bind(&hash.0[..])
            .bind(since)
            .fetch_optional(&self.readers)
            .await?;
            let Some((transaction, item, outbox)) = row else { continue };
            let what = match (item, outbox) {
                (Some(item), _) => Retried::Item(ItemId::stored(item)),
                (None, Some(outbox)) => Retried::Part(OutboxId::stored(outbox)),
                (None, None) => continue,
            };
            let transaction = transaction
                .parse()
                .map_err(|_| StoreError::Damaged("a retry key names no transaction".into()))?;
            found.push(RetryMatch { key, transaction, what });
        }
        Ok(found)
    }

    /// Other recipients of the retry are still to be passed: its reply settles what was
    /// kept by the earlier transaction (what was confirmed before stays confirmed).
    pub async fn adopt_provisionally(
        &self,
        retry: TransactionId,
        found: &[RetryMatch],
    ) -> Result<Provisional, StoreError> {
        self.take_over(retry, found).await.map(Written::provisional)
    }

    /// From now on the retry's reply settles what these matches speak of.
    pub(super) async fn take_over(
        &self,
        retry: TransactionId,
        found: &[RetryMatch],
    ) -> Result<Written, StoreError> {
        let found = found.to_vec();
        self.write(move |tx| Box::pin(async move { take_over(tx, retry, found).await })).await
    }

    /// The client has our 250: from now on a repeat is a new message. Cheap when nothing
    /// was kept of that transaction.
    pub async fn reply_seen(&self, transaction: TransactionId) -> Result<(), StoreError> {
        let transaction = transaction.to_string();
        let known: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM retry_key WHERE settles_with = $1 LIMIT 1")
                .bind(&transaction)
                .fetch_optional(&self.readers)
                .await?;
        if known.is_none() {
            return Ok(());
        }
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM retry_key WHERE settles_with = $1 AND confirmed_at IS NOT NULL")
                    .bind(transaction)
                    .execute(&mut tx.conn)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

async fn take_over(tx: &mut Tx, retry: TransactionId, found: Vec<RetryMatch>) -> Result<Written, StoreError> {
    let new = retry.to_string();
    let mut written =
        Written { transaction: retry, items: Vec::new(), outbox: Vec::new(), records: Vec::new() };
    let mut earlier: Vec<String> = Vec::new();
    for RetryMatch { transaction, what, .. } in found {
        let old = transaction.to_string();
        match what {
            Retried::Item(id) if !written.items.contains(&id) => {
                tx.take_item(&id, &old, &new).await?;
                written.outbox.extend(tx.take_jobs_of(&id, &old, &new).await?);
                tx.append("gate", LedgerEvent::new(Event::ItemRetried).transaction(retry).about(id.as_str()))
                    .await?;
                written.items.push(id);
            }
            Retried::Part(id) if !written.outbox.contains(&id) => {
                tx.take_part(&id, &old, &new).await?;
                written.outbox.push(id);
            }
            _ => {}
        }
        if !earlier.contains(&old) {
            earlier.push(old);
        }
    }
    for old in earlier {
        tx.take_proposals(&old, &new).await?;
        tx.take_alerts(&old, &new).await?;
        let (outbox, records) = tx.take_rest(&old, &new).await?;
        written.outbox.extend(outbox);
        written.records.extend(records);
    }
    Ok(written)
}

impl Tx {
    pub(super) async fn insert_retry_keys(
        &mut self,
        keys: &[RetryKey],
        standing: Standing,
        item: Option<&ItemId>,
        outbox: Option<&OutboxId>,
    ) -> Result<(), StoreError> {
        let Some(transaction) = standing.transaction() else { return Ok(()) };
        let confirmed_at = matches!(standing, Standing::Final(_)).then_some(micros(self.now));
        let since = micros(self.now - self.shared.timing.retry_window);
        for key in keys {
            // Another connection, perhaps another node's, has kept it since we looked.
            let quicker: Option<i64> = sqlx::query_scalar(
                "SELECT 1 FROM retry_key WHERE retry_key = $1 AND settles_with <> $2
                 AND (confirmed_at IS NULL OR confirmed_at > $3) LIMIT 1",
            )
            .bind(&key.0[..])
            .bind(transaction.to_string())
            .bind(since)
            .fetch_optional(&mut self.conn)
            .await?;
            if quicker.is_some() {
                return Err(StoreError::KeptMeanwhile);
            }
            sqlx::query(
                "INSERT INTO retry_key (retry_key, settles_with, item, outbox, kept_at, confirmed_at)
                 VALUES ($1,$2,$3,$4,$5,$6)",
            )
            .bind(&key.0[..])
            .bind(transaction.to_string())
            .bind(item.map(ItemId::as_str))
            .bind(outbox.map(OutboxId::as_str))
            .bind(micros(self.now))
            .bind(confirmed_at)
            .execute(&mut self.conn)
            .await?;
        }
        Ok(())
    }

    /// An item that was decided meanwhile is no longer there for a retry.
    async fn take_item(&mut self, id: &ItemId, old: &str, new: &str) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "UPDATE item SET settles_with = $1
             WHERE id = $2 AND settles_with = $3 AND (state IN ('provisional', 'open')
                 OR (kind = 'grace' AND state IN ('releasing', 'released')))",
        )
        .bind(new)
        .bind(id.as_str())
        .bind(old)
        .execute(&mut self.conn)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "open item", id: id.to_string() });
        }
        sqlx::query("UPDATE retry_key SET settles_with = $1 WHERE item = $2")
            .bind(new)
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    async fn take_part(&mut self, id: &OutboxId, old: &str, new: &str) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "UPDATE outbox SET settles_with = $1
             WHERE id = $2 AND settles_with = $3 AND state <> 'dropped'",
        )
        .bind(new)
        .bind(id.as_str())
        .bind(old)
        .execute(&mut self.conn)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "job", id: id.to_string() });
        }
        sqlx::query("UPDATE retry_key SET settles_with = $1 WHERE outbox = $2")
            .bind(new)
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// The notices about an item go with it.
    async fn take_jobs_of(
        &mut self,
        item: &ItemId,
        old: &str,
        new: &str,
    ) -> Result<Vec<OutboxId>, StoreError> {
        let jobs: Vec<String> = sqlx::query_scalar(
            "UPDATE outbox SET settles_with = $1 WHERE item = $2 AND settles_with = $3
             AND state <> 'dropped' RETURNING id",
        )
        .bind(new)
        .bind(item.as_str())
        .bind(old)
        .fetch_all(&mut self.conn)
        .await?;
        Ok(jobs.into_iter().map(OutboxId::stored).collect())
    }

    /// What speaks of the whole transaction: records, and notices about no item.
    async fn take_rest(
        &mut self,
        old: &str,
        new: &str,
    ) -> Result<(Vec<OutboxId>, Vec<RecordId>), StoreError> {
        let jobs: Vec<String> = sqlx::query_scalar(
            "UPDATE outbox SET settles_with = $1 WHERE settles_with = $2 AND item IS NULL AND kind <> 'part'
             AND state <> 'dropped' RETURNING id",
        )
        .bind(new)
        .bind(old)
        .fetch_all(&mut self.conn)
        .await?;
        let records: Vec<String> = sqlx::query_scalar(
            "UPDATE record SET settles_with = $1 WHERE settles_with = $2 AND state <> 'dropped' RETURNING id",
        )
        .bind(new)
        .bind(old)
        .fetch_all(&mut self.conn)
        .await?;
        Ok((
            jobs.into_iter().map(OutboxId::stored).collect(),
            records.into_iter().map(RecordId::stored).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::after_trace;

    #[test]
    fn trace_fields_on_top_are_left_out_and_nothing_else() {
        let message = "From: a\r\nReceived: by the sender's own list\r\n\r\nbody\r\n";
        let trace = "Return-Path: <a@b.example>\r\nReceived: from x\r\n\tby y\r\nARC-Seal: i=1\r\n";
        let both = format!("{trace}{message}");
        assert_eq!(&both[after_trace(both.as_bytes())..], message);
        for odd in ["", "\r\n", "Received: x", "no field\r\n\r\n"] {
            assert!(after_trace(odd.as_bytes()) <= odd.len());
        }
    }
}
