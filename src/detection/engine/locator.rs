//! Where a pattern stands, once the prefilter says that it may: exact, compiled when first
//! needed, and forgotten when others are needed more.

use regex_automata::{
    Input,
    meta::{Cache, Config, Regex},
};
use regex_syntax::hir::Hir;
use std::{collections::HashMap, ops::Range};

/// So many compiled patterns a thread keeps.
const KEPT: usize = 256;
/// Bounds on one compiled pattern and on the states it may make up while it searches.
const LARGEST: usize = 1 << 20;
const LARGEST_CACHE: usize = 256 << 10;

/// Compiles `hirs` as alternatives. `Err` when that is too large.
pub(crate) fn build(hirs: &[Hir]) -> Result<Regex, String> {
    let config = Config::new()
        .nfa_size_limit(Some(LARGEST))
        .onepass_size_limit(Some(LARGEST_CACHE))
        .hybrid_cache_capacity(LARGEST_CACHE);
    Regex::builder().configure(config).build_many_from_hir(hirs).map_err(|e| match e.size_limit() {
        Some(_) => "the pattern grows too large when compiled".to_owned(),
        None => e.to_string(),
    })
}

/// A compiled pattern with its memory.
struct Engine {
    regex: Regex,
    cache: Cache,
}

impl Engine {
    fn new(hirs: &[Hir]) -> Option<Self> {
        let regex = build(hirs).ok()?;
        let cache = regex.create_cache();
        Some(Self { regex, cache })
    }

    fn next(&mut self, input: &Input<'_>) -> Option<Range<usize>> {
        self.regex.search_with(&mut self.cache, input).map(|m| m.range())
    }
}

struct Slot {
    exact: Engine,
    /// The same with ASCII boundaries, which accented text does not slow down: it finds at
    /// least what the exact one does, and in ASCII the very same.
    plain: Option<Engine>,
    used: u64,
}

impl Slot {
    /// The next match at or after `at`.
    fn next(&mut self, text: &str, at: usize) -> Option<Range<usize>> {
        let Some(plain) = &mut self.plain else { return self.exact.next(&Input::new(text).range(at..)) };
        let found = plain.next(&Input::new(text).range(at..))?;
        // The characters beside the match decide its boundaries.
        let around = found.start.saturating_sub(1)..(found.end + 1).min(text.len());
        if text.as_bytes().get(around).is_some_and(<[u8]>::is_ascii) {
            return Some(found);
        }
        // No exact match begins before this place, so nothing is passed over.
        self.exact.next(&Input::new(text).range(found.start..))
    }
}

/// One thread's compiled patterns, by a number that their owner gives.
#[derive(Default)]
pub(crate) struct Locator {
    slots: HashMap<u32, Slot>,
    clock: u64,
}

impl Locator {
    /// Forgets everything: the numbers mean something else from now on.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }

    fn slot(&mut self, number: u32, hirs: impl FnOnce() -> Vec<Hir>) -> Option<&mut Slot> {
        self.clock += 1;
        if !self.slots.contains_key(&number) {
            let hirs = hirs();
            let exact = Engine::new(&hirs)?;
            let plain = hirs.iter().map(super::boundary::plain).collect::<Option<Vec<_>>>();
            let plain = plain.filter(|plain| *plain != hirs).and_then(|plain| Engine::new(&plain));
            if self.slots.len() >= KEPT
                && let Some(oldest) = self.slots.iter().min_by_key(|(_, s)| s.used).map(|(n, _)| *n)
            {
                self.slots.remove(&oldest);
            }
            self.slots.insert(number, Slot { exact, plain, used: 0 });
        }
        let slot = self.slots.get_mut(&number)?;
        slot.used = self.clock;
        Some(slot)
    }

    /// Calls `found` with every place of the pattern in `text`, left to right, until it
    /// says `false`. `None` when the pattern cannot be compiled.
    pub(crate) fn each(
        &mut self,
        number: u32,
        hirs: impl FnOnce() -> Vec<Hir>,
        text: &str,
        mut found: impl FnMut(Range<usize>) -> bool,
    ) -> Option<()> {
        let slot = self.slot(number, hirs)?;
        let mut at = 0;
        while let Some(place) = slot.next(text, at) {
            at = place.end;
            if place.is_empty() || !found(place) {
                break;
            }
        }
        Some(())
    }

    /// Whether any of the patterns lies wholly inside one of these stretches of `text`.
    pub(crate) fn any(
        &mut self,
        number: u32,
        hirs: impl FnOnce() -> Vec<Hir>,
        text: &str,
        within: impl IntoIterator<Item = Range<usize>>,
    ) -> bool {
        let Some(slot) = self.slot(number, hirs) else { return false };
        within.into_iter().any(|range| {
            let input = Input::new(text).range(range).earliest(true);
            slot.exact.regex.search_half_with(&mut slot.exact.cache, &input).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::parse_pattern;

    #[test]
    fn places_are_exact_and_boundaries_look_beyond_the_window() {
        let mut locator = Locator::default();
        let hir = || vec![parse_pattern(r"\bnhs\b").unwrap()];
        let text = "ŵnhs nhs, xnhs";
        let mut places = Vec::new();
        locator.each(1, hir, text, |r| {
            places.push(r);
            true
        });
        assert_eq!(places, std::slice::from_ref(&(6..9)));
        assert!(!locator.any(1, hir, text, [0..5, 12..15]), "a cut must not make a word");
        assert!(locator.any(1, hir, text, Some(5..9)));
    }

    #[test]
    fn a_thread_keeps_a_bounded_number() {
        let mut locator = Locator::default();
        for i in 0..KEPT as u32 + 10 {
            locator.any(i, || vec![parse_pattern("x").unwrap()], "x", Some(0..1));
        }
        assert_eq!(locator.slots.len(), KEPT);
        assert!(!locator.slots.contains_key(&0));
    }
}
