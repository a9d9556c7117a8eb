//! Payment cards, IBAN and sort codes.

use super::{all_same, digits, tail};

/// Luhn (ISO/IEC 7812-1) with a length and prefix that a scheme has given out.
pub(super) fn payment_card(text: &str) -> Option<String> {
    let number = digits(text);
    let prefix = |n: usize| number.get(..n).and_then(|p| p.parse::<u32>().ok()).unwrap_or(0);
    let scheme = match number.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 36 | 38 | 39) || (300..=305).contains(&prefix(3)),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || (51..=55).contains(&prefix(2))
                || (2221..=2720).contains(&prefix(4))
                || (3528..=3589).contains(&prefix(4))
                || matches!(prefix(2), 50 | 56..=58 | 60..=69)
        }
        17..=19 => prefix(1) == 4 || matches!(prefix(2), 50 | 56..=58 | 60..=69),
        _ => false,
    };
    let sum: u32 = number.bytes().rev().zip(0u32..).map(|(b, i)| luhn(u32::from(b - b'0'), i)).sum();
    (scheme && sum.is_multiple_of(10) && !all_same(&number)).then_some(number)
}

fn luhn(digit: u32, place: u32) -> u32 {
    match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    }
}

/// Country and length of its IBAN (SWIFT IBAN registry).
const LENGTHS: &[(&str, usize)] = &[
    ("ad", 24),
    ("ae", 23),
    ("at", 20),
    ("ba", 20),
    ("be", 16),
    ("bg", 22),
    ("bh", 22),
    ("br", 29),
    ("ch", 21),
    ("cr", 22),
    ("cy", 28),
    ("cz", 24),
    ("de", 22),
    ("dk", 18),
    ("ee", 20),
    ("es", 24),
    ("fi", 18),
    ("fo", 18),
    ("fr", 27),
    ("gb", 22),
    ("ge", 22),
    ("gg", 22),
    ("gi", 23),
    ("gl", 18),
    ("gr", 27),
    ("hr", 21),
    ("hu", 28),
    ("ie", 22),
    ("il", 23),
    ("im", 22),
    ("is", 26),
    ("it", 27),
    ("je", 22),
    ("jo", 30),
    ("kw", 30),
    ("lb", 28),
    ("li", 21),
    ("lt", 20),
    ("lu", 20),
    ("lv", 21),
    ("mc", 27),
    ("md", 24),
    ("me", 22),
    ("mk", 19),
    ("mt", 31),
    ("nl", 18),
    ("no", 15),
    ("pk", 24),
    ("pl", 28),
    ("pt", 25),
    ("qa", 29),
    ("ro", 24),
    ("rs", 22),
    ("sa", 24),
    ("se", 24),
    ("si", 19),
    ("sk", 24),
    ("sm", 27),
    ("tn", 24),
    ("tr", 26),
    ("ua", 29),
    ("xk", 20),
];

/// ISO 13616: the country's length, and the whole modulus 97 is 1.
pub(super) fn iban(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let country = compact.get(..2)?;
    let (_, length) = LENGTHS.iter().find(|(c, _)| *c == country)?;
    let number = compact.get(..*length).filter(|n| n.len() == compact.len())?;
    let (head, rest) = number.split_at(4);
    let mut remainder = 0;
    for value in rest.chars().chain(head.chars()).map(|c| c.to_digit(36)) {
        let value = value?;
        remainder = (remainder * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    (remainder == 1).then(|| number.to_owned())
}

/// Six digits; no bank begins with 00. There is no check digit without the account.
pub(super) fn sort_code(text: &str) -> Option<String> {
    let number = tail(text, 6)?;
    let fits = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with("00") && !all_same(&number);
    fits.then_some(number)
}
