//! The configuration as checked: the only shape that travels.

use super::{attachments::FilesConfig, console::ConsoleConfig, network::Network};
use crate::{
    detection::ListSource,
    mail::{Address, Mode, SchoolId},
    parties::{Direction, School},
};
use chrono::TimeDelta;
use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from; relative paths in it are relative to its folder.
    pub file: PathBuf,
    /// The name that this host gives in HELO, Received and greetings.
    pub hostname: String,
    /// Default for schools that say nothing.
    pub mode: Mode,
    /// Store, vault, rule cache, directory and keys live here unless said otherwise.
    pub data: PathBuf,
    pub rulesets: Vec<PathBuf>,
    pub disclaimers: PathBuf,
    pub schools: Vec<Arc<School>>,
    pub milter: Option<MilterConfig>,
    pub relay: Option<RelayConfig>,
    /// In order; the first whose domains fit is taken. `*` fits all.
    pub next_hops: Vec<Arc<NextHop>>,
    pub limits: Limits,
    /// How attachments are opened.
    pub files: FilesConfig,
    pub on_failure: OnFailure,
    pub keys: KeysConfig,
    pub store: StoreConfig,
    pub vault: VaultConfig,
    pub notices: NoticesConfig,
    pub dkim: Vec<DkimConfig>,
    /// Every key of the file as it is written, with the names of its sections: so that the ledger
    /// can say which one was changed.
    pub settings: BTreeMap<String, String>,
    /// Places outside this machine that hold the ledger's heads.
    pub anchors: Vec<AnchorConfig>,
    /// Told of what is urgent, beside the mail.
    pub alarms: Vec<AlarmConfig>,
    /// Ways of the mail that are proved every day.
    pub canaries: Vec<CanaryConfig>,
    /// Where the numbers are to be had.
    pub metrics: Option<SocketAddr>,
    /// The web pages.
    pub console: Option<ConsoleConfig>,
    /// What looks for malware.
    pub scanner: Option<ScannerConfig>,
    /// Hashes of pictures that the school was given.
    pub picture_lists: Vec<ListSource>,
}

/// The clamd that looks into every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannerConfig {
    pub address: ScannerAddress,
    /// Messages that it looks into at once.
    pub connections: usize,
    /// Of one message, the wait for a connection and for the answer included.
    pub deadline: Duration,
    /// Bytes of one message that it takes: clamd's `StreamMaxLength`, or less.
    pub largest: usize,
    pub too_large: TooLarge,
    /// Signatures that are older are said to be old.
    pub old_after: TimeDelta,
    /// Signatures that are older are an alarm.
    pub alarm_after: TimeDelta,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerAddress {
    Unix(PathBuf),
    /// `host:port`.
    Tcp(String),
}

impl fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}

/// What becomes of a message that is larger than the scanner takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    Quarantine,
    DeliverMarked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    /// Path and permission bits (octal in the file, for example `"0660"`).
    Unix(PathBuf, u32),
}

#[derive(Clone, Debug)]
pub struct MilterConfig {
    pub listen: Vec<Listen>,
    /// Clients (networks) of the MTA that authenticate all their users without SASL
    /// (for example a school's own mail server). Others are proved by SASL only.
    pub authenticating_hosts: Vec<Network>,
}

#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What to do with a bare CR or LF in DATA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareNewline {
    Refuse,
    Normalise,
}

#[derive(Clone, Debug)]
pub struct RelayConfig {
    pub listen: Vec<SocketAddr>,
    pub tls: Option<TlsFiles>,
    pub bare_newline: BareNewline,
    /// Who may speak; the first that fits is taken; no entry, no service.
    pub clients: Vec<RelayClient>,
    /// Secret headers of schools behind shared ranges.
    pub tenants: Vec<TenantSecret>,
    /// Received fields beyond which a message loops.
    pub max_received: usize,
}

/// A header field that a school's own cloud tenant adds; taken out before the message
/// goes on. Compared in constant time against the digest; the secret itself is not here.
#[derive(Clone, Debug)]
pub struct TenantSecret {
    pub school: SchoolId,
    pub header: String,
    /// SHA-256 of the secret value, hex.
    pub sha256: String,
}

