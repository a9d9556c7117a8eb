//! Colours and painted areas (ISO 32000-2, sections 8.5 to 8.7), as far as they tell whether text is seen.

use super::{
    Drawing, Interpreter,
    geometry::{Area, around, holds, moved},
};
use crate::files::pdf::{
    object::{Dictionary, Object},
    shapes,
};

/// Areas on a page that are remembered, to tell text of their colour.
const MOST_AREAS: usize = 1_000;

/// Red, green and blue; `None` when it is not plain, as patterns are.
pub(super) type Color = Option<[f64; 3]>;

pub(super) fn alike(a: Color, b: Color) -> bool {
    let near = |(a, b): (f64, f64)| (a - b).abs() < 0.06;
    a.zip(b).is_some_and(|(a, b)| a.into_iter().zip(b).all(near))
}

impl Interpreter<'_, '_, '_> {
    /// Colours and areas, as far as they tell whether text is seen.
    pub(super) fn paint(&mut self, operator: &[u8], operands: &[Object], drawing: &mut Drawing<'_>) {
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
                if operator == b"m" {
                    drawing.begins.push(drawing.path.len());
                }
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
                self.page.strokes += 1;
                drawing.keep_shape(&mut self.page.shapes);
                let areas = match drawing.curved {
                    true => vec![around(&drawing.path)],
                    false => std::mem::take(&mut drawing.boxes),
                };
                for area in areas {
                    self.cover(area, fill, covers);
                }
                drawing.end_path();
            }
            b"S" | b"s" => {
                self.page.strokes += 1;
                drawing.keep_shape(&mut self.page.shapes);
                drawing.end_path();
            }
            b"n" => drawing.end_path(),
            _ => {}
        }
    }

    /// A picture: of what colour the ground is there, nobody can say.
    pub(super) fn picture_at(&mut self, area: Area) {
        self.areas.truncate(MOST_AREAS);
        self.areas.push((area, None));
    }

    /// Something painted: text below it is hidden, and text of its colour upon it will be.
    fn cover(&mut self, area: Area, color: Color, covers: bool) {
        if self.areas.len() >= MOST_AREAS || area[0] > area[2] {
            return;
        }
        self.areas.push((area, color));
        if covers && area[3] - area[1] > 3.0 && self.document.work(self.page.runs.len()).is_some() {
            for run in self.page.runs.iter_mut().filter(|run| !run.hidden) {
                let middle = (run.at.0 + 0.3 * run.size, run.at.1 + 0.3 * run.size);
                run.hidden = holds(&area, middle);
            }
        }
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
    pub(super) fn graphics_state(&mut self, operands: &[Object], drawing: &mut Drawing<'_>) {
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
}

impl Drawing<'_> {
    /// Keeps what may be letters: a path of several lines as a whole, as when a letter is drawn in strokes, else each
    /// of its parts.
    fn keep_shape(&self, shapes: &mut Vec<Area>) {
        if !self.curved || self.path.len() <= 2 || shapes.len() >= shapes::MOST {
            return;
        }
        let whole = around(&self.path);
        if shapes::may_be_letter(&whole) {
            return shapes.push(whole);
        }
        let ends = self.begins.iter().copied().skip(1).chain([self.path.len()]);
        let parts = self.begins.iter().zip(ends).filter_map(|(from, to)| self.path.get(*from..to));
        shapes.extend(parts.filter(|part| part.len() > 2).map(around).filter(shapes::may_be_letter));
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
