//! The keys: the working key in memory, public keys of recovery and custodians; how a
//! person's own key is unlocked.

mod identity;
mod memory;
mod public;
pub mod sealed;
pub mod shares;
mod terminal;
pub mod unlock;

pub use identity::Identities;
pub(super) use public::{PublicKey, encrypt, for_age};
pub use terminal::{ask_secret, ask_shown};
pub use unlock::{generate_locked, generate_under, unlock, unlock_sent};

use super::error::KeyError;
use crate::config::{KeysConfig, WorkingKeySource, others_may_read};
use age::{secrecy::zeroize::Zeroizing, x25519};
use std::{
    fmt,
    io::{BufRead, Write},
    path::Path,
    sync::OnceLock,
};

/// The age identity that opens what the gate must send on by itself. It lives in memory
/// only; the thief's test is a stolen disk without it. A source may hold several: the
/// first encrypts, all open (rotation).
#[derive(Clone)]
pub struct WorkingKey {
    first: x25519::Identity,
    all: Identities,
}

impl WorkingKey {
    /// From here on this process leaves no core.
    pub fn from_source(source: &WorkingKeySource) -> Result<Self, KeyError> {
        memory::no_core().map_err(KeyError::Core)?;
        match source {
            WorkingKeySource::File(path) if !path.exists() => {
                Err(KeyError::NoWorkingFile(path.display().to_string()))
            }
            WorkingKeySource::File(path) => {
                refuse_readable_by_others(path)?;
                Self::of(&unlock(path)?, &path.display().to_string())
            }
            WorkingKeySource::Environment(name) => {
                let text = std::env::var(name).map_err(|_| KeyError::NoVariable(name.clone()))?;
                Self::parse(&text, &format!("the environment variable {name}"))
            }
            WorkingKeySource::Stdin => Self::from_stdin(),
        }
    }

    /// The first line, which can be read only once in a process.
    fn from_stdin() -> Result<Self, KeyError> {
        static HANDED_OVER: OnceLock<WorkingKey> = OnceLock::new();
        if let Some(key) = HANDED_OVER.get() {
            return Ok(key.clone());
        }
        let mut line = Zeroizing::new(String::new());
        let file = |source| KeyError::File { path: "standard input".into(), source };
        std::io::stdin().lock().read_line(&mut line).map_err(file)?;
        let key = Self::parse(&line, "standard input")?;
        Ok(HANDED_OVER.get_or_init(|| key).clone())
    }

    /// Makes a new key in a new file (0600), in the form of `age-keygen`.
    pub fn generate_to(path: &Path) -> Result<Self, KeyError> {
        let first = x25519::Identity::generate();
        write_identity(path, &first, "Gatehouse working key: keep it off the gate's disk")?;
        Ok(Self { all: Identities::of(first.clone()), first })
    }

    /// A key that is in no file, for tests and the demo.
    pub fn ephemeral() -> Self {
        let first = x25519::Identity::generate();
        Self { all: Identities::of(first.clone()), first }
    }

    /// `age1...`
    pub fn public(&self) -> String {
        self.first.to_public().to_string()
    }

    fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        Self::of(&Identities::parse(text, place)?, place)
    }

    /// A hardware key cannot work by itself, so only age's own identities count here.
    fn of(identities: &Identities, place: &str) -> Result<Self, KeyError> {
        let first = identities.native().first().cloned();
        let first = first.ok_or_else(|| KeyError::NoIdentity(place.to_owned()))?;
        Ok(Self { first, all: identities.clone() })
    }

    pub(super) fn recipient(&self) -> PublicKey {
        PublicKey::Native(self.first.to_public())
    }

    /// All of them; what they open of epochs is remembered as long as the key itself.
    pub(super) fn all(&self) -> Identities {
        self.all.clone()
    }

    /// Beside the working key: what else opens what lies under an older or lost one.
    pub fn and_opened_by(self, other: &Identities) -> Self {
        Self { all: self.all.and(other), ..self }
    }

    /// Whether the source held more than one, as it does while the key is changed.
    pub fn has_older(&self) -> bool {
        self.all.native().len() > 1
    }

    pub(super) fn first_alone(&self) -> Identities {
        Identities::of(self.first.clone())
    }

    pub(super) fn identities(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.all.native().iter().map(|i| i as &dyn age::Identity)
    }
}

