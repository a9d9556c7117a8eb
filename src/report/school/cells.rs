//! Counts as they may be told: none under five, and none from which one under five could be
//! worked out. A month's counts are told by that month alone, never by what it is shown beside, so
//! that every report says the same of it; a term adds up what its months tell.

use std::collections::{BTreeMap, BTreeSet};

/// A count that is smaller tells of single people.
const SMALL: u64 = 5;
/// Of fewer than this nothing is broken down, and not said how many there were.
const WORTH_PARTS: u64 = 10;

pub type Counts = BTreeMap<String, u64>;

/// A count that may be shown; as much of it as may; or none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Count(u64),
    AtLeast(u64),
    Withheld,
}

/// What is withheld beside a small count, so that the whole does not tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// As little as will do.
    Smallest,
    /// The greatest, where another table tells the others (messages that waited, and items).
    Greatest,
}

/// A table of one month, as it may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Nothing,
    /// From one to nine.
    TooFew,
    Some {
        /// Without noughts.
        counts: Counts,
        /// All others together; `None`: there are none.
        others: Option<u64>,
        whole: u64,
    },
}

/// What may be told of these counts. Who knows how it is done, the whole, and all parts that are told
/// cannot tell another: two of them at least are not told, their sum is not small, and noughts look
/// like them. `also` is withheld besides: what another table does not tell either.
pub fn tell(counts: &Counts, cover: Cover, also: &BTreeSet<String>) -> Told {
    let whole: u64 = counts.values().sum();
    match whole {
        0 => return Told::Nothing,
        1..WORTH_PARTS => return Told::TooFew,
        _ => {}
    }
    let (mut withheld, mut told): (Counts, Counts) = (counts.iter().filter(|(_, count)| **count > 0))
        .map(|(name, count)| (name.clone(), *count))
        .partition(|(name, count)| *count < SMALL || also.contains(name));
    if withheld.is_empty() {
        return Told::Some { counts: told, others: None, whole };
    }
    loop {
        let (number, sum) = (withheld.len() as u64, withheld.values().sum::<u64>());
        // As many fours as there are would be known by their sum.
        if number >= 2 && sum >= SMALL && sum != (SMALL - 1) * number {
            break;
        }
        let next = match cover {
            Cover::Smallest => told.values().min(),
            Cover::Greatest => told.values().max(),
        };
        let Some(next) = next.copied() else { break };
        // All that are as many: which of them was taken would tell how the others stand to it.
        let more;
        (more, told) = told.into_iter().partition(|(_, count)| *count == next);
        withheld.extend::<Counts>(more);
    }
    Told::Some { counts: told, others: Some(withheld.values().sum()), whole }
}

/// Two tables that count much the same under the same names: what one withholds beside a whole that it
/// tells, the other does not tell either.
pub fn tell_both(a: &Counts, b: &Counts) -> (Told, Told) {
    let withheld = |counts: &Counts, told: &Told| -> BTreeSet<String> {
        match told {
            Told::Some { counts: told, .. } => {
                counts.keys().filter(|name| !told.contains_key(*name)).cloned().collect()
            }
            _ => BTreeSet::new(),
        }
    };
    let mut also = BTreeSet::new();
    loop {
        let both = (tell(a, Cover::Smallest, &also), tell(b, Cover::Smallest, &also));
        let mut more = withheld(a, &both.0);
        more.append(&mut withheld(b, &both.1));
        if more.is_subset(&also) {
            return both;
        }
        also.append(&mut more);
    }
}

/// A table of several months: what each of them tells.
#[derive(Clone, Debug)]
pub struct Rows(Vec<Told>);

impl Rows {
    pub fn new(told: Vec<Told>) -> Self {
        Self(told)
    }

    /// Months that are too small by themselves are told together, where there are two of them at least,
    /// none of them is worked out by it, and each could be no small count. Only of months that are never
    /// put together otherwise: two sums would tell the month between them.
    pub fn put_together(self, counts: &[Counts], cover: Cover) -> Self {
        let small: Vec<&Counts> =
            counts.iter().zip(&self.0).filter(|(_, told)| **told == Told::TooFew).map(|(c, _)| c).collect();
        let (number, sum) = (small.len() as u64, small.iter().flat_map(|c| c.values()).sum::<u64>());
        let most = (WORTH_PARTS - 1).min((sum + 1).saturating_sub(number));
        let least = sum.saturating_sub((WORTH_PARTS - 1) * number.saturating_sub(1)).max(1);
        if number < 2 || most < SMALL || least == most {
            return self;
        }
        let mut together = Counts::new();
        for (name, count) in small.into_iter().flatten() {
            *together.entry(name.clone()).or_default() += count;
        }
        let mut rows: Vec<Told> = self.0.into_iter().filter(|told| *told != Told::TooFew).collect();
        rows.push(tell(&together, cover, &BTreeSet::new()));
        Self(rows)
    }

