//! What hangs on a sheet beside its cells: headers and footers, hints for entries, links, comments.

use super::{
    rows::{Rows, address},
    xstring,
};
use crate::files::{
    Budget, Limit, Reason, Shown, Writing, formula,
    xml::{Node, Tag, Xml},
};

/// Bytes of hints of one sheet.
const MOST_HINTS: usize = 16 << 20;

/// What a sheet's part has after its cells.
#[derive(Default)]
pub(super) struct Rest {
    header: String,
    hints: String,
    is_cut: bool,
    in_header: bool,
    in_list: bool,
    /// The formula that is being read.
    rule: String,
}

impl Rest {
    pub(super) fn start(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter" => {
                self.in_header = true;
            }
            "dataValidation" => {
                let texts = ["promptTitle", "prompt", "errorTitle", "error"].map(|key| tag.get(key));
                self.hint(texts.into_iter().flatten());
            }
            // Lists and limits of entries, conditions of formats.
            "formula1" | "formula2" | "formula" => self.in_list = true,
            "cfRule" => self.hint(tag.get("text").into_iter()),
            // What-if values (section 18.3.1.76).
            "scenario" => self.hint(["name", "comment"].map(|key| tag.get(key)).into_iter().flatten()),
            "inputCells" => self.hint(tag.get("val").into_iter()),
            "hyperlink" => {
                self.hint(["display", "tooltip", "location"].map(|key| tag.get(key)).into_iter().flatten())
            }
            _ => {}
        }
    }

    fn hint(&mut self, texts: impl Iterator<Item = String>) {
        for text in texts {
            // What a formula makes may be far longer than the formula.
            if self.hints.len() > MOST_HINTS {
                self.is_cut = true;
                return;
            }
            self.hints.push_str(&text);
            self.hints.push('\n');
        }
    }

    pub(super) fn end(&mut self, name: &str) {
        match name {
            "formula1" | "formula2" | "formula" => {
                self.in_list = false;
                let rule = std::mem::take(&mut self.rule);
                let digits = rule.bytes().filter(u8::is_ascii_digit).count();
                if rule.contains([',', '"']) || digits >= 8 {
                    let value = formula::alone(&rule);
                    self.hint([Some(rule), value].into_iter().flatten());
                }
            }
            _ if self.in_header && (name.ends_with("Header") || name.ends_with("Footer")) => {
                self.in_header = false;
                self.header.push('\n');
            }
            _ => {}
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.in_header {
            self.header.push_str(text);
        } else if self.in_list {
            self.rule.push_str(text);
        }
    }

    pub(super) fn tell(self, place: &str, budget: &mut Budget) {
        let header = without_codes(&xstring::unescaped(&self.header));
        budget.text(&format!("{place}/header"), Shown::Visible, Writing::Plain, header);
        if self.is_cut {
            budget.missed(&format!("{place}/hints"), "xlsx", Reason::Limit(Limit::Text));
        }
        let hints = xstring::unescaped(&self.hints).into_owned();
        budget.text(&format!("{place}/hints"), Shown::Hidden, Writing::Plain, hints);
    }
}

/// `&L&"Arial,Bold"&12Name` (section 18.3.1.46).
pub(in crate::files) fn without_codes(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    let mut letters = header.chars().peekable();
    while let Some(c) = letters.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match letters.next() {
            Some('&') => out.push('&'),
            Some('L' | 'C' | 'R') => out.push(' '),
            Some('"') => while letters.next().is_some_and(|c| c != '"') {},
            Some('K') => {
                let _ = letters.nth(5);
            }
            Some(digit) if digit.is_ascii_digit() => while letters.next_if(char::is_ascii_digit).is_some() {},
            _ => {}
        }
    }
    out
}

/// Comments and threads of comments, each at its cell.
pub(super) fn read_comments(source: &[u8], place: &str, budget: &mut Budget) {
    let mut xml = Xml::new(source);
    let mut rows = Rows::default();
    let mut authors = String::new();
    let (mut at, mut text, mut in_text, mut in_author) = (None, String::new(), false, false);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => match tag.name() {
                "comment" | "threadedComment" => at = tag.get("ref").and_then(|cell| address(&cell)),
                "t" | "text" => in_text = true,
                "author" => in_author = true,
                _ => {}
            },
            Node::Text(own) if in_author => authors.push_str(&own),
            Node::Text(own) if in_text && at.is_some() => text.push_str(&own),
            Node::Text(_) => {}
            Node::End(name) => match &*name {
                "t" | "text" => in_text = false,
                "author" => {
                    in_author = false;
                    authors.push('\n');
                }
                "comment" | "threadedComment" => {
                    if let Some((row, column)) = at.take() {
                        rows.push_line(row, column, &xstring::unescaped(&text));
                    }
                    text.clear();
                }
                _ => {}
            },
        }
    }
    let below = format!("{place}/comments");
    xml.tell(&below, "xlsx", budget);
    rows.tell(&below, Shown::Hidden, budget);
    budget.text(&below, Shown::Hidden, Writing::Plain, authors);
}
