//! iCalendar (RFC 5545), vCalendar 1.0 and vCards of versions 2.1 (with quoted-printable), 3.0 (RFC 2426)
//! and 4.0 (RFC 6350): lines of properties, each told as a row of its name and its values.

use super::{
    super::{
        budget::Budget,
        bytes::unbase64,
        model::{Reason, Shown, Writing},
        open::{self, File},
    },
    charset,
};
use encoding_rs::Encoding;

/// One property with its parameters.
#[derive(Debug, Default)]
struct Property<'a> {
    name: &'a str,
    /// As they are written, with their quotes.
    parameters: Vec<(String, &'a str)>,
    value: &'a str,
}

/// Words of the standards are no longer.
const LONGEST_WORD: usize = 24;
/// Properties that say nothing about anyone.
const SILENT: &[&str] =
    &["BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "DTSTAMP", "SEQUENCE", "REV"];

pub(in super::super) fn read(file: &File<'_>, budget: &mut Budget) {
    let text = charset::decode(file.bytes, file.charset());
    let mut rows = String::new();
    for line in unfolded(&text) {
        if let Err(limit) = budget.step(1) {
            budget.missed("", "ics", Reason::Limit(limit));
            break;
        }
        let Some(property) = property(&line) else {
            // No property: said all the same.
            rows.push_str(line.trim());
            rows.push('\n');
            continue;
        };
        let file_inside = ["ATTACH", "PHOTO", "LOGO", "SOUND", "KEY", "IMAGE"]
            .contains(&property.name.to_uppercase().as_str());
        if file_inside && attached(&property, budget) {
            continue;
        }
        if is_page(&property) {
            budget.text(property.name, Shown::Visible, Writing::Html, property.lines());
            continue;
        }
        if !SILENT.iter().any(|silent| silent.eq_ignore_ascii_case(property.name)) {
            row(&property, &mut rows);
        }
    }
    budget.text("", Shown::Visible, Writing::Rows, rows);
}

/// Logical lines: a line that begins with white space goes on from the one before, and so does one
/// after a quoted-printable line that ends with `=`.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut soft = false;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let folded = line.strip_prefix([' ', '\t']);
        match (lines.last_mut(), folded) {
            (Some(last), _) if soft => {
                last.pop();
                last.push_str(line);
            }
            (Some(last), Some(rest)) => last.push_str(rest),
            _ if line.is_empty() => {}
            _ => lines.push(line.to_owned()),
        }
        soft = lines.last().is_some_and(|last| last.ends_with('=') && is_quoted_printable(last));
    }
    lines
}

fn is_quoted_printable(line: &str) -> bool {
    let head = line.get(..line.floor_char_boundary(1024)).unwrap_or_default();
    let parameters = head.split(':').next().unwrap_or_default();
    parameters.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

fn property(line: &str) -> Option<Property<'_>> {
    let mut in_quotes = false;
    let end = line.find(|c| {
        in_quotes ^= c == '"';
        c == ':' && !in_quotes
    });
    // Quotes that never end.
    let end = end.or_else(|| line.find(':'))?;
    let (head, value) = (line.get(..end)?, line.get(end + 1..)?);
    let mut in_quotes = false;
    // A semicolon within quotes divides nothing.
    let mut pieces = head.split(|c| {
        in_quotes ^= c == '"';
        c == ';' && !in_quotes
    });
    let name = pieces.next()?.trim();
    // `item1.EMAIL` groups lines.
    let name = name.rsplit('.').next()?;
    let parameters = pieces.map(|piece| match piece.split_once('=') {
        Some((key, value)) => (key.trim().to_ascii_uppercase(), value.trim()),
        // Version 2.1 writes `QUOTED-PRINTABLE` and `HOME` alone.
        None => (String::new(), piece),
    });
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    is_name.then(|| Property { name, parameters: parameters.collect(), value })
}

