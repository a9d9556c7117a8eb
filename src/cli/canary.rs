//! `gatehouse canary`: whether each way of the mail passes the gate, and a probe at once.

use super::{Answer, Mistake, args::Cli, context, desk::Desk, render, ways};
use crate::{
    app,
    authority::{Act, Thing},
    config::{CanaryConfig, Config},
    effects::Notices,
    gateway::{Handed, routes::Standing, send_canary},
    storage::Store,
    wire::smtp::{NextHopClient, system_resolver},
};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

#[derive(Debug, Subcommand)]
pub enum CanaryCommand {
    /// Each way of the mail, and when it was proved last
    List,
    /// Send a canary now on all ways or on those named, and wait until it has come through
    ///
    /// The running gate sends one on each way every day by itself. Ends with 0 when every one came
    /// through, and with 1 when one did not.
    Run {
        /// Names of [[canary]]; without any, all
        names: Vec<String>,
        /// How long to wait, in seconds
        #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
        wait: u64,
    },
}

/// How often it is looked whether a canary has come through.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn run(cli: &Cli, command: &CanaryCommand) -> Answer {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let act = match command {
            CanaryCommand::List => Act::List,
            CanaryCommand::Run { .. } => Act::Verify,
        };
        desk.schools_or_refuse(act, Thing::Machine)?;
        let code = match command {
            CanaryCommand::List => list(cli, &desk).await?,
            CanaryCommand::Run { names, wait } => {
                probe(cli, &desk, names, Duration::from_secs(*wait)).await?
            }
        };
        desk.close().await;
        Ok(code)
    })
}

async fn list(cli: &Cli, desk: &Desk) -> Result<ExitCode, Mistake> {
    let mut rows = Vec::new();
    for way in ways::all(&desk.config, &desk.store).await? {
        rows.push(row(way.canary, way.stands));
    }
    print(cli, &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(canary: &CanaryConfig, stands: Standing) -> Value {
    let (state, at, why) = match stands {
        Standing::Never => ("not-proved", None, None),
        Standing::Waiting => ("waiting", None, None),
        Standing::Proved { at } => ("proved", Some(at), None),
        Standing::Failing { since, why } => ("failing", Some(since), Some(why)),
    };
    json!({
        "name": canary.name, "direction": canary.direction(), "state": state,
        "at": at.map(render::time), "why": why.map(|why| why.name()),
        "do": why.map(|why| why.sentence(canary)),
    })
}

fn print(cli: &Cli, rows: &[Value]) -> io::Result<()> {
    let columns = render::columns(&[
        ("name", "Way"),
        ("direction", "Direction"),
        ("state", "State"),
        ("at", "Since"),
        ("why", "Why"),
    ]);
    let empty = "No way of the mail is proved: gatehouse.toml has no [[canary]] (docs/canary.md).";
    render::rows(&mut io::stdout().lock(), cli.format, &columns, rows, empty)
}

async fn probe(cli: &Cli, desk: &Desk, names: &[String], wait: Duration) -> Result<ExitCode, Mistake> {
    let chosen = chosen(&desk.config, names)?;
    if !app::is_served(&desk.config.data) {
        writeln!(io::stderr(), "No gate is serving this data folder: a canary passes unseen.")?;
    }
    let notices = Notices::new(&desk.config.notices, &desk.config.hostname)?;
    let client = NextHopClient::new(desk.config.hostname.clone(), system_resolver());
    let mut sent = Vec::new();
    for canary in chosen {
        let before = desk.store.canary_state(canary).await?.last.map(|probe| probe.made_at);
        let tools = (&desk.store, &notices, &client);
        let handed = send_canary(tools, canary, &desk.actor, Utc::now()).await?;
        sent.push(Sent { canary, before, handed });
    }
    client.close().await;
    let until = Instant::now() + wait;
    let mut through: Vec<bool> = vec![false; sent.len()];
    loop {
        desk.store.canaries_delivered().await?;
        for (one, through) in sent.iter().zip(&mut through) {
            *through = *through || one.came_through(&desk.store).await?;
        }
        let open = sent.iter().zip(&through).any(|(one, through)| !through && one.handed == Handed::Taken);
        if !open || Instant::now() >= until {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    let rows: Vec<Value> = sent.iter().zip(&through).map(|(one, through)| one.row(*through)).collect();
    print(cli, &rows)?;
    Ok(if through.iter().all(|t| *t) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen<'c>(config: &'c Config, names: &[String]) -> Result<Vec<&'c CanaryConfig>, Mistake> {
    if let Some(wrong) = names.iter().find(|name| !config.canaries.iter().any(|c| c.name == **name)) {
        return Err(Mistake(format!("there is no [[canary]] `{wrong}`; `gatehouse canary list` shows them")));
    }
    if config.canaries.is_empty() {
        return Err(Mistake("gatehouse.toml has no [[canary]]; docs/canary.md says how to write one".into()));
    }
    let asked = |canary: &&CanaryConfig| names.is_empty() || names.contains(&canary.name);
    Ok(config.canaries.iter().filter(asked).collect())
}

struct Sent<'c> {
    canary: &'c CanaryConfig,
    /// When the probe before it was made.
    before: Option<DateTime<Utc>>,
    handed: Handed,
}

impl Sent<'_> {
    async fn came_through(&self, store: &Store) -> Result<bool, Mistake> {
        let state = store.canary_state(self.canary).await?;
        Ok(state.proved.is_some_and(|probe| Some(probe.made_at) > self.before))
    }

    fn row(&self, through: bool) -> Value {
        let (state, why) = match self.handed {
            _ if through => ("proved", None),
            Handed::Refused(0) => ("failing", Some("host-away".to_owned())),
            Handed::Refused(code) => ("failing", Some(format!("host-refuses {code}"))),
            Handed::Taken => ("not-proved", Some("it has not come through yet".to_owned())),
        };
        json!({
            "name": self.canary.name, "direction": self.canary.direction(), "state": state,
            "at": null, "why": why,
        })
    }
}
