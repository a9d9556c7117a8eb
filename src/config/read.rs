//! From the file's sections to the checked values, each by itself; what they say of each
//! other is held together in `cross`.

use super::{
    Config, DkimConfig, FailureChoice, KeysConfig, Limits, NoticesConfig, OnFailure, WorkingKeySource,
    alerts, anchors, attachments, canary, console, doors, pictures, scanner, schools,
    section::Section,
    settings,
    source::{At, Source, WHOLE_FILE},
    store, vault,
};
use crate::mail::{Mode, SchoolId};
use std::{ops::Range, path::PathBuf, sync::Arc, time::Duration};

/// Places of what is compared across sections, and of files to be looked at.
#[derive(Default)]
pub(super) struct Marks {
    /// In the order of `Config::schools`.
    pub(super) schools: Vec<schools::SchoolMarks>,
    pub(super) listeners: Vec<At<super::Listen>>,
    pub(super) hops: Vec<doors::HopMarks>,
    pub(super) clients: Vec<Range<usize>>,
    /// Schools named outside their own section.
    pub(super) named_schools: Vec<At<SchoolId>>,
    pub(super) relay: Option<Range<usize>>,
    pub(super) notices_hop: Option<At<String>>,
    pub(super) reply_to: Option<Range<usize>>,
    pub(super) limits: Range<usize>,
    pub(super) scanner: Range<usize>,
    pub(super) keys: Range<usize>,
    pub(super) dkim: Vec<Range<usize>>,
    pub(super) anchors: Vec<At<String>>,
    pub(super) anchor_folders: Vec<At<PathBuf>>,
    pub(super) canaries: Vec<canary::CanaryMarks>,
    pub(super) picture_lists: Vec<At<String>>,
    pub(super) attachments: Range<usize>,
    pub(super) files: Vec<(Need, At<PathBuf>)>,
}

/// What must be true of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A file that can be read.
    File,
    /// The same, and nobody else may read it.
    Secret,
    /// A list of pictures: as secret as a key.
    List,
    /// The working key: where it is not, whoever needs it says so. A credential of systemd is there
    /// only while the service runs.
    WorkingKey,
    Folder,
    /// The folder around it is there.
    FolderOf,
    /// A folder, or nothing yet.
    Data,
}

/// Where something without a default is missing or wrong, which has been noted, a
/// placeholder stands, so that the rest can be checked too.
pub(super) fn config(source: &Source<'_>, root: Section<'_>) -> (Config, Marks) {
    let mut marks = Marks::default();
    let m = &mut marks;
    let modes = [("observe", Mode::Observe), ("enforce", Mode::Enforce)];
    let mode = root.choice("mode", &modes, Mode::Observe);
    let hostname = hostname(source, &root);
    let keys_hint = "Say where the working key is: `[keys]` with `working = { file = \"...\" }`.";
    let keys_section = root.section("keys");
    let keys_section = root.require("keys", keys_section, keys_hint);
    let schools = root.sections("school").into_iter();
    let hops = root.sections("next-hop").into_iter();
    let dkims = root.sections("dkim").into_iter();
    let places = root.sections("anchor").into_iter();
    let alarms = root.sections("alarm").into_iter();
    let canaries = root.sections("canary").into_iter();
    let lists = root.sections("picture-list").into_iter();
    let config = Config {
        file: source.file.to_owned(),
        mode,
        data: path(source, &root, ("data", "/var/lib/gatehouse"), Need::Data, m),
        disclaimers: path(source, &root, ("disclaimers", "disclaimers"), Need::Folder, m),
        rulesets: rulesets(source, &root, m),
        schools: schools.map(|s| Arc::new(schools::school(source, s, mode, m))).collect(),
        milter: root.section("milter").map(|s| doors::milter(s, m)),
        relay: root.section("relay").map(|s| doors::relay(source, s, m)),
        next_hops: hops.map(|s| Arc::new(doors::next_hop(s, m))).collect(),
        limits: limits(root.section("limits"), m),
        files: attachments::files(root.section("files"), m),
        on_failure: on_failure(root.section("on-failure")),
        keys: keys_section.map_or_else(no_keys, |s| keys(source, s, m)),
        store: store::store(source, root.section("store"), m),
        vault: vault::vault(source, root.section("vault"), m),
        notices: notices(source, root.section("notices"), &hostname, m),
        dkim: dkims.map(|s| dkim(s, m)).collect(),
        settings: settings::flat(source.text),
        anchors: places.filter_map(|s| anchors::anchor(source, s, m)).collect(),
        alarms: alarms.filter_map(|s| alerts::alarm(source, s, m)).collect(),
        canaries: canaries.filter_map(|s| canary::canary(source, s, m)).collect(),
        metrics: root.section("metrics").and_then(|s| doors::metrics(source, s, m)),
        console: root.section("console").and_then(|s| console::console(source, s, m)),
        picture_lists: lists.filter_map(|s| pictures::list(source, s, m)).collect(),
        scanner: root.section("scanner").map(|s| scanner::scanner(source, s, &mut m.scanner)),
        hostname,
    };
    let (mut config, marks) = (config, marks);
    config.notices.console = config.console.as_ref().map(|c| c.address.origin().ascii_serialization());
    root.close();
    (config, marks)
}

