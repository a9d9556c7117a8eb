//! What most commands need: the configuration, the store, a runtime, and who is acting.

use super::{Mistake, args::Cli};
use crate::{
    config::{self, Config},
    storage::{Actor, Keys, Store, StoreOptions},
};
use std::{
    fs,
    future::Future,
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

/// Where the configuration is when nobody says.
pub(super) const USUAL: &str = "/etc/gatehouse/gatehouse.toml";

/// Reads the configuration or says all that is wrong with it.
pub(super) fn config(cli: &Cli) -> Result<Config, Mistake> {
    let path = cli.config.as_deref().unwrap_or(Path::new(USUAL));
    let checked = config::check(path).map_err(|faults| Mistake(faults.to_string()))?;
    if !checked.warnings.0.is_empty() {
        // Standard error may be closed; a warning is not worth ending for.
        let _ = write!(io::stderr(), "{}", checked.warnings);
    }
    Ok(checked.config)
}

/// Runs one command's asynchronous work to its end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Mistake>>) -> Result<T, Mistake> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Mistake(format!("the system gives us no threads: {e}")))?;
    runtime.block_on(work)
}

/// Opens the store with the keys of the configuration. Without the working key it opens
/// as far as rows are clear; a command that needs more says so itself.
pub(super) async fn store(config: &Config) -> Result<Store, Mistake> {
    let keys = match Keys::from_config(&config.keys) {
        Ok(keys) => keys,
        Err(_) => Keys::new(None, &config.keys.recovery, &config.keys.records).map_err(Mistake::from)?,
    };
    Store::open(StoreOptions::new(config.data.clone(), keys)).await.map_err(Mistake::from)
}

/// The system account that runs the command: it is what the ledger names as the actor.
pub(super) fn actor() -> Actor {
    let uid = fs::metadata("/proc/self").map(|m| m.uid()).ok();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = uid.and_then(|uid| account(&passwd, uid));
    Actor::Operator(name.unwrap_or_else(|| uid.map_or_else(|| "unknown".into(), |u| format!("uid{u}"))))
}

fn account(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_found_by_its_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\ngate:x:105:110::/:/usr/sbin/nologin\nbroken\n";
        assert_eq!(account(passwd, 105).as_deref(), Some("gate"));
        assert_eq!(account(passwd, 7), None);
    }
}