    pub fn cell(&self, name: &str) -> Cell {
        added(self.0.iter().map(|told| match told {
            Told::Nothing => Some(0),
            Told::TooFew => None,
            Told::Some { counts, others: None, .. } => Some(counts.get(name).copied().unwrap_or(0)),
            Told::Some { counts, .. } => counts.get(name).copied(),
        }))
    }

    /// All that is told under no name.
    pub fn others(&self) -> Cell {
        added(self.0.iter().map(|told| match told {
            Told::Nothing => Some(0),
            Told::TooFew => None,
            Told::Some { others, .. } => Some(others.unwrap_or(0)),
        }))
    }

    pub fn whole(&self) -> Cell {
        added(self.0.iter().map(|told| match told {
            Told::Nothing => Some(0),
            Told::TooFew => None,
            Told::Some { whole, .. } => Some(*whole),
        }))
    }

    /// What is told under its name, of any month.
    pub fn names(&self) -> BTreeSet<&str> {
        let counts = self.0.iter().filter_map(|told| match told {
            Told::Some { counts, .. } => Some(counts),
            _ => None,
        });
        counts.flatten().map(|(name, _)| name.as_str()).collect()
    }
}

/// A count that stands alone, month by month.
pub fn alone(months: impl Iterator<Item = u64>) -> Cell {
    added(months.map(|count| Some(count).filter(|count| *count == 0 || *count >= SMALL)))
}

