//! The figures of a school's month, counted once when it is over and kept since: what is purged,
//! decided or said to be an allegation later changes no figure, so that no two looks at one month
//! tell what happened between them. Numbers alone are kept, encrypted.

use super::{
    database::{micros, time},
    error::StoreError,
    ledger::{Event, LedgerEvent},
    store::Store,
    tally::{Between, Tally},
};
use crate::{
    mail::SchoolId,
    parties::{Month, SchoolTime},
};
use chrono::{DateTime, TimeDelta, Utc};

/// What came in a month's last minutes has its row by then.
const SETTLED: TimeDelta = TimeDelta::hours(1);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthFigures {
    pub tally: Tally,
    pub counted_at: DateTime<Utc>,
}

impl Store {
    /// The figures of a month; `None` while it is under way, or as long as the clock is doubted. Who asks
    /// first has them counted; a gate that serves has done so before.
    pub async fn month_figures(
        &self,
        school: &SchoolId,
        hours: &SchoolTime,
        month: Month,
    ) -> Result<Option<MonthFigures>, StoreError> {
        if let Some(kept) = self.kept_figures(school, month).await? {
            return Ok(Some(kept));
        }
        let (from, until) = month.moments(&hours.calendar);
        let now = self.now();
        if until + SETTLED > now || !self.time_is_sure("report.months", now).await? {
            return Ok(None);
        }
        // Nothing is kept of the time before there was a store.
        if self.first_moment().await?.is_none_or(|first| first >= until) {
            return Ok(Some(MonthFigures { tally: Tally::default(), counted_at: now }));
        }
        let tally = self.tally(school, hours, Between { from, until }).await?;
        self.keep_figures(school, month, &tally).await?;
        // As kept: another node may have been quicker.
        self.kept_figures(school, month).await
    }

    /// Since when the store knows of anything.
    pub async fn first_moment(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let first = async |sql: &'static str| -> Result<Option<i64>, StoreError> {
            Ok(sqlx::query_scalar(sql).fetch_optional(&self.readers).await?)
        };
        let row = first("SELECT at FROM ledger ORDER BY n LIMIT 1").await?;
        let message = first("SELECT received_at FROM message ORDER BY received_at LIMIT 1").await?;
        Ok(row.into_iter().chain(message).min().map(time))
    }

    async fn kept_figures(
        &self,
        school: &SchoolId,
        month: Month,
    ) -> Result<Option<MonthFigures>, StoreError> {
        let kept: Option<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT counted_at, sealed FROM report_month WHERE school = $1 AND month = $2")
                .bind(school.to_string())
                .bind(month.name())
                .fetch_optional(&self.readers)
                .await?;
        let Some((counted_at, sealed)) = kept else { return Ok(None) };
        let tally = self.secrets()?.open(&place(school, month), &sealed)?;
        Ok(Some(MonthFigures { tally, counted_at: time(counted_at) }))
    }

    async fn keep_figures(&self, school: &SchoolId, month: Month, tally: &Tally) -> Result<(), StoreError> {
        let sealed = self.secrets()?.seal(&place(school, month), tally)?;
        let school = school.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let kept = sqlx::query(
                    "INSERT INTO report_month (school, month, counted_at, sealed) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (school, month) DO NOTHING",
                )
                .bind(school.to_string())
                .bind(month.name())
                .bind(micros(tx.now))
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                if kept.rows_affected() == 1 {
                    let event =
                        LedgerEvent::new(Event::ReportCounted).school(&school).with("month", month.name());
                    tx.append("gate", event).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

fn place(school: &SchoolId, month: Month) -> String {
    format!("report_month/{school}/{}", month.name())
}
