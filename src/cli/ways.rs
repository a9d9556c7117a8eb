//! How the ways of the mail stand, for whoever asks at the command line.

pub(super) use crate::desk::ways::{all, unknown};

use super::render;
use crate::{gateway::routes::Standing, report::Unproved};

/// `proved 2026-11-25T06:30:00Z`.
pub(super) fn words(stands: Standing) -> String {
    match stands {
        Standing::Never => "not proved: no canary was sent yet".to_owned(),
        Standing::Waiting => "not proved yet: the first canary is on its way".to_owned(),
        Standing::Proved { at } => format!("proved {}", render::time(at)),
        Standing::Failing { since, why } => {
            format!("NOT PROVED since {}: {}", render::time(since), why.name())
        }
    }
}

/// `oakfield: outbound, internal`.
pub(super) fn unproved(open: &[Unproved]) -> Vec<String> {
    let line = |one: &Unproved| {
        let directions: Vec<&str> = one.directions.iter().map(|d| d.name()).collect();
        format!("{}: {}", one.school, directions.join(", "))
    };
    open.iter().map(line).collect()
}
