//! What is drawn by way of something else: tiling patterns (ISO 32000-2, section 8.7.3) and the groups of soft masks
//! (section 11.6.5.1). Against what ground, and how much of it shows, nobody can say: all of it is taken as seen.

use super::{Drawing, Interpreter, Matrix, State};
use crate::files::pdf::{
    layout,
    object::{Object, Stream},
};
use std::rc::Rc;

impl Interpreter<'_, '_, '_> {
    /// Draws the pattern that a colour names.
    pub(super) fn pattern(&mut self, operands: &[Object], drawing: &Drawing<'_>) {
        let Some(name) = operands.last().and_then(Object::name) else { return };
        let patterns = self.document.dictionary(drawing.resources, "Pattern").unwrap_or_default();
        let Some(pattern) = patterns.0.get(name).and_then(|own| self.document.resolve(own)) else { return };
        // One of shades is a dictionary alone.
        if let Object::Stream(stream) = pattern {
            self.apart(&stream, drawing.base, drawing);
        }
    }

    /// Draws the group of a soft mask. Its pictures are not told: browsers draw the shadows of boxes and letters so.
    pub(super) fn mask(&mut self, mask: &Object, drawing: &Drawing<'_>) {
        let Some(mask) = mask.dictionary() else { return };
        if let Some(Object::Stream(group)) = self.document.get(mask, "G") {
            let around = std::mem::replace(&mut self.in_mask, true);
            self.apart(&group, drawing.state.ctm, drawing);
            self.in_mask = around;
        }
    }

    /// Each once on a page.
    fn apart(&mut self, stream: &Rc<Stream>, ctm: Matrix, drawing: &Drawing<'_>) {
        if !self.drawn_apart.insert(stream.start) {
            return;
        }
        let (runs, areas) = (std::mem::take(&mut self.page.runs), std::mem::take(&mut self.areas));
        self.form(stream, drawing.resources, State::new(ctm), drawing.depth);
        let own = std::mem::replace(&mut self.page.runs, runs);
        self.areas = areas;
        let text = layout::seen_and_all(&own);
        if !text.trim().is_empty() {
            self.page.apart.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::files::pdf::tests::{FONT, page};
    use crate::files::{
        Reason, Shown,
        fixture_tests::{has_missed, opened, text},
    };

    fn with_stream(content: &str, resources: &str, dictionary: &str, stream: &str) -> Vec<u8> {
        let mut bytes = page(content, &format!("{FONT}{resources}"));
        let own = format!("<</Resources<<{FONT}/XObject<</I 6 0 R>>>>/BBox[0 0 500 200]{dictionary}");
        bytes.extend(
            format!("\n5 0 obj{own}/Length {}>>stream\n{stream}\nendstream endobj", stream.len()).bytes(),
        );
        bytes.extend(b"\n6 0 obj<</Subtype/Image/Width 200/Height 50/Length 1>>stream\nx\nendstream endobj");
        bytes
    }

    const PLAN: &str = "BT /F 12 Tf 50 700 Td (The plan) Tj ET ";
    const SAID: &str = "1 g BT /F 12 Tf 5 20 Td (in the pattern) Tj ET";

    #[test]
    fn text_in_patterns_and_masks_is_read() {
        let fill = format!("{PLAN} /Pattern cs /P scn 40 380 400 60 re f /P scn 0 0 9 9 re f");
        let pattern = with_stream(&fill, "/Pattern<</P 5 0 R>>", "/PatternType 1", SAID);
        let pattern = opened(&pattern);
        assert_eq!(text(&pattern, "page 1", Shown::Visible), "The plan");
        assert_eq!(text(&pattern, "page 1/pattern", Shown::Visible), "in the pattern");
        let mask = with_stream(
            &format!("{PLAN} /G gs 0 0 500 200 re f"),
            "/ExtGState<</G<</SMask<</S/Luminosity/G 5 0 R>>>>>>",
            "/Subtype/Form",
            SAID,
        );
        assert_eq!(text(&opened(&mask), "page 1/pattern", Shown::Visible), "in the pattern");
    }

    #[test]
    fn a_shadow_is_no_picture_of_words() {
        for (words, told) in [(PLAN, false), ("", true)] {
            let bytes = with_stream(
                &format!("{words} /G gs 0 0 500 200 re f"),
                "/ExtGState<</G<</SMask<</S/Luminosity/G 5 0 R>>>>>>",
                "/Subtype/Form",
                "q 400 0 0 200 0 0 cm /I Do Q",
            );
            assert_eq!(has_missed(&opened(&bytes), Reason::Picture), told, "{words}");
        }
    }

    #[test]
    fn a_picture_in_a_pattern_is_told_and_a_texture_is_not() {
        for (size, told) in [("400 0 0 200 0 0", true), ("8 0 0 8 0 0", false)] {
            let fill = format!("{PLAN} /Pattern cs /P scn 40 380 400 60 re f");
            let picture = format!("q {size} cm /I Do Q");
            let bytes = with_stream(&fill, "/Pattern<</P 5 0 R>>", "/PatternType 1", &picture);
            assert_eq!(has_missed(&opened(&bytes), Reason::Picture), told, "{size}");
        }
    }
}
