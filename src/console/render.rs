//! A message made safe to look at: one document of its own, that runs nothing, loads nothing and leads
//! nowhere, whatever was sent. Text stays text; HTML loses everything but its plain structure; pictures are
//! never shown. What was found is marked in its place.

use super::called;
use crate::{
    detection::{Finding, Origin},
    extraction,
    message::{Body, Disposition, Message, Part, Reading},
};
use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    hash::{BuildHasher, Hasher, RandomState},
    ops::Range,
};

/// Text of one part that is shown; what is cut stays in the message.
const MOST_OF_PART: usize = 400 << 10;
/// Of all parts together.
const MOST: usize = 1 << 20;
/// Files that are listed.
const MOST_FILES: usize = 200;
/// Marks in one part.
const MOST_MARKS: usize = 500;

/// What holds a browser to that, beside the frame's own `sandbox`.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// Light on purpose: the sender's page knows no dark.
const STYLE: &str = "html{font:100%/1.5 system-ui,sans-serif;background:#fff;color:#1c2422}body{margin:1rem;overflow-wrap:anywhere}\
     h1{font-size:1rem;color:#56615d;border-top:1px solid #d6dbd8;padding-top:.7rem;margin:1.2rem 0 .6rem}\
     h1:first-child{border-top:0;margin-top:0}pre{font:inherit}\
     .text{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;font-family:inherit}\
     .page{overflow-wrap:anywhere;unicode-bidi:isolate;overflow-x:auto;contain:layout paint}\
     table{border-collapse:collapse;max-width:100%}td,th{border:1px solid #d6dbd8;padding:.15rem .4rem;vertical-align:top}\
     blockquote{margin:.5rem 0;padding-left:.8rem;border-left:3px solid #d6dbd8;color:#3c4643}\
     mark{background:#ffe9a8;color:inherit;font-weight:600}.hint{color:#56615d}";

/// Tags that are left, without any attribute.
const TAGS: [&str; 40] = [
    "p",
    "br",
    "div",
    "span",
    "b",
    "i",
    "em",
    "strong",
    "u",
    "s",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "code",
    "hr",
    "dl",
    "dt",
    "dd",
    "sub",
    "sup",
    "small",
    "cite",
    "q",
    "section",
    "article",
    "caption",
];
/// Tags that go with all that is in them.
const GONE: [&str; 16] = [
    "script", "style", "svg", "math", "template", "noscript", "iframe", "object", "embed", "applet", "title",
    "select", "textarea", "audio", "video", "form",
];

/// A file that came with the message: named and described, never opened.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) size: String,
    /// Its text is part of the document.
    pub(super) is_read: bool,
}

/// The words that stand in the document.
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) page: &'static str,
    pub(super) file: &'static str,
    pub(super) attached: &'static str,
    pub(super) otherwise: &'static str,
    pub(super) cut: &'static str,
    pub(super) nothing: &'static str,
}

pub(super) struct Shown {
    pub(super) document: String,
    pub(super) files: Vec<File>,
    /// The findings (by their place in the list) that are marked in it.
    pub(super) marked: HashSet<usize>,
}

