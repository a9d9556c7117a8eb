//! What the report counts: numbers of a school and a time, added up by the database. No row of
//! anybody comes out of here. Allegations against staff, low-level concerns and sealed items are
//! in none of the numbers: who may not see one may not see that there is one (practice.md, A4).

use super::{
    database::{Sql, micros, time},
    error::StoreError,
    ledger::Event,
    store::Store,
};
use crate::{mail::SchoolId, parties::SchoolTime};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From its first moment to the one after its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// Messages of one way, disposition and mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalliedMessages {
    pub direction: String,
    pub disposition: String,
    pub mode: String,
    pub count: u64,
}

/// An upper bound of a wait. "One school day" (practice.md, B) is a school's own; what is urgent goes by
/// the minute, at school or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Minutes(u32),
    SchoolHours(u32),
    SchoolDays(u32),
}

impl Step {
    /// For what waits for a sender or a reviewer.
    pub const AT_SCHOOL: [Self; 3] = [Self::SchoolHours(1), Self::SchoolDays(1), Self::SchoolDays(3)];
    /// For what is urgent.
    pub const AT_ONCE: [Self; 3] = [Self::Minutes(15), Self::Minutes(30), Self::Minutes(60)];

    /// When it is over for what began then.
    fn ends(self, began: DateTime<Utc>, school: &SchoolTime) -> DateTime<Utc> {
        match self {
            Self::Minutes(minutes) => began + TimeDelta::minutes(minutes.into()),
            Self::SchoolHours(hours) => school.hours_after(began, TimeDelta::hours(hours.into())),
            Self::SchoolDays(days) => school.days_after(began, days),
        }
    }
}

/// How long things waited for an answer: each step, and how many were answered within it and
/// not within the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    pub within: Vec<(Step, u64)>,
    pub later: u64,
    /// Not answered by the end of the time that is counted.
    pub unanswered: u64,
}

impl Waits {
    fn count(&mut self, began: DateTime<Utc>, answered: Option<DateTime<Utc>>, hours: &SchoolTime) {
        let Some(answered) = answered else {
            self.unanswered += 1;
            return;
        };
        match self.within.iter_mut().find(|(step, _)| answered <= step.ends(began, hours)) {
            Some((_, count)) => *count += 1,
            None => self.later += 1,
        }
    }
}

/// What waited, or was told of: of one kind and category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallied {
    /// `hold`, `quarantine`, `grace`; of alerts `urgent`, `ordinary`; of incidents the kind.
    pub kind: String,
    /// Of items and alerts the category, of incidents the state.
    pub of: String,
    pub count: u64,
    pub waits: Waits,
}

/// All numbers of one school and time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub messages: Vec<TalliedMessages>,
    pub items: Vec<Tallied>,
    pub alerts: Vec<Tallied>,
    pub incidents: Vec<Tallied>,
    /// What the ledger has of the school, by event; and of the installation, where it is a change.
    pub events: Vec<(String, u64)>,
}

/// An item that is in no number.
const HIDDEN_ITEM: &str = "(i.sealed_at IS NOT NULL OR i.category = 'file.illegal-image' OR EXISTS
    (SELECT 1 FROM matter x WHERE x.subject = i.id AND x.matter = 'allegation'))";
/// Changes that are named one by one.
const NAMED: i64 = 50;
/// Waits looked at together.
const PAGE: i64 = 5_000;

/// Its number, kind, what it is counted under, when it began and when it was answered.
type Wait = (i64, String, String, i64, Option<i64>);

impl Store {
    pub async fn tally(
        &self,
        school: &SchoolId,
        hours: &SchoolTime,
        time: Between,
    ) -> Result<Tally, StoreError> {
        Ok(Tally {
            messages: self.tally_messages(school, time).await?,
            items: self.tally_items(school, hours, time).await?,
            alerts: self.tally_alerts(school, hours, time).await?,
            incidents: self.tally_incidents(school, hours, time).await?,
            events: self.tally_events(school, time).await?,
        })
    }

