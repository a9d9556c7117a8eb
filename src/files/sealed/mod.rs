//! Files that are encrypted, signed or packed as a whole: CMS (RFC 5652) and OpenPGP (RFC 9580). What only
//! looks sealed is read.

mod cms;
mod pgp;

pub(super) use cms::read as cms;
pub(super) use pgp::{armored, binary, is_binary};

use super::{
    budget::Budget,
    model::{Protection, Reason, TraitKind},
};

/// Tells that a file, or what lies at `place` in it, is readable with a key only.
fn closed(place: &str, kind: &str, protection: Protection, budget: &mut Budget) {
    budget.found(place, TraitKind::Protected(protection));
    budget.missed(place, kind, Reason::Protected);
}