/// `None`: a month does not tell.
fn added(months: impl Iterator<Item = Option<u64>>) -> Cell {
    let (mut sum, mut is_all) = (0, true);
    for month in months {
        sum += month.unwrap_or(0);
        is_all &= month.is_some();
    }
    match (is_all, sum) {
        (true, sum) => Cell::Count(sum),
        (false, 0) => Cell::Withheld,
        (false, sum) => Cell::AtLeast(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    fn counts(all: &[u64]) -> Counts {
        NAMES.iter().zip(all).map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    fn told(all: &[u64]) -> Told {
        tell(&counts(all), Cover::Smallest, &BTreeSet::new())
    }

    fn some(all: &[(&str, u64)], others: Option<u64>, whole: u64) -> Told {
        let counts = all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Told::Some { counts, others, whole }
    }

    #[test]
    fn small_counts_and_those_beside_them_are_not_told() {
        assert_eq!(told(&[20, 30]), some(&[("a", 20), ("b", 30)], None, 50));
        assert_eq!(told(&[20, 0]), some(&[("a", 20)], None, 20));
        assert_eq!(told(&[3, 30, 7]), some(&[("b", 30)], Some(10), 40), "else 40 - 37 tells the 3");
        assert_eq!(told(&[3, 0, 30]), some(&[], Some(33), 33), "a nought is no cover");
        assert_eq!(told(&[2, 2, 1, 30]), some(&[("d", 30)], Some(5), 35));
        assert_eq!((told(&[6, 3]), told(&[0, 0])), (Told::TooFew, Told::Nothing));
        let greatest = tell(&counts(&[950, 12, 3]), Cover::Greatest, &BTreeSet::new());
        assert_eq!(greatest, some(&[("b", 12)], Some(953), 965), "the 12 is told by another table");
        let (a, b) = tell_both(&counts(&[7, 3, 20]), &counts(&[7, 0, 30, 40]));
        assert_eq!(a, some(&[], Some(30), 30), "and a cover there is a cover here");
        assert_eq!(b, some(&[("d", 40)], Some(37), 77), "a 7 here would tell the 3 there");
    }

    #[test]
    fn a_term_says_no_more_than_its_months_together() {
        let months = [[20, 30, 0], [3, 30, 7], [2, 4, 1]].map(|month| counts(&month));
        let rows = Rows::new(months.iter().map(|m| tell(m, Cover::Smallest, &BTreeSet::new())).collect());
        let rows = rows.put_together(&months, Cover::Smallest);
        let cells = ["a", "b", "c"].map(|name| rows.cell(name));
        assert_eq!(cells, [Cell::AtLeast(20), Cell::AtLeast(60), Cell::Withheld]);
        assert_eq!((rows.others(), rows.whole()), (Cell::AtLeast(10), Cell::AtLeast(90)));
        // Two that are too small by themselves, and not together.
        let months = [[20, 30, 0], [6, 2, 0], [1, 4, 2]].map(|month| counts(&month));
        let rows = Rows::new(months.iter().map(|m| tell(m, Cover::Smallest, &BTreeSet::new())).collect());
        assert_eq!(rows.whole(), Cell::AtLeast(50), "while the term is under way");
        let rows = rows.put_together(&months, Cover::Smallest);
        assert_eq!(
            (rows.whole(), rows.cell("a"), rows.others()),
            (Cell::Count(65), Cell::AtLeast(20), Cell::Count(15))
        );
        assert_eq!(alone([7, 0, 3].into_iter()), Cell::AtLeast(7));
        assert_eq!((alone([4].into_iter()), alone([5, 0].into_iter())), (Cell::Withheld, Cell::Count(5)));
    }

    fn number_of(counts: u64, base: u64, len: u32) -> Vec<u64> {
        (0..len).map(|i| counts / base.pow(i) % base).collect()
    }

    /// Everything that somebody can see who knows how it is made, over all tables of up to four
    /// parts: whatever is not told could be two numbers at least.
    #[test]
    fn nothing_withheld_can_be_worked_out() {
        for cover in [Cover::Smallest, Cover::Greatest] {
            let mut by_sight: HashMap<String, Vec<Vec<u64>>> = HashMap::new();
            for (len, number) in (2..=4_u32).flat_map(|len| (0..13_u64.pow(len)).map(move |n| (len, n))) {
                let all = number_of(number, 13, len);
                let told = tell(&counts(&all), cover, &BTreeSet::new());
                by_sight.entry(format!("{len} {told:?}")).or_default().push(all);
            }
            for (sight, all) in by_sight {
                let rows = Rows::new(vec![tell(&counts(&all[0]), cover, &BTreeSet::new())]);
                for (i, name) in NAMES.iter().enumerate().take(all[0].len()) {
                    let could_be: BTreeSet<u64> = all.iter().map(|counts| counts[i]).collect();
                    match rows.cell(name) {
                        Cell::Count(count) => {
                            assert_eq!(could_be, BTreeSet::from([count]), "{sight}");
                            assert!(count == 0 || count >= SMALL, "{sight}");
                        }
                        _ => assert!(could_be.len() > 1, "{sight}: {could_be:?}"),
                    }
                }
            }
        }
    }

    /// The reports of two months and of the term that they make, side by side: no count of a month that
    /// is not told can be worked out but a nought, and no month that is too small is known to be under five.
    #[test]
    fn a_term_and_its_months_side_by_side_tell_no_small_count() {
        let mut by_sight: HashMap<String, Vec<Vec<u64>>> = HashMap::new();
        for number in 0..13_u64.pow(4) {
            let all = number_of(number, 13, 4);
            let months = [counts(&all[..2]), counts(&all[2..])];
            let told: Vec<Told> = months.iter().map(|m| tell(m, Cover::Smallest, &BTreeSet::new())).collect();
            let sight = format!("{told:?}");
            let rows = Rows::new(told).put_together(&months, Cover::Smallest);
            let term = (rows.cell("a"), rows.cell("b"), rows.others(), rows.whole());
            by_sight.entry(format!("{sight} {term:?}")).or_default().push(all);
        }
        for (sight, all) in by_sight {
            for (month, from) in [(0, 0), (1, 2)] {
                let of = |counts: &[u64]| counts[from] + counts[from + 1];
                let told = told(&all[0][from..from + 2]);
                if told == Told::TooFew {
                    let wholes: BTreeSet<u64> = all.iter().map(|counts| of(counts)).collect();
                    let (least, most) = (wholes.first().unwrap(), wholes.last().unwrap());
                    assert!(least < most && *most >= SMALL, "month {month} of {sight}: {wholes:?}");
                }
                for (i, name) in NAMES[..2].iter().enumerate() {
                    let could_be: BTreeSet<u64> = all.iter().map(|counts| counts[from + i]).collect();
                    let is_told = matches!(Rows::new(vec![told.clone()]).cell(name), Cell::Count(_));
                    let is_nought = could_be == BTreeSet::from([0]);
                    assert!(
                        is_told || is_nought || could_be.len() > 1,
                        "month {month} of {sight}: {could_be:?}"
                    );
                }
            }
        }
    }
}