/// A description as a page, which Outlook writes and shows (MS-OXCICAL, section 2.1.3.1.1.20.26), and whatever
/// else is one.
fn is_page(property: &Property<'_>) -> bool {
    let start = property.value.trim_start().get(..16).unwrap_or_default().to_ascii_lowercase();
    let typed = property.parameter("FMTTYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
    typed && !property.value.contains("://")
        || start.starts_with("<html")
        || start.starts_with("<!doctype html")
        || property.name.eq_ignore_ascii_case("X-ALT-DESC")
}

impl Property<'_> {
    fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value.trim_matches('"'))
    }

    fn is_encoded(&self, how: &[&str]) -> bool {
        let names = |(key, value): &(String, &str)| {
            (key.is_empty() || key == "ENCODING")
                && how.iter().any(|how| how.eq_ignore_ascii_case(value.trim_matches('"')))
        };
        self.parameters.iter().any(names)
    }

    /// The value as a person reads it, on one line.
    fn text(&self) -> String {
        unescaped(&self.decoded())
    }

    /// The value as it was written, with its lines.
    fn lines(&self) -> String {
        let decoded = self.decoded();
        let mut out = String::with_capacity(decoded.len());
        let mut chars = decoded.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n' | 'N') => out.push('\n'),
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
                c => out.push(c),
            }
        }
        out
    }

    fn decoded(&self) -> String {
        let bytes = match () {
            () if self.is_encoded(&["QUOTED-PRINTABLE"]) => unquoted(self.value.as_bytes()),
            () if self.is_encoded(&["B", "BASE64"]) => unbase64(self.value.as_bytes()),
            () => return self.value.to_owned(),
        };
        let label = self.parameter("CHARSET").and_then(|label| Encoding::for_label(label.as_bytes()));
        match label {
            Some(encoding) => encoding.decode(&bytes).0.into_owned(),
            None => charset::decode(&bytes, None),
        }
    }
}

/// Name, the parameters that say something, and the value, in cells.
fn row(property: &Property<'_>, rows: &mut String) {
    rows.push_str(property.name);
    for (key, value) in &property.parameters {
        if says_something(key, value) {
            rows.push('\t');
            rows.push_str(&parameter_text(value));
        }
    }
    rows.push('\t');
    rows.push_str(property.text().trim());
    rows.push('\n');
}

/// Parameters that name people and files; and any whose value is no word of the standards (RFC 5545, section 3.2;
/// RFC 6350, section 5), which are short and never quoted: a label, a title, a type that somebody made up.
fn says_something(key: &str, value: &str) -> bool {
    let names = [
        "CN",
        "DIR",
        "X-FILENAME",
        "FILENAME",
        "LABEL",
        "SENT-BY",
        "MEMBER",
        "DELEGATED-TO",
        "DELEGATED-FROM",
    ];
    // What names a zone, a server's own number, or how the value is written.
    let silent =
        ["TZID", "X-UID", "ETAG", "MANAGED-ID", "X-APPLE-MAPKIT-HANDLE", "ENCODING", "CHARSET", "FMTTYPE"];
    let is_word = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_,.+/".contains(&b));
    names.contains(&key)
        || !silent.contains(&key) && (value.len() > LONGEST_WORD || !is_word(value.trim_matches('"')))
}

/// The value of a parameter; what it escapes (RFC 6868) and folds stands in one cell.
fn parameter_text(value: &str) -> String {
    let text = value.trim_matches('"').replace("^n", " ").replace("^'", "\"").replace("^^", "^");
    text.replace(['\t', '\n', '\r'], " ")
}

/// Escapes undone; what separates the parts of a name or an address becomes a blank. A line within a value
/// is no row.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push(' '),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            ';' | '\n' | '\r' | '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Quoted-printable (RFC 2045 section 6.7) without its soft breaks, which unfolding has undone.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, more)) = rest.split_first() {
        let digit = |at: usize| more.get(at).and_then(|c| char::from(*c).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'=', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                rest = more.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = more;
            }
        }
    }
    out
}

