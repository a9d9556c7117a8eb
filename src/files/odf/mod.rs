//! OpenDocument (ODF 1.3, ISO/IEC 26300): texts, sheets, presentations and drawings, as packages and
//! as flat XML; what is encrypted is told by the manifest.

mod form;
mod looks;
mod sheet;
mod styles;
mod text;

use super::{
    Budget, Reason, Script, Shown, TraitKind, Writing, open,
    package::Package,
    xml::{self, Node, Xml},
};
use styles::Styles;

pub(super) fn read(package: &Package<'_>, budget: &mut Budget) {
    if package.is_ambiguous() {
        budget.missed("", "zip", Reason::Ambiguous);
    }
    let manifest = package.read("META-INF/manifest.xml", budget).unwrap_or_default();
    let closed = encrypted(&xml::decoded(&manifest), budget);
    let content_closed = |name: &str| closed.iter().any(|own| own == name);
    if content_closed("encrypted-package") || content_closed("content.xml") {
        let content = package.read("content.xml", budget).unwrap_or_default();
        // A manifest alone does not protect what can be read.
        if !content.trim_ascii_start().starts_with(b"<") {
            return open::protected("odf", budget);
        }
    }
    let styles = package.read("styles.xml", budget).unwrap_or_default();
    let styles = xml::decoded(&styles);
    if let Some(content) = package.read("content.xml", budget) {
        read_content(&xml::decoded(&content), &styles, budget);
    }
    text::read_masters(&styles, budget);
    if let Some(meta) = package.read("meta.xml", budget) {
        read_metadata(&xml::decoded(&meta), budget);
    }
    let names: Vec<String> = package.names().map(str::to_owned).collect();
    for name in names {
        let lower = name.to_ascii_lowercase();
        if !name.ends_with('/') && !READ.contains(&lower.as_str()) {
            match closed.contains(&name) {
                true => budget.missed(&open::cleaned(&name), "odf", Reason::Protected),
                false => read_member(package, &name, &lower, budget),
            }
        }
    }
}

const READ: [&str; 6] =
    ["mimetype", "content.xml", "styles.xml", "meta.xml", "settings.xml", "meta-inf/manifest.xml"];

