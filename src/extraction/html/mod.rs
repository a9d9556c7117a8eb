//! HTML to text in one pass over the source, without a tree: what a reader sees, what is
//! hidden from him, the links' targets, and where an earlier message is quoted.

mod element;
mod entity;
mod style;
mod tag;

use super::{
    unseen,
    view::{Builder, Lines, Next},
};
use element::{Break, Content, Kind, Open, Role, kind};
use entity::{Within, reference};
use std::ops::Range;
use style::{Color, Style};
use tag::{Markup, Tags, raw_text_end};

/// Digits of a number that is worth digging up.
const LEAST_DIGITS: usize = 8;

/// The texts of an HTML part.
pub(super) struct Texts {
    pub(super) visible: Builder,
    pub(super) hidden: Builder,
    pub(super) links: Builder,
    /// Attributes, styles and scripts with numbers in them.
    pub(super) unseen: Builder,
    /// Quotations by markup.
    pub(super) quotes: Quotes,
}

/// What markup says of quotations, in the visible text.
#[derive(Default)]
pub(super) struct Quotes {
    /// Ranges of the view, sorted. An open end is `usize::MAX`.
    pub(super) ranges: Vec<Range<usize>>,
    /// Where the first begins in the source: at its tag.
    pub(super) first: Option<usize>,
}

pub(super) fn read(source: &str) -> Texts {
    let mut walk = Walk::new(source);
    walk.run();
    if walk.open.state().quotes > 0 {
        walk.end_quote();
    }
    walk.texts
}

struct Walk<'s> {
    source: &'s str,
    texts: Texts,
    tags: Tags,
    open: Open,
    /// Elements without markup whose closing tag never comes.
    unclosed: Vec<String>,
    /// Everything from here on is quoted.
    rest_is_quoted: bool,
}

/// What the attributes of a tag say.
#[derive(Default)]
struct Attributes {
    style: Style,
    quotes: bool,
    /// Marks the begin of a quoted message that is not inside the element.
    quotes_rest: bool,
    href: Option<Range<usize>>,
}

impl<'s> Walk<'s> {
    fn new(source: &'s str) -> Self {
        let builder = |share: usize| Builder::new(Lines::Flow, source.len() / share);
        Self {
            source,
            texts: Texts {
                visible: builder(2),
                hidden: builder(64),
                links: builder(64),
                unseen: builder(256),
                quotes: Quotes::default(),
            },
            tags: Tags::default(),
            open: Open::new(),
            unclosed: Vec::new(),
            rest_is_quoted: false,
        }
    }

