//! Finds PDQ hashes within a few bits of one, among millions: multi-index hashing (Norouzi, Punjani,
//! Fleet, "Fast search in Hamming space with multi-index hashing", 2012).
//!
//! The 256 bits are cut into 16 slots of 16. Two hashes that differ in at most 31 bits differ in at most
//! one bit of at least one slot; so only entries with such a slot are compared: 17 values for each slot.

use crate::files::Pdq;

const SLOTS: usize = 16;
const VALUES: usize = 1 << 16;
/// Up to here comparing all is as fast, and the table of 4 MB is saved.
const FEW: usize = 8192;

type Words = [u64; 4];

/// PDQ hashes, sorted, and where in them each value of each slot is.
pub(super) struct NearIndex {
    hashes: Vec<Words>,
    slots: Vec<Slot>,
}

/// The entries by the value of one slot: those of value `v` are `entries[starts[v]..starts[v + 1]]`.
struct Slot {
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl NearIndex {
    /// Of fewer than 2^32 hashes; limits on lists see to that.
    pub(super) fn new(hashes: Vec<Pdq>) -> Self {
        let hashes: Vec<Words> = hashes.into_iter().map(words).collect();
        let slots = if hashes.len() <= FEW { 0 } else { SLOTS };
        let slots = (0..slots).map(|slot| Slot::new(&hashes, slot)).collect();
        Self { hashes, slots }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// In how many bits the nearest entry within `distance` differs.
    pub(super) fn nearest(&self, hash: &Pdq, distance: u32) -> Option<u32> {
        let hash = words(*hash);
        if self.slots.is_empty() { self.scan(&hash, distance) } else { self.probe(&hash, distance) }
    }

    /// Compares all.
    fn scan(&self, hash: &Words, distance: u32) -> Option<u32> {
        self.hashes.iter().map(|entry| differing(entry, hash)).filter(|bits| *bits <= distance).min()
    }

    /// Compares those that have a slot within `distance / 16` bits.
    fn probe(&self, hash: &Words, distance: u32) -> Option<u32> {
        let masks = masks(distance / SLOTS as u32);
        let mut best: Option<u32> = None;
        for (number, slot) in self.slots.iter().enumerate() {
            let value = value(hash, number);
            for entry in masks.iter().flat_map(|mask| slot.of(value ^ mask)) {
                let Some(entry) = self.hashes.get(*entry as usize) else { continue };
                let bits = differing(entry, hash);
                if bits <= best.unwrap_or(distance) {
                    best = Some(bits);
                }
            }
        }
        best
    }
}

impl Slot {
    /// Counts, then places each entry (a counting sort).
    fn new(hashes: &[Words], number: usize) -> Self {
        let mut starts = vec![0u32; VALUES + 1];
        for hash in hashes {
            if let Some(next) = starts.get_mut(usize::from(value(hash, number)) + 1) {
                *next += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut places = starts.clone();
        let mut entries = vec![0u32; hashes.len()];
        for (entry, hash) in (0u32..).zip(hashes) {
            let Some(place) = places.get_mut(usize::from(value(hash, number))) else { continue };
            if let Some(free) = entries.get_mut(*place as usize) {
                *free = entry;
            }
            *place += 1;
        }
        Self { starts, entries }
    }

    fn of(&self, value: u16) -> &[u32] {
        let at = usize::from(value);
        let bound = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        self.entries.get(bound(at)..bound(at + 1)).unwrap_or_default()
    }
}

/// All ways in which up to `bits` bits of a slot may differ; `Nearness::WIDEST` needs two: 137 of them.
fn masks(bits: u32) -> Vec<u16> {
    let mut masks = vec![0];
    for _ in 0..bits {
        for mask in masks.clone() {
            let more = (0..16).map(|bit| mask | 1 << bit).filter(|more| !masks.contains(more));
            let more: Vec<u16> = more.collect();
            masks.extend(more);
        }
    }
    masks
}

fn value(hash: &Words, slot: usize) -> u16 {
    let word = hash.get(slot / 4).copied().unwrap_or_default();
    (word >> (16 * (slot % 4))) as u16
}

fn differing(a: &Words, b: &Words) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

fn words(hash: Pdq) -> Words {
    let (words, _) = hash.0.as_chunks::<8>();
    std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_be_bytes(*word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::pictures::tests::Chance;

    /// Of random hashes with near ones among them, probing finds what comparing all finds.
    #[test]
    fn probing_finds_what_comparing_all_finds() {
        let mut chance = Chance::new(7);
        let mut hashes: Vec<Pdq> = (0..20_000).map(|_| chance.pdq()).collect();
        hashes.sort_unstable();
        let index = NearIndex::new(hashes.clone());
        assert_eq!(index.slots.len(), SLOTS);
        for round in 0..240 {
            let mut query = hashes[chance.below(hashes.len())];
            for _ in 0..round % 60 {
                let bit = chance.below(256);
                query.0[bit / 8] ^= 1 << (bit % 8);
            }
            for distance in [0, 15, 31, 47] {
                assert_eq!(
                    index.probe(&words(query), distance),
                    index.scan(&words(query), distance),
                    "{round}"
                );
            }
        }
    }
}
