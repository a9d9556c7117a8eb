//! The lists of illegal images that the school was given: whole, fresh, for the gate alone; and what they
//! cannot find.

use super::Check;
use crate::{
    config::Config,
    desk::picture_lists::picture_lists,
    detection::{HashKind, ListSource, PictureLists},
    mail::Mode,
};
use std::{fs, os::unix::fs::MetadataExt, slice, time::SystemTime};

const WHAT: &str = "picture lists";
/// Those who give lists change them daily; a month without a new one is worth a word.
const OLD_DAYS: u64 = 31;

pub(super) fn all(config: &Config) -> Vec<Check> {
    if config.picture_lists.is_empty() {
        let says = "no list of illegal images was given: no picture is compared. `[[picture-list]]` names one\n\
                    (docs/illegal-images.md)";
        return vec![Check::note(WHAT, says)];
    }
    let mut checks: Vec<Check> = config.picture_lists.iter().map(list).collect();
    checks.extend(observing(config));
    checks
}

fn list(source: &ListSource) -> Check {
    let lists = match picture_lists(slice::from_ref(source), &PictureLists::default()) {
        Ok(lists) => lists,
        Err(faults) => return Check::fault(WHAT, format!("{}: {faults}", source.name)),
    };
    let counts: Vec<String> = lists.summaries().map(|summary| summary.counts()).collect();
    let near = lists.summaries().any(|s| s.hashes.iter().any(|(kind, _)| *kind == HashKind::Pdq));
    let says = format!("{}: {}", source.name, counts.join(", "));
    let Ok(file) = fs::metadata(&source.file) else { return Check::good(WHAT, says) };
    let age = file.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    let days = age.map_or(0, |age| age.as_secs() / 86_400);
    let says = format!("{says}; {days} days old");
    if file.mode() & 0o007 != 0 {
        return Check::fault(
            WHAT,
            format!(
                "{says}.\nEverybody on this machine can read it, and a list is confidential: `chmod o= {}`",
                source.file.display()
            ),
        );
    }
    if days > OLD_DAYS {
        return Check::note(WHAT, format!("{says}.\nIs it still fetched? Lists change daily."));
    }
    match near {
        true => Check::good(WHAT, says),
        false => Check::note(
            WHAT,
            format!(
                "{says}.\nIt finds unaltered copies of files alone: ask whoever gives it for PDQ hashes too"
            ),
        ),
    }
}

fn observing(config: &Config) -> Option<Check> {
    let observing = config.schools.iter().filter(|school| school.mode == Mode::Observe);
    let names: Vec<String> = observing.map(|school| school.id.to_string()).collect();
    (!names.is_empty()).then(|| {
        let says = format!(
            "{} only observe: a suspected match is told to whoever is on the rota, and the message goes its way",
            names.join(", ")
        );
        Check::note(WHAT, says)
    })
}
