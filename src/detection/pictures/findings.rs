//! Suspected matches as findings. They hold without any rule file, and say neither which entry of a list was
//! met nor what is seen.

use super::matching::{How, PictureLists};
use crate::{
    detection::{findings::bare, model::Finding, structure::fallback},
    files::Files,
    message::Message,
    ruleset::{Category, DetectionRule, Severity},
};
use std::sync::LazyLock;

static LISTED: LazyLock<DetectionRule> = LazyLock::new(|| DetectionRule {
    severity: Severity::Critical,
    clauses: vec!["OF-5".into()],
    ..fallback(
        "builtin.listed-picture",
        Category::FileIllegalImage,
        "A suspected match with a list of pictures.",
    )
});

/// Matches of one message that are told apart; one is enough to stop it.
const MOST: usize = 16;

/// What of a message's files is on a list, at each place once.
pub fn listed(message: &Message<'_>, files: &Files, lists: &PictureLists) -> Vec<Finding> {
    if lists.is_empty() {
        return Vec::new();
    }
    let matches = files.hashed().filter_map(|(part, hashed)| Some((part, hashed, lists.of(hashed)?)));
    let findings = matches.take(MOST).map(|(part, hashed, found)| {
        let how = match found.how {
            How::SameFile(_) => "the same file".to_owned(),
            How::Near { distance } => format!("{distance} of 256 bits differ"),
        };
        Finding {
            part: place(message, part, &hashed.place),
            part_index: Some(part),
            excerpt: format!("suspected match: list {}, {how}", found.list),
            ..bare(&LISTED)
        }
    });
    findings.collect()
}

fn place(message: &Message<'_>, part: usize, below: &str) -> String {
    let own = message.parts.get(part).map(crate::extraction::place).unwrap_or_default();
    if below.is_empty() { own.into_owned() } else { format!("{own}/{below}") }
}