fn hostname(source: &Source<'_>, root: &Section<'_>) -> String {
    const HOW: &str = "As in \"gate.school.example\".";
    let name = root.text("hostname");
    let name = root.require("hostname", name, "Write the name of this host, as in \"gate.school.example\".");
    let Some(name) = name else { return String::new() };
    if !schools::is_domain(&name.value.to_lowercase()) {
        source.error(&name.span, "`hostname` must be a host name with a domain.", HOW);
    }
    name.value
}

fn path(
    source: &Source<'_>,
    root: &Section<'_>,
    (key, default): (&'static str, &str),
    need: Need,
    marks: &mut Marks,
) -> PathBuf {
    let path = root.path(key).unwrap_or_else(|| At { value: source.path(default), span: WHOLE_FILE });
    marks.files.push((need, path.clone()));
    path.value
}

fn rulesets(source: &Source<'_>, root: &Section<'_>, marks: &mut Marks) -> Vec<PathBuf> {
    let paths = root.paths("rulesets");
    let paths = paths.unwrap_or_else(|| vec![At { value: source.path("rulesets"), span: WHOLE_FILE }]);
    marks.files.extend(paths.iter().map(|path| (Need::Folder, path.clone())));
    paths.into_iter().map(|path| path.value).collect()
}

/// Postfix waits 300 s for a milter's answer at the end of a message
/// (`milter_content_timeout`); ours must come before.
pub(super) const LONGEST_DEADLINE: Duration = Duration::from_secs(290);

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 50_000_000,
            recipients: 1_000,
            connections: 200,
            memory_bytes: 128_000_000,
            deadline: Duration::from_secs(60),
            idle: Duration::from_secs(300),
            parts: 1_000,
            nesting: 20,
            depth: 32,
            header_bytes: 256 * 1024,
            text_bytes: 8_000_000,
            findings: 1_000,
            page_boxes: 250_000,
            page_steps: 10_000_000,
        }
    }
}

fn limits(section: Option<Section<'_>>, marks: &mut Marks) -> Limits {
    let d = Limits::default();
    let Some(s) = section else { return d };
    marks.limits = s.span.clone();
    let second = Duration::from_secs(1);
    let limits = Limits {
        message_bytes: s.size("message-size", 100_000..=2_000_000_000, d.message_bytes as u64),
        // RFC 5321 section 4.5.3.1.8: at least 100 recipients are taken.
        recipients: s.number("recipients", 100..=100_000, d.recipients),
        connections: s.number("connections", 1..=10_000, d.connections),
        memory_bytes: s.size("memory", 1_000_000..=1_000_000_000_000, d.memory_bytes as u64),
        deadline: s.duration("deadline", second..=LONGEST_DEADLINE, d.deadline),
        idle: s.duration("idle", second * 10..=second * 3600, d.idle),
        parts: s.number("parts", 10..=100_000, d.parts),
        nesting: s.number("nesting", 2..=100, d.nesting),
        depth: s.number("depth", 4..=100, d.depth),
        header_bytes: s.size("header-size", 16_000..=16_000_000, d.header_bytes as u64),
        text_bytes: s.size("text-size", 10_000..=1_000_000_000, d.text_bytes as u64),
        findings: s.number("findings", 10..=100_000, d.findings),
        page_boxes: s.number("page-elements", 1_000..=10_000_000, d.page_boxes),
        page_steps: s.number("page-steps", 100_000..=1_000_000_000, d.page_steps),
    };
    s.close();
    limits
}

