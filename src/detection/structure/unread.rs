//! What detection has not seen is a finding too: protected parts, formats without a reader,
//! limits that were reached. It is reported even when no rule file speaks of it.

use super::super::{findings::bare, model::Finding, pass::Pass};
use crate::{
    extraction::{Doubt, UnreadReason},
    ruleset::{Area, Builtin, Category, DetectionRule, Examples, Scope, Severity},
};
use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

static PROTECTED: LazyLock<DetectionRule> = LazyLock::new(|| {
    fallback("builtin.protected", Category::FileProtected, "A part is protected and was not read.")
});
static AMBIGUOUS: LazyLock<DetectionRule> = LazyLock::new(|| {
    fallback("builtin.ambiguous", Category::FileAmbiguous, "Mail programs may read it in different ways.")
});
static UNREAD: LazyLock<DetectionRule> = LazyLock::new(|| {
    fallback("builtin.not-inspected", Category::FileNotInspected, "A part could not be read.")
});

static PICTURE: LazyLock<DetectionRule> = LazyLock::new(|| DetectionRule {
    confidence: 0.2,
    ..fallback("builtin.picture", Category::FileNotInspected, "A picture: words in it were not read.")
});

static NOT_COMPARED: LazyLock<DetectionRule> = LazyLock::new(|| {
    let reason = "A picture was not compared with the lists of pictures.";
    DetectionRule {
        confidence: 0.2,
        ..fallback("builtin.picture-not-compared", Category::FileNotInspected, reason)
    }
});

/// The rule that holds when no file gives one.
pub(in crate::detection) fn fallback(id: &str, category: Category, reason: &str) -> DetectionRule {
    DetectionRule {
        id: id.into(),
        category,
        area: Area::Content,
        severity: Severity::Low,
        confidence: 1.0,
        languages: Vec::new(),
        clauses: Vec::new(),
        reason: reason.into(),
        patterns: Vec::new(),
        builtin: Some(Builtin::UnreadFile),
        people: Vec::new(),
        domains: Vec::new(),
        check: None,
        near: None,
        unless: None,
        scope: Scope::Any,
        minimum: 1,
        examples: Examples::default(),
        origin: "built in".into(),
    }
}

pub(super) fn findings(pass: &Pass<'_, '_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for unread in &pass.extract.unread {
        let (builtin, why) = match unread.reason {
            UnreadReason::Protected => (Builtin::ProtectedFile, "protected"),
            UnreadReason::FormatNotSupported => (Builtin::UnreadFile, "no reader for this format"),
            UnreadReason::Limit(limit) => (Builtin::UnreadFile, limit),
            UnreadReason::Malformed => (Builtin::UnreadFile, "malformed"),
            UnreadReason::WorkerDied(how) => (Builtin::UnreadFile, how),
            UnreadReason::Picture => (Builtin::Picture, "words in a picture are not read"),
            UnreadReason::NotCompared(why) => (Builtin::PictureNotCompared, why),
            UnreadReason::Ambiguous(Doubt::Crafted(what) | Doubt::Damaged(what)) => {
                (Builtin::AmbiguousMessage, what)
            }
        };
        if seen.insert((builtin, unread.place.as_str())) {
            let before = out.len();
            add(pass, out, builtin, &unread.place, unread.part, format!("{}: {why}", unread.media_type));
            if let UnreadReason::Ambiguous(Doubt::Damaged(_)) = unread.reason {
                out.iter_mut().skip(before).for_each(|finding| finding.confidence /= 2.0);
            }
        }
    }
    for fragment in pass.unread.iter().filter_map(|f| pass.extract.fragments.get(*f as usize)) {
        if seen.insert((Builtin::UnreadFile, fragment.place.as_ref())) {
            let why = "too many matches".to_owned();
            add(pass, out, Builtin::UnreadFile, &fragment.place, fragment.part, why);
        }
    }
}

/// One finding of every rule for this; of the built-in one when there is none.
pub(super) fn add(
    pass: &Pass<'_, '_>,
    out: &mut Vec<Finding>,
    builtin: Builtin,
    place: &str,
    part_index: Option<usize>,
    excerpt: String,
) {
    let finding = |rule: &DetectionRule| Finding {
        part: place.to_owned(),
        part_index,
        excerpt: excerpt.clone(),
        value: pass.digest(place),
        ..bare(rule)
    };
    let rules =
        pass.detector.prepared().builtins.iter().filter(|r| r.builtin == Some(builtin)).map(Arc::as_ref);
    let before = out.len();
    out.extend(rules.map(finding));
    if out.len() == before {
        out.push(finding(match builtin {
            Builtin::ProtectedFile => &PROTECTED,
            Builtin::AmbiguousMessage => &AMBIGUOUS,
            Builtin::Picture => &PICTURE,
            Builtin::PictureNotCompared => &NOT_COMPARED,
            _ => &UNREAD,
        }));
    }
}
