//! Whether the clock can be believed. What is purged, returned or given up because its time is over
//! is gone for good, and a machine whose clock once leaps ahead (a battery, a wrong time server, a
//! restored snapshot) would do all of that at once. So a serving gate notes every minute up to when
//! time has passed by normal running, and a leap beyond that is doubted: all such work waits until a
//! person says that the clock is right, the clock comes back, or the gate has run on for days with
//! nobody setting it right.

use super::{
    database::{Connection, micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    store::Store,
    writer::Tx,
};
use chrono::{DateTime, TimeDelta, Utc};

/// A gate that is off for a weekend has no leap.
const LEAP: TimeDelta = TimeDelta::days(3);
/// After so long of normal running under it a doubted time is the time: longer than a weekend.
const RUN_ON: TimeDelta = TimeDelta::days(3);
/// From one look to the next, at most so much counts as running: a gate looks every minute.
const LOOK: TimeDelta = TimeDelta::minutes(10);

/// How the clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    Believed,
    Doubted {
        /// Up to when time had passed by normal running.
        sure: DateTime<Utc>,
        /// What the clock says.
        says: DateTime<Utc>,
        /// How much longer the gate runs until it believes it all the same.
        left: TimeDelta,
    },
}

/// The row of the table.
#[derive(Clone, Copy, sqlx::FromRow)]
struct Row {
    sure_at: i64,
    looked_at: i64,
    doubted_at: Option<i64>,
    ran: i64,
}

impl Row {
    /// Nothing is doubted before a gate has served: there is nothing to compare with.
    fn state(row: Option<Self>, now: DateTime<Utc>) -> ClockState {
        let Some(row) = row else { return ClockState::Believed };
        let sure = time(row.sure_at);
        if now - sure <= LEAP {
            return ClockState::Believed;
        }
        ClockState::Doubted { sure, says: now, left: RUN_ON - TimeDelta::microseconds(row.ran) }
    }
}

async fn row(conn: &mut Connection) -> Result<Option<Row>, StoreError> {
    let found = sqlx::query_as("SELECT sure_at, looked_at, doubted_at, ran FROM clock WHERE id = 1");
    Ok(found.fetch_optional(conn).await?)
}

impl Store {
    /// How the clock that all gates of a store share stands now.
    pub async fn clock_state(&self) -> Result<ClockState, StoreError> {
        let mut conn = self.readers.acquire().await?;
        Ok(Row::state(row(&mut conn).await?, self.now()))
    }

    /// Whether what is due by `now`, the caller's own time, may be done; that it may not is logged.
    pub async fn time_is_sure(&self, work: &'static str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut conn = self.readers.acquire().await?;
        match Row::state(row(&mut conn).await?, now.max(self.now())) {
            ClockState::Believed => Ok(true),
            ClockState::Doubted { .. } => {
                tracing::warn!(work, "clock.doubted: this waits; `gatehouse doctor` says more");
                Ok(false)
            }
        }
    }

    /// A person says that the clock is right: what waited goes on. `false` when nothing was doubted.
    pub async fn clock_is_right(&self, actor: &Actor) -> Result<bool, StoreError> {
        let actor = actor.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let now = tx.now;
                let Some(row) = row(&mut tx.conn).await? else { return Ok(false) };
                // Somebody may have believed a wrong one before.
                let was_ahead = time(row.sure_at) > now + LEAP;
                if Row::state(Some(row), now) == ClockState::Believed
                    && row.doubted_at.is_none()
                    && !was_ahead
                {
                    return Ok(false);
                }
                let by = tx.random_id(&actor).await?;
                if was_ahead {
                    tx.due_again().await?;
                }
                tx.believe(now, &by, "a-person-says-so").await?;
                Ok(true)
            })
        })
        .await
    }
}

impl Tx {
    /// Whether the end of a job's days, or whatever else is due by time alone, may be believed.
    pub(super) async fn time_is_sure(&mut self) -> Result<bool, StoreError> {
        let row = row(&mut self.conn).await?;
        Ok(Row::state(row, self.now) == ClockState::Believed)
    }