fn on_failure(section: Option<Section<'_>>) -> OnFailure {
    let choices = [
        ("defer", FailureChoice::Defer),
        ("deliver-marked", FailureChoice::DeliverMarked),
        ("quarantine", FailureChoice::Quarantine),
    ];
    let defer = FailureChoice::Defer;
    let Some(s) = section else { return OnFailure { assessment: defer, storage: defer, scanner: defer } };
    let chosen = OnFailure {
        assessment: s.choice("assessment", &choices, defer),
        // What cannot be stored cannot be quarantined.
        storage: s.choice("storage", &choices[..2], defer),
        scanner: s.choice("scanner", &choices, defer),
    };
    s.close();
    chosen
}

fn no_keys() -> KeysConfig {
    KeysConfig { working: WorkingKeySource::Stdin, recovery: Vec::new(), records: Vec::new() }
}

fn keys(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> KeysConfig {
    marks.keys = s.span.clone();
    let recipients = |key| -> Vec<String> {
        let read = |text: &str| (text.starts_with("age1") && text.len() > 50).then(|| text.to_owned());
        let list = s.list(key, "an age recipient", "It begins with `age1`; `gatehouse keys` shows it.", read);
        list.into_iter().map(|at| at.value).collect()
    };
    let (recovery, records) = (recipients("recovery"), recipients("records"));
    const HOW: &str = "Write { file = \"...\" }, { environment = \"...\" } or \"stdin\".";
    let working = if s.is_text("working") {
        s.text("working").and_then(|text| {
            let stdin = text.value == "stdin";
            if !stdin {
                source.error(&text.span, "`working` must be a source of the working key.", HOW);
            }
            stdin.then_some(WorkingKeySource::Stdin)
        })
    } else {
        s.section("working").and_then(|table| {
            let file = table.path("file");
            let variable = table.text("environment");
            let span = table.span.clone();
            table.close();
            match (file, variable) {
                (Some(file), None) => {
                    marks.files.push((Need::WorkingKey, file.clone()));
                    Some(WorkingKeySource::File(file.value))
                }
                (None, Some(variable)) => Some(WorkingKeySource::Environment(variable.value)),
                _ => {
                    source.error(&span, "`working` must be one source of the working key.", HOW);
                    None
                }
            }
        })
    };
    let working = s.require("working", working, HOW);
    s.close();
    KeysConfig { working: working.unwrap_or(WorkingKeySource::Stdin), recovery, records }
}

fn notices(
    source: &Source<'_>,
    section: Option<Section<'_>>,
    host: &str,
    marks: &mut Marks,
) -> NoticesConfig {
    let mut notices = NoticesConfig {
        next_hop: None,
        from: format!("Gatehouse <gatehouse@{host}>"),
        reply_to: None,
        per_hour: 20,
        admin: Vec::new(),
        console: None,
    };
    let Some(s) = section else { return notices };
    marks.notices_hop = s.text("next-hop");
    notices.next_hop = marks.notices_hop.as_ref().map(|name| name.value.clone());
    if let Some(from) = s.text("from") {
        let inner =
            from.value.rsplit_once('<').map_or(from.value.as_str(), |(_, rest)| rest.trim_end_matches('>'));
        if crate::mail::Address::parse(inner).is_none() {
            source.error(
                &from.span,
                "`from` must be a name with a mail address.",
                "As in \"Gatehouse <gatehouse@school.example>\".",
            );
        }
        notices.from = from.value;
    }
    if let Some(address) = s.addresses("reply-to").into_iter().next() {
        marks.reply_to = Some(address.span);
        notices.reply_to = Some(address.value);
    }
    notices.admin = s.addresses("admin").into_iter().map(|at| at.value).collect();
    notices.per_hour = u32::try_from(s.number("per-hour", 1..=1_000, 20)).unwrap_or(20);
    s.close();
    notices
}

fn dkim(s: Section<'_>, marks: &mut Marks) -> DkimConfig {
    let domain = s.list("domain", "a domain", "As in \"school.example\".", schools::domain).pop();
    let domain = s.require("domain", domain, "As in \"school.example\".");
    let selector = s.text("selector");
    let selector = s.require("selector", selector, "The name under `_domainkey` in DNS.");
    let key = s.path("key");
    let key = s.require("key", key, "The file of the private key, PEM.");
    marks.files.extend(key.iter().map(|key| (Need::Secret, key.clone())));
    marks.dkim.push(s.span.clone());
    s.close();
    DkimConfig {
        domain: domain.map(|at| at.value).unwrap_or_default(),
        selector: selector.map(|at| at.value).unwrap_or_default(),
        key: key.map(|at| at.value).unwrap_or_default(),
    }
}
