//! Object Lock follows retention: an object is locked for as long as something needs it for
//! certain, and the lock is made longer in time while no end is in sight (what waits for a
//! decision, what is under legal hold, sealed, or part of an incident; mail with parents while
//! the family is here). So nobody, with whatever credentials, deletes evidence before its time,
//! and the gate itself can purge when the time has come. A lock is never made shorter.

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
use crate::{mail::SchoolId, parties::Retention};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::HashMap, sync::atomic::Ordering};

/// Objects that are looked at together.
const ROUND: i64 = 200;
/// The object store knows whole seconds.
const SAME: TimeDelta = TimeDelta::seconds(2);
/// What has an end is looked at again then; sooner would be in vain.
const AGAIN: TimeDelta = TimeDelta::hours(1);
/// What is never looked at by itself: a part follows its messages, and what is not confirmed yet
/// is not locked.
pub(super) const NEVER: i64 = i64::MAX;

/// How long schools keep what, as far as locks depend on it.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    schools: HashMap<SchoolId, Retention>,
}

impl Keeping {
    pub fn new(schools: impl IntoIterator<Item = (SchoolId, Retention)>) -> Self {
        Self { schools: schools.into_iter().collect() }
    }

    fn of(&self, school: &str) -> Retention {
        self.schools.get(&SchoolId(school.into())).copied().unwrap_or_default()
    }

    /// Whoever the object is for: no lock may outlast the shortest time of any school.
    pub(super) fn at_put(&self, class: Class, now: DateTime<Utc>) -> DateTime<Utc> {
        let time = |r: &Retention| match class {
            Class::Working => r.dismissed.after(now),
            Class::Records => r.parent_mail.after(now),
            Class::Sealed | Class::Incidents | Class::LowLevel => r.evidence.after(now),
        };
        self.schools.values().map(time).min().unwrap_or_else(|| time(&Retention::default()))
    }
}

/// Until when something needs an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Need {
    until: DateTime<Utc>,
    /// No end is in sight: the time is made longer before it is over.
    goes_on: bool,
}

impl Need {
    fn ends(until: DateTime<Utc>) -> Self {
        Self { until, goes_on: false }
    }
    fn goes_on(until: DateTime<Utc>) -> Self {
        Self { until, goes_on: true }
    }
    fn or(self, other: Self) -> Self {
        Self { until: self.until.max(other.until), goes_on: self.goes_on || other.goes_on }
    }
}

#[derive(sqlx::FromRow)]
struct Item {
    kind: String,
    state: String,
    school: String,
    decided_at: Option<i64>,
    exported_at: Option<i64>,
    held: i64,
}

#[derive(sqlx::FromRow)]
struct Record {
    school: String,
    complaint_at: Option<i64>,
    keep_until: Option<i64>,
    parties: i64,
    gone: i64,
    left_on: Option<i64>,
    held: i64,
}

#[derive(sqlx::FromRow)]
struct Due {
    id: String,
    path: String,
    locked_until: Option<i64>,
}

impl Item {
    fn need(&self, times: &Retention, now: DateTime<Utc>) -> Option<Need> {
        let evidence = Need::goes_on(times.evidence.after(now));
        if self.held > 0 {
            return Some(evidence);
        }
        let ended = self.decided_at.map_or(now, time);
        match (self.state.as_str(), self.exported_at) {
            ("sealed" | "handed-to-police", _) | ("kept-as-evidence", None) => Some(evidence),
            ("kept-as-evidence", Some(at)) => Some(Need::ends(times.evidence.after(time(at)))),
            // What was only delayed was never to be kept.
            _ if self.kind == "grace" => None,
            ("open" | "escalated" | "releasing", _) => Some(Need::goes_on(times.dismissed.after(now))),
            _ => Some(Need::ends(times.dismissed.after(ended))),
        }
    }
}

