//! What is there for whoever asks, in lists, searches and the ledger.

use super::{Desk, DeskFault, Installation};
use crate::{
    authority::{self, Act, Answer, Case, Scope, Thing},
    mail::{SchoolId, Waiting},
    storage::{
        Event, ItemId, ItemState, ItemSummary, LedgerEntry, LedgerEvent, LedgerFilter, RecordSummary,
        RowSubjects, Sight, StoreError,
    },
};
use std::{
    collections::{BTreeSet, HashSet},
    future::Future,
};

/// Rows of the ledger that are looked through together.
const PAGE: u32 = 1_000;

/// For a search: what cannot be told is not there.
impl Sight<ItemSummary> for Desk {
    fn of<'a>(&'a self, all: &'a [ItemSummary]) -> Waiting<'a, Vec<bool>> {
        Box::pin(async move { self.sees(all.len(), self.store.item_cases(all)).await })
    }
}

impl Sight<RecordSummary> for Desk {
    fn of<'a>(&'a self, all: &'a [RecordSummary]) -> Waiting<'a, Vec<bool>> {
        Box::pin(async move {
            let of: Vec<_> = all.iter().map(|r| (r.school.clone(), r.transaction.to_string())).collect();
            self.sees(all.len(), self.store.record_cases(&of)).await
        })
    }
}

impl Desk {
    async fn sees(
        &self,
        many: usize,
        facts: impl Future<Output = Result<Vec<Case>, StoreError>>,
    ) -> Vec<bool> {
        if self.installation == Installation::Fresh {
            return vec![true; many];
        }
        match facts.await {
            Ok(cases) => cases.iter().map(|case| self.may(Act::List, case).is_allowed()).collect(),
            Err(_) => vec![false; many],
        }
    }

    /// Of these subjects of the ledger (items, records, incidents, transactions) those that are
    /// not there for the asker.
    pub async fn hidden(&self, subjects: &[String]) -> Result<HashSet<String>, DeskFault> {
        if self.installation == Installation::Fresh {
            return Ok(HashSet::new());
        }
        // What is about a job, an alert or an object is about the message behind it.
        let behind = self.store.belongs(subjects).await?;
        let all: BTreeSet<&String> = subjects.iter().chain(behind.values().flatten()).collect();
        let mut hidden = self.hidden_themselves(&all.into_iter().cloned().collect::<Vec<_>>()).await?;
        for (subject, of) in behind {
            if of.iter().any(|id| hidden.contains(id)) {
                hidden.insert(subject);
            }
        }
        Ok(hidden)
    }

    /// Of the next rows of the ledger the numbers of those that are not there for the asker, and
    /// the number up to which that is known; `None` at the end.
    pub async fn hidden_rows(
        &self,
        after: u64,
        schools: &[SchoolId],
    ) -> Result<Option<(u64, Vec<u64>)>, DeskFault> {
        let rows = self.store.ledger_subjects(after, PAGE).await?;
        let Some(last) = rows.last().map(|row| row.row) else { return Ok(None) };
        let about: Vec<String> = rows.iter().flat_map(|row| &row.about).cloned().collect();
        let hidden = self.hidden(&about).await?;
        let is_hidden = |row: &&RowSubjects| {
            row.school.as_ref().is_some_and(|school| !schools.contains(school))
                || row.about.iter().any(|id| hidden.contains(id))
        };
        Ok(Some((last, rows.iter().filter(is_hidden).map(|row| row.row).collect())))
    }

    /// Rows of the ledger that fit, without those of other schools and of what is not there for the asker;
    /// that they were looked at is a row too.
    pub async fn ledger_rows(
        &self,
        filter: &LedgerFilter,
        view: &'static str,
    ) -> Result<Vec<LedgerEntry>, DeskFault> {
        let schools = self.schools_or_refuse(Act::List, Thing::Ledger)?;
        let mut entries = self.store.ledger_rows(filter).await?;
        let hidden = self.hidden(&entries.iter().flat_map(LedgerEntry::about).collect::<Vec<_>>()).await?;
        let elsewhere =
            |e: &LedgerEntry| e.school.as_ref().is_some_and(|at| !schools.iter().any(|s| *s.0 == **at));
        entries.retain(|e| !elsewhere(e) && !e.about().iter().any(|subject| hidden.contains(subject)));
        self.keep_reasons_of_measures(&mut entries).await?;
        let viewed = LedgerEvent::new(Event::LedgerViewed).with("view", view).with("rows", entries.len());
        match self.store.ledger(&self.actor, viewed).await {
            // Without the working key only what is clear is shown, as to any reader of the file.
            Err(_) if !self.store.counts().await?.working_key => {}
            noted => drop(noted?),
        }
        Ok(entries)
    }

