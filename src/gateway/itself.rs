//! What the store says of itself that somebody must hear of: a clock that leapt, a disk without
//! room, objects that are damaged, scheduled work that stands still, alerts of which nobody hears.
//! `doctor` shows the same.

use super::{Standing, trouble::Sign};
use crate::{
    mail::SchoolId,
    storage::{AlertsStuck, ClockState, DutyStands, Health, Store, StoreError},
};
use chrono::{DateTime, SecondsFormat, Utc};

/// How one thing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// By which log, ledger, alarm, metrics and `doctor` call it.
    pub name: &'static str,
    pub stands: Remarked,
    pub says: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remarked {
    Well,
    /// Works, and will not for long.
    Soon,
    /// By a word for the ledger.
    Failing(&'static str),
}

/// All of it, where these are the schools.
pub async fn remarks(store: &Store, schools: &[SchoolId]) -> Result<Vec<Remark>, StoreError> {
    let mut all = vec![clock(store.clock_state().await?)];
    all.extend(disk(store));
    all.push(objects(store.faulty_objects().await?));
    let stand = store.duties_that_stand().await?;
    let each = |duty: &DutyStands| format!("{} (since {})", duty.name, at(duty.since));
    let names: Vec<String> = stand.iter().map(each).collect();
    all.push(match names.is_empty() {
        true => well("duties", "all scheduled work is done in time"),
        false => failing(
            "duties",
            "stands-still",
            format!(
                "scheduled work stands still: {}.\nThe log says why, in lines with work.failed.",
                names.join(", ")
            ),
        ),
    });
    match store.alerts_stuck(schools).await {
        // Said once already, by whoever needs the key more.
        Err(StoreError::NoWorkingKey) => {}
        stuck => all.push(alerts(stuck?)),
    }
    Ok(all)
}

/// The same for the turn at `now`.
pub(super) async fn signs(
    store: &Store,
    standing: &Standing,
    now: DateTime<Utc>,
) -> Result<Vec<Sign>, StoreError> {
    let schools: Vec<SchoolId> = standing.rulebook.schools.iter().map(|s| s.id.clone()).collect();
    let sign = |remark: Remark| Sign {
        name: remark.name.to_owned(),
        health: Some(match remark.stands {
            Remarked::Well | Remarked::Soon => Health::Well,
            Remarked::Failing(why) => Health::Failing { since: now, why },
        }),
        says: remark.says,
    };
    Ok(remarks(store, &schools).await?.into_iter().map(sign).collect())
}

fn clock(state: ClockState) -> Remark {
    match state {
        ClockState::Believed => well("clock", "time has passed as it should"),
        ClockState::Doubted { sure, says, left } => failing(
            "clock",
            "leapt-ahead",
            format!(
                "the clock says {}, and up to {} the gate has seen time pass.\n\
                 Until it is known to be right, nothing is purged, no hold goes back, and no mail is given up.\n\
                 Is it wrong: set it right. Is it right (the gate was off, or the store restored):\n\
                 gatehouse store clock-is-right\n\
                 Without a word it is believed when the gate has run for {} more hours.",
                at(says),
                at(sure),
                left.num_hours() + 1
            ),
        ),
    }
}

fn disk(store: &Store) -> Option<Remark> {
    // Where the system does not tell, nothing is said.
    let disk = store.disk().inspect_err(|error| tracing::warn!(%error, "disk.not-looked-at")).ok()?;
    let left = format!("{} MB of {} MB are free under the data folder", disk.free >> 20, disk.size >> 20);
    let hint = "A gate with a full disk takes no mail: make room, or give it a bigger disk.";
    Some(match (disk.is_full(), disk.is_nearly_full()) {
        (true, _) => failing("disk", "no-room", format!("{left}.\n{hint}")),
        (false, true) => Remark { name: "disk", stands: Remarked::Soon, says: format!("{left}.\n{hint}") },
        (false, false) => well("disk", &left),
    })
}

fn objects(faulty: u64) -> Remark {
    match faulty {
        0 => well("objects", "none is known to be missing or changed"),
        faulty => failing(
            "objects",
            "missing-or-changed",
            format!(
                "{faulty} kept messages or attachments are missing or changed in the vault.\n\
                 `gatehouse store scrub` names them; `gatehouse store restore` has them from a backup."
            ),
        ),
    }
}

fn alerts(stuck: AlertsStuck) -> Remark {
    if stuck == AlertsStuck::default() {
        return well("alerts", "each that waits can be told");
    }
    failing(
        "alerts",
        "nobody-hears",
        format!(
            "{} alerts wait whose school is not in gatehouse.toml, and {} whose rows cannot be read: no officer\n\
             hears of them. `gatehouse alert list` has their numbers and schools; put the school back, or tell its\n\
             safeguarding lead in person.",
            stuck.of_no_school, stuck.unreadable
        ),
    )
}

fn well(name: &'static str, says: &str) -> Remark {
    Remark { name, stands: Remarked::Well, says: says.to_owned() }
}

fn failing(name: &'static str, why: &'static str, says: String) -> Remark {
    Remark { name, stands: Remarked::Failing(why), says }
}

fn at(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
