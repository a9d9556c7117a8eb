//! The switch back to observe (practice.md, C): one signed act for a school or one rule of it,
//! with a reason and an end within 24 hours. And the signatures by which a school went the
//! other way, step by step.

use super::{
    database::{micros, time},
    error::StoreError,
    items::ItemOffice,
    ledger::{Actor, Event, LedgerEvent},
    names::SwitchId,
    store::Store,
    writer::Tx,
};
use crate::mail::{Observing, Period, SchoolId};
use chrono::{DateTime, TimeDelta, Utc};

/// Nobody looks away for longer without saying so again.
pub const LONGEST_SWITCH: TimeDelta = TimeDelta::hours(24);
/// Every message is held against all that are in force.
const MOST: i64 = 1_000;

#[derive(Clone, Debug)]
pub struct Switch {
    pub id: SwitchId,
    pub school: SchoolId,
    /// One policy rule; `None`: the whole school.
    pub rule: Option<String>,
    pub period: Period,
    /// Random person ids.
    pub set_by: String,
    /// By hand, or `gate` when its time was over.
    pub ended: Option<(String, DateTime<Utc>)>,
}

/// What head and lead sign on the way from observe to enforce (practice.md, B, "Start").
#[derive(Clone, Debug)]
pub struct Signature {
    pub school: SchoolId,
    pub step: String,
    pub office: ItemOffice,
    pub signed_by: String,
    pub signed_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    school: String,
    rule: Option<String>,
    begins_at: i64,
    ends_at: i64,
    set_by: String,
    ended_at: Option<i64>,
    ended_by: Option<String>,
}

impl Row {
    fn switch(self) -> Switch {
        Switch {
            id: SwitchId::stored(self.id),
            school: SchoolId(self.school.into()),
            rule: self.rule,
            period: Period { from: time(self.begins_at), until: time(self.ends_at) },
            set_by: self.set_by,
            ended: self.ended_by.zip(self.ended_at.map(time)),
        }
    }
}

macro_rules! switches {
    ($rest:literal) => {
        concat!(
            "SELECT id, school, rule, begins_at, ends_at, set_by, ended_at, ended_by FROM observe_switch ",
            $rest
        )
    };
}

