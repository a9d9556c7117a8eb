//! What the ledger knows to say: events with stable names, by whom, about what.

use crate::{
    mail::{Address, SchoolId, TransactionId},
    parties::PersonId,
};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Stable names; new ones are added at the end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[$doc])* $variant),+ }
        impl Event {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }
        }
    };
}

events! {
    MessageIntended = "message.intended",
    MessagePassed = "message.passed",
    MessageLeftWithMta = "message.left-with-mta",
    MessageRefused = "message.refused",
    MessageDeferred = "message.deferred",
    MessageKept = "message.kept",
    MessageViewed = "message.viewed",
    ObjectKept = "object.kept",
    ObjectPurged = "object.purged",
    ItemHeld = "item.held",
    ItemQuarantined = "item.quarantined",
    ItemConfirmed = "item.confirmed",
    ItemDropped = "item.dropped",
    ItemRetried = "item.retried",
    ItemReminded = "item.reminded",
    ItemViewed = "item.viewed",
    ItemBytesViewed = "item.bytes-viewed",
    ItemReleasing = "item.releasing",
    ItemReleased = "item.released",
    ItemUndeliverable = "item.undeliverable",
    ItemWithdrawn = "item.withdrawn",
    ItemReturned = "item.returned",
    ItemExpired = "item.expired",
    ItemKeptAsEvidence = "item.kept-as-evidence",
    ReleaseSeen = "release.seen",
    OutboxQueued = "outbox.queued",
    OutboxDelivered = "outbox.delivered",
    OutboxDeferred = "outbox.deferred",
    OutboxFailed = "outbox.failed",
    OutboxReported = "outbox.reported",
    RecordCopied = "record.copied",
    RecordsSearched = "records.searched",
    RecordExported = "record.exported",
    LedgerExported = "ledger.exported",
    PersonErased = "person.erased",
    DirectoryImported = "directory.imported",
    RulesLoaded = "rules.loaded",
    ConfigLoaded = "config.loaded",
    ModeChanged = "mode.changed",
    DisclaimerApplied = "disclaimer.applied",
    DisclaimerNotApplied = "disclaimer.not-applied",
    NoticeSuppressed = "notice.suppressed",
    NudgeAnswered = "nudge.answered",
    PostmasterTold = "postmaster.told",
    MeasureAsked = "measure.asked",
    MeasureApproved = "measure.approved",
    MeasureRefused = "measure.refused",
    MeasureEnded = "measure.ended",
    AbsenceAccessAllowed = "absence-access.allowed",
    LedgerKeyMade = "ledger.key-made",
    LedgerKeyChanged = "ledger.key-changed",
    LedgerAnchored = "ledger.anchored",
    LedgerAnchorFailing = "ledger.anchor-failing",
    LedgerVerified = "ledger.verified",
    LedgerViewed = "ledger.viewed",
    MessageEdited = "message.edited",
    SettingChanged = "setting.changed",
    RuleChanged = "rule.changed",
    DirectoryChanged = "directory.changed",
    ReloadAsked = "reload.asked",
    ReloadRefused = "reload.refused",
    /// A lock of the object store keeps it longer than it is needed.
    ObjectPurgeRefused = "object.purge-refused",
    /// The scrub found it missing or changed.
    ObjectFaulty = "object.faulty",
    /// And found it sound again.
    ObjectSound = "object.sound",
    AlertMade = "alert.made",
    AlertTold = "alert.told",
    AlertAnswered = "alert.answered",
    AlarmGiven = "alarm.given",
    DigestWritten = "digest.written",
    RuleSteppedDown = "rule.stepped-down",
    OfficerAway = "officer.away",
    IncidentProposed = "incident.proposed",
    IncidentChanged = "incident.changed",
    IncidentViewed = "incident.viewed",
    IncidentBytesViewed = "incident.bytes-viewed",
    EpochBegun = "epoch.begun",
    EpochRewrapped = "epoch.rewrapped",
    CustodianJoined = "custodian.joined",
    CustodianLeft = "custodian.left",
    WorkingKeyChanged = "working-key.changed",
    RecoveryUsed = "recovery.used",
    QuarantineSearched = "quarantine.searched",
    UserAdded = "user.added",
    /// The first head or data protection officer of a school, by the configuration alone.
    UserBootstrapped = "user.bootstrapped",
    GrantAsked = "grant.asked",
    GrantApproved = "grant.approved",
    GrantRevoked = "grant.revoked",
    ConcernedChanged = "concerned.changed",
    FirstOfTwo = "two-people.first",
    SecondOfTwo = "two-people.second",
    AccessRefused = "access.refused",
    StoreBackedUp = "store.backed-up",
    StoreRestored = "store.restored",
    StoreMoved = "store.moved",
    RecordsBundled = "records.bundled",
    SubjectAccessMade = "subject-access.made",
    SubjectAccessRuled = "subject-access.ruled",
    SubjectAccessFinished = "subject-access.finished",
    BreachOpened = "breach.opened",
    BreachNoted = "breach.noted",
    BreachClosed = "breach.closed",
    BreachViewed = "breach.viewed",
    ItemDelayed = "item.delayed",
    ItemLeft = "item.left",
    ItemSentNow = "item.sent-now",
    ItemReviewed = "item.reviewed",
    ItemEscalated = "item.escalated",
    ItemHandedOn = "item.handed-on",
    ItemReopened = "item.reopened",
    ItemRecalled = "item.recalled",
    ItemExported = "item.exported",
    ItemSealed = "item.sealed",
    SealedViewed = "item.sealed-viewed",
    PoliceInstructed = "police.instructed",
    ItemHandedToPolice = "item.handed-to-police",
    ItemPurged = "item.purged",
    LegalHoldSet = "legal-hold.set",
    LegalHoldLifted = "legal-hold.lifted",
    RetentionPurged = "retention.purged",
    PeopleLeft = "people.left",
    RecordComplaint = "record.complaint",
    RecordReviewed = "record.reviewed",
    RecordPurged = "record.purged",
    ObserveSwitched = "observe.switched",
    ObserveEnded = "observe.ended",
    EnforcementSigned = "enforcement.signed",
    ReplayRun = "replay.run",
    /// It has waited too long, and an office hears of it.
    ItemOverdue = "item.overdue",
    /// Something of the gate itself does not work.
    TroubleBegan = "trouble.began",
    TroubleEnded = "trouble.ended",
    /// The host before the gate has taken a probe, or has not.
    CanarySent = "canary.sent",
    CanaryUnsent = "canary.unsent",
    CanarySeen = "canary.seen",
    /// The next hop has refused a probe that passed.
    CanaryRefused = "canary.refused",
    CanaryProved = "canary.proved",
    /// A message had a probe's field and is none.
    CanaryNotOurs = "canary.not-ours",
    ReportMade = "report.made",
    /// A look at an exception or a suspension, with its reason.
    MeasureViewed = "measure.viewed",
    /// It leapt ahead: what is due by time alone waits.
    ClockDoubted = "clock.doubted",
    ClockBelieved = "clock.believed",
    /// A one-time link to the console was made for somebody.
    UserInvited = "user.invited",
    SignedIn = "console.signed-in",
    SignedOut = "console.signed-out",
    IncidentReviewed = "incident.reviewed",
    IncidentPurged = "incident.purged",
    BreachReviewed = "breach.reviewed",
    BreachPurged = "breach.purged",
    /// Another way to sign in, or one fewer.
    WayAdded = "console.way-added",
    WayRemoved = "console.way-removed",
    /// Whoever is signed in has proved anew who they are.
    ProvedAnew = "console.proved-anew",
    /// All sessions of an account but the one that asks.
    SessionsEnded = "console.sessions-ended",
    /// A custodian's key was opened for one session, or forgotten before its hour was over.
    SessionKeyOpened = "console.key-opened",
    SessionKeyForgotten = "console.key-forgotten",
    /// So many tries failed that the next have to wait.
    SignInSlowed = "console.sign-in-slowed",
    /// Somebody saw the list of their own messages.
    OwnMessagesListed = "own-messages.listed",
    /// A note for leads on a person.
    LeadNoteMade = "lead-note.made",
    LeadNoteEnded = "lead-note.ended",
    /// Read by itself, not beside a message.
    LeadNoteViewed = "lead-note.viewed",
    /// The figures of a month that is over were counted, once for all.
    ReportCounted = "report.counted",
    /// A list of pictures is in force: its digest and how many hashes it has.
    PictureListLoaded = "list.pictures-loaded",
}