impl fmt::Debug for WorkingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkingKey({})", self.public())
    }
}

/// The keys a store works with.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// `None`: the store can be read as far as it is clear, and nothing can be kept.
    pub working: Option<WorkingKey>,
    /// Can open everything that the working key can; its identity is offline.
    recovery: Vec<PublicKey>,
    /// Custodians of the records of parent mail.
    records: Vec<PublicKey>,
}

impl Keys {
    pub fn new(
        working: Option<WorkingKey>,
        recovery: &[String],
        records: &[String],
    ) -> Result<Self, KeyError> {
        let read = |texts: &[String]| texts.iter().map(|t| t.parse()).collect::<Result<Vec<_>, _>>();
        Ok(Self { working, recovery: read(recovery)?, records: read(records)? })
    }

    /// Everything that `[keys]` names; fails when the working key cannot be had.
    pub fn from_config(config: &KeysConfig) -> Result<Self, KeyError> {
        Self::new(Some(WorkingKey::from_source(&config.working)?), &config.recovery, &config.records)
    }

    pub(super) fn working_recipients(&self) -> Option<Vec<PublicKey>> {
        let working = self.working.as_ref()?.recipient();
        Some(std::iter::once(working).chain(self.recovery.iter().cloned()).collect())
    }

    pub(super) fn recovery(&self) -> &[PublicKey] {
        &self.recovery
    }

    /// The first custodians of records, until the store names a set.
    pub(super) fn records(&self) -> &[PublicKey] {
        &self.records
    }
}

/// Unlocks a person's own identity. One that is under no passphrase must be its owner's alone.
pub fn unlock_own(path: &Path) -> Result<Identities, KeyError> {
    if !unlock::is_locked(path)? {
        refuse_readable_by_others(path)?;
    }
    unlock(path)
}

/// Makes a key for the recovery, a custodian or a person in a new file (0600); returns its
/// public half. The file belongs off the gate.
pub fn generate_identity(path: &Path, purpose: &str) -> Result<String, KeyError> {
    let identity = x25519::Identity::generate();
    write_identity(path, &identity, purpose)?;
    Ok(identity.to_public().to_string())
}

/// What `gatehouse keys` and `doctor` show.
#[derive(Clone, Debug)]
pub struct KeyStatus {
    /// Public part of the working key, or why it cannot be had.
    pub working: Result<String, String>,
    pub recovery: usize,
    pub records: usize,
    /// Sentences for the operator, worst first.
    pub advice: Vec<&'static str>,
}

/// Looks at what `[keys]` names, without reading standard input.
pub fn status(config: &KeysConfig, data: &Path) -> KeyStatus {
    let working = match &config.working {
        WorkingKeySource::Stdin => Err("handed over on standard input at start".to_owned()),
        source => WorkingKey::from_source(source).map(|k| k.public()).map_err(|e| e.to_string()),
    };
    let mut advice = Vec::new();
    if let WorkingKeySource::File(path) = &config.working {
        let (key, data) = (path.canonicalize(), data.canonicalize());
        if let (Ok(key), Ok(data)) = (key, data)
            && key.starts_with(data)
        {
            advice.push("the working key lies in the data folder: who steals the disk reads all held mail");
        }
    }
    if config.recovery.is_empty() {
        advice.push("no recovery key: when the working key is lost, held mail is lost with it");
    }
    if config.records.is_empty() {
        advice.push("no custodian's key for records: parent mail cannot be recorded");
    }
    KeyStatus { working, recovery: config.recovery.len(), records: config.records.len(), advice }
}

fn refuse_readable_by_others(path: &Path) -> Result<(), KeyError> {
    let file = |source| KeyError::File { path: path.display().to_string(), source };
    match others_may_read(path).map_err(file)? {
        true => Err(KeyError::TooOpen(path.display().to_string())),
        false => Ok(()),
    }
}

fn write_identity(path: &Path, identity: &x25519::Identity, purpose: &str) -> Result<(), KeyError> {
    write_new(path, identity::file_text(identity, purpose).as_bytes())
}

/// A file for its owner alone that was not there before.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    use std::os::unix::fs::OpenOptionsExt;
    let fault = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => KeyError::Exists(path.display().to_string()),
        _ => KeyError::File { path: path.display().to_string(), source },
    };
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)
}
