//! What is handed to people on paper or on a screen: headings, facts, tables and the text
//! of letters, written once and set twice, as a page of HTML and as a PDF. All text in it is
//! taken for hostile: a letter's subject is somebody else's words.

mod html;
mod pdf;

pub use html::html;
pub use pdf::pdf;

/// A whole document.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub title: String,
    /// Stands small above the title and at the foot of each printed page.
    pub mark: String,
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, Default)]
pub struct Section {
    pub heading: String,
    pub start: Start,
    pub blocks: Vec<Block>,
}

/// Where a section begins when it is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Flows,
    NewPage,
}

#[derive(Clone, Debug)]
pub enum Block {
    Paragraph(String),
    /// A paragraph that must not be overlooked.
    Notice(String),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Somebody's own words, their lines kept.
    Letter(String),
    /// The first row is the head; shares of the width, which need not add up to anything.
    Table {
        widths: Vec<u16>,
        rows: Vec<Vec<String>>,
    },
    /// A file beside this one, by its name in the bundle.
    File {
        label: String,
        path: String,
    },
}

/// Text as it may be shown: controls become spaces, and the marks that turn the direction of
/// what follows them are written out, since they can make a text read as another.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push_str(&format!("[U+{:04X}]", c as u32));
            }
            '\r' => {}
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn hostile() -> Sheet {
        let text = "</title><script>alert(1)</script> \" onload=x ' & \u{202e}gpj.exe\r\n\u{1b}[2J";
        Sheet {
            title: text.into(),
            mark: text.into(),
            sections: vec![Section {
                heading: text.into(),
                start: Start::NewPage,
                blocks: vec![
                    Block::Paragraph(text.into()),
                    Block::Notice(text.into()),
                    Block::Facts(vec![(text.into(), text.into())]),
                    Block::Letter(format!("{text}\n> {}\nŵ ŷ Ŵ Ŷ â î", "x".repeat(5_000))),
                    Block::Table { widths: vec![1, 2], rows: vec![vec![text.into(), text.into()]; 200] },
                    Block::File { label: text.into(), path: "javascript:alert(1)\"".into() },
                ],
            }],
        }
    }

    #[test]
    fn what_turns_the_text_around_is_written_out() {
        assert_eq!(shown("a\u{202e}b\u{7}\tc\r\n"), "a[U+202E]b     c\n");
    }
}
