//! Fonts whose glyphs are content streams (ISO 32000-2, section 9.6.4).

use super::{
    crypt::Kind,
    document::Document,
    object::{Dictionary, Object},
};
use std::collections::HashSet;

/// Glyphs of one that are looked at.
const MOST_DRAWN: usize = 1_000;

/// Glyphs that are drawn by letters of another one: their names say nothing.
pub(super) fn drawn_by_text(font: &Dictionary, document: &mut Document<'_, '_>) -> HashSet<Vec<u8>> {
    let mut names = HashSet::new();
    if !font.is("Subtype", b"Type3") {
        return names;
    }
    let drawn = document.dictionary(font, "CharProcs").unwrap_or_default();
    for (name, glyph) in drawn.0.iter().take(MOST_DRAWN) {
        let Some(Object::Stream(stream)) = document.resolve(glyph) else { continue };
        let content = document.decode(&stream, Kind::Stream).bytes;
        let has = |operator: &[u8]| memchr::memmem::find(&content, operator).is_some();
        if has(b"BT") && (has(b"Tj") || has(b"TJ")) {
            names.insert(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use crate::files::{
        Reason,
        fixture_tests::{has_missed, opened},
    };

    #[test]
    fn names_of_glyphs_that_other_letters_draw_say_nothing() {
        let font = |glyph: &str| {
            let names: String = "abcdefg".chars().map(|name| format!("/{name} 5 0 R")).collect();
            let encoding = "/Encoding<</Differences[65/a/b/c/d/e/f/g]>>";
            let font = format!(
                "/Font<</T<</Subtype/Type3/FontMatrix[.001 0 0 .001 0 0]{encoding}/CharProcs<<{names}>>>>>>"
            );
            let mut bytes = page("BT /T 12 Tf 50 700 Td (ABCDEFG) Tj ET", &font);
            bytes.extend(
                format!("\n5 0 obj<</Length {}>>stream\n{glyph}\nendstream endobj", glyph.len()).bytes(),
            );
            opened(&bytes)
        };
        assert!(has_missed(&font("600 0 d0 BT /F 1000 Tf (x) Tj ET"), Reason::NotSupported));
        assert!(!has_missed(&font("600 0 d0 0 0 500 500 re f"), Reason::NotSupported));
    }
}
