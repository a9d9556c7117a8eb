//! The engine: one pass of the prefilter over a text for all patterns at once, then the
//! exact place of the few that may stand there.

mod database;
mod locator;
mod prefilter;

pub(super) use database::{Database, Refused, ScanMemory, Source};
pub(super) use locator::{Locator, build};
pub(super) use prefilter::expression;

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
        "a", "b", "y", "o", "t", "f", "fool", "l", " ", " ", "\n", "-", "#", "@", "_", "1", "12", "9", "ŵ",
        "ŷ", "â", "ê", "σ", "é", "\u{302}", "😀", "字", ".", "(",
    ];

    /// What the prefilter does not report is never looked for, so it must report all that
    /// the exact pattern finds.
    #[test]
    fn the_prefilter_misses_nothing_that_the_exact_pattern_finds() {
        let hirs: Vec<_> = PATTERNS.iter().map(|p| parse_pattern(p).unwrap()).collect();
        let source = Source::new(hirs.iter().map(expression).collect(), []);
        let database = source.compile().ok().expect("all are fit for the engine");
        let exact: Vec<_> = hirs.iter().map(|h| build(std::slice::from_ref(h)).unwrap()).collect();
        let (mut memory, mut random) = (ScanMemory::default(), StdRng::seed_from_u64(20261122));
        let (mut found, mut tight) = (vec![0; PATTERNS.len()], 0);
        for _ in 0..20_000 {
            let length = random.random_range(0..14);
            let text: String = (0..length).filter_map(|_| LETTERS.choose(&mut random).copied()).collect();
            let mut may = vec![false; PATTERNS.len()];
            database.scan(&text, &mut memory, |i| may[i as usize] = true).unwrap();
            for (i, regex) in exact.iter().enumerate() {
                let is = regex.is_match(&text);
                assert!(may[i] || !is, "{} in {text:?}", PATTERNS[i]);
                found[i] += usize::from(is);
                tight += usize::from(is == may[i]);
            }
        }
        assert!(found.iter().all(|n| *n > 0), "each pattern was tried for real: {found:?}");
        assert!(tight > 20_000 * PATTERNS.len() * 9 / 10, "a loose prefilter would cost time: {tight}");
    }
}
