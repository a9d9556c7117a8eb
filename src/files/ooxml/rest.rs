//! The parts of a package that belong to no reader: metadata, charts, pictures, embedded files, and whatever else
//! somebody put there. What a part is, its bytes and its outermost element say: programs find parts by their
//! relationships, in whatever folder and by whatever name.

use super::{
    drawn,
    parts::{self, Parts},
    pivot,
    project::{self, Project},
    records::{self, Records},
};
use crate::files::{
    Budget, Reason, Script, Shown, TraitKind, Writing,
    kind::{self, Kind},
    open,
    xml::{self, Node, Xml},
};
use std::collections::HashSet;

/// Parts that only say how things look: what stands between their tags is read, their attributes are not.
const LOOKS: [&str; 21] = [
    "theme",
    "themeOverride",
    "themeManager",
    "styles",
    "styleSheet",
    "fonts",
    "webSettings",
    "numbering",
    "tblStyleLst",
    "presentationPr",
    "viewPr",
    "calcChain",
    "colorsDef",
    "styleDef",
    "layoutDef",
    "colorStyle",
    "chartStyle",
    "people",
    "datastoreItem",
    "Types",
    "plist",
];

/// What is told when all parts are known.
#[derive(Default)]
struct Later {
    /// Definitions and records of caches of pivot tables.
    pivots: (Vec<String>, Vec<String>),
    /// Texts of diagrams as they were last drawn, by their place.
    diagrams: Vec<(String, String)>,
    /// Lines of what diagrams are made from.
    lines: HashSet<String>,
}

pub(super) fn read(parts: &mut Parts<'_, '_>, budget: &mut Budget) {
    let mut later = Later::default();
    for name in parts.left() {
        read_part(parts, &name, &mut later, budget);
        // Readers of single parts just stop where the steps are at their end.
        if let Err(limit) = budget.step(1) {
            budget.missed(&open::cleaned(&name), "ooxml", Reason::Limit(limit));
        }
    }
    pivot::read(parts, &later.pivots.0, &later.pivots.1, budget);
    for (place, text) in later.diagrams {
        let own: Vec<&str> = text.lines().filter(|line| !later.lines.contains(&squeezed(line))).collect();
        budget.text(&place, Shown::Visible, Writing::Plain, own.join("\n"));
    }
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect()
}

fn read_part(parts: &mut Parts<'_, '_>, name: &str, later: &mut Later, budget: &mut Budget) {
    let Some(bytes) = parts.bytes(name, budget) else { return };
    let source = xml::decoded(&bytes);
    match xml::root(&source) {
        Some(root) if !is_file(&root, &bytes) => read_xml(name, &root, &source, later, budget),
        _ => read_file(name, &bytes, budget),
    }
}

/// Whether XML is a file of its own: a page, a drawing, an office document in one file.
fn is_file(root: &str, bytes: &[u8]) -> bool {
    matches!(root, "package" | "wordDocument" | "Workbook" | "html" | "svg")
        || matches!(kind::of(bytes), Kind::Html | Kind::Mail | Kind::Mbox)
            && !matches!(root, "fonts" | "styles" | "table")
}

/// What is no XML is opened as a file, whatever it is called, but for what office programs write for themselves.
fn read_file(name: &str, bytes: &[u8], budget: &mut Budget) {
    let place = open::cleaned(name);
    let lower = name.to_ascii_lowercase();
    let macros = project::of(bytes);
    if macros != Project::None {
        budget.found("", TraitKind::Script(Script::Macro));
    }
    if macros == Project::Alone {
        return;
    }
    let kind = kind::of(bytes);
    let is_own = kind == Kind::Unknown && is_of_program(&lower);
    if is_own || matches!(kind, Kind::Unknown | Kind::Text) && is_for_printer(bytes) {
        return;
    }
    if kind == Kind::Unknown && Records(bytes).are_all() {
        let mut text = String::new();
        if let Err(limit) =
            Records(bytes).try_for_each(|(_, record)| records::texts(record, &mut text, budget))
        {
            budget.missed(&place, "xlsb", Reason::Limit(limit));
        }
        return budget.text(&place, Shown::Hidden, Writing::Plain, text);
    }
    if lower.contains("embeddings/") && lower.ends_with(".bin") {
        budget.found(&place, TraitKind::Script(Script::Embedded));
    }
    open::member(budget, &place, Some(name), None, bytes);
}

