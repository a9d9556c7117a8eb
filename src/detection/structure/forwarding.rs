//! How often a message was forwarded (CL-1): chain letters carry their way with them. Only
//! what says of itself that it was forwarded counts; a long conversation is none.

use super::super::{
    findings::bare,
    model::{Finding, Miss},
    pass::Pass,
};
use crate::{
    extraction::{Fragment, Layer},
    ruleset::DetectionRule,
};
use memchr::memmem;
use std::sync::LazyLock;

/// What mail programs put before the subject of what they pass on, English and Welsh.
const FORWARDS: &[&str] = &["fwd:", "fw:", "ymlaen:", "yml:"];
const REPLIES: &[&str] = &["re:", "aw:", "ateb:"];
/// Above a forwarded message; the second also stands above replies.
const BLOCKS: [&str; 3] =
    ["begin forwarded message", "forwarded message -----", "dechrau neges a anfonwyd ymlaen"];
const EITHER: &str = "original message-----";
/// So many addresses in the quoted heads are a step more.
const MANY_ADDRESSES: usize = 15;

static FINDERS: LazyLock<Vec<memmem::Finder<'static>>> =
    LazyLock::new(|| BLOCKS.iter().map(|b| memmem::Finder::new(b.as_bytes())).collect());

pub(super) fn depth(pass: &mut Pass<'_, '_>, rule: &DetectionRule) -> Option<Finding> {
    let in_subject = subject_forwards(&pass.message.header.subject);
    let visible = || pass.extract.fragments.iter().filter(|f| f.layer == Layer::Visible);
    let blocks = visible().map(|f| forwarded_blocks(f, in_subject > 0)).max().unwrap_or(0);
    let attached = pass.message.parts.iter().map(|p| p.nesting).max().unwrap_or(0);
    let mut depth = in_subject.max(blocks).max(attached);
    if depth > 0 {
        depth = depth.max(visible().map(|f| quote_depth(&f.source)).max().unwrap_or(0));
        let addresses = visible().map(quoted_addresses).max().unwrap_or(0);
        depth += usize::from(addresses >= MANY_ADDRESSES);
    }
    if depth < rule.minimum {
        if depth > 0 {
            pass.missed_by(rule, Miss::TooFew, depth);
        }
        return None;
    }
    let excerpt = format!("forwarded at least {depth} times");
    Some(Finding { part: "message".into(), excerpt, value: pass.digest("forwarded"), ..bare(rule) })
}

/// How many times the subject says that it was forwarded.
fn subject_forwards(subject: &str) -> usize {
    let mut rest = subject.trim_start();
    let mut count = 0;
    for _ in 0..50 {
        let length = match (begins(rest, FORWARDS), begins(rest, REPLIES)) {
            (Some(length), _) => {
                count += 1;
                length
            }
            (None, Some(length)) => length,
            (None, None) => break,
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    count
}

/// Whether the subject says that it was another message's first.
pub(in super::super) fn is_taken_over(subject: &str) -> bool {
    let subject = subject.trim_start();
    begins(subject, FORWARDS).or_else(|| begins(subject, REPLIES)).is_some()
}

/// The length of the word with which the subject begins.
fn begins(subject: &str, words: &[&str]) -> Option<usize> {
    let head = |w: &&&str| subject.get(..w.len()).is_some_and(|h| h.eq_ignore_ascii_case(w));
    words.iter().find(head).map(|w| w.len())
}

fn forwarded_blocks(fragment: &Fragment<'_>, forwarded: bool) -> usize {
    let text = fragment.view.text.as_bytes();
    let own: usize = FINDERS.iter().map(|f| f.find_iter(text).take(50).count()).sum();
    let either = || memmem::find_iter(text, EITHER).take(50).count();
    own + if forwarded || own > 0 { either() } else { 0 }
}

/// The most `>` marks before one line.
fn quote_depth(source: &str) -> usize {
    let marks =
        |line: &str| line.chars().take_while(|c| *c == '>' || *c == ' ').filter(|c| *c == '>').count();
    source.lines().map(marks).max().unwrap_or(0).min(50)
}

fn quoted_addresses(fragment: &Fragment<'_>) -> usize {
    let text = |r: &std::ops::Range<usize>| fragment.view.text.get(r.clone());
    fragment.quoted.iter().filter_map(text).map(|t| memchr::memchr_iter(b'@', t.as_bytes()).count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_tells_how_often_it_was_passed_on() {
        assert_eq!(subject_forwards("Fwd: FW: Re: fwd:Send this on"), 3);
        assert_eq!(subject_forwards("RE: Re: minutes"), 0);
        assert_eq!(subject_forwards("Forward planning"), 0);
        assert_eq!(subject_forwards("ŵ"), 0);
    }

    #[test]
    fn marks_are_counted_through_spaces() {
        assert_eq!(quote_depth("a\n>> b\n> > > c\nx > y"), 3);
    }
}
