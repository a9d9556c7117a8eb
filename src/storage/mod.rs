//! What is kept: the store (SQLite or PostgreSQL), the vault (encrypted objects), the ledger (hash
//! chain), the outbox, the keys. Alone names sqlx, object_store, age and zstd.
//!
//! Order of every keep: objects are written and fsynced, then all rows go in one
//! commit, then the caller gets a [`Kept`], the proof that a 250 needs. Whoever
//! reads sees all of it or nothing. What lies where: docs/storage.md; why:
//! docs/decisions/vault-and-ledger.md.

mod access;
mod accused;
mod alerts;
mod attachments;
mod backoff;
mod begin;
mod breach;
mod canary;
mod cannot;
mod capsule;
mod clock;
mod concerned;
mod conversation;
mod custodians;
mod database;
mod decide;
mod delivered;
mod disk;
mod duty;
mod epochs;
mod error;
mod flow;
mod forget;
mod grants;
mod hostile;
mod incidents;
mod item_copy;
mod items;
mod jobs;
mod keep;
mod keyfile;
pub mod keys;
mod lead_notes;
mod leave;
mod ledger;
pub mod lives;
mod locks;
mod measures;
mod messages;
mod months;
mod names;
mod node;
mod objects;
mod observed;
mod outbox;
mod own;
mod parts;
mod portable;
mod precision;
mod purge;
mod purpose;
mod queue;
mod records;
mod releases;
mod reminders;
mod replay;
mod results;
mod retention;
mod retry;
mod rows;
mod scrub;
mod search;
mod secrets;
mod settle;
mod shown;
mod signin;
mod store;
mod subject_access;
mod switches;
mod tally;
mod thread;
mod tokens;
mod tombstone;
mod trouble;
mod two_people;
mod unreadable;
mod upkeep;
mod users;
mod vault;
mod views;
mod waiting;
mod writer;

#[cfg(test)]
#[path = "../../tests/support/postgres.rs"]
#[allow(dead_code)] // The integration tests use the rest of it.
mod postgres;

