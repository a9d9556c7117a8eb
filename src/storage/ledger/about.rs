//! What a row is about: its subject, its transaction, and whatever its details name. From whom one
//! of these is hidden, the row is (practice.md, A4).

use super::{Actor, Event, LedgerEntry, LedgerEvent};
use crate::storage::{database::hex, error::StoreError, store::Store};
use serde_json::{Map, Value};

/// The shortest of our numbers.
const SHORTEST: usize = 10;

/// What only says how far a purge went: were it a subject, nobody could see the proof, since of what is
/// purged nobody knows whom it concerned.
const BOUNDS: [&str; 2] = ["first", "last"];
/// Classes of which not even the number is everybody's (practice.md, A4).
const GRAVE: [&str; 3] = ["low-level", "allegations", "lead-notes"];

/// `details` is a row's JSON. What is no number of anything is found nowhere and does no harm.
pub(super) fn about(subject: Option<String>, transaction: Option<String>, details: &str) -> Vec<String> {
    let details: Map<String, Value> = serde_json::from_str(details).unwrap_or_default();
    let is_grave = details.get("class").and_then(Value::as_str).is_some_and(|class| GRAVE.contains(&class));
    let is_bound = |key: &str| !is_grave && BOUNDS.contains(&key);
    let words = details.iter().filter(|(key, _)| !is_bound(key)).filter_map(|(_, word)| word.as_str());
    // `item/7F3K2M9QWE` is about 7F3K2M9QWE.
    let numbers = words.filter_map(|word| word.rsplit('/').next());
    let numbers = numbers.filter(|n| n.len() >= SHORTEST && n.bytes().all(|b| b.is_ascii_alphanumeric()));
    subject.into_iter().chain(transaction).chain(numbers.map(str::to_owned)).collect()
}

impl LedgerEntry {
    pub fn about(&self) -> Vec<String> {
        about(self.subject.clone(), self.transaction.clone(), &self.details)
    }
}

impl Store {
    /// Somebody asked for a number that is not there: for anybody, or for them. The row is the same
    /// for both, so it has neither a subject nor what was to be done; by its mark it is known when
    /// the same number is asked for again.
    pub async fn ledger_not_there(&self, actor: &Actor, number: &str) -> Result<(), StoreError> {
        let mark = hex(&self.secrets()?.hash("asked-for", &[number.as_bytes()])[..8]);
        let event = LedgerEvent::new(Event::AccessRefused).with("answer", "not-there").with("mark", mark);
        self.ledger(actor, event).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_about_what_its_details_name() {
        let details = r#"{"item":"7F3K2M9QWE","kind":"notice","piece":"incident/AAAAAAAAAA","recipients":3}"#;
        let of = about(Some("JOB0000000".into()), None, details);
        assert_eq!(of, ["JOB0000000", "7F3K2M9QWE", "AAAAAAAAAA"]);
        assert_eq!(about(None, Some("t".into()), "{}"), ["t"]);
        assert!(about(None, None, "no details").is_empty());
    }
}
