//! Colours and painted areas (ISO 32000-2, sections 8.5 to 8.7), as far as they tell whether text is seen.

use super::{
    Drawing, Interpreter, State,
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
            b"sc" | b"scn" => {
                state.fill = color(operands, state.tints);
                self.pattern(operands, drawing);
            }
            b"SCN" => self.pattern(operands, drawing),
            b"w" => state.line_width = number(0),
            b"re" if drawing.path.len() < 4096 => {
                let (x, y, w, h) = (number(0), number(1), number(2), number(3));
                let corners = [(x, y), (x + w, y), (x, y + h), (x + w, y + h)];
                let corners = corners.map(|corner| moved(&state.ctm, corner));
                drawing.path.extend(corners);
                drawing.extend(&corners);
                drawing.boxes.push(around(&corners));
                drawing.slanted |= !drawing.state.is_upright();
            }
            b"m" | b"l" if drawing.path.len() < 4096 => {
                if operator == b"m" {
                    drawing.begins.push(drawing.path.len());
                }
                let point = moved(&state.ctm, (number(0), number(1)));
                drawing.path.push(point);
                drawing.extend(&[point]);
                drawing.curved = true;
            }
            b"c" | b"v" | b"y" if drawing.path.len() < 4096 => {
                self.page.curves += 1;
                let last = operands.len().saturating_sub(2);
                let bends = operands.chunks_exact(2).filter_map(|pair| match pair {
                    [x, y] => Some(moved(&state.ctm, (x.number()?, y.number()?))),
                    _ => None,
                });
                let bends: Vec<_> = bends.collect();
                drawing.path.push(moved(&state.ctm, (number(last), number(last + 1))));
                drawing.extend(&bends);
                drawing.curved = true;
            }
            // The path is too long to be kept.
            b"re" | b"m" | b"l" | b"c" | b"v" | b"y" => {
                drawing.extend(&[(-1e9, -1e9), (1e9, 1e9)]);
                drawing.curved = true;
            }
            b"W" | b"W*" => drawing.clips = true,
            b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" => {
                let fill = state.fill;
                let opaque = state.is_opaque();
                let covers = !drawing.curved && !drawing.slanted && !state.clip.is_odd();
                let covering = opaque.then_some(covers);
                self.page.strokes += 1;
                drawing.keep_shape(&mut self.page.shapes);
                let areas = match drawing.curved {
                    true => vec![around(&drawing.path)],
                    false => drawing.boxes.clone(),
                };
                for area in areas {
                    self.cover(drawing.state.clip.of(&area), fill, covering);
                }
                drawing.end_path();
            }
            b"S" | b"s" => {
                self.page.strokes += 1;
                drawing.keep_shape(&mut self.page.shapes);
                if let Some(area) = drawing.thick_line() {
                    self.picture_at(area);
                }
                drawing.end_path();
            }
            b"sh" => {
                let area = state.clip.area();
                self.picture_at(area);
            }
            b"n" => drawing.end_path(),
            _ => {}
        }
    }

    /// A picture: of what colour the ground is there, nobody can say.
    pub(super) fn picture_at(&mut self, area: Area) {
        self.areas.truncate(MOST_AREAS);
        self.areas.push((area, None));
        self.lies_upon(&area, false);
    }

    /// Something painted: text below it is hidden, and text of its colour upon it will be.
    fn cover(&mut self, area: Area, color: Color, covers: Option<bool>) {
        if self.areas.len() >= MOST_AREAS || area[0] > area[2] || area[1] > area[3] {
            return;
        }
        self.areas.push((area, color));
        if let Some(covers) = covers {
            self.lies_upon(&area, covers);
        }
    }

    /// Text within an area is hidden by what is painted there, or may be.
    fn lies_upon(&mut self, area: &Area, surely: bool) {
        let is_flat = area[3] - area[1] <= 3.0;
        if is_flat || self.document.work(4 * self.page.runs.len()).is_none() {
            return;
        }
        for run in self.page.runs.iter_mut().filter(|run| !run.hidden) {
            let middle = (run.at.0 + 0.3 * run.size, run.at.1 + 0.3 * run.size);
            let is_below = holds(area, middle);
            run.hidden = is_below && surely;
            run.doubtful |= is_below;
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
            drawing.state.alpha = alpha;
        }
        if let Some(Object::Array(font)) = self.document.get(own, "Font")
            && let [font, size] = font.as_slice()
        {
            drawing.state.font = Some(self.font_of(font));
            drawing.state.size = size.number().unwrap_or(0.0);
        }
        if let Some(mask) = self.document.get(own, "SMask") {
            self.mask(&mask, drawing);
        }
        if let Some(mode) = self.document.get(own, "BM") {
            drawing.state.plain = matches!(mode.name(), Some(b"Normal" | b"Compatible"));
        }
    }
}

