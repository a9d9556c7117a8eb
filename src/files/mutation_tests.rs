//! Every fixture changed at random some hundreds of times: no panic, an end within the budget.

use super::{Budget, FileLimits, fixture_tests::fixtures, open};
use std::path::Path;

/// A small generator (xorshift), so that a failure can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// Flips, cuts, splices, repeats; numbers become extreme.
    fn change(&mut self, source: &[u8]) -> Vec<u8> {
        let mut out = source.to_vec();
        if out.is_empty() {
            out.push(0);
        }
        for _ in 0..=self.below(12) {
            let (at, to) = (self.below(out.len()), self.below(out.len()));
            match self.below(8) {
                0 => out.truncate(at.max(1)),
                1 => {
                    let length = self.below(64).min(out.len() - at);
                    let piece = out[at..at + length].to_vec();
                    out.splice(to..to, piece);
                }
                2 => drop(out.drain(at..(at + self.below(64)).min(out.len()))),
                3 => out.iter_mut().skip(at).take(4).for_each(|b| *b = 0xff),
                4 => out.iter_mut().skip(at).take(4).for_each(|b| *b = 0),
                5 => out.iter_mut().skip(at).filter(|b| b.is_ascii_digit()).take(3).for_each(|b| *b = b'9'),
                _ => out[at] ^= 1 << self.below(8),
            }
            if out.is_empty() {
                out.push(0);
            }
        }
        out
    }
}

/// The packed parts of a zip changed, not only the packing: parts are stored anew.
fn unpacked(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let package = super::package::Package::open(zip);
    let mut budget = Budget::new(FileLimits::default());
    let names: Vec<String> = package.names().map(str::to_owned).collect();
    names.into_iter().filter_map(|name| Some((name.clone(), package.read(&name, &mut budget)?))).collect()
}

fn tried(bytes: &[u8]) {
    let limits =
        FileLimits { steps: 400_000, unpacked_bytes: 16 << 20, text_bytes: 1 << 20, ..FileLimits::default() };
    let start = std::time::Instant::now();
    let mut budget = Budget::new(limits);
    open(None, None, bytes, &mut budget);
    let opened = budget.finish();
    let text: usize = opened.pieces.iter().map(|piece| piece.text.len()).sum();
    assert!(text <= 1 << 20);
    assert!(start.elapsed().as_secs() < 20, "{} bytes took {:?}", bytes.len(), start.elapsed());
}

#[test]
fn changed_fixtures_end_without_a_panic() {
    let times: usize = std::env::var("MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(80);
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let own =
        ["documents", "formats"].map(|kind| format!("{}/tests/files/{kind}", env!("CARGO_MANIFEST_DIR")));
    let folders = std::env::var("FIXTURES").map_or_else(|_| own.to_vec(), |folder| vec![folder]);
    for fixture in folders.iter().flat_map(|folder| fixtures(Path::new(folder))) {
        let source = fixture.bytes;
        for _ in 0..times {
            tried(&chance.change(&source));
        }
        if source.starts_with(b"PK") {
            let parts = unpacked(&source);
            // Each part in its turn.
            for which in (0..parts.len()).cycle().take(times) {
                let changed: Vec<(&str, Vec<u8>)> = parts
                    .iter()
                    .enumerate()
                    .map(|(i, (name, bytes))| {
                        (name.as_str(), if i == which { chance.change(bytes) } else { bytes.clone() })
                    })
                    .collect();
                tried(&super::package::tests::zip(&changed));
            }
        }
    }
}