/// Fonts, which are disguised by a key (ECMA-376 part 4, section 10.1) or packed, settings of other systems' printers,
/// signatures of macros: of no kind that is known, and called so.
fn is_of_program(lower: &str) -> bool {
    let file = lower.rsplit('/').next().unwrap_or_default();
    [".odttf", ".fntdata"].iter().any(|ending| file.ends_with(ending))
        || ["vbaprojectsignature", "printersettings"].iter().any(|start| file.starts_with(start))
            && file.ends_with(".bin")
}

/// The settings of a printer, as Windows keeps them ([MS-RPRN] section 2.2.2.1): a name of 32 characters, then the
/// version, then the size of what is fixed.
fn is_for_printer(bytes: &[u8]) -> bool {
    let field = |at: usize| records::u16_at(bytes, at);
    matches!(field(64), Some(0x0300..=0x0401)) && matches!(field(68), Some(0x94..=0x100))
}

fn read_xml(name: &str, root: &str, source: &[u8], later: &mut Later, budget: &mut Budget) {
    let place = open::cleaned(name.rsplit('/').next().unwrap_or(name));
    let (shown, writing, text) = match root {
        "Relationships" => {
            let folder = name.split("_rels/").next().unwrap_or_default().trim_end_matches('/');
            let relations = parts::relations(source, folder, budget);
            return parts::tell_external(&relations, "", budget);
        }
        "pivotCacheDefinition" => return later.pivots.0.push(name.to_owned()),
        "pivotCacheRecords" => return later.pivots.1.push(name.to_owned()),
        "drawing" => return later.diagrams.push((place, drawn::text(source, budget))),
        "dataModel" => {
            let text = drawn::text(source, budget);
            later.lines.extend(text.lines().map(squeezed));
            (Shown::Visible, Writing::Plain, text)
        }
        "chartSpace" | "wsDr" | "userShapes" | "chart" => {
            (Shown::Visible, Writing::Plain, drawn::text(source, budget))
        }
        "xml" | "shape" => (Shown::Visible, Writing::Plain, drawn::vml(source, budget)),
        "Properties" | "coreProperties" => {
            let text = properties(source, budget);
            return budget.text("metadata", Shown::Hidden, Writing::Rows, text);
        }
        "settings" => {
            let text = attribute_values(source, "docVar", &["name", "val"], budget);
            return budget.text("metadata", Shown::Hidden, Writing::Rows, text);
        }
        "connections" | "queryTable" => {
            budget.found("", TraitKind::RemoteContent);
            (Shown::Hidden, Writing::Rows, all_attributes(source, budget))
        }
        "externalLink" => {
            if has_element(source, "ddeLink", budget) {
                budget.found("", TraitKind::Script(Script::Active));
            }
            (Shown::Hidden, Writing::Plain, xml::text_of(source, budget))
        }
        "personList" | "cmAuthorLst" | "authorLst" => {
            let text = all_attributes(source, budget);
            return budget.text("metadata", Shown::Hidden, Writing::Rows, text);
        }
        root => {
            if root == "macrosheet" {
                budget.found("", TraitKind::Script(Script::Macro));
            }
            if !LOOKS.contains(&root) {
                let said = xml::all_said(source, budget);
                budget.text(&place, Shown::Hidden, Writing::Plain, said);
            }
            (Shown::Hidden, Writing::Plain, xml::text_of(source, budget))
        }
    };
    budget.text(&place, shown, writing, text);
}

