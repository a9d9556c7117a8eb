//! No file, no TCP, no signal and no abstract socket to a process outside, as far as this kernel's
//! Landlock goes (Linux 5.13 and later; landlock(7)). Files opened before stay open.

use crate::sandbox::profile::Needs;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::path::PathBuf;

/// The newest version that we name rights of; what an older kernel does not know is left out of its rules.
const NEWEST: ABI = ABI::V10;

/// The version in force, or none where the kernel has no Landlock or it is not switched on.
pub(super) fn restrict(needs: &Needs) -> Result<Option<u8>, RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for path in existing(&needs.programs) {
        rules = rules.add_rule(PathBeneath::new(path, AccessFs::ReadFile | AccessFs::Execute))?;
    }
    for path in existing(&needs.data) {
        rules = rules.add_rule(PathBeneath::new(path, AccessFs::ReadFile | AccessFs::ReadDir))?;
    }
    for path in existing(&needs.sinks) {
        rules = rules.add_rule(PathBeneath::new(path, AccessFs::WriteFile))?;
    }
    let status = rules.restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => Some(effective_abi as u8),
        _ => None,
    })
}

/// A folder that this machine does not have grants nothing.
fn existing(paths: &[PathBuf]) -> impl Iterator<Item = PathFd> {
    paths.iter().filter_map(|path| PathFd::new(path).ok())
}
