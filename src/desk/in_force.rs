//! What is in force, piece by piece, so that the ledger can say what changed since it was last
//! looked at (QU-5): settings as the file has them, rules by id, people by role.

use crate::{
    config::Config,
    parties::Directory,
    ruleset::RuleSet,
    storage::{InForce, Piece},
};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Every piece that a change is noted of.
pub fn in_force(config: &Config, rules: &RuleSet, directory: &Directory) -> Vec<InForce> {
    let mut files = Files::default();
    let settings = config.settings.iter().map(|(key, value)| InForce {
        piece: Piece::Setting,
        name: key.clone(),
        shown: is_harmless(key, value).then(|| value.trim_matches('"').replace(' ', "")),
        value: value.clone(),
        file: files.of(&config.file),
    });
    let mut all: Vec<InForce> = settings.collect();
    let origins = rules.detection.iter().map(|r| (&r.id, &r.origin));
    let origins: BTreeMap<_, _> = origins.chain(rules.policy.iter().map(|r| (&r.id, &r.origin))).collect();
    all.extend(rules.digests.iter().map(|(id, digest)| {
        let path =
            origins.get(id).and_then(|origin| origin.rsplit_once(':')).map(|(path, _)| PathBuf::from(path));
        InForce {
            piece: Piece::Rule,
            name: id.to_string(),
            shown: None,
            value: digest.clone(),
            file: path.and_then(|path| files.of(&path)),
        }
    }));
    let mut roles: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (_, role) in directory.people().flat_map(|person| person.memberships().collect::<Vec<_>>()) {
        *roles.entry(role.name()).or_default() += 1;
    }
    all.extend(roles.into_iter().map(|(role, count)| InForce {
        piece: Piece::People,
        name: role.to_owned(),
        shown: Some(count.to_string()),
        value: count.to_string(),
        file: None,
    }));
    all.push(InForce {
        piece: Piece::People,
        name: "all".into(),
        shown: None,
        value: directory.id().0.clone(),
        file: None,
    });
    all
}

/// Values that say nothing of anybody: switches, numbers, sizes, times, and choices out of a list.
fn is_harmless(key: &str, value: &str) -> bool {
    const CHOICES: [&str; 9] =
        ["mode", "assessment", "storage", "scanner", "tls", "bare-newline", "country", "nation", "zone"];
    let last = key.rsplit('.').next().unwrap_or(key);
    let bare = matches!(value, "true" | "false") || value.parse::<f64>().is_ok();
    bare || CHOICES.contains(&last)
        || ["limits.", "files.", "on-failure."].iter().any(|section| key.starts_with(section))
        || key.contains("retention")
        || (key.starts_with("scanner.") && last != "clamd")
}

/// Whose file it is and when it was changed last: all that a file tells of who changed it.
#[derive(Default)]
struct Files(BTreeMap<PathBuf, Option<(u32, i64)>>);

impl Files {
    fn of(&mut self, path: &Path) -> Option<(u32, i64)> {
        let look = || fs::metadata(path).ok().map(|m| (m.uid(), m.mtime()));
        *self.0.entry(path.to_owned()).or_insert_with(look)
    }
}
