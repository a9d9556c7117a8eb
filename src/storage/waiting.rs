//! Quarantine that waits, as a page of a queue that may hold 100,000 items: the gravest first, of one
//! gravity the oldest. Paged by the last item shown, never by a count of pages, so that what is
//! decided meanwhile moves nothing.

use super::{
    database::{Sql, hex, micros, unhex},
    error::StoreError,
    items::{ItemState, ItemSummary},
    names::ItemId,
    store::Store,
    views::severity_name,
};
use crate::{
    authority::{Face, Matter},
    mail::SchoolId,
    ruleset::{Category, Severity},
};
use chrono::{DateTime, Utc};

const NEWEST: &str = "queue/newest";

/// The parts of the queue, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Suspected matches, of which nobody sees more (practice.md, A3).
    Sealed,
    Critical,
    High,
    Medium,
    Low,
}

/// The last one shown, after which the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub band: Band,
    pub item: ItemId,
}

/// What is asked for; `None` asks nothing. What is sealed answers only where nothing is asked that
/// would tell what it was.
#[derive(Clone, Debug, Default)]
pub struct WaitingFilter {
    /// Only of these; of none when it is empty.
    pub schools: Vec<SchoolId>,
    pub severity: Option<Severity>,
    /// Any of these.
    pub categories: Vec<Category>,
    pub matter: Option<Matter>,
    pub received_before: Option<DateTime<Utc>>,
    pub received_after: Option<DateTime<Utc>>,
}

impl Band {
    pub const ALL: [Self; 5] = [Self::Sealed, Self::Critical, Self::High, Self::Medium, Self::Low];

    pub fn name(self) -> &'static str {
        match self.severity() {
            None => "sealed",
            Some(severity) => severity_name(severity),
        }
    }

    fn severity(self) -> Option<Severity> {
        match self {
            Self::Sealed => None,
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
        }
    }

    pub fn of(item: &ItemSummary) -> Self {
        match item.severity {
            _ if item.state.is_sealed() => Self::Sealed,
            Severity::Critical => Self::Critical,
            Severity::High => Self::High,
            Severity::Medium => Self::Medium,
            Severity::Low => Self::Low,
        }
    }

    fn answers(self, filter: &WaitingFilter) -> bool {
        match self.severity() {
            None => filter.severity.is_none() && filter.categories.is_empty() && filter.matter.is_none(),
            Some(severity) => filter.severity.is_none_or(|asked| asked == severity),
        }
    }
}

impl Spot {
    pub fn of(item: &ItemSummary) -> Self {
        Self { band: Band::of(item), item: item.id.clone() }
    }
}

/// Written out as the partial index of the table has it, so that it is used.
const WAITS: &str = "i.kind = 'quarantine' AND i.state IN ('open', 'escalated')";

impl Store {
    /// The next items of the queue, at most `limit`. Whether whoever asks may know of each is to
    /// be asked one by one.
    pub async fn waiting(
        &self,
        filter: &WaitingFilter,
        after: Option<&Spot>,
        limit: u32,
    ) -> Result<Vec<ItemSummary>, StoreError> {
        let mut page: Vec<ItemSummary> = Vec::new();
        let from = after.map_or(Band::Sealed, |spot| spot.band);
        for band in Band::ALL.into_iter().filter(|band| *band >= from && band.answers(filter)) {
            let left = limit.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let mut sql = Sql::new("");
            match band.severity() {
                None => sql.push("i.state = 'sealed'"),
                Some(severity) => {
                    sql.push(WAITS).push(" AND i.severity = ").push_bind(severity_name(severity))
                }
            };
            narrow(&mut sql, filter);
            if let Some(spot) = after.filter(|spot| spot.band == band) {
                sql.push(" AND i.n > (SELECT n FROM item WHERE id = ").push_bind(spot.item.to_string());
                sql.push(")");
            }
            sql.push(" ORDER BY i.n LIMIT ").push_bind(i64::from(left));
            page.extend(self.items_where(sql).await?);
        }
        Ok(page)
    }

