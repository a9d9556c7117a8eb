//! `gatehouse policy coverage`: which clause of the schools' policies is enforced by what,
//! in part, or not yet; with the rules and settings that are really in force.

use super::{
    Answer, Mistake,
    args::{Cli, Format, PolicyCommand},
    context,
    render::{unless_closed, wrapped},
    ways,
};
use crate::{
    app,
    config::{Config, StoreConfig},
    desk::school_report::unread_in,
    mail::SchoolId,
    report::{Coverage, NOT_SEEN, RuleState, Standing, Status, Table, Way, coverage, unproved},
};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

const WIDTH: usize = 100;
const INDENT: usize = 6;

pub(super) fn run(cli: &Cli, command: &PolicyCommand) -> Answer {
    let PolicyCommand::Coverage { only } = command;
    let config = context::config(cli)?;
    let rules = app::rules(&config.rulesets)?;
    let without_readers = without_readers(&config)?;
    let standing = Standing {
        rules: &rules,
        schools: &config.schools,
        without_readers: &without_readers,
        picture_lists: &config.picture_lists,
        scanner: config.scanner.as_ref(),
    };
    let mut all = coverage(Table::of_this_edition()?, &standing);
    let asked = |c: &Coverage| {
        let is = |id: &String| {
            id.eq_ignore_ascii_case(&c.clause.id) || id.eq_ignore_ascii_case(c.clause.section())
        };
        only.is_empty() || only.iter().any(is)
    };
    all.retain(asked);
    let routes = Routes::of(&config)?;
    let mut out = io::stdout().lock();
    unless_closed(match cli.format {
        Format::Jsonl => lines(&mut out, &all, &rules.digest, &routes),
        Format::Table => sheet(&mut out, &all, &rules.digest, &routes),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Schools that keep records which nobody could open. Before there is a store it names no custodian.
fn without_readers(config: &Config) -> Result<Vec<SchoolId>, Mistake> {
    if matches!(config.store, StoreConfig::Folder) && !config.data.join("gatehouse.db").exists() {
        let keys = !config.keys.records.is_empty();
        let keeping = config.schools.iter().filter(|s| s.record_parent_mail && !keys);
        return Ok(keeping.map(|s| s.id.clone()).collect());
    }
    context::block_on(async {
        let store = context::store(config).await?;
        let without = unread_in(&store, config).await;
        store.close().await;
        Ok(without?)
    })
}

fn lines(out: &mut impl Write, all: &[Coverage], digest: &str, routes: &Routes) -> io::Result<()> {
    for row in all {
        writeln!(out, "{}", as_json(row))?;
    }
    for (title, rows) in sections(all) {
        let here = Counts::of(rows, |c| c.here);
        let built = Counts::of(rows, |c| c.clause.status);
        writeln!(
            out,
            "{}",
            json!({"kind": "section", "section": title, "here": here.json(), "built": built.json()})
        )?;
    }
    let version = env!("CARGO_PKG_VERSION");
    writeln!(
        out,
        "{}",
        json!({"kind": "coverage", "coverage": routes.word(), "routes_proved": routes.proved,
               "routes_not_proved": routes.open, "routes_not_seen": NOT_SEEN,
               "edition": version, "rules": digest})
    )
}

fn as_json(row: &Coverage) -> Value {
    let of_state =
        |state| row.rules.iter().filter(|r| r.state == state).map(|r| r.id.as_str()).collect::<Vec<_>>();
    json!({
        "kind": "clause", "id": row.clause.id, "section": row.section, "asked": row.clause.asked,
        "status": row.here.name(), "built": row.clause.status.name(), "rules": of_state(RuleState::Loaded),
        "rules_not_loaded": of_state(RuleState::NotLoaded),
        "rules_of_other_purpose": of_state(RuleState::OtherPurpose), "own_rules": row.own_rules,
        "features": row.clause.features, "note": row.clause.note, "lessened": row.lessened,
    })
}

/// Neighbouring clauses of one section.
fn sections(all: &[Coverage]) -> impl Iterator<Item = (&'static str, &[Coverage])> {
    let runs = all.chunk_by(|a, b| a.section == b.section);
    runs.filter_map(|rows| rows.first().map(|first| (first.section, rows)))
}

/// How many clauses have which status.
#[derive(Default)]
struct Counts {
    enforced: usize,
    part: usize,
    not_yet: usize,
}

impl Counts {
    fn of(rows: &[Coverage], status: impl Fn(&Coverage) -> Status) -> Self {
        let mut counts = Self::default();
        for row in rows {
            match status(row) {
                Status::Enforced => counts.enforced += 1,
                Status::Part => counts.part += 1,
                Status::NotYet => counts.not_yet += 1,
            }
        }
        counts
    }

    fn json(&self) -> Value {
        json!({"enforced": self.enforced, "part": self.part, "not_yet": self.not_yet})
    }

    fn words(&self) -> String {
        format!("{} enforced, {} in part, {} not yet", self.enforced, self.part, self.not_yet)
    }
}

fn sheet(out: &mut impl Write, all: &[Coverage], digest: &str, ways: &Routes) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let rules: String = digest.chars().take(12).collect();
    writeln!(out, "What the schools' policies ask of their mail, and how far Gatehouse {version} does it")?;
    writeln!(out, "with the rules {rules} and the settings in force.\n")?;
    routes(out, ways)?;
    for (title, rows) in sections(all) {
        writeln!(out, "\n{title}: {}", Counts::of(rows, |c| c.here).words())?;
        for row in rows {
            clause(out, row)?;
        }
    }
    summary(out, all)
}

/// The ways of the mail, as far as canaries prove them.
struct Routes {
    proved: Vec<String>,
    /// `oakfield: outbound, internal`.
    open: Vec<String>,
}

impl Routes {
    fn of(config: &Config) -> Result<Self, Mistake> {
        let found = context::block_on(async {
            if config.store == StoreConfig::Folder && !config.data.join("gatehouse.db").exists() {
                return Ok(Self::from(config, &ways::unknown(config)));
            }
            let store = context::store(config).await?;
            let found = Self::from(config, &ways::all(config, &store).await?);
            store.close().await;
            Ok(found)
        });
        // Where the store cannot be asked nothing is proved; what the rules do is still worth saying.
        Ok(found.unwrap_or_else(|_: Mistake| Self::from(config, &ways::unknown(config))))
    }

    fn from(config: &Config, all: &[Way<'_>]) -> Self {
        let proved = all.iter().filter(|way| way.is_proved());
        Self {
            proved: proved.map(|way| way.canary.name.clone()).collect(),
            open: ways::unproved(&unproved(&config.schools, all)),
        }
    }

    fn word(&self) -> &'static str {
        if self.open.is_empty() { "proved" } else { "partial" }
    }
}

/// Said first, since no list of rules makes up for mail that never came by.
fn routes(out: &mut impl Write, ways: &Routes) -> io::Result<()> {
    if ways.open.is_empty() {
        paragraph(
            out,
            0,
            "Each direction of each school's mail is proved by a canary. What the gate cannot see:",
        )?;
    } else {
        let text = "Coverage is PARTIAL until each way of the mail is proved by a canary (`gatehouse canary list`). \
                    What it says below holds for mail that passes the gate. Not proved:";
        paragraph(out, 0, text)?;
        ways.open.iter().try_for_each(|line| paragraph(out, 2, &format!("- {line}")))?;
        paragraph(out, 0, "Besides, it does not see:")?;
    }
    NOT_SEEN.iter().try_for_each(|route| paragraph(out, 2, &format!("- {route}")))
}

fn clause(out: &mut impl Write, row: &Coverage) -> io::Result<()> {
    let (here, built) = (row.here, row.clause.status);
    let less = if here < built { format!(" (this edition could: {})", built.name()) } else { String::new() };
    writeln!(out, "\n{:<5} {}{less}", row.clause.id, here.name().to_uppercase())?;
    paragraph(out, INDENT, &row.clause.asked)?;
    let loaded: Vec<&str> =
        row.rules.iter().filter(|r| r.state == RuleState::Loaded).map(|r| r.id.as_str()).collect();
    if !loaded.is_empty() {
        paragraph(out, INDENT, &format!("Rules: {}", loaded.join(", ")))?;
    }
    if !row.own_rules.is_empty() {
        paragraph(out, INDENT, &format!("Rules of the school's own: {}", row.own_rules.join(", ")))?;
    }
    if !row.clause.features.is_empty() {
        paragraph(out, INDENT, &format!("Also: {}", row.clause.features.join("; ")))?;
    }
    if !row.clause.note.is_empty() {
        paragraph(out, INDENT, &format!("Note: {}", row.clause.note))?;
    }
    row.lessened.iter().try_for_each(|why| paragraph(out, INDENT, &format!("Here: {why}")))
}

fn summary(out: &mut impl Write, all: &[Coverage]) -> io::Result<()> {
    writeln!(out, "\nIn all, of {} clauses", all.len())?;
    for (title, rows) in sections(all) {
        writeln!(out, "  {title:<40}  {}", Counts::of(rows, |c| c.here).words())?;
    }
    let (here, built) = (Counts::of(all, |c| c.here), Counts::of(all, |c| c.clause.status));
    writeln!(out, "  {:<40}  {}", "Here", here.words())?;
    writeln!(out, "  {:<40}  {}", "With every rule and setting it has", built.words())?;
    paragraph(
        out,
        0,
        "`enforced` is within the limits of detection that docs/detection.md measures. Not built on purpose: \
         copyright of attachments, contracts made by mail, covert monitoring.",
    )
}

fn paragraph(out: &mut impl Write, indent: usize, text: &str) -> io::Result<()> {
    for line in wrapped(text, WIDTH - indent, "  ") {
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}
