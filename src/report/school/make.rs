//! From what was counted to what the report says.

use super::{Cell, Line, Part, Report, Says, alone, parts};
use crate::{
    mail::Mode,
    report::{Coverage, NOT_SEEN, Status},
    storage::{Step, Switch, Tallied, Tally, Waits},
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What the report is about, as its days are called.
#[derive(Clone, Debug)]
pub struct Period {
    /// `October 2026`, `the term from 2 September 2026 to 18 December 2026`
    pub called: String,
    /// The same of the period that it is compared with.
    pub before: Option<String>,
    pub is_over: bool,
}

/// Everything the report is made from.
pub struct Facts<'a> {
    pub school: &'a str,
    pub mode: Mode,
    pub period: Period,
    pub made_at: DateTime<Utc>,
    pub now: &'a Tally,
    pub before: Option<&'a Tally>,
    pub coverage: &'a [Coverage],
    /// Switches back to observe that lay in the period.
    pub switches: &'a [Switch],
    /// Ways of the mail that a probe has proved, and those it has not.
    pub proved: &'a [String],
    pub not_proved: &'a [String],
}

/// The whole report.
pub fn report(facts: &Facts<'_>) -> Report {
    let messages = |key: fn(&crate::storage::TalliedMessages) -> &String| {
        counted(facts, move |t| add(t.messages.iter().map(|m| (key(m).clone(), m.count))))
    };
    let mut all = vec![
        part("messages-by-direction", "Messages by direction", messages(|m| &m.direction)),
        part("messages-by-disposition", "Messages by what was done with them", messages(|m| &m.disposition)),
        part("messages-by-mode", "Messages observed only, and enforced", messages(|m| &m.mode)),
    ];
    for (name, title, kind) in [
        ("held-by-category", "Messages that waited for their sender, by what was found", "hold"),
        ("quarantined-by-category", "Messages that waited for a reviewer, by what was found", "quarantine"),
    ] {
        all.push(part(name, title, counted(facts, |t| of_kind(&t.items, kind))));
    }
    all.push(part(
        "alerts",
        "Officers told at once, by what was found",
        counted(facts, |t| of_kind(&t.alerts, "urgent")),
    ));
    for (name, title, kind, of) in [
        ("holds-answered", "How soon senders answered", "hold", Answered::Items),
        ("quarantine-decided", "How soon reviewers decided", "quarantine", Answered::Items),
        ("urgent-seen", "How soon somebody looked at what was urgent", "urgent", Answered::Alerts),
    ] {
        all.push(part(name, title, counted(facts, |t| waits(of.list(t), kind))));
    }
    all.push(part("decisions", "What people decided", counted(facts, |t| events(t, DECISIONS))));
    all.push(false_alarms(facts));
    all.push(part(
        "incidents",
        "Incidents by how they stand",
        counted(facts, |t| add(t.incidents.iter().map(|i| (i.of.clone(), i.count)))),
    ));
    all.push(observing(facts));
    all.push(changes(facts));
    all.push(coverage(facts));
    all.push(routes(facts));
    Report { title: title(facts), mark: mark(facts), parts: all }
}

fn title(facts: &Facts<'_>) -> String {
    format!("Mail at {}: {}", facts.school, facts.period.called)
}

fn mark(facts: &Facts<'_>) -> String {
    let made = facts.made_at.format("%-d %B %Y");
    let over = if facts.period.is_over { "" } else { " The period is not over yet." };
    let before = facts.period.before.as_ref().map_or_else(String::new, |b| format!(" Compared with {b}."));
    format!(
        "Gatehouse {}, made on {made}.{before}{over} Counts only: none under five is shown, nor one that would tell it \
         (\"withheld\"). Allegations against staff, low-level concerns and sealed items are in none of the numbers. \
         What the gate finds is not what happened: a finding is no incident.",
        env!("CARGO_PKG_VERSION")
    )
}

fn part(name: &'static str, title: &'static str, lines: Vec<Line>) -> Part {
    Part { name, title, says: Vec::new(), lines }
}

type Counts = BTreeMap<String, u64>;

fn add(all: impl Iterator<Item = (String, u64)>) -> Counts {
    let mut counts = Counts::new();
    for (name, count) in all {
        *counts.entry(name).or_default() += count;
    }
    counts
}

fn of_kind(all: &[Tallied], kind: &str) -> Counts {
    add(all.iter().filter(|t| t.kind == kind).map(|t| (t.of.clone(), t.count)))
}

