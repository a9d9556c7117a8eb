//! What most commands need: the configuration, the store, a runtime, and who is acting.

use super::{Mistake, args::Cli};
use crate::{
    config::{self, Checked, Config, StoreConfig},
    mail::Measures,
    storage::{Actor, Beginning, Keys, Store, StoreOptions},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::{
    fs,
    future::Future,
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    sync::{Arc, OnceLock},
};

/// Where the configuration is when nobody says.
pub(super) const USUAL: &str = "/etc/gatehouse/gatehouse.toml";

/// Reads the configuration or says all that is wrong with it. Warnings are `doctor`'s and
/// [`config_with_warnings`]' business: nobody reads them above every listing.
pub(super) fn config(cli: &Cli) -> Result<Config, Mistake> {
    checked(cli).map(|checked| checked.config)
}

/// The same, with the warnings on standard error.
pub(super) fn config_with_warnings(cli: &Cli) -> Result<Config, Mistake> {
    let checked = checked(cli)?;
    if !checked.warnings.0.is_empty() {
        // Standard error may be closed; a warning is not worth ending for.
        let _ = write!(io::stderr(), "{}", checked.warnings);
    }
    Ok(checked.config)
}

fn checked(cli: &Cli) -> Result<Checked, Mistake> {
    let path = cli.config.as_deref().unwrap_or(Path::new(USUAL));
    config::check(path).map_err(|faults| Mistake(faults.to_string()))
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
    let beginning = BEGINNING.get().copied().unwrap_or(Beginning::Never);
    let options = StoreOptions { beginning, ..StoreOptions::from_config(config, keys) };
    Store::open(options).await.map_err(Mistake::from)
}

static BEGINNING: OnceLock<Beginning> = OnceLock::new();

/// This process brings something into the store, and makes one where there is none. Every other
/// command looks at what is there.
pub(super) fn may_begin_a_store() {
    let _ = BEGINNING.set(Beginning::Allowed);
}

/// The exceptions and suspensions in force; `None` where no store is there yet, or its key is not.
pub(super) async fn measures(config: &Config) -> Result<Option<Arc<Measures>>, Mistake> {
    let in_folder = config.store == StoreConfig::Folder;
    if (in_folder && !config.data.join("gatehouse.db").exists()) || Keys::from_config(&config.keys).is_err() {
        return Ok(None);
    }
    let store = store(config).await?;
    let measures = store.measures_in_force().await?;
    store.close().await;
    Ok(Some(Arc::new(measures)))
}

/// Writes a new file that its owner alone reads; what is there already is not written over.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The first moment of a day, `2026-09-01`.
pub(super) fn day(text: &str) -> Result<DateTime<Utc>, Mistake> {
    let day: NaiveDate =
        text.parse().map_err(|_| Mistake(format!("`{text}` is no day; write it as 2026-09-01")))?;
    Ok(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

/// The first moment after it.
pub(super) fn end_of_day(text: &str) -> Result<DateTime<Utc>, Mistake> {
    let start = day(text)?;
    Ok(start.checked_add_days(Days::new(1)).unwrap_or(start))
}

/// Who runs the command, as the ledger names it: the account that signed in to the machine, which
/// survives `sudo` and `runuser` and cannot be changed by environment variables, and the one it runs as.
/// Whoever has unlocked a personal identity in this process is that person.
pub(super) fn actor() -> Actor {
    if let Some(person) = ACTING.get() {
        return person.clone();
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = |uid: u32| account(&passwd, uid).unwrap_or_else(|| format!("uid{uid}"));
    let runs_as = fs::metadata("/proc/self").map(|m| name(m.uid())).unwrap_or_else(|_| "unknown".into());
    let signed_in = fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
    Actor::Operator(match signed_in.filter(|uid| *uid != NOBODY_SIGNED_IN).map(name) {
        Some(login) if login != runs_as => format!("{login} as {runs_as}"),
        _ => runs_as,
    })
}

/// The person who has proved to hold a registered key; one process acts for one.
static ACTING: OnceLock<Actor> = OnceLock::new();

/// From now on this process acts for this person.
pub(super) fn act_as(person: &Actor) {
    // A second proof in one process is of the same file.
    let _ = ACTING.set(person.clone());
}

/// What the kernel says of a process that no session started.
const NOBODY_SIGNED_IN: u32 = u32::MAX;

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
