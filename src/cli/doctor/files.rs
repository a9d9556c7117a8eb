//! Whether attachments can be opened: what this kernel offers workers, and whether its walls hold.

use super::Check;
use crate::{
    config::Config,
    desk::rulebook::workers,
    sandbox::{Held, Support, look, prove},
};

pub(super) fn all(config: &Config) -> Vec<Check> {
    const WHAT: &str = "file workers";
    let settings = workers(config);
    let support = look(&settings);
    let mut checks = vec![match (&support, support.advice()) {
        (Support::Full(walls), _) => Check::good(
            WHAT,
            format!("they shut themselves in by Landlock {} and seccomp", walls.landlock.unwrap_or_default()),
        ),
        (_, advice) => Check::fault(WHAT, advice.unwrap_or_default()),
    }];
    if !matches!(support, Support::None(_)) {
        checks.push(walls(prove(&settings)));
    }
    checks
}

/// What became of attacks that workers themselves have tried.
fn walls(tried: std::io::Result<Vec<crate::sandbox::Attempt>>) -> Check {
    const WHAT: &str = "workers' walls";
    let Ok(tried) = tried else { return Check::fault(WHAT, "no worker could be started to try them") };
    let through: Vec<String> = tried
        .iter()
        .filter(|attempt| attempt.held == Held::Through)
        .map(|attempt| format!("{:?}", attempt.trial))
        .collect();
    match through.is_empty() {
        true => Check::good(WHAT, format!("{} ways out were tried, and none is open", tried.len())),
        false => Check::fault(
            WHAT,
            format!(
                "a worker came through: {}. Please report it, with the output of `uname -r`.",
                through.join(", ")
            ),
        ),
    }
}
