//! PDQ, a hash of what a picture shows: "The TMK+PDQF Video-Hashing Algorithm and the PDQ
//! Image-Hashing Algorithm" (Facebook, 2019), written from its description.
//!
//! Brightness is smoothed by two passes of a mean (a Jarosz filter) and sampled at 64 by 64; of its
//! cosine transform the lowest 16 by 16 frequencies without the constant ones are kept, and each of
//! them gives a bit: whether it is above the median of all.

use super::luma::Luma;
use serde::{Deserialize, Serialize};
use std::{f64::consts::PI, fmt};

/// Samples of each side from which the transform is computed.
const SAMPLES: usize = 64;
/// Frequencies of each side that are kept.
const KEPT: usize = 16;
/// A picture narrower or lower than this is not hashed.
const SMALLEST: usize = 5;

type Frequencies = [[f32; KEPT]; KEPT];

/// 256 bits, most significant first, as lists of PDQ hashes write them in hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pdq(#[serde(with = "super::as_bytes")] pub [u8; 32]);

impl Pdq {
    /// How many of the 256 bits differ.
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How a picture was turned before it was hashed. Turns are against the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    AsShown,
    Quarter,
    Half,
    ThreeQuarters,
    /// Left and right exchanged.
    Mirrored,
    /// Top and bottom exchanged.
    UpsideDown,
    /// Rows and columns exchanged.
    Transposed,
    /// Exchanged along the other diagonal.
    CounterTransposed,
}

impl Turn {
    pub const ALL: [Self; 8] = [
        Self::AsShown,
        Self::Quarter,
        Self::Half,
        Self::ThreeQuarters,
        Self::Mirrored,
        Self::UpsideDown,
        Self::Transposed,
        Self::CounterTransposed,
    ];

