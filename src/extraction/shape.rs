//! What the numbers look like that prove themselves by a strong check: only such are worth putting together.

/// Whether a strong check may pass for `number`, small letters and digits.
pub(super) fn fits(number: &str) -> bool {
    let bytes = number.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let first = bytes.iter().take_while(|b| b.is_ascii_lowercase()).count();
    match (first, bytes.len()) {
        // NHS numbers and unique learner numbers; payment cards.
        (0, 10) => digits == 10,
        (0, length) => digits == length && is_card(bytes),
        (1, 13) => is_pupil_number(number),
        // National Insurance numbers.
        (2, 9) => digits == 6 && matches!(bytes.last(), Some(b'a'..=b'd')),
        // IBANs.
        (2, 15..=34) => digits >= 12 && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The lengths that schemes give out, each with its first digits (ISO/IEC 7812).
fn is_card(digits: &[u8]) -> bool {
    let first = digits.first().copied().unwrap_or(0);
    match digits.len() {
        13 => first == b'4',
        14 | 15 => first == b'3',
        16 => matches!(first, b'2'..=b'6'),
        17..=19 => matches!(first, b'4'..=b'6'),
        _ => false,
    }
}

/// Whether a text may hold such a number as they are usually written: whole, or in groups with a space or a hyphen
/// between.
pub(super) fn may_be_in(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_part = |b: &u8| b.is_ascii_alphanumeric();
    // Digits of the groups that follow each other so, and how many groups of two they are at last.
    let (mut digits, mut pairs, mut end) = (0, 0, usize::MAX);
    let mut at = 0;
    while let Some(start) = bytes.get(at..).and_then(|rest| Some(at + rest.iter().position(is_part)?)) {
        let length = bytes[start..].iter().position(|b| !is_part(b)).unwrap_or(bytes.len() - start);
        let group = &text[start..start + length];
        at = start + length;
        let figures = group.bytes().filter(u8::is_ascii_digit).count();
        let joins = start == end.saturating_add(1) && matches!(bytes[end], b' ' | b'-');
        if !joins || figures < length && length > 4 {
            (digits, pairs) = (0, 0);
        }
        (digits, end) = (digits + figures, at);
        pairs = if figures == 2 && length == 2 { pairs + 1 } else { 0 };
        if fits(group) || digits >= 10 && figures < 10 || pairs >= 3 {
            return true;
        }
        // A whole number begins nothing.
        if figures >= 10 {
            (digits, pairs) = (0, 0);
        }
    }
    false
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

    #[test]
    fn numbers_are_seen_in_a_text_as_they_are_written() {
        for text in [
            "is 943 476 5870.",
            "upn:c999123425001",
            "4111-1111-1111-1111",
            "ab 12 34 56 c",
            "gb82 west 1234 5698 7654 32",
        ] {
            assert!(may_be_in(text), "{text}");
        }
        for text in ["fri, 23 aug 2002 12:30:49 +0100", "<20020823123049.g7nchm@mail.example>"] {
            assert!(!may_be_in(text), "{text}");
        }
    }
}
