//! `gatehouse breach`: personal data that reached somebody it was not for, and the 72 hours.

use super::{
    Answer, Mistake,
    args::{Cli, Format},
    case_review::{self, CaseReviewArgs},
    context,
    desk::Desk,
    render,
};
use crate::{
    authority::{Act, Thing},
    mail::TransactionId,
    storage::{
        Audience, BreachId, BreachState, BreachSummary, BreachView, BreachWords, ItemId, NewBreach,
        StoreError, Telling,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum BreachCommand {
    /// Open a record of a breach, for a message that went out
    Open {
        /// The message: a transaction's or a held message's number
        #[arg(value_name = "MESSAGE")]
        message: String,
        /// When somebody at the school became aware, as 2026-11-25T09:30Z; now when missing
        #[arg(long, value_name = "TIME")]
        aware: Option<String>,
        /// How many people's data it was, as far as known
        #[arg(long, value_name = "N", default_value_t = 1)]
        people: u32,
        /// What happened; kept encrypted, as are the next three
        #[arg(long, value_name = "WORDS")]
        what: String,
        /// What kind of data, of whom
        #[arg(long, value_name = "WORDS", default_value = "")]
        data: String,
        /// What may come of it
        #[arg(long, value_name = "WORDS", default_value = "")]
        consequences: String,
        /// What was done about it
        #[arg(long, value_name = "WORDS", default_value = "")]
        measures: String,
    },
    /// All breaches with what is due when; near misses of the last 90 days are counted below
    List,
    /// One breach with its notes, in the order in which the regulator's form asks
    Show { id: String },
    /// Add a note
    Note {
        id: String,
        #[arg(value_name = "WORDS")]
        words: String,
    },
    /// Record whether the regulator or the people concerned were told, and why not
    Decide {
        id: String,
        #[arg(value_enum)]
        who: Who,
        #[arg(value_enum)]
        told: Told,
        /// When and how, or why not; kept encrypted
        #[arg(long, value_name = "WORDS")]
        because: String,
    },
    /// Those whose time is over: list them, purge them, or keep them for longer
    Review(CaseReviewArgs),
    /// Close it, when it is decided who is told
    Close {
        id: String,
        /// What was learnt
        #[arg(long, value_name = "WORDS")]
        because: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Who {
    Regulator,
    People,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Told {
    Told,
    NotRequired,
}

pub(super) fn run(cli: &Cli, command: &BreachCommand) -> Answer {
    if let BreachCommand::Review(args) = command {
        return case_review::review(cli, case_review::Of::Breaches, args);
    }
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (store, actor) = (&desk.store, &desk.actor);
        match command {
            BreachCommand::Open { message, aware, people, what, data, consequences, measures } => {
                let aware_at = aware.as_deref().map(moment).transpose()?.unwrap_or_else(Utc::now);
                let words = BreachWords {
                    what: what.clone(),
                    data: data.clone(),
                    consequences: consequences.clone(),
                    measures: measures.clone(),
                };
                // Not there is not there, whatever of it was found.
                let missing = |e: StoreError| match e {
                    StoreError::NotFound { .. } => {
                        StoreError::NotFound { what: "message", id: message.clone() }
                    }
                    e => e,
                };
                let transaction = match typed(message)? {
                    Typed::Message(id) => id,
                    Typed::Item(id) => store.item_summary(&id).await.map_err(missing)?.transaction,
                };
                let case = store.breach_case(transaction, None).await.map_err(missing)?;
                desk.authorise(Act::Open, &case, "message", message).await?;
                let new = NewBreach { transaction, aware_at, people: *people, words };
                let id = store.breach_open(new, actor).await?;
                let due = aware_at + TimeDelta::hours(72);
                writeln!(io::stdout(), "{id}")?;
                writeln!(
                    io::stderr(),
                    "The regulator is told by {}, unless it is unlikely that anybody is at risk: \
                     `gatehouse breach decide {id} regulator ...` records which, and why.",
                    render::time(due)
                )?;
            }
            BreachCommand::List => list(cli, &desk).await?,
            BreachCommand::Show { id } => {
                let view = store.breach(&allowed(&desk, Act::Particulars, id).await?, actor).await?;
                show(cli, &view)?;
            }
            BreachCommand::Note { id, words } => {
                store.breach_note(&allowed(&desk, Act::Note, id).await?, words, actor).await?;
            }
            BreachCommand::Decide { id, who, told, because } => {
                let audience = match who {
                    Who::Regulator => Audience::Regulator,
                    Who::People => Audience::People,
                };
                let telling = match told {
                    Told::Told => Telling::Told,
                    Told::NotRequired => Telling::NotRequired,
                };
                let id = allowed(&desk, Act::Close, id).await?;
                store.breach_decide(&id, audience, telling, because, actor).await?;
            }
            BreachCommand::Close { id, because } => {
                store.breach_close(&allowed(&desk, Act::Close, id).await?, because, actor).await?;
            }
            // Answered above.
            BreachCommand::Review(_) => {}
        }
        desk.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn parse(id: &str) -> Result<BreachId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no breach's number")))
}

/// The breach, when the asker may do this to it. To decide who is told is part of closing it.
async fn allowed(desk: &Desk, act: Act, id: &str) -> Result<BreachId, Mistake> {
    let id = parse(id)?;
    let summary = desk.store.breach_summary(&id).await?;
    let case = desk.store.breach_case(summary.transaction, Some(&summary.school)).await?;
    desk.authorise(act, &case, "breach", id.as_str()).await?;
    Ok(id)
}

fn moment(text: &str) -> Result<DateTime<Utc>, Mistake> {
    let minute = || {
        let plain = chrono::NaiveDateTime::parse_from_str(text.strip_suffix('Z')?, "%Y-%m-%dT%H:%M").ok()?;
        Some(plain.and_utc())
    };
    let exact = DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc));
    exact
        .or_else(minute)
        .ok_or_else(|| Mistake(format!("`{text}` is no time; write it as 2026-11-25T09:30Z")))
}

/// A message by its own number, or by that of what was held of it.
enum Typed {
    Message(TransactionId),
    Item(ItemId),
}

fn typed(text: &str) -> Result<Typed, Mistake> {
    match text.parse() {
        Ok(id) if text.len() == 32 => Ok(Typed::Message(id)),
        _ => {
            let item = text.parse().map_err(|()| Mistake(format!("`{text}` is no message's number")))?;
            Ok(Typed::Item(item))
        }
    }
}

fn row(b: &BreachSummary) -> Value {
    let left = (b.due_at - Utc::now()).num_hours();
    let due = match (b.state, b.regulator) {
        (BreachState::Open, Telling::Undecided) if left < 0 => {
            format!("overdue since {}", render::time(b.due_at))
        }
        (BreachState::Open, Telling::Undecided) => format!("regulator: {left} hours left"),
        (BreachState::Open, _) if b.told == Telling::Undecided => "people: without undue delay".into(),
        (BreachState::Open, _) => "close it".into(),
        (BreachState::Closed | BreachState::Purged, _) => String::new(),
    };
    json!({
        "id": b.id.as_str(), "state": b.state.name(), "school": b.school.to_string(),
        "transaction": b.transaction.to_string(), "people": b.people,
        "sent_at": b.sent_at.map(render::time), "aware_at": render::time(b.aware_at),
        "due_at": render::time(b.due_at), "regulator": b.regulator.name(),
        "regulator_at": b.regulator_at.map(render::time), "told": b.told.name(),
        "told_at": b.told_at.map(render::time), "closed_at": b.closed_at.map(render::time), "due": due,
    })
}

async fn list(cli: &Cli, desk: &Desk) -> Result<(), Mistake> {
    desk.schools_or_refuse(Act::List, Thing::Breach)?;
    let mut rows: Vec<Value> = Vec::new();
    for breach in desk.store.breaches(None).await? {
        let case = desk.store.breach_case(breach.transaction, Some(&breach.school)).await?;
        if desk.may(Act::List, &case).is_allowed() {
            rows.push(row(&breach));
        }
    }
    let columns = render::columns(&[
        ("id", "Number"),
        ("state", "State"),
        ("school", "School"),
        ("aware_at", "Aware"),
        ("due", "Due"),
        ("regulator", "Regulator"),
        ("told", "People"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No breach is recorded.")?;
    let misses = desk.store.near_misses(Utc::now() - TimeDelta::days(90)).await?;
    if cli.format == Format::Table {
        let all: u64 = misses.iter().map(|(_, n)| n).sum();
        writeln!(io::stdout(), "\nNear misses in 90 days, held and never sent: {all}")?;
        for (category, count) in misses {
            writeln!(io::stdout(), "  {category}: {count}")?;
        }
    }
    Ok(())
}

/// The questions of the Information Commissioner's form, with what is known; a gap is said.
fn show(cli: &Cli, view: &BreachView) -> Result<(), Mistake> {
    let b = &view.summary;
    let known =
        |text: &str| if text.trim().is_empty() { "(to be filled in)".to_owned() } else { text.to_owned() };
    let told = |t: Telling, at: Option<DateTime<Utc>>| match at {
        Some(at) => format!("{}, recorded {}", t.name().replace('-', " "), render::time(at)),
        None => t.name().to_owned(),
    };
    let form = [
        ("What has happened", known(&view.words.what)),
        ("When it happened", b.sent_at.map_or_else(|| "(to be filled in)".into(), render::time)),
        ("When you became aware", render::time(b.aware_at)),
        ("72 hours end", render::time(b.due_at)),
        ("Data and whose", known(&view.words.data)),
        ("How many people", b.people.to_string()),
        ("Likely consequences", known(&view.words.consequences)),
        ("What was done", known(&view.words.measures)),
        ("Regulator", told(b.regulator, b.regulator_at)),
        ("People concerned", told(b.told, b.told_at)),
        ("State", b.state.name().to_owned()),
    ];
    let mut out = io::stdout().lock();
    if cli.format == Format::Jsonl {
        let mut whole = row(b);
        whole["what"] = json!(view.words.what);
        whole["data"] = json!(view.words.data);
        whole["consequences"] = json!(view.words.consequences);
        whole["measures"] = json!(view.words.measures);
        whole["notes"] = view
            .notes
            .iter()
            .map(|(at, by, words)| json!({"at": render::time(*at), "by": by, "words": words}))
            .collect();
        writeln!(out, "{whole}")?;
        return Ok(());
    }
    for (name, value) in form {
        writeln!(out, "{name:<22} {}", render::printable(&value))?;
    }
    for (at, by, words) in &view.notes {
        writeln!(out, "{}  {by}  {}", render::time(*at), render::printable(words))?;
    }
    Ok(())
}
