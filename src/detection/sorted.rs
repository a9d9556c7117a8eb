//! What the places of patterns came to: each value once where it can be found no better, and what is disguised where it is not found as
//! it is written.

use super::{
    judge::{Candidate, Judged},
    model::Origin,
};
use std::collections::{BTreeMap, HashSet};

/// What places came to.
#[derive(Default)]
pub(super) struct Sorted {
    counted: Vec<Candidate>,
    waiting: Vec<Candidate>,
    /// Values of rules that need not be looked at again.
    settled: HashSet<(u32, u64)>,
    /// Found in second readings, at their places in the texts as written.
    pub(super) disguised: Vec<Judged>,
    /// Where a rule has found something in a text as written: rule, fragment and start, to the end. Only where there are second readings.
    places: Option<BTreeMap<(u32, u32, usize), usize>>,
}

impl Sorted {
    pub(super) fn new(has_second_readings: bool) -> Self {
        Self { places: has_second_readings.then(BTreeMap::new), ..Self::default() }
    }

    pub(super) fn add(&mut self, judged: Judged, full: f32, all_places: bool) {
        let (Judged::Counts(candidate) | Judged::Waits(candidate)) = &judged else { return };
        if let Some(places) = &mut self.places {
            places.insert((candidate.rule, candidate.fragment, candidate.span.start), candidate.span.end);
        }
        match judged {
            Judged::Counts(candidate) => {
                // A value that could not be found any better is looked at only once.
                let best = candidate.confidence >= full && candidate.origin == Origin::Own;
                let key = (candidate.rule, candidate.value);
                let news = if best { self.settled.insert(key) } else { !self.settled.contains(&key) };
                if news || all_places {
                    self.counted.push(candidate);
                }
            }
            Judged::Waits(candidate) => self.waiting.push(candidate),
            Judged::Misses(_) => {}
        }
    }

    /// What counts, and what waits for other findings. What is disguised counts where its rule finds nothing in the text as written.
    pub(super) fn finish(mut self) -> (Vec<Candidate>, Vec<Candidate>) {
        let places = self.places.take().unwrap_or_default();
        for judged in std::mem::take(&mut self.disguised) {
            let (Judged::Counts(candidate) | Judged::Waits(candidate)) = &judged else { continue };
            let from = (candidate.rule, candidate.fragment, 0);
            let before = (candidate.rule, candidate.fragment, candidate.span.end);
            if places.range(from..before).next_back().is_some_and(|(_, end)| *end > candidate.span.start) {
                continue;
            }
            match judged {
                Judged::Waits(candidate) => self.waiting.push(candidate),
                Judged::Counts(candidate) => self.counted.push(candidate),
                Judged::Misses(_) => {}
            }
        }
        (self.counted, self.waiting)
    }
}
