//! A sheet as a PDF: A4, with its own letters inside (Welsh ones too), text that can be
//! selected and searched. The same sheet makes the same bytes.

mod font;
mod lay;
mod write;

use super::Sheet;
use font::Fonts;

/// The document.
pub fn pdf(sheet: &Sheet) -> Vec<u8> {
    let fonts = Fonts::built_in();
    write::write(&fonts, &lay::lay(&fonts, sheet), sheet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::tests::hostile;

    #[test]
    fn it_is_a_pdf_of_several_pages_and_the_same_each_time() {
        let once = pdf(&hostile());
        assert!(once.starts_with(b"%PDF-1.7") && once.ends_with(b"%%EOF"));
        assert_eq!(once, pdf(&hostile()));
        let pages = once.windows(11).filter(|w| *w == b"/Type /Page").count();
        assert!(pages > 5, "{pages}");
        assert!(once.len() < 2 << 20, "{}", once.len());
    }
}
