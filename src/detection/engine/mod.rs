//! The engine: one pass of the prefilter over a text for all patterns at once, then the
//! exact place of the few that may stand there.

mod boundary;
mod database;
mod factor;
mod locator;
mod prefilter;

pub(super) use database::{Database, Refused, ScanMemory, Source, compile};
pub(super) use locator::{Locator, build};
pub(super) use prefilter::{expression, flat};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::parse_pattern;
    use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

    const PATTERNS: &[&str] = &[
        r"\bfool\b",
        r"\bŵy\b",
        r"\bt(?:ŷ|y)\w*",
        r"fool\B",
        r"\Bol",
        r"\b\w{2,4}\b",
        r"\ba.{0,6}b\b",
        r"[âêîôûŵŷ]+",
        r"[^a-z \n]{2}",
        r"\W(?:b|y)\b",
        r"\b[0-9]{3}[ -]?[0-9]{2}\b",
        r"(?:^|[ \n])ab",
        r"a$",
        r"\bâ",
        r"â\b",
        r"b{2,}",
        r"(?:a|ŵ)?\bb",
        r"\b{start}y",
        r"y\b{end}",
        r"\b{start-half}[#@]y",
        r"ŷ\b{end-half}",
        r"\p{L}\p{Greek}",
        r"\w\b.\b\w",
        r"(?:\b|_)y",
        r"(?-u:\b)y",
        r"[\w&&[^a-f]]9",
        r"\b(?:a\b|ŵ)b?",
        r"(?:b\b)?[ \n]a",
        r"x*y?o",
        r"(?s:a.{1,3}b)",
        r"\bfoo?l?[ŵy]?\b",
        r"\b(?:a|b)*(?:y\b)?o",
    ];
    const LETTERS: &[&str] = &[
        "a", "b", "y", "o", "t", "f", "fool", "l", " ", " ", "\n", "-", "#", "@", "_", "1", "12", "9",
        "fool", "ŵ", "ŷ", "â", "ê", "σ", "é", "\u{302}", "😀", "字", ".", "(",
    ];

    /// What the prefilter does not report is never looked for, so it must report all that
    /// the exact pattern finds.
    #[test]
    fn the_prefilter_misses_nothing_that_the_exact_pattern_finds() {
        let hirs: Vec<_> = PATTERNS.iter().map(|p| parse_pattern(p).unwrap()).collect();
        let forms = hirs.iter().map(|hir| prefilter::all_forms(hir).into_iter().chain([expression(hir)]));
        let forms: Vec<(usize, String)> =
            forms.enumerate().flat_map(|(i, forms)| forms.map(move |form| (i, form))).collect();
        let expressions: Vec<String> = forms.iter().map(|(_, form)| form.clone()).collect();
        let database = compile(&expressions).ok().expect("all are fit for the engine");
        let exact: Vec<_> = hirs.iter().map(|h| build(std::slice::from_ref(h)).unwrap()).collect();
        let (mut memory, mut random) = (ScanMemory::default(), StdRng::seed_from_u64(20261122));
        let mut flattened = Vec::new();
        let (mut found, mut tight) = (vec![0; PATTERNS.len()], 0);
        for _ in 0..20_000 {
            let length = random.random_range(0..14);
            let text: String = (0..length).filter_map(|_| LETTERS.choose(&mut random).copied()).collect();
            let mut may = vec![false; forms.len()];
            flattened.clear();
            flat(&text, &mut flattened);
            database.scan(&flattened, &mut memory, |i| may[i as usize] = true).unwrap();
            let is: Vec<bool> = exact.iter().map(|regex| regex.is_match(&text)).collect();
            for ((i, form), may) in forms.iter().zip(may) {
                assert!(may || !is[*i], "{} as {form} in {text:?}", PATTERNS[*i]);
                tight += usize::from(may == is[*i]);
            }
            found.iter_mut().zip(is).for_each(|(n, is)| *n += usize::from(is));
        }
        assert!(found.iter().all(|n| *n > 0), "each pattern was tried for real: {found:?}");
        assert!(tight > 20_000 * forms.len() * 9 / 10, "a loose prefilter would cost time: {tight}");
    }

    /// The search with ASCII boundaries finds the very places of the exact one.
    #[test]
    fn the_fast_search_finds_the_places_of_the_exact_one() {
        let mut random = StdRng::seed_from_u64(7);
        let exact: Vec<_> = PATTERNS
            .iter()
            .map(|p| parse_pattern(p).unwrap())
            .map(|hir| (build(std::slice::from_ref(&hir)).unwrap(), hir))
            .collect();
        let mut locator = Locator::default();
        for _ in 0..5_000 {
            let length = random.random_range(0..20);
            let text: String = (0..length).filter_map(|_| LETTERS.choose(&mut random).copied()).collect();
            for (number, (regex, hir)) in (0u32..).zip(&exact) {
                let mut places = Vec::new();
                let all = |place| {
                    places.push(place);
                    true
                };
                locator.each(number, || vec![hir.clone()], &text, all).unwrap();
                let wanted: Vec<_> = regex.find_iter(&text).map(|m| m.range()).collect();
                assert_eq!(places, wanted, "{} in {text:?}", PATTERNS[number as usize]);
            }
        }
    }
}
