//! Pages as the objects of a PDF (ISO 32000-1): each face as a Type 0 font of the used
//! glyphs with a map back to letters, so that text can be selected and searched.

use super::{
    font::{Font, Fonts, Weight},
    lay::{PAGE, Page},
};
use crate::report::sheet::{Sheet, shown};
use pdf_writer::{
    Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use std::collections::BTreeMap;
use subsetter::GlyphRemapper;

const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// One face and the glyphs of it that are used.
struct Used<'a> {
    font: &'a Font,
    key: &'static [u8],
    glyphs: GlyphRemapper,
    /// New glyph to letter and width.
    letters: BTreeMap<u16, (char, f32)>,
}

impl<'a> Used<'a> {
    fn new(font: &'a Font, key: &'static [u8]) -> Self {
        Self { font, key, glyphs: GlyphRemapper::new(), letters: BTreeMap::new() }
    }

    /// Two bytes for each letter.
    fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() * 2);
        for c in text.chars() {
            let old = self.font.glyph(c);
            let new = self.glyphs.remap(old);
            let letter = if old == 0 { '\u{fffd}' } else { c };
            self.letters.entry(new).or_insert_with(|| (letter, self.font.advance(old)));
            out.extend_from_slice(&new.to_be_bytes());
        }
        out
    }
}

pub(super) fn write(fonts: &Fonts, pages: &[Page], sheet: &Sheet) -> Vec<u8> {
    let mut refs = (1..).map(Ref::new);
    let mut next = || refs.next().unwrap_or(Ref::new(1));
    let (catalog, tree, info) = (next(), next(), next());
    let font_refs = [next(), next()];
    let mut used = [Used::new(fonts.of(Weight::Regular), b"F1"), Used::new(fonts.of(Weight::Bold), b"F2")];
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en-GB"));
    let title = shown(&sheet.title).replace('\n', " ");
    pdf.document_info(info).title(TextStr(&title)).producer(TextStr("Gatehouse"));
    let mut kids = Vec::with_capacity(pages.len());
    for page in pages {
        let (id, content) = (next(), next());
        let mut object = pdf.page(id);
        object.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(content);
        let mut resources = object.resources();
        let mut names = resources.fonts();
        for (one, id) in used.iter().zip(font_refs) {
            names.pair(Name(one.key), id);
        }
        names.finish();
        resources.finish();
        object.finish();
        pdf.stream(content, &drawn(page, &mut used));
        kids.push(id);
    }
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(kids).count(count);
    for (one, id) in used.iter().zip(font_refs) {
        let ids = FontRefs { font: id, cid: next(), descriptor: next(), file: next(), letters: next() };
        put_font(&mut pdf, one, &ids);
    }
    pdf.finish()
}

fn drawn(page: &Page, used: &mut [Used<'_>; 2]) -> Vec<u8> {
    let mut content = Content::new();
    for bar in &page.bars {
        content.set_fill_gray(bar.grey).rect(bar.x, bar.y, bar.width, bar.height).fill_nonzero();
    }
    for run in &page.runs {
        let one = match run.weight {
            Weight::Regular => &mut used[0],
            Weight::Bold => &mut used[1],
        };
        let bytes = one.encode(&run.text);
        content
            .begin_text()
            .set_fill_gray(run.grey)
            .set_font(Name(one.key), run.size)
            .next_line(run.x, run.y)
            .show(Str(&bytes))
            .end_text();
    }
    content.finish().to_vec()
}

struct FontRefs {
    font: Ref,
    cid: Ref,
    descriptor: Ref,
    file: Ref,
    letters: Ref,
}

fn put_font(pdf: &mut Pdf, used: &Used<'_>, ids: &FontRefs) {
    // The six letters mark a subset (section 9.6.4).
    let name = format!("GATEHO+{}", used.font.name);
    let name = Name(name.as_bytes());
    pdf.type0_font(ids.font)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(ids.cid)
        .to_unicode(ids.letters);
    let mut cid = pdf.cid_font(ids.cid);
    cid.subtype(CidFontType::Type2)
        .base_font(name)
        .system_info(IDENTITY)
        .font_descriptor(ids.descriptor)
        .default_width(0.0)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let last = used.letters.keys().next_back().copied().unwrap_or(0);
    let widths = (0..=last).map(|g| used.letters.get(&g).map_or(0.0, |(_, width)| *width));
    cid.widths().consecutive(0, widths);
    cid.finish();
    let face = &used.font.face;
    let bounds = face.global_bounding_box();
    let scaled = |units| used.font.scaled(units);
    pdf.font_descriptor(ids.descriptor)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
        ))
        .italic_angle(0.0)
        .ascent(scaled(face.ascender()))
        .descent(scaled(face.descender()))
        .cap_height(scaled(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(80.0)
        .font_file2(ids.file);
    // The whole face serves as well as its subset, only larger.
    let file = subsetter::subset(used.font.data, 0, &used.glyphs).unwrap_or_else(|_| used.font.data.to_vec());
    pdf.stream(ids.file, &file);
    let mut letters = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
    for (glyph, (letter, _)) in &used.letters {
        letters.pair(*glyph, *letter);
    }
    pdf.cmap(ids.letters, &letters.finish());
}
