//! Brightness of a picture, from which PDQ is computed: as large as it is up to 1,024 on its longer side, and at
//! other sizes.
//!
//! Hashes depend a little on the size at which they are computed, so that a list's depend on the program
//! that made them: some take every picture as it is, Facebook's own brings large ones to 512 by 512 first. And
//! what has fine lines, a page of text, differs from its own enlargement.

use image::metadata::Orientation;

/// The longest side; more adds cost and changes the hash by a bit or two.
const SIDE: usize = 1024;
/// Both sides of the second size.
const SQUARE: usize = 512;
/// The longer side of the others, each a fifth larger than the one before: a list does not say at which size its hashes
/// were computed, and whichever it was, one of these is near it.
const LONGER: [usize; 5] = [400, 480, 576, 690, 830];
/// At how many sizes a picture is hashed besides its own.
pub const OTHER_SIZES: usize = 1 + LONGER.len();

#[derive(Debug)]
pub(super) struct Luma {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 0 to 255, row by row; `width * height` of them.
    pub(super) samples: Vec<f32>,
}

/// Takes a picture row by row and keeps the mean of what falls into each sample, parts of pixels included.
#[derive(Debug)]
pub(super) struct Reducer {
    across: Vec<Share>,
    down: Vec<Share>,
    width: usize,
    height: usize,
    /// One row of the picture, brought to its width.
    line: Vec<f32>,
    samples: Vec<f32>,
}

/// Which part of a pixel falls into which sample; the rest falls into the next one.
#[derive(Clone, Copy, Debug)]
struct Share {
    sample: usize,
    here: f32,
    next: f32,
}

/// The shares of `pixels` in at most as many `samples`; those of one sample add up to 1.
fn shares(pixels: usize, samples: usize) -> Vec<Share> {
    let share = |pixel: usize| {
        // In units in which a pixel is `samples` long and a sample `pixels`.
        let (start, end) = (pixel * samples, (pixel + 1) * samples);
        let sample = start / pixels;
        let here = end.min((sample + 1) * pixels) - start;
        let part = |units: usize| units as f32 / pixels as f32;
        Share { sample, here: part(here), next: part(samples - here) }
    };
    (0..pixels).map(share).collect()
}

impl Reducer {
    /// For a picture of this size in pixels; `None` for one without pixels.
    pub(super) fn new(width: usize, height: usize) -> Option<Self> {
        // By a whole number where it can be, and each side by the same: what was enlarged comes back as it was.
        let by = width.max(height).div_ceil(SIDE).max(1);
        Self::to((width.div_ceil(by), height.div_ceil(by)), width, height)
    }

    /// To at most this many samples of each side.
    fn to(most: (usize, usize), width: usize, height: usize) -> Option<Self> {
        if width == 0 || height == 0 {
            return None;
        }
        let (wide, high) = (width.min(most.0), height.min(most.1));
        Some(Self {
            across: shares(width, wide),
            down: shares(height, high),
            width: wide,
            height: high,
            line: vec![0.0; wide],
            samples: vec![0.0; wide * high],
        })
    }

    /// Adds row `y` of the picture, left to right.
    pub(super) fn row(&mut self, y: usize, pixels: impl Iterator<Item = f32>) {
        let Some(down) = self.down.get(y) else { return };
        self.line.fill(0.0);
        for (pixel, share) in pixels.zip(&self.across) {
            if let Some(sample) = self.line.get_mut(share.sample) {
                *sample += pixel * share.here;
            }
            if let Some(sample) = self.line.get_mut(share.sample + 1).filter(|_| share.next > 0.0) {
                *sample += pixel * share.next;
            }
        }
        for (row, part) in [(down.sample, down.here), (down.sample + 1, down.next)] {
            let row = self.samples.chunks_exact_mut(self.width).nth(row).filter(|_| part > 0.0);
            for (sample, pixel) in row.unwrap_or_default().iter_mut().zip(&self.line) {
                *sample += pixel * part;
            }
        }
    }

