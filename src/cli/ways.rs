//! How the ways of the mail stand, for whoever asks at the command line.

use super::{Mistake, render};
use crate::{
    config::Config,
    gateway::routes::{self, Standing},
    report::{Unproved, Way},
    storage::{Store, StoreError},
};
use chrono::Utc;

/// Each `[[canary]]` of the configuration; without the working key nothing is known of any.
pub(super) async fn all<'c>(config: &'c Config, store: &Store) -> Result<Vec<Way<'c>>, Mistake> {
    let mut ways = Vec::with_capacity(config.canaries.len());
    for canary in &config.canaries {
        let stands = match store.canary_state(canary).await {
            Ok(state) => routes::standing(canary, &state, Utc::now()),
            Err(StoreError::NoWorkingKey) => Standing::Never,
            Err(e) => return Err(e.into()),
        };
        ways.push(Way { canary, stands });
    }
    Ok(ways)
}

/// As if no probe was ever sent.
pub(super) fn unknown(config: &Config) -> Vec<Way<'_>> {
    config.canaries.iter().map(|canary| Way { canary, stands: Standing::Never }).collect()
}

/// `proved 2026-11-25T06:30:00Z`.
pub(super) fn words(stands: Standing) -> String {
    match stands {
        Standing::Never => "not proved: no canary was sent yet".to_owned(),
        Standing::Waiting => "not proved yet: the first canary is on its way".to_owned(),
        Standing::Proved { at } => format!("proved {}", render::time(at)),
        Standing::Failing { since, why } => {
            format!("NOT PROVED since {}: {}", render::time(since), why.name())
        }
    }
}

/// `oakfield: outbound, internal`.
pub(super) fn unproved(open: &[Unproved]) -> Vec<String> {
    let line = |one: &Unproved| {
        let directions: Vec<&str> = one.directions.iter().map(|d| d.name()).collect();
        format!("{}: {}", one.school, directions.join(", "))
    };
    open.iter().map(line).collect()
}
