//! The words in which a question is put: closed sets, each with a stable name.

use serde::{Deserialize, Serialize};

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// As it is written in the store, in the ledger and on the command line.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.name() == text)
            }
        }
    };
}

closed! {
    /// What somebody is at one school, or at the trust. A person may hold several. Being a
    /// parent or a pupil is no office (practice.md, A11).
    Office {
        Staff = "staff",
        /// The designated safeguarding lead.
        Lead = "lead",
        Deputy = "deputy",
        Head = "head",
        /// Chair of governors; at the trust, whoever stands above the chairs.
        Chair = "chair",
        DataProtection = "data-protection",
        /// Runs the machine; reads no content.
        Admin = "admin",
        /// Sees reports.
        Governor = "governor",
        Guest = "guest",
    }
}

closed! {
    /// What an act is about.
    Thing {
        /// A message that waits for its sender (practice.md, A5).
        Hold = "hold",
        /// A message that waits for a reviewer.
        Quarantined = "quarantine",
        /// A suspected match with a hash list (practice.md, A3).
        Sealed = "sealed",
        /// A copy of mail with parents.
        Record = "record",
        Incident = "incident",
        /// A low-level concern about an adult: the head's alone (practice.md, A4).
        LowLevelConcern = "low-level-concern",
        Breach = "breach",
        /// What was ever found about one person.
        PersonHistory = "person-history",
        /// A note on a person, for whoever decides about their mail (practice.md, A12).
        LeadNote = "lead-note",
        /// The row of the message log for one transaction.
        LogEntry = "log-entry",
        /// A request of a person to see what is held on them (PD-12).
        SubjectAccess = "subject-access",
        Ledger = "ledger",
        Outbox = "outbox",
        /// Reports without names.
        Report = "report",
        Rule = "rule",
        Exception = "exception",
        Suspension = "suspension",
        Directory = "directory",
        /// Whether a school or a rule only observes.
        ObserveSwitch = "observe-switch",
        /// Keys and custodians.
        Key = "key",
        /// An office given to a person.
        Grant = "grant",
        /// The gate as a machine: what `doctor` says, the store as a whole, backups, moves.
        Machine = "machine",
    }
}

impl Thing {
    /// It is about certain people, who must not learn of it (practice.md, A2, A4).
    /// Whether it is something that a person is allowed, or no longer.
    pub fn is_permission(self) -> bool {
        matches!(self, Self::Grant | Self::Key | Self::Exception | Self::Suspension)
    }

    pub fn hides_from_parties(self) -> bool {
        match self {
            Self::Hold
            | Self::Quarantined
            | Self::Sealed
            | Self::Record
            | Self::Incident
            | Self::LowLevelConcern
            | Self::Breach
            | Self::PersonHistory
            | Self::LeadNote
            | Self::LogEntry
            | Self::SubjectAccess => true,
            Self::Ledger
            | Self::Outbox
            | Self::Report
            | Self::Rule
            | Self::Exception
            | Self::Suspension
            | Self::Directory
            | Self::ObserveSwitch
            | Self::Key
            | Self::Grant
            | Self::Machine => false,
        }
    }
}

closed! {
    /// What is done.
    Act {
        /// It is one of a number.
        Count = "count",
        /// See that it is there: in a list, a search hit, a digest, a ledger row.
        List = "list",
        /// Look for such things; each hit must be allowed to be listed besides.
        Search = "search",
        /// What was found, who wrote to whom, the subject.
        Particulars = "particulars",
        /// The message itself.
        Bytes = "bytes",
        Release = "release",
        ReleaseMarked = "release-marked",
        /// "Send now: child at risk" (practice.md, A9); a review follows.
        SendNow = "send-now",
        /// Back to its sender, with advice.
        Return = "return",
        /// The sender takes it back.
        Withdraw = "withdraw",
        KeepAsEvidence = "keep",
        /// To the next in line, who is told.
        Escalate = "escalate",
        /// On to another, unread.
        HandOver = "hand-over",
        /// Confirm or refuse a proposal of who is accused.
        JudgeAccused = "judge-accused",
        /// Put it under legal hold, or take it out.
        LegalHold = "legal-hold",
        Purge = "purge",
        Seal = "seal",
        /// Instruct that the encrypted object is handed to the police.
        InstructPolice = "instruct-police",
        Export = "export",
        Open = "open",
        Note = "note",
        Close = "close",
        Dismiss = "dismiss",
        Verify = "verify",
        /// Read for what may go out (subject access): two offices, both.
        Review = "review",
        Change = "change",
        Grant = "grant",
        /// Say yes to what another has asked for.
        Approve = "approve",
        Revoke = "revoke",
        SwitchToObserve = "switch-to-observe",
        SwitchToEnforce = "switch-to-enforce",
    }
}

closed! {
    /// What an item or incident is about decides who reviews it.
    Matter {
        /// A safeguarding concern: lead, deputies, head.
        Concern = "concern",
        /// An allegation against a member of staff: the head.
        Allegation = "allegation",
        /// Misuse: the head and the data protection officer (QU-6).
        Misuse = "misuse",
        /// Mail with a protected correspondent: nobody reads it (practice.md, A6).
        Protected = "protected",
    }
}

closed! {
    State {
        /// It waits for a decision.
        Open = "open",
        Decided = "decided",
        /// Nothing of it is purged.
        LegalHold = "legal-hold",
    }
}

closed! {
    /// What the asker is to the thing.
    Relation {
        None = "none",
        /// Whose hold it is.
        Owner = "owner",
        /// Supervises the class or group account that it was written from.
        Supervisor = "supervisor",
        /// It was handed over to them.
        Assigned = "assigned",
        /// Wrote, got or was shown it.
        Party = "party",
        Accused = "accused",
        /// The machine's guess of the accused; counts as accused until a person has judged it.
        Proposed = "proposed",
        /// Whom a grant, exception, history or request is about.
        Subject = "subject",
    }
}

closed! {
    /// Where the two-person rule stands (QU-2).
    Step {
        /// Nobody has asked yet.
        First = "first",
        /// Another has asked for it.
        ByAnother = "by-another",
        /// The asker has; that does not count twice.
        ByAsker = "by-asker",
    }
}

closed! {
    Gravity { Ordinary = "ordinary", Gravest = "gravest" }
}

closed! {
    /// Whether policy lets a sender release the own hold. Safeguarding never.
    SenderMay { Release = "release", OnlyWithdraw = "only-withdraw" }
}

closed! {
    /// Whether the message goes to a listed safeguarding agency (practice.md, A9).
    Reach { Ordinary = "ordinary", Agency = "agency" }
}

/// A set of offices.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Offices(u16);

impl Offices {
    pub const NONE: Self = Self(0);

    pub const fn of(all: &[Office]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < all.len() {
            bits |= 1 << all[i] as u16;
            i += 1;
        }
        Self(bits)
    }
    pub fn has(self, office: Office) -> bool {
        self.0 & 1 << office as u16 != 0
    }
    pub fn any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
    #[must_use]
    pub fn with(self, office: Office) -> Self {
        Self(self.0 | 1 << office as u16)
    }
    #[must_use]
    pub fn without(self, office: Office) -> Self {
        Self(self.0 & !(1 << office as u16))
    }
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub fn iter(self) -> impl Iterator<Item = Office> {
        Office::ALL.iter().copied().filter(move |o| self.has(*o))
    }
}

impl FromIterator<Office> for Offices {
    fn from_iter<I: IntoIterator<Item = Office>>(offices: I) -> Self {
        offices.into_iter().fold(Self::NONE, Self::with)
    }
}

impl std::fmt::Debug for Offices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
