//! Where a text stops being the sender's own words and quotes an earlier message.
//!
//! Works on the normalised view, line by line, so that plain text and HTML share the
//! same marks. In doubt a text is the sender's own, since rules may pass over quotations.

use super::{
    TextKind, View, html,
    view::{Builder, Line, Lines},
};
use std::ops::Range;

/// The byte offset in the decoded `source` at which quotation begins: the first line of a
/// reply's or forward's quotation, or in HTML the tag that opens it (text put there stands
/// above the quotation). `None` when nothing is quoted. In a reply whose own words stand
/// below, that is the begin of the text all the same. Linear in `source`.
pub fn first_quote(kind: TextKind, source: &str) -> Option<usize> {
    match kind {
        TextKind::Plain => {
            let mut builder = Builder::new(Lines::Kept, source.len());
            builder.text(source, 0);
            let (view, lines) = builder.finish();
            find(&view, &lines, &html::Quotes::default()).first
        }
        TextKind::Html => {
            let texts = html::read(source);
            let (view, lines) = texts.visible.finish();
            find(&view, &lines, &texts.quotes).first
        }
    }
}

/// What is quoted of a view, and where that begins in the source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Ranges of the view, sorted, not overlapping.
    pub(super) quoted: Vec<Range<usize>>,
    pub(super) first: Option<usize>,
}

pub(super) fn find(view: &View, lines: &[Line], marked: &html::Quotes) -> Found {
    let mut scan = Scan { text: &view.text, lines, marked, found: Found::default() };
    scan.found.first = marked.first;
    let mut at = 0;
    while at < lines.len() {
        at = scan.line(at);
    }
    scan.finish()
}

struct Scan<'a> {
    text: &'a str,
    lines: &'a [Line],
    marked: &'a html::Quotes,
    found: Found,
}