    /// Whether left and right, then top and bottom, then rows and columns are exchanged.
    fn steps(self) -> (Mirrored, Mirrored, Exchanged) {
        use {Exchanged as E, Mirrored as M};
        match self {
            Self::AsShown => (M::No, M::No, E::No),
            Self::Quarter => (M::Yes, M::No, E::Yes),
            Self::Half => (M::Yes, M::Yes, E::No),
            Self::ThreeQuarters => (M::No, M::Yes, E::Yes),
            Self::Mirrored => (M::Yes, M::No, E::No),
            Self::UpsideDown => (M::No, M::Yes, E::No),
            Self::Transposed => (M::No, M::No, E::Yes),
            Self::CounterTransposed => (M::Yes, M::Yes, E::Yes),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mirrored {
    No,
    Yes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Exchanged {
    No,
    Yes,
}

/// The hashes of one view and how much they are worth.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) quality: u8,
    pub(super) turns: [Pdq; 8],
}

/// `None` for a picture smaller than [`SMALLEST`].
///
/// The samples themselves are turned. The paper gets the other seven hashes from the signs of the first
/// one's frequencies, but its filter and its sampling are not symmetric, so that those lie up to 40 bits
/// from what a list holds; these are exact.
pub(super) fn hash(luma: &Luma) -> Option<Seen> {
    if luma.width < SMALLEST || luma.height < SMALLEST {
        return None;
    }
    let plain = narrowed(luma, Mirrored::No);
    let mirrored = narrowed(luma, Mirrored::Yes);
    let samples = sampled(&plain, Mirrored::No);
    let frequencies = [
        (Mirrored::No, Mirrored::No, transformed(&samples)),
        (Mirrored::Yes, Mirrored::No, transformed(&sampled(&mirrored, Mirrored::No))),
        (Mirrored::No, Mirrored::Yes, transformed(&sampled(&plain, Mirrored::Yes))),
        (Mirrored::Yes, Mirrored::Yes, transformed(&sampled(&mirrored, Mirrored::Yes))),
    ];
    let turns = Turn::ALL.map(|turn| {
        let (across, down, exchanged) = turn.steps();
        let found = frequencies.iter().find(|(a, d, _)| (*a, *d) == (across, down));
        let of = found.map_or([[0.0; KEPT]; KEPT], |(_, _, frequencies)| *frequencies);
        bits(&if exchanged == Exchanged::Yes { transposed(&of) } else { of })
    });
    Some(Seen { quality: quality(&samples), turns })
}

/// Every row at 64 samples.
fn narrowed(luma: &Luma, mirrored: Mirrored) -> Vec<[f32; SAMPLES]> {
    let mut line = Line::default();
    luma.samples.chunks_exact(luma.width).map(|row| line.sampled(row.iter().copied(), mirrored)).collect()
}

/// 64 rows of those. Rows and columns do not touch each other, so that their order does not matter and
/// the columns cost little.
fn sampled(rows: &[[f32; SAMPLES]], mirrored: Mirrored) -> [[f32; SAMPLES]; SAMPLES] {
    let mut line = Line::default();
    let columns: [[f32; SAMPLES]; SAMPLES] =
        std::array::from_fn(|column| line.sampled(rows.iter().map(|row| row[column]), mirrored));
    std::array::from_fn(|row| std::array::from_fn(|column| columns[column][row]))
}

/// One row or column on its way to 64 samples.
#[derive(Default)]
struct Line {
    samples: Vec<f32>,
    means: Vec<f32>,
}

impl Line {
    fn sampled(&mut self, samples: impl Iterator<Item = f32>, mirrored: Mirrored) -> [f32; SAMPLES] {
        self.samples.clear();
        self.samples.extend(samples);
        if mirrored == Mirrored::Yes {
            self.samples.reverse();
        }
        let length = self.samples.len();
        // Two passes of a mean weigh like a tent.
        for _ in 0..2 {
            self.mean(length.div_ceil(2 * SAMPLES));
        }
        // The sample in the middle of each of 64 fields.
        std::array::from_fn(|field| {
            self.samples.get((2 * field + 1) * length / (2 * SAMPLES)).copied().unwrap_or_default()
        })
    }

    /// Replaces each sample by the mean of `window` around it (one more behind it than before it when
    /// even), or of as many as there are at the ends.
    fn mean(&mut self, window: usize) {
        if window < 2 {
            return;
        }
        let ahead = window / 2;
        let line = &self.samples;
        let mut sum: f32 = line.iter().take(ahead).sum();
        let mut within = ahead.min(line.len());
        self.means.clear();
        for at in 0..line.len() {
            if let Some(entering) = line.get(at + ahead) {
                sum += entering;
                within += 1;
            }
            if let Some(leaving) = (at + ahead).checked_sub(window).and_then(|leaving| line.get(leaving)) {
                sum -= leaving;
                within -= 1;
            }
            self.means.push(sum / within.max(1) as f32);
        }
        std::mem::swap(&mut self.samples, &mut self.means);
    }
}

/// The sum of steps between neighbours, in whole hundredths of full brightness, so that noise counts nothing.
fn quality(samples: &[[f32; SAMPLES]; SAMPLES]) -> u8 {
    let step = |a: f32, b: f32| ((a - b) * 100.0 / 255.0).abs() as u32;
    let down = samples.iter().zip(samples.iter().skip(1));
    let down: u32 = down.flat_map(|(row, next)| row.iter().zip(next)).map(|(a, b)| step(*a, *b)).sum();
    let across = samples.iter().flat_map(|row| row.iter().zip(row.iter().skip(1)));
    let across: u32 = across.map(|(a, b)| step(*a, *b)).sum();
    u8::try_from((down + across) / 90).unwrap_or(100).min(100)
}

/// The cosine transform (DCT-II) at frequencies 1 to 16 of both directions.
fn transformed(samples: &[[f32; SAMPLES]; SAMPLES]) -> Frequencies {
    let waves = waves();
    let across: [[f32; KEPT]; SAMPLES] =
        samples.map(|row| std::array::from_fn(|k| dot(&waves[k], row.iter())));
    std::array::from_fn(|row| {
        std::array::from_fn(|column| dot(&waves[row], across.iter().map(|line| &line[column])))
    })
}

fn transposed(frequencies: &Frequencies) -> Frequencies {
    std::array::from_fn(|row| std::array::from_fn(|column| frequencies[column][row]))
}

fn dot<'a>(wave: &[f32; SAMPLES], samples: impl Iterator<Item = &'a f32>) -> f32 {
    wave.iter().zip(samples).map(|(a, b)| a * b).sum()
}

fn waves() -> [[f32; SAMPLES]; KEPT] {
    let scale = (2.0 / SAMPLES as f64).sqrt();
    std::array::from_fn(|k| {
        std::array::from_fn(|n| {
            let angle = PI / (2 * SAMPLES) as f64 * ((k + 1) * (2 * n + 1)) as f64;
            (scale * angle.cos()) as f32
        })
    })
}

/// One bit for each frequency above the median (the lower of the two in the middle); the first
/// frequency is the last bit.
fn bits(frequencies: &Frequencies) -> Pdq {
    let mut sorted = frequencies.as_flattened().to_vec();
    let middle = (sorted.len() - 1) / 2;
    let median = *sorted.select_nth_unstable_by(middle, f32::total_cmp).1;
    let mut hash = [0; 32];
    for (byte, eight) in hash.iter_mut().rev().zip(frequencies.as_flattened().chunks(8)) {
        *byte = eight.iter().rev().fold(0, |bits, value| bits << 1 | u8::from(*value > median));
    }
    Pdq(hash)
}