/// Who did it. Everyone but the gate itself appears in the ledger by a random id.
#[derive(Clone)]
pub enum Actor {
    /// The gate, by its rules.
    Gate,
    /// A person of the directory.
    Person(PersonId),
    /// A registered user whom no directory knows, for example a chair of governors.
    Account(Arc<str>),
    /// The sender of a hold, authenticated by the mail's way; may decide that hold only.
    Sender { person: PersonId, address: Address },
    /// Whoever runs the command line: the name of the system's account.
    Operator(String),
}

impl Actor {
    /// How the ledger calls whoever made the gate take its files up by a bare signal.
    pub const BY_SIGNAL: &str = "operator by signal";
}

impl std::fmt::Debug for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gate => "Gate",
            Self::Person(_) => "Person(..)",
            Self::Account(_) => "Account(..)",
            Self::Sender { .. } => "Sender(..)",
            Self::Operator(_) => "Operator(..)",
        })
    }
}

/// A particular of an event. A word is an id, code, name of a rule or file: letters,
/// digits and `.:/_+-` only, so that neither address nor text of mail fits in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    Word(Cow<'static, str>),
    Number(i64),
}

impl Detail {
    /// Words that do not keep to their letters, or are longer than any name, are left out.
    pub(super) fn as_json(&self) -> serde_json::Value {
        const LONGEST: usize = 200;
        let plain = |c: char| c.is_ascii_alphanumeric() || ".:/_+-".contains(c);
        match self {
            Self::Word(word) if word.len() <= LONGEST && word.chars().all(plain) => word.as_ref().into(),
            Self::Word(_) => "(left out)".into(),
            Self::Number(number) => (*number).into(),
        }
    }
}

