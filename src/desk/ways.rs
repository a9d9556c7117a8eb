//! How the ways of the mail stand, by the canaries that were seen.

use crate::{
    config::Config,
    gateway::routes::{self, Standing},
    report::Way,
    storage::{Store, StoreError},
};
use chrono::Utc;

/// Each `[[canary]]` of the configuration; without the working key nothing is known of any.
pub async fn all<'c>(config: &'c Config, store: &Store) -> Result<Vec<Way<'c>>, StoreError> {
    let mut ways = Vec::with_capacity(config.canaries.len());
    for canary in &config.canaries {
        let stands = match store.canary_state(canary).await {
            Ok(state) => routes::standing(canary, &state, Utc::now()),
            Err(StoreError::NoWorkingKey) => Standing::Never,
            Err(e) => return Err(e),
        };
        ways.push(Way { canary, stands });
    }
    Ok(ways)
}

/// As if no probe was ever sent.
pub fn unknown(config: &Config) -> Vec<Way<'_>> {
    config.canaries.iter().map(|canary| Way { canary, stands: Standing::Never }).collect()
}