fn has_element(source: &[u8], element: &str, budget: &mut Budget) -> bool {
    let mut xml = Xml::new(source);
    while let Some(node) = xml.next(budget) {
        if matches!(node, Node::Start(tag) if tag.name() == element) {
            return true;
        }
    }
    false
}

/// Rows of an element's name, and its text (section 15.2.12).
fn properties(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let (mut out, mut name, mut is_own) = (String::new(), String::new(), false);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => {
                let given = tag.get("name");
                // A property that somebody made, whatever kind of value it has.
                is_own |= given.is_some();
                let own = given.unwrap_or_else(|| tag.name().to_owned());
                // `<vt:lpwstr>` within a property that has a name.
                if !matches!(
                    tag.name(),
                    "lpwstr" | "lpstr" | "vector" | "variant" | "i4" | "bool" | "filetime"
                ) {
                    name = own;
                }
            }
            // Counts and switches say nothing of anybody.
            Node::Text(text)
                if (is_own || text.parse::<f64>().is_err())
                    && !matches!(text.trim(), "" | "true" | "false") =>
            {
                out.push_str(&format!("{name}\t{}\n", text.trim()));
            }
            Node::End(name) if &*name == "property" => is_own = false,
            _ => {}
        }
    }
    out
}

/// The values of some attributes of one kind of element, a row each.
fn attribute_values(source: &[u8], element: &str, names: &[&str], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        if tag.name() == element {
            let values: Vec<String> = names.iter().filter_map(|name| tag.get(name)).collect();
            out.push_str(&values.join("\t"));
            out.push('\n');
        }
    }
    out
}

