//! How the demonstration tells its story, in at most 110 columns.

use super::{LetGo, Played, check::Kept, corpus, doors::Doors, folder::Folder, look::Row, sink::Sink};
use crate::{
    config::{Config, Listen},
    mail::Mode,
    ruleset::RuleSet,
    storage::ItemKind,
    verdict::Disposition,
};
use std::{
    collections::HashMap,
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
    sync::Arc,
};

const WIDTH: usize = 110;
/// Columns of the table: number, door, verdict; the rest is for what happened and why.
const NUMBER: usize = 3;
const DOOR: usize = 6;
const VERDICT: usize = 29;
const STORY: usize = WIDTH - NUMBER - DOOR - VERDICT - 6;

/// Colours, on a terminal that has not forbidden them (no-color.org).
#[derive(Clone, Copy)]
pub(super) struct Style {
    colours: bool,
}

impl Style {
    pub(super) fn of_this_terminal() -> Self {
        Self { colours: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn disposition(self, disposition: Disposition, text: &str) -> String {
        let code = match disposition {
            Disposition::Deliver => "32",
            Disposition::Hold => "33",
            Disposition::Quarantine => "35",
            Disposition::Refuse | Disposition::Defer => "31",
        };
        self.paint(code, text)
    }
}

/// Every policy rule's reason by its id.
pub(super) type Reasons = HashMap<Arc<str>, Arc<str>>;

pub(super) fn reasons(rules: &RuleSet) -> Reasons {
    rules.policy.iter().map(|rule| (rule.id.clone(), rule.reason.clone())).collect()
}

pub(super) fn opening(
    style: Style,
    config: &Config,
    doors: &Doors,
    people: usize,
    mails: usize,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let milter = match &doors.milter {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path, _) => path.display().to_string(),
    };
    writeln!(out, "{}", style.bold("Gatehouse, shown on two invented schools"))?;
    writeln!(out)?;
    for school in &config.schools {
        let mode = match school.mode {
            Mode::Enforce => "enforces: what its rules say is done",
            Mode::Observe => "observes: verdicts are written down, nothing is changed, nobody is told",
        };
        writeln!(out, "  {} {mode}.", school.name)?;
    }
    writeln!(out, "  {people} people come from a OneRoster export, {mails} messages from corpus/.")?;
    writeln!(
        out,
        "  Relay on {}, milter on {milter}, everybody's mailboxes on {}.",
        doors.relay, doors.mailboxes
    )?;
    writeln!(out)
}

/// One row for each message.
pub(super) fn table(style: Style, rows: &[Row], reasons: &Reasons) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let head = format!(
        "{:>NUMBER$}  {:DOOR$}  {:VERDICT$}  What it shows, what was done, why",
        "No", "Door", "Verdict"
    );
    writeln!(out, "{}", style.bold(&head))?;
    let rule = [NUMBER, DOOR, VERDICT, STORY].map(|width| "-".repeat(width));
    writeln!(out, "{}", rule.join("  "))?;
    for row in rows {
        write_row(&mut out, style, row, reasons)?;
    }
    writeln!(out)
}

fn write_row(out: &mut impl Write, style: Style, row: &Row, reasons: &Reasons) -> io::Result<()> {
    let verdict = verdict(row);
    let story = story(row, reasons);
    for line in 0..verdict.len().max(story.len()) {
        let (number, door) = match line {
            0 => (row.mail.number.to_string(), row.door.to_string()),
            _ => (String::new(), String::new()),
        };
        let cell = match verdict.get(line) {
            Some((disposition, text)) => style.disposition(*disposition, &format!("{text:VERDICT$}")),
            None => " ".repeat(VERDICT),
        };
        let text = story.get(line).map_or("", String::as_str);
        let text = format!("{number:>NUMBER$}  {door:DOOR$}  {cell}  {text}");
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// One line for each group of recipients.
fn verdict(row: &Row) -> Vec<(Disposition, String)> {
    if row.groups.is_empty() {
        return vec![(Disposition::Defer, row.reply.chars().take(VERDICT).collect())];
    }
    let line = |group: &super::look::Group| {
        let text = format!("{} {}", group.disposition.name(), group.relation);
        (group.disposition, text.chars().take(VERDICT).collect())
    };
    row.groups.iter().map(line).collect()
}

fn story(row: &Row, reasons: &Reasons) -> Vec<String> {
    let mut lines = wrapped(&row.mail.shows, STORY, "");
    let done = done(row);
    if !done.is_empty() {
        lines.extend(wrapped(&format!("= {}", done.join("; ")), STORY, "  "));
    }
    let mut why: Vec<&str> = Vec::new();
    for policy in row.groups.iter().flat_map(|group| &group.policies) {
        let reason = reasons.get(policy.as_str()).map_or(policy.as_str(), |reason| reason);
        if !why.contains(&reason) {
            why.push(reason);
        }
    }
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
    });
    kept.chain(done).collect()
}