/// A document as the answer to the frame that asks for it.
pub(super) fn framed(document: &str) -> Response {
    let mut response = Html(document.to_owned()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

/// The document of a message, with these findings marked.
pub(super) fn message(message: &Message<'_>, findings: &[&Finding], w: &Words) -> Shown {
    let mut out = Document { html: String::new(), left: MOST, nonce: nonce(), marked: HashSet::new() };
    for (index, part) in message.parts.iter().enumerate() {
        out.part(index, part, findings, w);
    }
    let body =
        if out.html.is_empty() { format!("<p class=\"hint\">{}</p>", escaped(w.nothing)) } else { out.html };
    let document = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        w.lang,
        escaped(w.title)
    );
    let files = message.parts.iter().filter(|p| is_file(p)).take(MOST_FILES).map(file).collect();
    Shown { document, files, marked: out.marked }
}

/// One line of text with these places marked.
pub(super) fn line(text: &str, spans: &[Range<usize>]) -> String {
    marked_text(text, &sorted(spans.to_vec(), text), |piece| called::plain(piece, 1_000))
}

struct Document {
    html: String,
    left: usize,
    /// What a message cannot guess, so that it cannot mark anything itself.
    nonce: String,
    marked: HashSet<usize>,
}

impl Document {
    fn part(&mut self, index: usize, part: &Part<'_>, findings: &[&Finding], w: &Words) {
        let (text, is_page) = match &part.body {
            Body::Text(text) => (text, false),
            Body::Html(text) => (text, true),
            _ => return,
        };
        if text.trim().is_empty() {
            return;
        }
        let heading = match (part.nesting, is_file(part)) {
            _ if matches!(part.reading, Reading::Other | Reading::Header) => w.otherwise.to_owned(),
            (1.., _) => w.attached.to_owned(),
            (_, true) => {
                format!("{}: {}", w.file, called::plain(part.file_name.as_deref().unwrap_or_default(), 120))
            }
            _ if is_page => w.page.to_owned(),
            _ => w.text.to_owned(),
        };
        let _ = write!(self.html, "<h1>{}</h1>", escaped(&heading));
        let end = text.floor_char_boundary(text.len().min(MOST_OF_PART).min(self.left));
        let shown = &text[..end];
        self.left -= end;
        let seen =
            |f: &&&Finding| matches!(f.origin, Origin::Own | Origin::Attached | Origin::Quoted) || !is_page;
        // What lies in an address or a file of the part has a place below it, and no span in this text.
        let own = extraction::place(part);
        let is_own = |f: &&&Finding| {
            f.part.strip_prefix(&*own).is_some_and(|below| below.is_empty() || below.starts_with('!'))
        };
        let here = findings.iter().enumerate();
        let here = here.filter(|(_, f)| f.part_index == Some(index) && seen(f) && is_own(f));
        let mut spans = Vec::new();
        for (number, finding) in here.take(MOST_MARKS) {
            if finding.span.end <= end && !finding.span.is_empty() {
                spans.push(finding.span.clone());
                self.marked.insert(number);
            }
        }
        let spans = sorted(spans, shown);
        match is_page {
            true => {
                let page = self.page(shown, &spans);
                let _ = write!(self.html, "<div class=\"page\">{page}</div>");
            }
            false => {
                let text = marked_text(shown, &spans, called::lines);
                let _ = write!(self.html, "<div class=\"text\">{text}</div>");
            }
        }
        if end < text.len() {
            let _ = write!(self.html, "<p class=\"hint\">{}</p>", escaped(w.cut));
        }
    }

    /// HTML without all that acts, loads or leads away.
    fn page(&self, source: &str, spans: &[Range<usize>]) -> String {
        let (open, close) = (format!("\u{e000}{}", self.nonce), format!("\u{e001}{}", self.nonce));
        let mut with_marks = String::with_capacity(source.len() + spans.len() * 20);
        let mut from = 0;
        for span in spans {
            with_marks.push_str(&source[from..span.start]);
            with_marks.push_str(&open);
            with_marks.push_str(&source[span.clone()]);
            with_marks.push_str(&close);
            from = span.end;
        }
        with_marks.push_str(&source[from..]);
        let clean = ammonia::Builder::empty()
            .tags(TAGS.into_iter().collect())
            .tag_attributes(HashMap::new())
            .generic_attributes(HashSet::new())
            .clean_content_tags(GONE.into_iter().collect())
            .strip_comments(true)
            .clean(&with_marks)
            .to_string();
        self.with_marks(&clean, &open, &close)
    }

    /// Our marks made visible: never across a tag, so that the page stays well formed.
    fn with_marks(&self, clean: &str, open: &str, close: &str) -> String {
        let mut out = String::with_capacity(clean.len());
        let (mut rest, mut inside) = (clean, false);
        while let Some(at) = rest.find(['<', '\u{e000}', '\u{e001}']) {
            out.push_str(&called::lines(&rest[..at]));
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix(open) {
                out.push_str(if inside { "" } else { "<mark>" });
                (rest, inside) = (after, true);
            } else if let Some(after) = rest.strip_prefix(close) {
                out.push_str(if inside { "</mark>" } else { "" });
                (rest, inside) = (after, false);
            } else if rest.starts_with('<') {
                let end = rest.find('>').map_or(rest.len(), |end| end + 1);
                out.push_str(if inside { "</mark>" } else { "" });
                out.push_str(&rest[..end]);
                out.push_str(if inside { "<mark>" } else { "" });
                rest = &rest[end..];
            } else {
                // Somebody else's sign that looks like ours.
                out.push(char::REPLACEMENT_CHARACTER);
                rest = &rest['\u{e000}'.len_utf8()..];
            }
        }
        out.push_str(&called::lines(rest));
        out.push_str(if inside { "</mark>" } else { "" });
        out
    }
}

fn nonce() -> String {
    let random = |n: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(n);
        hasher.finish()
    };
    format!("{:016x}{:016x}", random(1), random(2))
}

