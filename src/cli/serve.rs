//! `gatehouse serve`: run the gate until a signal ends it; SIGHUP reloads.

use super::{Answer, Mistake, args::Cli, context};
use crate::app;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(cli: &Cli) -> Answer {
    log();
    let config = context::config_with_warnings(cli)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let running = app::start(config).await?;
        tracing::info!(milter = ?running.milter, relay = ?running.relay, "gate.open");
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => match running.reload().await {
                    Ok(()) => tracing::info!("gate.reloaded"),
                    Err(fault) => tracing::error!(%fault, "gate.reload-refused: what was in force stays in force"),
                },
            }
        }
        tracing::info!("gate.closing");
        running.stop().await;
        Ok::<_, Mistake>(ExitCode::SUCCESS)
    })
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
