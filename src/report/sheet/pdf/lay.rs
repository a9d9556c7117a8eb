//! Lines on pages: where each stretch of text stands. No PDF yet.

use super::font::{Fonts, Weight};
use crate::report::sheet::{Block, Section, Sheet, Start, shown};
use unicode_normalization::UnicodeNormalization;

/// A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 56.0;
const TOP: f32 = 60.0;
const BOTTOM: f32 = 68.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Of a line's height to its letters' size.
const LEADING: f32 = 1.42;
/// More pages than this nobody prints; the messages themselves lie beside it.
const MOST_PAGES: usize = 5_000;

const INK: f32 = 0.1;
const GREY: f32 = 0.42;

/// Text at a place, measured from the lower left corner.
pub(super) struct Run {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) grey: f32,
    pub(super) text: String,
}

/// A filled rectangle: a rule or a bar.
pub(super) struct Bar {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) grey: f32,
}

#[derive(Default)]
pub(super) struct Page {
    pub(super) runs: Vec<Run>,
    pub(super) bars: Vec<Bar>,
}

#[derive(Clone, Copy)]
struct Style {
    size: f32,
    weight: Weight,
    grey: f32,
}

const BODY: Style = Style { size: 10.0, weight: Weight::Regular, grey: INK };
const SMALL: Style = Style { size: 8.5, weight: Weight::Regular, grey: INK };
const LABEL: Style = Style { size: 8.5, weight: Weight::Regular, grey: GREY };
const HEAD: Style = Style { size: 8.5, weight: Weight::Bold, grey: GREY };

pub(super) fn lay(fonts: &Fonts, sheet: &Sheet) -> Vec<Page> {
    let mut pen = Pen { fonts, pages: vec![Page::default()], y: PAGE.1 - TOP, cut: false };
    pen.paragraph(&sheet.mark, LABEL, 0.0, WIDTH);
    pen.gap(2.0);
    pen.paragraph(&sheet.title, Style { size: 19.0, weight: Weight::Bold, grey: INK }, 0.0, WIDTH);
    pen.gap(10.0);
    for (i, section) in sheet.sections.iter().enumerate() {
        pen.section(section, i == 0);
    }
    if let Some(note) = pen.missing(sheet) {
        pen.gap(8.0);
        pen.paragraph(&note, LABEL, 0.0, WIDTH);
    }
    let mut pages = pen.pages;
    let count = pages.len();
    for (i, page) in pages.iter_mut().enumerate() {
        foot(fonts, page, &sheet.mark, &format!("Page {} of {count}", i + 1));
    }
    pages
}

fn foot(fonts: &Fonts, page: &mut Page, mark: &str, number: &str) {
    let regular = fonts.of(Weight::Regular);
    let y = BOTTOM - 30.0;
    page.bars.push(Bar { x: MARGIN, y: y + 13.0, width: WIDTH, height: 0.5, grey: 0.75 });
    let right = MARGIN + WIDTH - regular.width(number, LABEL.size);
    let mark = fit(fonts, &clean(mark).replace('\n', " "), right - MARGIN - 12.0);
    for (x, text) in [(MARGIN, mark), (right, number.to_owned())] {
        page.runs.push(Run { x, y, size: LABEL.size, weight: LABEL.weight, grey: LABEL.grey, text });
    }
}

fn fit(fonts: &Fonts, text: &str, width: f32) -> String {
    let mut out = text.to_owned();
    while fonts.of(Weight::Regular).width(&out, LABEL.size) > width && out.pop().is_some() {}
    out
}

/// One letter for one place in the line: composed, and without what takes no room.
fn clean(text: &str) -> String {
    let takes_no_room = |c: &char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}');
    shown(text).nfc().filter(|c| !takes_no_room(c)).collect()
}

struct Pen<'a> {
    fonts: &'a Fonts,
    pages: Vec<Page>,
    /// The upper edge of what comes next.
    y: f32,
    cut: bool,
}

