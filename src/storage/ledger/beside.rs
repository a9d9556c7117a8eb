//! What stands beside the rows and has to say the same: the people behind the random ids, the
//! reasons in somebody's own words, users and their offices. Whoever takes one of them away or
//! puts another in its place leaves the chain whole; it is found here.

use super::{LedgerDamage, chain::RowRef, event::Event};
use crate::storage::{database::Connection, error::StoreError, secrets::Secrets};
use std::collections::{BTreeMap, HashMap, HashSet};

type Fault = (i64, LedgerDamage);

/// Rows read at once.
const PAGE: i64 = 2_000;

/// What the rows say, gathered while they are walked through.
#[derive(Default)]
pub(super) struct Beside {
    /// Random ids, with the first row of each.
    actors: HashMap<String, i64>,
    /// Those that were forgotten, and how many of their reasons.
    erased: HashMap<String, i64>,
    /// Items, records, incidents and breach records of which all that named them went.
    purged: HashSet<String>,
    users: BTreeMap<String, i64>,
    offices: BTreeMap<String, Told>,
}

/// An office as the ledger tells of it; the row is the last one.
#[derive(Default)]
struct Told {
    row: i64,
    account: String,
    office: String,
    school: Option<String>,
    life: Life,
}

/// How far an office has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Asked,
    Given,
    Revoked,
}

impl Beside {
    pub(super) fn see(&mut self, row: &RowRef<'_>) {
        if row.actor != "gate" && !self.actors.contains_key(row.actor) {
            self.actors.insert(row.actor.to_owned(), row.n);
        }
        let Some(subject) = row.subject else { return };
        let is = |event: Event| row.event == event.name();
        let details = || serde_json::from_str::<serde_json::Value>(row.details).unwrap_or_default();
        let purges = [Event::ItemPurged, Event::RecordPurged, Event::IncidentPurged, Event::BreachPurged]
            .into_iter()
            .any(is);
        if purges {
            self.purged.insert(subject.to_owned());
        } else if is(Event::PersonErased) {
            self.erased.insert(subject.to_owned(), details()["reasons"].as_i64().unwrap_or(0));
        } else if is(Event::UserAdded) {
            self.users.insert(subject.to_owned(), row.n);
        } else if is(Event::GrantAsked) || is(Event::UserBootstrapped) {
            let details = details();
            let word = |name: &str| details[name].as_str().unwrap_or_default().to_owned();
            let told = Told {
                row: row.n,
                account: word("account"),
                office: word("office"),
                school: row.school.map(str::to_owned),
                life: if is(Event::UserBootstrapped) { Life::Given } else { Life::Asked },
            };
            self.offices.insert(subject.to_owned(), told);
        } else if is(Event::GrantApproved) || is(Event::GrantRevoked) {
            let told = self.offices.entry(subject.to_owned()).or_default();
            told.row = row.n;
            told.life = if is(Event::GrantRevoked) { Life::Revoked } else { Life::Given };
        }
    }

    /// The first thing that is not as the rows say. Without the secrets, what is encrypted is not
    /// looked into. `last` is the last row.
    pub(super) async fn check(
        &self,
        moment: &mut Connection,
        secrets: Option<&Secrets>,
        last: i64,
    ) -> Result<Option<Fault>, StoreError> {
        if let Some(fault) = self.people(moment, secrets).await? {
            return Ok(Some(fault));
        }
        if let Some(fault) = self.offices(moment, last).await? {
            return Ok(Some(fault));
        }
        if let Some(fault) = self.reasons_gone(moment).await? {
            return Ok(Some(fault));
        }
        reasons_changed(moment, secrets).await
    }