/// A host (or network) that may speak to the relay, and for whom.
#[derive(Clone, Debug)]
pub struct RelayClient {
    pub networks: Vec<Network>,
    /// SHA-256 of an accepted client certificate (hex); empty asks for none.
    pub certificates: Vec<String>,
    /// Mail from or to these schools only.
    pub schools: Vec<SchoolId>,
    /// The range is shared (a cloud): address and certificate prove nothing, each message
    /// must carry its school's secret header.
    pub shared: bool,
    /// May say XCLIENT and XFORWARD.
    pub xclient: bool,
    /// Authenticates all its users.
    pub authenticates_users: bool,
}

/// TLS towards a next hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HopTls {
    Never,
    /// When offered, any certificate.
    Opportunistic,
    /// Or the mail waits; certificate checked against `ca` or the system's roots.
    Required,
}

#[derive(Clone, Debug)]
pub struct NextHop {
    pub name: String,
    /// Recipient domains, lower case; `*` for all others.
    pub domains: Vec<String>,
    /// `host:port`, tried in order.
    pub hosts: Vec<String>,
    pub tls: HopTls,
    pub ca: Option<PathBuf>,
    pub connect_timeout: Duration,
    pub timeout: Duration,
}

#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one message; more is refused with 552 5.3.4.
    pub message_bytes: usize,
    pub recipients: usize,
    /// Simultaneous connections of all doors.
    pub connections: usize,
    /// Bytes of all messages in memory at once; more waits, then 451/421.
    pub memory_bytes: usize,
    /// From the end of data to our answer.
    pub deadline: Duration,
    /// Client silence.
    pub idle: Duration,
    pub parts: usize,
    /// Attached messages in attached messages.
    pub nesting: usize,
    /// Multiparts and attached messages around one part.
    pub depth: usize,
    /// Bytes of the header of the message or of one part.
    pub header_bytes: usize,
    /// Decoded text of one message that patterns see; the rest is `file.not-inspected`.
    pub text_bytes: usize,
    pub findings: usize,
    /// Elements of one page that are laid out.
    pub page_boxes: usize,
    /// Comparisons of style rules with elements of one page.
    pub page_steps: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureChoice {
    Defer,
    DeliverMarked,
    Quarantine,
}

/// What happens when something inside fails (design, promise 2).
#[derive(Clone, Copy, Debug)]
pub struct OnFailure {
    /// The assessment failed or ran out of time.
    pub assessment: FailureChoice,
    /// The store or vault is away.
    pub storage: FailureChoice,
    /// A scanner is away.
    pub scanner: FailureChoice,
}

#[derive(Clone, Debug)]
pub struct KeysConfig {
    /// Where the working key comes from at start.
    pub working: WorkingKeySource,
    /// age recipients of the offline recovery key, when set.
    pub recovery: Vec<String>,
    /// age recipients that may read records (custodians); at least one when records are kept.
    pub records: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum WorkingKeySource {
    /// An age identity file outside the data folder, or on a memory disk.
    File(PathBuf),
    /// Handed over in this environment variable (for example from a key service).
    Environment(String),
    /// The first line of standard input at start.
    Stdin,
}

/// Which database keeps the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreConfig {
    /// SQLite, `gatehouse.db` in the data folder.
    Folder,
    /// PostgreSQL. The address holds no password.
    Postgres { url: String, password: Option<PasswordSource> },
}

/// Read anew whenever a process opens the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// The first line of the file.
    File(PathBuf),
    Environment(String),
}

/// Where encrypted objects lie.
#[derive(Clone, Debug, Default)]
pub enum VaultConfig {
    /// `vault/` in the data folder.
    #[default]
    Folder,
    Bucket(BucketConfig),
}

