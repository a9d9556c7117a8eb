//! Unique pupil number and unique learner number.

use super::{digits, mod11, tail};

/// The letters of a check sum modulus 23: I, O and S would be misread.
const LETTERS: &str = "abcdefghjklmnpqrtuvwxyz";

/// A check letter, then twelve characters: local authority, school, year and serial number
/// (DfE, "Unique pupil numbers: a guide for schools"). A temporary number ends in a letter,
/// which counts with its place among the letters.
pub(super) fn upn(text: &str) -> Option<String> {
    let number = tail(text, 13)?;
    let letter = number.chars().next()?;
    let mut sum = 0;
    for (c, weight) in number.chars().skip(1).zip(2..) {
        let value = match c.to_digit(10) {
            Some(digit) => digit as usize,
            None if weight == 13 => LETTERS.find(c)?,
            None => return None,
        };
        sum += value * weight;
    }
    // Local authorities are numbered from 201; 000 to 200 were never given out.
    let authority: u32 = number.get(1..4)?.parse().ok()?;
    (LETTERS.find(letter)? == sum % 23 && authority > 200).then_some(number)
}

/// Ten digits, the last a check digit modulus 11 (Learning Records Service). A remainder of
/// nought gives no number; 9999999999 stands for "none".
pub(super) fn uln(text: &str) -> Option<String> {
    let number = digits(text);
    let (first, last) = (number.get(..9)?, number.get(9..)?);
    let check = mod11(first).checked_sub(1)?;
    let fits = number.len() == 10 && check < 10 && check.to_string() == last;
    (fits && !number.starts_with('0') && number != "9999999999").then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_pupil_number_counts_its_last_letter() {
        // 801 2000 05 00 by weights 2 to 12 is 93, and R, the sixteenth letter, is 15 times 13.
        let body = "80120000500";
        let sum: usize = body.bytes().zip(2..).map(|(b, w)| usize::from(b - b'0') * w).sum();
        let letter = LETTERS.chars().nth((sum + 15 * 13) % 23).unwrap();
        assert!(upn(&format!("{letter}{body}r")).is_some());
        assert!(upn(&format!("{letter}{body}t")).is_none());
        assert!(upn(&format!("{letter}{body}s")).is_none(), "S is no letter of the scheme");
    }

    #[test]
    fn a_learner_number_has_its_own_remainder() {
        // 1 to 9 by 10 to 2 is 210, modulus 11 is 1: the check digit is 9.
        assert!(uln("1234567899").is_some());
        assert!(uln("1234567890").is_none());
        assert!(uln("9999999999").is_none());
    }
}
