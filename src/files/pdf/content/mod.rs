//! What a content stream puts on a page (ISO 32000-2, sections 8 and 9): text with its place, and
//! whether anybody sees it.

mod apart;
mod clip;
mod geometry;
mod inline;
mod objects;
mod paint;
mod pieces;
mod show;
mod unknown;

use super::{
    super::Limit,
    document::Document,
    font::Font,
    layers::{Layer, Layers},
    layout::Run,
    object::{Dictionary, Object, Reader, Token},
};
use clip::Clip;
use geometry::product;
pub(super) use geometry::{Area, IDENTITY, Matrix};
use paint::Color;
use pieces::Pieces;
pub(super) use show::Fonts;
use std::{collections::HashSet, rc::Rc};
use unknown::Unknown;

/// Operands of one operator that are kept.
const MOST_OPERANDS: usize = 64;
/// Texts that stand for what is drawn on one page.
const MOST_INSTEAD: usize = 10_000;
/// States that are kept at once (`q`).
const MOST_STATES: usize = 256;

#[derive(Clone)]
struct State {
    ctm: Matrix,
    fill: Color,
    /// The fill's colour space has tints, where 0 is none.
    tints: bool,
    alpha: f64,
    /// Of the groups around it, multiplied.
    group_alpha: f64,
    /// Nothing below shines through by a blend mode.
    plain: bool,
    /// On a layer that is not shown, or shown by some programs alone.
    unseen: bool,
    doubtful: bool,
    clip: Clip,
    line_width: f64,
    font: Option<Rc<Font>>,
    size: f64,
    character_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
    rise: f64,
    mode: i64,
}

impl State {
    fn new(ctm: Matrix) -> Self {
        Self {
            ctm,
            fill: Some([0.0; 3]),
            tints: false,
            alpha: 1.0,
            group_alpha: 1.0,
            plain: true,
            unseen: false,
            doubtful: false,
            clip: Clip::default(),
            line_width: 1.0,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        }
    }
}

/// What was found on one page.
#[derive(Default)]
pub(super) struct Page {
    pub(super) runs: Vec<Run>,
    /// Text that the file gives instead of what is drawn.
    pub(super) instead: Vec<String>,
    instead_bytes: usize,
    pub(super) pictures: usize,
    /// Those of soft masks, which are shadows for the most part.
    pub(super) masks: usize,
    /// What is drawn in patterns and masks says.
    pub(super) apart: Vec<String>,
    pub(super) unknown: Unknown,
    /// Glyphs that are other letters when copied.
    pub(super) lying: usize,
    /// Curves: letters may be drawn by them.
    pub(super) curves: usize,
    /// Paths that were drawn, of whatever form.
    pub(super) strokes: usize,
    /// Small shapes of lines and curves, in their order.
    pub(super) shapes: Vec<Area>,
    /// A picture on which words can be read stands there that is no file of its own.
    pub(super) large_pictures: bool,
    /// Pictures as files: their bytes with a name.
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
}

pub(super) struct Interpreter<'d, 'a, 'b> {
    pub(super) document: &'d mut Document<'a, 'b>,
    pub(super) fonts: &'d mut Fonts,
    pub(super) layers: &'d Layers,
    /// The part of the page that is shown.
    pub(super) area: Area,
    /// By which the page is called.
    pub(super) place: String,
    pub(super) page: Page,
    areas: Vec<(Area, Color)>,
    pieces: Pieces,
    /// Patterns and masks that were drawn, by where they begin in the file.
    drawn_apart: HashSet<usize>,
    in_mask: bool,
    forms: usize,
}

/// What changes while one stream is drawn.
struct Drawing<'r> {
    resources: &'r Dictionary,
    /// Forms around it, and where it began.
    depth: usize,
    base: Matrix,
    state: State,
    kept: Vec<State>,
    /// States that there was no room to keep.
    lost: usize,
    text: Matrix,
    line: Matrix,
    path: Vec<(f64, f64)>,
    /// Where in it each part begins.
    begins: Vec<usize>,
    /// Only rectangles so far.
    boxes: Vec<Area>,
    curved: bool,
    /// Its rectangles do not stand upright.
    slanted: bool,
    /// Around all of the path, where its curves bend as well.
    bounds: Option<Area>,
    /// The path becomes a clip when it is painted.
    clips: bool,
    /// For each marked content, whether its layer is shown.
    marks: Vec<Layer>,
}

impl<'d, 'a, 'b> Interpreter<'d, 'a, 'b> {
    pub(super) fn new(
        document: &'d mut Document<'a, 'b>,
        fonts: &'d mut Fonts,
        layers: &'d Layers,
        area: Area,
    ) -> Self {
        Self {
            document,
            fonts,
            layers,
            area,
            place: String::new(),
            page: Page::default(),
            areas: Vec::new(),
            pieces: Pieces::default(),
            drawn_apart: HashSet::new(),
            in_mask: false,
            forms: 0,
        }
    }

    pub(super) fn draw(&mut self, content: &[u8], resources: &Dictionary, ctm: Matrix) {
        self.stream(content, resources, State::new(ctm), 0);
    }

