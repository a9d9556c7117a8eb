//! Built-in detections: who writes to whom, how often something was forwarded, how much
//! stands in one place, and what could not be read. Their rules come from the rule files.

mod bulk;
mod contact;
mod files;
mod forwarding;
mod links;
pub(super) mod password;
mod recipients;
mod unread;

pub(super) use forwarding::is_taken_over;
pub(super) use unread::fallback;

use super::{judge::Candidate, model::Finding, pass::Pass};
use crate::ruleset::Builtin;
use std::sync::Arc;

pub(super) fn findings(pass: &mut Pass<'_, '_>, candidates: &[Candidate]) -> Vec<Finding> {
    let detector = pass.detector;
    let mut out = Vec::new();
    for rule in detector.prepared().builtins.iter().map(Arc::clone) {
        match rule.builtin {
            Some(Builtin::VisibleRecipients) => out.extend(recipients::visible(pass, &rule)),
            Some(Builtin::ForwardingDepth) => out.extend(forwarding::depth(pass, &rule)),
            Some(Builtin::OwnAddressIn) => out.extend(contact::own_address_in(pass, &rule)),
            Some(Builtin::FreeMailName) => out.extend(contact::free_mail_name(pass, &rule)),
            Some(Builtin::OwnAddressOut) => out.extend(contact::own_address_out(pass, &rule)),
            Some(Builtin::PupilAddress) => out.extend(contact::pupil_address(pass, &rule)),
            Some(Builtin::LinkDiffers) => links::findings(pass, &rule, &mut out),
            Some(Builtin::Bulk) => out.extend(bulk::bulk(pass, &rule, candidates)),
            Some(
                Builtin::ProtectedFile
                | Builtin::UnreadFile
                | Builtin::AmbiguousMessage
                | Builtin::PasswordBeside
                | Builtin::PasswordInThread
                | Builtin::Picture
                | Builtin::PictureNotCompared
                | Builtin::Program
                | Builtin::Disguised
                | Builtin::ActiveContent
                | Builtin::RemoteContent
                | Builtin::PictureLocation
                | Builtin::UnknownSender,
            )
            | None => {}
        }
    }
    unread::findings(pass, &mut out);
    files::findings(pass, &mut out);
    password::file_after(pass, &mut out);
    out
}
