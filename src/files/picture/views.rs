//! The views of a picture: each different thing that it shows.

use super::{
    Unhashed,
    luma::Luma,
    pdq::{self, Pdq, Seen, Turn},
};
use serde::{Deserialize, Serialize};

/// Views closer than this many of 256 bits are one: frames of a film hardly differ.
const SAME: u32 = 8;

/// One thing that a picture shows: its only frame, a frame, a page, or what transparency covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Frame or page, from 0.
    pub frame: u32,
    /// 0 to 100: how much there is to tell this view from others. Below 50 it is nearly flat.
    pub quality: u8,
    /// Its hashes as shown and in every turn, in the order of [`Turn::ALL`].
    pub turns: [Pdq; 8],
    /// The same computed at other sizes: 512 by 512, and 400 to 830 on the longer side.
    pub resized: Vec<[Pdq; 8]>,
}

impl View {
    /// The hash of the picture as it is shown.
    pub fn pdq(&self) -> Pdq {
        self.turns[0]
    }

    /// All hashes by which it may be known.
    pub fn turned(&self) -> impl Iterator<Item = (Turn, Pdq)> {
        let sizes = std::iter::once(&self.turns).chain(&self.resized);
        sizes.flat_map(|turns| Turn::ALL.into_iter().zip(turns.iter().copied()))
    }
}

/// What decoding gave so far.
#[derive(Debug, Default)]
pub(super) struct Views {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) views: Vec<View>,
    pub(super) unhashed: Option<Unhashed>,
}

impl Views {
    /// The first reason stays.
    pub(super) fn left_out(&mut self, why: Unhashed) {
        self.unhashed.get_or_insert(why);
    }

    /// Hashes what a frame shows, where that is new; at most `most` are kept.
    pub(super) fn see(&mut self, frame: usize, luma: Luma, most: usize) {
        let Some(seen) = pdq::hash(&luma) else { return self.left_out(Unhashed::TooSmall) };
        let known = |view: &View| view.pdq().distance(&seen.turns[0]) <= SAME;
        if !self.views.is_empty() && self.views.iter().any(known) {
            return;
        }
        if self.views.len() >= most {
            return self.left_out(Unhashed::Frames);
        }
        let frame = u32::try_from(frame).unwrap_or(u32::MAX);
        let resized: Vec<Seen> = luma.at_other_sizes().filter_map(|luma| pdq::hash(&luma)).collect();
        let quality = resized.iter().map(|other| other.quality).fold(seen.quality, u8::max);
        let resized = resized.into_iter().map(|other| other.turns).collect();
        self.views.push(View { frame, quality, turns: seen.turns, resized });
    }
}