    /// Why somebody is excepted or suspended is for those who may know whom it is about.
    async fn keep_reasons_of_measures(&self, entries: &mut [LedgerEntry]) -> Result<(), DeskFault> {
        if self.installation == Installation::Fresh {
            return Ok(());
        }
        let is_one = |entry: &&mut LedgerEntry| entry.event.starts_with("measure.");
        let about: Vec<String> =
            entries.iter_mut().filter(is_one).filter_map(|e| e.subject.clone()).collect();
        let mut known = HashSet::new();
        for kept in self.measures_among(&about).await? {
            if self.may(Act::Particulars, &self.measure_case(&kept.school, &kept.measure)?).is_allowed() {
                known.insert(kept.id.to_string());
            }
        }
        for entry in entries.iter_mut().filter(is_one) {
            if !entry.subject.as_ref().is_some_and(|subject| known.contains(subject)) {
                entry.reason = None;
            }
        }
        Ok(())
    }

    async fn hidden_themselves(&self, subjects: &[String]) -> Result<HashSet<String>, DeskFault> {
        let mut hidden = HashSet::new();
        for (subject, faces) in self.store.concerned(subjects).await? {
            // Whom the log of its transaction is hidden from, it is hidden from.
            let mut case = Case::new(Thing::LogEntry, Scope::Trust);
            faces.fill(&mut case);
            if authority::is_hidden_from(&self.asker, &case) {
                hidden.insert(subject);
            }
        }
        for (transaction, case) in self.store.grave_log_cases(subjects).await? {
            if !self.may(Act::List, &case).is_allowed() {
                hidden.insert(transaction);
            }
        }
        for subject in subjects {
            let Ok(id) = subject.parse::<ItemId>() else { continue };
            let (item, case) = match self.store.item_case(&id).await {
                Ok(found) => found,
                Err(StoreError::NotFound { .. }) => continue,
                Err(e) => return Err(e.into()),
            };
            if is_forgotten(&item, &case) || !self.may(Act::List, &case).is_allowed() {
                hidden.insert(subject.clone());
            }
        }
        hidden.extend(self.store.purged_cases(subjects).await?);
        for (note, case) in self.store.lead_notes_among(subjects).await? {
            if !case.is_some_and(|case| self.may(Act::List, &case).is_allowed()) {
                hidden.insert(note);
            }
        }
        for (incident, case) in self.store.incidents_among(subjects).await? {
            if !self.may(Act::List, &case).is_allowed() {
                hidden.insert(incident.id.to_string());
            }
        }
        for kept in self.measures_among(subjects).await? {
            if !self.may(Act::List, &self.measure_case(&kept.school, &kept.measure)?).is_allowed() {
                hidden.insert(kept.id.to_string());
            }
        }
        // Where an item is not there, nothing of its message is.
        let items = self.store.items_of(subjects).await?;
        for (item, case) in items.iter().zip(self.store.item_cases(&items).await?) {
            if self.may(Act::List, &case) == Answer::NotThere || is_forgotten(item, &case) {
                hidden.insert(item.transaction.to_string());
            }
        }
        Ok(hidden)
    }

    /// Whether the asker is a party to it, accused in it, or guessed to be.
    pub fn is_hidden(&self, case: &Case) -> bool {
        self.installation == Installation::HasUsers && authority::is_hidden_from(&self.asker, case)
    }
}

/// Whom it concerned went with what was purged: nobody can be told from a party any more.
fn is_forgotten(item: &ItemSummary, case: &Case) -> bool {
    item.state == ItemState::Purged && case.parties.is_empty()
}
