//! `gatehouse replay`: what these rules would have done to the last days' mail, as a table of
//! changes. Only what was kept, and what the gate may open, can be assessed anew; of the rest it
//! says how much there is, and claims nothing.

use super::{Answer, Mistake, args::Cli, context, desk::Desk, render};
use crate::{
    app,
    authority::{Act, Thing},
    detection::Scratch,
    mail::{Arrival, Channel, Facts, Scan, SenderProof, Transaction},
    pipeline::{Rulebook, assess},
    storage::{Event, LedgerEvent, NoBytes, Replayed},
    verdict::Disposition,
};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use clap::Args;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The last so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=730))]
    since: u16,
    /// The rules to try; may be given several times
    #[arg(long, value_name = "FOLDER", required = true)]
    rules: Vec<PathBuf>,
}

/// One kind of change: from what, to what, and by which rules that were not named before, or no
/// longer are.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    school: String,
    was: &'static str,
    would: &'static str,
    now_by: Vec<String>,
    no_longer_by: Vec<String>,
}

#[derive(Default)]
struct Tally {
    changes: BTreeMap<Change, (u64, Vec<String>)>,
    messages: u64,
    replayed: u64,
    unchanged: u64,
    /// A person has decided them, so no rule would have spoken.
    released: u64,
    without_bytes: BTreeMap<NoBytes, u64>,
}

/// Numbers of messages shown beside each change.
const EXAMPLES: usize = 3;

pub(super) fn run(cli: &Cli, args: &ReplayArgs) -> Answer {
    let config = context::config(cli)?;
    let rulebook = app::rulebook(&config, app::rules(&args.rules)?)?;
    let tally = context::block_on(async {
        let desk = Desk::open(cli).await?;
        // Whoever may ask for other rules may try them.
        desk.schools_or_refuse(Act::Change, Thing::Rule)?;
        let store = &desk.store;
        let tally = replay(&desk, &rulebook, args.since).await?;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let event = LedgerEvent::new(Event::ReplayRun)
            .with("rules", rulebook.rules.digest.clone())
            .with("days", i64::from(args.since))
            .with("messages", count(tally.messages))
            .with("opened", count(tally.replayed));
        store.ledger(&desk.actor, event).await?;
        desk.close().await;
        Ok(tally)
    })?;
    print(cli, &tally)?;
    Ok(ExitCode::SUCCESS)
}

/// What is not there for whoever asks is not counted either (practice.md, A4).
async fn replay(desk: &Desk, rulebook: &Rulebook, days: u16) -> Result<Tally, Mistake> {
    let since = Utc::now() - TimeDelta::days(days.into());
    let (mut tally, mut scratch) = (Tally::default(), Scratch::new());
    let mut last: Option<Replayed> = None;
    loop {
        let mut page = desk.store.replay_page(since, last.as_ref()).await?;
        let ids: Vec<String> = page.iter().map(|m| m.transaction.to_string()).collect();
        let hidden = desk.hidden(&ids).await?;
        for message in page.iter().filter(|m| !hidden.contains(&m.transaction.to_string())) {
            tally.add(message, rulebook, &mut scratch);
        }
        match page.pop() {
            Some(end) => last = Some(end),
            None => return Ok(tally),
        }
    }
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
        if would == message.disposition && before == after {
            self.unchanged += 1;
            return;
        }
        let without = |of: &[String], other: &[String]| -> Vec<String> {
            of.iter().filter(|p| !other.contains(p)).cloned().collect()
        };
        let change = Change {
            school: message.school.as_ref().map_or_else(|| "none".into(), ToString::to_string),
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
    let similar = logged["similar_recent"].as_u64().unwrap_or(0);
    facts.answers = serde_json::from_value(logged["answers"].clone()).unwrap_or_default();
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

fn print(cli: &Cli, tally: &Tally) -> io::Result<()> {
    let rows: Vec<Value> = tally
        .changes
        .iter()
        .map(|(change, (count, examples))| {
            json!({
                "school": change.school, "was": change.was, "would": change.would, "messages": count,
                "now_by": change.now_by, "no_longer_by": change.no_longer_by, "examples": examples,
            })
        })
        .collect();
    let columns = render::columns(&[
        ("school", "School"),
        ("was", "Was"),
        ("would", "Would be"),
        ("messages", "Messages"),
        ("now_by", "Now by"),
        ("no_longer_by", "No longer by"),
        ("examples", "For example"),
    ]);
    let mut out = io::stdout().lock();
    render::rows(
        &mut out,
        cli.format,
        &columns,
        &rows,
        "These rules change nothing of what can be replayed.",
    )?;
    let without = |why| tally.without_bytes.get(&why).copied().unwrap_or_default();
    let strictest = tally.changes.keys().map(|c| c.would).max_by_key(|would| rank(would));
    writeln!(
        io::stderr(),
        "{} messages: {} assessed anew ({} as before), {} decided by a person. Of the others nothing can be said: \
         {} of which nothing was kept that the gate may open, {} purged since, {} that nobody opens, {} whose bytes \
         are lost (run `gatehouse store scrub`).{}",
        tally.messages,
        tally.replayed,
        tally.unchanged,
        tally.released,
        without(NoBytes::NothingKept),
        without(NoBytes::Purged),
        without(NoBytes::NotOpened),
        without(NoBytes::Lost),
        strictest.map_or_else(String::new, |would| format!(" Strictest new verdict: {would}."))
    )
}

fn rank(name: &str) -> Option<usize> {
    const ORDER: [Disposition; 5] = [
        Disposition::Deliver,
        Disposition::Hold,
        Disposition::Quarantine,
        Disposition::Refuse,
        Disposition::Defer,
    ];
    ORDER.iter().position(|d| d.name() == name)
}
