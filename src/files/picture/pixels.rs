//! Pictures whose pixels lie in a file as they are, as those of a PDF.

use super::{Picture, PictureBudget, PictureKind, Unhashed, luma::Reducer, still::weighed, views::Views};

/// How pixels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum Colours<'a> {
    Grey,
    Rgb,
    Cmyk,
    /// Numbers of colours, each of three bytes.
    Palette(&'a [[u8; 3]]),
}

/// Pixels row by row, each row beginning with a byte of its own.
#[derive(Clone, Copy, Debug)]
pub(in crate::files) struct Pixels<'a> {
    pub(in crate::files) width: u32,
    pub(in crate::files) height: u32,
    /// Of a sample: 1, 2, 4, 8 or 16.
    pub(in crate::files) bits: u8,
    pub(in crate::files) colours: Colours<'a>,
    pub(in crate::files) bytes: &'a [u8],
}

/// Hashes of what the pixels show, as far as there are any.
pub(in crate::files) fn of(pixels: &Pixels<'_>, budget: &mut PictureBudget) -> Picture {
    let mut views = Views { width: pixels.width, height: pixels.height, ..Views::default() };
    if let Err(why) = see(pixels, budget, &mut views) {
        views.left_out(why);
    }
    let Views { width, height, views, unhashed } = views;
    Picture { kind: PictureKind::Pixels, width, height, views, unhashed }
}

/// The pixels in greys as a file that every program reads (PGM); `None` where they are too many or nonsense.
pub(in crate::files) fn grey_file(pixels: &Pixels<'_>) -> Option<Vec<u8>> {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let all = width.checked_mul(height).filter(|all| (1..=MOST_GREY).contains(all))?;
    if !matches!(pixels.bits, 1 | 2 | 4 | 8 | 16) {
        return None;
    }
    let mut file = format!("P5\n{width} {height}\n255\n").into_bytes();
    let head = file.len();
    for bytes in pixels.bytes.chunks(pixels.row()).take(height) {
        file.extend((0..width).map(|x| pixels.brightness(bytes, x) as u8));
    }
    // What is cut off is white.
    file.resize(head + all, 255);
    Some(file)
}

/// A sheet of A4 at 400 dots an inch has fewer.
const MOST_GREY: usize = 20_000_000;

impl Pixels<'_> {
    fn channels(&self) -> usize {
        match self.colours {
            Colours::Grey | Colours::Palette(_) => 1,
            Colours::Rgb => 3,
            Colours::Cmyk => 4,
        }
    }

    /// Bytes of one row.
    fn row(&self) -> usize {
        (self.width as usize * self.channels() * usize::from(self.bits)).div_ceil(8)
    }

    /// Of one pixel of a row, from 0 to 255.
    fn brightness(&self, row: &[u8], x: usize) -> f32 {
        let sample = |n: usize| sample(row, x * self.channels() + n, self.bits);
        match self.colours {
            Colours::Grey => sample(0),
            Colours::Rgb => weighed(sample(0), sample(1), sample(2)),
            Colours::Cmyk => {
                let light = |ink: f32| (255.0 - ink) * (255.0 - sample(3)) / 255.0;
                weighed(light(sample(0)), light(sample(1)), light(sample(2)))
            }
            Colours::Palette(colours) => {
                let colour = colours.get(number(row, x, self.bits) as usize);
                let [red, green, blue] = colour.copied().unwrap_or_default().map(f32::from);
                weighed(red, green, blue)
            }
        }
    }
}

/// A picture in a file that is packed as we do not unpack it.
pub(in crate::files) fn not_supported(width: u32, height: u32) -> Picture {
    let unhashed = Some(Unhashed::NotSupported);
    Picture { kind: PictureKind::Other, width, height, views: Vec::new(), unhashed }
}

fn see(pixels: &Pixels<'_>, budget: &mut PictureBudget, views: &mut Views) -> Result<(), Unhashed> {
    if !matches!(pixels.bits, 1 | 2 | 4 | 8 | 16) {
        return Err(Unhashed::Malformed);
    }
    budget.take(pixels.width, pixels.height, 1)?;
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let mut reducer = Reducer::new(width, height).ok_or(Unhashed::Malformed)?;
    let mut rows = 0;
    for (y, bytes) in pixels.bytes.chunks(pixels.row()).take(height).enumerate() {
        reducer.row(y, (0..width).map(|x| pixels.brightness(bytes, x)));
        rows += 1;
    }
    if rows == 0 {
        return Err(Unhashed::Malformed);
    }
    views.see(0, reducer.finish(), budget.limits().views);
    Ok(())
}

/// The sample at this place of a row, from 0 to 255.
fn sample(row: &[u8], at: usize, bits: u8) -> f32 {
    f32::from(number(row, at, bits)) * 255.0 / ((1u32 << bits) - 1) as f32
}

fn number(row: &[u8], at: usize, bits: u8) -> u16 {
    let byte = |at: usize| row.get(at).copied().unwrap_or_default();
    match bits {
        8 => u16::from(byte(at)),
        16 => u16::from_be_bytes([byte(2 * at), byte(2 * at + 1)]),
        bits => {
            let bit = at * usize::from(bits);
            let shift = 8 - usize::from(bits) - bit % 8;
            u16::from(byte(bit / 8) >> shift) & ((1 << bits) - 1)
        }
    }
}
