//! JSON (RFC 8259): texts as the programs show them that read it, and the cells of Jupyter's notebooks.

use super::super::open::File;

const ENDINGS: &[&str] = &["json", "ipynb", "geojson", "jsonl", "ndjson", "har", "webmanifest"];
const TYPES: &[&str] = &["application/json", "application/x-ipynb+json", "application/ld+json", "text/json"];

pub(super) fn is_called_so(file: &File<'_>) -> bool {
    file.has_ending(ENDINGS) || file.is_of_type(TYPES)
}

/// The text with the escapes of its strings undone (section 7). A line's end within a string is a blank: lines are
/// rows.
pub(super) fn shown(text: String) -> String {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return text;
    }
    unescaped(&text, ' ')
}

fn unescaped(text: &str, line_end: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        rest = match behind.strip_prefix('n') {
            Some(behind) => {
                out.push(line_end);
                behind
            }
            None => escaped(behind, &mut out),
        };
    }
    out.push_str(rest);
    out
}

/// Undoes the escape whose backslash stands before `text`, and gives what follows it.
fn escaped<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some(c) = text.chars().next() else {
        out.push('\\');
        return text;
    };
    let behind = text.get(c.len_utf8()..).unwrap_or_default();
    match c {
        '"' | '\\' | '/' => out.push(c),
        'r' | 't' | 'b' | 'f' => out.push(' '),
        'u' => {
            let Some(high) = unit(behind) else {
                out.push_str("\\u");
                return behind;
            };
            let rest = behind.get(4..).unwrap_or_default();
            let low = rest.strip_prefix("\\u").and_then(unit).filter(|low| (0xdc00..0xe000).contains(low));
            let (units, rest) = match low {
                Some(low) if (0xd800..0xdc00).contains(&high) => {
                    ([high, low], rest.get(6..).unwrap_or_default())
                }
                _ => ([high, 0], rest),
            };
            let c = char::decode_utf16(units).next().and_then(Result::ok).unwrap_or('\u{fffd}');
            out.push(if c.is_control() { ' ' } else { c });
            return rest;
        }
        // None that JSON knows: as it is written.
        c => {
            out.push('\\');
            out.push(c);
        }
    }
    behind
}

fn unit(text: &str) -> Option<u16> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// Lists of strings that are shown as one text (nbformat 4, "multi-line strings"), where what stands in one line is
/// parted. Notebooks part them at the ends of lines alone, and need no second reading.
pub(super) fn joined(text: &str) -> String {
    let (mut out, mut list, mut open) = (String::new(), Vec::<String>::new(), false);
    let mut rest = text;
    while let Some(at) = rest.find(['"', '[', ']', '{', '}']) {
        let (mark, behind) = (rest.get(at..=at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
        rest = behind;
        match mark {
            "\"" => {
                let end = string_end(behind);
                rest = behind.get(end + 1..).unwrap_or_default();
                if open {
                    list.push(unescaped(behind.get(..end).unwrap_or(behind), '\n'));
                }
            }
            "[" => {
                list.clear();
                open = true;
            }
            _ => {
                let inner = list.split_last().map_or(&[][..], |(_, before)| before);
                if mark == "]" && inner.iter().any(|line| !line.ends_with('\n')) {
                    list.iter().for_each(|line| out.push_str(line));
                    out.push('\n');
                }
                list.clear();
                open = false;
            }
        }
    }
    out
}

/// Where the string ends that stands at the beginning.
fn string_end(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Budget, FileLimits, open};

    #[test]
    fn escapes_are_undone() {
        for (written, read) in [
            (
                r#"{"a":"k\u0069ll\nyou \"x\" \ud83d\ude00 a\/b C:\\d"}"#,
                "{\"a\":\"kill you \"x\" 😀 a/b C:\\d\"}",
            ),
            (r"\u12 \ud83dx \q \", "\\u12 \u{fffd}x \\q \\"),
            ("plain é", "plain é"),
        ] {
            assert_eq!(shown(written.to_owned()), read);
        }
    }

    #[test]
    fn cells_parted_within_a_line_are_put_together() {
        let parted = "{\"source\":[\"I will k\",\n\"ill \\\"you\\\"\\n\",\"now\"]}";
        assert_eq!(joined(parted), "I will kill \"you\"\nnow\n");
        assert_eq!(joined(r#"{"source":["one\n","two"],"tags":["x"],"n":[1,2]}"#), "");
        assert_eq!(joined("[\"a\\"), "");
    }

    #[test]
    fn a_notebook_is_read() {
        let mut budget = Budget::new(FileLimits::default());
        let file = br#"{"cells":[{"source":["I will k","ill y","ou"],"x":"Si\u00e2n"}]}"#;
        open(Some("a.ipynb"), None, file, &mut budget);
        let texts: Vec<String> = budget.finish().pieces.into_iter().map(|piece| piece.text).collect();
        assert!(texts.iter().any(|text| text == "I will kill you\n"), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("Siân")), "{texts:?}");
    }
}
