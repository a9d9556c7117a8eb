//! Pictures of a PDF that are no files: their pixels by colour space (ISO 32000-2, sections 8.6 and 8.9), for
//! their hashes alone.

use super::{
    crypt::Kind,
    document::{Decoded, Document},
    object::{Object, Stream},
};
use crate::files::picture::pixels::{Colours, Pixels, not_supported, of};

/// Colour spaces that name another one.
const DEEPEST: usize = 4;

enum Space {
    Grey,
    Rgb,
    Cmyk,
    Palette(Vec<[u8; 3]>),
}

/// Remembers what a picture shows whose filters, as far as we know them, were undone; each object once.
pub(super) fn remember(document: &mut Document<'_, '_>, stream: &Stream, decoded: &Decoded, place: &str) {
    if !document.budget.hashes() || !document.pictures.insert(stream.start) {
        return;
    }
    let own = &stream.dictionary;
    let size = |document: &mut Document<'_, '_>, long, short| {
        let value = document.get(own, long).or_else(|| document.get(own, short))?;
        u32::try_from(value.integer()?).ok()
    };
    let (Some(width), Some(height)) = (size(document, "Width", "W"), size(document, "Height", "H")) else {
        return;
    };
    if matches!(document.get(own, "ImageMask"), Some(Object::Boolean(true))) {
        return;
    }
    let bits = size(document, "BitsPerComponent", "BPC").and_then(|bits| u8::try_from(bits).ok());
    let named = document.get(own, "ColorSpace").or_else(|| document.get(own, "CS"));
    let space = named.and_then(|named| space(document, &named, 0));
    let (Some(space), None) = (space, &decoded.left) else {
        // A fax, or a colour of one ink.
        return document.budget.hash_shown(place, |_| Some(not_supported(width, height)));
    };
    let colours = match &space {
        Space::Grey => Colours::Grey,
        Space::Rgb => Colours::Rgb,
        Space::Cmyk => Colours::Cmyk,
        Space::Palette(colours) => Colours::Palette(colours),
    };
    let pixels = Pixels { width, height, bits: bits.unwrap_or(8), colours, bytes: &decoded.bytes };
    document.budget.hash_shown(place, |pictures| Some(of(&pixels, pictures)));
}

fn space(document: &mut Document<'_, '_>, named: &Object, depth: usize) -> Option<Space> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(name) = named.name() {
        return match name {
            b"DeviceGray" | b"G" | b"CalGray" => Some(Space::Grey),
            b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Space::Rgb),
            b"DeviceCMYK" | b"CMYK" => Some(Space::Cmyk),
            _ => None,
        };
    }
    let parts = named.array();
    let first = parts.first().and_then(|first| document.resolve(first))?;
    match first.name()? {
        b"ICCBased" => {
            let profile = document.resolve(parts.get(1)?)?.dictionary().cloned()?;
            match document.get(&profile, "N")?.integer()? {
                1 => Some(Space::Grey),
                3 => Some(Space::Rgb),
                4 => Some(Space::Cmyk),
                _ => None,
            }
        }
        b"Indexed" | b"I" => {
            let base = document.resolve(parts.get(1)?)?;
            let base = space(document, &base, depth + 1)?;
            let table = match document.resolve(parts.get(3)?)? {
                Object::Text(table) => table.to_vec(),
                Object::Stream(stream) => document.decode(&stream, Kind::Stream).bytes,
                _ => return None,
            };
            palette(&base, &table).map(Space::Palette)
        }
        _ => space(document, &first, depth + 1),
    }
}

fn palette(base: &Space, table: &[u8]) -> Option<Vec<[u8; 3]>> {
    let colours = |size: usize, colour: &dyn Fn(&[u8]) -> Option<[u8; 3]>| {
        table.chunks_exact(size).take(256).map(colour).collect()
    };
    match base {
        Space::Grey => colours(1, &|c| c.first().map(|grey| [*grey; 3])),
        Space::Rgb => colours(3, &|c| c.first_chunk().copied()),
        Space::Cmyk => colours(4, &|c| {
            let [cyan, magenta, yellow, black] = *c.first_chunk()?;
            let light = |ink: u8| (u16::from(255 - ink) * u16::from(255 - black) / 255) as u8;
            Some([light(cyan), light(magenta), light(yellow)])
        }),
        Space::Palette(_) => None,
    }
}
