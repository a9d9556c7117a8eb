//! What changed in what is in force since it was last noted: one row for each setting, rule and
//! count of people, with keyed digests of the old and the new value.

use super::{Actor, Event, LedgerEvent};
use crate::storage::{
    database::{hex, time},
    error::StoreError,
    store::Store,
    writer::Tx,
};
use chrono::SecondsFormat;
use std::collections::BTreeMap;

/// What a piece in force is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    Setting,
    Rule,
    People,
}

/// One setting, rule or count that is in force now.
#[derive(Clone, Debug)]
pub struct InForce {
    pub piece: Piece,
    /// A key of the file, a rule's id, a role.
    pub name: String,
    /// Never kept or shown: only its keyed digest is.
    pub value: String,
    /// The value again where it says nothing of anybody.
    pub shown: Option<String>,
    /// The account (uid) that owns the file it stands in, and when that was last written.
    pub file: Option<(u32, i64)>,
}

/// What came of noting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Rows of changes.
    pub changed: usize,
    pub taken_up: TakenUp,
}

/// Whether somebody asked for it, with a reason (`gatehouse reload`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenUp {
    ByCommand,
    Unasked,
}

/// Rows for single changes at most; the others are counted.
const MOST: usize = 1_000;
/// Letters of a digest that are kept: enough to tell two values apart.
const DIGEST: usize = 8;

impl Piece {
    fn word(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Rule => "rule",
            Self::People => "people",
        }
    }
    fn event(self) -> Event {
        match self {
            Self::Setting => Event::SettingChanged,
            Self::Rule => Event::RuleChanged,
            Self::People => Event::DirectoryChanged,
        }
    }
}

/// What is kept of a piece: digest and, where harmless, value.
type Kept = (String, Option<String>);

impl Store {
    /// Notes what is in force, and a row for everything that is not as it was noted last. Who asked
    /// for the reload, and why, is in those rows; `unasked` where nobody did.
    pub async fn note_in_force(&self, now: Vec<InForce>, unasked: Actor) -> Result<Noted, StoreError> {
        self.write(move |tx| Box::pin(async move { tx.note_in_force(now, &unasked).await })).await
    }
}

impl Tx {
    async fn note_in_force(&mut self, now: Vec<InForce>, unasked: &Actor) -> Result<Noted, StoreError> {
        let rows: Vec<(String, String, Option<String>)> =
            sqlx::query_as("SELECT name, digest, shown FROM in_force").fetch_all(&mut self.conn).await?;
        let mut before: BTreeMap<String, Kept> =
            rows.into_iter().map(|(name, digest, shown)| (name, (digest, shown))).collect();
        let first = before.is_empty();
        let asked = self.asker().await?;
        let (actor, asked) = match asked {
            Some((actor, row, why)) => (actor, Some((row, why))),
            None => (self.random_id(unasked).await?, None),
        };
        let mut changes = Vec::new();
        for piece in &now {
            let name = format!("{}/{}", piece.piece.word(), piece.name);
            let digest = self.shared.secrets()?.hash("in-force", &[name.as_bytes(), piece.value.as_bytes()]);
            let new: Kept = (hex(&digest[..DIGEST]), piece.shown.clone());
            let old = before.remove(&name);
            if old.as_ref() == Some(&new) {
                continue;
            }
            sqlx::query(
                "INSERT INTO in_force (name, digest, shown) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, shown = excluded.shown",
            )
            .bind(&name)
            .bind(&new.0)
            .bind(&new.1)
            .execute(&mut self.conn)
            .await?;
            if !first {
                changes.push(changed(piece.piece, name, (old, Some(new)), piece.file));
            }
        }
        for (name, old) in before {
            sqlx::query("DELETE FROM in_force WHERE name = $1").bind(&name).execute(&mut self.conn).await?;
            let word = name.split('/').next().unwrap_or_default();
            let piece = [Piece::Setting, Piece::Rule].into_iter().find(|p| p.word() == word);
            changes.push(changed(piece.unwrap_or(Piece::People), name, (Some(old), None), None));
        }
        if first {
            let event = LedgerEvent::new(Event::ConfigLoaded).with("noted", now.len());
            self.append(&actor, event).await?;
        }
        let count = changes.len();
        for event in changes.into_iter().take(MOST) {
            let event = match &asked {
                Some((row, why)) => event.with("asked-in-row", *row).because(why.clone()),
                None => event,
            };
            self.append(&actor, event).await?;
        }
        if count > MOST {
            let event = LedgerEvent::new(Event::ConfigLoaded).with("further-changes", count - MOST);
            self.append(&actor, event).await?;
        }
        let taken_up = if asked.is_some() { TakenUp::ByCommand } else { TakenUp::Unasked };
        Ok(Noted { changed: count, taken_up })
    }

    /// Who asked for a reload since the last one, in which row and why.
    async fn asker(&mut self) -> Result<Option<(String, i64, Option<String>)>, StoreError> {
        let asked: Option<(i64, String, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT l.n, l.actor, r.sealed FROM ledger l LEFT JOIN ledger_reason r ON r.n = l.n
             WHERE l.event = 'reload.asked' AND l.n > (SELECT COALESCE(MAX(row_n), 0) FROM in_force_row)
             ORDER BY l.n DESC LIMIT 1",
        )
        .fetch_optional(&mut self.conn)
        .await?;
        // Rows of this very transaction are not in the table yet: they ask for nothing.
        sqlx::query(
            "INSERT INTO in_force_row (one, row_n) VALUES (1, $1)
             ON CONFLICT (one) DO UPDATE SET row_n = excluded.row_n",
        )
        .bind(self.head.n)
        .execute(&mut self.conn)
        .await?;
        let Some((n, actor, sealed)) = asked else { return Ok(None) };
        let why = match sealed {
            Some(sealed) => Some(self.shared.secrets()?.open(&format!("reason/{n}"), &sealed)?),
            None => None,
        };
        Ok(Some((actor, n, why)))
    }
}

fn changed(
    piece: Piece,
    name: String,
    (old, new): (Option<Kept>, Option<Kept>),
    file: Option<(u32, i64)>,
) -> LedgerEvent {
    let how = match (&old, &new) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    let mut event = LedgerEvent::new(piece.event()).about(name).with("how", how);
    for (kept, digest, value) in [(old, "old", "from"), (new, "new", "to")] {
        let Some((hash, shown)) = kept else { continue };
        event = event.with(digest, hash);
        if let Some(shown) = shown {
            event = event.with(value, shown);
        }
    }
    match file {
        Some((uid, at)) => event
            .with("file-uid", i64::from(uid))
            .with("file-time", time(at.saturating_mul(1_000_000)).to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => event,
    }
}
