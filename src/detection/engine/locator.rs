//! Where a pattern stands, once the prefilter says that it may: exact, compiled when first
//! needed, and forgotten when others are needed more.

use regex_automata::{
    Input,
    meta::{Cache, Config, Regex},
};
use regex_syntax::hir::Hir;
use std::{collections::HashMap, ops::Range};

/// So many compiled patterns a thread keeps.
const KEPT: usize = 512;
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

    fn first(&mut self, input: &Input<'_>) -> Option<Range<usize>> {
        self.regex.search_with(&mut self.cache, input).map(|m| m.range())
    }
}

/// A pattern as it is searched for. Each engine is compiled when it is first needed, which
/// for the exact one is rare: most mail is ASCII around what it finds.
#[derive(Default)]
struct Slot {
    /// The pattern loosened: it finds at least what the exact one does, and in ASCII the very
    /// same, much faster. `None` inside when there is no such form.
    plain: Option<Option<Engine>>,
    exact: Option<Engine>,
    used: u64,
}

/// The pattern is too large to be compiled.
struct TooLarge;

impl Slot {
    fn plain(&mut self, hirs: impl Fn() -> Vec<Hir>) -> Option<&mut Engine> {
        let build = || {
            let hirs = hirs();
            let plain = hirs.iter().map(super::boundary::plain).collect::<Option<Vec<_>>>()?;
            (plain != hirs).then(|| Engine::new(&plain)).flatten()
        };
        self.plain.get_or_insert_with(build).as_mut()
    }

    fn exact(&mut self, hirs: impl Fn() -> Vec<Hir>) -> Result<&mut Engine, TooLarge> {
        if self.exact.is_none() {
            self.exact = Engine::new(&hirs());
        }
        self.exact.as_mut().ok_or(TooLarge)
    }

    /// The first match inside the stretch.
    fn first_in(
        &mut self,
        hirs: impl Fn() -> Vec<Hir>,
        text: &str,
        mut stretch: Range<usize>,
    ) -> Result<Option<Range<usize>>, TooLarge> {
        if let Some(plain) = self.plain(&hirs) {
            let Some(found) = plain.first(&Input::new(text).range(stretch.clone())) else { return Ok(None) };
            // The characters beside the match decide its boundaries.
            let around = found.start.saturating_sub(1)..(found.end + 1).min(text.len());
            if text.as_bytes().get(around).is_some_and(<[u8]>::is_ascii) {
                return Ok(Some(found));
            }
            // No exact match begins before this place, so nothing is passed over.
            stretch.start = found.start;
        }
        Ok(self.exact(hirs)?.first(&Input::new(text).range(stretch)))
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

    fn slot(&mut self, number: u32) -> &mut Slot {
        self.clock += 1;
        if self.slots.len() >= KEPT
            && !self.slots.contains_key(&number)
            && let Some(oldest) = self.slots.iter().min_by_key(|(_, s)| s.used).map(|(n, _)| *n)
        {
            self.slots.remove(&oldest);
        }
        let slot = self.slots.entry(number).or_default();
        slot.used = self.clock;
        slot
    }

    /// Calls `found` with every place of the pattern in `text`, left to right, until it
    /// says `false`. `None` when the pattern cannot be compiled.
    pub(crate) fn each(
        &mut self,
        number: u32,
        hirs: impl Fn() -> Vec<Hir>,
        text: &str,
        mut found: impl FnMut(Range<usize>) -> bool,
    ) -> Option<()> {
        let slot = self.slot(number);
        let mut at = 0;
        while let Some(place) = slot.first_in(&hirs, text, at..text.len()).ok()? {
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
        hirs: impl Fn() -> Vec<Hir>,
        text: &str,
        within: impl IntoIterator<Item = Range<usize>>,
    ) -> bool {
        let slot = self.slot(number);
        let mut found = |stretch| slot.first_in(&hirs, text, stretch).is_ok_and(|place| place.is_some());
        within.into_iter().any(&mut found)
    }

    /// Whether any of the patterns lies inside this stretch of `text` and not wholly inside `place`: it may begin or
    /// end there.
    pub(crate) fn any_beyond(
        &mut self,
        number: u32,
        hirs: impl Fn() -> Vec<Hir>,
        text: &str,
        mut stretch: Range<usize>,
        place: &Range<usize>,
    ) -> bool {
        let slot = self.slot(number);
        while let Ok(Some(found)) = slot.first_in(&hirs, text, stretch.clone()) {
            if found.start < place.start || found.end > place.end {
                return true;
            }
            // Another may begin within this one.
            let rest = text.get(found.start..).unwrap_or_default();
            stretch.start = found.start + rest.chars().next().map_or(1, char::len_utf8);
            if stretch.start > stretch.end {
                break;
            }
        }
        false
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
    fn what_lies_wholly_inside_a_place_is_not_beyond_it() {
        let mut locator = Locator::default();
        let text = "é lane school lane hall";
        let place = 3..19;
        assert_eq!(&text[place.clone()], "lane school lane");
        let mut number = 0;
        let mut beyond = |pattern: &str, stretch: Range<usize>| {
            number += 1;
            locator.any_beyond(number, || vec![parse_pattern(pattern).unwrap()], text, stretch, &place)
        };
        let whole = 0..text.len();
        assert!(!beyond("school|lane", whole.clone()) && !beyond("lane school lane", whole.clone()));
        assert!(beyond("lane hall", whole.clone()) && beyond("é lane", whole.clone()));
        assert!(beyond("school|lane|l hall|hall", whole.clone()), "behind others that lie inside");
        assert!(
            beyond("lane school|school lane hall", whole.clone()),
            "it begins within one that lies inside"
        );
        assert!(!beyond("lane hall", 0..20) && !beyond("é lane", 3..text.len()));
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
