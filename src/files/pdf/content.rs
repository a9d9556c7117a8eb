//! What a content stream puts on a page (ISO 32000-2, sections 8 and 9): text with its place, and
//! whether anybody sees it.

use super::{
    crypt::Kind,
    document::Document,
    font::Font,
    layout::Run,
    object::{Dictionary, Object, Reader, Stream, Token},
};
use crate::files::Limit;
use memchr::memmem;
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

/// Forms within forms.
const DEEPEST: usize = 12;
/// Forms drawn on one page.
const MOST_FORMS: usize = 5_000;
/// States that are kept at once (`q`).
const MOST_STATES: usize = 256;
/// Areas on a page that are remembered, to tell text of their colour.
const MOST_AREAS: usize = 1_000;
/// Text smaller than this many points is not seen.
const TINY: f64 = 2.0;

pub(super) type Matrix = [f64; 6];
pub(super) const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first`, then `then`.
fn product(first: &Matrix, then: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *first;
    let [g, h, i, j, k, l] = *then;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

fn moved(matrix: &Matrix, (x, y): (f64, f64)) -> (f64, f64) {
    let [a, b, c, d, e, f] = *matrix;
    (a * x + c * y + e, b * x + d * y + f)
}

/// Corners `x0, y0, x1, y1`.
pub(super) type Area = [f64; 4];

fn holds(area: &Area, (x, y): (f64, f64)) -> bool {
    area[0] <= x && x <= area[2] && area[1] <= y && y <= area[3]
}

fn around(points: &[(f64, f64)]) -> Area {
    points.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |area, (x, y)| {
        [area[0].min(*x), area[1].min(*y), area[2].max(*x), area[3].max(*y)]
    })
}

/// Red, green and blue; `None` when it is not plain, as patterns are.
type Color = Option<[f64; 3]>;

fn alike(a: Color, b: Color) -> bool {
    let near = |(a, b): (f64, f64)| (a - b).abs() < 0.06;
    a.zip(b).is_some_and(|(a, b)| a.into_iter().zip(b).all(near))
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    fill: Color,
    /// The fill's colour space has tints, where 0 is none.
    tints: bool,
    opaque: bool,
    unseen: bool,
    font: Option<Rc<Font>>,
    size: f64,
    character_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
    rise: f64,
    mode: i64,
}

/// What was found on one page.
#[derive(Default)]
pub(super) struct Page {
    pub(super) runs: Vec<Run>,
    /// Text that the file gives instead of what is drawn.
    pub(super) instead: Vec<String>,
    pub(super) pictures: usize,
    /// Glyphs whose text is known, and not.
    pub(super) known: usize,
    pub(super) unknown: usize,
    /// Glyphs that are other letters when copied.
    pub(super) lying: usize,
    /// Curves: letters may be drawn by them.
    pub(super) curves: usize,
    /// Pictures as files: their bytes with a name.
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
}

/// Fonts by the number of their object.
pub(super) type Fonts = HashMap<u32, Rc<Font>>;

pub(super) struct Interpreter<'d, 'a, 'b> {
    pub(super) document: &'d mut Document<'a, 'b>,
    pub(super) fonts: &'d mut Fonts,
    /// Layers that are switched off, by their object's number.
    pub(super) layers_off: &'d HashSet<u32>,
    /// The part of the page that is shown.
    pub(super) area: Area,
    pub(super) page: Page,
    areas: Vec<(Area, Color)>,
    forms: usize,
}

/// What changes while one stream is drawn.
struct Drawing<'r> {
    resources: &'r Dictionary,
    state: State,
    kept: Vec<State>,
    text: Matrix,
    line: Matrix,
    path: Vec<(f64, f64)>,
    /// Only rectangles so far.
    boxes: Vec<Area>,
    curved: bool,
    /// For each marked content, whether its layer is off.
    marks: Vec<bool>,
}

impl<'d, 'a, 'b> Interpreter<'d, 'a, 'b> {
    pub(super) fn new(
        document: &'d mut Document<'a, 'b>,
        fonts: &'d mut Fonts,
        layers_off: &'d HashSet<u32>,
        area: Area,
    ) -> Self {
        Self { document, fonts, layers_off, area, page: Page::default(), areas: Vec::new(), forms: 0 }
    }

    pub(super) fn draw(&mut self, content: &[u8], resources: &Dictionary, ctm: Matrix) {
        let state = State {
            ctm,
            fill: Some([0.0; 3]),
            tints: false,
            opaque: true,
            unseen: false,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        };
        self.stream(content, resources, state, 0);
    }

    fn stream(&mut self, content: &[u8], resources: &Dictionary, state: State, depth: usize) {
        let mut drawing = Drawing {
            resources,
            state,
            kept: Vec::new(),
            text: IDENTITY,
            line: IDENTITY,
            path: Vec::new(),
            boxes: Vec::new(),
            curved: false,
            marks: Vec::new(),
        };
        let mut reader = Reader::of_content(content);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(token) = reader.token() {
            if self.document.step().is_none() {
                return;
            }
            match token {
                Token::Operand(operand) if operands.len() < 64 => operands.push(operand),
                Token::Operand(_) => {}
                Token::Operator(operator) => {
                    if operator == b"BI" {
                        self.page.pictures += 1;
                        skip_inline_image(&mut reader);
                    } else {
                        self.operator(&operator, &operands, &mut drawing, depth);
                    }
                    operands.clear();
                }
            }
        }
    }

    fn operator(&mut self, operator: &[u8], operands: &[Object], drawing: &mut Drawing<'_>, depth: usize) {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or(0.0);
        let state = &mut drawing.state;
        match operator {
            b"q" if drawing.kept.len() < MOST_STATES => drawing.kept.push(state.clone()),
            b"Q" => drawing.state = drawing.kept.pop().unwrap_or_else(|| drawing.state.clone()),
            b"cm" => state.ctm = product(&std::array::from_fn(number), &state.ctm),
            b"gs" => self.graphics_state(operands, drawing),
            b"Do" => self.object(operands, drawing, depth),
            b"BT" => (drawing.text, drawing.line) = (IDENTITY, IDENTITY),
            b"Tf" => {
                state.size = number(1);
                let name = operands.first().and_then(Object::name).unwrap_or_default().to_vec();
                drawing.state.font = self.font(&name, drawing.resources);
            }
            b"Tc" => state.character_space = number(0),
            b"Tw" => state.word_space = number(0),
            b"Tz" => state.scale = number(0) / 100.0,
            b"TL" => state.leading = number(0),
            b"Ts" => state.rise = number(0),
            b"Tr" => state.mode = number(0) as i64,
            b"Td" => drawing.next_line(number(0), number(1)),
            b"TD" => {
                state.leading = -number(1);
                drawing.next_line(number(0), number(1));
            }
            b"Tm" => {
                drawing.line = std::array::from_fn(number);
                drawing.text = drawing.line;
            }
            b"T*" => drawing.next_line(0.0, -drawing.state.leading),
            b"Tj" => self.show(operands.first(), drawing),
            b"'" => {
                drawing.next_line(0.0, -drawing.state.leading);
                self.show(operands.first(), drawing);
            }
            b"\"" => {
                (state.word_space, state.character_space) = (number(0), number(1));
                drawing.next_line(0.0, -drawing.state.leading);
                self.show(operands.get(2), drawing);
            }
            b"TJ" => {
                for item in operands.first().map(Object::array).unwrap_or_default() {
                    match item.number() {
                        Some(back) => {
                            let state = &drawing.state;
                            let by = -back / 1000.0 * state.size * state.scale;
                            drawing.text = product(&[1.0, 0.0, 0.0, 1.0, by, 0.0], &drawing.text);
                        }
                        None => self.show(Some(item), drawing),
                    }
                }
            }
            b"BDC" | b"BMC" => self.mark(operands, drawing),
            b"EMC" => drop(drawing.marks.pop()),
            _ => self.paint(operator, operands, drawing),
        }
    }

    /// Colours and areas, as far as they tell whether text is seen.
    fn paint(&mut self, operator: &[u8], operands: &[Object], drawing: &mut Drawing<'_>) {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or(0.0);
        let state = &mut drawing.state;
        match operator {
            b"g" | b"rg" | b"k" => {
                state.fill = color(operands, false);
                state.tints = false;
            }
            b"cs" => {
                let name = operands.first().and_then(Object::name).unwrap_or_default();
                state.fill = Some([0.0; 3]);
                state.tints = self.has_tints(name, drawing.resources);
            }
            b"sc" | b"scn" => state.fill = color(operands, state.tints),
            b"re" if drawing.path.len() < 4096 => {
                let (x, y, w, h) = (number(0), number(1), number(2), number(3));
                let corners = [(x, y), (x + w, y), (x, y + h), (x + w, y + h)];
                let corners = corners.map(|corner| moved(&state.ctm, corner));
                drawing.path.extend(corners);
                drawing.boxes.push(around(&corners));
            }
            b"m" | b"l" if drawing.path.len() < 4096 => {
                drawing.path.push(moved(&state.ctm, (number(0), number(1))));
                drawing.curved = true;
            }
            b"c" | b"v" | b"y" if drawing.path.len() < 4096 => {
                self.page.curves += 1;
                let last = operands.len().saturating_sub(2);
                drawing.path.push(moved(&state.ctm, (number(last), number(last + 1))));
                drawing.curved = true;
            }
            b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" => {
                let fill = state.fill;
                let covers = state.opaque && !drawing.curved;
                let areas = match drawing.curved {
                    true => vec![around(&drawing.path)],
                    false => std::mem::take(&mut drawing.boxes),
                };
                for area in areas {
                    self.cover(area, fill, covers);
                }
                drawing.end_path();
            }
            b"n" | b"S" | b"s" => drawing.end_path(),
            _ => {}
        }
    }

    /// Something painted: text below it is hidden, and text of its colour upon it will be.
    fn cover(&mut self, area: Area, color: Color, covers: bool) {
        if self.areas.len() >= MOST_AREAS || area[0] > area[2] {
            return;
        }
        self.areas.push((area, color));
        if covers && area[3] - area[1] > 3.0 {
            for run in self.page.runs.iter_mut().filter(|run| !run.hidden) {
                let middle = (run.at.0 + 0.3 * run.size, run.at.1 + 0.3 * run.size);
                run.hidden = holds(&area, middle);
            }
        }
    }

    fn show(&mut self, string: Option<&Object>, drawing: &mut Drawing<'_>) {
        let Some(string) = string.and_then(Object::text) else { return };
        let state = &drawing.state;
        let Some(font) = state.font.clone() else { return };
        let scaled = [state.size * state.scale, 0.0, 0.0, state.size, 0.0, state.rise];
        let start = product(&product(&scaled, &drawing.text), &state.ctm);
        let (mut text, mut seen, mut length) = (String::new(), String::new(), 0.0);
        let lying = self.page.lying;
        for glyph in font.glyphs(string) {
            self.page.lying += usize::from(glyph.seen.is_some());
            seen.push_str(glyph.seen.as_ref().or(glyph.text.as_ref()).map_or("", String::as_str));
            match &glyph.text {
                Some(own) => {
                    text.push_str(own);
                    self.page.known += 1;
                }
                None => {
                    text.push('\u{fffd}');
                    self.page.unknown += 1;
                }
            }
            let spaces = state.character_space + if glyph.is_space { state.word_space } else { 0.0 };
            length += (glyph.width / 1000.0 * state.size + spaces) * state.scale;
        }
        // Steps were counted by string: a long one costs more.
        if let Err(limit) = self.document.budget.step(string.len() as u64 / 8) {
            self.document.stopped = self.document.stopped.or(Some(limit));
            return;
        }
        drawing.text = product(&[1.0, 0.0, 0.0, 1.0, length, 0.0], &drawing.text);
        let end = product(&product(&scaled, &drawing.text), &state.ctm);
        if text.is_empty() {
            return;
        }
        let (x, y) = (start[4], start[5]);
        let angle = start[1].atan2(start[0]);
        let (sin, cos) = angle.sin_cos();
        let size = (start[2].powi(2) + start[3].powi(2)).sqrt();
        let below = self.areas.iter().rev().find(|(area, _)| holds(area, (x + 0.2 * size, y + 0.2 * size)));
        let ground = below.map_or(Some([1.0; 3]), |(_, color)| *color);
        let painted = matches!(state.mode, 0 | 2 | 4 | 6);
        let hidden = state.unseen
            || matches!(state.mode, 3 | 7)
            || size < TINY
            || !holds(&self.area, (x, y))
            || (painted && alike(state.fill, ground))
            || drawing.marks.contains(&true);
        self.page.runs.push(Run {
            text,
            seen: (self.page.lying > lying).then_some(seen),
            degrees: angle.to_degrees().round() as i32,
            start: x * cos + y * sin,
            end: end[4] * cos + end[5] * sin,
            height: y * cos - x * sin,
            size,
            at: (x, y),
            hidden,
        });
    }

    fn font(&mut self, name: &[u8], resources: &Dictionary) -> Option<Rc<Font>> {
        let fonts = self.document.dictionary(resources, "Font")?;
        let entry = fonts.0.get(name)?;
        let number = match entry {
            Object::Reference(number) => Some(*number),
            _ => None,
        };
        if let Some(known) = number.and_then(|number| self.fonts.get(&number)) {
            return Some(known.clone());
        }
        let font = Rc::new(Font::read(self.document.resolve(entry)?.dictionary()?, self.document));
        if let Some(number) = number {
            self.fonts.insert(number, font.clone());
        }
        Some(font)
    }

    /// Whether 0 means no ink in a colour space of one component.
    fn has_tints(&mut self, name: &[u8], resources: &Dictionary) -> bool {
        let Some(spaces) = self.document.dictionary(resources, "ColorSpace") else { return false };
        let Some(Object::Array(space)) = spaces.0.get(name).and_then(|space| self.document.resolve(space))
        else {
            return false;
        };
        matches!(space.first().and_then(Object::name), Some(b"Separation" | b"DeviceN"))
    }

    /// Transparency (section 11.6.4.4): what is fully transparent is unseen.
    fn graphics_state(&mut self, operands: &[Object], drawing: &mut Drawing<'_>) {
        let Some(name) = operands.first().and_then(Object::name) else { return };
        let Some(states) = self.document.dictionary(drawing.resources, "ExtGState") else { return };
        let own = states.0.get(name).and_then(|own| self.document.resolve(own));
        let Some(own) = own.as_ref().and_then(Object::dictionary) else { return };
        if let Some(alpha) = self.document.get(own, "ca").and_then(|alpha| alpha.number()) {
            drawing.state.opaque = alpha > 0.95;
            drawing.state.unseen = alpha < 0.02;
        }
        if let Some(mode) = self.document.get(own, "BM") {
            drawing.state.opaque &= matches!(mode.name(), Some(b"Normal" | b"Compatible"));
        }
    }

    fn object(&mut self, operands: &[Object], drawing: &mut Drawing<'_>, depth: usize) {
        let Some(name) = operands.first().and_then(Object::name) else { return };
        let Some(objects) = self.document.dictionary(drawing.resources, "XObject") else { return };
        let Some(Object::Stream(stream)) = objects.0.get(name).and_then(|own| self.document.resolve(own))
        else {
            return;
        };
        match stream.dictionary.raw("Subtype").and_then(Object::name) {
            Some(b"Form") => {
                let mut state = drawing.state.clone();
                state.unseen |= drawing.marks.contains(&true) || self.layer_is_off(&stream.dictionary, "OC");
                let resources = drawing.resources.clone();
                self.form(&stream, &resources, state, depth);
            }
            Some(b"Image") => {
                self.page.pictures += 1;
                let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
                let corners = corners.map(|corner| moved(&drawing.state.ctm, corner));
                self.areas.truncate(MOST_AREAS);
                self.areas.push((around(&corners), None));
                self.keep_picture(&stream);
            }
            _ => {}
        }
    }

    /// A form, with its own matrix and resources.
    fn form(&mut self, stream: &Rc<Stream>, resources: &Dictionary, mut state: State, depth: usize) {
        self.forms += 1;
        if depth >= DEEPEST || self.forms > MOST_FORMS {
            self.document.stopped = self.document.stopped.or(Some(Limit::Steps));
            return;
        }
        if let Some(Object::Array(matrix)) = self.document.get(&stream.dictionary, "Matrix") {
            let own = std::array::from_fn(|i| matrix.get(i).and_then(Object::number).unwrap_or(0.0));
            state.ctm = product(&own, &state.ctm);
        }
        let own = self.document.dictionary(&stream.dictionary, "Resources");
        let content = self.document.decode(stream, Kind::Stream).bytes;
        self.stream(&content, own.as_ref().unwrap_or(resources), state, depth + 1);
    }

    /// Draws a form by itself: the look of an annotation.
    pub(super) fn draw_form(&mut self, stream: &Rc<Stream>) {
        let resources = self.document.dictionary(&stream.dictionary, "Resources").unwrap_or_default();
        let content = self.document.decode(stream, Kind::Stream).bytes;
        self.draw(&content, &resources, IDENTITY);
    }

    /// JPEG pictures are files of their own, which tell where they were taken.
    fn keep_picture(&mut self, stream: &Stream) {
        if self.page.files.len() >= 64 {
            return;
        }
        let decoded = self.document.decode(stream, Kind::Stream);
        match decoded.left.as_deref() {
            Some(b"DCTDecode" | b"DCT") => self.page.files.push(("picture.jpg", decoded.bytes)),
            Some(b"JPXDecode") => self.page.files.push(("picture.jp2", decoded.bytes)),
            _ => {}
        }
    }

    /// Marked content (section 14.6): layers, and text that stands for what is drawn.
    fn mark(&mut self, operands: &[Object], drawing: &mut Drawing<'_>) {
        let properties = match operands.get(1) {
            Some(Object::Dictionary(own)) => Some((None, (**own).clone())),
            Some(Object::Name(name)) => {
                let all = self.document.dictionary(drawing.resources, "Properties");
                let entry = all.and_then(|all| all.0.get(name.as_ref()).cloned());
                let own = entry.as_ref().and_then(|entry| self.document.resolve(entry));
                own.and_then(|own| Some((entry, own.dictionary()?.clone())))
            }
            _ => None,
        };
        let mut off = false;
        if let Some((entry, own)) = properties {
            if let Some(Object::Reference(number)) = entry {
                off = self.layers_off.contains(&number) || self.layer_is_off(&own, "OCGs");
            }
            for key in ["ActualText", "Alt", "E"] {
                let text = self.document.get(&own, key);
                if let Some(text) =
                    text.as_ref().and_then(Object::text).filter(|_| self.page.instead.len() < 10_000)
                {
                    self.page.instead.push(super::text_string(text));
                }
            }
        }
        if drawing.marks.len() < 1024 {
            drawing.marks.push(off);
        }
    }

    fn layer_is_off(&self, dictionary: &Dictionary, key: &str) -> bool {
        let is_off = |object: &Object| matches!(object, Object::Reference(n) if self.layers_off.contains(n));
        dictionary.raw(key).is_some_and(|layers| is_off(layers) || layers.array().iter().any(is_off))
    }
}

impl Drawing<'_> {
    fn next_line(&mut self, x: f64, y: f64) {
        self.line = product(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line);
        self.text = self.line;
    }

    fn end_path(&mut self) {
        self.path.clear();
        self.boxes.clear();
        self.curved = false;
    }
}

/// Of as many operands as the colour has components.
fn color(operands: &[Object], tints: bool) -> Color {
    let mut components = operands.iter().map(Object::number).collect::<Option<Vec<f64>>>()?;
    if tints {
        components.iter_mut().for_each(|tint| *tint = 1.0 - *tint);
    }
    match components.as_slice() {
        [gray] => Some([*gray; 3]),
        [r, g, b] => Some([*r, *g, *b]),
        [c, m, y, k] => Some([c, m, y].map(|ink| (1.0 - ink) * (1.0 - k))),
        _ => None,
    }
}

/// Passes over `BI ... ID data EI` (section 8.9.7).
fn skip_inline_image(reader: &mut Reader<'_>) {
    let rest = reader.rest();
    let Some(data) = memmem::find(rest, b"ID") else { return };
    let after = rest.get(data + 2..).unwrap_or_default();
    let is_end = |at: &usize| {
        let white = |at: usize| after.get(at).is_none_or(|b| b.is_ascii_whitespace() || *b == 0);
        white(at.wrapping_sub(1)) && white(at + 2)
    };
    let end = memmem::find_iter(after, b"EI").find(is_end);
    reader.at += end.map_or(rest.len(), |end| data + 2 + end + 2);
}