/// One line for each name of either period, and the whole; each period is withheld by itself.
fn counted(facts: &Facts<'_>, counts: impl Fn(&Tally) -> Counts) -> Vec<Line> {
    let (now, before) = (counts(facts.now), facts.before.map(counts));
    let names: BTreeSet<String> = now.keys().chain(before.iter().flat_map(|b| b.keys())).cloned().collect();
    let shown = |counts: &Counts| {
        let all: Vec<u64> = names.iter().map(|name| counts.get(name).copied().unwrap_or(0)).collect();
        let (mut cells, whole) = parts(&all);
        cells.push(whole);
        cells
    };
    let (now, before) = (shown(&now), before.as_ref().map(shown));
    let mut lines: Vec<Line> = names
        .iter()
        .cloned()
        .chain(["in all".to_owned()])
        .enumerate()
        .map(|(i, name)| Line {
            name: strip(&name),
            now: Says::Cell(now[i]),
            before: before.as_ref().map(|b| Says::Cell(b[i])),
        })
        .collect();
    // The whole of one part, or of none, is no line.
    if names.len() < 2 {
        lines.truncate(names.len());
    }
    lines
}

/// Names that begin with a digit and a space are in order of that digit.
fn strip(name: &str) -> String {
    match name.split_once(' ') {
        Some((digit, rest)) if digit.len() == 1 && digit.chars().all(|c| c.is_ascii_digit()) => {
            rest.to_owned()
        }
        _ => name.to_owned(),
    }
}

#[derive(Clone, Copy)]
enum Answered {
    Items,
    Alerts,
}

impl Answered {
    fn list(self, tally: &Tally) -> &[Tallied] {
        match self {
            Self::Items => &tally.items,
            Self::Alerts => &tally.alerts,
        }
    }
}

fn waits(all: &[Tallied], kind: &str) -> Counts {
    let mut counts = Counts::new();
    for Waits { within, later, unanswered } in all.iter().filter(|t| t.kind == kind).map(|t| &t.waits) {
        for (n, (step, count)) in within.iter().enumerate() {
            *counts.entry(format!("{} within {}", n + 1, called(*step))).or_default() += count;
        }
        *counts.entry("8 later".to_owned()).or_default() += later;
        *counts.entry("9 not yet".to_owned()).or_default() += unanswered;
    }
    counts
}

fn called(step: Step) -> String {
    match step {
        Step::Minutes(60) => "one hour".to_owned(),
        Step::Minutes(minutes) => format!("{minutes} minutes"),
        Step::SchoolHours(1) => "one school hour".to_owned(),
        Step::SchoolHours(hours) => format!("{hours} school hours"),
        Step::SchoolDays(1) => "one school day".to_owned(),
        Step::SchoolDays(days) => format!("{days} school days"),
    }
}

/// What is done with what waits; events of the ledger.
const DECISIONS: &[(&str, &str)] = &[
    ("item.releasing", "1 released"),
    ("item.sent-now", "2 sent now: child at risk"),
    ("item.withdrawn", "3 withdrawn by their senders"),
    ("item.returned", "4 returned with advice"),
    ("item.expired", "5 returned unanswered"),
    ("item.kept-as-evidence", "6 kept as evidence"),
    ("item.escalated", "7 escalated"),
    ("item.handed-on", "8 handed on unread"),
];

fn events(tally: &Tally, wanted: &[(&str, &str)]) -> Counts {
    let count = |event: &str| tally.events.iter().find(|(name, _)| name == event).map_or(0, |(_, n)| *n);
    wanted.iter().map(|(event, name)| ((*name).to_owned(), count(event))).collect()
}

/// Of what waited for somebody, how much was sent on as it was, or dismissed. Only from counts
/// that are shown.
fn false_alarms(facts: &Facts<'_>) -> Part {
    let released = |t: &Tally| {
        let counts = events(t, DECISIONS);
        let (names, all): (Vec<_>, Vec<u64>) = counts.into_iter().unzip();
        share(&names, &all, "1 released")
    };
    let dismissed = |t: &Tally| {
        let counts = add(t.incidents.iter().map(|i| (i.of.clone(), i.count)));
        let (names, all): (Vec<_>, Vec<u64>) = counts.into_iter().unzip();
        share(&names, &all, "dismissed")
    };
    let line = |name: &str, of: &dyn Fn(&Tally) -> Option<u64>| Line {
        name: name.to_owned(),
        now: Says::Share(of(facts.now)),
        before: facts.before.map(|b| Says::Share(of(b))),
    };
    Part {
        name: "false-alarms",
        title: "False alarms, as far as they can be told",
        says: vec![
            "A release says that somebody thought the message right, or sent it all the same. Many of them for one category: \
             have its rules looked at."
                .to_owned(),
        ],
        lines: vec![
            line("of what waited, released", &released),
            line("of incidents, dismissed", &dismissed),
        ],
    }
}

