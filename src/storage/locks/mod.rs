//! Object Lock follows retention: an object is locked for as long as something needs it for
//! certain, and the lock is made longer in time while no end is in sight (what waits for a
//! decision, what is under legal hold, sealed, or part of an incident; mail with parents while
//! the family is here). So nobody, with whatever credentials, deletes evidence before its time,
//! and the gate itself can purge when the time has come. A lock is never made shorter.

mod need;

pub use need::Keeping;

use super::{
    access::Class,
    attachments::parts_place,
    database::{micros, time},
    epochs::Locks,
    error::StoreError,
    store::Store,
    vault::Lock,
    writer::Tx,
};
use chrono::{DateTime, TimeDelta, Utc};
use need::{Item, Need, Record};
use std::sync::atomic::Ordering;

/// Objects that are looked at together.
const ROUND: i64 = 200;
/// The object store knows whole seconds.
const SAME: TimeDelta = TimeDelta::seconds(2);
/// What has an end is looked at again then; sooner would be in vain.
const AGAIN: TimeDelta = TimeDelta::hours(1);
/// What is never looked at by itself: a part follows its messages, and what is not confirmed yet
/// is not locked.
pub(super) const NEVER: i64 = i64::MAX;

#[derive(sqlx::FromRow)]
struct Due {
    id: String,
    path: String,
    locked_until: Option<i64>,
    lock_due: i64,
}

impl Store {
    /// From now on locks follow these times. What is locked already stays so.
    pub fn set_keeping(&self, keeping: Keeping) {
        *self.shared.keeping.write().unwrap_or_else(std::sync::PoisonError::into_inner) = keeping;
    }

    /// The lock that an object gets when it is put.
    pub(super) fn lock_at_put(&self, class: Class, now: DateTime<Utc>) -> Option<Lock> {
        self.shared.vault.lock_until(self.keeping().at_put(class, now))
    }

