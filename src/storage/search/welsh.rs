//! Welsh initial mutations: which radicals a word may be a form of, and where to look for them.
//!
//! `plant`, `blant`, `phlant` and `mhlant` are one word. Which mutation a form shows cannot be told
//! without a lexicon (`fam` is `mam` or `bam`), so a form stands for all its possible radicals, in
//! text and in question alike: two forms meet when they share one. Only where the text may be
//! Welsh, or English `bat` would be found for `pat`.

/// The undone mutations: what stands in the text, what may stand in the dictionary, and what must
/// not follow, since it is another letter of the Welsh alphabet (`ff` is no `f`).
/// Soft, nasal, aspirate; longer letters first.
const UNDONE: &[(&str, &[&str], &str)] = &[
    ("ngh", &["c"], ""),
    ("ng", &["g"], "h"),
    ("mh", &["p"], ""),
    ("nh", &["t"], ""),
    ("ph", &["p"], ""),
    ("th", &["t"], ""),
    ("ch", &["c"], ""),
    ("dd", &["d"], ""),
    ("b", &["p"], ""),
    ("d", &["t"], "d"),
    ("g", &["c"], ""),
    ("f", &["b", "m"], "f"),
    ("l", &["ll", "gl"], "l"),
    ("r", &["rh", "gr"], "h"),
    ("m", &["b"], "h"),
    ("n", &["d"], "hg"),
];
const VOWELS: [char; 7] = ['a', 'e', 'i', 'o', 'u', 'w', 'y'];

/// The word itself and every radical that it may be a mutated form of.
pub(super) fn radicals(word: &str) -> Vec<String> {
    let mut out = vec![word.to_owned()];
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return out;
    }
    let undone = UNDONE.iter().find_map(|(form, radicals, not_before)| {
        let rest = word.strip_prefix(form)?;
        (!rest.is_empty() && !rest.starts_with(|c| not_before.contains(c))).then_some((rest, *radicals))
    });
    if let Some((rest, radicals)) = undone {
        out.extend(radicals.iter().map(|radical| format!("{radical}{rest}")));
    }
    // The soft mutation of g is nothing; a vowel may stand behind an h of its own (`ei hafal`).
    if word.starts_with(VOWELS) {
        out.push(format!("g{word}"));
    }
    if let Some(rest) = word.strip_prefix('h').filter(|rest| rest.starts_with(VOWELS)) {
        out.push(rest.to_owned());
    }
    out
}

/// Little words that only one of the two languages has.
const WELSH: [&str; 44] = [
    "yr", "yn", "ac", "mae", "wedi", "eich", "ein", "gyda", "gan", "ar", "bydd", "nid", "oes", "sydd", "ond",
    "hefyd", "neu", "fel", "dros", "rydym", "rwy", "bod", "fod", "nhw", "eu", "ei", "fy", "dy", "hyn", "hwn",
    "iawn", "diolch", "os", "pan", "byddwn", "cael", "gael", "roedd", "yw", "ydy", "heb", "chi", "ni",
    "annwyl",
];
const ENGLISH: [&str; 36] = [
    "the", "and", "is", "was", "are", "were", "of", "to", "for", "with", "that", "this", "have", "has",
    "will", "you", "your", "we", "our", "from", "be", "it", "not", "he", "she", "his", "her", "they",
    "please", "on", "at", "but", "been", "can", "there", "dear",
];

/// Counts the little words of a stretch of text.
#[derive(Default)]
pub(super) struct Tongue {
    welsh: u32,
    english: u32,
}

impl Tongue {
    pub(super) fn hear(&mut self, word: &str) {
        self.welsh += u32::from(WELSH.contains(&word));
        self.english += u32::from(ENGLISH.contains(&word));
    }

    /// A line without little words, such as a subject, may be either.
    pub(super) fn may_be_welsh(&self) -> bool {
        self.welsh >= self.english
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(one: &str, other: &str) -> bool {
        let radicals_of_other = radicals(other);
        radicals(one).iter().any(|r| radicals_of_other.contains(r))
    }

    /// Every mutation of the grammar, soft, nasal, aspirate and the h before vowels.
    #[test]
    fn all_forms_of_a_word_meet() {
        for forms in [
            &["plant", "blant", "mhlant", "phlant"][..],
            &["tad", "dad", "nhad", "thad"],
            &["cath", "gath", "nghath", "chath"],
            &["bachgen", "fachgen", "machgen"],
            &["dosbarth", "ddosbarth", "nosbarth"],
            &["gardd", "ardd", "ngardd"],
            &["gwaith", "waith", "ngwaith"],
            &["glaw", "law"],
            &["gris", "ris"],
            &["mam", "fam"],
            &["llyfr", "lyfr"],
            &["rhieni", "rieni"],
            &["ysgol", "hysgol"],
            &["athro", "hathro"],
            &["caerdydd", "gaerdydd", "nghaerdydd", "chaerdydd"],
        ] {
            for (one, other) in forms.iter().flat_map(|a| forms.iter().map(move |b| (a, b))) {
                assert!(meet(one, other), "{one} {other}");
            }
        }
    }

    #[test]
    fn other_words_stay_apart() {
        for (one, other) in [
            ("plant", "chant"),
            ("ffair", "bair"),
            ("ffair", "mair"),
            ("llan", "glan"),
            ("thad", "dda"),
            ("ddim", "tim"),
            ("rhan", "gran"),
            ("pen", "ten"),
            ("cadw", "dadw"),
        ] {
            assert!(!meet(one, other), "{one} {other}: {:?} {:?}", radicals(one), radicals(other));
        }
        assert_eq!(radicals("yn"), ["yn"]);
        assert_eq!(radicals("7b2"), ["7b2"]);
    }

    #[test]
    fn english_text_is_known_by_its_little_words() {
        let hear = |text: &str| {
            let mut tongue = Tongue::default();
            text.split(' ').for_each(|w| tongue.hear(w));
            tongue.may_be_welsh()
        };
        assert!(!hear("the bat and the ball are in the hall"));
        assert!(hear("mae eich plant yn hapus iawn"));
        assert!(hear("trip list"));
    }
}
