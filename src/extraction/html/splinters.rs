//! Elements that stand within words again and again: so somebody writes who parts a number by letters that nobody sees.
//! What is left is read too; how the page hides them need not be understood.

use super::{
    element::{Break, Content, kind},
    entity::resolved,
    shown::{Shown, ShownAs},
    tag::{Markup, Tag, Tags, raw_text_end, text_from},
};
use std::{collections::HashMap, ops::Range};

/// So often within a word; a word with a letter in bold is none yet.
pub(super) const LEAST: usize = 4;
/// So often no page does it by chance: then all rules look at what is left, not those with a check digit alone.
const CRAFTED: usize = 8;
/// Bytes that stand in such an element.
const LONGEST: usize = 64;
/// Tags between an element and the letter behind it.
const TAGS: usize = 4;
/// Different tags that are counted.
const MOST: usize = 10_000;

/// The paragraphs that have such elements, without them; `None` where there are none. The second is whether all were
/// counted.
pub(super) fn without(source: &str) -> (Option<Shown>, bool) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut is_whole = true;
    scan(source, |piece| {
        let Piece::Splinter { tag, .. } = piece else { return };
        match counts.len() < MOST || counts.contains_key(tag) {
            true => *counts.entry(tag).or_default() += 1,
            false => is_whole = false,
        }
    });
    counts.retain(|_, count| *count >= LEAST);
    let Some(most) = counts.values().copied().max() else { return (None, is_whole) };
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
    (Some(Shown { text: paragraphs.all, kind }), is_whole)
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
    let mut tags = Tags::default();
    // Whether a word goes on, and the tag of the element that its last letter stands in.
    let (mut at, mut in_word, mut within) = (0, false, None);
    while at < source.len() {
        let text = text_from(source, at);
        at = text.end;
        if !text.is_empty() {
            in_word = ends_in_word(&source[text.clone()]);
            within = None;
            give(Piece::Text(text));
        }
        if at >= source.len() {
            return;
        }
        let tag = match tags.read(source, at, &mut |_, _| {}) {
            Markup::Text => {
                give(Piece::Text(at..at + 1));
                (at, in_word) = (at + 1, false);
                continue;
            }
            Markup::Comment { end, .. } => {
                at = end;
                continue;
            }
            Markup::Tag(tag) => tag,
        };
        let (name, element) = (&source[tag.name.clone()], kind(&source[tag.name.clone()]));
        if element.content == Content::Code && !tag.closing {
            at = raw_text_end(source, tag.end, name).unwrap_or(source.len());
            continue;
        }
        let whole = &source[at..tag.end];
        match leaf(source, &tag, &mut tags) {
            Some((inner, end)) if element.breaks == Break::Inline || element.content != Content::Markup => {
                // Elements in a row are the text itself.
                let splits = in_word && within != Some(whole) && goes_on(source, end, &mut tags);
                within = if splits { within } else { Some(whole) };
                in_word = splits || ends_in_word(&source[inner.clone()]);
                give(match splits {
                    true => Piece::Splinter { tag: whole, inner },
                    false => Piece::Leaf { tag: whole, inner },
                });
                at = end;
            }
            _ => {
                if element.breaks != Break::Inline {
                    in_word = false;
                    give(Piece::Break);
                }
                at = tag.end;
            }
        }
    }
}

fn ends_in_word(text: &str) -> bool {
    text.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric)
}

/// What stands in an element that has no other in it, and where it ends.
fn leaf(source: &str, tag: &Tag, tags: &mut Tags) -> Option<(Range<usize>, usize)> {
    let rest = source.as_bytes().get(tag.end..)?;
    let length = memchr::memchr(b'<', rest.get(..LONGEST).unwrap_or(rest)).filter(|_| !tag.closing)?;
    let inner = tag.end..tag.end + length;
    match tags.read(source, inner.end, &mut |_, _| {}) {
        Markup::Tag(end) if end.closing => {
            let is_its = source[end.name].eq_ignore_ascii_case(&source[tag.name.clone()]);
            is_its.then_some((inner, end.end))
        }
        _ => None,
    }
}

/// Whether a letter or digit stands there, behind some tags.
fn goes_on(source: &str, mut at: usize, tags: &mut Tags) -> bool {
    for _ in 0..TAGS {
        if source.as_bytes().get(at) != Some(&b'<') {
            break;
        }
        match tags.read(source, at, &mut |_, _| {}) {
            Markup::Tag(tag) if kind(&source[tag.name.clone()]).breaks == Break::Inline => at = tag.end,
            Markup::Comment { end, .. } => at = end,
            _ => return false,
        }
    }
    source.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> String {
        without(source).0.map_or(String::new(), |shown| shown.text)
    }

    #[test]
    fn what_stands_in_words_again_and_again_is_left_out() {
        let hidden = "<p>Hi<p>UP<i class=q>x7</i>N: <b>H</b>80<i class=q>y</i>12<i class=q>z</i>0<i class=q>x</i>0&#49;<i class=q>q</i>";
        assert_eq!(read(hidden), "UPN: H8012001 \n");
        let by_element = "U<title>x7</title>P<title>x7</title>N<title>x7</title>8<title>x7</title>1";
        assert_eq!(read(by_element), "UPN81 \n");
        let quoted = "U<i title='>'>x</i>P<!-- <i>1</i> -->N<i title='>'>x</i>8<!---->0<i title='>'>x</i>1<i title='>'>x</i>2";
        assert_eq!(read(quoted), "UPN8012 \n");
        let style = "<style>i{}</style>a<i>x</i>b<i>x</i>c<i>x</i>d<i>x</i>e";
        assert_eq!(read(style), "abcde \n");
    }

    #[test]
    fn more_tags_than_are_counted_are_told() {
        let page = |count: usize| (0..count).map(|n| format!("a<i id=n{n}>x</i>b ")).collect::<String>();
        assert!(without(&page(100)).1 && !without(&page(MOST + 1)).1);
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
