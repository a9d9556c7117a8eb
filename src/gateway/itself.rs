//! What the store says of itself that somebody must hear of: a clock that leapt, a disk without
//! room, objects that are damaged, scheduled work that stands still, alerts of which nobody hears.
//! `doctor` shows the same.

use super::{Standing, trouble::Sign};
use crate::{
    mail::SchoolId,
    storage::{AlertsStuck, ClockState, DutyStands, Health, Store, StoreError},
};
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// How one thing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// By which log, ledger, alarm, metrics and `doctor` call it.
    pub name: &'static str,
    pub stands: Remarked,
    /// In English as it is displayed; the console has its Welsh.
    pub says: Says,
}

/// What is said of each thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    ClockRight,
    /// What the clock says, up to when time was seen to pass, and how many more hours it is doubted.
    ClockLeapt {
        says: DateTime<Utc>,
        sure: DateTime<Utc>,
        hours: i64,
    },
    Disk {
        free_mb: u64,
        size_mb: u64,
        room: Room,
    },
    ObjectsSound,
    ObjectsFaulty(u64),
    DutiesInTime,
    /// By name, and since when.
    DutiesStand(Vec<(String, DateTime<Utc>)>),
    AlertsTold,
    AlertsStuck(AlertsStuck),
}

/// Of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Enough,
    Little,
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClockRight => f.write_str("time has passed as it should"),
            Self::ClockLeapt { says, sure, hours } => write!(
                f,
                "the clock says {}, and up to {} the gate has seen time pass.\n\
                 Until it is known to be right, nothing is purged, no hold goes back, and no mail is given up.\n\
                 Is it wrong: set it right. Is it right (the gate was off, or the store restored):\n\
                 gatehouse store clock-is-right\n\
                 Without a word it is believed when the gate has run for {hours} more hours.",
                at(*says),
                at(*sure),
            ),
            Self::Disk { free_mb, size_mb, room } => {
                write!(f, "{free_mb} MB of {size_mb} MB are free under the data folder")?;
                match room {
                    Room::Enough => Ok(()),
                    Room::Little => f.write_str(
                        ".\nA gate with a full disk takes no mail: make room, or give it a bigger disk.",
                    ),
                }
            }
            Self::ObjectsSound => f.write_str("none is known to be missing or changed"),
            Self::ObjectsFaulty(faulty) => write!(
                f,
                "{faulty} kept messages or attachments are missing or changed in the vault.\n\
                 `gatehouse store scrub` names them; `gatehouse store restore` has them from a backup."
            ),
            Self::DutiesInTime => f.write_str("all scheduled work is done in time"),
            Self::DutiesStand(names) => {
                let names: Vec<String> =
                    names.iter().map(|(name, since)| format!("{name} (since {})", at(*since))).collect();
                write!(
                    f,
                    "scheduled work stands still: {}.\nThe log says why, in lines with work.failed.",
                    names.join(", ")
                )
            }
            Self::AlertsTold => f.write_str("each that waits can be told"),
            Self::AlertsStuck(stuck) => write!(
                f,
                "{} alerts wait whose school is not in gatehouse.toml, and {} whose rows cannot be read: no officer\n\
                 hears of them. `gatehouse alert list` has their numbers and schools; put the school back, or tell its\n\
                 safeguarding lead in person.",
                stuck.of_no_school, stuck.unreadable
            ),
        }
    }
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
    let names: Vec<_> = stand.iter().map(|duty: &DutyStands| (duty.name.to_string(), duty.since)).collect();
    all.push(match names.is_empty() {
        true => well("duties", Says::DutiesInTime),
        false => failing("duties", "stands-still", Says::DutiesStand(names)),
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
        says: remark.says.to_string(),
    };
    Ok(remarks(store, &schools).await?.into_iter().map(sign).collect())
}

fn clock(state: ClockState) -> Remark {
    match state {
        ClockState::Believed => well("clock", Says::ClockRight),
        ClockState::Doubted { sure, says, left } => {
            failing("clock", "leapt-ahead", Says::ClockLeapt { says, sure, hours: left.num_hours() + 1 })
        }
    }
}

fn disk(store: &Store) -> Option<Remark> {
    // Where the system does not tell, nothing is said.
    let disk = store.disk().inspect_err(|error| tracing::warn!(%error, "disk.not-looked-at")).ok()?;
    let says = |room| Says::Disk { free_mb: disk.free >> 20, size_mb: disk.size >> 20, room };
    Some(match (disk.is_full(), disk.is_nearly_full()) {
        (true, _) => failing("disk", "no-room", says(Room::Little)),
        (false, true) => Remark { name: "disk", stands: Remarked::Soon, says: says(Room::Little) },
        (false, false) => well("disk", says(Room::Enough)),
    })
}

fn objects(faulty: u64) -> Remark {
    match faulty {
        0 => well("objects", Says::ObjectsSound),
        faulty => failing("objects", "missing-or-changed", Says::ObjectsFaulty(faulty)),
    }
}

fn alerts(stuck: AlertsStuck) -> Remark {
    match stuck == AlertsStuck::default() {
        true => well("alerts", Says::AlertsTold),
        false => failing("alerts", "nobody-hears", Says::AlertsStuck(stuck)),
    }
}

fn well(name: &'static str, says: Says) -> Remark {
    Remark { name, stands: Remarked::Well, says }
}

fn failing(name: &'static str, why: &'static str, says: Says) -> Remark {
    Remark { name, stands: Remarked::Failing(why), says }
}

fn at(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