    fn stream(&mut self, content: &[u8], resources: &Dictionary, state: State, depth: usize) {
        let mut drawing = Drawing {
            resources,
            depth,
            base: state.ctm,
            state,
            kept: Vec::new(),
            lost: 0,
            text: IDENTITY,
            line: IDENTITY,
            path: Vec::new(),
            begins: Vec::new(),
            boxes: Vec::new(),
            curved: false,
            slanted: false,
            bounds: None,
            clips: false,
            marks: Vec::new(),
        };
        let mut reader = Reader::of_content(content);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(token) = reader.token() {
            if self.document.step().is_none() {
                return;
            }
            match token {
                // Programs take the last ones.
                Token::Operand(operand) => {
                    if operands.len() >= MOST_OPERANDS {
                        operands.remove(0);
                    }
                    operands.push(operand);
                }
                Token::Operator(operator) => {
                    if operator == b"BI" {
                        self.inline_picture(&mut reader, &drawing);
                    } else {
                        self.operator(&operator, &operands, &mut drawing);
                    }
                    operands.clear();
                }
            }
        }
    }

    fn operator(&mut self, operator: &[u8], operands: &[Object], drawing: &mut Drawing<'_>) {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or(0.0);
        let state = &mut drawing.state;
        match operator {
            b"q" if drawing.kept.len() < MOST_STATES => drawing.kept.push(state.clone()),
            b"q" => drawing.lost += 1,
            b"Q" if drawing.lost > 0 => drawing.lost -= 1,
            b"Q" => drawing.state = drawing.kept.pop().unwrap_or_else(|| drawing.state.clone()),
            b"cm" => state.ctm = product(&std::array::from_fn(number), &state.ctm),
            b"gs" => self.graphics_state(operands, drawing),
            b"Do" => self.object(operands, drawing),
            b"BT" => (drawing.text, drawing.line) = (IDENTITY, IDENTITY),
            b"Tf" => {
                state.size = number(1);
                let name = operands.first().and_then(Object::name).unwrap_or_default().to_vec();
                drawing.state.font = Some(self.font(&name, drawing.resources));
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
            b"Tj" => self.show(operands.last(), drawing),
            b"'" => {
                drawing.next_line(0.0, -drawing.state.leading);
                self.show(operands.last(), drawing);
            }
            b"\"" => {
                (state.word_space, state.character_space) = (number(0), number(1));
                drawing.next_line(0.0, -drawing.state.leading);
                self.show(operands.get(2), drawing);
            }
            b"TJ" => {
                for item in operands.last().map(Object::array).unwrap_or_default() {
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

    /// Marked content (section 14.6): layers, and text that stands for what is drawn.
    fn mark(&mut self, operands: &[Object], drawing: &mut Drawing<'_>) {
        let properties = match operands.get(1) {
            Some(Object::Dictionary(own)) => Some((None, own.clone())),
            Some(Object::Name(name)) => {
                let all = self.document.dictionary(drawing.resources, "Properties");
                let entry = all.and_then(|all| all.0.get(name.as_ref()).cloned());
                let own = entry.as_ref().and_then(|entry| self.document.resolve(entry));
                own.and_then(|own| Some((entry, own.dictionary()?.clone())))
            }
            _ => None,
        };
        let mut layer = Layer::Shown;
        if let Some((entry, own)) = properties {
            if let Some(entry) = entry {
                layer = self.layer(&entry, &own);
            }
            for key in ["ActualText", "Alt", "E"] {
                let text = self.document.get(&own, key);
                if let Some(text) = text.as_ref().and_then(Object::text)
                    && self.document.work(text.len()).is_some()
                {
                    self.stands_for(super::text_string(text));
                }
            }
        }
        if drawing.marks.len() < 1024 {
            drawing.marks.push(layer);
        }
    }

    /// Whether what lies on a layer, or under a rule about some, is shown.
    fn layer(&mut self, entry: &Object, own: &Dictionary) -> Layer {
        let layers = own.raw("OCGs").map_or(0, |layers| layers.array().len());
        match self.document.work(16 * layers) {
            Some(()) => self.layers.state(entry, own),
            None => Layer::Doubtful,
        }
    }

    /// Keeps a text that the file gives instead of what is drawn; one may be given many times.
    fn stands_for(&mut self, text: String) {
        self.page.instead_bytes += text.len();
        if self.page.instead.len() >= MOST_INSTEAD {
            self.document.stopped = self.document.stopped.or(Some(Limit::Steps));
        } else if self.page.instead_bytes > self.document.budget.limits().text_bytes {
            self.document.stopped = self.document.stopped.or(Some(Limit::Text));
        } else {
            self.page.instead.push(text);
        }
    }
}

impl Drawing<'_> {
    fn next_line(&mut self, x: f64, y: f64) {
        self.line = product(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line);
        self.text = self.line;
    }

    fn end_path(&mut self) {
        if self.clips {
            let is_box = self.is_box();
            self.state.clip_by(self.bounds, is_box);
        }
        self.path.clear();
        self.begins.clear();
        self.boxes.clear();
        self.curved = false;
        self.slanted = false;
        self.bounds = None;
        self.clips = false;
    }
}