/// In order, none within another, each on whole characters.
fn sorted(mut spans: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    spans.retain(|s| {
        s.start < s.end
            && text.is_char_boundary(s.start)
            && text.is_char_boundary(s.end)
            && s.end <= text.len()
    });
    spans.sort_by_key(|s| (s.start, s.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

fn marked_text(text: &str, spans: &[Range<usize>], clean: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len() + spans.len() * 13);
    let mut from = 0;
    for span in spans {
        out.push_str(&escaped(&clean(&text[from..span.start])));
        let _ = write!(out, "<mark>{}</mark>", escaped(&clean(&text[span.clone()])));
        from = span.end;
    }
    out.push_str(&escaped(&clean(&text[from..])));
    out
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn is_file(part: &Part<'_>) -> bool {
    let named = part.disposition == Disposition::Attachment || part.file_name.is_some();
    match part.body {
        Body::Multipart(_) => false,
        Body::Message(_) | Body::Binary(_) => part.nesting == 0,
        Body::Text(_) | Body::Html(_) => part.nesting == 0 && named,
    }
}

fn file(part: &Part<'_>) -> File {
    let name = part.file_name.as_deref().or(part.subject.as_deref()).unwrap_or_default();
    // A path is no name: what stands before the last separator is where it would like to lie.
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let size = match &part.body {
        Body::Binary(bytes) => bytes.len(),
        _ => part.body_range.len(),
    };
    File {
        name: called::plain(if last.is_empty() { "(?)" } else { last }, 120),
        kind: called::plain(&part.media_type, 80),
        size: sized(size),
        is_read: matches!(part.body, Body::Text(_) | Body::Html(_) | Body::Message(_)),
    }
}

/// Bytes as people say them.
pub(super) fn sized(bytes: usize) -> String {
    match bytes {
        ..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::hostile_pages::{ACTS, wrapped},
        message::{ReadLimits, read, read_in_every_way},
    };

    const WORDS: Words = Words {
        lang: "en-GB",
        title: "The message",
        text: "Text",
        page: "Page",
        file: "File",
        attached: "Attached",
        otherwise: "As another program shows it",
        cut: "cut",
        nothing: "nothing",
    };

    fn shown_html(html: &str) -> String {
        let raw = format!("Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
        message(&read(raw.as_bytes(), ReadLimits::default()), &[], &WORDS).document
    }

    /// Every tag of the document behind its head.
    fn tags(document: &str) -> Vec<&str> {
        let (_, body) = document.split_once("<body>").expect("our own body");
        body.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
    }

    #[test]
    fn nothing_of_a_hostile_page_acts_loads_or_leads_anywhere() {
        let mut tried = 0;
        for act in ACTS {
            for html in wrapped(act) {
                let document = shown_html(&html);
                tried += 1;
                for tag in tags(&document) {
                    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
                    let name = name.trim_start_matches('/');
                    let own = ["class=\"page\"", "class=\"text\"", "class=\"hint\"", ""];
                    assert!(
                        TAGS.contains(&name) || ["h1", "main", "body", "html"].contains(&name),
                        "<{tag}> of {html}"
                    );
                    assert!(own.contains(&attributes), "<{tag}> of {html}");
                }
                // As text it may stand where the sender's page had it as text.
                let as_text = html.contains("CDATA") || html.contains("textarea") || html.contains("<!-->");
                assert!(as_text || !document.contains("http://evil.example"), "{html}");
                assert!(!document.contains('\u{202e}') && !document.contains('\u{0}'), "{html}");
            }
        }
        assert!(tried >= 200, "{tried}");
    }

    #[test]
    fn text_stays_text_and_names_of_files_are_only_names() {
        let raw = "Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
            Content-Type: text/plain; charset=utf-8\r\n\r\n<script>alert(1)</script> \u{202e}txt\r\n--a\r\n\
            Content-Type: application/x-msdownload; name=\"../../etc/<b>photo\u{202e}gpj.exe\"\r\n\
            Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--a\r\n\
            Content-Type: image/png; name=\"/x/a.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--a--\r\n";
        let shown = message(&read(raw.as_bytes(), ReadLimits::default()), &[], &WORDS);
        assert!(shown.document.contains("&lt;script&gt;alert(1)") && !shown.document.contains("<script"));
        let names: Vec<&str> = shown.files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["<b>photo\u{fffd}gpj.exe", "a.png"]);
        assert!(!shown.document.contains("<img") && !shown.document.contains("data:"));
    }

    #[test]
    fn another_reading_stands_under_its_own_heading() {
        let raw = "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\none\r\n--a--\r\n--b\r\n\r\ntwo\r\n--b--\r\n";
        let shown = message(&read_in_every_way(raw.as_bytes(), ReadLimits::default()), &[], &WORDS);
        let (first, other) = shown.document.split_once("<h1>As another program shows it</h1>").unwrap();
        assert!(first.contains("one") && !first.contains("two") && other.contains("two"));
    }

    #[test]
    fn what_was_found_is_marked_in_its_place_and_by_nobody_else() {
        let out = |html: &str, spans: &[Range<usize>]| {
            let document =
                Document { html: String::new(), left: MOST, nonce: nonce(), marked: HashSet::new() };
            document.page(html, spans)
        };
        let html = "<p>our <b>little</b> secret</p>";
        let span = 3..html.find(" secret").unwrap();
        let marked = out(html, std::slice::from_ref(&span));
        assert_eq!(marked, "<p><mark>our </mark><b><mark>little</mark></b><mark></mark> secret</p>");
        let forged = out("<p>\u{e000}x\u{e001} &#xE000;y&#xE001;</p>", &[]);
        assert!(!forged.contains("mark"), "{forged}");
        assert_eq!(line("a <b> c b", &[2..5, 8..9]), "a <mark>&lt;b&gt;</mark> c <mark>b</mark>");
    }
}
