//! What happened to which kind of mail, and why: for each area of the corpus the outcomes,
//! strictest first, with their reasons, the numbers of the messages and one of them.

use super::{
    look::Row,
    print::Reasons,
    style::{Style, WIDTH},
};
use crate::{cli::render::wrapped, mail::Mode, verdict::Disposition};
use std::io::{self, Write};

/// Folders of the corpus in the order in which they are told, with their heads.
const AREAS: [(&str, &str); 6] = [
    ("personal-data", "Personal data on its way out"),
    ("contact", "Contact with pupils: private addresses, strangers, false names"),
    ("harm", "Insult, threat, abuse, distress"),
    ("chain-letters", "Chain letters"),
    ("forms", "Mail that must not be broken: signed, calendars, reports, odd charsets"),
    ("clean", "Ordinary school life, in which nothing must be found"),
];

/// The most frequent reasons tell the story; the others are in the file of all messages.
const MOST_REASONS: usize = 2;
/// A finding of less confidence is no news to anybody.
const COUNTS: f32 = 0.5;

/// One fate that messages of an area met.
struct Outcome<'a> {
    disposition: Disposition,
    text: String,
    rows: Vec<&'a Row>,
}

pub(super) fn print(style: Style, rows: &[Row], reasons: &Reasons) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (folder, head) in AREAS {
        let of_it: Vec<&Row> = rows.iter().filter(|row| row.mail.area() == folder).collect();
        area(&mut out, style, head, &of_it, reasons)?;
    }
    let known = |row: &&Row| AREAS.iter().any(|(folder, _)| *folder == row.mail.area());
    let others: Vec<&Row> = rows.iter().filter(|row| !known(row)).collect();
    area(&mut out, style, "Others", &others, reasons)
}

fn area(out: &mut impl Write, style: Style, head: &str, rows: &[&Row], reasons: &Reasons) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} ({} messages)", style.bold(head), rows.len())?;
    for outcome in outcomes(rows) {
        let text = format!("{:>3} {}", outcome.rows.len(), outcome.text);
        writeln!(out, "{}", style.disposition(outcome.disposition, &text))?;
        let why = by_reason(&outcome.rows, reasons);
        for (reason, numbers) in why.iter().take(MOST_REASONS) {
            lines(out, &format!("- {} {}", first_sentence(reason), in_brackets(numbers)), 6)?;
        }
        if why.len() > MOST_REASONS {
            lines(out, &format!("- and {} more reasons", why.len() - MOST_REASONS), 6)?;
        }
        if let Some(row) = outcome.rows.first() {
            lines(out, &format!("for example {}: {}", row.mail.number, row.mail.shows), 6)?;
        }
    }
    writeln!(out)
}

/// Strictest first.
fn outcomes<'a>(rows: &[&'a Row]) -> Vec<Outcome<'a>> {
    let mut all: Vec<Outcome<'a>> = Vec::new();
    for &row in rows {
        let (disposition, text) = fate(row);
        match all.iter_mut().find(|o| o.text == text) {
            Some(outcome) => outcome.rows.push(row),
            None => all.push(Outcome { disposition, text, rows: vec![row] }),
        }
    }
    all.sort_by_key(|o| (std::cmp::Reverse(o.disposition), std::cmp::Reverse(o.rows.len())));
    all
}

/// What happened to a message, in the words of whoever answers for it.
fn fate(row: &Row) -> (Disposition, String) {
    if row.groups.is_empty() {
        return (Disposition::Defer, format!("not decided; the gate's answer was: {}", row.reply));
    }
    let disposition = row.disposition();
    let told = told(row);
    let found = row.findings.iter().any(|f| f.confidence >= COUNTS);
    let text = match disposition {
        Disposition::Deliver if told.is_empty() && !found => "delivered, nothing to be said".into(),
        Disposition::Deliver if told.is_empty() => "delivered, noted without telling anybody".into(),
        Disposition::Deliver => format!("delivered, {told}"),
        // The nudge asks the sender, and there is nobody else to be told.
        Disposition::Hold => "not sent yet, the sender asked".into(),
        Disposition::Quarantine => format!("quarantined for a reviewer{}", comma(&told)),
        Disposition::Refuse => format!("refused{}", comma(&told)),
        Disposition::Defer => "put off".into(),
    };
    if row.mode == Mode::Observe && (disposition > Disposition::Deliver || !told.is_empty()) {
        let text = format!("delivered, as the school only observes; else {text}");
        return (Disposition::Deliver, text);
    }
    (disposition, text)
}

fn comma(told: &str) -> String {
    if told.is_empty() { String::new() } else { format!(", {told}") }
}

/// Who hears of it.
fn told(row: &Row) -> String {
    let urgent = row.actions.iter().any(|action| action == "notice:lead-urgent");
    let notices = row.actions.iter().filter_map(|action| action.strip_prefix("notice:"));
    let notices = notices.filter(|whom| !(urgent && *whom == "lead"));
    let words: Vec<String> = notices
        .map(|whom| match whom {
            "lead-urgent" => "the lead told at once".to_owned(),
            "lead" => "the lead told".to_owned(),
            "head" => "the head told".to_owned(),
            "sender" => "the sender reminded".to_owned(),
            other => format!("{other} told"),
        })
        .collect();
    words.join(", ")
}

/// Each reason with the numbers of its messages, the most frequent first.
fn by_reason<'a>(rows: &[&'a Row], reasons: &'a Reasons) -> Vec<(&'a str, Vec<usize>)> {
    let mut all: Vec<(&str, Vec<usize>)> = Vec::new();
    for row in rows {
        for reason in reasons.of(row) {
            match all.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, numbers)) => numbers.push(row.mail.number),
                None => all.push((reason, vec![row.mail.number])),
            }
        }
    }
    all.sort_by_key(|(_, numbers)| std::cmp::Reverse(numbers.len()));
    all
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().map_or(text, str::trim_end)
}

/// `(1, 3-5)`.
fn in_brackets(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    };
    format!("({})", runs.iter().map(run).collect::<Vec<_>>().join(", "))
}

fn lines(out: &mut impl Write, text: &str, indent: usize) -> io::Result<()> {
    for line in wrapped(text, WIDTH - indent, "  ") {
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_numbers_are_drawn_together() {
        assert_eq!(in_brackets(&[1, 3, 4, 5, 8, 9]), "(1, 3-5, 8, 9)");
    }
}