pub(super) fn decisions(style: Style, let_go: &[LetGo], folder: &Folder) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", style.bold("Decided by people"))?;
    for one in let_go {
        let what = format!("{} {} (message {})", one.item.kind.name(), one.item.id, one.number);
        for line in wrapped(&format!("{what}: {}.", one.how), WIDTH - 4, "  ") {
            writeln!(out, "  {line}")?;
        }
        for delivered in &one.arrived {
            let subject = fs::read(&delivered.file).ok().and_then(|raw| corpus::field(&raw, "subject"));
            let file = shown(&delivered.file, folder);
            writeln!(out, "    arrived: {file}")?;
            writeln!(out, "    Subject: {}", printable(&subject.unwrap_or_default()))?;
        }
    }
    writeln!(out)
}

pub(super) fn whereabouts(style: Style, folder: &Folder, kept: &Kept, sink: &Sink) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let gatehouse = std::env::args().next().unwrap_or_else(|| "gatehouse".to_owned());
    let config = format!("--config {}", folder.config().display());
    let mut place = |what: String, hows: &[String]| {
        writeln!(out, "  {what}")?;
        hows.iter().try_for_each(|how| writeln!(out, "      {how}"))
    };
    writeln!(io::stdout(), "{}", style.bold("Where everything lies"))?;
    let first = kept
        .quarantined
        .iter()
        .find(|i| i.state.name() == "open")
        .map_or("NUMBER".into(), |i| i.id.to_string());
    place(
        format!("{} quarantined, encrypted; the list shows no content", kept.quarantined.len()),
        &[
            format!("{gatehouse} quarantine list {config}"),
            format!("{gatehouse} quarantine show {first} --purpose \"to see the demo\" {config}"),
        ],
    )?;
    place(
        format!("{} held for their senders, encrypted", kept.holds.len()),
        &[format!("{gatehouse} hold list {config}")],
    )?;
    let record = kept.records.first().map_or("ID".to_owned(), |r| r.id.to_string());
    place(
        format!("{} copies of mail with parents, which only the custodian's key opens", kept.records.len()),
        &[
            format!("{gatehouse} records search {config}"),
            format!("{gatehouse} records export {record} --identity {} \\", folder.custodian_key().display()),
            format!("    --purpose \"to see the demo\" {config}"),
        ],
    )?;
    let ledger = match &kept.ledger {
        Ok(report) => format!("{} rows in the ledger, each in its place", report.rows),
        Err(fault) => format!("THE LEDGER IS NOT WHAT IT WAS: {fault}"),
    };
    place(ledger, &[format!("{gatehouse} ledger verify {config}")])?;
    place(
        format!("{} copies as delivered, byte for byte", sink.delivered().len()),
        &[folder.delivered().display().to_string()],
    )?;
    place(
        format!("{} notices that the gate wrote", sink.notices().len()),
        &[folder.notices().display().to_string()],
    )?;
    place(
        "the thief's view: store and vault without the key, which lies beside it in keys/".to_owned(),
        &[folder.root().join("data").display().to_string()],
    )?;
    writeln!(io::stdout())
}

pub(super) fn ending(style: Style, played: &Played, faults: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let count = |wanted| played.rows.iter().filter(|row| row.disposition() == wanted).count();
    writeln!(
        out,
        "{} messages in {:.1} s: {} delivered, {} held, {} quarantined, {} refused.",
        played.rows.len(),
        played.took.as_secs_f64(),
        count(Disposition::Deliver),
        count(Disposition::Hold),
        count(Disposition::Quarantine),
        count(Disposition::Refuse),
    )?;
    if faults.is_empty() {
        return writeln!(
            out,
            "Every message met its fate as the corpus expects, and every copy is accounted for."
        );
    }
    writeln!(out, "{}", style.paint("1;31", &format!("NOT AS EXPECTED: {}", faults.len())))?;
    faults.iter().try_for_each(|fault| writeln!(out, "  {}", printable(fault)))
}

fn shown(path: &Path, folder: &Folder) -> String {
    let inside = path.strip_prefix(folder.root()).map(|inside| folder.root().join(inside));
    inside.unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Nothing from a message can move the cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks at spaces; further lines begin with `indent`.
fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in printable(text).split_whitespace() {
        let room = line.chars().count() + 1 + word.chars().count() <= width;
        if !line.trim().is_empty() && !room {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        }
        if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_a_long_word_stands_alone() {
        assert_eq!(wrapped("- one two three", 9, "  "), ["- one two", "  three"]);
        assert_eq!(wrapped("a bbbbbbbbbbbb c", 4, "  "), ["a", "  bbbbbbbbbbbb", "  c"]);
        assert_eq!(wrapped(" \u{1b}[2J ", 9, ""), ["[2J"]);
        assert!(wrapped("", 9, "").is_empty());
    }
}
