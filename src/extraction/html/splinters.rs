//! Elements that stand within words again and again: so somebody writes who parts a number by letters that nobody sees.
//! What is left is read too; how the page hides them need not be understood.

use super::{
    element::{Break, Content, kind},
    entity::resolved,
    shown::{Shown, ShownAs},
    tag::raw_text_end,
};
use std::{collections::HashMap, ops::Range};

/// So often within a word; a word with a letter in bold is none yet.
pub(super) const LEAST: usize = 4;
/// So often no page does it by chance: then all rules look at what is left, not those with a check digit alone.
const CRAFTED: usize = 8;
/// Bytes of a tag, and of what stands in such an element.
const LONGEST_TAG: usize = 512;
const LONGEST: usize = 64;
/// Tags between an element and the letter behind it.
const TAGS: usize = 4;
/// Different tags that are counted.
const MOST: usize = 1_000;

/// The paragraphs that have such elements, without them; `None` where there are none.
pub(super) fn without(source: &str) -> Option<Shown> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    scan(source, |piece| {
        if let Piece::Splinter { tag, .. } = piece
            && (counts.len() < MOST || counts.contains_key(tag))
        {
            *counts.entry(tag).or_default() += 1;
        }
    });
    counts.retain(|_, count| *count >= LEAST);
    let most = counts.values().copied().max()?;
    let mut paragraphs = Paragraphs::default();
    scan(source, |piece| match piece {
        Piece::Text(range) => paragraphs.add(source, range),
        Piece::Break => paragraphs.end(),
        Piece::Splinter { tag, inner } | Piece::Leaf { tag, inner } => match counts.contains_key(tag) {
            true => paragraphs.had_one = true,
            false => paragraphs.add(source, inner),
        },
    });
    paragraphs.end();
    let kind = if most >= CRAFTED { ShownAs::Crafted } else { ShownAs::Text };
    Some(Shown { text: paragraphs.all, kind })
}

/// Those that had one of these elements, one to a line.
#[derive(Default)]
struct Paragraphs {
    all: String,
    now: String,
    had_one: bool,
}

impl Paragraphs {
    fn add(&mut self, source: &str, range: Range<usize>) {
        self.now.push_str(&resolved(source.get(range).unwrap_or_default()));
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.had_one) {
            self.all.extend(self.now.split_ascii_whitespace().flat_map(|word| [word, " "]));
            self.all.push('\n');
        }
        self.now.clear();
    }
}

enum Piece<'s> {
    Text(Range<usize>),
    /// The begin or end of a block.
    Break,
    /// An element without another in it, by the whole of its opening tag.
    Leaf {
        tag: &'s str,
        inner: Range<usize>,
    },
    /// One that stands within a word.
    Splinter {
        tag: &'s str,
        inner: Range<usize>,
    },
}

/// Goes through the page once.
fn scan<'s>(source: &'s str, mut give: impl FnMut(Piece<'s>)) {
    // Whether a word goes on, and the tag of the element that its last letter stands in.
    let (mut at, mut in_word, mut within) = (0, false, None);
    while at < source.len() {
        let tag_at = memchr::memchr(b'<', source.as_bytes().get(at..).unwrap_or_default());
        let text = at..tag_at.map_or(source.len(), |found| at + found);
        if !text.is_empty() {
            in_word = source.as_bytes().get(text.end - 1).is_some_and(u8::is_ascii_alphanumeric);
            within = None;
            give(Piece::Text(text.clone()));
        }
        at = text.end;
        let Some(tag) = tag_of(source, at) else {
            at += 1;
            continue;
        };
        let element = kind(tag.name);
        if element.content == Content::Code && !tag.closes {
            at = raw_text_end(source, at + tag.whole.len(), tag.name).unwrap_or(source.len());
            continue;
        }
        match leaf(source, at, &tag) {
            Some((inner, end)) if element.breaks == Break::Inline || element.content != Content::Markup => {
                // Elements in a row are the text itself.
                let splits = in_word && within != Some(tag.whole) && goes_on(source, end);
                let last = source.as_bytes().get(inner.clone()).and_then(<[u8]>::last);
                within = if splits { within } else { Some(tag.whole) };
                in_word = splits || last.is_some_and(u8::is_ascii_alphanumeric);
                give(match splits {
                    true => Piece::Splinter { tag: tag.whole, inner },
                    false => Piece::Leaf { tag: tag.whole, inner },
                });
                at = end;
            }
            _ => {
                if element.breaks != Break::Inline {
                    in_word = false;
                    give(Piece::Break);
                }
                at += tag.whole.len();
            }
        }
    }
}

struct Tag<'s> {
    whole: &'s str,
    name: &'s str,
    closes: bool,
}

fn tag_of(source: &str, at: usize) -> Option<Tag<'_>> {
    let rest = source.get(at..)?;
    let end = rest.bytes().take(LONGEST_TAG).position(|b| b == b'>')?;
    let whole = rest.get(..=end)?;
    let inner = whole.get(1..)?;
    let closes = inner.starts_with('/');
    let name = inner.trim_start_matches('/');
    let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = name.get(..length).filter(|name| !name.is_empty())?;
    Some(Tag { whole, name, closes })
}

/// What stands in an element that has no other in it, and where it ends.
fn leaf(source: &str, at: usize, tag: &Tag<'_>) -> Option<(Range<usize>, usize)> {
    if tag.closes {
        return None;
    }
    let start = at + tag.whole.len();
    let rest = source.get(start..)?;
    let length = rest.bytes().take(LONGEST).position(|b| b == b'<')?;
    let closing = tag_of(source, start + length)?;
    let closes = closing.closes && closing.name.eq_ignore_ascii_case(tag.name);
    closes.then(|| (start..start + length, start + length + closing.whole.len()))
}

/// Whether a letter or digit stands there, behind some tags.
fn goes_on(source: &str, mut at: usize) -> bool {
    for _ in 0..TAGS {
        match tag_of(source, at) {
            Some(tag) if kind(tag.name).breaks == Break::Inline => at += tag.whole.len(),
            _ => break,
        }
    }
    source.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    fn read(source: &str) -> String {
        without(source).map_or(String::new(), |shown| shown.text)
    }

    #[test]
    fn what_stands_in_words_again_and_again_is_left_out() {
        let hidden = "<p>Hi<p>UP<i class=q>x7</i>N: <b>H</b>80<i class=q>y</i>12<i class=q>z</i>0<i class=q>x</i>0&#49;<i class=q>q</i>";
        assert_eq!(read(hidden), "UPN: H8012001 \n");
        let by_element = "U<title>x7</title>P<title>x7</title>N<title>x7</title>8<title>x7</title>1";
        assert_eq!(read(by_element), "UPN81 \n");
        let style = "<style>i{}</style>a<i>x</i>b<i>x</i>c<i>x</i>d<i>x</i>e";
        assert_eq!(read(style), "abcde \n");
    }

    #[test]
    fn ordinary_pages_have_none() {
        for page in [
            "<p>so <b>b</b>ig, so <i>s</i>mall, H<sub>2</sub>O and CO<sub>2</sub> in a<b>b</b>c",
            "a <i>x</i> b <i>x</i> c <i>x</i> d <i>x</i> e <i>x</i> f",
            "<td>1</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td>",
            "<a<a<a<a<a <i <i>",
            "",
        ] {
            assert_eq!(read(page), "", "{page}");
        }
    }
}
