//! Just enough of HTML to find places in a document: a tokenizer after the HTML Living
//! Standard, section 13.2.5, that knows comments, quoted attributes and the elements
//! whose content is no markup. It never builds a tree and never changes the text.

use std::ops::Range;

/// One token and where it stands in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Text(Range<usize>),
    /// A start tag (also a self-closing one), with the range of its name.
    Start {
        tag: Range<usize>,
        name: Range<usize>,
    },
    End {
        tag: Range<usize>,
        name: Range<usize>,
    },
    /// Comments, doctypes, and content that is not shown (script, style, title).
    Unseen(Range<usize>),
    /// The document ended inside this: what is put behind it would not be seen.
    Unclosed,
}

/// Elements whose content runs to their own end tag, whatever stands in it.
const RAW: [&str; 8] = ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

pub(super) struct Tokens<'a> {
    source: &'a str,
    at: usize,
    /// The raw element that was just opened.
    raw: Option<&'static str>,
}

pub(super) fn tokens(source: &str) -> Tokens<'_> {
    Tokens { source, at: 0, raw: None }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if let Some(name) = self.raw.take() {
            return Some(self.raw_content(name));
        }
        let bytes = self.source.as_bytes();
        let start = self.at;
        let mut at = start;
        loop {
            let Some(open) = memchr::memchr(b'<', bytes.get(at..)?).map(|n| at + n) else {
                at = bytes.len();
                break;
            };
            let next = bytes.get(open + 1).copied().unwrap_or(b' ');
            if next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?') {
                at = open;
                break;
            }
            at = open + 1;
        }
        self.at = at;
        if at > start {
            return Some(Token::Text(start..at));
        }
        (at < bytes.len()).then(|| self.markup())
    }
}

impl Tokens<'_> {
    /// What begins with the `<` at `self.at`.
    fn markup(&mut self) -> Token {
        let start = self.at;
        let rest = &self.source.as_bytes()[start..];
        let name_at = if rest.get(1) == Some(&b'/') { 2 } else { 1 };
        if !rest.get(name_at).is_some_and(u8::is_ascii_alphabetic) {
            let end = if rest.starts_with(b"<!--") { comment_end(rest) } else { memchr::memchr(b'>', rest) };
            return self.unseen(start, end.map(|end| start + end + 1));
        }
        let Some(end) = tag_end(rest).map(|end| start + end + 1) else {
            self.at = self.source.len();
            return Token::Unclosed;
        };
        let length = rest[name_at..]
            .iter()
            .take_while(|c| !c.is_ascii_whitespace() && !matches!(c, b'/' | b'>'))
            .count();
        let name = start + name_at..start + name_at + length;
        self.at = end;
        if name_at == 2 {
            return Token::End { tag: start..end, name };
        }
        let word = &self.source[name.clone()];
        self.raw = RAW.into_iter().find(|raw| raw.eq_ignore_ascii_case(word));
        Token::Start { tag: start..end, name }
    }

    fn raw_content(&mut self, name: &str) -> Token {
        let start = self.at;
        let bytes = self.source.as_bytes();
        let end = memchr::memmem::find_iter(&bytes[start..], b"</").map(|n| start + n).find(|at| {
            let after = &bytes[at + 2..];
            after.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
                && !after.get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
        });
        self.unseen(start, end)
    }

    fn unseen(&mut self, start: usize, end: Option<usize>) -> Token {
        self.at = end.unwrap_or(self.source.len());
        match end {
            Some(end) => Token::Unseen(start..end),
            None => Token::Unclosed,
        }
    }
}

/// The last byte of the comment that `rest` begins with.
fn comment_end(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"<!-->") {
        return Some(4);
    }
    if rest.starts_with(b"<!--->") {
        return Some(5);
    }
    let body = rest.get(4..)?;
    memchr::memchr_iter(b'>', body)
        .find(|at| body[..*at].ends_with(b"--") || body[..*at].ends_with(b"--!"))
        .map(|at| at + 4)
}

/// The `>` that ends the tag `rest` begins with, quoted attribute values passed over.
fn tag_end(rest: &[u8]) -> Option<usize> {
    let mut quote = None;
    let mut before_value = false;
    for (at, &c) in rest.iter().enumerate().skip(1) {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if before_value => quote = Some(c),
            _ => {}
        }
        if !c.is_ascii_whitespace() {
            before_value = quote.is_none() && c == b'=';
        }
    }
    None
}