impl From<&'static str> for Detail {
    fn from(word: &'static str) -> Self {
        Self::Word(word.into())
    }
}
impl From<String> for Detail {
    fn from(word: String) -> Self {
        Self::Word(word.into())
    }
}
impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
impl From<usize> for Detail {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
impl From<u16> for Detail {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

/// An event to be written.
#[derive(Clone, Debug)]
pub struct LedgerEvent {
    pub event: Event,
    pub school: Option<SchoolId>,
    pub transaction: Option<TransactionId>,
    /// The id of the item, record, object or job it is about.
    pub subject: Option<String>,
    /// SHA-256 of what came in and of what goes out.
    pub hash_in: Option<[u8; 32]>,
    pub hash_out: Option<[u8; 32]>,
    pub details: BTreeMap<&'static str, Detail>,
    /// Why, in somebody's own words: kept encrypted, erasable.
    pub reason: Option<String>,
}

impl Event {
    /// Whether it changes how the gate works (QU-5), by the first word of its name.
    pub fn is_change(self) -> bool {
        const CHANGES: [&str; 20] = [
            "absence-access",
            "config",
            "directory",
            "exception",
            "grant",
            "key",
            "keys",
            "list",
            "measure",
            "mode",
            "policy",
            "reload",
            "retention",
            "role",
            "rule",
            "rules",
            "setting",
            "store",
            "suspension",
            "user",
        ];
        let name = self.name();
        CHANGES.contains(&name.split('.').next().unwrap_or(name)) && self != Self::MeasureViewed
            || matches!(self, Self::LedgerKeyMade | Self::LedgerKeyChanged | Self::PersonErased)
    }
}

impl LedgerEvent {
    pub fn new(event: Event) -> Self {
        Self {
            event,
            school: None,
            transaction: None,
            subject: None,
            hash_in: None,
            hash_out: None,
            details: BTreeMap::new(),
            reason: None,
        }
    }
    pub fn school(mut self, school: &SchoolId) -> Self {
        self.school = Some(school.clone());
        self
    }
    pub fn transaction(mut self, transaction: TransactionId) -> Self {
        self.transaction = Some(transaction);
        self
    }
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
    pub fn with(mut self, name: &'static str, detail: impl Into<Detail>) -> Self {
        self.details.insert(name, detail.into());
        self
    }
    pub fn because(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }
}