fn share(names: &[String], counts: &[u64], of: &str) -> Option<u64> {
    let (cells, whole) = parts(counts);
    let at = names.iter().position(|name| name == of)?;
    match (cells[at], whole) {
        (Cell::Count(part), Cell::Count(whole)) if whole > 0 => Some((part * 100 + whole / 2) / whole),
        _ => None,
    }
}

fn observing(facts: &Facts<'_>) -> Part {
    let text = |name: &str, says: String| Line { name: name.to_owned(), now: Says::Text(says), before: None };
    let mode = match facts.mode {
        Mode::Observe => "observing: verdicts are recorded and nothing is changed",
        Mode::Enforce => "enforcing",
    };
    let mut lines = vec![text("now", mode.to_owned())];
    for switch in facts.switches {
        let end = switch.ended.as_ref().map_or(switch.period.until, |(_, at)| *at);
        let of = switch
            .rule
            .as_deref()
            .map_or_else(|| "the whole school".to_owned(), |rule| format!("rule {rule}"));
        let (from, until) = (switch.period.from.format("%-d %B, %H:%M"), end.format("%-d %B, %H:%M"));
        lines.push(text("back to observe", format!("{of}, from {from} to {until} UTC")));
    }
    Part { name: "observing", title: "Observing and enforcing", says: Vec::new(), lines }
}

/// What changed how the gate works (QU-5). By whom and why is in the ledger.
fn changes(facts: &Facts<'_>) -> Part {
    const CHANGES: &[(&str, &str)] = &[
        ("rule.changed", "rules changed, added, removed"),
        ("setting.changed", "settings changed"),
        ("directory.imported", "imports of people"),
        ("grant.approved", "offices given"),
        ("grant.revoked", "offices ended"),
        ("measure.approved", "exceptions and suspensions approved"),
        ("observe.switched", "switches back to observe"),
        ("custodian.joined", "custodians who joined"),
        ("custodian.left", "custodians who left"),
        ("access.refused", "looks and acts refused"),
        ("ledger.verified", "checks of the ledger"),
        ("store.backed-up", "backups"),
    ];
    let count = |tally: &Tally, event: &str| {
        alone(tally.events.iter().find(|(name, _)| name == event).map_or(0, |(_, n)| *n))
    };
    let mut lines: Vec<Line> = CHANGES
        .iter()
        .map(|(event, name)| Line {
            name: (*name).to_owned(),
            now: Says::Cell(count(facts.now, event)),
            before: facts.before.map(|b| Says::Cell(count(b, event))),
        })
        .collect();
    lines.extend(facts.now.changes.iter().map(|(at, name, how)| Line {
        name: name.clone(),
        now: Says::Text(format!("{how} on {}", at.format("%-d %B"))),
        before: None,
    }));
    Part {
        name: "changes",
        title: "What was changed",
        says: vec!["`gatehouse ledger changes` has who and why, for those who may ask.".to_owned()],
        lines,
    }
}

fn coverage(facts: &Facts<'_>) -> Part {
    let runs = facts.coverage.chunk_by(|a, b| a.section == b.section);
    let line = |rows: &[Coverage]| {
        let of = |status: Status| rows.iter().filter(|row| row.here == status).count();
        let says = format!(
            "{} enforced, {} in part, {} not yet",
            of(Status::Enforced),
            of(Status::Part),
            of(Status::NotYet)
        );
        Some(Line { name: rows.first()?.section.to_owned(), now: Says::Text(says), before: None })
    };
    Part {
        name: "coverage",
        title: "Clauses of the policies",
        says: vec![
            "As of today, with the rules and settings in force; `gatehouse policy coverage` names each."
                .to_owned(),
        ],
        lines: runs.filter_map(line).collect(),
    }
}

/// practice.md, C: the gate says what it cannot see.
fn routes(facts: &Facts<'_>) -> Part {
    let line = |name: &str, says: &str| Line {
        name: name.to_owned(),
        now: Says::Text(says.to_owned()),
        before: None,
    };
    let proved = facts.proved.iter().map(|route| line(route, "proved"));
    let missing = facts.not_proved.iter().map(|route| line(route, "NOT proved"));
    let unseen = NOT_SEEN.iter().map(|route| line(route, "never seen"));
    let all = match facts.not_proved.is_empty() && !facts.proved.is_empty() {
        true => {
            "Each way that is configured was proved by a probe. What never comes to the gate is not seen:"
        }
        false => "Coverage is PARTIAL until each way of the mail is proved by a probe.",
    };
    Part {
        name: "routes",
        title: "What the gate sees, and what it does not",
        says: vec![all.to_owned()],
        lines: proved.chain(missing).chain(unseen).collect(),
    }
}
