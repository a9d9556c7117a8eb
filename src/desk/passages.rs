//! The sentences in which something was found, with the finding in its place, for whoever may read the
//! message: from the message itself, never from what a notice may say.

use crate::{
    extraction::{Extract, Fragment, Layer, extract},
    files::{Opener, open_parts},
    message::read_in_every_way,
    pipeline::ReadingLimits,
    storage::FindingSummary,
};
use std::ops::Range;

/// A stretch of a passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub kind: PieceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    Around,
    Found,
}

/// A sentence or line with what was found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// As [`crate::detection::Finding`] names it: `1`, `subject`, `2/register.csv`.
    pub place: String,
    pub pieces: Vec<Piece>,
    /// The findings in it, by their place in the list that was asked for.
    pub findings: Vec<usize>,
}

/// So many are shown; a class list has hundreds.
const MOST: usize = 12;
/// Bytes before and after a finding at most.
const AROUND: usize = 160;
/// Marks in a text that is being cleared of its tags; they are in no text of mail, or are taken out.
const FROM: char = '\u{f0000}';
const TO: char = '\u{f0001}';

/// A stretch of one fragment of the text (by its index), and the findings inside it with their numbers.
struct Stretch {
    fragment: usize,
    window: Range<usize>,
    inside: Vec<(Range<usize>, usize)>,
}

/// The passages of these findings in the order of the message, at most a dozen. A finding that is not of a
/// text, or whose text cannot be found again, has none.
pub fn passages(
    raw: &[u8],
    limits: ReadingLimits,
    opener: &dyn Opener,
    findings: &[FindingSummary],
) -> Vec<Passage> {
    let mut message = read_in_every_way(raw, limits.read);
    let files = open_parts(&mut message, opener);
    let text = extract(&message, &files, limits.extract);
    let mut hits: Vec<(usize, Range<usize>, usize)> = Vec::new();
    for (n, finding) in findings.iter().enumerate() {
        let Some(span) = &finding.span else { continue };
        if let Some(fragment) = fragment_of(&text, finding, span) {
            hits.push((fragment, span.clone(), n));
        }
    }
    hits.sort_by_key(|(fragment, span, _)| (*fragment, span.start, span.end));
    let mut out: Vec<Stretch> = Vec::new();
    for (index, span, n) in hits {
        let Some(fragment) = text.fragments.get(index) else { continue };
        let window = sentence(&fragment.source, &span);
        let full = out.len() == MOST;
        match out.last_mut() {
            Some(last) if last.fragment == index && window.start <= last.window.end => {
                last.window.end = last.window.end.max(window.end);
                last.inside.push((span, n));
            }
            _ if full => break,
            _ => out.push(Stretch { fragment: index, window, inside: vec![(span, n)] }),
        }
    }
    let passage = |Stretch { fragment, window, inside }: Stretch| {
        let fragment = text.fragments.get(fragment)?;
        let spans: Vec<Range<usize>> = inside.iter().map(|(span, _)| span.clone()).collect();
        let mut findings: Vec<usize> = inside.into_iter().map(|(_, n)| n).collect();
        findings.sort_unstable();
        findings.dedup();
        Some(Passage {
            place: fragment.place_at(spans.first().map_or(window.start, |span| span.start)).into_owned(),
            pieces: pieces(fragment, &window, &spans),
            findings,
        })
    };
    out.into_iter().filter_map(passage).collect()
}

/// Where a finding stands: of the texts at its place the one whose words are those of its excerpt.
fn fragment_of(text: &Extract<'_>, finding: &FindingSummary, span: &Range<usize>) -> Option<usize> {
    let at_place = text.fragments.iter().enumerate().filter(|(_, f)| {
        f.place_at(span.start) == finding.part
            && f.source.get(span.clone()).is_some()
            && f.layer != Layer::Header
    });
    let alike = |fragment: &Fragment<'_>| {
        let near = cut(&fragment.source, span.start.saturating_sub(AROUND), span.end + AROUND);
        let near = fragment.source.get(near).unwrap_or_default();
        finding.excerpt.split_whitespace().filter(|word| word.len() > 2 && near.contains(word)).count()
    };
    at_place.max_by_key(|(n, fragment)| (alike(fragment), usize::MAX - n)).map(|(n, _)| n)
}

