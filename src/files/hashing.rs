//! Pictures that lie in a file otherwise than as files: in the middle of a stream, or written in base64. That there
//! are some is always told (practice.md, A3); they are hashed where that is asked for.

use super::{
    budget::Budget,
    bytes::{find, unbase64},
    model::{Limit, Reason, TraitKind},
};

/// Pictures of one kind that are looked for in one stream or text.
const MOST: usize = 256;

/// By which JPEG and PNG begin, wherever they lie.
const MARKS: [&[u8]; 2] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"];
/// By which JPEG, PNG, GIF and WebP begin in base64.
const WRITTEN: [&[u8]; 4] = [b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR"];

/// Tells of the pictures in a stream in which files lie one behind the other: old office documents.
pub(super) fn in_stream(stream: &[u8], place: &str, budget: &mut Budget) {
    let mut number = 0;
    for at in places(stream, &MARKS, budget) {
        number += 1;
        budget.hash_within(&format!("{place}/picture {number}"), stream.get(at..).unwrap_or_default());
    }
}

/// Tells of the pictures that a text carries in base64: pages, cards, documents written as XML.
pub(super) fn in_text(text: &[u8], budget: &mut Budget) {
    let mut number = 0;
    for at in places(text, &WRITTEN, budget) {
        let rest = text.get(at..).unwrap_or_default();
        let is_written = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n' | b' ' | b'\t')
        };
        let end = rest.iter().position(|byte| !is_written(byte)).unwrap_or(rest.len());
        number += 1;
        let bytes = unbase64(rest.get(..end).unwrap_or_default());
        budget.hash(&format!("picture {number}"), &bytes);
    }
}

fn places(bytes: &[u8], marks: &[&[u8]], budget: &mut Budget) -> Vec<usize> {
    let mut places = Vec::new();
    for mark in marks {
        let (mut from, mut left) = (0, MOST);
        while let Some(at) = find(bytes, mark, from) {
            if left == 0 {
                if budget.hashes() {
                    budget.missed("", "picture", Reason::Limit(Limit::Members));
                }
                break;
            }
            left -= 1;
            places.push(at);
            from = at + mark.len();
        }
    }
    if !places.is_empty() {
        budget.found("", TraitKind::Image);
    }
    if !budget.hashes() && !budget.takes_pictures() {
        return Vec::new();
    }
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use crate::files::{Budget, FileLimits, Opened, PictureLimits, TraitKind, hash_picture, open};
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use std::io::{Cursor, Write as _};

    const SCENE: &[u8] = include_bytes!("../../tests/files/pictures/scene.jpg");

    fn hashed(bytes: &[u8]) -> Opened {
        let limits = FileLimits { hashing: Some(PictureLimits::default()), ..FileLimits::default() };
        let mut budget = Budget::new(limits);
        open(None, None, bytes, &mut budget);
        budget.finish()
    }

    /// Objects without a table; the first is the catalogue.
    fn pdf(objects: &[&[u8]]) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        for (object, number) in objects.iter().zip(1..) {
            out.extend(format!("{number} 0 obj\n").bytes());
            out.extend_from_slice(object);
            out.extend(b"\nendobj\n");
        }
        out.extend(b"trailer<</Root 1 0 R>>\n%%EOF");
        out
    }

    fn page(dictionary: &str, data: &[u8]) -> Vec<u8> {
        let head = format!(
            "<</Subtype/Image/Width 300/Height 200/BitsPerComponent 8{dictionary}/Length {}>>stream\n",
            data.len()
        );
        pdf(&[
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
            b"<</Length 5>>stream\n/X Do\nendstream",
            &[head.as_bytes(), data, b"\nendstream"].concat(),
        ])
    }

    fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (path, bytes) in streams {
            file.create_stream(path).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    /// Grey pixels that differ enough.
    fn pixels() -> Vec<u8> {
        (0..200u32)
            .flat_map(|y| (0..300u32).map(move |x| ((x * x / 90 + 3 * y + x / 23 * 40) % 256) as u8))
            .collect()
    }

    #[test]
    fn a_picture_is_hashed_wherever_it_lies() {
        let limits = PictureLimits::default();
        let scene = hash_picture(SCENE, &mut crate::files::PictureBudget::new(limits)).unwrap();
        let hex: String = SCENE.iter().map(|byte| format!("{byte:02x}")).collect();
        let written = STANDARD.encode(SCENE);
        let folded: Vec<&str> =
            written.as_bytes().chunks(74).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let stream = [&b"\x1d\xf0 head of a record"[..], SCENE, b"and the next"].concat();
        for (form, file) in [
            ("rtf", format!("{{\\rtf1{{\\pict\\jpegblip {hex}}}}}").into_bytes()),
            ("pdf", page("/ColorSpace/DeviceRGB/Filter/DCTDecode", SCENE)),
            (
                "html",
                format!("<html><body><img src='data:image/jpeg;base64,{written}'></body></html>")
                    .into_bytes(),
            ),
            (
                "vcard",
                format!(
                    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nPHOTO;ENCODING=b;TYPE=JPEG:{}\r\nEND:VCARD\r\n",
                    folded.join("\r\n ")
                )
                .into_bytes(),
            ),
            ("ppt", compound(&[("/PowerPoint Document", b"x"), ("/Pictures", &stream)])),
            ("doc", compound(&[("/WordDocument", b"x"), ("/Data", &stream)])),
        ] {
            let opened = hashed(&file);
            let same = |view: &crate::files::View| view.pdq().distance(&scene.views[0].pdq()) <= 2;
            let found = opened.hashed.iter().filter_map(|hashed| hashed.picture.as_ref());
            assert!(found.flat_map(|picture| &picture.views).any(same), "{form}: {:?}", opened.hashed);
            let told = super::super::fixture_tests::opened(&file);
            assert!(told.hashed.is_empty(), "nobody asked");
            assert!(told.traits.iter().any(|found| found.kind == TraitKind::Image), "{form}");
        }
        assert!(hashed(&compound(&[("/WordDocument", b"x")])).hashed.iter().all(|h| h.picture.is_none()));
        assert!(super::super::fixture_tests::opened(SCENE).hashed.is_empty(), "nobody asked");
    }

    #[test]
    fn pixels_of_a_pdf_are_hashed_by_their_colours() {
        let grey = pixels();
        let packed = |pixels: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(pixels, 6);
        let rgb: Vec<u8> = grey.iter().flat_map(|value| [*value; 3]).collect();
        let table: String = (0..=255u8).map(|value| format!("{value:02x}{value:02x}{value:02x}")).collect();
        let palette = format!("/ColorSpace[/Indexed/DeviceRGB 255<{table}>]/Filter/FlateDecode");
        let views: Vec<_> = [
            page("/ColorSpace/DeviceGray/Filter/FlateDecode", &packed(&grey)),
            page("/ColorSpace/DeviceRGB/Filter/FlateDecode", &packed(&rgb)),
            page(&palette, &packed(&grey)),
        ]
        .iter()
        .map(|file| hashed(file).hashed[0].picture.clone().unwrap().views[0].clone())
        .collect();
        assert!(views[0].quality > 50 && views[0].pdq().distance(&views[1].pdq()) <= 2);
        assert_eq!(views[0].pdq(), views[2].pdq());
        let fax = hashed(&page("/ColorSpace/DeviceGray/Filter/CCITTFaxDecode", b"x"));
        let fax = fax.hashed[0].picture.as_ref().unwrap();
        assert_eq!(fax.unhashed, Some(crate::files::Unhashed::NotSupported));
    }
}
