//! UK telephone numbers and postcodes.

use super::{all_same, digits, tail};

/// A number of the national telephone numbering plan that can be a person's or a place's
/// (Ofcom): geographic, 03, mobile and personal. Freephone and premium numbers are no
/// personal data. In one spelling, with the leading nought.
pub(super) fn phone(text: &str) -> Option<String> {
    let number = digits(text);
    let abroad = ["0044", "44"].iter().find_map(|p| number.strip_prefix(p));
    let national = match abroad {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => number,
    };
    let length = national.len();
    let fits = match national.as_bytes() {
        [b'0', b'1', b'1'..=b'9', ..] => length == 11 || length == 10,
        [b'0', b'2', b'0' | b'3' | b'4' | b'8' | b'9', ..] => length == 11,
        [b'0', b'3', b'0' | b'3' | b'4' | b'7', ..] => length == 11,
        [b'0', b'7', b'0' | b'1'..=b'5' | b'7'..=b'9', ..] => length == 11,
        _ => false,
    };
    (fits && !all_same(national.get(3..)?)).then_some(national)
}

/// The shape of BS 7666: which letters may stand where. Not whether it was given out.
pub(super) fn postcode(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    // The outward part has two to four characters; a pattern may take words in before it.
    let sizes = if compact.len() <= 7 { compact.len()..=compact.len() } else { 5..=7 };
    sizes.rev().filter_map(|size| tail(text, size)).find(|code| is_postcode(code))
}

fn is_postcode(code: &str) -> bool {
    if code == "gir0aa" {
        return true;
    }
    let Some((outward, inward)) = code.len().checked_sub(3).and_then(|at| code.split_at_checked(at)) else {
        return false;
    };
    let last = |b: u8| b.is_ascii_lowercase() && !b"cikmov".contains(&b);
    let inward = matches!(inward.as_bytes(), [d, a, b] if d.is_ascii_digit() && last(*a) && last(*b));
    let first = |b: u8| b.is_ascii_lowercase() && !b"qvx".contains(&b);
    let second = |b: u8| b.is_ascii_lowercase() && !b"ijz".contains(&b);
    let digit = |b: u8| b.is_ascii_digit();
    inward
        && match *outward.as_bytes() {
            [a, n] => first(a) && digit(n),
            [a, n, m] if digit(n) => first(a) && (digit(m) || b"abcdefghjkpstuw".contains(&m)),
            [a, b, n] => first(a) && second(b) && digit(n),
            [a, b, n, m] => first(a) && second(b) && digit(n) && (digit(m) || b"abehmnprvwxy".contains(&m)),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_reach_a_person_are_told_from_service_numbers() {
        for good in ["07700 900123", "020 7946 0123", "01632 960 123", "+44 29 2018 0123", "0303 123 1113"] {
            assert!(phone(good).is_some(), "{good}");
        }
        for bad in [
            "0800 1111",
            "0800 123 4567",
            "999",
            "07777777777",
            "0600 123 4567",
            "12345678901",
            "2026 1122 334",
        ] {
            assert!(phone(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_postcode_may_stand_behind_its_address() {
        assert_eq!(postcode("4 high street, ne69 7aw").as_deref(), Some("ne697aw"));
    }
}