    fn run(&mut self) {
        let bytes = self.source.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'<', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            if end > at {
                self.text(at..end);
            }
            if end == bytes.len() {
                break;
            }
            at = self.markup(end);
        }
    }

    /// Text between tags, to where a reader sees it or not.
    fn text(&mut self, range: Range<usize>) {
        let state = self.open.state();
        let builder = if state.is_hidden() { &mut self.texts.hidden } else { &mut self.texts.visible };
        builder.mode = if state.preformatted > 0 { Lines::Kept } else { Lines::Flow };
        feed(builder, self.source, range, Within::Text);
    }

    /// A piece of text that no reader sees, on a line of its own.
    fn hide(&mut self, range: Range<usize>, within: Within) {
        let hidden = &mut self.texts.hidden;
        // The gap stands for the markup before, which is ASCII, as one byte must be.
        hidden.paragraph(range.start.saturating_sub(1), Next::At(range.start));
        feed(hidden, self.source, range.clone(), within);
        hidden.paragraph(range.end, Next::At(range.end));
    }

    /// What no reader sees and no text is.
    fn dig_up(&mut self, range: Range<usize>) {
        let Some(text) = self.source.get(range.clone()) else { return };
        if unseen::digits(text.as_bytes()) >= LEAST_DIGITS {
            let unseen = &mut self.texts.unseen;
            unseen.paragraph(range.start.saturating_sub(1), Next::At(range.start));
            feed(unseen, self.source, range, Within::Attribute);
        }
    }

    /// What begins at a `<`; returns where it ends.
    fn markup(&mut self, at: usize) -> usize {
        let mut seen = Attributes::default();
        let mut tags = std::mem::take(&mut self.tags);
        let markup = tags.read(self.source, at, &mut |name, value| self.attribute(&mut seen, name, value));
        self.tags = tags;
        match markup {
            Markup::Text => {
                self.text(at..at + 1);
                at + 1
            }
            Markup::Comment { text, end } => {
                self.hide(text, Within::Text);
                end
            }
            Markup::Tag(tag) if tag.closing => {
                self.closing(&self.source[tag.name], at, tag.end);
                tag.end
            }
            Markup::Tag(tag) => self.opening(&self.source[tag.name], seen, at, tag.end),
        }
    }

    fn opening(&mut self, name: &'s str, seen: Attributes, at: usize, end: usize) -> usize {
        let kind = kind(name);
        if kind.breaks == Break::Block {
            self.open.close_like("p");
        }
        if kind.role == Role::ClosedByLike {
            self.open.close_like(name);
        }
        if self.open.state().makes_boxless(&seen.style) {
            self.break_hidden(kind, at, end);
        } else {
            self.break_before(kind, at, end);
        }
        if let Some(href) = seen.href.filter(|_| kind.role == Role::Link) {
            self.link(href);
        }
        let quotes = seen.quotes || kind.role == Role::Quote;
        if quotes || seen.quotes_rest {
            self.begin_quote(at);
        }
        if seen.quotes_rest {
            self.rest_is_quoted = true;
        }
        match kind.content {
            Content::Void => end,
            Content::Markup => {
                self.open.push(name, kind.role, quotes, &seen.style);
                end
            }
            content => self.raw(name, content, end),
        }
    }

    /// An element without markup in it; returns where reading goes on.
    fn raw(&mut self, name: &str, content: Content, at: usize) -> usize {
        if self.unclosed.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return at;
        }
        let Some(end) = raw_text_end(self.source, at, name) else {
            // A browser shows nothing more; other programs do, so what follows is read.
            self.unclosed.push(name.to_owned());
            return at;
        };
        match content {
            Content::Text => self.text(at..end),
            Content::HiddenText => self.hide(at..end, Within::Text),
            _ => self.dig_up(at..end),
        }
        end
    }

    fn closing(&mut self, name: &str, at: usize, end: usize) {
        let kind = kind(name);
        let quoted = self.open.state().quotes > 0;
        let closed = match kind.content {
            Content::Markup => self.open.close(name),
            _ => None,
        };
        if quoted && self.open.state().quotes == 0 {
            self.end_quote();
        }
        match kind.breaks {
            _ if closed.is_some_and(|element| element.boxless) => self.break_hidden(kind, at, end),
            Break::Inline => {}
            // `</br>` is taken for `<br>`.
            Break::Line => self.texts.visible.line_break(at, end),
            Break::Cell => self.texts.visible.space(at),
            Break::Block => {
                self.texts.visible.paragraph(at, Next::At(end));
                self.texts.hidden.paragraph(at, Next::At(end));
            }
        }
    }

    fn break_before(&mut self, kind: Kind, at: usize, end: usize) {
        let visible = &mut self.texts.visible;
        match kind.breaks {
            Break::Inline => {}
            Break::Line => visible.line_break(at, end),
            Break::Cell => visible.cell(at, end),
            Break::Block => visible.paragraph(at, Next::AtOr(at)),
        }
    }

    /// An element without a box parts only what is hidden.
    fn break_hidden(&mut self, kind: Kind, at: usize, end: usize) {
        if kind.breaks != Break::Inline {
            self.texts.hidden.paragraph(at, Next::At(end));
        }
    }

    fn link(&mut self, target: Range<usize>) {
        let text = self.source.get(target.clone()).unwrap_or_default().trim_start();
        if !text.is_empty() && !text.starts_with('#') && !text.starts_with("data:") {
            self.texts.links.paragraph(target.start.saturating_sub(1), Next::At(target.start));
            feed(&mut self.texts.links, self.source, target, Within::Attribute);
        }
    }

    fn attribute(&mut self, seen: &mut Attributes, name: &str, value: Range<usize>) {
        let Some(text) = self.source.get(value.clone()) else { return };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            2 if is("id") => seen.mark(text),
            3 if is("alt") => self.hide(value, Within::Attribute),
            4 if is("href") => seen.href = Some(value),
            5 if is("class") => seen.mark(text),
            5 if is("title") => self.hide(value, Within::Attribute),
            5 if is("value") => self.hide(value, Within::Attribute),
            5 if is("style") => seen.style(text),
            5 if is("color") => seen.style.color = Some(Color::read(text)),
            6 if is("hidden") => seen.style.gone = true,
            7 if is("bgcolor") => seen.style.background = Some(Color::read(text)),
            10 if is("aria-label") => self.hide(value, Within::Attribute),
            11 if is("placeholder") => self.hide(value, Within::Attribute),
            _ => self.dig_up(value),
        }
    }

    fn begin_quote(&mut self, at: usize) {
        if self.rest_is_quoted || self.open.state().quotes > 0 {
            return;
        }
        let quotes = &mut self.texts.quotes;
        quotes.first.get_or_insert(at);
        quotes.ranges.push(self.texts.visible.len()..usize::MAX);
    }

    fn end_quote(&mut self) {
        if !self.rest_is_quoted
            && let Some(last) = self.texts.quotes.ranges.last_mut()
        {
            last.end = self.texts.visible.len();
        }
    }
}

impl Attributes {
    /// Classes and ids by which mail programs mark what they quote.
    fn mark(&mut self, text: &str) {
        let has = |mark: &str| text.contains(mark);
        // Gmail (also its older replies), Yahoo, Proton, Outlook for phones.
        self.quotes |=
            has("gmail_quote") || has("gmail_extra") || has("yahoo_quoted") || has("protonmail_quote");
        // Outlook on the web and the new Outlook put the quoted message behind these.
        self.quotes_rest |= has("divRplyFwdMsg")
            || has("mail-editor-reference-message-container")
            || has("ms-outlook-mobile-reference-message");
    }

    fn style(&mut self, text: &str) {
        let read = match text.bytes().any(|b| matches!(b, b'&' | b'/' | b'\\')) {
            true => style::read(&plain_style(text)),
            false => style::read(text),
        };
        let before = std::mem::replace(&mut self.style, read);
        self.style.gone |= before.gone;
        self.style.color = self.style.color.or(before.color);
        self.style.background = self.style.background.or(before.background);
    }
}

/// A style without references and comments, which could disguise it.
fn plain_style(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((c, length)) = (c == '&').then(|| reference(rest, Within::Attribute)).flatten() {
            out.push(c);
            rest = &rest[length..];
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Puts a range of the source into a text, its character references resolved.
fn feed(builder: &mut Builder, source: &str, range: Range<usize>, within: Within) {
    let Some(piece) = source.get(range.clone()) else { return };
    let mut at = 0;
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'&', &piece.as_bytes()[from..]) {
        let ampersand = from + found;
        match reference(&piece[ampersand..], within) {
            Some((c, length)) => {
                builder.text(&piece[at..ampersand], range.start + at);
                let start = range.start + ampersand;
                builder.character(c, start..start + length);
                at = ampersand + length;
                from = at;
            }
            None => from = ampersand + 1,
        }
    }
    builder.text(&piece[at..], range.start + at);
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
