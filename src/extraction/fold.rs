//! What single characters outside ASCII become in the view.

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

/// The fate of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// Not seen by a reader: zero-width, direction controls, soft hyphen.
    Nothing,
    Space,
    /// This one character.
    One(char),
    /// May join with the character before it: a combining mark, a Hangul vowel.
    Joins,
    /// [`composed`] says what.
    Several,
}

pub(super) fn fold(c: char) -> Fold {
    match c {
        // The letters of most European languages, composed as they are usually written:
        // nothing of the general case below applies to them.
        'à'..='ÿ' | 'ß' | '£' => Fold::One(c),
        'À'..='Þ' if c != '×' => Fold::One(char::from(c as u8 + 0x20)),
        'ŵ' | 'ŷ' | 'ę' | 'ą' | 'ś' | 'ł' | 'ż' | 'ź' | 'ć' | 'ń' => Fold::One(c),
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' => Fold::One('\''),
        '\u{201c}'..='\u{201f}' => Fold::One('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Fold::One('-'),
        c if is_invisible(c) => Fold::Nothing,
        c if c.is_whitespace() => Fold::Space,
        c if c.is_control() => Fold::Nothing,
        c => match is_nfkc_quick(std::iter::once(c)) {
            IsNormalized::Yes if unicode_normalization::char::canonical_combining_class(c) != 0 => {
                Fold::Joins
            }
            IsNormalized::Yes => {
                let mut lower = c.to_lowercase();
                match (lower.next(), lower.next()) {
                    (Some(one), None) => Fold::One(one),
                    _ => Fold::Several,
                }
            }
            IsNormalized::Maybe => Fold::Joins,
            IsNormalized::No => Fold::Several,
        },
    }
}

/// NFKC and lower case of a few characters.
pub(super) fn composed(text: &str) -> String {
    let mut chars = text.chars();
    if let (Some(one), None) = (chars.next(), chars.next()) {
        let mut parts = 0;
        unicode_normalization::char::decompose_compatible(one, |_| parts += 1);
        // Far from a letter, and dear to compose.
        if parts > 5 {
            return text.to_owned();
        }
    }
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    // A few symbols stand for whole phrases or begin with a space; they stay as they are.
    if folded.chars().count() > text.chars().count() + 4 || folded.contains(char::is_whitespace) {
        return text.to_owned();
    }
    folded
}

/// Characters without width of their own (Default_Ignorable_Code_Point and kin), which can
/// split a word for a pattern but not for a reader.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        // Overlays that strike letters through.
        | '\u{335}'..='\u{337}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_fold_as_a_reader_takes_them() {
        assert_eq!(fold('’'), Fold::One('\''));
        assert_eq!(fold('–'), Fold::One('-'));
        assert_eq!(fold('É'), Fold::One('é'));
        assert_eq!(fold('ŵ'), Fold::One('ŵ'));
        assert_eq!((fold('×'), fold('Þ'), fold('Ŵ')), (Fold::One('×'), Fold::One('þ'), Fold::One('ŵ')));
        assert_eq!(fold('\u{a0}'), Fold::Space);
        assert_eq!(fold('\u{ad}'), Fold::Nothing);
        assert_eq!(fold('\u{301}'), Fold::Joins);
        assert_eq!(fold('ｉ'), Fold::Several);
        assert_eq!(composed("ﬁ"), "fi");
        assert_eq!(composed("Ｉ"), "i");
        assert_eq!(composed("e\u{301}"), "é");
        assert_eq!(composed("\u{fdfa}"), "\u{fdfa}");
    }
}
