//! Counts as they may be shown: none under five, and none from which one under five could be
//! worked out. What is not shown looks the same whether it is small or only stands beside a
//! small one.

/// A count that is smaller tells of single people.
const SMALL: u64 = 5;
/// Of fewer than this nothing is broken down.
const WORTH_PARTS: u64 = 10;

/// A count that may be shown, or one that may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Count(u64),
    Withheld,
}

impl Cell {
    pub fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            Self::Withheld => None,
        }
    }
}

/// A number that stands alone.
pub fn alone(count: u64) -> Cell {
    match count {
        0 | SMALL.. => Cell::Count(count),
        _ => Cell::Withheld,
    }
}

/// The parts of one whole, and the whole. Who knows the whole and all parts but some cannot tell
/// one of these: there are two of them at least, their sum is not small, and a nought among
/// them is not shown either.
pub fn parts(counts: &[u64]) -> (Vec<Cell>, Cell) {
    let whole: u64 = counts.iter().sum();
    if whole == 0 {
        return (vec![Cell::Count(0); counts.len()], Cell::Count(0));
    }
    if whole < WORTH_PARTS {
        let shown = |_: &u64| Cell::Withheld;
        return (counts.iter().map(shown).collect(), Cell::Withheld);
    }
    let mut withheld: Vec<bool> = counts.iter().map(|count| *count < SMALL).collect();
    let small: u64 = counts.iter().filter(|count| **count < SMALL).sum();
    if small == 0 {
        // Only noughts, which the rest would tell anyway.
        return (counts.iter().copied().map(Cell::Count).collect(), Cell::Count(whole));
    }
    let (mut number, mut sum) = (withheld.iter().filter(|w| **w).count(), small);
    // As many fours as there are would be known by their sum.
    while number < 2 || sum < SMALL || sum == (SMALL - 1) * number as u64 {
        let shown = counts.iter().zip(&withheld).filter(|(_, withheld)| !**withheld);
        let Some(next) = shown.map(|(count, _)| *count).min() else { break };
        // All that are as small: which of them was taken would tell how the others stand to it.
        for (count, withheld) in counts.iter().zip(&mut withheld).filter(|(count, _)| **count == next) {
            *withheld = true;
            (number, sum) = (number + 1, sum + count);
        }
    }
    let cell =
        |(count, withheld): (&u64, &bool)| if *withheld { Cell::Withheld } else { Cell::Count(*count) };
    (counts.iter().zip(&withheld).map(cell).collect(), Cell::Count(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashMap};

    #[test]
    fn small_counts_and_those_beside_them_are_not_shown() {
        let count = Cell::Count;
        let w = Cell::Withheld;
        assert_eq!(parts(&[20, 30]), (vec![count(20), count(30)], count(50)));
        assert_eq!(parts(&[20, 0]), (vec![count(20), count(0)], count(20)));
        assert_eq!(parts(&[3, 30, 7]), (vec![w, count(30), w], count(40)), "else 40 - 37 tells the 3");
        assert_eq!(parts(&[3, 0, 30]), (vec![w, w, w], count(33)), "a nought is no cover");
        assert_eq!(parts(&[2, 2, 1, 30]), (vec![w, w, w, count(30)], count(35)));
        assert_eq!(parts(&[6, 3]), (vec![w, w], w));
        assert_eq!(parts(&[0, 0]), (vec![count(0), count(0)], count(0)));
        assert_eq!((alone(4), alone(5), alone(0)), (w, count(5), count(0)));
    }

    /// Everything that somebody can see who knows how it is made, over all tables of up to four
    /// parts: whatever is not shown could be two numbers at least, and where one of them is small,
    /// another is not.
    #[test]
    fn nothing_withheld_can_be_worked_out() {
        let mut by_sight: HashMap<String, Vec<Vec<u64>>> = HashMap::new();
        for len in 2..=4_u32 {
            for number in 0..16_u64.pow(len) {
                let counts: Vec<u64> = (0..len).map(|i| number / 16_u64.pow(i) % 16).collect();
                let (cells, whole) = parts(&counts);
                let shown = cells.iter().zip(&counts).all(|(cell, count)| match cell {
                    Cell::Count(shown) => shown == count && (*count == 0 || *count >= SMALL),
                    Cell::Withheld => true,
                });
                assert!(shown, "{counts:?}: {cells:?}");
                by_sight.entry(format!("{cells:?} {whole:?}")).or_default().push(counts);
            }
        }
        for (sight, all) in by_sight {
            for i in 0..all[0].len() {
                let could_be: BTreeSet<u64> = all.iter().map(|counts| counts[i]).collect();
                let is_shown = could_be.len() == 1;
                let withheld = sight.split(", ").nth(i).unwrap().contains("Withheld");
                assert_ne!(is_shown, withheld, "{sight}: {could_be:?}");
            }
        }
    }
}
