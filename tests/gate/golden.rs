//! The golden corpus: each message of tests/golden beside a readable dump of what is read
//! from it, the same for LF and CRLF line ends. A difference leaves the actual dump beside
//! the expected one as `.actual`. A test of how mail is read belongs there, as a message;
//! delete its `.txt` and the first run writes an `.actual` to look at and to rename.

use gatehouse::{
    extraction::{Extract, ExtractLimits, Fragment, extract},
    files::Files,
    message::{Body, Mailbox, Message, ReadLimits, Reading, read},
};
use std::{
    fmt::Write as _,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

#[test]
fn golden_rfc() {
    compare("rfc");
}

#[test]
fn golden_legacy() {
    compare("legacy");
}

#[test]
fn golden_malformed() {
    compare("malformed");
}

#[test]
fn golden_html() {
    compare("html");
}

#[test]
fn golden_quotes() {
    compare("quotes");
}

/// The messages of one folder of the corpus, sorted.
pub(crate) fn messages(folder: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no messages in {folder}");
    paths
}

pub(crate) fn with_crlf(raw: &[u8]) -> Vec<u8> {
    raw.split_inclusive(|b| *b == b'\n')
        .flat_map(|line| match line.strip_suffix(b"\n") {
            Some(text) => [text, b"\r\n"].concat(),
            None => line.to_vec(),
        })
        .collect()
}

fn compare(folder: &str) {
    let mut faults = Vec::new();
    for path in messages(folder) {
        let raw = fs::read(&path).unwrap();
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        let actual = path.with_extension("actual");
        for (ends, raw) in [("LF", raw.clone()), ("CRLF", with_crlf(&raw))] {
            let dump = dump(&raw);
            if dump != expected {
                faults.push(format!("{} with {ends} line ends", path.display()));
                fs::write(&actual, &dump).unwrap();
                break;
            }
            let _ = fs::remove_file(&actual);
        }
    }
    assert!(faults.is_empty(), "differ (see .actual beside):\n{}", faults.join("\n"));
}

fn dump(raw: &[u8]) -> String {
    let message = read(raw, ReadLimits::default());
    let files = Files::default();
    let extract = extract(&message, &files, ExtractLimits::default());
    check(&message, &extract);
    let mut out = String::new();
    dump_header(&mut out, &message);
    for index in 0..message.parts.len() {
        dump_part(&mut out, &message, index);
    }
    for fragment in &extract.fragments {
        dump_fragment(&mut out, fragment);
    }
    for unread in &extract.unread {
        let _ = writeln!(out, "unread {} {} {:?}", unread.place, unread.media_type, unread.reason);
    }
    let _ = writeln!(out, "defects {:?}", message.defects);
    out
}

fn dump_header(out: &mut String, message: &Message<'_>) {
    let header = &message.header;
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name}: {value}");
        }
    };
    put("from", mailboxes(&header.from));
    put("to", mailboxes(&header.to));
    put("cc", mailboxes(&header.cc));
    put("subject", header.subject.clone());
    put("other subjects", header.other_subjects.join(" | "));
    put("message-id", header.message_id.clone().unwrap_or_default());
    put("in-reply-to", header.in_reply_to.join(" "));
    put("references", header.references.join(" "));
    put("date", header.date.map(|d| d.to_rfc3339()).unwrap_or_default());
    put(
        "marks",
        [("automatic", header.automatic), ("list", header.list)]
            .iter()
            .filter(|m| m.1)
            .map(|m| m.0)
            .collect(),
    );
    put("received", header.received.to_string());
}

