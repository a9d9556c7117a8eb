//! `gatehouse serve`: run the gate until a signal ends it; SIGHUP reloads.

use super::{Answer, args::Cli, context};
use crate::{app, config::Config};
use std::{process::ExitCode, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

/// How long threads are waited for when everything else has ended.
const LEFT_BEHIND: Duration = Duration::from_secs(5);
/// How long a gate of which a part has ended has for its messages under way.
const LAST_WORDS: Duration = Duration::from_secs(20);

pub(super) fn run(cli: &Cli) -> Answer {
    log();
    let config = context::config_with_warnings(cli)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(config));
    // A file on a share that hangs is waited for by a thread that nothing can break off.
    runtime.shutdown_timeout(LEFT_BEHIND);
    ended
}

async fn serve(config: Config) -> Answer {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut running = app::start(config).await?;
    tracing::info!(milter = ?running.milter, relay = ?running.relay, "gate.open");
    let broken = loop {
        tokio::select! {
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            fault = running.broken() => break Some(fault),
            _ = hangup.recv() => match running.reload().await {
                Ok(()) => tracing::info!("gate.reloaded"),
                Err(fault) => tracing::error!(%fault, "gate.reload-refused: what was in force stays in force"),
            },
        }
    };
    match broken {
        None => {
            tracing::info!("gate.closing");
            running.stop().await;
            Ok(ExitCode::SUCCESS)
        }
        Some(fault) => {
            tracing::error!(%fault, "gate.broken");
            // What is still whole gets a moment to end well; what is not may never end.
            let _ = tokio::time::timeout(LAST_WORDS, running.stop()).await;
            Err(fault.into())
        }
    }
}

/// Events by name on standard error; `GATEHOUSE_LOG` chooses (default `info`).
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GATEHOUSE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second initialisation (in tests) is of no consequence.
    let _ = subscriber.try_init();
}
