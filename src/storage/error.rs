//! What can go wrong with what is kept, and whose turn it is. No text of mail and no
//! address is ever part of an error.

use super::{
    ItemState,
    access::Class,
    cannot::Cannot,
    names::{CustodianId, ItemId},
};
use crate::mail::{Blame, Failure};
use chrono::{DateTime, Utc};

/// Storage did not do it; nothing half-done is visible.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the disk is full: make room where `data` of gatehouse.toml lies, or where PostgreSQL keeps its files"
    )]
    Full,
    #[error("the store stayed locked by another process for too long")]
    Busy,
    #[error(
        "the database does not answer: with PostgreSQL, is the server running, and reachable as `[store] url` says? \
         With SQLite, is the disk of `data` overloaded?"
    )]
    Silent,
    #[error(
        "the data folder belongs to another user: run this as that one, `runuser -u '#{owner}' -- gatehouse ...`"
    )]
    OthersFolder { owner: u32 },
    #[error("the working key is not there: give it as [keys] says, or run `gatehouse keys`")]
    NoWorkingKey,
    #[error(
        "this store was made with another working key: give that one in [keys] working, or put it below the new one \
         in the key's file; if it is lost, open the store with the recovery key (`gatehouse keys recovery join`)"
    )]
    WrongWorkingKey,
    #[error(
        "nobody could open the {0}: name a custodian (`gatehouse keys custodian join`), or for records the first \
         one in [keys] records"
    )]
    NoCustodian(String),
    /// Put the old identity below the new one in the key's source, or use the recovery key.
    #[error("it lies under a working key that is not in the source of the working key any more")]
    OldWorkingKey,
    #[error("the key at hand does not open it")]
    NotForThisKey,
    /// practice.md, A3.
    #[error("it may hold an image of a child: nobody exports it; tell the lead in person")]
    MayHoldImage,
    /// practice.md, A and E; the sentence says who may, or what is missing.
    #[error("{0}")]
    NotAllowed(Cannot),
    /// practice.md, E: looking in somebody's absence takes leave.
    #[error("{0}")]
    NoLeave(Cannot),
    /// practice.md, A3.
    #[error("it is sealed: hash, time and roles are all that anybody sees of it")]
    Sealed,
    #[error("the custodian's key cannot be used: {0}")]
    CustodianKey(String),
    #[error("{0}")]
    Key(String),
    #[error("there is no word in it that can be searched for: give one of two letters or more, or a number")]
    NothingToSearchFor,
    #[error("that is too much at once: search for at most {most} words and people")]
    TooMuchAsked { most: usize },
    #[error("{what} `{id}` is not there")]
    NotFound { what: &'static str, id: String },
    /// The client's next try finds it.
    #[error("this very message was kept on another connection at the same moment")]
    KeptMeanwhile,
    /// The object is missing, changed or unreadable; other objects are not concerned.
    #[error("object {id}: {fault}")]
    Object { id: String, fault: &'static str },
    #[error("the store's own key file is missing or damaged: {0}")]
    StoreKey(String),
    #[error("the store is damaged: {0}")]
    Damaged(String),
    #[error("the disk or the store failed: {0}")]
    Io(String),
    /// The object store does not answer, or cannot just now.
    #[error("the object store is away: {0}")]
    VaultAway(String),
    /// The object store answers, but not as asked.
    #[error("{0}")]
    Vault(String),
    #[error(
        "the database turns the gate away: {0}; check the address, the password and the rights in `[store]` (docs/storage.md)"
    )]
    Refused(String),
    /// A backup, or a place to be filled, is not fit for it.
    #[error("{0}")]
    Backup(String),
    #[error("this store was moved to {0}: use the configuration that names the new place")]
    Moved(String),
    #[error(
        "this place is being filled by `store restore` or `store move`, which was cut off: run that again, or empty the place"
    )]
    Arriving,
    /// Nobody has begun a store here, and whoever asks only looks.
    #[error(
        "there is no store yet in {0}: the first start of `gatehouse serve` makes it. If there was one, the \
         configuration names another place than it lies in"
    )]
    NotBegun(String),
    /// A store was here, and its rows are not.
    #[error(
        "{0}, but the rows that belong to it are not in {1}: a new store would know nothing of it. Put the \
         database back, correct `data` or `[store] url`, or move what is left away and run `gatehouse store restore`"
    )]
    Lost(String, String),
    /// What lies in the vault is another store's.
    #[error(
        "the objects in {0} belong to another store than this database: nothing is written or taken away there. \
         Correct `data`, `[store] url` or `[vault]` in gatehouse.toml"
    )]
    ForeignVault(String),
    #[error("storage: {0}")]
    Us(String),
}

