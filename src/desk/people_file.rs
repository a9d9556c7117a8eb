//! The people in force, on the disk between imports: `directory.age`, sealed with the working
//! key, or `directory.jsonl`, in clear, where no working key is configured.

use crate::{
    config::{Config, WorkingKeySource},
    parties::{Directory, SnapshotError, snapshot},
    storage::{
        KeyError, Keys,
        keys::sealed::{open, seal},
    },
};
use std::{
    fs,
    io::{self, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Why the people in force cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum PeopleFault {
    #[error(transparent)]
    Directory(#[from] SnapshotError),
    /// The people are sealed, and there is no key to them.
    #[error(
        "the people in {} are sealed with the working key: {fault}.\nIf that key is lost, delete the file and \
         import the people again",
        path.display()
    )]
    Sealed { path: PathBuf, fault: KeyError },
}

const SEALED: &str = "directory.age";
const CLEAR: &str = "directory.jsonl";

/// What an admin can do about [`Lying::Clear`].
pub const SEAL_THEM: &str = "Name the place of the working key in [keys] working (a file off this disk, or an \
                             environment variable), and import them again: they are then sealed.";

/// How the people lie on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lying {
    /// Nobody reads them without the working key.
    Sealed,
    /// Whoever has the disk reads who belongs to the school.
    Clear,
}

/// How the people in force lie, when there are any.
pub fn lying(data: &Path) -> Option<Lying> {
    let there = |name| data.join(name).exists();
    match (there(SEALED), there(CLEAR)) {
        (_, true) => Some(Lying::Clear),
        (true, false) => Some(Lying::Sealed),
        (false, false) => None,
    }
}

/// The directory as last imported, with the keys of the configuration if they are needed; empty
/// before the first import.
pub fn directory(config: &Config) -> Result<Directory, PeopleFault> {
    load(&config.data, || Keys::from_config(&config.keys))
}

/// The same with keys that are in memory already.
pub fn directory_by(config: &Config, keys: &Keys) -> Result<Directory, PeopleFault> {
    load(&config.data, || Ok(keys.clone()))
}

fn load(data: &Path, keys: impl FnOnce() -> Result<Keys, KeyError>) -> Result<Directory, PeopleFault> {
    let (sealed, clear) = (data.join(SEALED), data.join(CLEAR));
    let opened = |path: &Path| fs::File::open(path).map_err(|e| SnapshotError::Io(path.to_owned(), e));
    // A save that was cut off may have left an older one in clear beside it.
    if sealed.exists() {
        let locked = |fault| PeopleFault::Sealed { path: sealed.clone(), fault };
        let keys = keys().map_err(locked)?;
        let mut plain = open(opened(&sealed)?, &keys).map_err(locked)?;
        return Ok(snapshot::read(&mut plain, &sealed)?);
    }
    if clear.exists() {
        return Ok(snapshot::read(&mut BufReader::new(opened(&clear)?), &clear)?);
    }
    Ok(Directory::empty())
}

/// Puts the directory in the place of the old one in one step. Where the configuration says where the
/// working key is, it must be there: people who could be sealed never lie in clear for a slip.
pub fn save(config: &Config, directory: &Directory) -> Result<Lying, PeopleFault> {
    let sealed = config.data.join(SEALED);
    let keys = match (&config.keys.working, Keys::from_config(&config.keys)) {
        (_, Ok(keys)) => keys,
        (WorkingKeySource::Stdin, Err(_)) => {
            replace(&config.data.join(CLEAR), |out| snapshot::write(directory, out))?;
            remove(&sealed)?;
            return Ok(Lying::Clear);
        }
        (_, Err(fault)) => return Err(PeopleFault::Sealed { path: sealed, fault }),
    };
    replace(&sealed, |out| {
        seal(out, &keys, |out| snapshot::write(directory, out)).map(|_| ()).map_err(io::Error::other)
    })?;
    remove(&config.data.join(CLEAR))?;
    Ok(Lying::Sealed)
}

/// Seals anew what an older working key or the recovery key opens, for the first of these.
pub fn reseal(config: &Config, keys: &Keys) -> Result<(), PeopleFault> {
    let directory = directory_by(config, keys)?;
    let sealed = config.data.join(SEALED);
    if sealed.exists() {
        replace(&sealed, |out| {
            seal(out, keys, |out| snapshot::write(&directory, out)).map(|_| ()).map_err(io::Error::other)
        })?;
    }
    Ok(())
}

/// Brings the people to another data folder that has none, as they lie: the working key is the same.
pub fn carry_people(from: &Path, to: &Path) -> Result<(), PeopleFault> {
    if lying(to).is_some() {
        return Ok(());
    }
    for name in [SEALED, CLEAR] {
        let (from, to) = (from.join(name), to.join(name));
        if from.exists() {
            let bytes = fs::read(&from).map_err(|e| SnapshotError::Io(from.clone(), e))?;
            return replace(&to, |out| out.write_all(&bytes));
        }
    }
    Ok(())
}

/// Written beside it with mode 0600, synced, renamed, and the folder synced.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&fs::File>) -> io::Result<()>,
) -> Result<(), PeopleFault> {
    let work = || {
        let beside = beside(path);
        // A rest of an interrupted save may have any mode: begin anew.
        gone(fs::remove_file(&beside))?;
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let mut out = BufWriter::new(&file);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_folder(path)
    };
    work().map_err(|e| SnapshotError::Io(path.to_owned(), e).into())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

fn remove(path: &Path) -> Result<(), PeopleFault> {
    let work = || {
        gone(fs::remove_file(path))?;
        sync_folder(path)
    };
    work().map_err(|e| SnapshotError::Io(path.to_owned(), e).into())
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}
