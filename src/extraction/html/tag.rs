//! Tags and comments of HTML as written, without any tree (HTML standard, section
//! 13.2.5), over input that may be malformed anywhere.

use std::ops::Range;

/// One tag. Ranges are into the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) name: Range<usize>,
    pub(super) closing: bool,
    /// Behind the `>`.
    pub(super) end: usize,
}

/// What a `<` begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    Tag(Tag),
    /// A comment's text and where it ends; also `<!doctype>`, `<?xml?>` and other oddities,
    /// which browsers treat as comments.
    Comment {
        text: Range<usize>,
        end: usize,
    },
    /// A `<` that is text.
    Text,
}

/// Reads markup; remembers which closing quotes never come, so that each is searched for
/// in vain once.
#[derive(Default)]
pub(super) struct Tags {
    no_double: bool,
    no_single: bool,
    no_comment_end: bool,
    /// Where the last comment began and what ends it: comments within it end there too.
    comment: Option<(usize, usize, usize)>,
    endings: Endings,
    /// How far other programs read on in a value that was ended at its first `>`.
    pub(super) cut_until: usize,
}

/// Where a value in quotes ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Endings {
    /// At its quote.
    #[default]
    Quoted,
    /// At the first `>`, where a tag stands before the quote: the quote was forgotten.
    First,
}

impl Tags {
    pub(super) fn new(endings: Endings) -> Self {
        Self { endings, ..Self::default() }
    }

    /// What begins at the `<` at `at`. Calls `attribute` with the name and value of each
    /// attribute of an opening tag.
    pub(super) fn read<'s>(
        &mut self,
        source: &'s str,
        at: usize,
        attribute: &mut impl FnMut(&'s str, Range<usize>),
    ) -> Markup {
        let bytes = source.as_bytes();
        match bytes.get(at + 1) {
            Some(b) if b.is_ascii_alphabetic() => {
                let name = at + 1..word_end(bytes, at + 1);
                let end = self.attributes(source, name.end, attribute);
                Markup::Tag(Tag { name, closing: false, end })
            }
            Some(b'/') if bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => {
                let name = at + 2..word_end(bytes, at + 2);
                let end = self.attributes(source, name.end, &mut |_, _| {});
                Markup::Tag(Tag { name, closing: true, end })
            }
            Some(b'!') if bytes[at..].starts_with(b"<!--") => self.comment(bytes, at),
            Some(b'!' | b'?' | b'/') => {
                let end = find(bytes, at, b'>').unwrap_or(bytes.len());
                Markup::Comment { text: at + 2..end.max(at + 2), end: (end + 1).min(bytes.len()) }
            }
            _ => Markup::Text,
        }
    }

    fn comment(&mut self, bytes: &[u8], at: usize) -> Markup {
        let start = at + 4;
        for empty in [&b">"[..], b"->"] {
            if bytes[start..].starts_with(empty) {
                return Markup::Comment { text: start..start, end: start + empty.len() };
            }
        }
        if let Some((_, close, end)) =
            self.comment.filter(|(from, close, _)| (*from..=*close).contains(&start))
        {
            return Markup::Comment { text: start..close, end };
        }
        if !self.no_comment_end {
            for dashes in memchr::memmem::find_iter(&bytes[start..], b"--") {
                let after = &bytes[start + dashes + 2..];
                let close = [&b">"[..], b"!>"].into_iter().find(|close| after.starts_with(close));
                if let Some(close) = close {
                    let end = start + dashes + 2 + close.len();
                    self.comment = Some((start, start + dashes, end));
                    return Markup::Comment { text: start..start + dashes, end };
                }
            }
            self.no_comment_end = true;
        }
        // It never ends. A browser shows nothing more; some mail programs do.
        let end = find(bytes, start, b'>').unwrap_or(bytes.len());
        Markup::Comment { text: start..end, end: (end + 1).min(bytes.len()) }
    }

    /// Goes over the attributes from `at`; returns where the tag ends.
    fn attributes<'s>(
        &mut self,
        source: &'s str,
        mut at: usize,
        attribute: &mut impl FnMut(&'s str, Range<usize>),
    ) -> usize {
        let bytes = source.as_bytes();
        loop {
            at = skip(bytes, at, |b| b.is_ascii_whitespace() || b == b'/');
            match bytes.get(at) {
                None => return bytes.len(),
                Some(b'>') => return at + 1,
                Some(_) => {}
            }
            // The first byte belongs to the name even when it is an odd `=`.
            let name_end = skip(bytes, at + 1, |b| !b.is_ascii_whitespace() && !b"=>/".contains(&b));
            let name = at..name_end;
            at = skip(bytes, name_end, |b| b.is_ascii_whitespace());
            let mut value = name_end..name_end;
            if bytes.get(at) == Some(&b'=') {
                at = skip(bytes, at + 1, |b| b.is_ascii_whitespace());
                (value, at) = self.value(bytes, at);
            }
            // Both end at ASCII characters or at the end, so they are on character boundaries.
            if let Some(name) = source.get(name) {
                attribute(name, value);
            }
        }
    }

