//! What the worker needs besides store and client, and what it tells of each turn.

use crate::{
    clock::{self, Clock},
    config::{Config, NextHop},
    effects::{
        notices::{ComposeError, Notices},
        rescan::Rescan,
    },
    mail::{Address, SchoolId},
    parties::School,
    storage::{OutboxJob, OutboxKind},
};
use chrono::TimeDelta;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Whether releases come back through this gate on their way (milter mode), where they
/// must be known again. Elsewhere the field would only tell strangers of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseField {
    Keep,
    Omit,
}

/// What became of one job's turn, for counters. Without content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Recipients delivered, deferred and failed for good.
    Tried { kind: OutboxKind, delivered: usize, deferred: usize, failed: usize },
    /// The scanner has stopped a release.
    Recalled,
    /// Delivery reports written for a job's ends.
    Reported { written: usize },
    /// The store could not be asked or told; the job comes again.
    StoreAway,
}

/// The addresses of officers, office by office.
pub type ToldOfRecall = Arc<dyn Fn(&OutboxJob) -> Vec<Vec<Address>> + Send + Sync>;

/// Called after every turn.
pub type Observer = Arc<dyn Fn(Turn) + Send + Sync>;

/// What the worker needs besides store and client.
#[derive(Clone)]
pub struct DeliveryOptions {
    pub hops: Vec<Arc<NextHop>>,
    pub notices: Notices,
    /// Who hears of a null sender's failure, for each school.
    pub postmasters: HashMap<SchoolId, Address>,
    pub release_field: ReleaseField,
    /// Looks into releases before they leave; `None`: nothing does.
    pub scanner: Option<Arc<dyn Rescan>>,
    /// Who of the school is asked to look when it has stopped one, office by office; never a party.
    pub told_of_recall: ToldOfRecall,
    /// Jobs at once.
    pub parallel: usize,
    /// How long a claimed job is ours; longer than the next hop's longest conversation.
    pub lease: TimeDelta,
    /// How often due jobs are looked for without being called.
    pub poll: Duration,
    pub clock: Clock,
    pub observer: Observer,
}

impl DeliveryOptions {
    /// As the configuration says; fails when `[notices] from` is no mailbox.
    pub fn of(config: &Config) -> Result<Self, ComposeError> {
        let postmaster = |school: &Arc<School>| {
            school.officers.postmaster.clone().map(|address| (school.id.clone(), address))
        };
        Ok(Self {
            hops: config.next_hops.clone(),
            notices: Notices::new(&config.notices, &config.hostname)?,
            postmasters: config.schools.iter().filter_map(postmaster).collect(),
            release_field: if config.milter.is_some() { ReleaseField::Keep } else { ReleaseField::Omit },
            scanner: None,
            told_of_recall: Arc::new(|_| Vec::new()),
            parallel: 8,
            lease: TimeDelta::minutes(5),
            // A decision at the command line is another process's: nothing but looking tells of it.
            poll: Duration::from_secs(2),
            clock: clock::system(),
            observer: Arc::new(|_| {}),
        })
    }
}
