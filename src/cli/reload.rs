//! `gatehouse reload`: the running gate takes up its files anew, and the ledger knows who asked and why.
//! Where rules would change, those who may change rules are asked.

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{Desk, Leave},
};
use crate::{
    app,
    authority::{Act, Thing},
    storage::{Event, LedgerEvent, LedgerFilter, Store},
};
use std::{
    io::{self, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Thousands of rules are compiled within this.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn run(cli: &Cli, why: &str) -> Answer {
    let config = context::config(cli)?;
    let rules = app::rules(&config.rulesets)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let store = &desk.store;
        let leave = match are_other_rules(store, &rules.digest).await? {
            true => put_in_force(&desk, &rules.digest, why).await?,
            false => {
                let case = desk.nearest(Act::Change, Thing::Machine);
                desk.authorise(Act::Change, &case, "machine", "reload").await?;
                Leave::Go
            }
        };
        if let Leave::WaitForSecond(sentence) = leave {
            writeln!(
                io::stderr(),
                "Noted; the rules in force stay. {sentence} The other gives this same command."
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        let event = LedgerEvent::new(Event::ReloadAsked).because(Some(why.to_owned()));
        let asked = store.ledger(&desk.actor, event).await?;
        if !app::ask_to_reload(&config.data)? {
            writeln!(io::stderr(), "No gate serves this folder now; the next start takes the reason up.")?;
            return Ok(ExitCode::SUCCESS);
        }
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match outcome(store, asked).await? {
                Some(true) => {
                    writeln!(io::stdout(), "In force. `gatehouse ledger changes` shows what changed.")?;
                    return Ok(ExitCode::SUCCESS);
                }
                Some(false) => {
                    return Err(Mistake(
                        "Refused: what was in force stays in force. The gate's log says what is wrong, and where.".into(),
                    ));
                }
                None => tokio::time::sleep(LOOK).await,
            }
        }
        Err(Mistake("The gate has not answered within two minutes; see its log.".into()))
    })
}

/// Whether these are not the rules that a gate took up last. Before the first start none were.
async fn are_other_rules(store: &Store, digest: &str) -> Result<bool, Mistake> {
    let events = vec![Event::RulesLoaded.name().to_owned()];
    let last = LedgerFilter { events, limit: Some(1), ..LedgerFilter::default() };
    let rows = store.ledger_rows(&last).await?;
    Ok(rows.first().is_some_and(|row| !row.details.contains(digest)))
}

/// The second of two says yes to these very rules: their digest is what both name.
async fn put_in_force(desk: &Desk, digest: &str, why: &str) -> Result<Leave, Mistake> {
    let case = desk.nearest(Act::Change, Thing::Rule);
    desk.authorise_of_two(Act::Change, &case, ("rules", &format!("rules/{digest}")), why).await
}

/// Whether it took effect or was refused, as soon as one of both is there.
async fn outcome(store: &Store, asked: u64) -> Result<Option<bool>, Mistake> {
    let events = [Event::RulesLoaded, Event::ReloadRefused].map(|e| e.name().to_owned()).to_vec();
    let last = LedgerFilter { events, limit: Some(1), ..LedgerFilter::default() };
    let rows = store.ledger_rows(&last).await?;
    Ok(rows.first().filter(|row| row.row > asked).map(|row| row.event == Event::RulesLoaded.name()))
}