pub use access::{Access, Class};
pub use accused::AccusedInItem;
pub use alerts::{
    AlertState, AlertSummary, AlertsStuck, Away, DigestDue, DueAlert, NewAlert, OverdueTold, Told, Urgency,
};
pub use begin::Beginning;
pub use breach::{
    Audience, BreachState, BreachSummary, BreachView, BreachWords, NearMisses, NewBreach, Telling,
};
pub use canary::{
    CANARY_HEADER, CanaryNeeds, CanaryState, NewCanary, NotOurs, Onto, Probe, Sighted, Sighting,
};
pub use cannot::Cannot;
pub use clock::ClockState;
pub use concerned::{Concerned, Faces, Involvement};
pub use custodians::{Custodian, CustodianFaults, Custodians};
pub use database::{DatabaseAddress, Kind, PostgresUrl};
pub use decide::{Changeable, Decided, Decision, ReleasedCopy, Ruling};
pub use delivered::{Delivered, Delivery};
pub use disk::Disk;
pub use duty::{Duty, DutyStands};
pub use epochs::{EpochState, EpochSummary, Rewrapped, Rotation, Since};
pub use error::{CustodianError, KeyError, StateError, StoreError, TokenError};
pub use flow::{Hour, Scrubbed};
pub use grants::{Genuine, KeptGrant, NewGrant};
pub use hostile::{Answered, Hostile};
pub use incidents::{
    Accusation, Dismissal, Entry, Evidence, HandedOver, Incident, IncidentEntry, IncidentError,
    IncidentFilter, IncidentKind, IncidentLink, IncidentOrigin, IncidentPerson, IncidentState,
    IncidentSummary, Link, NewIncident, NewProposal, Part, Referral, Who,
};
pub use item_copy::ItemCopy;
pub use items::{FindingSummary, ItemDetail, ItemFilter, ItemKind, ItemOffice, ItemState, ItemSummary};
pub use keep::{GracePeriod, Keep, Kept, NewItem, Owner, Provisional};
pub use keys::{Identities, KeyStatus, Keys, WorkingKey};
pub use lead_notes::{LONGEST_LEAD_NOTE, LeadNote, LeadNotes, MOST_LEAD_NOTES, NewLeadNote};
pub use ledger::{
    Actor, Against, AnchorFault, AnchorState, Detail, DueAnchor, Event, Extract, ExtractRow, Gathered,
    InForce, LedgerDamage, LedgerEntry, LedgerEvent, LedgerFault, LedgerFilter, LedgerKey, LedgerReport,
    Noted, Piece, RowSubjects, SignedHead, TakenUp, Words, gather_anchors, verify_export, verify_extract,
};
pub use lives::{Handed, Instructed, Instruction, LegalHold, LegalSubject, Review, SealedView, Turn};
pub use locks::Keeping;
pub use measures::{
    Act, Approval, KeptMeasure, Measure, MeasureError, MeasureKind, MeasureState, NewMeasure,
};
pub use messages::{Logged, LoggedSummary, LoggedView, PassFate, Passed};
pub use months::MonthFigures;
pub use names::{
    AccountId, AlertId, BreachId, CredentialId, CustodianId, EpochId, GrantId, IncidentId, ItemId,
    LeadNoteId, LegalHoldId, MeasureId, ObjectId, OutboxId, RecordId, ReleaseId, SubjectAccessId, SwitchId,
    Token,
};
pub use node::NodeSeen;
pub use observed::Observed;
pub use outbox::{
    Attempt, DueReport, JobRecipient, JobState, NewOutbox, OutboxJob, OutboxKind, OutboxMessage,
    OutboxSummary, RecipientState, ReportAction, Task,
};
pub use own::{OwnLine, OwnState};
pub use portable::{Backup, BackupReport, Filled, Moved, move_to, restore};
pub use precision::Precision;
pub use purge::Purged;
pub use purpose::{Purpose, Why};
pub use records::{
    AbsenceAccess, Certainty, Filed, FiledAs, FiledNames, NewRecord, Proved, RecordExport, RecordLook,
    RecordParty, RecordSummary,
};
pub use releases::{RELEASE_HEADER, release_digest};
pub use reminders::Unanswered;
pub use replay::{NoBytes, Replayed};
pub use retention::{CasesBefore, DueBefore, DueCase, DueId, DueRecord, RecordRuling, Retained};
pub use retry::{Retried, RetryKey, RetryMatch};
pub use scrub::{ScrubFault, ScrubReport, Swept};
pub use search::{Correspondent, Cursor, Found, MaySee, Reindexed, Search, Searchable, Sight};
pub use shown::{Shown, ShownClass};
pub use signin::{
    DeviceWord, Invitation, KeptPasskey, KeptPassword, LinkFault, NewPassword, OpenSession, PasskeyFault,
    RECOVERY_CODES, RecoveryCode, Session, SessionWord, SignedIn, Touch, Way, Whereabouts,
};
pub use store::{Random, Store, StoreOptions, Timing, system_random};
pub use subject_access::{
    Asked, Concern, Eyes, PieceNote, Ruled, RulingOffice, SentMessage, SubjectAccess, SubjectRuling, WHOLE,
};
pub use switches::{LONGEST_SWITCH, Signature, Switch};
pub use tally::{Between, Step, Tallied, TalliedMessages, Tally, Waits};
pub use thread::{Carrying, Thread};
pub use tokens::Coded;
pub use trouble::{Health, KeptTrouble};
pub use two_people::FirstOfTwo;
pub use upkeep::{Counts, DatabaseFacts, Housekeeping};
pub use users::{KeptUser, NewUser, UserError};
pub use vault::Lock;
pub use waiting::{Band, Spot, WaitingFilter};
