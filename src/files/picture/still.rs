//! Pictures that stand still, by the decoders of the crate `image`: bitmaps, pages of TIFF, and one
//! frame of the kinds that may move.

use super::{
    PictureBudget, Unhashed,
    luma::{Luma, Reducer},
    views::Views,
};
use image::{
    ColorType, ImageDecoder, ImageError, Limits,
    codecs::{bmp::BmpDecoder, tiff::TiffDecoder},
    metadata::Orientation,
};
use std::io::Cursor;

pub(super) fn bmp(bytes: &[u8], budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(|error| reason(&error))?;
    (views.width, views.height) = decoder.dimensions();
    frame(decoder, 0, budget, views)
}

/// Every page of a TIFF (TIFF 6.0, section 2): our decoder reads the page to which the header points,
/// so the header of a copy is made to point to one after another.
pub(super) fn tiff(bytes: &[u8], budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let big = bytes.starts_with(b"MM");
    let mut copy = bytes.to_vec();
    let mut next = word(bytes, 4, big).ok_or(Unhashed::Malformed)?;
    let mut pages = Vec::new();
    while next != 0 && !pages.contains(&next) {
        if pages.len() >= budget.limits().frames {
            return Err(Unhashed::Frames);
        }
        let offset = if big { next.to_be_bytes() } else { next.to_le_bytes() };
        copy.get_mut(4..8).ok_or(Unhashed::Malformed)?.copy_from_slice(&offset);
        if let Err(why) = page(&copy, pages.len(), budget, views) {
            views.left_out(why);
        }
        pages.push(next);
        next = after(bytes, next, big).unwrap_or(0);
    }
    Ok(())
}

fn page(bytes: &[u8], number: usize, budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let decoder = TiffDecoder::new(Cursor::new(bytes)).map_err(|error| reason(&error))?;
    if number == 0 {
        (views.width, views.height) = decoder.dimensions();
    }
    frame(decoder, number, budget, views)
}

/// Where the directory after the one at `at` stands.
fn after(bytes: &[u8], at: u32, big: bool) -> Option<u32> {
    let at = usize::try_from(at).ok()?;
    let count: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    let count = if big { u16::from_be_bytes(count) } else { u16::from_le_bytes(count) };
    word(bytes, at.checked_add(2 + 12 * usize::from(count))?, big)
}

fn word(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let word: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
}

/// Decodes one frame and looks at it. The decoder gives its pixels and may take as much again.
pub(super) fn frame(
    mut decoder: impl ImageDecoder,
    number: usize,
    budget: &mut PictureBudget,
    views: &mut Views,
) -> Result<(), Unhashed> {
    let (width, height) = decoder.dimensions();
    let colours = decoder.color_type();
    budget.take(width, height, 2 * u64::from(colours.bytes_per_pixel()) + 2)?;
    decoder.set_limits(limits(budget)).map_err(|error| reason(&error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let bytes = usize::try_from(decoder.total_bytes()).map_err(|_| Unhashed::Memory)?;
    let mut pixels = vec![0; bytes];
    // What was decoded before a break is looked at, as viewers show it.
    if let Err(error) = decoder.read_image(&mut pixels) {
        views.left_out(reason(&error));
        if pixels.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
    }
    look(&pixels, (width, height), colours, orientation, number, budget, views)
}

pub(super) fn limits(budget: &PictureBudget) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(budget.limits().memory);
    limits
}

/// Hashes decoded pixels; transparent ones twice, on white paper and as if nothing were transparent.
pub(super) fn look(
    pixels: &[u8],
    size: (u32, u32),
    colours: ColorType,
    orientation: Orientation,
    number: usize,
    budget: &PictureBudget,
    views: &mut Views,
) -> Result<(), Unhashed> {
    let most = budget.limits().views;
    let (shown, hidden) = lumas(pixels, size, colours).ok_or(Unhashed::Malformed)?;
    views.see(number, shown.oriented(orientation), most);
    if let Some(hidden) = hidden {
        views.see(number, hidden.oriented(orientation), most);
    }
    Ok(())
}

/// Brightness on white, and without regard to transparency where there is any.
fn lumas(pixels: &[u8], (width, height): (u32, u32), colours: ColorType) -> Option<(Luma, Option<Luma>)> {
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let size = usize::from(colours.bytes_per_pixel());
    let row = width.checked_mul(size).filter(|row| *row > 0)?;
    let mut shown = Reducer::new(width, height)?;
    let mut hidden = if colours.has_alpha() { Some(Reducer::new(width, height)?) } else { None };
    let mut clear = false;
    let mut line = Vec::with_capacity(width);
    for (y, bytes) in pixels.chunks_exact(row).enumerate() {
        line.clear();
        line.extend(bytes.chunks_exact(size).map(|bytes| Pixel::of(bytes, colours)));
        shown.row(y, line.iter().map(Pixel::on_white));
        if let Some(hidden) = &mut hidden {
            clear |= line.iter().any(|pixel| pixel.alpha < 1.0);
            hidden.row(y, line.iter().map(|pixel| pixel.brightness));
        }
    }
    Some((shown.finish(), hidden.filter(|_| clear).map(Reducer::finish)))
}

/// Brightness from 0 to 255, opacity from 0 to 1.
struct Pixel {
    brightness: f32,
    alpha: f32,
}

impl Pixel {
    fn of(bytes: &[u8], colours: ColorType) -> Self {
        let channels = usize::from(colours.channel_count()).max(1);
        let mut values = [0.0; 4];
        for (value, sample) in values.iter_mut().zip(bytes.chunks_exact(bytes.len() / channels)) {
            *value = match *sample {
                [byte] => f32::from(byte),
                [a, b] => f32::from(u16::from_ne_bytes([a, b])) / 257.0,
                [a, b, c, d] => (f32::from_ne_bytes([a, b, c, d]) * 255.0).clamp(0.0, 255.0),
                _ => 0.0,
            };
            // What is no number has no brightness.
            if value.is_nan() {
                *value = 0.0;
            }
        }
        let [a, b, c, d] = values;
        match channels {
            1 => Self { brightness: a, alpha: 1.0 },
            2 => Self { brightness: a, alpha: b / 255.0 },
            3 => Self { brightness: weighed(a, b, c), alpha: 1.0 },
            _ => Self { brightness: weighed(a, b, c), alpha: d / 255.0 },
        }
    }

    fn on_white(&self) -> f32 {
        self.brightness * self.alpha + 255.0 * (1.0 - self.alpha)
    }
}

/// Brightness of a colour (ITU-R BT.601), as PDQ takes it.
pub(super) fn weighed(red: f32, green: f32, blue: f32) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

pub(super) fn reason(error: &ImageError) -> Unhashed {
    match error {
        ImageError::Limits(_) => Unhashed::Memory,
        ImageError::Unsupported(_) => Unhashed::NotSupported,
        _ => Unhashed::Malformed,
    }
}
