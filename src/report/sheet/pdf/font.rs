//! The two faces that every PDF carries the used letters of: Noto Sans (SIL Open Font License,
//! assets/fonts/OFL.txt).

use ttf_parser::{Face, GlyphId};

const REGULAR: &[u8] = include_bytes!("../../../../assets/fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../../assets/fonts/NotoSans-Bold.ttf");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

pub(super) struct Fonts {
    regular: Font,
    bold: Font,
}

pub(super) struct Font {
    pub(super) data: &'static [u8],
    pub(super) name: &'static str,
    pub(super) face: Face<'static>,
    /// Units of the face in one em.
    em: f32,
}

impl Fonts {
    pub(super) fn built_in() -> Self {
        Self { regular: Font::new(REGULAR, "NotoSans"), bold: Font::new(BOLD, "NotoSans-Bold") }
    }

    pub(super) fn of(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Font {
    fn new(data: &'static [u8], name: &'static str) -> Self {
        // The file is part of the program; a test reads it.
        let Ok(face) = Face::parse(data, 0) else { unreachable!("a built-in font is damaged") };
        let em = f32::from(face.units_per_em());
        Self { data, name, face, em }
    }

    /// The letter's glyph. What the face lacks is its empty box, so that a reader sees that
    /// something stands there.
    pub(super) fn glyph(&self, c: char) -> u16 {
        self.face.glyph_index(c).map_or(0, |g| g.0)
    }

    pub(super) fn has(&self, c: char) -> bool {
        self.face.glyph_index(c).is_some()
    }

    /// In thousandths of the size, as PDF counts.
    pub(super) fn advance(&self, glyph: u16) -> f32 {
        f32::from(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0)) * 1000.0 / self.em
    }

    pub(super) fn scaled(&self, units: i16) -> f32 {
        f32::from(units) * 1000.0 / self.em
    }

    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(self.glyph(c))).sum::<f32>() * size / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_welsh_and_of_the_schools_names_are_there() {
        let fonts = Fonts::built_in();
        for weight in [Weight::Regular, Weight::Bold] {
            for c in "ŵŷŴŶâêîôûëïÿáéÁłżşğñøß–’“”€…•".chars() {
                assert!(fonts.of(weight).has(c), "{c}");
            }
        }
    }
}