fn all_attributes(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        let values: Vec<_> = tag
            .attributes()
            .map(|(_, value)| value)
            .filter(|value| value.chars().any(char::is_alphabetic) && !value.starts_with("http://schemas"))
            .collect();
        if !values.is_empty() {
            out.push_str(&values.join("\t"));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Opened, Script, Shown, TraitKind,
        fixture_tests::{opened, text},
        package::tests::zip,
    };

    const PROGRAM: &[u8] = b"MZ\x90\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0PE\0\0";

    fn document(parts: &[(&str, &[u8])]) -> Opened {
        let own: [(&str, &[u8]); 2] =
            [("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>")];
        opened(&zip(&[&own[..], parts].concat()))
    }

    fn told(opened: &Opened) -> Vec<&TraitKind> {
        opened.traits.iter().map(|told| &told.kind).collect()
    }

    #[test]
    fn what_lies_in_folders_of_looks_is_opened() {
        let book = zip(&[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", "<workbook><sheets><sheet name='Y9' id='r'/></sheets></workbook>"),
            ("xl/theme/list.csv", "UPN,Name\nx,Nia"),
        ]);
        // A program may have at its places what the settings of a printer have there.
        let mut disguised = PROGRAM.to_vec();
        disguised.resize(80, 0);
        disguised.splice(60..70, [0x48, 0, 0, 0, 1, 4, 0, 6, 0xdc, 0]);
        disguised.extend([0; 8]);
        disguised.splice(72..76, *b"PE\0\0");
        let opened = document(&[("xl/printerSettings/printerSettings1.bin", &disguised)]);
        assert!(told(&opened).contains(&&TraitKind::Executable));
        for folder in ["theme", "fonts", "printerSettings", "slideLayouts", "vbaProject"] {
            let opened = document(&[(&format!("word/{folder}/a.bin"), PROGRAM)]);
            assert!(told(&opened).contains(&&TraitKind::Executable), "{folder}");
            let name = format!("word/{folder}/b.xlsx");
            let within = document(&[(&name, &book)]);
            assert!(within.pieces.iter().any(|piece| piece.text.contains("Nia")), "{folder}");
        }
        let chart = b"<c:chartSpace><c:v>Nia</c:v></c:chartSpace>";
        assert_eq!(text(&document(&[("word/theme/a.xml", chart)]), "a.xml", Shown::Visible), "Nia");
    }

    #[test]
    fn what_office_programs_write_for_themselves_is_not_told() {
        let mut printer: Vec<u8> = "Room 12".encode_utf16().flat_map(u16::to_le_bytes).collect();
        printer.resize(64, 0);
        printer.extend([1, 4, 0, 6, 0xdc, 0, 0x88, 3]);
        printer.resize(300, 7);
        // Disguised by its key, as Word keeps fonts.
        let font: Vec<u8> = (1..400u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let theme = b"<a:theme name='Office Theme'><a:latin typeface='Some Font'/></a:theme>";
        let opened = document(&[
            ("xl/printerSettings/printerSettings1.bin", &printer),
            ("word/fonts/font1.odttf", &font),
            ("word/theme/theme1.xml", theme),
            ("word/vml.xml", b"<xml><v:shape><v:textbox><div></div></v:textbox></v:shape></xml>"),
        ]);
        assert!(opened.missed.is_empty() && opened.traits.is_empty(), "{opened:?}");
        assert!(opened.pieces.is_empty(), "{:?}", opened.pieces);
    }

    #[test]
    fn no_part_is_read_by_the_word_of_another() {
        let relations = b"<Relationships><Relationship Id='a' Type='x/header' Target='a.bin'/>
            <Relationship Id='b' Type='x/styles' Target='c.xml'/></Relationships>";
        let opened = document(&[
            ("word/_rels/document.xml.rels", relations),
            ("word/a.bin", PROGRAM),
            ("word/c.xml", b"<c:chartSpace><c:v>Nia</c:v></c:chartSpace>"),
        ]);
        assert!(told(&opened).contains(&&TraitKind::Executable));
        assert_eq!(text(&opened, "c.xml", Shown::Visible), "Nia");
    }

    #[test]
    fn macros_are_told_however_their_type_is_written() {
        let types = b"<Types><Override PartName='/word/a.bin' ContentType='application/vnd.ms-office.vba&#x50;roject'/></Types>";
        let opened = opened(&zip(&[
            ("[Content_Types].xml", types.as_slice()),
            ("word/document.xml", b"<w:document/>"),
        ]));
        assert_eq!(told(&opened), [&TraitKind::Script(Script::Macro)]);
        let relations = b"<Relationships><Relationship Id='a' Type='http://x/vba&#80;roject' Target='a.bin'/></Relationships>";
        assert_eq!(
            told(&document(&[("word/_rels/document.xml.rels", relations)])),
            [&TraitKind::Script(Script::Macro)]
        );
    }

    #[test]
    fn diagrams_as_they_were_drawn_and_properties_of_ones_own_are_read() {
        let drawn = b"<dsp:drawing><a:p><a:t>Year 9</a:t></a:p><a:p><a:t>Nia</a:t></a:p></dsp:drawing>";
        let made_from = b"<dgm:dataModel><a:p><a:t>Year 9</a:t></a:p></dgm:dataModel>";
        let own = b"<Properties><property name='NHS number'><vt:lpwstr>9434765919</vt:lpwstr></property></Properties>";
        let opened = document(&[
            ("word/diagrams/drawing1.xml", drawn),
            ("word/diagrams/data1.xml", made_from),
            ("docProps/custom.xml", own),
            ("docProps/app.xml", b"<Properties><Pages>3</Pages><Company>Oak</Company></Properties>"),
            ("xl/slicers/slicer1.xml", b"<slicers><slicer name='S' caption='about Nia'/></slicers>"),
        ]);
        assert_eq!(text(&opened, "drawing1.xml", Shown::Visible), "Nia");
        assert_eq!(text(&opened, "metadata", Shown::Hidden), "NHS number\t9434765919|Company\tOak");
        assert_eq!(text(&opened, "slicer1.xml", Shown::Hidden), "about Nia");
    }
}
