//! What is there for whoever asks, in lists, searches and the ledger.

use super::{Desk, Installation};
use crate::{
    authority::{self, Act, Case, Scope, Thing},
    cli::Mistake,
    storage::{ItemId, ItemState, ItemSummary, RecordSummary, StoreError},
};
use std::{collections::HashSet, future::Future};

impl Desk {
    /// Whether an item is there for the asker; what cannot be told is not.
    pub(in crate::cli) fn sees_item(&self, item: &ItemSummary) -> bool {
        self.sees(self.store.item_cases(std::slice::from_ref(item)))
    }

    /// The same for a record.
    pub(in crate::cli) fn sees_record(&self, record: &RecordSummary) -> bool {
        let of = [(record.school.clone(), record.transaction.to_string())];
        self.sees(self.store.record_cases(&of))
    }

    /// For a search, which asks hit by hit and waits for the answer.
    fn sees(&self, facts: impl Future<Output = Result<Vec<Case>, StoreError>>) -> bool {
        if self.installation == Installation::Fresh {
            return true;
        }
        let facts = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(facts));
        facts.is_ok_and(|cases| cases.iter().all(|case| self.may(Act::List, case).is_allowed()))
    }

    /// Of these subjects of the ledger (items, records, incidents, transactions) those that are
    /// not there for the asker.
    pub(in crate::cli) async fn hidden(&self, subjects: &[String]) -> Result<HashSet<String>, Mistake> {
        let mut hidden = HashSet::new();
        if self.installation == Installation::Fresh {
            return Ok(hidden);
        }
        for (subject, faces) in self.store.concerned(subjects).await? {
            // Whom the log of its transaction is hidden from, it is hidden from.
            let mut case = Case::new(Thing::LogEntry, Scope::Trust);
            faces.fill(&mut case);
            if authority::is_hidden_from(&self.asker, &case) {
                hidden.insert(subject);
            }
        }
        for subject in subjects {
            let Ok(id) = subject.parse::<ItemId>() else { continue };
            let (item, case) = match self.store.item_case(&id).await {
                Ok(found) => found,
                Err(StoreError::NotFound { .. }) => continue,
                Err(e) => return Err(e.into()),
            };
            // Whom it concerned went with what was purged: nobody can be told from a party any more.
            let forgotten = item.state == ItemState::Purged && case.parties.is_empty();
            if forgotten || !self.may(Act::List, &case).is_allowed() {
                hidden.insert(subject.clone());
            }
        }
        for (incident, case) in self.store.incidents_among(subjects).await? {
            if !self.may(Act::List, &case).is_allowed() {
                hidden.insert(incident.id.to_string());
            }
        }
        Ok(hidden)
    }

    /// Whether the asker is a party to it, accused in it, or guessed to be.
    pub(in crate::cli) fn is_hidden(&self, case: &Case) -> bool {
        self.installation == Installation::HasUsers && authority::is_hidden_from(&self.asker, case)
    }
}
