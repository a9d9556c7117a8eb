//! The tables of what was counted: each with the names that it may have, so that no line is there only
//! because something small happened.

use super::{
    Cell, Facts, Line, Part, Says,
    cells::{Counts, Cover, Rows, Told, tell, tell_both},
};
use crate::storage::{Step, Tallied, Tally, Waits};
use std::collections::BTreeSet;

/// Which lines a table has.
enum Names {
    /// These, in this order, as soon as anything may be told.
    All(Vec<String>),
    /// Those that may be told, and all others together.
    Told,
}

/// What is done with what waits; events of the ledger.
const DECISIONS: &[(&str, &str)] = &[
    ("item.releasing", RELEASED),
    ("item.sent-now", "sent now: child at risk"),
    ("item.withdrawn", "withdrawn by their senders"),
    ("item.returned", "returned with advice"),
    ("item.expired", "returned unanswered"),
    ("item.kept-as-evidence", "kept as evidence"),
    ("item.escalated", "escalated"),
    ("item.handed-on", "handed on unread"),
];
const RELEASED: &str = "released";
const DISMISSED: &str = "dismissed";
const LATER: &str = "later";
const UNANSWERED: &str = "not within the month";

const DIRECTIONS: [&str; 3] = ["inbound", "outbound", "internal"];
const DISPOSITIONS: [&str; 5] = ["deliver", "hold", "quarantine", "refuse", "defer"];
const MODES: [&str; 2] = ["observe", "enforce"];
const INCIDENTS: [&str; 4] = ["proposed", "open", "closed", DISMISSED];

/// None where no month is over.
pub(super) fn parts(facts: &Facts<'_>) -> Vec<Part> {
    if facts.now.is_empty() {
        return Vec::new();
    }
    let part = |name, title, lines| Part { name, title, says: Vec::new(), lines };
    // What waited is told again by its category: beside it nothing but the greatest may be withheld.
    let by_disposition = |t: &Tally| add(t.messages.iter().map(|m| (&m.disposition, m.count)));
    let (quarantined, alerts) = both(facts);
    let mut all = vec![
        part("messages-by-direction", "Messages by direction", {
            let of = |t: &Tally| add(t.messages.iter().map(|m| (&m.direction, m.count)));
            table(facts, of, Cover::Smallest).lines(&all(&DIRECTIONS))
        }),
        part(
            "messages-by-disposition",
            "Messages by what was done with them",
            table(facts, by_disposition, Cover::Greatest).lines(&all(&DISPOSITIONS)),
        ),
        part("messages-by-mode", "Messages observed only, and enforced", {
            let of = |t: &Tally| add(t.messages.iter().map(|m| (&m.mode, m.count)));
            table(facts, of, Cover::Smallest).lines(&all(&MODES))
        }),
        part("held-by-category", "Messages that waited for their sender, by what was found", {
            table(facts, |t| of_kind(&t.items, "hold"), Cover::Smallest).lines(&Names::Told)
        }),
        part(
            "quarantined-by-category",
            "Messages that waited for a reviewer, by what was found",
            quarantined.lines(&Names::Told),
        ),
        part("alerts", "Officers told at once, by what was found", alerts.lines(&Names::Told)),
    ];
    for (name, title, kind, of) in [
        ("holds-answered", "How soon senders answered", "hold", Answered::Items),
        ("quarantine-decided", "How soon reviewers decided", "quarantine", Answered::Items),
        ("urgent-seen", "How soon somebody looked at what was urgent", "urgent", Answered::Alerts),
    ] {
        let table = table(facts, |t| waits(of.list(t), kind), Cover::Smallest);
        all.push(part(name, title, table.lines(&Names::All(of.steps()))));
    }
    let decisions = table(facts, decided, Cover::Smallest);
    let names = Names::All(DECISIONS.iter().map(|(_, name)| (*name).to_owned()).collect());
    let incidents = table(facts, |t| add(t.incidents.iter().map(|i| (&i.of, i.count))), Cover::Smallest);
    all.push(part("decisions", "What people decided", decisions.lines(&names)));
    all.push(false_alarms(&decisions, &incidents));
    all.push(part("incidents", "Incidents by how they stand", incidents.lines(&self::all(&INCIDENTS))));
    all
}

fn all(names: &[&str]) -> Names {
    Names::All(names.iter().map(|name| (*name).to_owned()).collect())
}

fn add<'t>(all: impl Iterator<Item = (&'t String, u64)>) -> Counts {
    let mut counts = Counts::new();
    for (name, count) in all {
        *counts.entry(name.clone()).or_default() += count;
    }
    counts
}

fn of_kind(all: &[Tallied], kind: &str) -> Counts {
    add(all.iter().filter(|t| t.kind == kind).map(|t| (&t.of, t.count)))
}

fn decided(tally: &Tally) -> Counts {
    let count = |event: &str| tally.events.iter().find(|(name, _)| name == event).map_or(0, |(_, n)| *n);
    DECISIONS.iter().map(|(event, name)| ((*name).to_owned(), count(event))).collect()
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

    fn steps(self) -> Vec<String> {
        let steps = match self {
            Self::Items => Step::AT_SCHOOL,
            Self::Alerts => Step::AT_ONCE,
        };
        let ends = [LATER, UNANSWERED].map(str::to_owned);
        steps.into_iter().map(within).chain(ends).collect()
    }
}

