//! PDF (ISO 32000-2): the text of its pages with what is hidden on them, forms, notes, outline,
//! metadata, attachments and actions; files that only an owner's password locks are read.

mod actions;
mod attached;
mod cmap;
mod combs;
mod content;
pub(super) mod crypt;
mod document;
mod filter;
mod font;
mod forms;
mod glyph_names;
mod glyphs;
mod layers;
mod layout;
mod leftover;
mod notes;
mod object;
mod pixels;
mod shapes;
mod type3;

use super::{Budget, Protection, Reason, Shown, TraitKind, Writing, halves, open};
use content::{Area, Fonts, Interpreter, Page};
use crypt::Kind;
use document::{Closed, Document};
use layers::Layers;
use object::{Dictionary, Object};
use std::collections::HashSet;

/// Nodes of the page tree within each other.
const DEEPEST: usize = 64;
const MOST_PAGES: usize = 20_000;
/// Bytes of a page that are looked through for texts that stand for what is drawn, all of them together.
const MOST_COMPARED: usize = 50_000_000;

pub(super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut document = Document::open(bytes, budget);
    if document.closed == Closed::All {
        budget.found("", TraitKind::Protected(Protection::Password));
        return budget.missed("", "pdf", Reason::Protected);
    }
    let Some(root) = document.root().or_else(|| document.dictionary(&document.trailer.clone(), "Root"))
    else {
        let pages = document.loose_pages();
        if pages.is_empty() {
            return budget.missed("", "pdf", Reason::Malformed);
        }
        document.budget.missed("", "pdf", Reason::Malformed);
        return read_pages(&mut document, pages, &Layers::default());
    };
    let layers = Layers::read(&mut document, &root);
    let mut pages = Vec::new();
    if let Some(first) = root.raw("Pages") {
        collect_pages(&mut document, first, &Dictionary::default(), &mut HashSet::new(), 0, &mut pages);
    }
    if pages.is_empty() {
        pages = document.loose_pages();
        if pages.is_empty() {
            document.budget.missed("", "pdf", Reason::Malformed);
        }
    }
    let fonts = pages.first().and_then(|page| document.dictionary(page, "Resources")).unwrap_or_default();
    read_pages(&mut document, pages, &layers);
    forms::read(&mut document, &root);
    notes::read_outline(&mut document, &root);
    actions::read_document(&mut document, &root);
    read_metadata(&mut document, &root);
    attached::read(&mut document, &root);
    leftover::read(&mut document, &root, &fonts);
    if document.closed == Closed::Files {
        document.budget.missed("attachment", "pdf", Reason::Protected);
    }
    if let Some(limit) = document.stopped {
        document.budget.missed("", "pdf", Reason::Limit(limit));
    }
}

/// What a page takes over from the nodes above it (section 7.7.3.4).
const INHERITED: [&str; 3] = ["Resources", "MediaBox", "CropBox"];

fn collect_pages(
    document: &mut Document<'_, '_>,
    node: &Object,
    above: &Dictionary,
    seen: &mut HashSet<u32>,
    depth: usize,
    pages: &mut Vec<Dictionary>,
) {
    if let Object::Reference(number) = node
        && !seen.insert(*number)
    {
        return;
    }
    if depth > DEEPEST || pages.len() >= MOST_PAGES || document.step().is_none() {
        document.stopped = document.stopped.or(Some(super::Limit::Steps));
        return;
    }
    let Some(own) = document.resolve(node).and_then(|node| node.dictionary().cloned()) else { return };
    let mut inherited = above.clone();
    for key in INHERITED {
        if let Some(value) = own.raw(key) {
            inherited.entries().insert(key.into(), value.clone());
        }
    }
    match document.get(&own, "Kids") {
        Some(Object::Array(kids)) if !own.is("Type", b"Page") => {
            for kid in kids.iter() {
                collect_pages(document, kid, &inherited, seen, depth + 1, pages);
            }
        }
        _ => {
            let mut page = own;
            for (key, value) in inherited.0.iter() {
                page.entries().entry(key.clone()).or_insert_with(|| value.clone());
            }
            pages.push(page);
        }
    }
}

