//! How answers are printed: a table for people, one JSON object per line for programs.

use super::args::Format;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use std::io::{self, Write};

/// One column: the key in each row and the head above it.
pub struct Column {
    pub key: &'static str,
    pub head: &'static str,
}

/// A time as people and programs read it: UTC, to the second.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Columns from pairs of key and head.
pub fn columns(pairs: &[(&'static str, &'static str)]) -> Vec<Column> {
    pairs.iter().map(|&(key, head)| Column { key, head }).collect()
}

/// Prints rows in the chosen format. `empty` is the sentence for people when there are none.
pub fn rows(
    out: &mut impl Write,
    format: Format,
    columns: &[Column],
    rows: &[Value],
    empty: &str,
) -> io::Result<()> {
    match format {
        Format::Jsonl => {
            for row in rows {
                writeln!(out, "{row}")?;
            }
            Ok(())
        }
        Format::Table if rows.is_empty() => writeln!(out, "{empty}"),
        Format::Table => table(out, columns, rows),
    }
}

/// How many there are beside those that are shown: `one` or `many` of them do what the words say.
pub fn more(count: usize, shown: usize, [one, many]: [&str; 2]) -> String {
    let more = if shown > 0 { " more" } else { "" };
    format!("{count}{more} {}", if count == 1 { one } else { many })
}

fn table(out: &mut impl Write, columns: &[Column], rows: &[Value]) -> io::Result<()> {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|c| cell(&row[c.key])).collect()).collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            cells.iter().map(|r| r[i].chars().count()).chain([c.head.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let heads: Vec<String> = columns.iter().map(|c| c.head.to_owned()).collect();
    let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    for row in std::iter::once(&heads).chain([&rule]).chain(&cells) {
        let mut line = String::new();
        for (text, width) in row.iter().zip(&widths) {
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', width - text.chars().count() + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The head of a table whose rows come one by one, in columns of these widths.
pub fn head(out: &mut impl Write, columns: &[Column], widths: &[usize]) -> io::Result<()> {
    let heads = columns.iter().map(|c| c.head.to_owned());
    fixed(out, heads, widths)?;
    fixed(out, widths.iter().map(|w| "-".repeat(*w)), widths)
}

/// One row below such a head; what is too long pushes the rest to the right.
pub fn row(out: &mut impl Write, columns: &[Column], widths: &[usize], value: &Value) -> io::Result<()> {
    fixed(out, columns.iter().map(|c| cell(&value[c.key])), widths)
}

fn fixed(out: &mut impl Write, cells: impl Iterator<Item = String>, widths: &[usize]) -> io::Result<()> {
    let mut line = String::new();
    for (text, width) in cells.zip(widths) {
        line.push_str(&text);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.chars().count()) + 2));
    }
    writeln!(out, "{}", line.trim_end())
}

/// A value as one line of printable text: nothing from a message can move the cursor.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(all) => all.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    printable(&text)
}

/// Whoever reads may stop reading (`| head`): that is no fault of the answer.
pub fn unless_closed(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Nothing from a message can move the cursor or turn the direction of reading.
pub fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// Breaks at spaces; further lines begin with `indent`.
pub fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
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
    use serde_json::json;

    fn shown(format: Format, rows_: &[Value]) -> String {
        let mut out = Vec::new();
        rows(&mut out, format, &columns(&[("id", "Id"), ("n", "Findings")]), rows_, "Nothing waits.")
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_lines_up_and_a_control_character_cannot_escape() {
        let text = shown(
            Format::Table,
            &[json!({"id": "a\u{1b}[2J", "n": [1, 2]}), json!({"id": "bbbbbbbb", "n": null})],
        );
        assert_eq!(text, "Id        Findings\n--------  --------\na [2J     1, 2\nbbbbbbbb\n");
    }

    #[test]
    fn nothing_is_said_in_words_to_people_and_in_silence_to_programs() {
        assert_eq!(shown(Format::Table, &[]), "Nothing waits.\n");
        assert_eq!(shown(Format::Jsonl, &[]), "");
    }

    #[test]
    fn lines_break_at_spaces_and_a_long_word_stands_alone() {
        assert_eq!(wrapped("- one two three", 9, "  "), ["- one two", "  three"]);
        assert_eq!(wrapped("a bbbbbbbbbbbb c", 4, "  "), ["a", "  bbbbbbbbbbbb", "  c"]);
        assert_eq!(wrapped(" \u{1b}[2J ", 9, ""), ["[2J"]);
        assert!(wrapped("", 9, "").is_empty());
    }
}