fn read_member(package: &Package<'_>, name: &str, lower: &str, budget: &mut Budget) {
    let bytes = package.read(name, budget).unwrap_or_default();
    let place = open::cleaned(name);
    if looks::read(lower, &place, &bytes, budget) {
        return;
    }
    if lower.starts_with("basic/") || lower.starts_with("scripts/") {
        // The list of libraries is written even when there is none.
        let is_list = lower.ends_with("/script-lc.xml") || lower.ends_with("/script-lb.xml");
        if !is_list {
            budget.found("", TraitKind::Script(Script::Macro));
        }
        let text = if lower.ends_with(".xml") { xml::all_text(&bytes, budget) } else { lossy(&bytes) };
        return budget.text(&place, Shown::Hidden, Writing::Plain, text);
    }
    match lower.rsplit_once('/') {
        // A document within: `Object 1/content.xml`.
        Some((folder, "content.xml")) => {
            let styles = package.read(&format!("{folder}/styles.xml"), budget).unwrap_or_default();
            let read =
                |budget: &mut Budget| read_content(&xml::decoded(&bytes), &xml::decoded(&styles), budget);
            if let Err(limit) = budget.within(&open::cleaned(folder), read) {
                budget.missed(&place, "odf", Reason::Limit(limit));
            }
        }
        Some((_, "styles.xml" | "settings.xml")) => {}
        Some((_, "meta.xml")) => read_metadata(&xml::decoded(&bytes), budget),
        _ => {
            if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
                budget.found(&place, TraitKind::Script(Script::Embedded));
            }
            open::member(budget, &place, Some(name), None, &bytes);
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One file that holds everything (part 3, section 3.1.2).
pub(super) fn read_flat(source: &[u8], budget: &mut Budget) {
    if memchr::memmem::find(source, b"<script:module").is_some()
        || memchr::memmem::find(source, b"<ooo:library").is_some()
    {
        budget.found("", TraitKind::Script(Script::Macro));
    }
    read_content(source, source, budget);
    text::read_masters(source, budget);
    read_metadata(source, budget);
}

fn read_content(content: &[u8], styles: &[u8], budget: &mut Budget) {
    let styles = Styles::read(&[styles, content], budget);
    budget.text("styles", Shown::Hidden, Writing::Plain, styles.said.clone());
    // A formula (MathML) is a document of its own kind.
    if xml::root(content).as_deref() == Some("math") {
        let text = xml::all_text(content, budget);
        return budget.text("", Shown::Visible, Writing::Plain, text);
    }
    if memchr::memmem::find(content, b"<office:spreadsheet").is_some() {
        sheet::read(content, &styles, budget);
    } else {
        text::read(content, &styles, budget);
    }
}

/// Members that the manifest says are encrypted (part 2, section 3.4.1).
fn encrypted(manifest: &[u8], budget: &mut Budget) -> Vec<String> {
    let mut xml = Xml::new(manifest);
    let (mut closed, mut path) = (Vec::new(), String::new());
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        match tag.name() {
            "file-entry" => path = tag.get("full-path").unwrap_or_default(),
            "encryption-data" => closed.push(path.clone()),
            _ => {}
        }
    }
    closed
}

/// Rows of a name and a value (part 3, section 4.3).
fn read_metadata(source: &[u8], budget: &mut Budget) {
    let mut xml = Xml::new(source);
    let (mut out, mut within, mut name) = (String::new(), false, String::new());
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) if tag.name() == "meta" => within = true,
            Node::End(end) if &*end == "meta" => break,
            Node::Start(tag) if within => {
                name = tag.get("name").unwrap_or_else(|| tag.name().to_owned());
                if tag.name() == "template" {
                    let target = tag.get("href").unwrap_or_default();
                    budget.text("metadata", Shown::Link, Writing::Plain, target);
                }
            }
            Node::Text(text) if within && !text.trim().is_empty() => {
                out.push_str(&format!("{name}\t{}\n", text.trim()));
            }
            _ => {}
        }
    }
    budget.text("metadata", Shown::Hidden, Writing::Rows, out);
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Reason, Shown,
        fixture_tests::{has_missed, opened, text},
        package::tests::zip,
    };

    fn odf(content: &str, manifest: &str) -> Vec<u8> {
        zip(&[
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            ("content.xml", content),
            ("META-INF/manifest.xml", manifest),
        ])
    }

    #[test]
    fn a_text_tells_who_sees_what() {
        let content = "<office:document-content><office:automatic-styles><style:style style:name='H'>
            <style:text-properties text:display='none'/></style:style></office:automatic-styles><office:body><office:text>
            <text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region></text:tracked-changes>
            <text:p>seen<text:s text:c='999999999'/>more <text:span text:style-name='H'>vanished</text:span></text:p>
            <text:p><office:annotation><dc:creator>Ann</dc:creator><text:p>remark</text:p></office:annotation></text:p>
            <text:p><text:note><text:note-body><text:p>noted</text:p></text:note-body></text:note></text:p>
            <text:p><text:a xlink:href='https://a.example/'>link</text:a></text:p></office:text></office:body></office:document-content>";
        let opened = opened(&odf(content, ""));
        let seen = text(&opened, "", Shown::Visible);
        assert!(seen.starts_with("seen") && seen.ends_with("link") && seen.len() < 120);
        assert_eq!(text(&opened, "", Shown::Hidden), "vanished");
        assert_eq!(text(&opened, "changes", Shown::Hidden), "gone");
        assert_eq!(text(&opened, "comments", Shown::Hidden), "Ann\nremark");
        assert_eq!(text(&opened, "footnotes", Shown::Visible), "noted");
        assert_eq!(text(&opened, "", Shown::Link), "https://a.example/");
    }

    #[test]
    fn repeated_cells_cost_nothing() {
        let content = "<office:document-content><office:body><office:spreadsheet><table:table table:name='S'>
            <table:table-row table:number-rows-repeated='1048575'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>
            <table:table-row table:number-rows-repeated='4000000000'><table:table-cell table:number-columns-repeated='4000000000'>
            <text:p>x</text:p></table:table-cell><table:table-cell><text:p>y</text:p></table:table-cell></table:table-row>
            </table:table></office:spreadsheet></office:body></office:document-content>";
        let opened = opened(&odf(content, ""));
        let sheet = opened.pieces.iter().find(|piece| piece.place == "S").unwrap();
        assert!(sheet.text.len() < 200);
        assert_eq!(sheet.anchors[0].label, "A1048576");
    }

    #[test]
    fn the_manifest_and_the_content_must_agree() {
        let manifest = "<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
        assert!(has_missed(&opened(&odf("\u{11}\u{5}\u{7f}", manifest)), Reason::Protected));
        assert!(!has_missed(&opened(&odf("<office:document-content/>", manifest)), Reason::Protected));
    }

    const WORDS: &str = "<office:automatic-styles><text:list-style><text:list-level-style-number style:num-prefix='before it '/></text:list-style>
        <number:number-style><number:text>in </number:text><number:text>a format</number:text></number:number-style></office:automatic-styles>";

    #[test]
    fn what_forms_lists_links_and_formulas_say_is_read() {
        let content = format!(
            "<office:document-content>{WORDS}<office:body><office:text><office:forms><form:form><form:text form:current-value='typed'/>
            <form:frame form:label='framed'/></form:form></office:forms><text:p><text:drop-down><text:label text:value='chosen'/></text:drop-down>
            <text:a xlink:href='#x' office:title='hint'>link</text:a><text:note><text:note-citation>12</text:note-citation><text:note-body><text:p>3 noted</text:p></text:note-body></text:note></text:p></office:text></office:body></office:document-content>"
        );
        let read = opened(&odf(&content, ""));
        assert_eq!(text(&read, "styles", Shown::Hidden), "before it\nin a format");
        assert_eq!(text(&read, "form", Shown::Visible), "typed\nframed\nchosen");
        assert_eq!(text(&read, "alternative text", Shown::Hidden), "hint");
        assert_eq!(text(&read, "footnotes", Shown::Visible), "12 3 noted");
        let formula = opened(&odf("<math><mrow><mtext>in a formula</mtext></mrow></math>", ""));
        assert_eq!(text(&formula, "", Shown::Visible), "in a formula");
    }

    #[test]
    fn master_pages_are_read() {
        let styles = "<office:document-styles><office:master-styles><style:master-page><style:header><text:p>top</text:p></style:header>
            <draw:frame><draw:text-box><text:p>on every slide</text:p></draw:text-box></draw:frame></style:master-page>
            </office:master-styles></office:document-styles>";
        let read = opened(&zip(&[
            ("mimetype", "application/vnd.oasis.opendocument.presentation"),
            ("content.xml", "<office:document-content/>"),
            ("styles.xml", styles),
        ]));
        assert_eq!(text(&read, "header", Shown::Visible), "top");
        assert_eq!(text(&read, "master pages", Shown::Visible), "on every slide");
    }

    #[test]
    fn white_text_on_dark_pages_is_seen() {
        let content = "<office:document-content><office:automatic-styles><style:page-layout><style:page-layout-properties
            fo:background-color='#000000'/></style:page-layout><style:style style:name='W'><style:text-properties fo:color='#ffffff'/>
            </style:style></office:automatic-styles><office:body><office:text><text:p>a<text:span text:style-name='W'>b</text:span>c</text:p>
            </office:text></office:body></office:document-content>";
        assert_eq!(text(&opened(&odf(content, "")), "", Shown::Visible), "abc");
    }

    #[test]
    fn what_sheets_say_beside_their_cells_is_read() {
        let content = "<office:document-content><office:body><office:spreadsheet><table:content-validations>
            <table:content-validation table:condition='of:cell-content-is-in-list(&quot;Ann&quot;)'><table:help-message table:title='Hint'>
            <text:p>one</text:p><text:p>two</text:p></table:help-message></table:content-validation></table:content-validations>
            <table:table table:name='S'><office:forms><form:button form:label='press'/></office:forms><table:scenario table:comment='what if'/>
            <table:table-row><table:table-cell><text:p>Dafydd</text:p><text:p>Jones</text:p></table:table-cell></table:table-row></table:table>
            </office:spreadsheet></office:body></office:document-content>";
        let read = opened(&odf(content, ""));
        let said = text(&read, "form", Shown::Visible);
        for words in ["\"Ann\"", "Hint", "one two", "press", "what if"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(text(&read, "S", Shown::Visible), "Dafydd Jones");
    }
}