    /// Messages that the next hop or the MTA is to get again are counted when they come again.
    async fn tally_messages(
        &self,
        school: &SchoolId,
        time: Between,
    ) -> Result<Vec<TalliedMessages>, StoreError> {
        let mut sql = Sql::new(
            "SELECT m.direction, m.disposition, m.mode, CAST(COUNT(*) AS BIGINT) FROM message m
             WHERE m.fate <> 'deferred' AND m.school = ",
        );
        within(sql.push_bind(school.to_string()), "m.received_at", time);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM item i WHERE i.transaction_id = m.transaction_id AND ");
        sql.push(HIDDEN_ITEM).push(") GROUP BY m.direction, m.disposition, m.mode ORDER BY 1, 2, 3");
        let rows: Vec<(String, String, String, i64)> = sql.build_query_as().fetch_all(&self.readers).await?;
        let one = |(direction, disposition, mode, count): (String, String, String, i64)| TalliedMessages {
            direction,
            disposition,
            mode,
            count: count.unsigned_abs(),
        };
        Ok(rows.into_iter().map(one).collect())
    }

    async fn tally_items(
        &self,
        school: &SchoolId,
        hours: &SchoolTime,
        time: Between,
    ) -> Result<Vec<Tallied>, StoreError> {
        let waits = |after: i64| {
            let mut sql = Sql::new(
                "SELECT i.n, i.kind, i.category, i.received_at, i.decided_at FROM item i
                 WHERE i.state NOT IN ('provisional', 'dropped') AND i.school = ",
            );
            within(sql.push_bind(school.to_string()), "i.received_at", time);
            sql.push(" AND NOT ").push(HIDDEN_ITEM).push(" AND i.n > ").push_bind(after);
            sql.push(" ORDER BY i.n LIMIT ").push_bind(PAGE);
            sql
        };
        self.tallied(waits, Step::AT_SCHOOL, hours, time.until).await
    }

