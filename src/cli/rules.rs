//! `gatehouse rules`: check every rule file with its examples, list what is in force,
//! explain what a message meets.

use super::{
    Answer, Mistake,
    args::{Cli, RulesCommand},
    context, explain, render,
};
use crate::{app, detection::rulecheck};
use serde_json::json;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &RulesCommand) -> Answer {
    match command {
        RulesCommand::Check { paths } => check(cli, paths),
        RulesCommand::List => list(cli),
        RulesCommand::Explain { message, from, to, signed_in, all } => {
            let asked =
                explain::Asked { message, from: from.as_deref(), to, signed_in: *signed_in, all: *all };
            explain::run(cli, &asked)
        }
    }
}

/// Folders named on the command line need no configuration.
fn folders(cli: &Cli, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    if paths.is_empty() { Ok(context::config(cli)?.rulesets) } else { Ok(paths.to_vec()) }
}

fn check(cli: &Cli, paths: &[PathBuf]) -> Answer {
    let rules = app::rules(&folders(cli, paths)?)?;
    let faults = rulecheck::check(&rules, None)?;
    for fault in &faults {
        writeln!(io::stderr(), "{fault}")?;
    }
    let examples: usize = rules.detection.iter().map(|r| r.examples.hit.len() + r.examples.miss.len()).sum();
    let summary = json!({
        "detection_rules": rules.detection.len(), "policy_rules": rules.policy.len(),
        "examples": examples, "faults": faults.len(), "digest": rules.digest,
    });
    match cli.format {
        super::args::Format::Jsonl => writeln!(io::stdout(), "{summary}")?,
        super::args::Format::Table => writeln!(
            io::stdout(),
            "{} detection rules, {} policy rules, {examples} examples: {} faults.",
            rules.detection.len(),
            rules.policy.len(),
            faults.len()
        )?,
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(cli: &Cli) -> Answer {
    let rules = app::rules(&folders(cli, &[])?)?;
    let clauses = |c: &[std::sync::Arc<str>]| c.iter().map(ToString::to_string).collect::<Vec<_>>();
    let detection = rules.detection.iter().map(|r| {
        json!({"id": &*r.id, "kind": "detection", "about": r.category.name(), "severity": r.severity,
               "clauses": clauses(&r.clauses), "reason": &*r.reason, "origin": &*r.origin.to_string()})
    });
    let policy = rules.policy.iter().map(|r| {
        json!({"id": &*r.id, "kind": "policy", "about": r.then.disposition, "severity": null,
               "clauses": clauses(&r.clauses), "reason": &*r.reason, "origin": &*r.origin.to_string()})
    });
    let rows: Vec<_> = detection.chain(policy).collect();
    let columns = render::columns(&[
        ("id", "Rule"),
        ("kind", "Kind"),
        ("about", "About"),
        ("severity", "Severity"),
        ("clauses", "Clauses"),
        ("reason", "Reason"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "There is no rule.")?;
    Ok(ExitCode::SUCCESS)
}
