//! Office Open XML (ECMA-376, Strict and Transitional): documents, workbooks, presentations, with
//! all that lies in their packages: what no reader knows is opened as a file of its own.

mod binary;
mod drawn;
mod lines;
mod number_text;
mod numbering;
mod numbers;
mod parts;
mod pivot;
mod project;
mod records;
mod rest;
mod rows;
mod shared;
mod sheet;
mod sheet_2003;
mod sheet_parts;
mod slides;
mod styles;
pub(super) mod word;
mod workbook;
mod xstring;

use super::{
    Budget, Reason,
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
    let types = parts.text("[Content_Types].xml", &["Types"], budget).unwrap_or_default();
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
    let bytes = parts.glance(main, budget)?;
    match xml::root(&xml::decoded(&bytes))?.as_str() {
        "document" | "glossaryDocument" => Some(Kind::Word),
        "workbook" => Some(Kind::Sheets),
        "presentation" => Some(Kind::Slides),
        _ => None,
    }
}

/// Macros and controls, by part names and by what the list of types says.
fn tell_programs(package: &Package<'_>, types: &[u8], budget: &mut Budget) {
    for name in package.names().filter(|name| !name.ends_with('/')) {
        let lower = name.to_ascii_lowercase();
        if lower.contains("vbaproject") || lower.contains("macrosheets/") || lower.contains("activex/") {
            parts::tell_program(&lower, budget);
        }
    }
    let mut xml = Xml::new(types);
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        tag.attributes().for_each(|(_, value)| parts::tell_program(&value, budget));
    }
}

/// A package written as one XML file ("flat OPC"): its texts as of a document, its files opened.
pub(super) fn read_flat(source: &[u8], budget: &mut Budget) {
    word::read_2003(source, budget);
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
        assert_eq!(text(&opened, "", Shown::Hidden), "seen addedvanishedtiny|vanishedtiny");
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
    fn pieces_within_words_and_fields_that_draw_their_code_are_read() {
        let body = "<w:p><w:r><w:t>H80</w:t></w:r><w:r><w:rPr><w:color w:val='FFFFFF'/></w:rPr><w:t>12</w:t></w:r><w:r><w:t>34</w:t></w:r></w:p>
            <w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText>MACROBUTTON No see </w:instrText></w:r>
            <w:r><w:fldChar w:fldCharType='begin'/><w:instrText>PAGE</w:instrText><w:fldChar w:fldCharType='end'/></w:r>
            <w:r><w:instrText>Nia</w:instrText><w:fldChar w:fldCharType='end'/></w:r></w:p>
            <w:p><w:fldSimple w:instr='EQ \\s\\up0(about Bo)'/></w:p>
            <w:tbl><w:tblPr><w:tblCaption w:val='rows of pupils'/></w:tblPr></w:tbl>
            <w:p><w:hyperlink w:tooltip='a tip'><w:r><w:t>here</w:t></w:r></w:hyperlink></w:p>";
        let opened = opened(&docx(body, &[]));
        assert_eq!(text(&opened, "", Shown::Visible), "H8034\nsee Nia\nabout Bo\nhere");
        assert_eq!(text(&opened, "", Shown::Hidden), "H801234|12");
        assert_eq!(text(&opened, "alternative text", Shown::Hidden), "rows of pupils\na tip");
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