    /// How far the queue of these schools reaches now, for whoever waits for what is new.
    pub async fn newest_waiting(&self) -> Result<i64, StoreError> {
        let newest: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(n), 0) FROM item").fetch_one(&self.readers).await?;
        Ok(newest)
    }

    /// How far that is, as a word for whoever asked: sealed, because a number would tell them of messages
    /// that are not there for them.
    pub fn newest_word(&self, newest: i64) -> Result<String, StoreError> {
        Ok(hex(&self.secrets()?.seal_bytes(NEWEST, &newest.to_be_bytes())?))
    }

    /// `None`: that is no word of this store.
    pub fn newest_of(&self, word: &str) -> Result<Option<i64>, StoreError> {
        let secrets = self.secrets()?;
        let plain = unhex(word).and_then(|sealed| secrets.open_bytes(NEWEST, &sealed).ok());
        Ok(plain.and_then(|plain| plain.try_into().ok()).map(i64::from_be_bytes))
    }

    /// What has come to wait since then, oldest first.
    pub async fn waiting_since(
        &self,
        filter: &WaitingFilter,
        since: i64,
        limit: u32,
    ) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = Sql::new("i.n > ");
        sql.push_bind(since).push(" AND ").push(WAITS);
        narrow(&mut sql, filter);
        sql.push(" ORDER BY i.n LIMIT ").push_bind(i64::from(limit));
        self.items_where(sql).await
    }

    /// How many messages wait for their own senders, but for those in which one of these faces has
    /// a part; no more than `most` are counted.
    pub async fn holds_waiting(
        &self,
        schools: &[SchoolId],
        faces: &[Face],
        most: u32,
    ) -> Result<u32, StoreError> {
        let mut sql = Sql::new(
            "SELECT COUNT(*) FROM (SELECT i.n FROM item i WHERE i.state = 'open' AND i.kind = 'hold'",
        );
        sql.push(" AND i.school IN ").push_row(|list| {
            schools.iter().for_each(|school| {
                list.bind(school.to_string());
            });
        });
        if !faces.is_empty() {
            sql.push(
                " AND NOT EXISTS (SELECT 1 FROM concerned c WHERE c.subject IN (i.id, i.transaction_id)",
            );
            any_of(sql.push(" AND c.face IN "), faces);
            any_of(sql.push(") AND (i.owner_hash IS NULL OR i.owner_hash NOT IN "), faces);
            sql.push(")");
        }
        sql.push(" LIMIT ").push_bind(i64::from(most)).push(") AS held");
        let count: i64 = sql.build_query_scalar().fetch_one(&self.readers).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Other messages of quarantine in which one of these faces wrote or got something, newest first.
    pub async fn quarantine_with(
        &self,
        faces: &[Face],
        not: &ItemId,
        limit: u32,
    ) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = others_in_quarantine(not);
        sql.push(" AND i.transaction_id IN (SELECT c.subject FROM concerned c WHERE c.part = 'party' AND c.face IN ");
        any_of(&mut sql, faces);
        sql.push(") ORDER BY i.n DESC LIMIT ").push_bind(i64::from(limit));
        self.items_where(sql).await
    }

    /// Whether the sender of the message behind an item was proved: "from X's account" is not "X wrote"
    /// (practice.md, A8). `None` where the log no longer has it.
    pub async fn sender_was_proved(&self, item: &ItemSummary) -> Result<Option<bool>, StoreError> {
        self.was_proved(item.transaction).await
    }
}

/// What is shown of quarantine besides this one.
pub(super) fn others_in_quarantine(not: &ItemId) -> Sql {
    let mut sql = Sql::new("i.kind = 'quarantine' AND i.state NOT IN ");
    sql.push_row(|list| {
        ItemState::ALL.into_iter().filter(|s| !s.is_shown() || s.is_sealed()).for_each(|state| {
            list.bind(state.name());
        });
    });
    sql.push(" AND i.id <> ").push_bind(not.to_string());
    sql
}

fn any_of(sql: &mut Sql, faces: &[Face]) {
    sql.push_row(|list| {
        faces.iter().for_each(|face| {
            list.bind(face.0.to_vec());
        });
    });
}

fn narrow(sql: &mut Sql, filter: &WaitingFilter) {
    sql.push(" AND i.school IN ").push_row(|list| {
        filter.schools.iter().for_each(|school| {
            list.bind(school.to_string());
        });
    });
    if !filter.categories.is_empty() {
        sql.push(" AND i.category IN ").push_row(|list| {
            filter.categories.iter().for_each(|category| {
                list.bind(category.name());
            });
        });
    }
    // What has no matter written down is a concern.
    match filter.matter {
        None => {}
        Some(Matter::Concern) => {
            sql.push(" AND NOT EXISTS (SELECT 1 FROM matter m WHERE m.subject = i.id AND m.matter <> ");
            sql.push_bind(Matter::Concern.name()).push(")");
        }
        Some(matter) => {
            sql.push(" AND EXISTS (SELECT 1 FROM matter m WHERE m.subject = i.id AND m.matter = ");
            sql.push_bind(matter.name()).push(")");
        }
    }
    if let Some(before) = filter.received_before {
        sql.push(" AND i.received_at < ").push_bind(micros(before));
    }
    if let Some(after) = filter.received_after {
        sql.push(" AND i.received_at >= ").push_bind(micros(after));
    }
}
