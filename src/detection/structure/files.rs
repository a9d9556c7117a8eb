//! What a file is besides its text: a program, one that is disguised, one that acts when it is opened, a
//! picture that tells where it was taken. Only rules of the rule files speak of it.

use super::super::{findings::bare, model::Finding, pass::Pass};
use crate::{
    files::{Script, TraitKind},
    ruleset::Builtin,
};
use std::{collections::HashSet, sync::Arc};

pub(super) fn findings(pass: &Pass<'_, '_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for found in &pass.extract.traits {
        let Some((builtin, what)) = speaks_of(&found.kind) else { continue };
        let rules = pass.detector.prepared().builtins.iter().filter(|r| r.builtin == Some(builtin));
        for rule in rules.map(Arc::as_ref) {
            if seen.insert((builtin, found.place.as_str(), rule.id.clone())) {
                out.push(Finding {
                    part: found.place.clone(),
                    part_index: Some(found.part),
                    excerpt: what.clone(),
                    value: pass.digest(&found.place),
                    ..bare(rule)
                });
            }
        }
    }
}

/// Of which rules, and in which stable words. Protection is told by what was not read, pictures by their lists.
fn speaks_of(kind: &TraitKind) -> Option<(Builtin, String)> {
    let plain = |builtin, what: &str| Some((builtin, what.to_owned()));
    match kind {
        TraitKind::Executable => plain(Builtin::Program, "a program"),
        TraitKind::DoubleExtension => plain(Builtin::Disguised, "two endings"),
        TraitKind::KindDiffers { said, is } => Some((Builtin::Disguised, format!("called {said}, is {is}"))),
        TraitKind::Script(Script::Macro) => plain(Builtin::ActiveContent, "macros"),
        TraitKind::Script(Script::Active) => plain(Builtin::ActiveContent, "script"),
        TraitKind::Script(Script::Embedded) => plain(Builtin::ActiveContent, "an embedded object"),
        TraitKind::RemoteContent => plain(Builtin::RemoteContent, "loads something from elsewhere"),
        TraitKind::Location => plain(Builtin::PictureLocation, "the place where it was taken"),
        TraitKind::Protected(_) | TraitKind::Image => None,
    }
}
