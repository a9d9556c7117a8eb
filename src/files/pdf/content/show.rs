//! Strings that are shown (ISO 32000-2, section 9.4): what they say, where, and whether anybody sees it.

use super::{
    Drawing, Interpreter, Layer,
    clip::Within,
    geometry::{holds, product},
    paint::alike,
};
use crate::files::pdf::{
    font::Font,
    layout::Run,
    object::{Dictionary, Object},
};
use std::{collections::HashMap, rc::Rc};

/// Text smaller than this many points is not seen.
const TINY: f64 = 2.0;
/// Reading one, as bytes.
const COST_OF_A_FONT: usize = 64 * 1024;
/// Less of its colour than this is not seen, and less than this perhaps.
const FAINT: f64 = 0.05;
const PALE: f64 = 0.3;
/// Pressed together to less than this, letters are not seen.
const SLIM: f64 = 0.5;

/// Fonts by where their entries lie in memory; these are kept, so that no others come to lie there.
#[derive(Default)]
pub(in crate::files::pdf) struct Fonts {
    known: HashMap<usize, (Dictionary, Rc<Font>)>,
    /// Says nothing: a font of the standard encoding.
    standard: Dictionary,
}

impl Interpreter<'_, '_, '_> {
    pub(super) fn show(&mut self, string: Option<&Object>, drawing: &mut Drawing<'_>) {
        let Some(string) = string.and_then(Object::text) else { return };
        let state = &drawing.state;
        let Some(font) = state.font.clone() else { return };
        let scaled = [state.size * state.scale, 0.0, 0.0, state.size, 0.0, state.rise];
        let start = product(&product(&scaled, &drawing.text), &state.ctm);
        let (mut text, mut length) = (String::with_capacity(string.len()), 0.0);
        // What is seen, from the first glyph on that says otherwise when copied.
        let mut seen: Option<String> = None;
        // Known letters before each glyph that is not, and after the last one.
        let (mut unknown, mut known): (Vec<(usize, u32)>, usize) = (Vec::new(), 0);
        let page = &mut self.page;
        font.glyphs(string, |glyph| {
            if glyph.seen.is_some() {
                page.lying += 1;
                seen.get_or_insert_with(|| text.clone());
            }
            if let Some(seen) = &mut seen {
                seen.push_str(glyph.seen.as_ref().or(glyph.text.as_ref()).map_or("", |text| text));
            }
            match &glyph.text {
                Some(own) => {
                    text.push_str(own);
                    known += 1;
                }
                None => {
                    text.push('\u{fffd}');
                    unknown.push((std::mem::take(&mut known), glyph.code));
                }
            }
            let spaces = state.character_space + if glyph.is_space { state.word_space } else { 0.0 };
            length += (glyph.width / 1000.0 * state.size + spaces) * state.scale;
        });
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
        let middle = |(x, y): (f64, f64)| (x - 0.3 * size * sin, y + 0.3 * size * cos);
        let within = state.clip.holds(middle((x, y)), middle((end[4], end[5])), size);
        let painted = matches!(state.mode, 0 | 2 | 4 | 6);
        let alpha = state.alpha * state.group_alpha;
        let hidden = state.unseen
            || alpha < FAINT
            || matches!(state.mode, 3 | 7)
            || size < TINY
            || size * state.scale.abs() < SLIM
            || !holds(&self.area, (x, y))
            || (painted && alike(state.fill, ground))
            || within == Within::Not
            || drawing.marks.contains(&Layer::Off);
        let doubtful = state.doubtful
            || alpha < PALE
            || within == Within::Perhaps
            || drawing.marks.contains(&Layer::Doubtful);
        let letters = unknown.iter().map(|(known, _)| known).sum::<usize>() + known;
        self.page.unknown.count(letters, unknown.len());
        if !hidden {
            for (known, code) in unknown {
                self.page.unknown.seen(known);
                self.page.unknown.seen_unknown(Rc::as_ptr(&font) as usize, code);
            }
            self.page.unknown.seen(known);
        }
        self.page.runs.push(Run {
            text,
            seen,
            degrees: angle.to_degrees().round() as i32,
            start: x * cos + y * sin,
            end: end[4] * cos + end[5] * sin,
            height: y * cos - x * sin,
            size,
            at: (x, y),
            hidden,
            doubtful,
        });
    }

    /// The font of a name. Where there is none, readers take one of their own, Helvetica for the most part.
    pub(super) fn font(&mut self, name: &[u8], resources: &Dictionary) -> Rc<Font> {
        let fonts = self.document.dictionary(resources, "Font").unwrap_or_default();
        self.font_of(fonts.0.get(name).unwrap_or(&Object::Null))
    }

    pub(super) fn font_of(&mut self, entry: &Object) -> Rc<Font> {
        let own = self.document.resolve(entry).and_then(|own| own.dictionary().cloned());
        let own = own.unwrap_or_else(|| self.fonts.standard.clone());
        // The same entries are the same font, however they are named.
        let key = Rc::as_ptr(&own.0) as usize;
        if let Some((_, known)) = self.fonts.known.get(&key) {
            return known.clone();
        }
        // All its codes are looked at, whatever is shown of them.
        self.document.work(COST_OF_A_FONT);
        let font = Rc::new(Font::read(&own, self.document));
        self.fonts.known.insert(key, (own, font.clone()));
        font
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
    fn a_font_that_is_not_there_is_read_as_the_usual_one() {
        let opened = opened(&page("BT /NoSuch 12 Tf 50 700 Td (The plan) Tj ET", FONT));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "The plan");
    }

    #[test]
    fn a_state_may_bring_its_font() {
        let font = "<</Subtype/Type1/BaseFont/X/Encoding<</Differences[65/x/y/z]>>>>";
        let states = format!("{FONT}/ExtGState<</G<</Font[{font} 12]>>>>");
        let opened = opened(&page("/G gs BT 50 700 Td (ABC) Tj ET", &states));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "xyz");
    }

    #[test]
    fn letters_pressed_together_to_nothing_are_hidden() {
        let content = "BT /F 12 Tf 50 700 Td (The) Tj 0.1 Tz ( x) Tj 100 Tz ( plan) Tj ET";
        let opened = opened(&page(content, FONT));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "The plan");
    }
}
