//! Rules as checked: what `detection` and `policy` run. Only a set without faults exists.

use super::Fault;
use crate::parties::{Direction, Role};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Keeping Children Safe in Education's areas of risk (OP-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    Content,
    Contact,
    Conduct,
    Commerce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

macro_rules! categories {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// The stable names of what a finding is about (design, section 3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Category { $(#[serde(rename = $name)] $variant),+ }
        impl Category {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }
            /// The part before the dot.
            pub fn family(self) -> &'static str { self.name().split_once('.').map_or("", |(f, _)| f) }
        }
        impl std::fmt::Display for Category {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
        impl std::str::FromStr for Category {
            type Err = ();
            fn from_str(s: &str) -> Result<Self, ()> { match s { $($name => Ok(Self::$variant),)+ _ => Err(()) } }
        }
    };
}

categories! {
    PersonalIdentifier = "personal-data.identifier",
    PersonalContactDetails = "personal-data.contact-details",
    PersonalFinancial = "personal-data.financial",
    PersonalHealth = "personal-data.health",
    PersonalSafeguarding = "personal-data.safeguarding",
    PersonalCredentials = "personal-data.credentials",
    PersonalBulk = "personal-data.bulk",
    PersonalImage = "personal-data.image",
    PersonalRecipients = "personal-data.recipients",
    PersonalWrongRecipient = "personal-data.wrong-recipient",
    ContactPersonalAddress = "contact.personal-address",
    ContactOffChannel = "contact.off-channel",
    ContactOutOfHours = "contact.out-of-hours",
    ContactMeeting = "contact.meeting",
    ContactGrooming = "contact.grooming",
    ContactImpersonation = "contact.impersonation",
    ContactUnsupervised = "contact.unsupervised",
    ContactAlteredQuote = "contact.altered-quote",
    HarmHate = "harm.hate",
    HarmBullying = "harm.bullying",
    HarmThreat = "harm.threat",
    HarmSexual = "harm.sexual",
    HarmProfanity = "harm.profanity",
    HarmSelfHarm = "harm.self-harm",
    HarmExtremism = "harm.extremism",
    HarmViolence = "harm.violence",
    HarmUnprofessional = "harm.unprofessional",
    HarmMisuse = "harm.misuse",
    ChainWording = "chain-letter.wording",
    ChainStructure = "chain-letter.structure",
    ChainSpread = "chain-letter.spread",
    ChainHoax = "chain-letter.hoax",
    FileMalware = "file.malware",
    FileDangerous = "file.dangerous",
    FileProtected = "file.protected",
    FileNotInspected = "file.not-inspected",
    FileIllegalImage = "file.illegal-image",
    FileAmbiguous = "file.ambiguous",
    FileExposed = "file.exposed",
}

/// A built-in check that a match must pass: a check digit or a date that can exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    NhsNumber,
    Nino,
    Upn,
    Uln,
    PaymentCard,
    Iban,
    UkPhone,
    Postcode,
    BirthDate,
    SortCode,
}

impl Check {
    /// Whether what passes is hardly ever chance; a telephone number, a date or a postcode often is.
    pub fn is_strong(self) -> bool {
        match self {
            Self::NhsNumber | Self::Nino | Self::Upn | Self::Uln | Self::PaymentCard | Self::Iban => true,
            Self::UkPhone | Self::Postcode | Self::BirthDate | Self::SortCode => false,
        }
    }
}

/// A pattern that `regex` accepts and that cannot match nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As it runs: white space and digits as docs/rules.md reads them. Case is ignored.
    pub regex: Arc<str>,
    /// As it was written (a word, or a pattern), for messages about it.
    pub written: Arc<str>,
    /// Line and column in the rule's file, from 1.
    pub line: usize,
    pub column: usize,
}

impl Pattern {
    pub fn place(&self) -> (usize, usize) {
        (self.line, self.column)
    }
}

