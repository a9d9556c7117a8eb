//! How much work pictures may cost. Every decoder asks before it takes.

use super::Unhashed;
use serde::{Deserialize, Serialize};

/// The limits of a school's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureLimits {
    /// Pixels of one picture, or of the canvas of a moving one.
    pub pixels: u64,
    /// Bytes that decoding one picture may take at once, as estimated from its header.
    pub memory: u64,
    /// Pixels of all pictures of one attachment together, every frame counted.
    pub all_pixels: u64,
    /// Frames or pages of one picture that are decoded.
    pub frames: usize,
    /// Different views that are kept of one picture.
    pub views: usize,
}

impl Default for PictureLimits {
    fn default() -> Self {
        Self { pixels: 64_000_000, memory: 256_000_000, all_pixels: 128_000_000, frames: 200, views: 16 }
    }
}

/// What is left of the limits, across all pictures of one attachment.
#[derive(Clone, Debug)]
pub struct PictureBudget {
    limits: PictureLimits,
    left: u64,
}

impl PictureBudget {
    pub fn new(limits: PictureLimits) -> Self {
        Self { limits, left: limits.all_pixels }
    }

    pub fn limits(&self) -> &PictureLimits {
        &self.limits
    }

    /// Asks for one picture, frame or page of this size, at `per_pixel` bytes of memory.
    pub(super) fn take(&mut self, width: u32, height: u32, per_pixel: u64) -> Result<(), Unhashed> {
        let pixels = self.may(width, height, per_pixel)?;
        self.left = self.left.checked_sub(pixels).ok_or(Unhashed::AllPixels)?;
        Ok(())
    }

    /// Pixels of this size, where they are within the limits of one picture.
    pub(super) fn may(&self, width: u32, height: u32, per_pixel: u64) -> Result<u64, Unhashed> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.limits.pixels {
            return Err(Unhashed::Pixels);
        }
        if pixels.saturating_mul(per_pixel) > self.limits.memory {
            return Err(Unhashed::Memory);
        }
        Ok(pixels)
    }
}
