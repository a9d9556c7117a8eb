//! Office Open XML (ECMA-376, Strict and Transitional): documents, workbooks, presentations, with
//! all that lies in their packages: what no reader knows is opened as a file of its own.

mod binary;
mod number_text;
mod numbering;
mod numbers;
mod parts;
mod rest;
mod rows;
mod shared;
mod sheet;
mod sheet_2003;
mod sheet_parts;
mod slides;
mod styles;
mod symbols;
pub(super) mod word;
mod workbook;
mod xstring;

use super::{
    Budget, Reason, Script, TraitKind,
    package::Package,
    xml::{self, Node, Xml},
};
pub(super) use binary::rk;
pub(super) use numbers::{built_in, shown_number};
use parts::Parts;
pub(super) use rows::{Rows, address, label};
pub(super) use sheet_2003::read as read_sheets_2003;
pub(super) use sheet_parts::without_codes;

pub(super) fn read(package: &Package<'_>, budget: &mut Budget) {
    if package.is_ambiguous() {
        budget.missed("", "zip", Reason::Ambiguous);
    }
    let mut parts = Parts::new(package);
    let types = parts.text("[Content_Types].xml", budget).unwrap_or_default();
    tell_programs(package, &types, budget);
    let Some(main) = main_part(&mut parts, budget) else {
        budget.missed("", "ooxml", Reason::Malformed);
        return rest::read(&mut parts, budget);
    };
    match kind(&mut parts, &main, budget) {
        Some(Kind::Word) => word::read(&mut parts, &main, budget),
        Some(Kind::Sheets) => workbook::read(&mut parts, &main, budget),
        Some(Kind::BinarySheets) => binary::read(&mut parts, &main, budget),
        Some(Kind::Slides) => slides::read(&mut parts, &main, budget),
        None => budget.missed("", "ooxml", Reason::NotSupported),
    }
    rest::read(&mut parts, budget);
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Word,
    Sheets,
    BinarySheets,
    Slides,
}

/// By the root relationship, or where these are usual.
fn main_part(parts: &mut Parts<'_, '_>, budget: &mut Budget) -> Option<String> {
    let related = parts.relations("", budget);
    let root = related.into_iter().find(|r| r.kind == "officeDocument" && parts.package.has(&r.target));
    let usual = ["word/document.xml", "xl/workbook.xml", "xl/workbook.bin", "ppt/presentation.xml"];
    root.map(|root| root.target)
        .or_else(|| usual.iter().find(|name| parts.package.has(name)).map(|name| (*name).to_owned()))
}

fn kind(parts: &mut Parts<'_, '_>, main: &str, budget: &mut Budget) -> Option<Kind> {
    if main.ends_with(".bin") {
        return Some(Kind::BinarySheets);
    }
    let source = parts.text(main, budget)?;
    let mut xml = Xml::new(&source);
    while let Some(node) = xml.next(budget) {
        if let Node::Start(tag) = node {
            return match tag.name() {
                "document" | "glossaryDocument" => Some(Kind::Word),
                "workbook" => Some(Kind::Sheets),
                "presentation" => Some(Kind::Slides),
                _ => None,
            };
        }
    }
    None
}

/// Macros and controls, by part names and by what the list of types says.
fn tell_programs(package: &Package<'_>, types: &[u8], budget: &mut Budget) {
    let types = String::from_utf8_lossy(types).to_ascii_lowercase();
    let names: Vec<String> = package.names().map(str::to_ascii_lowercase).collect();
    let any = |part: &str| names.iter().any(|name| name.contains(part));
    if any("vbaproject")
        || types.contains("vbaproject")
        || any("macrosheets/")
        || types.contains("macrosheet")
    {
        budget.found("", TraitKind::Script(Script::Macro));
    }
    if any("activex/") || types.contains("activex") {
        budget.found("", TraitKind::Script(Script::Active));
    }
}

/// A package written as one XML file ("flat OPC"): its texts as of a document, its files opened.
pub(super) fn read_flat(source: &[u8], budget: &mut Budget) {
    if memchr::memmem::find(source, b"vbaProject").is_some() {
        budget.found("", TraitKind::Script(Script::Macro));
    }
    word::read_2003(source, budget);
}

