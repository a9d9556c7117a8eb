//! NHS number and national insurance number.

use super::{all_same, digits, mod11, tail};

/// Ten digits, the last a check digit modulus 11 (NHS Data Dictionary, "NHS NUMBER").
pub(super) fn nhs_number(text: &str) -> Option<String> {
    let number = digits(text);
    let (first, last) = (number.get(..9)?, number.get(9..)?);
    let check = match mod11(first) {
        11 => 0,
        n => n,
    };
    (number.len() == 10 && check.to_string() == last && !all_same(&number)).then_some(number)
}

/// Two letters of an allocated prefix, six digits, a suffix A to D (HMRC manual NIM39110).
pub(super) fn nino(text: &str) -> Option<String> {
    let number = tail(text, 9)?;
    let mut bytes = number.bytes();
    let (first, second, last) = (bytes.next()?, bytes.next()?, bytes.next_back()?);
    let letters = first.is_ascii_lowercase() && second.is_ascii_lowercase();
    let prefix = letters && !b"dfiquv".contains(&first) && !b"dfioquv".contains(&second);
    let never = ["bg", "gb", "kn", "nk", "nt", "tn", "zz"];
    let fits = prefix && (b'a'..=b'd').contains(&last) && bytes.all(|b| b.is_ascii_digit());
    (fits && !never.iter().any(|p| number.starts_with(p))).then_some(number)
}
