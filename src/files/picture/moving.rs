//! Kinds of pictures that may move: PNG, GIF, WebP. Every frame is looked at until a limit is reached,
//! so that a picture cannot hide behind a harmless first one.

use super::{PictureBudget, Unhashed, still, views::Views};
use image::{
    AnimationDecoder, ColorType, Frames, ImageDecoder,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use std::io::Cursor;

/// Bytes for each pixel of a canvas: the canvas, the frame, what was before it, each with four channels.
const CANVAS: u64 = 16;

pub(super) fn png(bytes: &[u8], budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let open = || PngDecoder::with_limits(Cursor::new(bytes), still::limits(budget));
    let decoder = open().map_err(|error| still::reason(&error))?;
    (views.width, views.height) = decoder.dimensions();
    let moves = decoder.is_apng().unwrap_or(false).then(open);
    // What programs show that know nothing of moving PNGs.
    still::frame(decoder, 0, budget, views)?;
    let Some(moving) = moves else { return Ok(()) };
    let moving = moving.and_then(PngDecoder::apng).map_err(|error| still::reason(&error))?;
    frames(moving.into_frames(), budget, views)
}

pub(super) fn gif(bytes: &[u8], budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|error| still::reason(&error))?;
    (views.width, views.height) = decoder.dimensions();
    budget.may(views.width, views.height, CANVAS)?;
    decoder.set_limits(still::limits(budget)).map_err(|error| still::reason(&error))?;
    frames(decoder.into_frames(), budget, views)
}

pub(super) fn webp(bytes: &[u8], budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|error| still::reason(&error))?;
    (views.width, views.height) = decoder.dimensions();
    // This decoder knows no limits of memory: its canvas is weighed before.
    budget.may(views.width, views.height, CANVAS)?;
    if decoder.has_animation() {
        frames(decoder.into_frames(), budget, views)
    } else {
        still::frame(decoder, 0, budget, views)
    }
}

fn frames(frames: Frames<'_>, budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    let (width, height) = (views.width, views.height);
    let mut frames = frames.enumerate();
    // Asked for before the frame is decoded, which costs the whole canvas however small the frame.
    for _ in 0..=budget.limits().frames {
        budget.take(width, height, CANVAS)?;
        let Some((number, frame)) = frames.next() else { return Ok(()) };
        if number >= budget.limits().frames {
            break;
        }
        let canvas = frame.map_err(|error| still::reason(&error))?.into_buffer();
        let upright = Orientation::NoTransforms;
        still::look(canvas.as_raw(), canvas.dimensions(), ColorType::Rgba8, upright, number, budget, views)?;
    }
    Err(Unhashed::Frames)
}