/// A detection that looks at something other than a text's wording (docs/rules.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    VisibleRecipients,
    ForwardingDepth,
    OwnAddressIn,
    FreeMailName,
    OwnAddressOut,
    PupilAddress,
    UnknownSender,
    Bulk,
    ProtectedFile,
    UnreadFile,
    AmbiguousMessage,
    /// Patterns of a password, in a message that carries a protected file.
    PasswordBeside,
    /// What the patterns of `PasswordBeside` find, or a message that is nothing but a password, when another message
    /// of the conversation carries the protected file; and the file when the password went before it.
    PasswordInThread,
    /// A picture, whose words are not read.
    Picture,
    /// A picture that was not compared with the lists of pictures.
    PictureNotCompared,
    /// A program, whatever it is called.
    Program,
    /// A name or type that says another kind than the bytes.
    Disguised,
    /// Macros, scripts, embedded objects.
    ActiveContent,
    /// Loads something from elsewhere when it is opened.
    RemoteContent,
    /// A picture that tells where it was taken.
    PictureLocation,
    /// A link whose text names another host than its target.
    LinkDiffers,
}

impl Builtin {
    /// Whether it is about a file, or about another message: neither fits into an example.
    pub fn speaks_of_files(self) -> bool {
        matches!(
            self,
            Self::ProtectedFile
                | Self::UnreadFile
                | Self::AmbiguousMessage
                | Self::PasswordBeside
                | Self::PasswordInThread
                | Self::Picture
                | Self::Program
                | Self::Disguised
                | Self::ActiveContent
                | Self::RemoteContent
                | Self::PictureLocation
        )
    }

    /// Whether the rule has patterns beside.
    pub fn takes_patterns(self) -> bool {
        matches!(self, Self::UnknownSender | Self::PasswordBeside)
    }
}

/// Words that must stand near a match.
#[derive(Clone, Debug)]
pub struct Context {
    /// Patterns (words are turned into patterns by the loader).
    pub patterns: Vec<Pattern>,
    /// Names of people of the directory count as context: `pupil`, `staff`, `parent`.
    pub people: Vec<Role>,
    /// Another finding of one of these categories counts as context.
    pub findings: Vec<Category>,
    /// Greatest distance in characters of the view, either side.
    pub within: usize,
    /// The finding's confidence when the context is missing; `None`: no finding then.
    pub otherwise: Option<f32>,
}

/// Words that take a match away.
#[derive(Clone, Debug)]
pub struct Suppress {
    pub patterns: Vec<Pattern>,
    /// Distance in characters; `None` is the whole fragment.
    pub within: Option<usize>,
}

/// Which text a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everything, hidden and quoted text too.
    #[default]
    Any,
    /// What the sender wrote: not what a reply quotes.
    Own,
    Subject,
}

/// A text that a rule is tried on, and where it stands in the rule's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub text: String,
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Examples {
    pub hit: Vec<Example>,
    pub miss: Vec<Example>,
}

/// A detection rule.
#[derive(Clone, Debug)]
pub struct DetectionRule {
    pub id: Arc<str>,
    pub category: Category,
    pub area: Area,
    pub severity: Severity,
    /// 0 to 1, when everything the rule asks for is there.
    pub confidence: f32,
    pub languages: Vec<String>,
    pub clauses: Vec<Arc<str>>,
    /// A sentence for the person who reads the finding; without the matched value.
    pub reason: Arc<str>,
    /// Patterns over the normalised view, in the syntax that both engines share.
    pub patterns: Vec<Pattern>,
    pub builtin: Option<Builtin>,
    /// Whose addresses or names a built-in detection counts; empty is its own default.
    pub people: Vec<Role>,
    /// Domains a built-in detection looks for, lower case.
    pub domains: Vec<Arc<str>>,
    pub check: Option<Check>,
    pub near: Option<Context>,
    pub unless: Option<Suppress>,
    pub scope: Scope,
    /// Fewer hits than this (different texts) in one message are no finding.
    pub minimum: usize,
    pub examples: Examples,
    /// File and line (`rulesets/uk/pupils.toml:12`), for messages about the rule.
    pub origin: Arc<str>,
}

impl DetectionRule {
    /// A fault at a line and column of the rule's file, or at the rule's head.
    pub fn fault(&self, at: Option<(usize, usize)>, message: impl Into<String>, hint: Option<&str>) -> Fault {
        let (file, head) = self.origin.rsplit_once(':').unwrap_or((&self.origin, "1"));
        let (line, column) = at.unwrap_or_else(|| (head.parse().unwrap_or(1), 1));
        Fault { file: file.into(), line, column, message: message.into(), hint: hint.map(Into::into) }
    }
}

