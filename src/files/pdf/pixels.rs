//! Pictures of a PDF that are no files: their pixels by colour space (ISO 32000-2, sections 8.6 and 8.9), for
//! their hashes, and as files for whoever reads the words on them.

use super::{
    crypt::Kind,
    document::{Decoded, Document},
    object::{Dictionary, Object},
};
use crate::files::Reason;
use crate::files::picture::pixels::{Colours, Pixels, grey_file, not_supported, of};

/// Colour spaces that name another one.
const DEEPEST: usize = 4;

enum Space {
    Grey,
    Rgb,
    Cmyk,
    Palette(Vec<[u8; 3]>),
}

/// Remembers what a picture shows whose filters, as far as we know them, were undone; each object once.
pub(super) fn remember(
    document: &mut Document<'_, '_>,
    (own, key): (&Dictionary, usize),
    decoded: &Decoded,
    place: &str,
) {
    let is_wanted = document.budget.hashes() || document.budget.takes_pictures();
    if !is_wanted || !document.pictures.insert(key) {
        return;
    }
    let size = |document: &mut Document<'_, '_>, long, short| {
        let value = document.get(own, long).or_else(|| document.get(own, short))?;
        u32::try_from(value.integer()?).ok()
    };
    let (Some(width), Some(height)) = (size(document, "Width", "W"), size(document, "Height", "H")) else {
        return;
    };
    if matches!(document.get(own, "ImageMask"), Some(Object::Boolean(true))) {
        if document.budget.takes_pictures() && has_room(width, height) {
            document.budget.missed(place, "picture", Reason::Picture);
        }
        return;
    }
    let bits = size(document, "BitsPerComponent", "BPC").and_then(|bits| u8::try_from(bits).ok());
    let named = document.get(own, "ColorSpace").or_else(|| document.get(own, "CS"));
    let space = named.and_then(|named| space(document, &named, 0));
    let (Some(space), None) = (space, &decoded.left) else {
        // A fax, or a colour of one ink.
        if matches!(decoded.left.as_deref(), Some(b"CCITTFaxDecode" | b"CCF")) && has_room(width, height) {
            let file = fax(document, own, (width, height), &decoded.bytes);
            document.budget.take_picture(place, &file);
        } else if document.budget.takes_pictures() && has_room(width, height) {
            document.budget.missed(place, "picture", Reason::Picture);
        }
        return document.budget.hash_shown(place, |_| Some(not_supported(width, height)));
    };
    let colours = match &space {
        Space::Grey => Colours::Grey,
        Space::Rgb => Colours::Rgb,
        Space::Cmyk => Colours::Cmyk,
        Space::Palette(colours) => Colours::Palette(colours),
    };
    let pixels = Pixels { width, height, bits: bits.unwrap_or(8), colours, bytes: &decoded.bytes };
    if document.budget.takes_pictures()
        && has_room(width, height)
        && let Some(file) = grey_file(&pixels)
    {
        document.budget.take_picture(place, &file);
    }
    document.budget.hash_shown(place, |pictures| Some(of(&pixels, pictures)));
}

/// For a line of print.
fn has_room(width: u32, height: u32) -> bool {
    width > 100 && height > 40
}

/// A fax as a TIFF of one strip (TIFF 6.0, sections 2 and 11; ISO 32000-2, table 11).
fn fax(
    document: &mut Document<'_, '_>,
    own: &Dictionary,
    (width, height): (u32, u32),
    bytes: &[u8],
) -> Vec<u8> {
    let parameters = document.get(own, "DecodeParms").or_else(|| document.get(own, "DP"));
    let parameters = parameters.and_then(|parameters| {
        let last = parameters.array().last().cloned().unwrap_or(parameters);
        document.resolve(&last)?.dictionary().cloned()
    });
    let parameters = parameters.unwrap_or_default();
    let k = document.get(&parameters, "K").and_then(|k| k.integer()).unwrap_or(0);
    let columns = document.get(&parameters, "Columns").and_then(|columns| columns.integer()).unwrap_or(1728);
    let width = u32::try_from(columns).unwrap_or(width);
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let (compression, options) = if k < 0 { (4, 0) } else { (3, u32::from(k > 0)) };
    // White is 0; the strip follows the directory of ten entries.
    let entries: [(u16, u32); 10] = [
        (256, width),
        (257, height),
        (258, 1),
        (259, compression),
        (262, 0),
        (273, 8 + 2 + 10 * 12 + 4),
        (277, 1),
        (278, height),
        (279, length),
        (292 + u16::from(k < 0), options),
    ];
    let mut file = b"II*\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, value) in entries {
        // One number of four bytes.
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend_from_slice(bytes);
    file
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