/// A file within a property: opened when it is there, told as a link when it is elsewhere. Whether it was one
/// of both.
fn attached(property: &Property<'_>, budget: &mut Budget) -> bool {
    let name = ["X-FILENAME", "FILENAME", "X-APPLE-FILENAME", "X-ORACLE-FILENAME"];
    let name = name.iter().find_map(|key| property.parameter(key));
    let fallback = property.name.to_ascii_lowercase();
    let in_data = property.value.strip_prefix("data:").and_then(|data| data.split_once(";base64,"));
    let (media_type, content) = match in_data {
        Some((media_type, content)) => (Some(media_type), content),
        None if property.is_encoded(&["B", "BASE64"]) => (property.parameter("FMTTYPE"), property.value),
        None if property.value.contains("://") || property.value.starts_with("mailto:") => {
            budget.text(&fallback, Shown::Link, Writing::Plain, property.value.to_owned());
            return true;
        }
        None => return false,
    };
    if let Some(name) = name {
        open::name(name, budget);
    }
    if let Err(limit) = budget.member() {
        budget.missed(name.unwrap_or(&fallback), "unknown", Reason::Limit(limit));
        return true;
    }
    // Without a name it has no ending that promises anything.
    open::within(Some(name.unwrap_or(&fallback)), media_type, &unbase64(content.as_bytes()), budget);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileLimits, Opened};

    fn opened(text: &str) -> Opened {
        let mut budget = Budget::new(FileLimits::default());
        open::open(Some("a.ics"), None, text.as_bytes(), &mut budget);
        budget.finish()
    }

    #[test]
    fn an_event_is_read() {
        let read = opened(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Review for Dafydd\r\n  Jones\\, Y9\r\n\
             DESCRIPTION;LANGUAGE=en:UPN A80120\r\n 1200001\\nSecond line\\; end\r\n\
             ATTENDEE;CN=\"Prys: Siân\";ROLE=REQ:mailto:s.prys@school.example\r\n\
             ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=note.txt:SGVsbG8gYWdhaW4=\r\n\
             ATTACH:https://files.example/plan\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        );
        let whole = &read.pieces.iter().find(|p| p.writing == Writing::Rows).unwrap().text;
        assert_eq!(
            whole,
            "SUMMARY\tReview for Dafydd Jones, Y9\nDESCRIPTION\tUPN A801201200001 Second line; end\n\
             ATTENDEE\tPrys: Siân\tmailto:s.prys@school.example\n"
        );
        assert!(read.pieces.iter().any(|p| p.place == "note.txt" && p.text == "Hello again"));
        assert!(read.pieces.iter().any(|p| p.shown == Shown::Link && p.text == "https://files.example/plan"));
    }

    #[test]
    fn labels_and_encoded_notes_are_read() {
        let read = opened(
            "BEGIN:VCARD\nTEL;TYPE=\"UPN; A801200001001\";PREF=1:01792 000000\nNOTE;ENCODING=b;LANGUAGE=en:SSB3aWxs\n\
             GEO;X-TITLE=\"at Dafydd's\";VALUE=URI:geo:51.6\nTEL;TYPE=\"cell,voice\":1\nDTSTART;TZID=\"GMT Standard Time\":2026\n\
             NOTE;ENCODING=BASE64;CHARSET=ISO-8859-1:U2nibg==\nEND:VCARD\n",
        );
        assert_eq!(
            read.pieces.first().unwrap().text,
            "TEL\tUPN; A801200001001\t01792 000000\nNOTE\tI will\nGEO\tat Dafydd's\tgeo:51.6\nTEL\t1\nDTSTART\t2026\nNOTE\tSiân\n"
        );
    }

    #[test]
    fn a_description_as_a_page_is_one() {
        let read = opened(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nX-ALT-DESC;FMTTYPE=text/html:<p>Dafydd\\, room <b>1</b>2</p>\nEND:VEVENT\nEND:VCALENDAR\n",
        );
        let page = read.pieces.iter().find(|piece| piece.writing == Writing::Html).unwrap();
        assert_eq!(
            (page.place.as_str(), page.text.as_str()),
            ("X-ALT-DESC", "<p>Dafydd, room <b>1</b>2</p>")
        );
    }

    #[test]
    fn an_old_card_is_read() {
        let read = opened(
            "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:Pr=FDs;Si=E2n\n\
             NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:lives with =\nhis aunt =C5=B4yn=0Aand dog\n\
             item1.TEL;HOME:01792 000000\nADR:;;1 Heol y M=F4r;Abertawe;;SA1 1AA;\nEND:VCARD\n",
        );
        assert_eq!(
            read.pieces.first().unwrap().text,
            "N\tPrýs Siân\nNOTE\tlives with his aunt Ŵyn and dog\nTEL\t01792 000000\nADR\t1 Heol y M=F4r Abertawe  SA1 1AA\n"
        );
    }
}
