//! Which letters a character may stand for.

use crate::extraction::taken_for;
use unicode_normalization::char::is_combining_mark;

/// What all characters that may stand for the same letter have in common, as a letter; `i` and `l` are one. `None` for what stands for
/// none, or for any.
pub(super) fn class(c: char) -> Option<u8> {
    Some(match c {
        'i' | 'l' | '1' | '!' | '|' | '¡' => b'l',
        'a'..='z' => c as u8,
        '0' => b'o',
        '2' => b'z',
        '3' | '€' | '£' => b'e',
        '4' | '@' => b'a',
        '5' | '$' => b's',
        '6' | '9' => b'g',
        '7' | '+' => b't',
        '8' => b'b',
        '¢' | '©' => b'c',
        c if c.is_ascii() => return None,
        c => match taken_for(c)? {
            'i' => b'l',
            letter => letter as u8,
        },
    })
}

/// Whether a reader may take the character for this letter of a word.
pub(super) fn fits(c: char, letter: char) -> bool {
    c == letter || !c.is_ascii_lowercase() && class(c).is_some_and(|own| class(letter) == Some(own))
}

/// A letter without its marks.
pub(super) fn bare(c: char) -> char {
    if c.is_ascii() { c } else { taken_for(c).unwrap_or(c) }
}

/// A sign that hides any letter.
pub(super) fn is_mask(c: char) -> bool {
    matches!(c, '*' | '#' | '•' | '●' | '■' | '█')
}

/// A digit or sign that stands for a letter.
pub(super) fn is_sign(c: char) -> bool {
    !c.is_alphabetic() && class(c).is_some()
}

/// A letter of the alphabets that schools write, with its usual marks: no disguise by itself.
pub(super) fn is_usual(c: char) -> bool {
    matches!(c, 'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | 'ŵ' | 'ŷ' | 'ẁ' | 'ẃ' | 'ẅ' | 'ỳ' | 'ą' | 'ć' | 'ę' | 'ł' | 'ń' | 'ś' | 'ź' | 'ż' | 'č' | 'š' | 'ž' | 'ı' | 'ş' | 'ğ' | 'ă' | 'ţ' | 'ț' | 'ș')
}

/// A letter of another alphabet than the Latin one.
pub(super) fn is_foreign(c: char) -> bool {
    let is_latin = matches!(u32::from(c), 0..0x370 | 0x1d00..0x1f00 | 0x2c60..0x2c80 | 0xa720..0xa800 | 0xab30..0xab70 | 0xff00..);
    c.is_alphabetic() && !is_latin
}

/// A letter, digit or anything that is taken for a letter: an atom of what is written apart.
pub(super) fn is_atom(c: char) -> bool {
    c.is_alphanumeric() || taken_for(c).is_some()
}

/// A mark that stands on the letter before it.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && is_combining_mark(c)
}
