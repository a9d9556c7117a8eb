//! Dates of birth in the forms that people write.

use chrono::NaiveDate;

/// The first three letters tell the months apart, in English and in Welsh; where several
/// Welsh months share them, more do.
const MONTHS: &[(&str, u32)] = &[
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
    ("ion", 1),
    ("chwe", 2),
    ("maw", 3),
    ("ebr", 4),
    ("mai", 5),
    ("meh", 6),
    ("gor", 7),
    ("aws", 8),
    ("med", 9),
    ("hyd", 10),
    ("tach", 11),
    ("rha", 12),
];

/// Older than anyone a school writes about.
const EARLIEST: i32 = 1900;

/// A date that exists and on which someone alive can have been born, as `2014-04-03`.
/// `today` is the day of the message.
pub(super) fn birth_date(text: &str, today: Option<NaiveDate>) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    // A pattern may take words in before the date, so the date is the last one there is.
    let date = (0..words.len()).rev().find_map(|at| date(words.get(at..)?, today))?;
    let late = today.is_some_and(|t| date > t) || date.format("%Y").to_string().as_str() > "2100";
    (!late && date >= NaiveDate::from_ymd_opt(EARLIEST, 1, 1)?).then(|| date.to_string())
}

/// A date at the beginning of `words`: day month year, year month day, or month day year
/// with the month's name.
fn date(words: &[&str], today: Option<NaiveDate>) -> Option<NaiveDate> {
    let words: Vec<&str> = words.iter().copied().filter(|w| !matches!(*w, "of" | "o")).take(3).collect();
    let [first, second, third] = words.as_slice() else { return None };
    let (day, month, year) = match (number(first), number(second), number(third)) {
        (Some(year), Some(month), Some(day)) if first.len() == 4 => (day, month, i32::try_from(year).ok()?),
        (Some(day), Some(month), Some(_)) => (day, month, self::year(third, today)?),
        (Some(day), None, Some(_)) => (day, month_named(second)?, self::year(third, today)?),
        (None, Some(day), Some(_)) => (day, month_named(first)?, self::year(third, today)?),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month, day)
}

/// `3`, `03`, `3rd`, `3ydd`.
fn number(word: &str) -> Option<u32> {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    let ordinal = ["", "st", "nd", "rd", "th", "af", "il", "ydd", "fed", "ed", "eg", "ain"].contains(&rest);
    (ordinal && digits.len() <= 4).then(|| digits.parse().ok())?
}

fn month_named(word: &str) -> Option<u32> {
    MONTHS.iter().find(|(name, _)| word.starts_with(name)).map(|(_, month)| *month)
}

/// Four digits, or two that lie in the past hundred years.
fn year(word: &str, today: Option<NaiveDate>) -> Option<i32> {
    let year: i32 = word.parse().ok()?;
    let this = today.map_or(2026, |t| t.format("%Y").to_string().parse().unwrap_or(2026));
    match word.len() {
        4 => Some(year),
        2 if year <= this % 100 => Some(this - this % 100 + year),
        2 => Some(this - this % 100 - 100 + year),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_people_write() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22);
        for text in [
            "3/4/2014",
            "03.04.14",
            "dob 3-4-2014",
            "2014-04-03",
            "3 april 2014",
            "3rd of apr 2014",
            "april 3rd, 2014",
            "d.o.b.: 3ydd o ebrill 2014",
            "born on 3 april 2014",
        ] {
            assert_eq!(birth_date(text, today).as_deref(), Some("2014-04-03"), "{text}");
        }
        assert_eq!(birth_date("1.2.58", today).as_deref(), Some("1958-02-01"));
    }

    #[test]
    fn what_cannot_be_a_birthday_is_none() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22);
        for text in
            ["31/2/2014", "3/13/2014", "3/4/1814", "23/11/2026", "3/4", "2014", "3 foo 2014", "99999999"]
        {
            assert_eq!(birth_date(text, today), None, "{text}");
        }
    }
}
