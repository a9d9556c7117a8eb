//! What is kept: the store opens, nothing is stuck.

use super::Check;
use crate::{
    config::Config,
    storage::{Counts, Keys, Store, StoreOptions},
};
use chrono::{TimeDelta, Utc};

/// Mail that has waited this long to leave is stuck, not slow.
const STUCK: TimeDelta = TimeDelta::hours(4);

pub(super) async fn all(config: &Config) -> Vec<Check> {
    if !config.data.exists() {
        return vec![Check::note("store", format!("{} is made at the first start", config.data.display()))];
    }
    match counts(config).await {
        Ok(counts) => counted(&counts),
        Err(fault) => vec![Check::fault("store", fault)],
    }
}

async fn counts(config: &Config) -> Result<Counts, String> {
    let keys = Keys::from_config(&config.keys)
        .or_else(|_| Keys::new(None, &config.keys.recovery, &config.keys.records))
        .map_err(|e| e.to_string())?;
    let store = Store::open(StoreOptions::new(config.data.clone(), keys)).await.map_err(|e| e.to_string())?;
    let counts = store.counts().await.map_err(|e| e.to_string());
    store.close().await;
    counts
}

fn counted(counts: &Counts) -> Vec<Check> {
    let mut checks = vec![Check::good(
        "store",
        format!(
            "{} messages logged, {} held, {} quarantined, {} records, {} ledger rows",
            counts.messages, counts.open_holds, counts.open_quarantine, counts.records, counts.ledger_rows
        ),
    )];
    let oldest = counts.outbox_oldest.map(|at| Utc::now() - at);
    checks.push(match oldest {
        Some(age) if age > STUCK => Check::fault(
            "outbox",
            format!(
                "{} wait to be sent, the oldest for {} hours: is the next hop of [notices] right?\n\
                 `gatehouse outbox list` shows what it says.",
                counts.outbox_waiting,
                age.num_hours()
            ),
        ),
        _ => Check::good("outbox", format!("{} wait to be sent", counts.outbox_waiting)),
    });
    checks
}
