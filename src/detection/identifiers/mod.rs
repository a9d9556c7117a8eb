//! Numbers that prove themselves: check digits, allocated prefixes, dates that can exist.
//! A check alone is weak (one in eleven random numbers passes the NHS number's), so rules
//! ask for context beside it.

mod bank;
mod date;
mod national;
mod place;
mod school;

use crate::ruleset::Check;
use chrono::NaiveDate;

/// The value in one spelling when the matched text passes the check, so that two spellings
/// of one number count once. `text` is from the view: lower case. `today` bounds birth dates.
pub(crate) fn canonical(check: Check, text: &str, today: Option<NaiveDate>) -> Option<String> {
    match check {
        Check::NhsNumber => national::nhs_number(text),
        Check::Nino => national::nino(text),
        Check::Upn => school::upn(text),
        Check::Uln => school::uln(text),
        Check::PaymentCard => bank::payment_card(text),
        Check::Iban => bank::iban(text),
        Check::SortCode => bank::sort_code(text),
        Check::UkPhone => place::phone(text),
        Check::Postcode => place::postcode(text),
        Check::BirthDate => date::birth_date(text, today),
    }
}

/// All ASCII digits of the text. A pattern may take words in with the number.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The last `length` letters and digits of the text, without what divides them.
fn tail(text: &str, length: usize) -> Option<String> {
    let compact: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let start = compact.len().checked_sub(length)?;
    compact.get(start..).map(|tail| tail.iter().collect())
}

/// `11 - (sum of digits times 10, 9, .. 2) mod 11`, the scheme of NHS number and ULN.
fn mod11(first_nine: &str) -> u32 {
    let sum: u32 = first_nine.bytes().zip((2..=10).rev()).map(|(b, w)| u32::from(b - b'0') * w).sum();
    11 - sum % 11
}

fn all_same(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    bytes.all(|b| Some(b) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Verdicts of public validators' own tests (python-stdnum, presidio, hmrc/domain,
    /// ideal-postcodes) and published examples; none is known to belong to a person.
    #[test]
    fn public_examples_get_the_verdict_that_others_give() {
        let cases: &[(Check, &[&str], &[&str])] = &[
            (
                Check::NhsNumber,
                &["401-023-2137", "221 395 1837", "0032698674", "943-476-5870", "9434765870", "7428721474"],
                &["401-023-2138", "9434765871", "7428721471", "123456789", "12345678901", "2222222222"],
            ),
            (
                Check::Nino,
                &[
                    "aa 12 34 56 b",
                    "hh 01 02 03 d",
                    "tw987654a",
                    "nino: pr 123612c",
                    "ab123456c",
                    "cs100700a",
                ],
                &[
                    "aa 12 34 56 h",
                    "fq 00 00 00 c",
                    "bg123612a",
                    "nt 99 88 77 a",
                    "zz123456c",
                    "ao123456c",
                    "df123456c",
                ],
            ),
            (Check::Upn, &["b801200005001"], &["a801200005001", "x80120000a001", "e000200005001"]),
            (
                Check::Postcode,
                &[
                    "m1 1aa", "m60 1nw", "w1a 1hq", "cr2 6xh", "dn55 1pt", "ec1a 1bb", "gir 0aa", "m11aa",
                    "ne69 7aw",
                ],
                &["qa1 1aa", "va1 1aa", "xa1 1aa", "m1 1ca", "m1 1ai", "1a1 1aa", "eh1 js", "12fssd"],
            ),
            (
                Check::Iban,
                &["gb82 west 1234 5698 7654 32", "de89370400440532013000"],
                &["gb82 west 1234 5698 7654 33", "gb82 west 1234 5698 7654", "zz82 west 1234 5698 7654 32"],
            ),
            (
                Check::PaymentCard,
                &["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"],
                &["4111 1111 1111 1112", "1111 1111 1111 1117", "4444444444444", "0000 0000 0000 0000"],
            ),
        ];
        for (check, good, bad) in cases {
            for text in *good {
                assert!(canonical(*check, text, None).is_some(), "{check:?} {text}");
            }
            for text in *bad {
                assert!(canonical(*check, text, None).is_none(), "{check:?} {text}");
            }
        }
    }

    #[test]
    fn spellings_of_one_value_are_one() {
        let same = |check, a: &str, b: &str| {
            let (a, b) = (canonical(check, a, None), canonical(check, b, None));
            assert!(a.is_some() && a == b, "{a:?} {b:?}");
        };
        same(Check::NhsNumber, "943 476 5870", "nhs: 943-476-5870");
        same(Check::UkPhone, "+44 (0)1632 960 123", "01632 960123");
        same(Check::UkPhone, "0044 7700 900123", "07700-900-123");
        same(Check::BirthDate, "dob: 3/4/2014", "3rd of april 2014");
        same(Check::Postcode, "ne69 7aw", "ne697aw");
    }

    /// What one check digit is worth: this is why rules ask for context.
    #[test]
    fn a_tenth_of_random_numbers_passes_a_check_digit() {
        let share = |check| {
            let tried = (0..20_000u64).map(|i| 1_000_000_000 + i * 104_729 * 3);
            tried.filter(|n| canonical(check, &format!("{n:010}"), None).is_some()).count() as f64 / 20_000.0
        };
        assert!((0.08..0.10).contains(&share(Check::NhsNumber)));
        assert!((0.08..0.10).contains(&share(Check::Uln)));
    }
}
