//! Texts that were taken for a page, a card, a calendar or a mail: what of them only an editor shows, where name and
//! type lead to one.

use super::{
    super::{
        budget::Budget,
        kind::Kind,
        model::{Limit, Reason, Shown, Writing},
        open::File,
    },
    charset,
};
use std::collections::HashSet;

/// A line of packed data is at least so long.
const PACKED: usize = 60;

/// Reads as a plain text what was read as `kind`, but for the lines that this reading told, which begins with the
/// piece `first`.
pub(in super::super) fn as_text(kind: Kind, file: &File<'_>, first: usize, budget: &mut Budget) {
    let is_page = matches!(kind, Kind::Html | Kind::Xml | Kind::Svg);
    if !is_page && !matches!(kind, Kind::Calendar | Kind::Card | Kind::Mail | Kind::Mbox) {
        return;
    }
    let text = charset::decode(file.bytes, file.charset());
    if budget.step(text.len() as u64 / 64 + 1).is_err() {
        return budget.missed("as a text", kind.word(), Reason::Limit(Limit::Steps));
    }
    let left = match is_page {
        true => kept(&text, &mut Page::default(), |page, line| page.has_unseen(line)),
        false => {
            let pieces = budget.pieces(first).iter();
            let told: HashSet<&str> =
                pieces.flat_map(|piece| piece.text.split(['\n', '\t'])).map(str::trim).collect();
            kept(&text, &mut (), |(), line| !is_told(line, &told))
        }
    };
    budget.text("as a text", Shown::Hidden, Writing::Plain, left);
}

/// The lines that are wanted, an empty one where others stood between.
fn kept<S>(text: &str, state: &mut S, is_wanted: impl Fn(&mut S, &str) -> bool) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if is_wanted(state, line) {
            out.push_str(line);
            out.push('\n');
        } else if !out.is_empty() && !out.ends_with("\n\n") {
            out.push('\n');
        }
    }
    out
}

/// Whether the line, or the value behind its bare name, was told; data in base64 says nothing as it is.
fn is_told(line: &str, told: &HashSet<&str>) -> bool {
    let line = line.trim();
    let is_packed = |line: &str| {
        line.len() >= PACKED && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
    };
    let value = || {
        let (name, value) = line.split_once(':')?;
        let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        is_bare.then(|| value.trim())
    };
    line.is_empty()
        || told.contains(line)
        || is_packed(line)
        || value().is_some_and(|value| told.contains(value))
}

/// Elements of pages whose bare tags are not looked at.
const USUAL: &[&str] = &[
    "a", "b", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "font", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "i", "li", "main", "meta", "nav", "ol",
    "p", "pre", "s", "script", "section", "small", "span", "strong", "style", "sub", "sup", "table", "tbody",
    "td", "th", "thead", "title", "tr", "tt", "u", "ul",
];

/// What a line of a page stands in.
#[derive(Default)]
enum Page {
    #[default]
    Text,
    /// A tag that goes on; the name is its element's.
    Tag(String),
    Comment,
    /// A style sheet or a script, up to its end tag.
    Raw(&'static str),
}

impl Page {
    /// Whether part of the line stands in a tag, a style sheet or a script. Comments are told with the page.
    fn has_unseen(&mut self, line: &str) -> bool {
        let lower = line.to_ascii_lowercase();
        let (mut rest, mut unseen) = (lower.as_str(), matches!(self, Self::Tag(_)));
        loop {
            let end = match self {
                Self::Text => match rest.find('<') {
                    Some(at) => {
                        let tag = rest.get(at + 1..).unwrap_or_default();
                        unseen |= self.enter(tag);
                        rest = tag;
                        continue;
                    }
                    None => return unseen,
                },
                Self::Comment => rest.find("-->").map(|at| at + 3),
                Self::Tag(_) => rest.find('>').map(|at| at + 1),
                Self::Raw(end) => rest.find(*end).map(|at| at + end.len()),
            };
            unseen |= matches!(self, Self::Raw(_)) && end != Some(0);
            let Some(end) = end else { return unseen | matches!(self, Self::Tag(_)) };
            rest = rest.get(end..).unwrap_or_default();
            *self = match self {
                Self::Tag(name) if name == "style" => Self::Raw("</style"),
                Self::Tag(name) if name == "script" => Self::Raw("</script"),
                Self::Raw(_) => Self::Tag(String::new()),
                _ => Self::Text,
            };
        }
    }

    /// Goes into what begins behind `<`; whether it is a tag that says something.
    fn enter(&mut self, tag: &str) -> bool {
        if tag.starts_with("!--") {
            *self = Self::Comment;
            return false;
        }
        let inner = tag.split('>').next().unwrap_or_default();
        let is_end = inner.starts_with('/');
        let name = inner.trim_matches(['/', ' ']);
        let is_bare = USUAL.contains(&name) || inner.starts_with("!doctype html") && inner.len() < 16;
        let element = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        *self = Self::Tag(if is_end { String::new() } else { element.to_owned() });
        !is_bare || !tag.contains('>')
    }
}

#[cfg(test)]
mod tests {
    use crate::files::{Budget, FileLimits, Opened, Shown, open};

    fn opened(name: &str, text: &str) -> Opened {
        let mut budget = Budget::new(FileLimits::default());
        open(Some(name), None, text.as_bytes(), &mut budget);
        budget.finish()
    }

    fn beside(name: &str, text: &str) -> String {
        let read = opened(name, text);
        let texts =
            read.pieces.iter().filter(|piece| piece.place == "as a text" && piece.shown == Shown::Hidden);
        texts.map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn what_only_an_editor_shows_is_read_too() {
        for (text, left) in [
            ("<p>\n<UPN: A801>\n", "<UPN: A801>\n"),
            ("<p title>\nhi <x UPN: A801 >\nbye\n", "<p title>\nhi <x UPN: A801 >\n\n"),
            ("<b>Hi</b>\n<style>\nwords\n</style>\nend", "<style>\nwords\n</style>\n\n"),
            ("<svg>\n<UPN: A801\n2 >\n</svg>", "<svg>\n<UPN: A801\n2 >\n</svg>\n"),
            ("<p>Hello <b>you</b></p>\n<br/>\n<!-- note -->\n", ""),
            ("BEGIN:VCARD\nPRODID:A801\nNOTE:seen\nNOTE;X=\"A802\":hi\nEND:VCARD\n", "PRODID:A801\n"),
        ] {
            assert!(beside("notes.txt", text).contains(left), "{text}: {:?}", beside("notes.txt", text));
            assert_eq!(beside("README", text).is_empty(), left.is_empty());
        }
        assert_eq!(beside("page.html", "<p title=x>\n<UPN: A801>\n"), "");
        assert_eq!(beside("a.vcf", "BEGIN:VCARD\nPRODID:A801\nEND:VCARD\n"), "");
    }

    #[test]
    fn what_the_first_reading_told_is_not_told_again() {
        let mail = "From: Bob\nTo: Amy\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\nhello\n--b--\n";
        let left = beside("notes.txt", mail);
        assert!(left.contains("before") && !left.contains("hello"), "{left}");
    }
}