/// Where a new last paragraph of the document belongs: before the end of the body, or
/// the document, or at the very end. `None` when the end lies inside a comment or
/// script, where nothing would be seen.
pub(super) fn end_of_body(source: &str) -> Option<usize> {
    let (mut body, mut html) = (None, None);
    for token in tokens(source) {
        match token {
            Token::End { tag, name } if source[name.clone()].eq_ignore_ascii_case("body") => {
                body = Some(tag.start);
            }
            Token::End { tag, name } if source[name.clone()].eq_ignore_ascii_case("html") => {
                html = Some(tag.start);
            }
            Token::Unclosed => return body.or(html),
            _ => {}
        }
    }
    Some(body.or(html).unwrap_or(source.len()))
}

/// The text that a reader sees, entities resolved as far as letters need it: tags become
/// nothing, so that it is only fit for comparing letters.
pub(super) fn visible_text(source: &str) -> String {
    let mut out = String::with_capacity(source.len() / 2);
    for token in tokens(source) {
        if let Token::Text(range) = token {
            resolve(&source[range], &mut out);
        }
    }
    out
}

/// The lines that a reader sees: blocks and line breaks end one. Letters lose their
/// accents where they are written as named references.
pub(super) fn lines(source: &str) -> Vec<String> {
    const BLOCKS: [&str; 14] =
        ["address", "blockquote", "br", "div", "dd", "dt", "h1", "h2", "h3", "hr", "li", "p", "td", "tr"];
    let mut lines = vec![String::new()];
    for token in tokens(source) {
        match token {
            Token::Text(range) => {
                if let Some(line) = lines.last_mut() {
                    resolve(&source[range].replace(['\r', '\n'], " "), line);
                }
            }
            Token::Start { name, .. } | Token::End { name, .. } => {
                if BLOCKS.iter().any(|block| block.eq_ignore_ascii_case(&source[name.clone()])) {
                    lines.push(String::new());
                }
            }
            Token::Unseen(_) | Token::Unclosed => {}
        }
    }
    lines
}

/// Resolves numeric character references and the named ones of Latin letters.
fn resolve(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(10).position(|c| !c.is_ascii_alphanumeric() && c != b'#');
        let end = end.unwrap_or(rest.len().min(10));
        let Some(name) = rest.get(..end) else { continue };
        match character(name) {
            Some(c) => out.push(c),
            None => out.push(' '),
        }
        rest = rest[end..].strip_prefix(';').unwrap_or(&rest[end..]);
    }
    out.push_str(rest);
}

/// The letter that a reference stands for, without its accent when it is a named one;
/// every other name is no letter.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    const ACCENTS: [&str; 6] = ["circ", "acute", "grave", "uml", "tilde", "cedil"];
    let letter = name.chars().next()?;
    ACCENTS.contains(&name.get(letter.len_utf8()..)?).then_some(letter)
}

/// Whether any start tag has `word` within its class or id (some programs put their own
/// prefix before it when they quote).
pub(super) fn has_class(source: &str, word: &str) -> bool {
    memchr::memmem::find(source.as_bytes(), word.as_bytes()).is_some()
        && tokens(source).any(|token| match token {
            Token::Start { tag, .. } => source[tag].contains(word),
            _ => false,
        })
}

/// Whether the document names its own character set (`<meta charset>`), which a changed
/// header would contradict.
pub(super) fn names_charset(source: &str) -> bool {
    tokens(source).any(|token| match token {
        Token::Start { tag, name } => {
            source[name].eq_ignore_ascii_case("meta") && source[tag].to_ascii_lowercase().contains("charset")
        }
        _ => false,
    })
}

/// Elements without an end tag (HTML Living Standard, section 13.1.2).
const VOID: [&str; 6] = ["br", "hr", "img", "wbr", "input", "meta"];

