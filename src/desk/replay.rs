//! What other rules would have done to the last days' mail, as a table of changes. Only what was kept, and
//! what the gate may open, can be assessed anew; of the rest it says how much there is, and claims nothing.

use super::{Desk, DeskFault, Wrong};
use crate::{
    detection::Scratch,
    mail::{Arrival, Channel, Facts, Scan, SchoolId, SenderProof, Transaction},
    pipeline::{Rulebook, assess},
    storage::{Event, LedgerEvent, NoBytes, Replayed},
};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// One kind of change: from what, to what, and by which rules that were not named before, or no
/// longer are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub school: String,
    pub was: &'static str,
    pub would: &'static str,
    pub now_by: Vec<String>,
    pub no_longer_by: Vec<String>,
}

/// Messages of which one policy rule spoke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spoke {
    pub before: u64,
    pub after: u64,
}

#[derive(Default)]
pub struct Tally {
    pub changes: BTreeMap<Change, (u64, Vec<String>)>,
    /// By school and policy rule, of what was assessed anew.
    pub rules: BTreeMap<(String, String), Spoke>,
    pub messages: u64,
    pub replayed: u64,
    pub unchanged: u64,
    /// A person has decided them, so no rule would have spoken.
    pub released: u64,
    pub without_bytes: BTreeMap<NoBytes, u64>,
    /// It ended before the last message, at its bound.
    pub is_cut_off: bool,
}

/// How far it may go; whoever waits for it sees how far it is.
#[derive(Clone, Default)]
pub struct Bounds {
    /// Mail of these schools alone.
    pub schools: Option<Vec<SchoolId>>,
    pub messages: Option<u64>,
    pub time: Option<Duration>,
    pub done: Arc<AtomicU64>,
}

/// Numbers of messages named beside each change.
const EXAMPLES: usize = 3;

/// Reads the mail of the last days again with these rules; the ledger has that it was done. What is not
/// there for whoever asks is not counted either (practice.md, A4). Who may is for the caller.
pub async fn replay(
    desk: &Desk,
    rulebook: Arc<Rulebook>,
    days: u16,
    bounds: Bounds,
) -> Result<Tally, DeskFault> {
    let (since, began) = (Utc::now() - TimeDelta::days(days.into()), Instant::now());
    let (mut tally, mut scratch) = (Tally::default(), Scratch::new());
    let mut last: Option<Replayed> = None;
    loop {
        let is_over = bounds.messages.is_some_and(|most| tally.messages >= most)
            || bounds.time.is_some_and(|most| began.elapsed() >= most);
        let page = desk.store.replay_page(since, last.as_ref()).await?;
        if page.is_empty() || is_over {
            tally.is_cut_off = is_over && !page.is_empty();
            break;
        }
        let ids: Vec<String> = page.iter().map(|m| m.transaction.to_string()).collect();
        let hidden = desk.hidden(&ids).await?;
        let (book, schools, mut page) = (rulebook.clone(), bounds.schools.clone(), page);
        // Assessing is work of the processor: others go on meanwhile.
        let judged = tokio::task::spawn_blocking(move || {
            let theirs = |m: &Replayed| match (&schools, &m.school) {
                (None, _) => true,
                (Some(own), Some(school)) => own.contains(school),
                (Some(_), None) => false,
            };
            let seen = |m: &&Replayed| theirs(m) && !hidden.contains(&m.transaction.to_string());
            for message in page.iter().filter(seen) {
                tally.add(message, &book, &mut scratch);
            }
            (tally, scratch, page.pop())
        });
        (tally, scratch, last) = judged.await.map_err(|_| Wrong::NotAssessed)?;
        bounds.done.store(tally.messages, Ordering::Relaxed);
    }
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let event = LedgerEvent::new(Event::ReplayRun)
        .with("rules", rulebook.rules.digest.clone())
        .with("days", i64::from(days))
        .with("messages", count(tally.messages))
        .with("opened", count(tally.replayed));
    desk.store.ledger(&desk.actor, event).await?;
    Ok(tally)
}

impl Tally {
    fn add(&mut self, message: &Replayed, rulebook: &Rulebook, scratch: &mut Scratch) {
        self.messages += 1;
        let verdict = &message.view.verdict;
        if verdict["facts"]["settled"].as_array().is_some_and(|s| !s.is_empty()) {
            self.released += 1;
            return;
        }
        let transaction = match &message.raw {
            Ok(raw) => transaction(message, raw.clone()),
            Err(why) => {
                *self.without_bytes.entry(*why).or_default() += 1;
                return;
            }
        };
        self.replayed += 1;
        let facts = facts(message, &transaction);
        let (assessment, ()) = assess(&transaction, &facts, rulebook, scratch, |_, _, _| ());
        let would = assessment.verdict.disposition();
        let (before, after) = (policies_before(verdict), policies_now(&assessment.verdict.groups));
        let school = message.school.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        for rule in &before {
            self.rules.entry((school.clone(), rule.clone())).or_default().before += 1;
        }
        for rule in &after {
            self.rules.entry((school.clone(), rule.clone())).or_default().after += 1;
        }
        if would == message.disposition && before == after {
            self.unchanged += 1;
            return;
        }
        let without = |of: &[String], other: &[String]| -> Vec<String> {
            of.iter().filter(|p| !other.contains(p)).cloned().collect()
        };
        let change = Change {
            school,
            was: message.disposition.name(),
            would: would.name(),
            now_by: without(&after, &before),
            no_longer_by: without(&before, &after),
        };
        let (count, examples) = self.changes.entry(change).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(message.transaction.to_string());
        }
    }
}

/// The message as it came.
fn transaction(message: &Replayed, raw: Bytes) -> Transaction {
    let envelope = message.view.envelope.clone();
    let mut arrival = Arrival::unknown(message.door);
    // The log says whether somebody was proved, and the envelope who.
    if message.view.verdict["facts"]["proved"].as_bool() == Some(true)
        && let Some(sender) = envelope.sender.address()
    {
        arrival.proof = SenderProof::Login(sender.to_string());
    }
    Transaction {
        id: message.transaction,
        received_at: message.received_at,
        channel: Channel::Email,
        arrival,
        envelope,
        raw,
    }
}

/// The facts of then, as far as the log has them.
fn facts(message: &Replayed, transaction: &Transaction) -> Facts {
    let logged = &message.view.verdict["facts"];
    let mut facts = Facts::at(message.received_at, transaction.arrival.proof.clone());
    facts.scans = serde_json::from_value::<Vec<Scan>>(logged["scans"].clone()).unwrap_or_default();
    facts.unscanned = serde_json::from_value(logged["unscanned"].clone()).unwrap_or_default();
    let similar = logged["similar_recent"].as_u64().unwrap_or(0);
    facts.answers = serde_json::from_value(logged["answers"].clone()).unwrap_or_default();
    facts.earlier = serde_json::from_value(logged["earlier"].clone()).unwrap_or_default();
    facts.similar_recent = u32::try_from(similar).unwrap_or(u32::MAX);
    facts
}

fn policies_before(verdict: &Value) -> Vec<String> {
    let groups = verdict["groups"].as_array().cloned().unwrap_or_default();
    let policies = groups.iter().flat_map(|g| g["policies"].as_array().cloned().unwrap_or_default());
    sorted(policies.filter_map(|p| p.as_str().map(str::to_owned)))
}

fn policies_now(groups: &[crate::verdict::Group]) -> Vec<String> {
    sorted(groups.iter().flat_map(|g| &g.reasons).map(|r| r.policy.to_string()))
}

fn sorted(policies: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = policies.collect();
    all.sort_unstable();
    all.dedup();
    all
}
