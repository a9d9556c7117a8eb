//! Identity files that this process has opened: a passphrase is asked once for each command, however
//! often the command needs the key.

use crate::{cli::Mistake, storage::keys};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

static OPENED: Mutex<Vec<(PathBuf, keys::Identities)>> = Mutex::new(Vec::new());

/// A custodian's file.
pub(in crate::cli) fn opened(path: &Path) -> Result<keys::Identities, Mistake> {
    once(path, keys::unlock)
}

/// The file of whoever acts, which must be theirs alone.
pub(super) fn opened_own(path: &Path) -> Result<keys::Identities, Mistake> {
    once(path, keys::unlock_own)
}

fn once(
    path: &Path,
    unlock: impl FnOnce(&Path) -> Result<keys::Identities, crate::storage::KeyError>,
) -> Result<keys::Identities, Mistake> {
    let mut all = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, identities)) = all.iter().find(|(known, _)| known == path) {
        return Ok(identities.clone());
    }
    let identities = unlock(path)?;
    all.push((path.to_owned(), identities.clone()));
    Ok(identities)
}
