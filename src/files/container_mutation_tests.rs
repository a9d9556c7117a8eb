//! Every fixture, bent some hundreds of times: nothing panics, and all ends within the budget.

use super::{
    Budget, FileLimits,
    fixture_tests::{Fixture, fixtures},
    open,
};
use std::path::Path;

/// A small generator (xorshift64*), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides.max(1)
    }
}

fn bent(original: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len());
        let to = (at + dice.roll(64)).min(bytes.len());
        match dice.roll(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let from = dice.roll(other.len());
                bytes.splice(at..to, other[from..(from + 64).min(other.len())].iter().copied());
            }
            // Sizes and counts at their ends.
            3 => bytes[at..to].iter_mut().take(8).for_each(|byte| *byte = 0xff),
            4 => bytes[at..to].iter_mut().take(8).for_each(|byte| *byte = 0),
            _ => bytes[at..to].iter_mut().take(3).for_each(|byte| *byte ^= 1 << dice.roll(8)),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    bytes
}

#[test]
fn no_fixture_however_bent_ends_badly() {
    let limits = FileLimits {
        unpacked_bytes: 4 << 20,
        text_bytes: 1 << 20,
        steps: 200_000,
        members: 500,
        ..FileLimits::default()
    };
    let rounds = std::env::var("MUTATIONS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/containers");
    let files = fixtures(&folder);
    assert!(files.len() > 30);
    let mut dice = Dice(0x6761_7465);
    for Fixture { name, bytes: original, .. } in &files {
        for _ in 0..rounds {
            let other = &files[dice.roll(files.len())].bytes;
            let bytes = bent(original, other, &mut dice);
            let mut budget = Budget::new(limits);
            open(Some(name), None, &bytes, &mut budget);
            let read = budget.finish();
            let text: usize = read.pieces.iter().map(|piece| piece.text.len()).sum();
            assert!(text <= limits.text_bytes, "{name}");
            let in_text = |piece: &super::Piece| {
                piece.anchors.iter().all(|anchor| (anchor.at as usize) < piece.text.len())
            };
            assert!(read.pieces.iter().all(in_text), "{name}");
        }
    }
}