/// A bucket of S3-compatible storage.
#[derive(Clone, Debug)]
pub struct BucketConfig {
    pub bucket: String,
    /// Above all objects, without slashes around it; may be empty.
    pub prefix: String,
    /// `https://host:port`; `None` for Amazon's own of the region.
    pub endpoint: Option<String>,
    pub region: String,
    pub credentials: BucketCredentials,
    /// Certificates to check the server against, instead of the system's roots.
    pub ca: Option<PathBuf>,
    /// Of one request, the answer read.
    pub timeout: Duration,
    /// `None` asks for no Object Lock; the bucket may still have one of its own. For how long objects
    /// are locked follows from each school's retention.
    pub lock: Option<LockMode>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketCredentials {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if set, `AWS_SESSION_TOKEN`.
    Environment,
    /// A file of the AWS command line's form.
    File(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Whoever has a special right at the object store may still delete.
    Governance,
    /// Nobody may, not even the owner of the bucket.
    Compliance,
}

#[derive(Clone, Debug)]
pub struct NoticesConfig {
    /// Next hop for what we write ourselves and release; the name of a `[[next-hop]]`.
    pub next_hop: Option<String>,
    /// Header From of notices, `Gatehouse <gatehouse@school.example>`.
    pub from: String,
    /// Replies to nudges come to this address and are taken out of the stream.
    pub reply_to: Option<crate::mail::Address>,
    /// Notices to one person per hour at most.
    pub per_hour: u32,
    /// Who runs the machine, and hears when something of it fails; the schools' postmasters when
    /// nobody is named.
    pub admin: Vec<crate::mail::Address>,
    /// With what links to the console begin: `https://gate.school.example`, as `[console]` says.
    pub console: Option<String>,
}

#[derive(Clone, Debug)]
pub struct DkimConfig {
    pub domain: String,
    pub selector: String,
    pub key: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorConfig {
    /// By which the ledger and `doctor` call it; no address.
    pub name: String,
    pub place: AnchorPlace,
    /// Failing for longer is an alarm.
    pub alarm_after: TimeDelta,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorPlace {
    /// To somebody outside, through our own outbox.
    Mail(crate::mail::Address),
    /// A folder on a file share: one file that only grows.
    Folder(PathBuf),
    /// A web service that takes one small JSON object by POST.
    Http { url: String, token: Option<TokenSource> },
}

/// Where a bearer token is read each time it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    File(PathBuf),
    Environment(String),
}

impl AnchorPlace {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Folder(_) => "folder",
            Self::Http { .. } => "http",
        }
    }
}

/// A channel that is no mail, for what is urgent.
#[derive(Clone, Debug)]
pub struct AlarmConfig {
    pub name: String,
    pub way: AlarmWay,
}

#[derive(Clone, Debug)]
pub enum AlarmWay {
    /// A small JSON object by POST: number and category, no content.
    Webhook { url: String, token: Option<TokenSource> },
    /// A program with its arguments, without a shell; it reads the same JSON on standard input.
    Command(Vec<String>),
}

/// A way of the mail that a message of the gate's own proves once a day.
#[derive(Clone, Debug)]
pub struct CanaryConfig {
    /// By which ledger, metrics and `doctor` call it; no address.
    pub name: String,
    pub way: CanaryWay,
    pub to: Address,
    /// Not proved for longer is an alarm.
    pub within: TimeDelta,
}

#[derive(Clone, Debug)]
pub enum CanaryWay {
    /// Mail of others, which the gate must see.
    Route(CanaryRoute),
    /// What the gate itself writes, which must leave by the outbox.
    Notices,
}

#[derive(Clone, Debug)]
pub struct CanaryRoute {
    pub direction: Direction,
    /// Where such mail begins: a host before the gate.
    pub submit: Arc<NextHop>,
    pub from: Address,
    pub end: CanaryEnd,
}

/// What proves a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryEnd {
    /// That it passed the gate.
    Gate,
    /// That the mailbox beyond has sent it back, and it passed the gate once more.
    Back,
}

impl CanaryConfig {
    /// `inbound`, `outbound`, `internal`, `notices`.
    pub fn direction(&self) -> &'static str {
        match &self.way {
            CanaryWay::Route(route) => route.direction.name(),
            CanaryWay::Notices => "notices",
        }
    }

    /// All that makes it this way and no other: what was proved before a change proves nothing after.
    pub fn terms(&self) -> Vec<String> {
        let mut terms = vec![self.direction().to_owned(), self.to.key().to_owned()];
        if let CanaryWay::Route(route) = &self.way {
            terms.push(route.from.key().to_owned());
            terms.push(if route.end == CanaryEnd::Back { "back" } else { "gate" }.to_owned());
            terms.extend(route.submit.hosts.iter().cloned());
        }
        terms
    }
}