impl State {
    fn is_opaque(&self) -> bool {
        self.alpha * self.group_alpha > 0.95 && self.plain
    }
}

impl Drawing<'_> {
    /// The area of a straight line that letters can stand upon.
    fn thick_line(&self) -> Option<Area> {
        let [a, b, c, d, ..] = self.state.ctm;
        let width = self.state.line_width.abs() * (a * d - b * c).abs().sqrt();
        let [left, bottom, right, top] = self.bounds?;
        let is_line = (right - left).min(top - bottom) < 1.0 && width > 4.0;
        let reach = width / 2.0;
        is_line.then_some([left - reach, bottom - reach, right + reach, top + reach])
    }

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

#[cfg(test)]
mod tests {
    use crate::files::pdf::tests::{FONT, page};
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    #[test]
    fn white_upon_a_thick_line_or_shades_is_seen() {
        let white = "1 g BT /F 12 Tf 50 700 Td (white) Tj ET";
        let shading = format!("{FONT}/Shading<</S<</ShadingType 2>>>>");
        for ground in ["24 w 40 705 m 400 705 l S", "q 40 690 400 40 re W n /S sh Q"] {
            let opened = opened(&page(&format!("{ground} {white}"), &shading));
            assert_eq!(text(&opened, "page 1", Shown::Visible), "white", "{ground}");
        }
        let opened = opened(&page(&format!("1 w 40 705 m 400 705 l S {white}"), FONT));
        assert_eq!(text(&opened, "page 1", Shown::Hidden), "white");
    }

    #[test]
    fn a_line_that_is_hidden_in_part_is_given_whole() {
        let content = "BT /F 12 Tf 50 700 Td (AB12) Tj 1 g (34) Tj 0 g (56) Tj ET";
        let opened = opened(&page(content, FONT));
        assert_eq!(text(&opened, "page 1/read otherwise", Shown::Hidden), "AB123456");
    }

    #[test]
    fn what_is_painted_outside_of_a_clip_covers_nothing() {
        let words = "BT /F 12 Tf 50 700 Td (The plan) Tj ET";
        let opened = opened(&page(&format!("{words} q 0 0 9 9 re W n 1 g 0 0 600 800 re f Q"), FONT));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "The plan");
    }

    #[test]
    fn a_group_is_as_pale_as_it_is_drawn() {
        let form = "/XObject<</X 5 0 R>>/ExtGState<</N<</ca .01>>/A<</ca 1>>>>";
        let mut bytes = page("/N gs /X Do", &format!("{FONT}{form}"));
        let said = "/A gs BT /F 12 Tf 50 700 Td (unseen) Tj ET";
        let own = format!("/Subtype/Form/Group<</S/Transparency>>/Resources<<{FONT}{form}>>");
        bytes.extend(
            format!("\n5 0 obj<<{own}/Length {}>>stream\n{said}\nendstream endobj", said.len()).bytes(),
        );
        assert_eq!(text(&opened(&bytes), "page 1", Shown::Hidden), "unseen");
    }
}