fn read_pages(document: &mut Document<'_, '_>, pages: Vec<Dictionary>, layers: &Layers) {
    let mut fonts = Fonts::default();
    let mut before = String::new();
    for (page, number) in pages.iter().zip(1..) {
        if document.step().is_none() {
            return;
        }
        let place = format!("page {number}");
        let drawn = draw_page(document, (page, &place), &mut fonts, layers);
        combs::read(document, page, &place, &drawn.runs);
        let visible = tell_page(document, &place, drawn);
        document
            .budget
            .unseen(&format!("pages {} and {number}", number - 1), halves::joined(&before, &visible));
        before = visible;
        notes::read(document, page, &place, &mut fonts);
        actions::read_page(document, page, &place);
    }
}

fn draw_page(
    document: &mut Document<'_, '_>,
    (page, place): (&Dictionary, &str),
    fonts: &mut Fonts,
    layers: &Layers,
) -> Page {
    let parts = match document.get(page, "Contents") {
        Some(Object::Array(parts)) => parts.to_vec(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    // Cut anywhere between tokens, so that they are read as one.
    let mut content = Vec::new();
    for part in parts {
        if document.step().is_none() {
            break;
        }
        if let Some(Object::Stream(stream)) = document.resolve(&part) {
            content.extend(document.decode(&stream, Kind::Stream).bytes);
            content.push(b'\n');
        }
    }
    let resources = document.dictionary(page, "Resources").unwrap_or_default();
    let area = shown_area(document, page);
    let mut interpreter = Interpreter::new(document, fonts, layers, area);
    interpreter.place = place.to_owned();
    interpreter.draw(&content, &resources, content::IDENTITY);
    interpreter.page
}

/// The crop box within the media box; what is nonsense shows everything.
fn shown_area(document: &mut Document<'_, '_>, page: &Dictionary) -> Area {
    let mut area: Area = [-1e6, -1e6, 1e6, 1e6];
    for key in ["MediaBox", "CropBox"] {
        let Some(Object::Array(corners)) = document.get(page, key) else { continue };
        let corners: Vec<f64> =
            corners.iter().filter_map(|corner| document.resolve(corner)?.number()).collect();
        if let &[a, b, c, d] = corners.as_slice()
            && (a - c).abs() > 1.0
            && (b - d).abs() > 1.0
        {
            let own = [a.min(c), b.min(d), a.max(c), b.max(d)];
            area = [area[0].max(own[0]), area[1].max(own[1]), area[2].min(own[2]), area[3].min(own[3])];
        }
    }
    area
}

/// Tells what a page says; its visible text is given back.
fn tell_page(document: &mut Document<'_, '_>, place: &str, page: Page) -> String {
    let visible = layout::text(page.runs.iter().filter(|run| !run.hidden));
    let hidden = layout::text(page.runs.iter().filter(|run| run.hidden));
    let apart = page.apart.join("\n");
    let nothing = [&visible, &hidden, &apart].iter().all(|text| text.trim().is_empty());
    tell_unread(document, place, &page, nothing);
    if page.pictures > 0 {
        document.budget.found(place, TraitKind::Image);
    }
    if let Some(close) = layout::close(page.runs.iter().filter(|run| !run.hidden)) {
        document.budget.unseen(place, close);
    }
    if page.lying > 3 {
        tell_lies(document, place, &page);
    }
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    // What is drawn as well is not told twice, where looking for it costs little.
    let is_cheap = page.instead.len().saturating_mul(visible.len()) < MOST_COMPARED;
    let drawn = if is_cheap && !page.instead.is_empty() { squeezed(&visible) } else { String::new() };
    let is_news = |text: &&str| !is_cheap || !drawn.contains(&squeezed(text));
    let instead: Vec<&str> = page.instead.iter().map(String::as_str).filter(is_news).collect();
    document.budget.text(place, Shown::Visible, Writing::Plain, visible.clone());
    document.budget.text(place, Shown::Hidden, Writing::Plain, hidden);
    document.budget.text(&format!("{place}/pattern"), Shown::Visible, Writing::Plain, apart);
    let (without, whole) = layout::otherwise(&page.runs);
    // What is shown wide is given closed as well, and so is a line without what is doubtful.
    let wide = layout::close_lines(page.runs.iter().filter(|run| !run.hidden));
    let sure = layout::close_lines(page.runs.iter().filter(|run| !run.hidden && !run.doubtful));
    let below = format!("{place}/read otherwise");
    document.budget.text(
        &below,
        Shown::Hidden,
        Writing::Plain,
        if sure == wide { wide } else { wide + &sure },
    );
    document.budget.text(&below, Shown::Visible, Writing::Plain, without);
    document.budget.text(&below, Shown::Hidden, Writing::Plain, whole);
    let below = format!("{place}/alternative text");
    document.budget.text(&below, Shown::Hidden, Writing::Plain, instead.join("\n"));
    for (name, bytes) in page.files {
        open::member(document.budget, &format!("{place}/{name}"), Some(name), None, &bytes);
    }
    visible
}

/// Tells what somebody sees there and nobody has read; `nothing` was read besides.
fn tell_unread(document: &mut Document<'_, '_>, place: &str, page: &Page, nothing: bool) {
    // Letters may also be drawn as shapes.
    let drawn_letters = shapes::are_letters(&page.shapes);
    if nothing && page.pictures + page.masks > 0 || page.large_pictures {
        document.budget.missed(place, "picture", Reason::Picture);
    }
    // A frame and a few rules are no words.
    if nothing && (page.curves > 200 || page.pictures == 0 && page.strokes > 12) || drawn_letters {
        document.budget.missed(place, "drawing", Reason::Picture);
    }
    if page.unknown.matter() {
        document.budget.missed(place, "font", Reason::NotSupported);
    }
}

/// A page whose fonts give other letters to whoever copies than to whoever looks.
fn tell_lies(document: &mut Document<'_, '_>, place: &str, page: &Page) {
    let mut runs = page.runs.clone();
    for run in &mut runs {
        if let Some(seen) = run.seen.take() {
            run.text = seen;
        }
    }
    let text = layout::text(runs.iter());
    document.budget.missed(place, "font", Reason::Ambiguous);
    document.budget.text(place, Shown::Visible, Writing::Plain, text);
}

fn read_metadata(document: &mut Document<'_, '_>, root: &Dictionary) {
    let mut text = String::new();
    let info = document.dictionary(&document.trailer.clone(), "Info").unwrap_or_default();
    for (key, value) in info.0.iter().take(200) {
        let Some(value) = document.resolve(value) else { continue };
        if let Some(value) = value.text() {
            text.push_str(&String::from_utf8_lossy(key));
            text.push('\t');
            text.push_str(&text_string(value));
            text.push('\n');
        }
    }
    document.budget.text("metadata", Shown::Hidden, Writing::Rows, text);
    if let Some(Object::Stream(stream)) = document.get(root, "Metadata") {
        let xmp = document.decode(&stream, Kind::Stream).bytes;
        let text = super::xml::all_text(&xmp, document.budget);
        document.budget.text("metadata", Shown::Hidden, Writing::Plain, text);
    }
}

/// A text string (section 7.9.2.2): UTF-16 or UTF-8 by its mark, else PDFDocEncoding.
fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => match std::str::from_utf8(bytes) {
            // Producers write UTF-8 without the mark.
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::files::{
        Limit, Reason, Script, Shown, TraitKind,
        fixture_tests::{has_missed, opened, text},
    };

    /// Objects without a table, which is found by looking through the file; the first is the catalogue.
    pub(in crate::files::pdf) fn pdf(objects: &[&str]) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        for (object, number) in objects.iter().zip(1..) {
            out.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
        }
        out.extend(b"trailer<</Root 1 0 R>>\n%%EOF");
        out
    }

    /// One page with this content and these resources.
    pub(in crate::files::pdf) fn page(content: &str, resources: &str) -> Vec<u8> {
        let stream = format!("<</Length {}>>stream\n{content}\nendstream", content.len());
        let page = format!("<</Type/Page/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{resources}>>>>");
        pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Kids[3 0 R]/Count 1>>", &page, &stream])
    }

    pub(in crate::files::pdf) const FONT: &str =
        "/Font<</F<</Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>";

    #[test]
    fn text_is_seen_or_hidden() {
        let content =
            "BT /F 12 Tf 1 0 0 1 50 700 Tm (Carol) Tj 0 -20 Td [(N)-300(g)] TJ 3 Tr 0 -20 Td (unseen) Tj ET
            BT 0 Tr 1 g 1 0 0 1 50 500 Tm (white) Tj ET";
        let opened = opened(&page(content, FONT));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "Carol\nN g");
        assert_eq!(text(&opened, "page 1", Shown::Hidden), "unseen\nwhite");
    }

    #[test]
    fn letters_that_are_others_when_copied_are_told() {
        let map = "8 beginbfchar <41> <0058> <42> <0058> <43> <0058> <44> <0058> endbfchar";
        let font =
            "/Font<</F<</Subtype/Type1/BaseFont/X/ToUnicode 5 0 R/Encoding<</Differences[65/A/B/C/D]>>>>>>";
        let mut bytes = page("BT /F 12 Tf 50 700 Td (ABCD) Tj ET", font);
        bytes.extend(format!("\n5 0 obj<</Length {}>>stream\n{map}\nendstream endobj", map.len()).bytes());
        let opened = opened(&bytes);
        assert!(text(&opened, "page 1", Shown::Visible).contains("ABCD"));
        assert!(text(&opened, "page 1", Shown::Visible).contains("XXXX"));
        assert!(has_missed(&opened, Reason::Ambiguous));
    }

    #[test]
    fn letters_that_are_set_wide_are_a_word() {
        let content = "BT /F 12 Tf 50 700 Td (Ref:) Tj 30 0 Td [(1) -220 (2) 30 (3) -220 (4) 30 (5) -220 (6) 30 (7) -220 (8) -220 (9)] TJ ET";
        let opened = opened(&page(content, FONT));
        assert!(text(&opened, "page 1", Shown::Unseen).contains("123456789"), "{:?}", opened.pieces);
    }

    #[test]
    fn halves_of_a_number_on_two_pages_are_put_together() {
        let page =
            |n: usize| format!("<</Type/Page/MediaBox[0 0 600 800]/Contents {n} 0 R/Resources<<{FONT}>>>>");
        let stream = |text: &str| {
            let content = format!("BT /F 12 Tf 50 700 Td ({text}) Tj ET");
            format!("<</Length {}>>stream\n{content}\nendstream", content.len())
        };
        let opened = opened(&pdf(&[
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Kids[3 0 R 4 0 R]/Count 2>>",
            &page(5),
            &page(6),
            &stream("Ref AB1234"),
            &stream("56789 ends"),
        ]));
        assert_eq!(text(&opened, "pages 1 and 2", Shown::Unseen), " Ref AB123456789 ends");
    }

    #[test]
    fn letters_drawn_as_lines_are_told() {
        let letter = |i: usize| format!("q 1 0 0 1 {} 700 cm 0 0 m 0 9 l 5 9 l 5 0 l S Q ", 50 + 8 * i);
        let letters: String = (0..8).map(letter).collect();
        let words = "BT /F 12 Tf 50 600 Td (The plan) Tj ET ";
        assert!(has_missed(&opened(&page(&format!("{words}{letters}"), FONT)), Reason::Picture));
        // The marks of an axis, the cells of a table.
        let marks: String =
            (0..20).map(|i| format!("{0} 700 m {0} 705 l S {0} 600 20 12 re S ", 50 + 20 * i)).collect();
        assert!(!has_missed(&opened(&page(&format!("{words}{marks}"), FONT)), Reason::Picture));
    }

    #[test]
    fn pictures_alone_are_told_as_missed() {
        let opened = opened(&page("BI /W 1 /H 1 ID x EI", ""));
        assert!(has_missed(&opened, Reason::Picture));
    }

    #[test]
    fn loops_end() {
        for objects in [
            &["<</Type/Catalog/Pages 2 0 R>>", "<</Kids[2 0 R 2 0 R]>>"][..],
            &["<</Type/Catalog/Pages 2 0 R>>", "3 0 R", "2 0 R"],
            &[
                "<</Type/Catalog/Pages 2 0 R/Outlines<</First 3 0 R>>>>",
                "<</Kids[]>>",
                "<</Next 3 0 R/First 3 0 R>>",
            ],
            &["<</Type/Catalog/Pages 2 0 R/Names<</JavaScript 3 0 R>>>>", "<</Kids[]>>", "<</Kids[3 0 R]>>"],
            &["<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>", "<</Kids[]>>", "<</Kids[3 0 R]>>"],
            &[
                "<</Type/Catalog/Pages 2 0 R>>",
                "<</Type/ObjStm/N 1/First 4/Length 2 0 R>>stream\n2 0 1\nendstream",
            ],
        ] {
            opened(&pdf(objects));
        }
        let form = "/XObject<</X 4 0 R>>";
        opened(&page("/X Do /X Do", form));
    }

    #[test]
    fn one_text_many_times_ends_at_the_limit() {
        let note = format!("<</Subtype/FreeText/Contents({})>>", "x ".repeat(200_000));
        let page = format!("<</Type/Page/Parent 2 0 R/Annots[{}]>>", "4 0 R ".repeat(200));
        let objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Kids[3 0 R]/Count 1>>", &page, &note];
        let opened = opened(&pdf(&objects));
        assert!(has_missed(&opened, Reason::Limit(Limit::Text)));
        assert!(!opened.pieces.is_empty());
    }

    #[test]
    fn what_lies_deeper_than_is_read_is_told() {
        for (depth, told) in [(20, false), (60, true)] {
            let outlines = format!("<</First {}{}>>", "[".repeat(depth), "]".repeat(depth));
            let objects = ["<</Type/Catalog/Pages 2 0 R/Outlines 3 0 R>>", "<</Kids[]>>", &outlines];
            assert_eq!(has_missed(&opened(&pdf(&objects)), Reason::Limit(Limit::Nesting)), told, "{depth}");
        }
    }

    #[test]
    fn what_unpacks_without_end_is_cut_and_told() {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; 40 << 20], 6);
        let mut bytes = page("", FONT);
        bytes.extend(format!("\n4 0 obj<</Filter/FlateDecode/Length {}>>stream\n", packed.len()).bytes());
        bytes.extend(packed);
        bytes.extend(b"\nendstream endobj");
        assert!(has_missed(&opened(&bytes), Reason::Limit(Limit::Ratio)));
    }

    #[test]
    fn actions_and_forms_are_told() {
        let opened = opened(&pdf(&[
            "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AcroForm<</Fields[3 0 R]>>>>",
            "<</Kids[4 0 R]>>",
            "<</T(pupil)/V<FEFF00C90061>/Opt[(none)[(2)(Year 2)]]>>",
            "<</Type/Page/Annots[<</Subtype/Link/A<</S/URI/URI(https://a.example/)>>>>]>>",
        ]));
        assert!(opened.traits.iter().any(|t| t.kind == TraitKind::Script(Script::Active)));
        assert_eq!(text(&opened, "form", Shown::Visible), "pupil\tÉa");
        assert_eq!(text(&opened, "form", Shown::Hidden), "pupil\tnone\t2, Year 2");
        assert_eq!(text(&opened, "page 1", Shown::Link), "https://a.example/");
    }
}