impl Pen<'_> {
    fn page(&mut self) -> &mut Page {
        // There is always one, and pages are only added.
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn gap(&mut self, points: f32) {
        self.y -= points;
    }

    fn turn(&mut self) {
        if self.pages.len() >= MOST_PAGES {
            self.cut = true;
            return;
        }
        self.pages.push(Page::default());
        self.y = PAGE.1 - TOP;
    }

    /// Makes sure that so much stands together.
    fn need(&mut self, height: f32) {
        if self.y - height < BOTTOM {
            self.turn();
        }
    }

    fn section(&mut self, section: &Section, first: bool) {
        match section.start {
            Start::NewPage if !first => self.turn(),
            _ if !first => {
                self.gap(8.0);
                self.need(60.0);
                let y = self.y;
                self.page().bars.push(Bar { x: MARGIN, y, width: WIDTH, height: 0.5, grey: 0.75 });
                self.gap(10.0);
            }
            _ => {}
        }
        if !section.heading.is_empty() {
            self.need(50.0);
            self.paragraph(
                &section.heading,
                Style { size: 13.0, weight: Weight::Bold, grey: INK },
                0.0,
                WIDTH,
            );
            self.gap(4.0);
        }
        for block in &section.blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(text) => {
                self.paragraph(text, BODY, 0.0, WIDTH);
                self.gap(6.0);
            }
            Block::Notice(text) => self.barred(text, 3.0, 0.35),
            Block::Facts(facts) => {
                for (name, value) in facts {
                    let width = WIDTH - 120.0;
                    self.row(&[(name, 0.0, 112.0, LABEL), (value, 120.0, width, BODY)]);
                }
                self.gap(6.0);
            }
            Block::Letter(text) => self.barred(text.trim_end(), 1.5, 0.7),
            Block::Table { widths, rows } => self.table(widths, rows),
            Block::File { label, .. } => {
                self.paragraph(label, LABEL, 0.0, WIDTH);
                self.gap(6.0);
            }
        }
    }

    /// Text with a bar beside it, on each page that it takes.
    fn barred(&mut self, text: &str, thick: f32, grey: f32) {
        self.gap(2.0);
        let height = BODY.size * LEADING;
        for line in self.wrapped(text, BODY, WIDTH - 14.0) {
            self.need(height);
            if self.cut {
                break;
            }
            let y = self.y - height;
            self.page().bars.push(Bar { x: MARGIN, y, width: thick, height, grey });
            self.put(line, BODY, 14.0);
        }
        self.gap(8.0);
    }

    fn table(&mut self, widths: &[u16], rows: &[Vec<String>]) {
        let whole = f32::from(widths.iter().fold(0_u16, |a, w| a.saturating_add(*w)).max(1));
        for (i, row) in rows.iter().enumerate() {
            let (mut x, mut cells) = (0.0, Vec::new());
            for (text, width) in row.iter().zip(widths) {
                let width = WIDTH * f32::from(*width) / whole;
                cells.push((text, x, width - 8.0, if i == 0 { HEAD } else { SMALL }));
                x += width;
            }
            self.row(&cells);
            let y = self.y;
            let grey = if i == 0 { 0.6 } else { 0.88 };
            self.page().bars.push(Bar { x: MARGIN, y, width: WIDTH, height: 0.5, grey });
            self.gap(3.0);
        }
        self.gap(6.0);
    }

    /// Texts beside each other; the row breaks over pages line by line.
    fn row(&mut self, cells: &[(&String, f32, f32, Style)]) {
        let wrapped: Vec<Vec<String>> =
            cells.iter().map(|(text, _, width, style)| self.wrapped(text, *style, *width)).collect();
        let lines = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let height = cells.iter().map(|(_, _, _, s)| s.size * LEADING).fold(0.0, f32::max);
        self.need(height * (lines.min(4) as f32));
        for line in 0..lines {
            self.need(height);
            if self.cut {
                return;
            }
            let base = self.y - height * 0.76;
            for ((_, x, _, style), texts) in cells.iter().zip(&wrapped) {
                if let Some(text) = texts.get(line).filter(|t| !t.is_empty()) {
                    let run = Run {
                        x: MARGIN + x,
                        y: base,
                        size: style.size,
                        weight: style.weight,
                        grey: style.grey,
                        text: text.clone(),
                    };
                    self.page().runs.push(run);
                }
            }
            self.y -= height;
        }
        self.gap(1.5);
    }

    fn paragraph(&mut self, text: &str, style: Style, x: f32, width: f32) {
        for line in self.wrapped(text, style, width) {
            self.need(style.size * LEADING);
            if self.cut {
                return;
            }
            self.put(line, style, x);
        }
    }

    fn put(&mut self, text: String, style: Style, x: f32) {
        let height = style.size * LEADING;
        let y = self.y - height * 0.76;
        if !text.is_empty() {
            let Style { size, weight, grey } = style;
            self.page().runs.push(Run { x: MARGIN + x, y, size, weight, grey, text });
        }
        self.y -= height;
    }

    /// Lines that fit, broken at spaces, and within a word only where it is longer than a line.
    fn wrapped(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        let font = self.fonts.of(style.weight);
        let mut lines = Vec::new();
        for paragraph in clean(text).split('\n') {
            let (mut line, mut used) = (String::new(), 0.0);
            for word in paragraph.split_inclusive(' ') {
                let room = font.width(word.trim_end(), style.size);
                if used > 0.0 && used + room > width {
                    lines.push(std::mem::take(&mut line).trim_end().to_owned());
                    used = 0.0;
                }
                if room <= width {
                    line.push_str(word);
                    used += font.width(word, style.size);
                    continue;
                }
                for c in word.chars() {
                    let advance = font.advance(font.glyph(c)) * style.size / 1000.0;
                    if used + advance > width && used > 0.0 {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(c);
                    used += advance;
                }
            }
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    /// A word on letters that the faces lack, and on what was left out.
    fn missing(&self, sheet: &Sheet) -> Option<String> {
        if self.cut {
            return Some(
                "This PDF ends here: it would be longer than anybody prints. All of it is in index.html."
                    .into(),
            );
        }
        let regular = self.fonts.of(Weight::Regular);
        let lacks = |text: &str| clean(text).chars().filter(|c| *c != '\n' && !regular.has(*c)).count();
        let of_block = |block: &Block| match block {
            Block::Paragraph(text) | Block::Notice(text) | Block::Letter(text) => lacks(text),
            Block::Facts(facts) => facts.iter().map(|(a, b)| lacks(a) + lacks(b)).sum(),
            Block::Table { rows, .. } => rows.iter().flatten().map(|t| lacks(t)).sum(),
            Block::File { label, .. } => lacks(label),
        };
        let count: usize = sheet.sections.iter().flat_map(|s| &s.blocks).map(of_block).sum();
        (count > 0).then(|| {
            format!("{count} letters of other scripts appear as boxes in this PDF. They are shown in index.html and stand unaltered in the messages.")
        })
    }
}