    async fn tally_alerts(
        &self,
        school: &SchoolId,
        hours: &SchoolTime,
        time: Between,
    ) -> Result<Vec<Tallied>, StoreError> {
        let waits = |after: i64| {
            let mut sql = Sql::new(
                "SELECT a.n, a.urgency, a.category, a.made_at, a.answered_at FROM alert a
                 WHERE a.state NOT IN ('provisional', 'dropped') AND a.school = ",
            );
            within(sql.push_bind(school.to_string()), "a.made_at", time);
            sql.push(
                " AND a.category <> 'file.illegal-image'
                 AND NOT EXISTS (SELECT 1 FROM item i WHERE i.transaction_id = a.transaction_id AND ",
            );
            sql.push(HIDDEN_ITEM).push(") AND a.n > ").push_bind(after);
            sql.push(" ORDER BY a.n LIMIT ").push_bind(PAGE);
            sql
        };
        self.tallied(waits, Step::AT_ONCE, hours, time.until).await
    }

    async fn tally_incidents(
        &self,
        school: &SchoolId,
        hours: &SchoolTime,
        time: Between,
    ) -> Result<Vec<Tallied>, StoreError> {
        let waits = |after: i64| {
            let mut sql = Sql::new(
                "SELECT n.n, n.kind, n.state, n.made_at, n.ended_at FROM incident n
                 WHERE n.state NOT IN ('provisional', 'dropped')
                 AND n.kind NOT IN ('allegation', 'low-level') AND n.school = ",
            );
            within(sql.push_bind(school.to_string()), "n.made_at", time);
            sql.push(" AND n.n > ").push_bind(after).push(" ORDER BY n.n LIMIT ").push_bind(PAGE);
            sql
        };
        self.tallied(waits, Step::AT_SCHOOL, hours, time.until).await
    }

    /// Adds waits up, in order of kind and of what they are counted under. `waits`: those after a number.
    /// What was answered after the end is as good as unanswered, whenever it is counted.
    async fn tallied(
        &self,
        waits: impl Fn(i64) -> Sql,
        steps: [Step; 3],
        hours: &SchoolTime,
        end: DateTime<Utc>,
    ) -> Result<Vec<Tallied>, StoreError> {
        let mut all: BTreeMap<(String, String), Tallied> = BTreeMap::new();
        let mut after = i64::MIN;
        loop {
            let rows: Vec<Wait> = waits(after).build_query_as().fetch_all(&self.readers).await?;
            let Some((last, ..)) = rows.last() else { return Ok(all.into_values().collect()) };
            after = *last;
            for (_, kind, of, began, answered) in rows {
                let none = || Tallied {
                    kind: kind.clone(),
                    of: of.clone(),
                    count: 0,
                    waits: Waits { within: steps.map(|step| (step, 0)).to_vec(), later: 0, unanswered: 0 },
                };
                let one = all.entry((kind.clone(), of.clone())).or_insert_with(none);
                one.count += 1;
                one.waits.count(time(began), answered.map(time).filter(|at| *at < end), hours);
            }
        }
    }

    /// By event. Rows come in order of time, so that the time bounds their numbers.
    async fn tally_events(&self, school: &SchoolId, time: Between) -> Result<Vec<(String, u64)>, StoreError> {
        let (first, last) = (self.row_at(time.from).await?, self.row_at(time.until).await?);
        let mut sql = Sql::new("SELECT l.event, CAST(COUNT(*) AS BIGINT) FROM ledger l WHERE l.n >= ");
        sql.push_bind(first).push(" AND l.n < ").push_bind(last).push(" AND (l.school = ");
        sql.push_bind(school.to_string()).push(" OR (l.school IS NULL AND l.event IN ").push_row(|list| {
            for event in Event::ALL.iter().filter(|e| e.is_change()) {
                list.bind(event.name());
            }
        });
        sql.push(")) AND NOT EXISTS (SELECT 1 FROM item i WHERE i.id = l.subject AND ").push(HIDDEN_ITEM);
        sql.push(") AND NOT EXISTS (SELECT 1 FROM incident n WHERE n.id = l.subject AND n.kind IN ('allegation', 'low-level'))");
        sql.push(" GROUP BY l.event ORDER BY l.event");
        let rows: Vec<(String, i64)> = sql.build_query_as().fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(event, count)| (event, count.unsigned_abs())).collect())
    }

    /// The number of the first row that is not older: found by halving, since no index is kept for it.
    async fn row_at(&self, at: DateTime<Utc>) -> Result<i64, StoreError> {
        let ends: (i64, i64) =
            sqlx::query_as("SELECT COALESCE(MIN(n), 1), COALESCE(MAX(n), 0) + 1 FROM ledger")
                .fetch_one(&self.readers)
                .await?;
        let (mut low, mut high) = ends;
        while low < high {
            let middle = low + (high - low) / 2;
            let found: Option<i64> = sqlx::query_scalar("SELECT at FROM ledger WHERE n = $1")
                .bind(middle)
                .fetch_optional(&self.readers)
                .await?;
            match found {
                Some(time) if time < micros(at) => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// Names of rules and settings that changed, with how and when, the last 50 in order of time. They say
    /// nothing of anybody; the values stay in the ledger.
    pub async fn changes_by_name(
        &self,
        between: Between,
    ) -> Result<Vec<(DateTime<Utc>, String, String)>, StoreError> {
        // Written out as the partial index of the table has it, so that it is used.
        let mut rows: Vec<(i64, Option<String>, String)> = sqlx::query_as(
            "SELECT at, subject, details FROM ledger WHERE event IN ('rule.changed', 'setting.changed')
             AND at >= $1 AND at < $2 ORDER BY n DESC LIMIT $3",
        )
        .bind(micros(between.from))
        .bind(micros(between.until))
        .bind(NAMED)
        .fetch_all(&self.readers)
        .await?;
        rows.reverse();
        let how = |details: &str| {
            let details: serde_json::Value = serde_json::from_str(details).unwrap_or_default();
            details["how"].as_str().unwrap_or("changed").to_owned()
        };
        let change =
            |(at, subject, details): (i64, Option<String>, String)| Some((time(at), subject?, how(&details)));
        Ok(rows.into_iter().filter_map(change).collect())
    }
}

fn within(sql: &mut Sql, column: &'static str, time: Between) {
    sql.push(" AND ").push(column).push(" >= ").push_bind(micros(time.from));
    sql.push(" AND ").push(column).push(" < ").push_bind(micros(time.until));
}
