//! Quarantine that has waited too long. It never expires unseen (practice.md, B): after one
//! school day the lead is to hear of it, after another the deputy, after a third the head. The
//! telling itself is for whoever sends notices.

use super::Gate;
use crate::{
    mail::SchoolId,
    parties::Calendar,
    storage::{ItemFilter, ItemId, ItemKind, ItemOffice, ItemState, ItemSummary, StoreError},
};
use chrono::{DateTime, Utc};

/// Who is to hear of it by now; those below have heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    Lead,
    Deputy,
    Head,
}

impl Rung {
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Deputy => "deputy",
            Self::Head => "head",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Overdue {
    pub item: ItemId,
    pub school: SchoolId,
    pub since: DateTime<Utc>,
    /// With whom it lies, when it was escalated or handed on: then that office is meant, and
    /// the rungs say only how late it is.
    pub office: Option<ItemOffice>,
    pub rung: Rung,
}

/// Whether an item has waited longer than one school day, and for whom it is by now. Handing
/// it on does not stop its clock.
pub fn overdue(item: &ItemSummary, calendar: Option<&Calendar>, now: DateTime<Utc>) -> Option<Rung> {
    if item.kind != ItemKind::Quarantine || !item.state.is_waiting() {
        return None;
    }
    let weekdays = Calendar::default();
    match calendar.unwrap_or(&weekdays).school_days(item.received_at, now, 3) {
        0 => None,
        1 => Some(Rung::Lead),
        2 => Some(Rung::Deputy),
        _ => Some(Rung::Head),
    }
}

impl Gate {
    /// All that is overdue now, newest first.
    pub async fn overdue(&self) -> Result<Vec<Overdue>, StoreError> {
        let now = (self.clock)();
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let filter = ItemFilter {
                kind: Some(ItemKind::Quarantine),
                states: vec![ItemState::Open, ItemState::Escalated],
                before: before.take(),
                ..ItemFilter::default()
            };
            let page = self.store.items(&filter).await?;
            all.extend(page.iter().filter_map(|item| {
                let rung = overdue(item, Some(&self.calendar(&item.school)), now)?;
                let (id, school) = (item.id.clone(), item.school.clone());
                Some(Overdue { item: id, school, since: item.received_at, office: item.office, rung })
            }));
            match page.last() {
                Some(last) => before = Some(last.id.clone()),
                None => return Ok(all),
            }
        }
    }
}
