//! How the comparison is told: what was found and missed of each category, then each
//! message that did not meet its fate, with the rules that spoke.

use super::{
    compare::Mismatch,
    manifest::{Example, Expected, Wanted},
};
use crate::cli::{
    Answer,
    args::Format,
    render::{self, printable, unless_closed},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// What came of one message.
pub(super) struct Judged {
    pub(super) mismatches: Vec<Mismatch>,
    /// Category, rule and confidence.
    pub(super) findings: Vec<(&'static str, String, f32)>,
    pub(super) policies: Vec<String>,
}

/// How often a category was asked for and found.
#[derive(Default)]
struct Tally {
    required: usize,
    missed: usize,
    forbidden: usize,
    found_although_forbidden: usize,
}

pub(super) struct Report<'a> {
    folder: &'a Path,
    rows: Vec<(&'a Example, &'a Judged)>,
}

impl<'a> Report<'a> {
    pub(super) fn new(folder: &'a Path, examples: &'a [Example], judged: &'a [Judged]) -> Self {
        Self { folder, rows: examples.iter().zip(judged).collect() }
    }

    /// Prints it; the status is 1 when anything is not as expected.
    pub(super) fn print(&self, format: Format) -> Answer {
        let mut out = io::stdout().lock();
        let wrong = self.rows.iter().filter(|(_, judged)| !judged.mismatches.is_empty()).count();
        unless_closed(match format {
            Format::Jsonl => self.lines(&mut out, wrong),
            Format::Table => self.table(&mut out, wrong),
        })?;
        Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn lines(&self, out: &mut impl Write, wrong: usize) -> io::Result<()> {
        for (example, judged) in &self.rows {
            writeln!(out, "{}", message_line(example, judged))?;
        }
        for row in self.categories() {
            writeln!(out, "{row}")?;
        }
        let (all, right) = (self.rows.len(), self.rows.len() - wrong);
        writeln!(
            out,
            "{}",
            json!({"kind": "summary", "messages": all, "as_expected": right, "not_as_expected": wrong})
        )
    }

    fn table(&self, out: &mut impl Write, wrong: usize) -> io::Result<()> {
        let columns = render::columns(&[
            ("category", "Category"),
            ("required", "Must be found"),
            ("found", "Found"),
            ("missed", "Missed"),
            ("forbidden", "Must not be found"),
            ("found_although_forbidden", "Found all the same"),
        ]);
        render::rows(out, Format::Table, &columns, &self.categories(), "The manifest names no category.")?;
        writeln!(out)?;
        for (example, judged) in self.rows.iter().filter(|(_, judged)| !judged.mismatches.is_empty()) {
            writeln!(out, "{}: {}", example.path, printable(&example.shows))?;
            for mismatch in &judged.mismatches {
                writeln!(out, "  - {}", printable(&mismatch.sentence()))?;
            }
            let found: Vec<String> = judged
                .findings
                .iter()
                .map(|(_, rule, confidence)| format!("{rule} {confidence:.2}"))
                .collect();
            writeln!(out, "    found by: {}", or_nothing(&found))?;
            writeln!(out, "    policy rules that spoke: {}", or_nothing(&judged.policies))?;
        }
        let (all, right) = (self.rows.len(), self.rows.len() - wrong);
        writeln!(out, "{all} messages of {}: {right} as expected, {wrong} not.", self.folder.display())?;
        if wrong > 0 {
            writeln!(out, "`gatehouse rules explain MESSAGE` says for each rule why or why not.")?;
        }
        Ok(())
    }

    /// One row for each category that the manifest names.
    fn categories(&self) -> Vec<Value> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for (example, judged) in &self.rows {
            let Expected { findings: Wanted { required, forbidden }, .. } = &example.expected;
            required.iter().for_each(|c| tallies.entry(c).or_default().required += 1);
            forbidden.iter().for_each(|c| tallies.entry(c).or_default().forbidden += 1);
            for mismatch in &judged.mismatches {
                match mismatch {
                    Mismatch::Missed(category) => tallies.entry(category).or_default().missed += 1,
                    Mismatch::Forbidden { category, .. } => {
                        tallies.entry(category).or_default().found_although_forbidden += 1;
                    }
                    _ => {}
                }
            }
        }
        let row = |(category, t): (&str, Tally)| {
            json!({
                "kind": "category", "category": category, "required": t.required,
                "found": t.required.saturating_sub(t.missed), "missed": t.missed, "forbidden": t.forbidden,
                "found_although_forbidden": t.found_although_forbidden,
            })
        };
        tallies.into_iter().map(row).collect()
    }
}

fn message_line(example: &Example, judged: &Judged) -> Value {
    let mismatch = |m: &Mismatch| json!({"about": m.kind(), "text": m.sentence()});
    let finding = |(category, rule, confidence): &(&str, String, f32)| json!({"category": category, "rule": rule, "confidence": confidence});
    json!({
        "kind": "message", "path": example.path, "as_expected": judged.mismatches.is_empty(),
        "mismatches": judged.mismatches.iter().map(mismatch).collect::<Vec<_>>(),
        "findings": judged.findings.iter().map(finding).collect::<Vec<_>>(),
        "policies": judged.policies,
    })
}

fn or_nothing(all: &[String]) -> String {
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
