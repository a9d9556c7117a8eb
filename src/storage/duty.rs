//! Scheduled work that is done once among all nodes of a store: who takes a duty has it under
//! a lease, renewed while the work lasts; who is killed loses it to the next that asks.

use super::{
    database::{micros, time},
    error::StoreError,
    store::Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How long a duty stays with a node that no longer answers.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Well before the lease ends.
const RENEWAL: Duration = Duration::from_secs(60);
/// A gate that has not said for so long that it is there does not serve.
const SERVES: TimeDelta = TimeDelta::minutes(10);
/// Between the clocks of two nodes.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// What takes longer is broken off, and goes on with the next try from what it has written.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// After a failure it is tried again, by whichever node asks first.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Work that this node alone has now. Dropped, it comes again when the lease ends.
pub struct Duty {
    store: Store,
    name: &'static str,
    lease: i64,
}

impl Store {
    /// Takes the duty `name` when it is due, which is `every` after it was last begun, and no
    /// other node has it. Done, or held, at a time that has not come yet: that was a clock that was
    /// ahead, and counts for nothing.
    pub async fn take_duty(&self, name: &'static str, every: TimeDelta) -> Result<Option<Duty>, StoreError> {
        let now = self.now();
        let waits: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM duty WHERE name = $1 AND ((lease_until > $2 AND lease_until <= $3)
             OR (done_at > $4 AND done_at <= $5)) LIMIT 1",
        )
        .bind(name)
        .bind(micros(now))
        .bind(micros(now + LEASE + SKEW))
        .bind(micros(now - every))
        .bind(micros(now + SKEW))
        .fetch_optional(&self.readers)
        .await?;
        if waits.is_some() {
            return Ok(None);
        }
        let taken = self.write(move |tx| {
            Box::pin(async move {
                let often = every.num_microseconds().unwrap_or(i64::MAX);
                sqlx::query(
                    "INSERT INTO duty (name, every, first_at) VALUES ($1, $2, $3)
                     ON CONFLICT (name) DO UPDATE SET every = excluded.every",
                )
                .bind(name)
                .bind(often)
                .bind(micros(tx.now))
                .execute(&mut tx.conn)
                .await?;
                let lease: Option<(i64, Option<i64>)> = sqlx::query_as(
                    "UPDATE duty SET node = $1, lease = lease + 1, lease_until = $2 WHERE name = $3
                     AND (lease_until IS NULL OR lease_until <= $4 OR lease_until > $5)
                     AND (done_at IS NULL OR done_at <= $6 OR done_at > $7)
                     RETURNING lease, done_at",
                )
                .bind(&tx.shared.node)
                .bind(micros(tx.now + LEASE))
                .bind(name)
                .bind(micros(tx.now))
                .bind(micros(tx.now + LEASE + SKEW))
                .bind(micros(tx.now - every))
                .bind(micros(tx.now + SKEW))
                .fetch_optional(&mut tx.conn)
                .await?;
                if let Some((_, Some(done_at))) = lease
                    && done_at > micros(tx.now + SKEW)
                {
                    let done_at = time(done_at);
                    tracing::warn!(duty = name, %done_at, "duty.done-later-than-now: the clock was ahead");
                }
                Ok::<_, StoreError>(lease.map(|(lease, _)| lease))
            })
        });
        Ok(taken.await?.map(|lease| Duty { store: self.clone(), name, lease }))
    }
}

/// A duty that has not been done for much longer than it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyStands {
    pub name: String,
    pub since: DateTime<Utc>,
}

/// So many times its period, and never less than [`SLOW`].
const MISSED: i64 = 4;
const SLOW: TimeDelta = TimeDelta::hours(1);

impl Store {
    /// Which duties stand still though a gate serves; none while no gate does.
    pub async fn duties_that_stand(&self) -> Result<Vec<DutyStands>, StoreError> {
        let now = self.now();
        // Those that serve now, and since when the first of them does.
        let serving: Option<i64> = sqlx::query_scalar("SELECT MIN(started_at) FROM node WHERE seen_at > $1")
            .bind(micros(now - SERVES))
            .fetch_one(&self.readers)
            .await?;
        let Some(serving) = serving else { return Ok(Vec::new()) };
        let rows: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
            "SELECT name, every, COALESCE(done_at, first_at) FROM duty WHERE every IS NOT NULL ORDER BY name LIMIT 100",
        )
        .fetch_all(&self.readers)
        .await?;
        let stands = rows.into_iter().filter_map(|(name, every, last)| {
            let since = time(last.unwrap_or(serving).max(serving));
            let longest = TimeDelta::microseconds(every.saturating_mul(MISSED)).max(SLOW);
            (now - since > longest).then_some(DutyStands { name, since })
        });
        Ok(stands.collect())
    }
}

impl Duty {
    /// Does the work while the duty is this node's. Work that outlives its lease and
    /// was taken over meanwhile is broken off, and so is what lasts too long.
    pub async fn run<T, E: From<StoreError>>(self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.run_within(LONGEST, work).await
    }

    /// The same, with a time of its own.
    pub async fn run_within<T, E: From<StoreError>>(
        self,
        longest: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let begun = self.store.now();
        let limited = async {
            match tokio::time::timeout(longest, work).await {
                Ok(done) => done,
                Err(_) => Err(StoreError::Io("it lasted too long, and was broken off".into()).into()),
            }
        };
        let mut work = std::pin::pin!(limited);
        let done = loop {
            match tokio::time::timeout(RENEWAL, &mut work).await {
                Ok(done) => break done,
                Err(_) => match self.renew().await {
                    // Nobody can take it over either while the store is away.
                    Err(error) if error.is_passing() => {}
                    renewed => renewed?,
                },
            }
        };
        match &done {
            Ok(_) => self.end(Some(micros(begun)), None).await?,
            Err(_) => self.end(None, Some(micros(self.store.now() + PAUSE))).await?,
        }
        done
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let (name, lease) = (self.name, self.lease);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let held = sqlx::query(
                        "UPDATE duty SET lease_until = $1 WHERE name = $2 AND lease = $3 AND lease_until IS NOT NULL",
                    )
                    .bind(micros(tx.now + LEASE))
                    .bind(name)
                    .bind(lease)
                    .execute(&mut tx.conn)
                    .await?;
                    match held.rows_affected() {
                        1 => Ok(()),
                        _ => Err(StoreError::NotFound { what: "lease of duty", id: name.to_owned() }),
                    }
                })
            })
            .await
    }

    async fn end(&self, done_at: Option<i64>, lease_until: Option<i64>) -> Result<(), StoreError> {
        let (name, lease) = (self.name, self.lease);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE duty SET done_at = COALESCE($1, done_at), lease_until = $2
                         WHERE name = $3 AND lease = $4",
                    )
                    .bind(done_at)
                    .bind(lease_until)
                    .bind(name)
                    .bind(lease)
                    .execute(&mut tx.conn)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