impl Scan<'_> {
    /// Looks at one line; returns which one is next.
    fn line(&mut self, at: usize) -> usize {
        let line = self.lines[at];
        if line.quoted {
            let end = self.lines[at..].iter().position(|l| !l.quoted).map_or(self.lines.len(), |n| at + n);
            self.quote(at, end);
            return end;
        }
        // Most lines begin like none of the marks.
        let first = self.text.as_bytes().get(line.view);
        if !matches!(first, Some(b'-' | b'_' | b'*' | b'a' | b'b' | b'f' | b'o' | b'y')) || self.is_marked(at)
        {
            return at + 1;
        }
        if self.begins_message(at) {
            self.quote(at, self.lines.len());
            return self.lines.len();
        }
        if let Some(next) = self.attribution(at) {
            // "X wrote:" before lines with `>` or a quoting element covers only itself;
            // without them all that follows is the quotation.
            let covered = self.lines.get(next).is_none_or(|l| l.quoted) || self.is_marked(next);
            let end = if covered { next } else { self.lines.len() };
            self.quote(at, end);
            return end;
        }
        at + 1
    }

    fn quote(&mut self, from: usize, to: usize) {
        let source = self.lines[from].source;
        self.found.first = Some(self.found.first.map_or(source, |first| first.min(source)));
        let end = self.lines.get(to).map_or(self.text.len(), |l| l.view);
        self.found.quoted.push(self.lines[from].view..end);
    }

    /// Whether markup says already that this line is quoted.
    fn is_marked(&self, at: usize) -> bool {
        let Some(view) = self.lines.get(at).map(|l| l.view) else { return false };
        let ranges = &self.marked.ranges;
        let before = ranges.partition_point(|r| r.start <= view);
        before.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|r| view < r.end)
    }

    fn text(&self, at: usize) -> &str {
        let Some(line) = self.lines.get(at) else { return "" };
        let end = self.lines.get(at + 1).map_or(self.text.len(), |l| l.view);
        let text = self.text.get(line.view..end).unwrap_or_default();
        // A view has no more than one white space in a row.
        text.strip_suffix([' ', '\n']).unwrap_or(text)
    }

    /// A line after which everything is an earlier message.
    fn begins_message(&self, at: usize) -> bool {
        let text = self.text(at);
        match text.as_bytes().first() {
            Some(b'-') => {
                let title = text.trim_matches(['-', ' ']);
                text.starts_with("--") && text.len() > title.len() + 3 && is_forward_title(title)
            }
            Some(b'b') => text.starts_with("begin forwarded message"),
            Some(b'_') => text.len() >= 10 && text.bytes().all(|b| b == b'_') && self.begins_header(at + 1),
            Some(b'f' | b'o' | b'*') => self.begins_header(at),
            _ => false,
        }
    }

    /// The header fields that Outlook and others write above a quoted message.
    fn begins_header(&self, at: usize) -> bool {
        let field = |at: usize| self.text(at).trim_start_matches('*');
        let starts = |text: &str, names: &[&str]| names.iter().any(|n| text.starts_with(n));
        if !starts(field(at), &["from:", "from :", "oddi wrth:"]) {
            return false;
        }
        let next = || (at + 1..=at + 6).map(field);
        next().any(|f| starts(f, &["sent:", "date:", "anfonwyd:", "dyddiad:"]))
            && next().any(|f| starts(f, &["to:", "subject:", "at:", "pwnc:"]))
    }

    /// "On (date) X wrote:", also over up to three lines; the line after it. A date is
    /// asked for, since "As he wrote:" may introduce the sender's own words.
    fn attribution(&self, at: usize) -> Option<usize> {
        let first = self.text(at);
        if !["on ", "ar ", "ysgrifennodd "].iter().any(|begin| first.starts_with(begin)) {
            return None;
        }
        let mut dated = false;
        for i in at..(at + 3).min(self.lines.len()) {
            let line = self.text(i);
            if line.len() > 300 || i > at && self.lines[i].quoted {
                return None;
            }
            dated |= line.bytes().any(|b| b.is_ascii_digit());
            let wrote = line.ends_with("wrote:") || line.ends_with("wrote :");
            let welsh = line.ends_with(':') && (at..=i).any(|l| self.text(l).contains("ysgrifennodd"));
            if (wrote || welsh) && dated {
                return Some(i + 1);
            }
        }
        None
    }

    /// Joins what markup and what lines say.
    fn finish(self) -> Found {
        let mut all = self.found.quoted;
        let length = self.text.len();
        // Markup begins before the gap that its first text brings with it.
        let text = self.text.as_bytes();
        let start = |at: usize| at + usize::from(matches!(text.get(at), Some(b' ' | b'\n')));
        all.extend(self.marked.ranges.iter().map(|r| start(r.start).min(length)..r.end.min(length)));
        all.sort_by_key(|r| r.start);
        let mut quoted: Vec<Range<usize>> = Vec::with_capacity(all.len());
        for range in all.into_iter().filter(|r| !r.is_empty()) {
            match quoted.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => quoted.push(range),
            }
        }
        Found { quoted, first: self.found.first }
    }
}

