//! Which ways of the mail were seen by the gate, and which were not (practice.md, C).

use super::{
    super::{Mistake, ways},
    Check,
};
use crate::{
    config::Config,
    gateway::routes::Standing,
    report::{Way, unproved},
    storage::Store,
};

pub(super) async fn of(config: &Config, store: &Store) -> Result<Vec<Check>, Mistake> {
    Ok(checks(config, &ways::all(config, store).await?))
}

/// Where there is no store to ask.
pub(super) fn unknown(config: &Config) -> Vec<Check> {
    checks(config, &ways::unknown(config))
}

fn checks(config: &Config, all: &[Way<'_>]) -> Vec<Check> {
    let mut checks: Vec<Check> = all.iter().map(one).collect();
    let open = ways::unproved(&unproved(&config.schools, all));
    const NEVER: &str = "Chat, and mail between two people of one Microsoft or Google tenant that is not handed to the gate, is never seen.";
    checks.push(match open.is_empty() {
        true => Check::good("coverage", format!("each direction of each school is proved.\n{NEVER}")),
        false => Check::note(
            "coverage",
            format!(
                "partial: not proved by any [[canary]]:\n{}\n{NEVER}\nHow to prove a way: docs/canary.md",
                open.join("\n")
            ),
        ),
    });
    checks
}

fn one(way: &Way<'_>) -> Check {
    let what = format!("way {}", way.canary.name);
    let says = format!("{}: {}", way.canary.direction(), ways::words(way.stands));
    match way.stands {
        Standing::Proved { .. } => Check::good(what, says),
        Standing::Never | Standing::Waiting => Check::note(what, says),
        Standing::Failing { why, .. } => Check::fault(what, format!("{says}\n{}", why.sentence(way.canary))),
    }
}