impl Store {
    /// From now on, for `lasts` and never longer than [`LONGEST_SWITCH`].
    pub async fn switch_to_observe(
        &self,
        school: &SchoolId,
        rule: Option<&str>,
        lasts: TimeDelta,
        actor: &Actor,
        reason: &str,
    ) -> Result<SwitchId, StoreError> {
        let id = SwitchId::random(&self.shared.random);
        let (school, rule, actor) = (school.clone(), rule.map(str::to_owned), actor.clone());
        let (lasts, reason) = (lasts.min(LONGEST_SWITCH), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let until = tx.now + lasts;
                sqlx::query(
                    "INSERT INTO observe_switch (id, school, rule, begins_at, ends_at, set_by)
                     VALUES ($1,$2,$3,$4,$5,$6)",
                )
                .bind(id.as_str())
                .bind(school.to_string())
                .bind(&rule)
                .bind(micros(tx.now))
                .bind(micros(until))
                .bind(&by)
                .execute(&mut tx.conn)
                .await?;
                let mut event = LedgerEvent::new(Event::ObserveSwitched)
                    .school(&school)
                    .about(id.as_str())
                    .with("until", until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
                    .because(Some(reason));
                if let Some(rule) = rule {
                    event = event.with("rule", rule);
                }
                tx.append(&by, event).await?;
                Ok(id)
            })
        })
        .await
    }

    /// `false` when it has ended already.
    pub async fn end_observing(
        &self,
        id: &SwitchId,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let ended: Option<String> = sqlx::query_scalar(
                    "UPDATE observe_switch SET ended_at = $1, ended_by = $2
                     WHERE id = $3 AND ended_at IS NULL AND ends_at > $1 RETURNING school",
                )
                .bind(micros(tx.now))
                .bind(&by)
                .bind(id.as_str())
                .fetch_optional(&mut tx.conn)
                .await?;
                let Some(school) = ended else { return Ok(false) };
                let event = LedgerEvent::new(Event::ObserveEnded)
                    .school(&SchoolId(school.into()))
                    .about(id.as_str())
                    .because(Some(reason));
                tx.append(&by, event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Newest first, at most 1,000; ended ones too.
    pub async fn switches(&self) -> Result<Vec<Switch>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(switches!("ORDER BY begins_at DESC LIMIT $1"))
            .bind(MOST)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.into_iter().map(Row::switch).collect())
    }

    /// What the gate holds to; it compares the end with each message's own time.
    pub(super) async fn observing_in_force(&self) -> Result<Vec<Observing>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as(switches!("WHERE ended_at IS NULL AND ends_at > $1 ORDER BY begins_at LIMIT $2"))
                .bind(micros(self.now()))
                .bind(MOST)
                .fetch_all(&self.readers)
                .await?;
        let observing = |s: Switch| Observing {
            id: s.id.as_str().into(),
            school: s.school,
            rule: s.rule.map(Into::into),
            period: s.period,
        };
        Ok(rows.into_iter().map(|r| observing(r.switch())).collect())
    }

    /// Notes in the ledger which switches have ended by themselves; how many.
    pub async fn note_ended_switches(&self) -> Result<u64, StoreError> {
        let due: Option<String> = sqlx::query_scalar(
            "SELECT id FROM observe_switch WHERE ended_at IS NULL AND ends_at <= $1 LIMIT 1",
        )
        .bind(micros(self.now()))
        .fetch_optional(&self.readers)
        .await?;
        if due.is_none() {
            return Ok(0);
        }
        self.write(move |tx| Box::pin(async move { tx.end_switches().await })).await
    }

    /// A second signature of the same office takes the place of the first.
    pub async fn sign_step(
        &self,
        school: &SchoolId,
        step: &str,
        office: ItemOffice,
        actor: &Actor,
        reason: &str,
    ) -> Result<(), StoreError> {
        let (school, step, actor) = (school.clone(), step.to_owned(), actor.clone());
        let reason = reason.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                sqlx::query(
                    "INSERT INTO enforcement_signature (school, step, office, signed_by, signed_at)
                     VALUES ($1,$2,$3,$4,$5) ON CONFLICT (school, step, office)
                     DO UPDATE SET signed_by = excluded.signed_by, signed_at = excluded.signed_at",
                )
                .bind(school.to_string())
                .bind(&step)
                .bind(office.name())
                .bind(&by)
                .bind(micros(tx.now))
                .execute(&mut tx.conn)
                .await?;
                let event = LedgerEvent::new(Event::EnforcementSigned)
                    .school(&school)
                    .with("step", step)
                    .with("office", office.name())
                    .because(Some(reason));
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await
    }

    pub async fn signatures(&self) -> Result<Vec<Signature>, StoreError> {
        let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(
            "SELECT school, step, office, signed_by, signed_at FROM enforcement_signature
             ORDER BY school, signed_at LIMIT 1000",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|(school, step, office, signed_by, at)| {
                let office = super::database::named(&ItemOffice::ALL, ItemOffice::name, &office)?;
                Ok(Signature {
                    school: SchoolId(school.into()),
                    step,
                    office,
                    signed_by,
                    signed_at: time(at),
                })
            })
            .collect()
    }
}

impl Tx {
    async fn end_switches(&mut self) -> Result<u64, StoreError> {
        let ended: Vec<(String, String)> = sqlx::query_as(
            "UPDATE observe_switch SET ended_at = ends_at, ended_by = 'gate'
             WHERE ended_at IS NULL AND ends_at <= $1 RETURNING id, school",
        )
        .bind(micros(self.now))
        .fetch_all(&mut self.conn)
        .await?;
        let count = ended.len() as u64;
        for (id, school) in ended {
            let event = LedgerEvent::new(Event::ObserveEnded)
                .school(&SchoolId(school.into()))
                .about(id)
                .with("why", "its-time-was-over");
            self.append("gate", event).await?;
        }
        Ok(count)
    }
}