    pub(super) fn finish(self) -> Luma {
        Luma { width: self.width, height: self.height, samples: self.samples }
    }
}

impl Luma {
    /// The same at the other sizes at which its hash is computed.
    pub(super) fn at_other_sizes(&self) -> impl Iterator<Item = Self> {
        let longer = self.width.max(self.height).max(1);
        let to = move |side: usize, most: usize| (side * most).div_ceil(longer);
        let by_longer = LONGER.map(|most| (to(self.width, most), to(self.height, most)));
        std::iter::once((SQUARE, SQUARE))
            .chain(by_longer)
            .filter(|size| *size != (self.width, self.height))
            .filter_map(|size| self.resized(size))
    }

    /// Reduced by means, enlarged along straight lines.
    fn resized(&self, (width, height): (usize, usize)) -> Option<Self> {
        let mut reducer = Reducer::to((width, height), self.width, self.height)?;
        for (y, row) in self.samples.chunks_exact(self.width).enumerate() {
            reducer.row(y, row.iter().copied());
        }
        Some(reducer.finish().enlarged(width, height))
    }

    fn enlarged(self, width: usize, height: usize) -> Self {
        if (self.width, self.height) == (width, height) {
            return self;
        }
        let (across, down) = (between(self.width, width), between(self.height, height));
        let sample = |x: usize, y: usize| self.samples.get(y * self.width + x).copied().unwrap_or_default();
        let mut samples = Vec::with_capacity(width * height);
        for (top, bottom, low) in &down {
            samples.extend(across.iter().map(|(left, right, far)| {
                let line = |y: usize| sample(*left, y) * (1.0 - far) + sample(*right, y) * far;
                line(*top) * (1.0 - low) + line(*bottom) * low
            }));
        }
        Self { width, height, samples }
    }

    /// As EXIF says that it is to be shown (EXIF 2.32, tag 0x0112).
    pub(super) fn oriented(self, orientation: Orientation) -> Self {
        use Orientation as O;
        let (w, h) = (self.width, self.height);
        match orientation {
            O::NoTransforms => self,
            O::FlipHorizontal => self.drawn(w, h, |x, y| (w - 1 - x, y)),
            O::Rotate180 => self.drawn(w, h, |x, y| (w - 1 - x, h - 1 - y)),
            O::FlipVertical => self.drawn(w, h, |x, y| (x, h - 1 - y)),
            O::Rotate90FlipH => self.drawn(h, w, |x, y| (y, x)),
            O::Rotate90 => self.drawn(h, w, |x, y| (y, h - 1 - x)),
            O::Rotate270FlipH => self.drawn(h, w, |x, y| (w - 1 - y, h - 1 - x)),
            O::Rotate270 => self.drawn(h, w, |x, y| (w - 1 - y, x)),
        }
    }

    /// A picture of this size, whose every sample stands here at `from(x, y)`.
    fn drawn(&self, width: usize, height: usize, from: impl Fn(usize, usize) -> (usize, usize)) -> Self {
        let place = |y: usize, x: usize| {
            let (x, y) = from(x, y);
            self.samples.get(y * self.width + x).copied().unwrap_or_default()
        };
        let samples =
            (0..height).flat_map(|y| (0..width).map(move |x| (y, x))).map(|(y, x)| place(y, x)).collect();
        Self { width, height, samples }
    }
}

/// For each of `samples` the two of `side` between whose middles its own lies, and how far from the first.
fn between(side: usize, samples: usize) -> Vec<(usize, usize, f32)> {
    let last = side.saturating_sub(1);
    let place = |at: usize| ((at as f32 + 0.5) * side as f32 / samples as f32 - 0.5).clamp(0.0, last as f32);
    (0..samples)
        .map(place)
        .map(|place| (place as usize, (place as usize + 1).min(last), place.fract()))
        .collect()
}