    /// A serving gate's look, every minute: time passes, or a leap begins or ends.
    pub(super) async fn look_at_clock(&mut self) -> Result<(), StoreError> {
        let now = self.now;
        let Some(found) = row(&mut self.conn).await? else {
            // Of a store from before there was this table: when work was done last.
            let done: Option<i64> =
                sqlx::query_scalar("SELECT MAX(done_at) FROM duty").fetch_one(&mut self.conn).await?;
            let sure = done.map_or(micros(now), |done| done.min(micros(now)));
            sqlx::query(
                "INSERT INTO clock (id, sure_at, looked_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
            )
            .bind(sure)
            .bind(micros(now))
            .execute(&mut self.conn)
            .await?;
            return Ok(());
        };
        match (Row::state(Some(found), now), found.doubted_at) {
            (ClockState::Believed, None) => {
                // A clock that goes back takes nothing of what has passed.
                sqlx::query("UPDATE clock SET sure_at = $1, looked_at = $2 WHERE id = 1")
                    .bind(found.sure_at.max(micros(now)))
                    .bind(micros(now))
                    .execute(&mut self.conn)
                    .await?;
                Ok(())
            }
            (ClockState::Believed, Some(_)) => {
                self.due_again().await?;
                self.believe(now.max(time(found.sure_at)), "gate", "it-came-back").await
            }
            (ClockState::Doubted { left, .. }, Some(_)) if left <= TimeDelta::zero() => {
                self.believe(now, "gate", "it-ran-on").await
            }
            (ClockState::Doubted { .. }, Some(_)) => {
                let ran = (micros(now) - found.looked_at).clamp(0, LOOK.num_microseconds().unwrap_or(0));
                sqlx::query("UPDATE clock SET looked_at = $1, ran = ran + $2 WHERE id = 1")
                    .bind(micros(now))
                    .bind(ran)
                    .execute(&mut self.conn)
                    .await?;
                Ok(())
            }
            (ClockState::Doubted { sure, .. }, None) => {
                sqlx::query("UPDATE clock SET doubted_at = $1, looked_at = $1, ran = 0 WHERE id = 1")
                    .bind(micros(now))
                    .execute(&mut self.conn)
                    .await?;
                let seconds = (now - sure).num_seconds();
                tracing::error!(%sure, says = %now, "clock.doubted");
                let event = LedgerEvent::new(Event::ClockDoubted).with("seconds-ahead", seconds);
                self.append("gate", event).await.map(|_| ())
            }
        }
    }

    async fn believe(&mut self, now: DateTime<Utc>, by: &str, why: &'static str) -> Result<(), StoreError> {
        sqlx::query("UPDATE clock SET sure_at = $1, looked_at = $1, doubted_at = NULL, ran = 0 WHERE id = 1")
            .bind(micros(now))
            .execute(&mut self.conn)
            .await?;
        tracing::warn!(why, "clock.believed");
        self.append(by, LedgerEvent::new(Event::ClockBelieved).with("why", why)).await.map(|_| ())
    }

    /// What was put off, or taken, while the clock was ahead would wait until that date.
    async fn due_again(&mut self) -> Result<(), StoreError> {
        let far = micros(self.now + LEAP);
        for statement in [
            "UPDATE outbox SET next_at = $1 WHERE state = 'waiting' AND next_at > $2",
            "UPDATE outbox SET lease = lease + 1, lease_until = $1 WHERE state = 'waiting' AND lease_until > $2",
            // Who has been asked as often as there are steps is asked no more.
            "UPDATE alert SET next_at = $1 WHERE state IN ('waiting', 'told') AND next_at > $2 AND next_at < 9223372036854775807",
            "UPDATE alert SET alarm_until = $1 WHERE alarm_until > $2",
            "UPDATE ledger_anchor SET busy_until = $1 WHERE busy_until > $2",
            "UPDATE ledger_anchor SET anchored_at = $1 WHERE anchored_at > $2",
        ] {
            sqlx::query(statement).bind(micros(self.now)).bind(far).execute(&mut self.conn).await?;
        }
        Ok(())
    }
}