fn mailboxes(list: &[Mailbox]) -> String {
    let one = |m: &Mailbox| {
        let address = m.address.as_ref().map_or("-".into(), ToString::to_string);
        format!("{} <{address}>", m.name.as_deref().unwrap_or("-"))
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn dump_part(out: &mut String, message: &Message<'_>, index: usize) {
    let part = &message.parts[index];
    let _ = write!(out, "part {index} [{}] {} ", part.path, part.media_type);
    let _ = write!(
        out,
        "lines {}/{} ",
        lines(message.raw, &part.header_range),
        lines(message.raw, &part.body_range)
    );
    let _ = match &part.body {
        Body::Multipart(children) => write!(out, "multipart {children:?}"),
        Body::Message(root) => write!(out, "message {root}"),
        Body::Text(_) => write!(out, "text"),
        Body::Html(_) => write!(out, "html"),
        Body::Binary(bytes) => write!(out, "binary {}", bytes.iter().filter(|b| **b != b'\r').count()),
    };
    let _ = write!(out, " {:?} {:?} {:?}", part.transfer_encoding, part.disposition, part.protection);
    let marks = [
        ("charset", part.charset.clone()),
        ("name", part.file_name.clone()),
        ("flowed", part.flowed.then(String::new)),
        ("signed", part.signed.then(String::new)),
        ("parent", part.parent.map(|p| p.to_string())),
        ("inside", part.inside.map(|p| p.to_string())),
        ("nesting", (part.nesting > 0).then(|| part.nesting.to_string())),
        ("subject", part.subject.clone()),
    ];
    for (name, value) in marks {
        if let Some(value) = value {
            let _ = write!(out, " {name}={value}");
        }
    }
    out.push('\n');
}

/// Line numbers, from 1, of the first and last line of a range; they are the same for
/// both kinds of line end.
fn lines(raw: &[u8], range: &Range<usize>) -> String {
    let number = |at: usize| raw[..at].iter().filter(|b| **b == b'\n').count() + 1;
    match range.is_empty() {
        true => format!("{}-", number(range.start)),
        false => format!("{}-{}", number(range.start), number(range.end - 1)),
    }
}

fn dump_fragment(out: &mut String, fragment: &Fragment<'_>) {
    let _ = writeln!(out, "{:?} {}", fragment.layer, fragment.place);
    for line in fragment.view.text.split('\n') {
        let _ = writeln!(out, "  | {line}");
    }
    for range in &fragment.quoted {
        let _ = writeln!(out, "  quoted {:?}", &fragment.view.text[range.clone()]);
    }
}

/// What must hold of every message, however malformed.
pub(crate) fn check(message: &Message<'_>, extract: &Extract<'_>) {
    let within = |range: &Range<usize>| range.start <= range.end && range.end <= message.raw.len();
    assert!(!message.parts.is_empty());
    for (index, part) in message.first_reading().iter().enumerate() {
        assert!(within(&part.header_range) && within(&part.body_range));
        assert!(part.inside.is_some() || part.header_range.end <= part.body_range.start);
        assert!(part.parent.is_none_or(|p| p < index) && part.parent.is_some() == (index > 0));
        if let Some(outer) = part.parent.map(|p| &message.parts[p]).filter(|_| part.inside.is_none()) {
            assert!(
                outer.body_range.start <= part.header_range.start,
                "part {index} begins before its parent"
            );
            assert!(part.body_range.end <= outer.body_range.end, "part {index} ends behind its parent");
        }
        match &part.body {
            Body::Multipart(children) => {
                assert!(children.iter().all(|c| message.parts[*c].parent == Some(index)));
            }
            Body::Message(root) => assert_eq!(message.parts[*root].parent, Some(index)),
            _ => {}
        }
    }
    // What only another reading has stands behind, and nowhere in the bytes.
    for part in &message.parts[message.first_reading().len()..] {
        assert!(part.reading != Reading::First && part.parent.is_none() && part.inside.is_none());
        assert!(part.header_range.is_empty() && part.body_range.is_empty());
        assert!(!matches!(part.body, Body::Multipart(_) | Body::Message(_)));
    }
    for fragment in &extract.fragments {
        check_fragment(fragment);
    }
    assert!(message.outside.iter().all(within));
    let _ = message.protection();
}

fn check_fragment(fragment: &Fragment<'_>) {
    let (view, source) = (&fragment.view, fragment.source.as_ref());
    assert!(!view.text.is_empty());
    let doubled = |pair: &[u8]| pair.iter().all(|b| matches!(b, b' ' | b'\n'));
    assert!(!view.text.as_bytes().windows(2).any(doubled), "two white spaces in a view");
    let mut last = 0;
    for (at, c) in view.text.char_indices() {
        let range = view.map.range(at..at + c.len_utf8(), source.len());
        assert!(range.start >= last, "the map goes back");
        assert!(source.get(range.clone()).is_some_and(|s| !s.is_empty()), "a character without source");
        last = range.start;
    }
    let mut end = 0;
    for range in &fragment.quoted {
        assert!(range.start >= end && view.text.get(range.clone()).is_some());
        end = range.end;
    }
}
