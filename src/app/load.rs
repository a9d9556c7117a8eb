//! What is read at start and on reload, checked before any of it takes effect.

use crate::{
    config::Config,
    desk::{
        self,
        people_file::{PeopleFault, directory, directory_by},
        picture_lists::picture_lists,
        rulebook::{opener, reading},
    },
    detection::{DetectorFaults, ListFaults, PictureLists},
    effects::{ComposeError, Disclaimers, Notices, Signers, TemplateFault},
    extraction, files,
    gateway::Standing,
    mail::{Address, Transaction},
    message, parties,
    pipeline::Rulebook,
    ruleset::{self, RuleFaults, RuleSet},
    storage::{KeyError, Keys, Searchable, StoreError},
    wire::clamd::Clamd,
};
use std::{io, path::PathBuf, sync::Arc};

/// Why the gate does not start, or keeps what it had on reload.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    #[error("{0}")]
    Rules(#[from] RuleFaults),
    #[error("{0}")]
    Detector(#[from] DetectorFaults),
    #[error("{0}")]
    PictureLists(#[from] ListFaults),
    #[error("{}", lines(.0))]
    Templates(Vec<TemplateFault>),
    #[error("{}", .0.join("\n"))]
    Dkim(Vec<String>),
    #[error(transparent)]
    People(#[from] PeopleFault),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Notices(#[from] ComposeError),
    #[error("{what}: {source}")]
    Listen { what: &'static str, source: io::Error },
    #[error("{}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("another gatehouse serves {}; stop it first", .0.display())]
    Served(PathBuf),
    #[error(
        "a part of the gate, {0}, ended by itself: this is a fault of ours. The lines above say more; the service \
         is started anew"
    )]
    Ended(&'static str),
    #[error("{0}")]
    Other(String),
}

fn lines(faults: &[TemplateFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The rules of these folders.
pub fn rules(folders: &[PathBuf]) -> Result<RuleSet, StartFault> {
    Ok(ruleset::load(folders)?)
}

/// All that a verdict rests on. Compiled patterns are cached in the data folder.
pub fn rulebook(config: &Config, rules: RuleSet) -> Result<Rulebook, StartFault> {
    let pictures = picture_lists(&config.picture_lists, &PictureLists::default())?;
    Ok(desk::rulebook::rulebook(config, rules, Arc::new(directory(config)?), Arc::new(pictures))?)
}

/// By what a message can be found, read with the limits and people in force.
pub fn searchable(config: &Config) -> Result<impl Fn(&Transaction) -> Searchable + Send + Sync, StartFault> {
    let (directory, schools) = (directory(config)?, config.schools.clone());
    let (limits, opener) = (reading(&config.limits), opener(config));
    Ok(move |transaction: &Transaction| {
        let mut message = message::read_in_every_way(&transaction.raw, limits.read);
        let files = files::open_parts(&mut message, &*opener);
        let parties = parties::resolve(transaction, &message.header, &directory, &schools);
        Searchable::new(&extraction::extract(&message, &files, limits.extract), &parties)
    })
}

/// The disclaimers' templates; none when no school asks for any and there is no folder.
pub fn disclaimers(config: &Config) -> Result<Disclaimers, StartFault> {
    let asked = config.schools.iter().any(|s| !s.disclaimers.is_empty());
    if !asked && !config.disclaimers.exists() {
        return Ok(Disclaimers::default());
    }
    Disclaimers::load(&config.disclaimers).map_err(StartFault::Templates)
}

/// Everything that may change on reload; the keys stay those of the start.
pub fn standing(config: &Config, keys: &Keys) -> Result<Standing, StartFault> {
    standing_after(config, keys, &PictureLists::default())
}

/// The same on a reload: lists of pictures that are as they were `before` are kept.
pub(super) fn standing_after(
    config: &Config,
    keys: &Keys,
    before: &PictureLists,
) -> Result<Standing, StartFault> {
    let pictures = picture_lists(&config.picture_lists, before)?;
    Ok(Standing {
        rulebook: desk::rulebook::rulebook(
            config,
            rules(&config.rulesets)?,
            Arc::new(directory_by(config, keys)?),
            Arc::new(pictures),
        )?,
        disclaimers: disclaimers(config)?,
        signers: Arc::new(Signers::load(&config.dkim).map_err(StartFault::Dkim)?),
        notices: Notices::new(&config.notices, &config.hostname)?,
        answers_to: config.notices.reply_to.clone(),
        own_hop: config.notices.next_hop.clone(),
        mode: config.mode,
        on_failure: config.on_failure,
        limits: config.limits.clone(),
        anchors: config.anchors.clone(),
        alarms: config.alarms.clone(),
        admins: admins(config),
        canaries: config.canaries.clone(),
        scanner: config.scanner.clone().map(|scanner| Arc::new(Clamd::new(scanner))),
    })
}

/// Whoever is named, else the schools' postmasters.
fn admins(config: &Config) -> Vec<Address> {
    if !config.notices.admin.is_empty() {
        return config.notices.admin.clone();
    }
    let mut all: Vec<Address> =
        config.schools.iter().filter_map(|school| school.officers.postmaster.clone()).collect();
    all.sort_unstable_by(|a, b| a.key().cmp(b.key()));
    all.dedup();
    all
}
