//! JPEG (ITU-T T.81, JFIF, EXIF 2.32) by zune-jpeg. Only brightness is decoded where the file keeps it
//! apart from colour, as nearly all do: a third of the work and memory.

use super::{PictureBudget, Unhashed, luma::Reducer, views::Views};
use image::metadata::Orientation;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

/// Scans that a progressive picture may have: encoders make about ten. Fewer where it is large.
const MOST_SCANS: u64 = 64;
const FEWEST_SCANS: u64 = 12;
/// Pixels of all scans of one picture together.
const SCANNED_PIXELS: u64 = 1_000_000_000;

pub(super) fn read(bytes: &[u8], budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let mut header = JpegDecoder::new_with_options(ZCursor::new(bytes), options(ColorSpace::RGB, 1));
    header.decode_headers().map_err(|error| reason(&error))?;
    let (width, height) = header.dimensions().ok_or(Unhashed::Malformed)?;
    let narrow = |side: usize| u32::try_from(side).map_err(|_| Unhashed::Malformed);
    (views.width, views.height) = (narrow(width)?, narrow(height)?);
    let colours = match header.input_colorspace() {
        Some(ColorSpace::Luma | ColorSpace::YCbCr) => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    let channels = colours.num_components();
    // Blocks are up to 32 pixels wide, whatever part of them is shown.
    let (wide, high) = (views.width.next_multiple_of(32), views.height.next_multiple_of(32));
    budget.take(wide, high, channels as u64 + coefficients(bytes))?;

    let scans = SCANNED_PIXELS / (u64::from(wide) * u64::from(high)).max(1);
    let options = options(colours, scans.clamp(FEWEST_SCANS, MOST_SCANS));
    let mut pixels = vec![0; width * height * channels];
    let decoded = JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode_into(&mut pixels);
    // What was decoded before a break is looked at, as viewers show it.
    if let Err(error) = decoded {
        views.left_out(reason(&error));
        if pixels.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
    }
    let mut reducer = Reducer::new(width, height).ok_or(Unhashed::Malformed)?;
    for (y, row) in pixels.chunks_exact(width * channels).enumerate() {
        reducer.row(y, row.chunks_exact(channels).map(brightness));
    }
    let exif = header.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let luma = reducer.finish().oriented(exif.unwrap_or(Orientation::NoTransforms));
    views.see(0, luma, budget.limits().views);
    Ok(())
}

fn options(colours: ColorSpace, scans: u64) -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(usize::try_from(scans).unwrap_or(1))
        .jpeg_set_out_colorspace(colours)
}

fn brightness(pixel: &[u8]) -> f32 {
    match pixel {
        [grey] => f32::from(*grey),
        [red, green, blue, ..] => super::still::weighed(f32::from(*red), f32::from(*green), f32::from(*blue)),
        _ => 0.0,
    }
}

fn reason(error: &DecodeErrors) -> Unhashed {
    match error {
        DecodeErrors::Unsupported(_) => Unhashed::NotSupported,
        DecodeErrors::LargeDimensions(_) => Unhashed::Pixels,
        _ => Unhashed::Malformed,
    }
}

/// Bytes for each pixel that the decoder keeps until the last scan: none where one scan has it all, two
/// for each component of a progressive picture and of one whose components come one after another.
fn coefficients(bytes: &[u8]) -> u64 {
    /// Four components, where the segments cannot be followed.
    const WORST: u64 = 8;
    let mut at = 2;
    let mut components = None;
    while let Some([0xff, marker]) = bytes.get(at..at + 2) {
        let segment = bytes.get(at + 4..).unwrap_or_default();
        let length = bytes.get(at + 2..at + 4).map_or(0, |be| usize::from(be[0]) << 8 | usize::from(be[1]));
        match marker {
            0xc0..=0xc1 => components = segment.get(5).copied(),
            0xc2..=0xc3 => return segment.get(5).map_or(WORST, |count| 2 * u64::from(*count)),
            0xda if components.is_some() && segment.first().copied() == components => return 1,
            0xda => return WORST,
            _ => {}
        }
        at += 2 + length;
    }
    WORST
}
