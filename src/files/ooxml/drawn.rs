//! What charts, diagrams and drawings show: their letters, values and names of categories, the words in formats of
//! numbers, what is said of pictures (ECMA-376 part 1, sections 20 and 21; [MS-ODRAWXML] for the newer charts; part 4,
//! section 19 for VML).

use super::number_text;
use crate::files::{
    Budget,
    xml::{Node, Tag, Xml},
};

/// Text of DrawingML: `t` and `v`, and `pt` of the newer charts.
pub(super) fn text(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let (mut out, mut within, mut format) = (String::new(), 0usize, None);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => match tag.name() {
                "t" | "v" | "pt" => within += 1,
                "formatCode" => format = Some(String::new()),
                "numFmt" => push_line(&mut out, &format_words(&tag)),
                "cNvPr" | "docPr" => {
                    for text in ["descr", "title"].iter().filter_map(|key| tag.get(key)) {
                        push_line(&mut out, &text);
                    }
                }
                _ => {}
            },
            Node::End(name) => match &*name {
                "t" => within = within.saturating_sub(1),
                "v" | "pt" => {
                    within = within.saturating_sub(1);
                    end_line(&mut out);
                }
                "formatCode" => {
                    let words = number_text::words(&format.take().unwrap_or_default());
                    push_line(&mut out, &words);
                }
                "p" => end_line(&mut out),
                _ => {}
            },
            Node::Text(text) => match &mut format {
                Some(format) => format.push_str(&text),
                // What stands between the elements of a `pt`.
                None if text.contains('\n') && text.trim().is_empty() => {}
                None if within > 0 => out.push_str(&text),
                None => {}
            },
        }
    }
    out
}

/// The words of a format of numbers.
pub(super) fn format_words(tag: &Tag<'_>) -> String {
    number_text::words(&tag.get("formatCode").unwrap_or_default())
}

/// Text of VML: boxes, letters drawn along a path, what is said of pictures. What the client keeps of a shape
/// (anchors, switches) is no text.
pub(super) fn vml(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let (mut out, mut client) = (String::new(), 0usize);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => {
                client += usize::from(tag.name() == "ClientData");
                for text in ["alt", "title", "string"].iter().filter_map(|key| tag.get(key)) {
                    push_line(&mut out, &text);
                }
                if tag.name() == "br" {
                    end_line(&mut out);
                }
            }
            Node::End(name) => match &*name {
                "ClientData" => client = client.saturating_sub(1),
                "div" | "p" | "textbox" | "shape" => end_line(&mut out),
                _ => {}
            },
            Node::Text(text) if client == 0 => {
                let text = text.trim_matches(['\n', '\r', '\t']);
                let is_gap = text.trim().is_empty() && (out.is_empty() || out.ends_with(char::is_whitespace));
                out.push_str(if is_gap { "" } else { text });
            }
            Node::Text(_) => {}
        }
    }
    out
}

fn push_line(out: &mut String, text: &str) {
    if !text.trim().is_empty() {
        end_line(out);
        out.push_str(text.trim());
        out.push('\n');
    }
}

fn end_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    #[test]
    fn charts_of_both_kinds_give_their_categories_and_formats() {
        let mut budget = Budget::new(FileLimits::default());
        let chart = b"<c:chartSpace><c:pt idx='0'>\n <c:v>Year 9</c:v>\n</c:pt><c:formatCode>0 \"pupils\"</c:formatCode>
            <c:numFmt formatCode='&quot;about Nia&quot;'/><c:numFmt formatCode='dd/mm/yyyy'/></c:chartSpace>";
        assert_eq!(text(chart, &mut budget), "Year 9\npupils\nabout Nia\n");
        let newer = b"<cx:chartSpace><cx:lvl><cx:pt idx='0'>Nia Flynn</cx:pt></cx:lvl></cx:chartSpace>";
        assert_eq!(text(newer, &mut budget), "Nia Flynn\n");
    }

    #[test]
    fn vml_gives_captions_and_not_what_the_client_keeps() {
        let mut budget = Budget::new(FileLimits::default());
        let source =
            b"<xml><v:shape style='x: y'><v:textbox><div><font>Press <b>here</b></font></div></v:textbox>
            <x:ClientData><x:Anchor>1, 0, 3, 0</x:Anchor></x:ClientData></v:shape>
            <v:shape alt='a plan'><v:textpath string='drawn'/></v:shape></xml>";
        assert_eq!(vml(source, &mut budget), "Press here\na plan\ndrawn\n");
    }
}