    fn keeping(&self) -> Keeping {
        self.shared.keeping.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Makes longer every lock that ends before its object's time. Safe to repeat and to cut off.
    /// Returns how many there were. Call it hourly. While the clock is doubted none is made longer: what
    /// a wrong one locks stays locked.
    pub async fn keep_locks(&self) -> Result<u64, StoreError> {
        if !self.time_is_sure("store.locks", self.now()).await? {
            return Ok(0);
        }
        let mut longer = 0;
        while self.shared.vault.locks() {
            let due: Vec<Due> = sqlx::query_as(
                "SELECT id, path, locked_until, lock_due FROM object WHERE lock_due <= $1 AND part_hash IS NULL
                 AND purged_at IS NULL AND unwanted_at IS NULL ORDER BY lock_due LIMIT $2",
            )
            .bind(micros(self.now()))
            .bind(ROUND)
            .fetch_all(&self.readers)
            .await?;
            let last = (due.len() as i64) < ROUND;
            for object in due {
                let (id, seen) = (object.id.clone(), object.lock_due);
                match self.keep_lock(object).await {
                    Ok(made_longer) => longer += u64::from(made_longer),
                    Err(error) if error.is_passing() => return Err(error),
                    // The others do not wait for one that the object store refuses.
                    Err(error) => {
                        tracing::warn!(object = %id, %error, "object.not-locked");
                        let again = micros(self.now() + AGAIN);
                        self.write(move |tx| {
                            Box::pin(async move { tx.note_lock(&id, None, (seen, again)).await })
                        })
                        .await?;
                    }
                }
            }
            if last {
                break;
            }
        }
        Ok(longer)
    }

    /// Whether it was made longer.
    async fn keep_lock(&self, object: Due) -> Result<bool, StoreError> {
        let now = self.now();
        let need = self.need_of(&object.id, now).await?;
        let locked = object.locked_until.map(time);
        let wanted = need
            .map(Need::until)
            .filter(|until| *until > now + SAME && locked.is_none_or(|locked| locked + SAME < *until));
        let (mut until, mut parts) = (locked, Vec::new());
        if let Some(wanted) = wanted {
            until = self.shared.vault.lock(&object.path, wanted).await?.or(locked);
            for (id, path, locked) in self.parts_of(&object.id).await? {
                if locked.is_none_or(|locked| time(locked) + SAME < wanted)
                    && let Some(until) = self.shared.vault.lock(&path, wanted).await?
                {
                    parts.push((id, until));
                }
            }
        }
        let again = match need {
            Some(Need::GoesOn(until)) => now + (until - now) / 2,
            Some(Need::Ends(until)) if until > now + AGAIN => until,
            _ => now + TimeDelta::days(1),
        };
        let again = again.max(now + TimeDelta::minutes(1));
        self.write(move |tx| {
            Box::pin(async move {
                tx.note_lock(&object.id, until, (object.lock_due, micros(again))).await?;
                for (id, until) in parts {
                    tx.note_lock(&id, Some(until), (NEVER, NEVER)).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await?;
        Ok(wanted.is_some())
    }

    /// `None`: nothing needs it for any time that is known.
    async fn need_of(&self, object: &str, now: DateTime<Utc>) -> Result<Option<Need>, StoreError> {
        let keeping = self.keeping();
        let items: Vec<Item> = sqlx::query_as(
            "SELECT i.kind, i.state, i.school, i.decided_at, i.exported_at,
                (SELECT COUNT(*) FROM legal_hold h WHERE h.kind = 'item' AND h.subject = i.id
                    AND h.lifted_at IS NULL) AS held
             FROM item i WHERE i.object = $1 AND i.state NOT IN ('provisional', 'dropped', 'purged')",
        )
        .bind(object)
        .fetch_all(&self.readers)
        .await?;
        let mut needs: Vec<Need> =
            items.iter().filter_map(|item| item.need(&keeping.of(&item.school), now)).collect();
        let records: Vec<Record> = sqlx::query_as(
            "SELECT r.school, r.complaint_at, r.keep_until, COUNT(p.record) AS parties,
                COUNT(l.left_on) AS gone, MAX(l.left_on) AS left_on,
                (SELECT COUNT(*) FROM legal_hold h WHERE h.kind = 'record' AND h.subject = r.id
                    AND h.lifted_at IS NULL) AS held
             FROM record r LEFT JOIN record_party p ON p.record = r.id AND p.role IN ('parent', 'pupil')
             LEFT JOIN leaving l ON l.address_hash = p.address_hash
             WHERE r.object = $1 AND r.state = 'kept'
             GROUP BY r.id, r.school, r.complaint_at, r.keep_until",
        )
        .bind(object)
        .fetch_all(&self.readers)
        .await?;
        needs.extend(records.iter().map(|record| record.need(&keeping.of(&record.school), now)));
        let incidents: Vec<String> = sqlx::query_scalar(
            "SELECT c.school FROM incident_link l JOIN incident c ON c.id = l.incident
             WHERE l.object = $1 AND c.state NOT IN ('provisional', 'dropped')",
        )
        .bind(object)
        .fetch_all(&self.readers)
        .await?;
        needs.extend(incidents.iter().map(|s| Need::GoesOn(keeping.of(s).evidence.after(now))));
        let on_its_way: Option<i64> =
            sqlx::query_scalar("SELECT MAX(expires_at) FROM outbox WHERE object = $1 AND state = 'waiting'")
                .bind(object)
                .fetch_one(&self.readers)
                .await?;
        needs.extend(on_its_way.map(|at| Need::Ends(time(at))));
        Ok(needs.into_iter().reduce(Need::or))
    }

    /// The parts of a message: id, path, and until when each is locked.
    async fn parts_of(&self, object: &str) -> Result<Vec<(String, String, Option<i64>)>, StoreError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT parts FROM object WHERE id = $1")
            .bind(object)
            .fetch_optional(&self.readers)
            .await?
            .flatten();
        let Some(sealed) = sealed else { return Ok(Vec::new()) };
        let ids: Vec<String> = self.secrets()?.open(&parts_place(object), &sealed)?;
        let mut parts = Vec::with_capacity(ids.len());
        for id in ids {
            let row: Option<(String, String, Option<i64>)> =
                sqlx::query_as("SELECT id, path, locked_until FROM object WHERE id = $1")
                    .bind(&id)
                    .fetch_optional(&self.readers)
                    .await?;
            parts.extend(row);
        }
        Ok(parts)
    }

    /// After a commit that changed for how long something is needed: beside other work, since
    /// these are requests. What fails, housekeeping tries again.
    pub(super) fn lock_after_commit(&self) {
        if self.shared.vault.locks() && self.shared.relock.swap(false, Ordering::AcqRel) {
            let store = self.clone();
            tokio::spawn(async move {
                if let Err(error) = store.keep_locks().await
                    && !store.readers.is_closed()
                {
                    tracing::warn!(%error, "object.not-locked-yet");
                }
            });
        }
    }
}

impl Tx {
    /// What was asked for meanwhile stays asked for, and what was locked longer stays noted so.
    async fn note_lock(
        &mut self,
        object: &str,
        until: Option<DateTime<Utc>>,
        (seen, again): (i64, i64),
    ) -> Result<(), StoreError> {
        if let Some(until) = until {
            sqlx::query(
                "UPDATE object SET locked_until = $1 WHERE id = $2 AND COALESCE(locked_until, 0) < $1",
            )
            .bind(micros(until))
            .bind(object)
            .execute(&mut self.conn)
            .await?;
        }
        sqlx::query("UPDATE object SET lock_due = $1 WHERE id = $2 AND lock_due = $3")
            .bind(again)
            .bind(object)
            .bind(seen)
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// When an object that is being named is looked at first.
    pub(super) fn lock_due(&self, locks: Locks, until: Option<DateTime<Utc>>) -> i64 {
        match (locks, until) {
            (Locks::Later, _) if self.shared.vault.locks() => NEVER,
            (_, Some(until)) => micros(self.now + (until - self.now) / 2),
            // Nothing is locked here; as soon as something is, this is looked at.
            (_, None) => 0,
        }
    }

    /// How long this thing's object is needed has changed: looked at after the commit.
    pub(super) async fn relock(&mut self, kind: &'static str, subject: &str) -> Result<(), StoreError> {
        if !self.shared.vault.locks() {
            return Ok(());
        }
        let statement = match kind {
            "item" => "UPDATE object SET lock_due = 0 WHERE id IN (SELECT object FROM item WHERE id = $1)",
            "record" => {
                "UPDATE object SET lock_due = 0 WHERE id IN (SELECT object FROM record WHERE id = $1)"
            }
            _ => {
                "UPDATE object SET lock_due = 0
                 WHERE id IN (SELECT object FROM incident_link WHERE incident = $1)"
            }
        };
        sqlx::query(statement).bind(subject).execute(&mut self.conn).await?;
        self.relocks = true;
        Ok(())
    }
}