/// Disposition as rule files name it, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DispositionName {
    Deliver,
    Hold,
    Quarantine,
    Refuse,
}

/// Who is told, and how soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// The sender's own nudge. Never for safeguarding (practice.md, A2).
    Sender,
    /// To the sender: pause before you answer again (OF-7).
    Pause,
    Lead,
    LeadUrgent,
    Head,
    Dpo,
}

impl Notice {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Pause => "pause",
            Self::Lead => "lead",
            Self::LeadUrgent => "lead-urgent",
            Self::Head => "head",
            Self::Dpo => "dpo",
        }
    }
}

/// Which findings a policy rule asks for; all that is given must hold for one finding.
#[derive(Clone, Debug, Default)]
pub struct FindingCondition {
    /// Full names or families (`harm`); empty is any.
    pub categories: Vec<Arc<str>>,
    pub rules: Vec<Arc<str>>,
    pub severity: Option<Severity>,
    pub confidence: Option<f32>,
    /// At least so many different findings.
    pub count: usize,
    /// Only findings in text the sender wrote or attached, not in what is quoted.
    pub own_words: bool,
    /// Only findings in attached messages of other authors, or none of those.
    pub passed_on: Option<bool>,
}

/// When a policy rule speaks. Empty lists and `None` ask nothing. Judged per recipient.
#[derive(Clone, Debug, Default)]
pub struct When {
    pub directions: Vec<Direction>,
    pub from: Vec<Role>,
    pub to: Vec<Role>,
    pub findings: Option<FindingCondition>,
    /// `Some(false)`: the parts with those findings (or the message) are unprotected.
    pub protected: Option<bool>,
    /// The subject is marked confidential (or not).
    pub marked_confidential: Option<bool>,
    /// The sender is proved to be a person of the directory (practice.md, A7).
    pub proved_sender: Option<bool>,
    /// It answers a message with harsh words, which its sender got from one of its recipients.
    pub answers_hostile: Option<bool>,
    /// The recipient is on one of these lists of the school.
    pub recipient_listed: Vec<crate::parties::Listing>,
    /// The sender is on one of these lists; holds only for a proved sender.
    pub sender_listed: Vec<crate::parties::Listing>,
}

/// What a policy rule does.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    pub disposition: Option<DispositionName>,
    /// Beats every disposition but malware and sealed (practice.md, A1).
    pub ceiling: Option<DispositionName>,
    /// Categories or families that the ceiling speaks of; empty is all.
    pub ceiling_for: Vec<Arc<str>>,
    pub notices: Vec<Notice>,
    /// Put before the subject, once, on outbound and internal mail only.
    pub subject_mark: Option<Arc<str>>,
    pub disclaimer: Option<Arc<str>>,
    /// Copy the unaltered message to the parent-mail records.
    pub record: bool,
    /// Never record, copy or show (practice.md, A6; CT-10). Beats `record`.
    pub no_record: bool,
    /// Categories or families whose findings are dropped for this recipient (A6).
    pub exempt: Vec<Arc<str>>,
    pub incident: Option<Arc<str>>,
    /// For `refuse`: the sentence that helps.
    pub refusal: Option<Arc<str>>,
    /// The sender may let a hold go; `false` for anything of safeguarding.
    pub sender_may_release: bool,
}

#[derive(Clone, Debug)]
pub struct PolicyRule {
    pub id: Arc<str>,
    pub clauses: Vec<Arc<str>>,
    pub reason: Arc<str>,
    pub when: When,
    pub then: Effects,
    pub origin: Arc<str>,
}

/// A whole set without faults.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    pub detection: Vec<Arc<DetectionRule>>,
    pub policy: Vec<Arc<PolicyRule>>,
    /// SHA-256 over all files in order of their names, hex.
    pub digest: String,
    /// SHA-256 of each rule as it is written, by its id: tells which rule was changed.
    pub digests: BTreeMap<Arc<str>, String>,
}