/// What a template's fragment may not be: unbalanced, or able to act. With the offset.
pub(super) fn faults_of_fragment(source: &str) -> Vec<(usize, String)> {
    const ALLOWED: [&str; 29] = [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "cite",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "ul",
    ];
    let mut faults = Vec::new();
    let mut open: Vec<(String, usize)> = Vec::new();
    for token in tokens(source) {
        match token {
            Token::Start { tag, name } => {
                let word = source[name.clone()].to_ascii_lowercase();
                if !ALLOWED.contains(&word.as_str()) {
                    faults.push((tag.start, format!("<{word}> does not belong in a disclaimer")));
                }
                if !VOID.contains(&word.as_str()) {
                    open.push((word, tag.start));
                }
                let attributes = source[name.end..tag.end].to_ascii_lowercase();
                if attributes.contains("javascript:")
                    || attributes.contains(" on") && attributes.contains('=')
                {
                    let acts = attributes
                        .split(|c: char| c.is_ascii_whitespace() || c == '/')
                        .any(|a| a.starts_with("on") && a.contains('='));
                    if acts || attributes.contains("javascript:") {
                        faults.push((tag.start, "a disclaimer may not carry script".to_owned()));
                    }
                }
            }
            Token::End { tag, name } => {
                let word = source[name].to_ascii_lowercase();
                if open.pop().is_none_or(|(last, _)| last != word) {
                    faults.push((tag.start, format!("</{word}> closes nothing that is open here")));
                    return faults;
                }
            }
            Token::Unseen(range) => {
                faults.push((range.start, "comments and script do not belong in a disclaimer".to_owned()));
            }
            Token::Unclosed => {
                faults.push((source.len(), "ends inside a tag or comment".to_owned()));
                return faults;
            }
            Token::Text(_) => {}
        }
    }
    faults.extend(open.into_iter().map(|(word, at)| (at, format!("<{word}> is never closed"))));
    faults
}

/// Plain text as HTML paragraphs.
pub(super) fn from_plain(plain: &str) -> String {
    let escape = |line: &str| line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs = plain.split("\n\n").filter(|p| !p.trim().is_empty()).map(|paragraph| {
        let lines: Vec<String> = paragraph.lines().map(escape).collect();
        format!("<p>{}</p>", lines.join("\n"))
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_body_is_not_the_one_in_a_comment_or_script() {
        let source = "<html><body>a<!-- </body> --><script>'</body>'</script><p title=\"</body>\">b</p></BODY ></html>";
        assert_eq!(end_of_body(source), source.find("</BODY"));
        assert_eq!(end_of_body("<html>a</html>\r\n"), Some(7));
        assert_eq!(end_of_body("a < b"), Some(5));
        assert_eq!(end_of_body("a <!-- never closed"), None);
        assert_eq!(end_of_body("a<style>p{}"), None);
        assert_eq!(end_of_body("a<!--[if mso]></body><![endif]-->b"), Some(34));
    }

    #[test]
    fn empty_comments_and_odd_markup_do_not_confuse() {
        assert_eq!(visible_text("a<!-->b<!--->c<!---->d</>e<?x ?>f<3"), "abcdef<3");
        assert_eq!(
            visible_text("w&#375;r &amp; &#x175; &acirc;&eacute; &unknown; & &#xFFFFFFFF;"),
            "wŷr   ŵ ae      "
        );
    }

    #[test]
    fn a_template_that_could_act_or_is_unbalanced_is_refused() {
        for bad in [
            "<script>x</script>",
            "<p onclick=\"x()\">a</p>",
            "<a href=\"javascript:x\">a</a>",
            "<p>a",
            "a</p>",
            "<body>a</body>",
            "<!-- x -->",
            "<img src=\"http://x.example/pixel\">",
        ] {
            assert!(!faults_of_fragment(bad).is_empty(), "{bad}");
        }
        assert!(
            faults_of_fragment("<p>Views are <b>ours</b>.<br><a href=\"https://x.example\">on</a></p>")
                .is_empty()
        );
    }

    #[test]
    fn no_input_makes_it_panic_or_run_away() {
        for source in
            ["<", "</", "<!", "<!--", "<a", "<a b='", "</a", "<style", "<style></styl", "&", "&#", "a&é;"]
        {
            let _ =
                (end_of_body(source), visible_text(source), has_class(source, "x"), names_charset(source));
        }
    }
}