    /// The `>` at which a tag ends whose value swallowed others, where it is read so.
    fn forgotten(&mut self, bytes: &[u8], value: Range<usize>) -> Option<usize> {
        if self.endings != Endings::First {
            return None;
        }
        let end = find(bytes.get(..value.end)?, value.start, b'>')?;
        find(bytes.get(..value.end)?, end, b'<')?;
        self.cut_until = self.cut_until.max(value.end);
        Some(end)
    }

    /// A value and where what follows it begins.
    fn value(&mut self, bytes: &[u8], at: usize) -> (Range<usize>, usize) {
        let missing = match bytes.get(at) {
            Some(b'"') => &mut self.no_double,
            Some(b'\'') => &mut self.no_single,
            _ => {
                let end = skip(bytes, at, |b| !b.is_ascii_whitespace() && b != b'>');
                return (at..end, end);
            }
        };
        if !*missing {
            if let Some(end) = find(bytes, at + 1, bytes[at]) {
                return match self.forgotten(bytes, at + 1..end) {
                    Some(early) => (at + 1..early, early),
                    None => (at + 1..end, end + 1),
                };
            }
            *missing = true;
        }
        // The quote is never closed: the tag ends where a reader sees it end.
        let end = find(bytes, at, b'>').unwrap_or(bytes.len());
        (at + 1..end.max(at + 1), end)
    }
}

/// The text from `at` to the next markup, which may be empty.
pub(super) fn text_from(source: &str, at: usize) -> Range<usize> {
    at..find(source.as_bytes(), at, b'<').unwrap_or(source.len())
}

/// Whether a value swallowed what looks like the end of its tag and another tag behind it.
pub(super) fn swallows(value: &str) -> bool {
    memchr::memchr(b'>', value.as_bytes())
        .is_some_and(|end| memchr::memchr(b'<', &value.as_bytes()[end..]).is_some())
}

/// The end of the element's raw text that begins at `at`: the `<` of `</name`, if it comes.
pub(super) fn raw_text_end(source: &str, at: usize, name: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    memchr::memmem::find_iter(bytes.get(at..)?, b"</").map(|found| at + found).find(|start| {
        bytes.get(start + 2..start + 2 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    })
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    skip(bytes, at, |b| !b.is_ascii_whitespace() && !b"/>".contains(&b))
}

fn skip(bytes: &[u8], at: usize, while_: impl Fn(u8) -> bool) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|b| while_(**b)).count()
}

fn find(bytes: &[u8], from: usize, what: u8) -> Option<usize> {
    memchr::memchr(what, bytes.get(from..)?).map(|n| from + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> (Markup, Vec<(String, String)>) {
        let mut seen = Vec::new();
        let markup = Tags::default().read(source, 0, &mut |name, value| {
            seen.push((name.to_owned(), source[value].to_owned()));
        });
        (markup, seen)
    }

    #[test]
    fn attributes_are_read_quoted_or_not() {
        let (markup, seen) = read("<a href='x>y' TITLE = \"two words\" hidden data=1/>z");
        assert_eq!(markup, Markup::Tag(Tag { name: 1..2, closing: false, end: 49 }));
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            seen,
            [pair("href", "x>y"), pair("TITLE", "two words"), pair("hidden", ""), pair("data", "1/")]
        );
    }

    #[test]
    fn malformed_markup_ends_somewhere() {
        assert_eq!(read("< b").0, Markup::Text);
        assert_eq!(read("<").0, Markup::Text);
        assert_eq!(
            read("<a title=\"no end>text").0,
            Markup::Tag(Tag { name: 1..2, closing: false, end: 17 })
        );
        assert_eq!(read("<a é").0, Markup::Tag(Tag { name: 1..2, closing: false, end: 5 }));
        assert_eq!(read("<!-->x").0, Markup::Comment { text: 4..4, end: 5 });
        assert_eq!(read("<!-- a -- b --!>x").0, Markup::Comment { text: 4..12, end: 16 });
        assert_eq!(read("<!-- a>x").0, Markup::Comment { text: 4..6, end: 7 });
        assert_eq!(read("<!doctype html>x").0, Markup::Comment { text: 2..14, end: 15 });
        assert_eq!(read("</ x>y").0, Markup::Comment { text: 2..4, end: 5 });
        assert_eq!(raw_text_end("a</b></STYLE >", 0, "style"), Some(5));
    }
}
