//! Characters that a reader takes for a Latin letter: the confusables of Unicode's UTS 39, letters with marks and strokes,
//! and letters that are only smaller, turned or framed. One table, made when it is first asked.

use std::{collections::HashMap, sync::LazyLock};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_security::confusable_detection::skeleton;

/// How sure a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alike {
    /// No letter.
    Not,
    /// Of another alphabet, and drawn like the Latin one.
    Drawn(u8),
    /// The Latin one with a mark or a stroke, or in another form.
    Formed(u8),
}

/// Characters of these ranges are drawn like no Latin letter, and are most of all there are.
const OTHERS: [(u32, u32); 4] = [(0x3400, 0xa000), (0xac00, 0xd800), (0xe000, 0xf900), (0x1_2000, 0x1_d400)];
const END: u32 = 0x1_f200;

static TABLE: LazyLock<Vec<Alike>> = LazyLock::new(table);

/// The Latin letter that a letter of another alphabet is drawn like; the capitals beside the
/// small ones. Who mixes them writes a word that a reader sees and a pattern does not.
pub fn drawn_like(c: char) -> Option<char> {
    match of(c) {
        // Letters of their own in Turkish words and names.
        Alike::Drawn(_) if c == 'ı' => None,
        Alike::Drawn(letter) => Some(char::from(letter)),
        Alike::Formed(_) | Alike::Not => None,
    }
}

/// The Latin letter that a reader who does not look closely takes a character for.
pub fn taken_for(c: char) -> Option<char> {
    match of(c) {
        Alike::Drawn(letter) | Alike::Formed(letter) => Some(char::from(letter)),
        Alike::Not => None,
    }
}

fn of(c: char) -> Alike {
    match u32::from(c) {
        0..=0x7f => Alike::Not,
        code => TABLE.get(code as usize).copied().unwrap_or(Alike::Not),
    }
}

/// Letters drawn alike that UTS 39 leaves out or takes for `l`.
const DRAWN: &str = "кkκkꓲi";
/// Small capitals, turned letters, and small letters drawn like Latin capitals, which UTS 39 holds to be no danger.
const FORMS: &str = "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzɐaɔcǝeɟfɥhᴉiʞkɯmɹrʇtʌvʍwʎyвbнhтtмm";

fn table() -> Vec<Alike> {
    // What the skeleton of a letter is, its own: `I` and `l` have the same.
    let mut letters = HashMap::new();
    for letter in ('a'..='z').chain('A'..='Z') {
        let own: String = skeleton(letter.encode_utf8(&mut [0; 4])).collect();
        letters.entry(own).or_insert(letter.to_ascii_lowercase() as u8);
    }
    let mut table = vec![Alike::Not; END as usize];
    for code in 0x80..END {
        if OTHERS.iter().any(|(from, to)| (*from..*to).contains(&code)) {
            continue;
        }
        let Some(c) = char::from_u32(code).filter(|c| !is_combining_mark(*c)) else { continue };
        if let Some(entry) = table.get_mut(code as usize) {
            *entry = alike(c, &letters);
        }
    }
    let mut set = |list: &str, alike: fn(u8) -> Alike| {
        let mut chars = list.chars();
        while let (Some(c), Some(letter)) = (chars.next(), chars.next()) {
            if let Some(entry) = table.get_mut(c as usize)
                && !matches!(entry, Alike::Drawn(known) if *known == letter as u8)
            {
                *entry = alike(letter as u8);
            }
        }
    };
    set(DRAWN, Alike::Drawn);
    set(FORMS, Alike::Formed);
    table
}

fn alike(c: char, letters: &HashMap<String, u8>) -> Alike {
    let code = u32::from(c);
    // Letters in circles and squares, and the halves of flags.
    for first in [0x24b6, 0x24d0, 0x1_f110, 0x1_f130, 0x1_f150, 0x1_f170, 0x1_f1e6] {
        if (first..first + 26).contains(&code) {
            return Alike::Formed(b'a' + (code - first) as u8);
        }
    }
    if !c.is_alphabetic() {
        return Alike::Not;
    }
    let found = |c: char| {
        let drawn: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
        let base = drawn.trim_end_matches(is_combining_mark);
        let letter = letters.get(base).copied()?;
        Some(if base.len() == drawn.len() { Alike::Drawn(letter) } else { Alike::Formed(letter) })
    };
    // A capital that is drawn like `l` is that of a small letter drawn like `i`.
    let small = c.to_lowercase().next().filter(|small| *small != c).and_then(found);
    match (found(c), small) {
        (Some(Alike::Drawn(b'l')), Some(Alike::Drawn(b'i'))) => Alike::Drawn(b'i'),
        (Some(alike), _) | (None, Some(alike)) => alike,
        (None, None) => {
            let base = std::iter::once(c).nfd().next().filter(char::is_ascii_alphabetic);
            base.map_or(Alike::Not, |base| Alike::Formed(base.to_ascii_lowercase() as u8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_known_by_how_they_are_drawn() {
        for (c, letter) in [
            ('о', 'o'),
            ('А', 'a'),
            ('І', 'i'),
            ('і', 'i'),
            ('Ι', 'i'),
            ('Ꭺ', 'a'),
            ('ꓳ', 'o'),
            ('ⲟ', 'o'),
            ('ɩ', 'i'),
            ('օ', 'o'),
            ('ɡ', 'g'),
            ('Ԛ', 'q'),
        ] {
            assert_eq!(drawn_like(c), Some(letter), "{c}");
        }
        for c in ['o', 'ж', 'ı', 'ŵ', 'ø', 'ß', 'æ', '字', '٠', '-', '×'] {
            assert_eq!(drawn_like(c), None, "{c}");
        }
    }

    /// Cyrillic, Greek, Armenian, Cherokee and Lisu letters, each before its Latin one.
    const ALIKE: &str = "аaАaαaΑaВbΒbсcСcϲcԁdԀdеeЕeΕeһhҺhНhΗhհhіiІiιiΙiјjЈjкkКkκkΚkМmΜmΝnոnоoОoοoΟoօoрpРpρpΡpԛqԚqѕsЅsТtΤtυuսuνvѵvԝwԜwхxХxΧxуyУyΥyΖzӀlӏlᎪaꓮaᏴbꓐbᏟcꓚcᎠdꓓdᎬeꓰeꓝfᏀgꓖgᎻhꓧhꓲiᎫjꓙjᏦkꓗkᏞlꓡlᎷmꓟmꓠnꓳoᏢpꓑpᏒrꓣrᏚsꓢsᎢtꓔtꓴuᏙvꓦvᎳwꓪwꓫxꓬyᏃzꓜz";

    #[test]
    fn letters_of_other_alphabets_are_known() {
        let chars: Vec<char> = ALIKE.chars().collect();
        let wrong = chars.chunks(2).filter(|pair| drawn_like(pair[0]) != Some(pair[1])).collect::<Vec<_>>();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn marks_strokes_and_forms_are_looked_past() {
        for (c, letter) in [
            ('ŵ', 'w'),
            ('í', 'i'),
            ('ị', 'i'),
            ('ø', 'o'),
            ('đ', 'd'),
            ('ı', 'i'),
            ('ᴅ', 'd'),
            ('ʇ', 't'),
            ('🇮', 'i'),
            ('🅃', 't'),
            ('а', 'a'),
        ] {
            assert_eq!(taken_for(c), Some(letter), "{c}");
        }
        for c in ['o', 'ж', 'æ', '字', '\u{301}', '!', '😀'] {
            assert_eq!(taken_for(c), None, "{c}");
        }
    }
}
