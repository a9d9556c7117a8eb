//! What the numbers look like that prove themselves by a strong check: only such are worth putting together.

/// Whether a strong check may pass for `number`, small letters and digits.
pub(super) fn fits(number: &str) -> bool {
    let bytes = number.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let first = bytes.iter().take_while(|b| b.is_ascii_lowercase()).count();
    match (first, bytes.len()) {
        // NHS numbers and unique learner numbers; payment cards.
        (0, 10 | 13..=19) => digits == bytes.len(),
        (1, 13) => is_pupil_number(number),
        // National Insurance numbers.
        (2, 9) => digits == 6 && matches!(bytes.last(), Some(b'a'..=b'd')),
        // IBANs.
        (2, 15..=34) => digits >= 12 && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Whether it may be a unique pupil number: a letter, eleven digits, a digit or a letter; authorities are numbered
/// from 201.
pub(super) fn is_pupil_number(number: &str) -> bool {
    let letter = |b: &u8| b.is_ascii_lowercase() && !matches!(b, b'i' | b'o' | b's');
    match number.as_bytes() {
        [first, digits @ .., last] if number.len() == 13 => {
            letter(first)
                && digits.iter().all(u8::is_ascii_digit)
                && (last.is_ascii_digit() || letter(last))
                && digits.get(..3).is_some_and(|authority| authority > b"200".as_slice())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_check_may_pass_fits() {
        for number in [
            "9434765870",
            "4111111111111111",
            "c999123425001",
            "c99912342500a",
            "ab123456c",
            "gb82west12345698765432",
        ] {
            assert!(fits(number), "{number}");
        }
        for number in
            ["01632960123", "20021012", "c099123425001", "i999123425001", "c9991234250011", "ab123456x", ""]
        {
            assert!(!fits(number), "{number}");
        }
    }
}
