//! All messages one by one, as they are written into the demonstration's folder.

use super::{
    look::{Group, Row},
    print::Reasons,
    style::WIDTH,
};
use crate::{cli::render::wrapped, mail::Mode, storage::ItemKind, verdict::Disposition};
use std::io::{self, Write};

/// Columns: number, door, verdict; the rest is for what happened and why.
const NUMBER: usize = 3;
const DOOR: usize = 6;
const VERDICT: usize = 29;
const STORY: usize = WIDTH - NUMBER - DOOR - VERDICT - 6;

/// One row for each message.
pub(super) fn write(out: &mut impl Write, rows: &[Row], reasons: &Reasons) -> io::Result<()> {
    let head = format!(
        "{:>NUMBER$}  {:DOOR$}  {:VERDICT$}  What it shows, what was done, why",
        "No", "Door", "Verdict"
    );
    writeln!(out, "{head}")?;
    let rule = [NUMBER, DOOR, VERDICT, STORY].map(|width| "-".repeat(width));
    writeln!(out, "{}", rule.join("  "))?;
    for row in rows {
        write_row(out, row, reasons)?;
    }
    Ok(())
}

fn write_row(out: &mut impl Write, row: &Row, reasons: &Reasons) -> io::Result<()> {
    let verdict = verdict(row);
    let story = story(row, reasons);
    for line in 0..verdict.len().max(story.len()) {
        let (number, door) = match line {
            0 => (row.mail.number.to_string(), row.door.to_string()),
            _ => (String::new(), String::new()),
        };
        let cell = match verdict.get(line) {
            Some(text) => format!("{text:VERDICT$}"),
            None => " ".repeat(VERDICT),
        };
        let text = story.get(line).map_or("", String::as_str);
        let text = format!("{number:>NUMBER$}  {door:DOOR$}  {cell}  {text}");
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// One line for each group of recipients.
fn verdict(row: &Row) -> Vec<String> {
    if row.groups.is_empty() {
        return vec![row.reply.chars().take(VERDICT).collect()];
    }
    let line = |group: &Group| {
        let text = format!("{} {}", group.disposition.name(), group.relation);
        text.chars().take(VERDICT).collect()
    };
    row.groups.iter().map(line).collect()
}

fn story(row: &Row, reasons: &Reasons) -> Vec<String> {
    let mut lines = wrapped(&row.mail.shows, STORY, "");
    lines.push(row.mail.path.clone());
    let done = done(row);
    if !done.is_empty() {
        lines.extend(wrapped(&format!("= {}", done.join("; ")), STORY, "  "));
    }
    let why = reasons.of(row);
    lines.extend(why.iter().flat_map(|reason| wrapped(&format!("- {reason}"), STORY, "  ")));
    lines
}

/// The actions in words. Where the school observes, none was carried out.
fn done(row: &Row) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    for action in &row.actions {
        done.push(match action.as_str() {
            "hold" | "quarantine" => continue,
            "disclaimer" => "disclaimer".to_owned(),
            "subject-mark" => "subject marked".to_owned(),
            "record-copy" => "copy to the records".to_owned(),
            "incident" => "incident noted".to_owned(),
            "refuse" => "refused".to_owned(),
            other => match other.strip_prefix("notice:") {
                Some("lead-urgent") => "lead told at once".to_owned(),
                Some(whom) => format!("{whom} told"),
                None => other.to_owned(),
            },
        });
    }
    if row.mode == Mode::Observe && row.disposition() > Disposition::Deliver {
        done.push("held back".to_owned());
    }
    if row.mode == Mode::Observe && !done.is_empty() {
        return vec![format!("observed only, so delivered as it came; else: {}", done.join(", "))];
    }
    let kept = row.items.iter().map(|item| match item.kind {
        ItemKind::Hold => format!("held as {}", item.id),
        ItemKind::Quarantine => format!("quarantined as {}", item.id),
        ItemKind::Grace => format!("delayed as {}", item.id),
    });
    kept.chain(done).collect()
}
