//! HTML to text in one pass over the source, without a tree: what a reader sees, what is
//! hidden from him, the links' targets, and where an earlier message is quoted. Pages whose
//! styles move, hide or add characters are read a second time, as they are shown.

mod again;
#[cfg(test)]
mod again_tests;
mod attributes;
mod boxes;
mod css;
mod declared;
mod element;
mod entity;
mod face;
mod generated;
mod layout;
mod lists;
mod own;
mod page;
mod selector;
mod sheet;
mod shown;
mod splinters;
mod style;
mod tag;
mod walk;

use super::{embedded::Embedded, linked::Anchors, view::Builder};
use std::ops::Range;

pub(super) use again::Again;
pub(super) use entity::resolved;
pub(super) use shown::ShownAs;
pub(super) use walk::read;

/// The texts of an HTML part.
pub(super) struct Texts {
    pub(super) visible: Builder,
    pub(super) hidden: Builder,
    pub(super) links: Builder,
    /// Each link with what is seen of it.
    pub(super) anchors: Anchors,
    /// Attributes, styles and scripts with numbers in them.
    pub(super) unseen: Builder,
    /// Addresses and attributes that hold a text themselves.
    pub(super) embedded: Vec<Embedded>,
    /// Quotations by markup.
    pub(super) quotes: Quotes,
    /// What may make the page look otherwise than it is written.
    pub(super) again: Again,
}

/// A link: its target in the source, and its text in the visible view.
pub(super) struct Anchor {
    pub(super) href: Range<usize>,
    pub(super) text: Range<usize>,
}

/// What markup says of quotations, in the visible text.
#[derive(Default)]
pub(super) struct Quotes {
    /// Ranges of the view, sorted. An open end is `usize::MAX`.
    pub(super) ranges: Vec<Range<usize>>,
    /// Where the first begins in the source: at its tag.
    pub(super) first: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> [String; 3] {
        let texts = read(source);
        [texts.visible, texts.hidden, texts.links].map(|builder| builder.finish().0.text)
    }

    fn visible(source: &str) -> String {
        texts(source)[0].clone()
    }

    #[test]
    fn words_go_on_through_inline_tags_and_end_at_blocks() {
        assert_eq!(visible("<p>You i<b>di</b>ot</p><p>Bye</p>"), "you idiot\nbye");
        assert_eq!(visible("a<br>b<br/><br>c"), "a b\nc");
        assert_eq!(visible("<table><tr><td>a</td><td>b</td></tr><tr><td>c"), "a b\nc");
        assert_eq!(visible("<ul><li>one<li>two</ul>"), "one\ntwo");
        assert_eq!(visible("i<!-- x -->d<span></span>i<wbr>ot"), "idiot");
        assert_eq!(visible("<pre>a\n\nb</pre>c\n\nd"), "a\nb\nc d");
        assert_eq!(visible("&#105;d&shy;i&zwnj;o&Tab;t &amp;&ampx"), "idio t &&x");
        assert_eq!(visible("<script>var x='</b>'</script>a<style>p{}</style>b<title>t</title>"), "ab");
    }

    #[test]
    fn hidden_text_is_kept_apart() {
        for hide in [
            "<div style='display:none'>",
            "<div style=\"font-size:0px\">",
            "<font color=white>",
            "<div hidden>",
            "<span style='color:#fff'>",
            "<span style='disp&#108;ay:/*x*/none'>",
            "<template>",
        ] {
            let name: String = hide[1..].chars().take_while(char::is_ascii_alphabetic).collect();
            let [seen, hidden, _] = texts(&format!("<p>see</p>{hide}<b>not</b></{name}> me"));
            assert_eq!((seen.replace('\n', " "), hidden.trim()), ("see me".into(), "not"), "{hide}");
        }
        let [seen, hidden, _] = texts("<!-- note --><img alt='a pupil' title=x>y");
        assert_eq!((seen.as_str(), hidden.as_str()), ("y", "note\na pupil\nx"));
    }

    #[test]
    fn what_only_looks_hidden_is_seen() {
        assert_eq!(visible("<td bgcolor='#003366'><font color=white>Buy</font></td>"), "buy");
        assert_eq!(visible("<div style='font-size:0'><span style='font-size:14px'>on</span></div>"), "on");
        assert_eq!(
            visible("<div style='visibility:hidden'><b style='visibility:visible'>on</b></div>"),
            "on"
        );
        assert_eq!(visible("<p style='display:none'>off<p>on"), "on");
        // What has no box parts no word.
        assert_eq!(visible("id<div style='display:none'>x</div>iot <p>i<br hidden>d"), "idiot\nid");
        assert_eq!(visible("id<p style='display:inline'></p>iot"), "idiot");
    }

    #[test]
    fn links_are_their_targets() {
        let [_, _, links] = texts(
            "<a href='HTTPS://x.example/a?b=1&amp;c=2'>x</a><a href=#top>y</a><a href=mailto:a@b.example>z",
        );
        assert_eq!(links, "https://x.example/a?b=1&c=2\nmailto:a@b.example");
    }

    #[test]
    fn malformed_markup_loses_no_text() {
        assert_eq!(visible("a <b c < d 1<2 >x"), "a x");
        assert_eq!(visible("1 < 2 <3 >"), "1 < 2 <3 >");
        assert_eq!(visible("<style>a{} <p>still read"), "a{}\nstill read");
        assert_eq!(visible("<a title=\"open>text"), "text");
        assert_eq!(visible("</div></p></nosuch>x"), "x");
        assert_eq!(visible(&format!("{}x{}y", "<div>".repeat(2000), "</div>".repeat(2000))), "x\ny");
        assert_eq!(visible("<!-- a > b"), "b");
    }

    #[test]
    fn the_map_leads_back_into_the_source() {
        let source = "<p>You <b>i&#100;</b>iot &eacute;</p>";
        let (view, _) = read(source).visible.finish();
        let back = |piece: &str| {
            let at = view.text.find(piece).unwrap();
            &source[view.map.range(at..at + piece.len(), source.len())]
        };
        assert_eq!(back("idiot"), "i&#100;</b>iot");
        assert_eq!(back("d"), "&#100;");
        assert_eq!(back("é"), "&eacute;");
        assert_eq!(back("you"), "You");
    }

    #[test]
    fn a_gap_before_letters_beyond_ascii_stands_for_markup() {
        for source in ["<!--a--></é>", "<!--a--><a title=é>", "<a href=a><a href=é>", "<!-- a>é<a title=b"]
        {
            let texts = read(source);
            for (view, _) in [texts.visible, texts.hidden, texts.links].map(Builder::finish) {
                for (at, c) in view.text.char_indices() {
                    assert!(
                        source.get(view.map.range(at..at + c.len_utf8(), source.len())).is_some(),
                        "{source}"
                    );
                }
            }
        }
    }
}