    async fn people(
        &self,
        moment: &mut Connection,
        secrets: Option<&Secrets>,
    ) -> Result<Option<Fault>, StoreError> {
        let rows: Vec<(String, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT random_id, person_hash, sealed FROM person").fetch_all(moment).await?;
        let is_same = |id: &str, hash: &[u8], sealed: &[u8]| {
            let Some(secrets) = secrets else { return true };
            let key = secrets.open::<String>(&format!("person/{id}"), sealed);
            key.is_ok_and(|key| secrets.hash("person", &[key.as_bytes()])[..] == *hash)
        };
        let genuine: HashSet<&str> = rows
            .iter()
            .filter(|(id, hash, sealed)| is_same(id, hash, sealed))
            .map(|(id, ..)| id.as_str())
            .collect();
        let lost = |id: &str| !genuine.contains(id) && !self.erased.contains_key(id);
        let first = self.actors.iter().filter(|(id, _)| lost(id)).map(|(_, row)| *row).min();
        Ok(first.map(|row| (row, LedgerDamage::PersonChanged)))
    }

    async fn offices(&self, moment: &mut Connection, last: i64) -> Result<Option<Fault>, StoreError> {
        type Grant = (String, String, String, Option<String>, Option<i64>, Option<i64>);
        let users: Vec<String> = sqlx::query_scalar("SELECT id FROM account").fetch_all(&mut *moment).await?;
        let users: HashSet<&str> = users.iter().map(String::as_str).collect();
        let rows: Vec<Grant> =
            sqlx::query_as("SELECT id, account, office, school, approved_at, revoked_at FROM office_grant")
                .fetch_all(moment)
                .await?;
        let life = |approved: &Option<i64>, revoked: &Option<i64>| match (approved, revoked) {
            (_, Some(_)) => Life::Revoked,
            (Some(_), None) => Life::Given,
            (None, None) => Life::Asked,
        };
        let kept: HashMap<&str, _> = rows
            .iter()
            .map(|(id, account, office, school, approved, revoked)| {
                (id.as_str(), (account, office, school, life(approved, revoked)))
            })
            .collect();
        let user_gone = self.users.iter().filter(|(id, _)| !users.contains(id.as_str())).map(|(_, row)| *row);
        let other = self.offices.iter().filter(|(id, told)| {
            kept.get(id.as_str()) != Some(&(&told.account, &told.office, &told.school, told.life))
        });
        if let Some(row) = user_gone.chain(other.map(|(_, told)| told.row)).min() {
            return Ok(Some((row, LedgerDamage::OfficeChanged)));
        }
        let founded = users.iter().all(|id| self.users.contains_key(*id))
            && kept.keys().all(|id| self.offices.contains_key(*id));
        Ok((!founded).then_some((last, LedgerDamage::OfficeUnfounded)))
    }

    /// Rows with a reason that does not lie there any more, though neither its author nor what it
    /// was about was forgotten.
    async fn reasons_gone(&self, moment: &mut Connection) -> Result<Option<Fault>, StoreError> {
        let mut after = 0;
        loop {
            let rows: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
                "SELECT l.n, l.event, l.actor, l.subject FROM ledger l
                 LEFT JOIN ledger_reason r ON r.n = l.n
                 WHERE l.reason_hash IS NOT NULL AND r.n IS NULL AND l.n > $1 ORDER BY l.n LIMIT $2",
            )
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *moment)
            .await?;
            for (n, event, actor, subject) in &rows {
                let forgotten = self.erased.get(actor).is_some_and(|reasons| *reasons > 0)
                    || subject.as_ref().is_some_and(|subject| self.purged.contains(subject))
                        && *event != Event::PoliceInstructed.name();
                if !forgotten {
                    return Ok(Some((*n, LedgerDamage::ReasonGone)));
                }
                after = *n;
            }
            if (rows.len() as i64) < PAGE {
                return Ok(None);
            }
        }
    }
}

/// Reasons that are not those whose keyed hash the row has.
async fn reasons_changed(
    moment: &mut Connection,
    secrets: Option<&Secrets>,
) -> Result<Option<Fault>, StoreError> {
    let mut after = i64::MIN;
    loop {
        let rows: Vec<(i64, Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT r.n, r.sealed, l.reason_hash FROM ledger_reason r LEFT JOIN ledger l ON l.n = r.n
             WHERE r.n > $1 ORDER BY r.n LIMIT $2",
        )
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *moment)
        .await?;
        for (n, sealed, hash) in &rows {
            let is_same = match (hash, secrets) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(hash), Some(secrets)) => {
                    let reason = secrets.open::<String>(&format!("reason/{n}"), sealed);
                    reason.is_ok_and(|reason| {
                        secrets.hash("reason", &[&n.to_be_bytes(), reason.as_bytes()])[..] == **hash
                    })
                }
            };
            if !is_same {
                return Ok(Some((*n, LedgerDamage::ReasonChanged)));
            }
            after = *n;
        }
        if (rows.len() as i64) < PAGE {
            return Ok(None);
        }
    }
}
