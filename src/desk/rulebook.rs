//! All that a verdict rests on, made of the files that a school edits: for the gate that starts, the
//! commands that assess, and what is tried before it is put in force.

use crate::{
    config::{Config, Limits, Sandboxing},
    detection::{DetectLimits, Detector, DetectorFaults, People, PersonName, PictureLists},
    extraction::ExtractLimits,
    files::{FileLimits, Opener},
    message::ReadLimits,
    parties::Directory,
    pipeline::{ReadingLimits, Rulebook},
    ruleset::RuleSet,
    sandbox::{Must, Sandboxed, Settings},
};
use std::{sync::Arc, time::Duration};

/// The names that detection looks for.
pub fn people(directory: &Directory) -> People {
    People::new(directory.names().map(|name| PersonName {
        role: name.role,
        given: name.given,
        family: name.family,
        preferred: name.preferred,
    }))
}

/// These rules with these people and lists of pictures. Compiled patterns are cached in the data folder.
pub fn rulebook(
    config: &Config,
    rules: RuleSet,
    directory: Arc<Directory>,
    pictures: Arc<PictureLists>,
) -> Result<Rulebook, DetectorFaults> {
    let people = Arc::new(people(&directory));
    let cache = config.data.join("cache");
    let detector = Detector::new(&rules, people, Some(&cache))?;
    Ok(Rulebook {
        rules,
        detector,
        directory,
        schools: config.schools.clone(),
        limits: reading(&config.limits),
        opener: opener_of(config, if pictures.is_empty() { Hashing::No } else { Hashing::Yes }),
        pictures,
    })
}

/// The same rules with other people.
pub fn with_people(rulebook: &Rulebook, directory: Arc<Directory>) -> Rulebook {
    let detector = rulebook.detector.with_people(Arc::new(people(&directory)));
    Rulebook { detector, directory, ..rulebook.clone() }
}

/// Who opens the files of messages, as the configuration sets it.
pub fn opener(config: &Config) -> Arc<dyn Opener> {
    opener_of(config, Hashing::No)
}

/// Whether files are hashed as they are opened: only where there are lists to compare with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hashing {
    No,
    Yes,
}

fn opener_of(config: &Config, hashing: Hashing) -> Arc<dyn Opener> {
    let hashing = (hashing == Hashing::Yes).then_some(config.files.picture_limits);
    let limits = FileLimits {
        hashing,
        // A worker that a decoder fills would end, and take the words of what it read before with it.
        dictionary: config.files.limits.dictionary.min(config.files.memory / 2),
        ..config.files.limits
    };
    let opener = Sandboxed::new(workers(config), limits, time_for_files(config));
    Arc::new(if config.files.pictures {
        opener.with_pictures(workers(config), config.files.pictures_read)
    } else {
        opener
    })
}

/// Of a message; what is left of its deadline is for everything else.
fn time_for_files(config: &Config) -> Duration {
    config.files.message_time.min(config.limits.deadline / 2)
}

/// The workers that open files.
pub fn workers(config: &Config) -> Settings {
    let files = &config.files;
    Settings {
        must: match files.sandbox {
            Sandboxing::Required => Must::Required,
            Sandboxing::WhenPossible => Must::WhenPossible,
        },
        workers: files.workers,
        memory: files.memory,
        cpu: files.cpu,
        wall: files.time,
        jobs: files.renew_after,
        ..Settings::default()
    }
}

/// How much of a message is read.
pub fn reading(limits: &Limits) -> ReadingLimits {
    ReadingLimits {
        read: ReadLimits {
            parts: limits.parts,
            nesting: limits.nesting,
            depth: limits.depth,
            header_bytes: limits.header_bytes,
        },
        extract: ExtractLimits {
            text_bytes: limits.text_bytes,
            page_boxes: limits.page_boxes,
            page_steps: limits.page_steps,
        },
        detect: DetectLimits { findings: limits.findings, ..DetectLimits::default() },
    }
}