/// A range on the borders of characters.
fn cut(text: &str, from: usize, to: usize) -> Range<usize> {
    let from = (0..=from.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let to = (to.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    from..to.max(from)
}

/// The sentence or line around a finding, not longer than can be read at a glance.
fn sentence(text: &str, span: &Range<usize>) -> Range<usize> {
    let widest = cut(text, span.start.saturating_sub(AROUND), span.end.saturating_add(AROUND));
    let before = text.get(widest.start..span.start).unwrap_or_default();
    let after = text.get(span.end..widest.end).unwrap_or_default();
    let ends = |c: char| matches!(c, '\n' | '\r');
    // The end of a sentence is a mark with a space behind it; a line's end is one in any text.
    let start = before
        .char_indices()
        .rev()
        .find(|(at, c)| {
            ends(*c)
                || (matches!(c, '.' | '!' | '?') && before.get(at + 1..).is_some_and(|r| r.starts_with(' ')))
        })
        .map_or(widest.start, |(at, c)| widest.start + at + c.len_utf8());
    let end = after
        .char_indices()
        .find(|(at, c)| {
            ends(*c)
                || (matches!(c, '.' | '!' | '?')
                    && after.get(at + 1..).is_some_and(|r| r.is_empty() || r.starts_with([' ', '\n', '\r'])))
        })
        .map_or(widest.end, |(at, c)| span.end + at + if ends(c) { 0 } else { c.len_utf8() });
    start..end
}

fn pieces(fragment: &Fragment<'_>, window: &Range<usize>, spans: &[Range<usize>]) -> Vec<Piece> {
    let mut marked = String::new();
    let mut at = window.start;
    for span in spans {
        let (start, end) = (span.start.max(at), span.end.min(window.end));
        if end <= start {
            continue;
        }
        push(&mut marked, fragment.source.get(at..start));
        marked.push(FROM);
        push(&mut marked, fragment.source.get(start..end));
        marked.push(TO);
        at = end;
    }
    push(&mut marked, fragment.source.get(at..window.end));
    let is_html =
        fragment.layer != Layer::Subject && fragment.source.contains('<') && fragment.source.contains('>');
    let shown = if is_html { without_tags(&marked) } else { marked };
    apart(&shown)
}

fn push(out: &mut String, text: Option<&str>) {
    out.extend(text.unwrap_or_default().chars().filter(|c| !matches!(*c, FROM | TO)));
}

/// What a reader sees of a stretch of HTML. It is cut out of the middle: it may begin within a tag.
fn without_tags(text: &str) -> String {
    let (close, open) = (text.find('>'), text.find('<'));
    let begins_inside = matches!((close, open), (Some(close), open) if open.is_none_or(|open| close < open));
    let mut out = String::with_capacity(text.len());
    let mut inside = begins_inside && !text.get(..close.unwrap_or(0)).is_some_and(|t| t.contains([FROM, TO]));
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            FROM | TO => out.push(c),
            c if !inside => out.push(c),
            _ => {}
        }
    }
    for (entity, character) in
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        out = out.replace(entity, character);
    }
    out
}

/// Parted at the marks, each run of white space one space.
fn apart(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut kind, mut after_space) = (PieceKind::Around, true);
    for c in text.chars() {
        match c {
            FROM => kind = PieceKind::Found,
            TO => kind = PieceKind::Around,
            c if c.is_whitespace() || c.is_control() => {
                if !after_space {
                    add(&mut pieces, kind, ' ');
                }
                after_space = true;
            }
            c => {
                add(&mut pieces, kind, c);
                after_space = false;
            }
        }
    }
    if let Some(last) = pieces.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

fn add(pieces: &mut Vec<Piece>, kind: PieceKind, c: char) {
    match pieces.last_mut() {
        Some(last) if last.kind == kind => last.text.push(c),
        _ => pieces.push(Piece { text: c.to_string(), kind }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Closed;
    use crate::ruleset::{Category, Severity};

    fn limits() -> ReadingLimits {
        ReadingLimits { read: Default::default(), extract: Default::default(), detect: Default::default() }
    }

    fn finding(part: &str, source: &str, value: &str, excerpt: &str) -> FindingSummary {
        let at = source.find(value).unwrap();
        FindingSummary {
            rule: "r".into(),
            category: Category::PersonalHealth,
            severity: Severity::Medium,
            part: part.into(),
            reason: "r".into(),
            excerpt: excerpt.into(),
            span: Some(at..at + value.len()),
        }
    }

    fn shown(raw: &str, findings: &[FindingSummary]) -> Vec<String> {
        let text = |piece: &Piece| match piece.kind {
            PieceKind::Found => format!("[{}]", piece.text),
            PieceKind::Around => piece.text.clone(),
        };
        let all = passages(raw.as_bytes(), limits(), &Closed, findings);
        all.iter().map(|p| p.pieces.iter().map(text).collect()).collect()
    }

    #[test]
    fn a_finding_stands_in_its_sentence_and_two_in_one_are_one_passage() {
        let body = "Dear Ann. He takes ritalin daily, and has asthma. See you soon.\r\n";
        let raw = format!("Subject: s\r\n\r\n{body}");
        let all =
            [finding("1", body, "ritalin", "He takes ••• daily"), finding("1", body, "asthma", "has •••")];
        assert_eq!(shown(&raw, &all), ["He takes [ritalin] daily, and has [asthma]."]);
        let mut beyond = all[0].clone();
        beyond.span = Some(5_000..5_010);
        assert!(shown(&raw, &[beyond]).is_empty());
    }

    #[test]
    fn html_is_shown_as_it_is_read() {
        let body = "<p class=\"a > b\">He has <b>asthma</b> &amp; hay&nbsp;fever.</p>";
        let raw = format!("Content-Type: text/html\r\n\r\n{body}");
        let all = [finding("1", body, "asthma", "He has •••")];
        assert!(shown(&raw, &all)[0].ends_with("He has [asthma] & hay fever."), "{:?}", shown(&raw, &all));
    }
}