/// The text of `t` and `v` elements: charts, diagrams, drawings.
fn drawn_text(source: &[u8], budget: &mut Budget) -> String {
    let source = xml::decoded(source);
    let mut xml = Xml::new(&source);
    let (mut out, mut within) = (String::new(), 0usize);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => match tag.name() {
                "t" | "v" => within += 1,
                "cNvPr" | "docPr" => {
                    for key in ["descr", "title"] {
                        if let Some(text) = tag.get(key).filter(|text| !text.is_empty()) {
                            out.push_str(&text);
                            out.push('\n');
                        }
                    }
                }
                _ => {}
            },
            Node::End(name) => match &*name {
                "t" => within = within.saturating_sub(1),
                "v" => {
                    within = within.saturating_sub(1);
                    out.push('\n');
                }
                "p" if !out.ends_with('\n') => out.push('\n'),
                _ => {}
            },
            Node::Text(text) if within > 0 => out.push_str(&text),
            Node::Text(_) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Reason, Script, Shown, TraitKind,
        fixture_tests::{has_missed, opened, text},
        package::tests::zip,
    };

    const TYPES: (&str, &str) = ("[Content_Types].xml", "<Types/>");

    fn docx(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
        let body = format!(
            "<w:document xmlns:w=\"http://purl.oclc.org/ooxml/wordprocessingml/main\"><w:body>{body}</w:body></w:document>"
        );
        let mut members = vec![TYPES, ("word/document.xml", body.as_str())];
        members.extend(more);
        zip(&members)
    }

    fn relations(rows: &str) -> String {
        format!("<Relationships>{rows}</Relationships>")
    }

    #[test]
    fn a_document_tells_who_sees_what() {
        let body = "<w:p><w:r><w:t>seen</w:t></w:r><w:ins w:author='Ann'><w:r><w:t> added</w:t></w:r></w:ins>
            <w:del><w:r><w:delText>gone</w:delText></w:r></w:del>
            <w:r><w:rPr><w:vanish/></w:rPr><w:t>vanished</w:t></w:r>
            <w:r><w:rPr><w:sz w:val='2'/></w:rPr><w:t>tiny</w:t></w:r></w:p>
            <w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText>HYPERLINK \"https://a.example/\"</w:instrText>
            <w:fldChar w:fldCharType='separate'/><w:t>link</w:t></w:r></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
            <mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Choice>
            <mc:Fallback><w:txbxContent><w:p><w:r><w:t>other</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent>";
        let opened = opened(&docx(body, &[]));
        assert_eq!(text(&opened, "", Shown::Visible), "seen added\nlink");
        assert_eq!(text(&opened, "", Shown::Hidden), "vanishedtiny");
        assert_eq!(text(&opened, "changes", Shown::Hidden), "gone");
        assert_eq!(text(&opened, "", Shown::Link), "https://a.example/");
        assert_eq!(text(&opened, "table 1", Shown::Visible), "A\tB");
        assert_eq!(text(&opened, "text box", Shown::Visible), "boxed");
        assert!(text(&opened, "alternative text", Shown::Hidden).contains("other"));
    }

    #[test]
    fn parts_that_hang_on_a_document_are_read() {
        let own = relations(
            "<Relationship Id='a' Type='x/footnotes' Target='footnotes.xml'/>
             <Relationship Id='b' Type='x/attachedTemplate' Target='https://t.example/t.dotm' TargetMode='External'/>",
        );
        let opened = opened(&docx(
            "",
            &[
                ("word/_rels/document.xml.rels", &own),
                ("word/footnotes.xml", "<w:footnotes><w:p><w:r><w:t>noted</w:t></w:r></w:p></w:footnotes>"),
                ("word/vbaProject.bin", "x"),
                ("word/afchunk.html", "<p>chunk</p>"),
                ("customXml/item1.xml", "<root><pupil>Nia Flynn</pupil></root>"),
            ],
        ));
        assert_eq!(text(&opened, "footnotes", Shown::Visible), "noted");
        assert_eq!(text(&opened, "", Shown::Link), "https://t.example/t.dotm");
        assert_eq!(text(&opened, "item1.xml", Shown::Hidden), "Nia Flynn");
        assert_eq!(text(&opened, "word/afchunk.html", Shown::FileName), "word/afchunk.html");
        let kinds: Vec<&TraitKind> = opened.traits.iter().map(|t| &t.kind).collect();
        assert!(kinds.contains(&&TraitKind::Script(Script::Macro)));
        assert!(kinds.contains(&&TraitKind::RemoteContent));
    }

    #[test]
    fn a_workbook_in_a_document_is_opened() {
        let inner = zip(&[
            TYPES,
            ("xl/workbook.xml", "<workbook><sheets><sheet name='Y9' r:id='r'/></sheets></workbook>"),
            (
                "xl/_rels/workbook.xml.rels",
                &relations("<Relationship Id='r' Type='x/worksheet' Target='s.xml'/>"),
            ),
            (
                "xl/s.xml",
                "<worksheet><sheetData><row r='7'><c r='B7' t='inlineStr'><is><t>in a cell</t></is></c></row></sheetData></worksheet>",
            ),
        ]);
        let outer = zip(&[
            (TYPES.0, TYPES.1.as_bytes()),
            ("word/document.xml", b"<w:document/>"),
            ("word/embeddings/a.xlsx", &inner),
        ]);
        let opened = opened(&outer);
        let cell = opened.pieces.iter().find(|piece| piece.place == "word/embeddings/a.xlsx/Y9").unwrap();
        assert_eq!(cell.anchors[0].label, "B7");
        assert_eq!(cell.text.trim(), "in a cell");
    }

    #[test]
    fn entities_are_not_expanded_and_breaks_are_told() {
        let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><w:document><w:p><w:r><w:t>&b;</w:t>";
        let opened = opened(&zip(&[TYPES, ("word/document.xml", bomb)]));
        assert_eq!(text(&opened, "", Shown::Visible), "&b;");
        assert!(has_missed(&opened, Reason::Malformed));
    }
}
