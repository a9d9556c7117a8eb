//! What is kept: the store opens, nothing is stuck.

use super::{super::render, Check, coverage};
use crate::{
    config::{AnchorPlace, Config},
    gateway::{self, Remark, Remarked},
    mail::SchoolId,
    storage::{
        Access, AnchorState, Beginning, Class, Counts, Custodians, DatabaseFacts, Keys, Kind, NodeSeen,
        Store, StoreError, StoreOptions,
    },
};
use chrono::{TimeDelta, Utc};
use std::{fs, path::Path};

/// Mail that has waited this long to leave is stuck, not slow.
const STUCK: TimeDelta = TimeDelta::hours(4);

/// A gate says every minute that it is there.
const GONE: TimeDelta = TimeDelta::minutes(10);

pub(super) async fn all(config: &Config) -> Vec<Check> {
    match looked_at(config).await {
        Ok((mut checks, counts, anchors, keys)) => {
            checks.extend(counted(&counts));
            checks.extend(keys);
            checks.extend(anchored(config, &anchors));
            checks
        }
        Err(StoreError::NotBegun(place)) => {
            let says = format!("{place} is made at the first start of `gatehouse serve`");
            [vec![Check::note("store", says)], coverage::unknown(config)].concat()
        }
        Err(fault) => [vec![Check::fault("store", fault.to_string())], coverage::unknown(config)].concat(),
    }
}

type Looked = (Vec<Check>, Counts, Vec<AnchorState>, Vec<Check>);

async fn looked_at(config: &Config) -> Result<Looked, StoreError> {
    let keys = Keys::from_config(&config.keys)
        .or_else(|_| Keys::new(None, &config.keys.recovery, &config.keys.records))?;
    // Whoever looks makes nothing.
    let options = StoreOptions { beginning: Beginning::Never, ..StoreOptions::from_config(config, keys) };
    let store = Store::open(options).await?;
    let facts = store.database().await?;
    let nodes = store.nodes().await?;
    let counts = store.counts().await?;
    let anchors = store.anchors().await?;
    let schools: Vec<SchoolId> = config.schools.iter().map(|s| s.id.clone()).collect();
    let remarks = gateway::remarks(&store, &schools).await?;
    let ways = coverage::of(config, &store).await;
    let mut keys = match keyed(&store, config).await {
        // Said once already, by the check of the working key.
        Err(StoreError::NoWorkingKey) => Vec::new(),
        Err(e) => vec![Check::fault("epochs", e.to_string())],
        Ok(checks) => checks,
    };
    keys.extend(strangers(&store, config).await?);
    keys.extend(ways.unwrap_or_else(|e| vec![Check::fault("coverage", e.to_string())]));
    keys.extend(remarks.into_iter().map(remarked));
    store.close().await;
    Ok((database(&facts, &nodes), counts, anchors, keys))
}

/// Schools of which something is kept and that the configuration does not name any more.
async fn strangers(store: &Store, config: &Config) -> Result<Option<Check>, StoreError> {
    let known = |id: &SchoolId| config.schools.iter().any(|school| school.id == *id);
    let unknown: Vec<String> =
        store.schools_kept().await?.into_iter().filter(|id| !known(id)).map(|id| id.to_string()).collect();
    let says = format!(
        "mail is kept of {}, which gatehouse.toml does not name: it goes after the usual times (docs/lives.md),\n\
         and nobody of theirs can decide it.",
        unknown.join(", ")
    );
    Ok((!unknown.is_empty()).then(|| Check::note("schools", says)))
}

/// Whether what is kept can be opened by those who are to open it.
async fn keyed(store: &Store, config: &Config) -> Result<Vec<Check>, StoreError> {
    let keeping = config.schools.iter().filter(|s| s.record_parent_mail).map(|s| s.id.clone());
    let faults = store.custodian_faults(&keeping.collect::<Vec<_>>()).await?;
    let mut checks: Vec<Check> = match faults.nobody.is_empty() {
        true => faults.sentences().into_iter().map(|text| Check::note("custodians", text)).collect(),
        false => faults.sentences().into_iter().map(|text| Check::fault("custodians", text)).collect(),
    };
    for school in config.schools.iter().filter(|s| !s.officers.report.is_empty()) {
        for class in [Class::Incidents, Class::LowLevel] {
            let access = Access::of(class, &school.id);
            if matches!(store.custodians(&access).await?, Custodians::Nobody) {
                let (school, class) = (&school.id, class.name());
                let text = format!(
                    "what is reported at {school} opens with the gate's own key: name who follows it up with\n\
                     `gatehouse keys custodian join --class {class} --school {school}` (docs/incidents.md)."
                );
                checks.push(Check::note("custodians", text));
            }
        }
    }
    let found = store.working_check().await?;
    checks.push(match found.stuck {
        0 => Check::good("epochs", format!("the working key opens all {} of its own", found.wrapped)),
        stuck => Check::fault(
            "epochs",
            format!(
                "{stuck} epochs of held mail do not open with the first working key.\n\
                 Put the older key back below it and run `gatehouse keys rotate`, or use the recovery key: docs/keys.md."
            ),
        ),
    });
    Ok(checks)
}