fn is_forward_title(title: &str) -> bool {
    [
        "original message",
        "forwarded message",
        "neges wreiddiol",
        "neges a anfonwyd ymlaen",
        "neges wedi'i hanfon ymlaen",
    ]
    .iter()
    .any(|t| title.starts_with(t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(kind: TextKind, source: &str) -> (Vec<String>, Option<&str>) {
        let found = match kind {
            TextKind::Plain => {
                let mut builder = Builder::new(Lines::Kept, source.len());
                builder.text(source, 0);
                let (view, lines) = builder.finish();
                let found = find(&view, &lines, &html::Quotes::default());
                (view, found)
            }
            TextKind::Html => {
                let texts = html::read(source);
                let (view, lines) = texts.visible.finish();
                let found = find(&view, &lines, &texts.quotes);
                (view, found)
            }
        };
        let (view, found) = found;
        assert_eq!(found.first, first_quote(kind, source));
        let texts = found.quoted.iter().map(|r| view.text[r.clone()].trim_end().to_owned()).collect();
        (texts, found.first.map(|at| &source[at..]))
    }

    fn plain(source: &str) -> (Vec<String>, Option<&str>) {
        quoted(TextKind::Plain, source)
    }

    fn html(source: &str) -> (Vec<String>, Option<&str>) {
        quoted(TextKind::Html, source)
    }

    #[test]
    fn lines_with_marks_are_quoted_one_by_one() {
        let (texts, first) = plain("Yes.\n\n> Can you come?\n> Bring a coat\nI will.\n> When?\n");
        assert_eq!(texts, ["can you come? bring a coat", "when?"]);
        assert!(first.unwrap().starts_with("> Can"));
    }

    #[test]
    fn an_attribution_covers_itself_or_all_that_follows() {
        let (texts, first) =
            plain("Yes\n\nOn Fri, 20 Nov 2026 at 10:15, A. Staff\n<a@b.example> wrote:\n> ok\nBye");
        assert_eq!(texts, ["on fri, 20 nov 2026 at 10:15, a. staff <a@b.example> wrote:\nok"]);
        assert!(first.unwrap().starts_with("On Fri"));
        let (texts, _) = plain("Iawn\nAr Gwe 20 Tach 2026 am 10:15, ysgrifennodd A. Staff:\nHelo\n\nHwyl");
        assert_eq!(texts, ["ar gwe 20 tach 2026 am 10:15, ysgrifennodd a. staff: helo\nhwyl"]);
    }

    #[test]
    fn own_words_stay_own_words() {
        for own in [
            "On Friday he wrote:\nsomething rude",
            "From: here to there\nno header",
            "On 20 Nov we met.\nHe wrote to me",
            "-- \nA. Staff",
            "--- Original\ntext",
            "5 > 4",
        ] {
            assert_eq!(plain(own), (vec![], None), "{own}");
        }
    }

    #[test]
    fn forwarded_messages_are_quoted_to_the_end() {
        for begin in [
            "-----Original Message-----\nFrom: x",
            "---------- Forwarded message ---------\nFrom: x",
            "----- Neges Wreiddiol -----\nOddi wrth: x",
            "Begin forwarded message:\n\nFrom: x",
            "________________________________\nFrom: A\nSent: 20 November 2026 10:15\nTo: B\nSubject: C",
            "*From:* A\n*Sent:* Friday\n*To:* B\n*Subject:* C",
            "Oddi wrth: A\nAnfonwyd: Gwener\nAt: B\nPwnc: C",
        ] {
            let source = format!("For you.\n\n{begin}\n\nYou fool");
            let (texts, first) = plain(&source);
            assert_eq!(texts.len(), 1, "{begin}");
            assert!(texts[0].ends_with("you fool"), "{begin}");
            assert!(first.unwrap().starts_with(begin), "{begin}");
        }
    }

    #[test]
    fn html_marks_of_mail_programs() {
        let (texts, first) = html(
            "<div>Yes</div><div class=\"gmail_quote\"><div>On 20 Nov A wrote:<br></div><blockquote>old</blockquote></div><p>own</p>",
        );
        assert_eq!(texts, ["on 20 nov a wrote:\nold"]);
        assert!(first.unwrap().starts_with("<div class=\"gmail_quote\""));
        let (texts, first) =
            html("<p>Yes</p><hr><div id=\"x_divRplyFwdMsg\"><b>From:</b> A</div><div>old</div>");
        assert_eq!(texts, ["from: a\nold"]);
        assert!(first.unwrap().starts_with("<div id="));
        let (texts, first) = html(
            "<div>Yes</div><div class=moz-cite-prefix>On 20/11/2026 10:15, A wrote:<br></div><blockquote type=cite>old</blockquote><div>own</div>",
        );
        assert_eq!(texts, ["on 20/11/2026 10:15, a wrote:\nold"]);
        assert!(first.unwrap().starts_with("<div class=moz"));
        let outlook = "<p>Yes</p><div style='border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> A<br><b>Sent:</b> Friday<br><b>To:</b> B<br><b>Subject:</b> C</p></div><p>old</p>";
        let (texts, first) = html(outlook);
        assert_eq!(texts, ["from: a sent: friday to: b subject: c\nold"]);
        assert!(first.unwrap().starts_with("<div style="));
    }
}
