//! The check of everything kept: every object against its row, the ledger and its bytes in
//! the vault; that what the ledger names is there; that the vault has nothing else. A little
//! every hour, or all of it at once on demand.

use super::{
    database::micros,
    error::StoreError,
    ledger::{Event, LedgerEvent},
    objects::ObjectRow,
    store::Store,
    writer::Tx,
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub struct ScrubReport {
    pub objects: u64,
    pub bytes: u64,
    /// Files of keeps that were never acknowledged (a kill between file and commit).
    pub orphans: u64,
    /// What became of those that are a day old.
    pub swept: Swept,
    pub faults: Vec<ScrubFault>,
}

/// What a sweep did with old files that no row names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Swept {
    #[default]
    Gone,
    /// There are more of them than objects that rows name: rather the database is not theirs, and
    /// nothing was taken away.
    Spared,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubFault {
    pub object: String,
    pub fault: &'static str,
}

/// How much the hourly check reads: a million objects in three weeks.
const HOURLY_OBJECTS: i64 = 2_000;
const HOURLY_BYTES: u64 = 2_000_000_000;
/// What was read in this time is not read again by the hourly check.
const AGAIN: TimeDelta = TimeDelta::days(7);
/// A file in the vault without a row is younger than this while its keep may still be
/// on its way.
const ORPHAN_AGE: TimeDelta = TimeDelta::hours(24);
const PAGE: i64 = 100;

/// What one look at an object found.
struct Look {
    id: String,
    bytes: u64,
    /// `None`: sound.
    fault: Option<&'static str>,
}

impl Store {
    /// Checks every object against its row and the ledger, and that every item, record
    /// and object of the ledger is there. Files that no row names are counted, and taken
    /// away when they are a day old.
    pub async fn scrub(&self) -> Result<ScrubReport, StoreError> {
        let mut report = ScrubReport::default();
        let mut after = String::new();
        loop {
            let page: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM object WHERE id > $1 AND purged_at IS NULL AND unwanted_at IS NULL
                 ORDER BY id LIMIT $2",
            )
            .bind(&after)
            .bind(PAGE)
            .fetch_all(&self.readers)
            .await?;
            let Some(last) = page.last() else { break };
            after = last.clone();
            self.look_at(page, u64::MAX, &mut report).await?;
        }
        let gone: Vec<String> = sqlx::query_scalar(
            "SELECT subject FROM ledger l WHERE
                (event IN ('item.held', 'item.quarantined') AND NOT EXISTS (SELECT 1 FROM item WHERE id = subject))
             OR (event = 'record.copied' AND NOT EXISTS (SELECT 1 FROM record WHERE id = subject))
             OR (event = 'object.kept' AND NOT EXISTS (SELECT 1 FROM object WHERE id = subject))",
        )
        .fetch_all(&self.readers)
        .await?;
        let missing = |object| ScrubFault { object, fault: "is in the ledger, but its row is gone" };
        report.faults.extend(gone.into_iter().map(missing));
        if self.shared.secrets.is_some() {
            self.scrub_epochs(&mut report.faults).await?;
        }
        (report.orphans, report.swept) = self.sweep().await?;
        Ok(report)
    }

    /// The hourly part: what was not looked at for longest, within a bound. Where it stopped
    /// is in the rows, so a restart goes on from there.
    pub async fn scrub_some(&self) -> Result<ScrubReport, StoreError> {
        let mut report = ScrubReport::default();
        while (report.objects as i64) < HOURLY_OBJECTS && report.bytes < HOURLY_BYTES {
            let page: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM object WHERE purged_at IS NULL AND unwanted_at IS NULL AND checked_at < $1
                 ORDER BY checked_at LIMIT $2",
            )
            .bind(micros(self.now() - AGAIN))
            .bind(PAGE)
            .fetch_all(&self.readers)
            .await?;
            if page.is_empty() {
                break;
            }
            self.look_at(page, HOURLY_BYTES - report.bytes, &mut report).await?;
        }
        Ok(report)
    }

    /// Looks at objects until `budget` bytes were read, and notes what it found.
    async fn look_at(
        &self,
        ids: Vec<String>,
        budget: u64,
        report: &mut ScrubReport,
    ) -> Result<(), StoreError> {
        let mut looks = Vec::new();
        let mut read = 0;
        for id in ids {
            if read >= budget {
                break;
            }
            if let Some(look) = self.look(id).await? {
                read += look.bytes;
                looks.push(look);
            }
        }
        for look in &looks {
            report.objects += 1;
            report.bytes += look.bytes;
            let fault = |fault| ScrubFault { object: look.id.clone(), fault };
            report.faults.extend(look.fault.map(fault));
        }
        // Without the working key what was found can be shown, not noted.
        match self.shared.secrets {
            Some(_) => self.write(move |tx| Box::pin(async move { tx.note_looks(looks).await })).await,
            None => Ok(()),
        }
    }

    /// `None`: it was purged meanwhile.
    async fn look(&self, id: String) -> Result<Option<Look>, StoreError> {
        let row = self.object_row(&id).await?;
        let named: Option<i64> = sqlx::query_scalar(
            "SELECT n FROM ledger WHERE subject = $1 AND event = 'object.kept' AND hash_in = $2 AND hash_out = $3",
        )
        .bind(&id)
        .bind(&row.sha256)
        .bind(&row.object_sha256)
        .fetch_optional(&self.readers)
        .await?;
        if named.is_none() {
            return Ok(Some(Look { id, bytes: 0, fault: Some("is not what the ledger names") }));
        }
        match self.sealed_object(&id, &row).await {
            Ok(object) => Ok(Some(Look { id, bytes: object.len() as u64, fault: None })),
            Err(StoreError::Object { fault, .. }) => {
                let now: ObjectRow = self.object_row(&id).await?;
                Ok((!now.is_unwanted()).then_some(Look { id, bytes: 0, fault: Some(fault) }))
            }
            Err(e) => Err(e),
        }
    }

    /// Counts files that no row names, and deletes the old ones, as long as they are the exception.
    async fn sweep(&self) -> Result<(u64, Swept), StoreError> {
        self.own_vault().await?;
        let (mut files, mut named, mut orphans, mut old) = (Vec::new(), 0_u64, 0, Vec::new());
        self.shared.vault.each(|path, modified| files.push((path.to_owned(), modified))).await?;
        for (path, modified) in files {
            let wanted: Option<i64> =
                sqlx::query_scalar("SELECT kept_at FROM object WHERE path = $1 AND purged_at IS NULL")
                    .bind(&path)
                    .fetch_optional(&self.readers)
                    .await?;
            if wanted.is_some() {
                named += 1;
                continue;
            }
            orphans += 1;
            if modified < self.now() - ORPHAN_AGE {
                old.push(path);
            }
        }
        if old.len() as u64 > named {
            return Ok((orphans, Swept::Spared));
        }
        for path in old {
            self.shared.vault.delete(&path).await?;
        }
        orphans += self.shared.vault.sweep_halves(self.now() - ORPHAN_AGE).await?;
        Ok((orphans, Swept::Gone))
    }
}

impl Tx {
    /// A fault goes into the ledger and the log once, when it is first found; so does that it is gone.
    async fn note_looks(&mut self, looks: Vec<Look>) -> Result<(), StoreError> {
        let known: BTreeSet<(String, String)> =
            sqlx::query_as("SELECT id, fault FROM object WHERE fault IS NOT NULL")
                .fetch_all(&mut self.conn)
                .await?
                .into_iter()
                .collect();
        for look in looks {
            let before = known.iter().find(|(id, _)| *id == look.id).map(|(_, fault)| fault.as_str());
            sqlx::query("UPDATE object SET checked_at = $1, fault = $2 WHERE id = $3")
                .bind(micros(self.now))
                .bind(look.fault)
                .bind(&look.id)
                .execute(&mut self.conn)
                .await?;
            if before == look.fault {
                continue;
            }
            let event = match look.fault {
                Some(fault) => {
                    tracing::error!(object = %look.id, fault, "object.faulty");
                    LedgerEvent::new(Event::ObjectFaulty).with("fault", fault.replace(' ', "-"))
                }
                None => LedgerEvent::new(Event::ObjectSound),
            };
            self.append("gate", event.about(look.id)).await?;
        }
        Ok(())
    }
}