impl StoreError {
    /// Who must act.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Us(_) => Blame::Us,
            Self::NotFound { .. }
            | Self::CustodianKey(_)
            | Self::NotForThisKey
            | Self::MayHoldImage
            | Self::Sealed
            | Self::NoLeave(_)
            | Self::NotAllowed(_)
            | Self::NothingToSearchFor
            | Self::TooMuchAsked { .. } => Blame::School,
            _ => Blame::Operator,
        }
    }

    /// Whether it says that whoever asks may not, rather than that something is wrong.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Sealed | Self::MayHoldImage | Self::NoLeave(_))
    }

    /// Whether trying again later can help without anybody's doing.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Silent | Self::Full | Self::Io(_) | Self::VaultAway(_))
    }
}

/// A key that nothing can be encrypted to or opened with.
impl From<KeyError> for StoreError {
    fn from(e: KeyError) -> Self {
        Self::Key(e.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Failure::new(e.blame(), e.to_string())
    }
}

/// A decision that cannot be made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StateError {
    #[error("there is no item {0}")]
    NotFound(ItemId),
    /// Somebody was quicker, or it is the same decision twice. `by` is a random person
    /// id; `Store::person` says who that is.
    #[error("already {} by {by} at {at}", state.name())]
    AlreadyDecided { state: ItemState, by: String, at: DateTime<Utc> },
    /// The transaction's reply is not known yet, so the item may still vanish.
    #[error("the message is still being received")]
    StillProvisional,
    #[error("{0}")]
    NotAllowed(Cannot),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An answer to a nudge that does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("there is no such token")]
    Unknown,
    #[error("the token was used")]
    Used,
    #[error("the token has expired")]
    Expired,
    /// It came from somebody else than the hold's own sender.
    #[error("the token belongs to another sender")]
    WrongSender,
}

/// A set of custodians that stays as it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CustodianError {
    #[error("this key is in the set already")]
    IsIn,
    #[error("there is no custodian {0} in this set; `gatehouse keys custodian list` shows who is")]
    NotIn(CustodianId),
    #[error("the last custodian cannot leave: let another one join first, or nobody could read what is kept")]
    Last,
    #[error("a set has at most {0} custodians")]
    TooMany(usize),
    #[error("the class `{}` has no custodians", .0.name())]
    NoSet(Class),
    #[error("somebody else changed the set just now: look at it again")]
    ChangedMeanwhile,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keys that cannot be read, made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error(
        "the working key is not at {0}. A credential of systemd is there only while the service runs: start it, or \
         put the key there for a while (docs/install.md)"
    )]
    NoWorkingFile(String),
    #[error("{0} exists; a key is never overwritten")]
    Exists(String),
    #[error("{0} can be read by others: chmod 600 it")]
    TooOpen(String),
    #[error("core files, which would hold the working key, cannot be switched off for this process: {0}")]
    Core(std::io::Error),
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    #[error("no age identity (AGE-SECRET-KEY-1...) in {0}")]
    NoIdentity(String),
    #[error("`{0}` is no age recipient (age1...)")]
    NoRecipient(String),
    #[error("the passphrase does not open {0}")]
    WrongPassphrase(String),
    #[error(
        "no passphrase was given: type it at the terminal, or hand it over as one line on standard input"
    )]
    NoPassphrase,
    #[error("the passphrase needs at least {0} characters: whoever has the file can try out short ones")]
    ShortPassphrase(usize),
    #[error("the two passphrases are not the same")]
    OtherPassphrase,
    #[error("{0} is an age file, but none that a passphrase opens")]
    NotUnderPassphrase(String),
    #[error(
        "{0} asks for more memory to be unlocked than Gatehouse gives (1 GiB): write it anew with `age -p`"
    )]
    TooMuchWork(String),
    #[error("the process that unlocks {0} ended early; it takes up to 1 GiB of memory: is there enough?")]
    UnlockDied(String),
    #[error(
        "the key is in hardware for which the program `{0}` is missing here: install that age plugin (on the \
         machine where the key is used, and where things are encrypted to it)"
    )]
    NoPlugin(String),
    #[error("it is not encrypted to this key")]
    NotForThisKey,
    #[error("line {0} of the share is not right: its last two letters do not fit the others")]
    ShareLine(usize),
    #[error("the two shares make no key: {0}")]
    Shares(&'static str),
    #[error("the working key is not here: name its place in [keys] working")]
    NoWorking,
    #[error("it cannot be encrypted: {0}")]
    NotEncrypted(String),
    #[error("it cannot be decrypted: {0}")]
    NotDecrypted(String),
}

impl KeyError {
    pub(super) fn no_plugin(name: &str) -> Self {
        Self::NoPlugin(format!("age-plugin-{name}"))
    }
}
