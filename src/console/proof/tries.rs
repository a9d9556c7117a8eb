//! How often a proof may be tried. Each count lets a few tries through at once and then one in a
//! while; nothing is ever locked, and a stranger's tries slow down strangers only:
//! docs/decisions/signing-in.md.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What tries are counted by: a keyed hash.
pub type Count = [u8; 32];

/// How many tries at once, and how long until each comes back.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub at_once: u32,
    pub each: Duration,
}

/// A browser from which the person has signed in before, for that person.
pub const KNOWN_BROWSER: Pace = Pace { at_once: 10, each: Duration::from_secs(60) };
/// One network for one name, from other browsers.
pub const STRANGER: Pace = Pace { at_once: 5, each: Duration::from_secs(180) };
/// All strangers together for one name: a code of six digits must not be guessed by many at once.
pub const STRANGERS: Pace = Pace { at_once: 30, each: Duration::from_secs(120) };
/// One network for all names; a school is one network.
pub const NETWORK: Pace = Pace { at_once: 100, each: Duration::from_secs(5) };

/// Counts that are kept; 6 MB at most.
const MOST: usize = 50_000;

/// For each count when all its tries will be back.
#[derive(Default)]
pub struct Tries {
    counts: Mutex<HashMap<Count, Instant>>,
}

impl Tries {
    /// Takes one try of each, or none when one of them has none left.
    pub fn take(&self, now: Instant, counts: &[(Count, Pace)]) -> bool {
        let mut kept = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.iter().all(|(count, pace)| has_one(&kept, now, count, *pace)) {
            return false;
        }
        let taken: Vec<(Count, Instant)> =
            counts.iter().map(|(count, pace)| (*count, back(&kept, now, count) + pace.each)).collect();
        if kept.len() + taken.len() > MOST {
            make_room(&mut kept, now);
        }
        kept.extend(taken);
        true
    }

    /// Whether each has a try left.
    pub fn has_left(&self, now: Instant, counts: &[(Count, Pace)]) -> bool {
        let kept = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().all(|(count, pace)| has_one(&kept, now, count, *pace))
    }

    /// After a proof that fitted: it was no guess.
    pub fn give_back(&self, counts: &[(Count, Pace)]) {
        let mut kept = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (count, pace) in counts {
            if let Some(at) = kept.get_mut(count) {
                *at = at.checked_sub(pace.each).unwrap_or(*at);
            }
        }
    }
}

/// When all tries of this count are back.
fn back(kept: &HashMap<Count, Instant>, now: Instant, count: &Count) -> Instant {
    kept.get(count).map_or(now, |at| (*at).max(now))
}

fn has_one(kept: &HashMap<Count, Instant>, now: Instant, count: &Count, pace: Pace) -> bool {
    back(kept, now, count).duration_since(now) + pace.each <= pace.each * pace.at_once
}

/// First what has all its tries back, then the half that soonest will.
fn make_room(kept: &mut HashMap<Count, Instant>, now: Instant) {
    kept.retain(|_, at| *at > now);
    if kept.len() > MOST / 2 {
        let mut ends: Vec<Instant> = kept.values().copied().collect();
        let half = ends.len() / 2;
        let (_, middle, _) = ends.select_nth_unstable(half);
        let middle = *middle;
        kept.retain(|_, at| *at > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { at_once: 3, each: Duration::from_secs(60) };

    #[test]
    fn a_few_at_once_then_one_in_a_while() {
        let (tries, now) = (Tries::default(), Instant::now());
        let one = [([1; 32], PACE)];
        let at = |seconds| now + Duration::from_secs(seconds);
        assert!((0..3).all(|_| tries.take(now, &one)));
        assert!(!tries.take(now, &one) && !tries.take(at(59), &one));
        assert!(tries.take(at(60), &one) && !tries.take(at(61), &one));
        tries.give_back(&one);
        assert!(tries.take(at(61), &one));
        assert!(tries.take(now, &[([2; 32], PACE)]), "another's");
    }

    #[test]
    fn where_one_count_is_used_up_the_others_lose_nothing() {
        let (tries, now) = (Tries::default(), Instant::now());
        let (own, all) = (([1; 32], PACE), ([2; 32], Pace { at_once: 1, each: PACE.each }));
        assert!(tries.take(now, &[own, all]));
        for _ in 0..9 {
            assert!(!tries.take(now, &[own, all]));
        }
        assert!(tries.take(now, &[own]) && tries.take(now, &[own]) && !tries.take(now, &[own]));
    }

    #[test]
    fn memory_is_bounded_and_whoever_tries_most_stays() {
        let (tries, now) = (Tries::default(), Instant::now());
        let guilty = [([255; 32], PACE)];
        assert!((0..3).all(|_| tries.take(now, &guilty)));
        for n in 0..(3 * MOST as u32) {
            let mut count = [0; 32];
            count[..4].copy_from_slice(&n.to_be_bytes());
            tries.take(now, &[(count, PACE)]);
        }
        assert!(tries.counts.lock().unwrap().len() <= MOST);
        assert!(!tries.take(now, &guilty));
    }
}