/// What the running gate gives the alarm for.
fn remarked(remark: Remark) -> Check {
    match remark.stands {
        Remarked::Well => Check::good(remark.name, remark.says.to_string()),
        Remarked::Soon => Check::note(remark.name, remark.says.to_string()),
        Remarked::Failing(_) => Check::fault(remark.name, remark.says.to_string()),
    }
}

/// Which database it is, and with PostgreSQL which gates share it.
fn database(facts: &DatabaseFacts, nodes: &[NodeSeen]) -> Vec<Check> {
    let what = format!("{} {}", facts.kind.name(), facts.version);
    if !facts.synced {
        let says = "it runs with fsync = off: what it acknowledges is lost with the power, and mail with it.\n\
                    Set fsync = on in postgresql.conf.";
        return vec![Check::fault("database", format!("{what}: {says}"))];
    }
    let mut checks = vec![Check::good("database", what)];
    if facts.kind == Kind::Postgres {
        checks.extend(nodes.iter().map(|node| {
            let here = if node.here { " (this one)" } else { "" };
            let text = format!("{}{here}, last seen {}", node.id, render::time(node.seen_at));
            match Utc::now() - node.seen_at > GONE {
                false => Check::good("gate", text),
                true => Check::note("gate", format!("{text}: stopped, or away")),
            }
        }));
    }
    checks
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
    if counts.outbox_unreadable > 0 {
        checks.push(Check::fault(
            "outbox",
            format!(
                "{} of them cannot be sent, since their message does not open. `gatehouse store scrub` names the\n\
                 objects: put them back from a backup. After five days a release waits for a decision again.",
                counts.outbox_unreadable
            ),
        ));
    }
    if counts.faulty > 0 {
        let says = format!(
            "{} objects are missing or changed; `gatehouse store scrub` names them. Put them back from a backup.",
            counts.faulty
        );
        checks.push(Check::fault("vault", says));
    }
    if counts.purges_failing > 0 {
        let says = format!(
            "{} objects that nothing needs any more could not be deleted; the log names them and says why\n\
             (`object.not-purged`). Does the vault belong to the service's user?",
            counts.purges_failing
        );
        checks.push(Check::fault("purge", says));
    }
    checks
}

/// A place that has had nothing for so long is not held hourly any more.
const OLD_ANCHOR: TimeDelta = TimeDelta::hours(3);

/// One line for each place outside that holds the ledger's heads.
fn anchored(config: &Config, states: &[AnchorState]) -> Vec<Check> {
    if config.anchors.is_empty() {
        let says = "nobody outside this machine holds the ledger's heads: who rules it could write the ledger anew.\n\
                    Add `[[anchor]]` to gatehouse.toml (docs/ledger.md).";
        return vec![Check::note("anchor", says)];
    }
    let one = |name: &str| {
        let what = format!("anchor {name}");
        let Some(state) = states.iter().find(|s| s.place == name) else {
            return Check::note(what, "it has nothing yet; the running gate brings it the first head");
        };
        let last = state.anchored_at.map_or_else(|| "never".to_owned(), render::time);
        match (&state.failing, state.anchored_at) {
            (Some((since, fault)), _) => {
                let hint = match folder_of(config, name) {
                    Some(_) => format!("\n{OPEN_THE_FOLDER}"),
                    None => String::new(),
                };
                let since = render::time(*since);
                Check::fault(what, format!("{fault} (since {since}, last brought {last}){hint}"))
            }
            (None, Some(at)) if Utc::now() - at > OLD_ANCHOR => {
                Check::note(what, format!("last brought {last}: only a running gate does it"))
            }
            _ => Check::good(what, format!("{} rows, last brought {last}", state.rows)),
        }
    };
    let folders = config.anchors.iter().filter_map(|anchor| unwritable(config, &anchor.name));
    config.anchors.iter().map(|anchor| one(&anchor.name)).chain(folders).collect()
}

const OPEN_THE_FOLDER: &str = "The shipped unit keeps the service out of other folders: `ReadWritePaths=` opens this one (docs/ledger.md).";

fn folder_of<'c>(config: &'c Config, anchor: &str) -> Option<&'c Path> {
    config.anchors.iter().find(|a| a.name == anchor).and_then(|anchor| match &anchor.place {
        AnchorPlace::Folder(folder) => Some(folder.as_path()),
        _ => None,
    })
}

/// Whether a file can be made there, as far as whoever runs this can tell.
fn unwritable(config: &Config, anchor: &str) -> Option<Check> {
    let folder = folder_of(config, anchor)?;
    let trial = folder.join(".gatehouse-doctor");
    let fault = match fs::write(&trial, b"").and_then(|()| fs::remove_file(&trial)) {
        Ok(()) => return None,
        Err(fault) => fault,
    };
    let says = format!("nothing can be written into {}: {fault}.\n{OPEN_THE_FOLDER}", folder.display());
    Some(Check::fault(format!("anchor {anchor}"), says))
}