impl Record {
    fn need(&self, times: &Retention, now: DateTime<Utc>) -> Need {
        let of_class = if self.complaint_at.is_some() { times.complaint } else { times.parent_mail };
        let left = self.left_on.filter(|_| self.gone == self.parties);
        let need = match left {
            _ if self.held > 0 => Need::goes_on(times.evidence.after(now)),
            Some(on) => Need::ends(of_class.after(time(on))),
            None => Need::goes_on(times.parent_mail.after(now)),
        };
        self.keep_until.map_or(need, |until| need.or(Need::ends(time(until))))
    }
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
    /// Returns how many there were. Call it hourly.
    pub async fn keep_locks(&self) -> Result<u64, StoreError> {
        let mut longer = 0;
        while self.shared.vault.locks() {
            let due: Vec<Due> = sqlx::query_as(
                "SELECT id, path, locked_until FROM object WHERE lock_due <= $1 AND part_hash IS NULL
                 AND purged_at IS NULL AND unwanted_at IS NULL ORDER BY lock_due LIMIT $2",
            )
            .bind(micros(self.now()))
            .bind(ROUND)
            .fetch_all(&self.readers)
            .await?;
            let last = (due.len() as i64) < ROUND;
            for object in due {
                longer += u64::from(self.keep_lock(object).await?);
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
            .map(|need| need.until)
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
            Some(Need { goes_on: true, until }) => now + (until - now) / 2,
            Some(Need { until, .. }) if until > now + AGAIN => until,
            _ => now + TimeDelta::days(1),
        };
        let again = again.max(now + TimeDelta::minutes(1));
        self.write(move |tx| {
            Box::pin(async move {
                tx.note_lock(&object.id, until, micros(again)).await?;
                for (id, until) in parts {
                    tx.note_lock(&id, Some(until), NEVER).await?;
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
        needs.extend(incidents.iter().map(|s| Need::goes_on(keeping.of(s).evidence.after(now))));
        let on_its_way: Option<i64> =
            sqlx::query_scalar("SELECT MAX(expires_at) FROM outbox WHERE object = $1 AND state = 'waiting'")
                .bind(object)
                .fetch_one(&self.readers)
                .await?;
        needs.extend(on_its_way.map(|at| Need::ends(time(at))));
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
    async fn note_lock(
        &mut self,
        object: &str,
        until: Option<DateTime<Utc>>,
        again: i64,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE object SET locked_until = $1, lock_due = $2 WHERE id = $3")
            .bind(until.map(micros))
            .bind(again)
            .bind(object)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::Period;

    fn item(kind: &str, state: &str, decided: Option<DateTime<Utc>>) -> Item {
        Item {
            kind: kind.into(),
            state: state.into(),
            school: "oakfield".into(),
            decided_at: decided.map(micros),
            exported_at: None,
            held: 0,
        }
    }

    #[test]
    fn a_lock_ends_when_retention_lets_the_object_go() {
        let now = Utc::now();
        let times = Retention { dismissed: Period::days(30), ..Retention::default() };
        let days = |n| now + TimeDelta::days(n);
        let open = item("quarantine", "open", None).need(&times, now).unwrap();
        assert_eq!(open, Need::goes_on(days(30)));
        let week_ago = Some(now - TimeDelta::days(7));
        let released = item("hold", "released", week_ago).need(&times, now).unwrap();
        assert_eq!((released.goes_on, (released.until - days(23)).abs() < SAME), (false, true));
        assert_eq!(item("grace", "released", week_ago).need(&times, now), None);
        let held = Item { held: 1, ..item("hold", "released", week_ago) };
        assert_eq!(held.need(&times, now).unwrap(), Need::goes_on(times.evidence.after(now)));
        assert!(item("quarantine", "sealed", week_ago).need(&times, now).unwrap().goes_on);
        // The family has left, but one of them.
        let record = |gone| Record {
            school: "oakfield".into(),
            complaint_at: None,
            keep_until: None,
            parties: 2,
            gone,
            left_on: Some(micros(now)),
            held: 0,
        };
        assert!(record(1).need(&times, now).goes_on);
        assert!(!record(2).need(&times, now).goes_on);
        let complaint = Record { complaint_at: Some(micros(now)), ..record(2) };
        assert!(complaint.need(&times, now).until > days(6 * 365));
        // The shortest school says how long an object that may be anybody's is locked at first.
        let short = Retention { dismissed: Period::days(7), ..times };
        let keeping = Keeping::new([(SchoolId("a".into()), times), (SchoolId("b".into()), short)]);
        assert_eq!(keeping.at_put(Class::Working, now), days(7));
    }
}
