//! `gatehouse reload`: the running gate takes up its files anew, and the ledger knows who asked and why.

use super::{Answer, Mistake, args::Cli, context};
use crate::{
    app,
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
    context::block_on(async {
        let store = context::store(&config).await?;
        let event = LedgerEvent::new(Event::ReloadAsked).because(Some(why.to_owned()));
        let asked = store.ledger(&context::actor(), event).await?;
        if !app::ask_to_reload(&config.data)? {
            writeln!(io::stderr(), "No gate serves this folder now; the next start takes the reason up.")?;
            return Ok(ExitCode::SUCCESS);
        }
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match outcome(&store, asked).await? {
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

/// Whether it took effect or was refused, as soon as one of both is there.
async fn outcome(store: &Store, asked: u64) -> Result<Option<bool>, Mistake> {
    let events = [Event::RulesLoaded, Event::ReloadRefused].map(|e| e.name().to_owned()).to_vec();
    let last = LedgerFilter { events, limit: Some(1), ..LedgerFilter::default() };
    let rows = store.ledger_rows(&last).await?;
    Ok(rows.first().filter(|row| row.row > asked).map(|row| row.event == Event::RulesLoaded.name()))
}
