//! `gatehouse replay`: what these rules would have done to the last days' mail, as a table of
//! changes. Only what was kept, and what the gate may open, can be assessed anew; of the rest it
//! says how much there is, and claims nothing.

use super::{Answer, args::Cli, context, desk::Desk, render};
use crate::{
    app,
    authority::{Act, Thing},
    desk::replay::{Bounds, Tally, replay},
    storage::NoBytes,
    verdict::Disposition,
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
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

pub(super) fn run(cli: &Cli, args: &ReplayArgs) -> Answer {
    let config = context::config(cli)?;
    let rulebook = Arc::new(app::rulebook(&config, app::rules(&args.rules)?)?);
    let tally = context::block_on(async {
        let desk = Desk::open(cli).await?;
        // Whoever may ask for other rules may try them.
        desk.schools_or_refuse(Act::Change, Thing::Rule)?;
        let tally = replay(&desk, rulebook, args.since, Bounds::default()).await?;
        desk.close().await;
        Ok(tally)
    })?;
    print(cli, &tally)?;
    Ok(ExitCode::SUCCESS)
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