fn waits(all: &[Tallied], kind: &str) -> Counts {
    let mut counts = Counts::new();
    for Waits { within: steps, later, unanswered } in all.iter().filter(|t| t.kind == kind).map(|t| &t.waits)
    {
        for (step, count) in steps {
            *counts.entry(within(*step)).or_default() += count;
        }
        *counts.entry(LATER.to_owned()).or_default() += later;
        *counts.entry(UNANSWERED.to_owned()).or_default() += unanswered;
    }
    counts
}

fn within(step: Step) -> String {
    match step {
        Step::Minutes(60) => "within one hour".to_owned(),
        Step::Minutes(minutes) => format!("within {minutes} minutes"),
        Step::SchoolHours(1) => "within one school hour".to_owned(),
        Step::SchoolHours(hours) => format!("within {hours} school hours"),
        Step::SchoolDays(1) => "within one school day".to_owned(),
        Step::SchoolDays(days) => format!("within {days} school days"),
    }
}

/// A table of the period, and of the one before.
struct Table {
    now: Rows,
    before: Option<Rows>,
}

/// Months of a term are told together only when it is over.
fn rows(months: &[Counts], is_over: bool, cover: Cover) -> Rows {
    let told = months.iter().map(|counts| tell(counts, cover, &BTreeSet::new())).collect();
    let rows = Rows::new(told);
    if is_over { rows.put_together(months, cover) } else { rows }
}

fn table(facts: &Facts<'_>, of: impl Fn(&Tally) -> Counts, cover: Cover) -> Table {
    let counts = |months: &[Tally]| months.iter().map(&of).collect::<Vec<_>>();
    Table {
        now: rows(&counts(facts.now), facts.period.stands.is_over(), cover),
        before: facts.before.map(|before| rows(&counts(before), true, cover)),
    }
}

/// What was quarantined, and what officers were told of at once: often the same messages.
fn both(facts: &Facts<'_>) -> (Table, Table) {
    let rows = |months: &[Tally], is_over: bool| {
        let quarantined: Vec<Counts> = months.iter().map(|t| of_kind(&t.items, "quarantine")).collect();
        let alerts: Vec<Counts> = months.iter().map(|t| of_kind(&t.alerts, "urgent")).collect();
        let told = quarantined.iter().zip(&alerts).map(|(a, b)| tell_both(a, b));
        let (a, b): (Vec<Told>, Vec<Told>) = told.unzip();
        let (a, b) = (Rows::new(a), Rows::new(b));
        match is_over {
            true => (a.put_together(&quarantined, Cover::Smallest), b.put_together(&alerts, Cover::Smallest)),
            false => (a, b),
        }
    };
    let now = rows(facts.now, facts.period.stands.is_over());
    let before = facts.before.map(|before| rows(before, true)).unzip();
    (Table { now: now.0, before: before.0 }, Table { now: now.1, before: before.1 })
}

impl Table {
    fn each(&self) -> impl Iterator<Item = &Rows> {
        std::iter::once(&self.now).chain(&self.before)
    }

    fn line(&self, name: &str, of: impl Fn(&Rows) -> Cell) -> Line {
        Line {
            name: name.to_owned(),
            now: Says::Cell(of(&self.now)),
            before: self.before.as_ref().map(|before| Says::Cell(of(before))),
        }
    }

    fn lines(&self, names: &Names) -> Vec<Line> {
        let any = |of: fn(&Rows) -> Cell| self.each().any(|rows| of(rows) != Cell::Count(0));
        let told: BTreeSet<&str> = self.each().flat_map(Rows::names).collect();
        let listed: Vec<&str> = match names {
            _ if told.is_empty() => Vec::new(),
            Names::Told => told.into_iter().collect(),
            Names::All(all) => {
                let others = told.iter().filter(|name| !all.iter().any(|known| known == *name)).copied();
                all.iter().map(String::as_str).chain(others).collect()
            }
        };
        let mut lines: Vec<Line> =
            listed.iter().map(|name| self.line(name, |rows| rows.cell(name))).collect();
        if matches!(names, Names::Told) && !lines.is_empty() && any(Rows::others) {
            lines.push(self.line("others", Rows::others));
        }
        // The whole of one part is no line.
        if any(Rows::whole) && lines.len() != 1 {
            lines.push(self.line("in all", Rows::whole));
        }
        lines
    }

    /// Of a hundred, where both counts are told.
    fn share(&self, name: &str) -> (Says, Option<Says>) {
        let of = |rows: &Rows| match (rows.cell(name), rows.whole()) {
            (Cell::Count(part), Cell::Count(whole)) if whole > 0 => Some((part * 100 + whole / 2) / whole),
            _ => None,
        };
        (Says::Share(of(&self.now)), self.before.as_ref().map(|before| Says::Share(of(before))))
    }
}

/// Of what waited for somebody, how much was sent on as it was, or dismissed.
fn false_alarms(decisions: &Table, incidents: &Table) -> Part {
    let line = |name: &str, (now, before)| Line { name: name.to_owned(), now, before };
    Part {
        name: "false-alarms",
        title: "False alarms, as far as they can be told",
        says: vec![
            "A release says that somebody thought the message right, or sent it all the same. Many of them for one category: \
             have its rules looked at."
                .to_owned(),
        ],
        lines: vec![
            line("of what waited, released", decisions.share(RELEASED)),
            line("of incidents, dismissed", incidents.share(DISMISSED)),
        ],
    }
}
