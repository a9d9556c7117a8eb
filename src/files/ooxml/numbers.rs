//! Numbers as spreadsheets show them (ECMA-376 part 1, section 18.8.30), as far as dates and leading noughts go.

use super::number_text;

/// A number as its format shows it, as far as dates and leading noughts go.
pub(in crate::files) fn shown_number(number: f64, code: &str) -> String {
    let first = code.split(';').next().unwrap_or_default();
    if is_date(first) {
        if let Some(date) = shown_date(number, first) {
            return date;
        }
    } else if let Some(padded) = padded(number, first) {
        return padded;
    }
    let plain = plain(number);
    // Words in the format, where it has letters of its own.
    let has_letters = code.bytes().any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    match has_letters.then(|| number_text::number(number, &plain, code)).flatten() {
        Some(shown) if shown.hides_value => format!("{} {plain}", shown.text),
        Some(shown) => shown.text,
        None => plain,
    }
}

/// Fifteen digits, as spreadsheets show them; most numbers have fewer.
fn plain(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).to_string();
    }
    let shortest = number.to_string();
    let small = number.abs() < 1e-3;
    if !small && shortest.bytes().filter(u8::is_ascii_digit).count() <= 15 {
        return shortest;
    }
    let text = format!("{number:.15}");
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    let plain = format!("{rounded}");
    if plain.len() < text.len() { plain } else { text }
}

/// Letters of dates outside quotes and brackets.
fn is_date(code: &str) -> bool {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    code.chars().any(|c| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match c {
            '\\' | '_' | '*' => escaped = true,
            '"' => quoted = !quoted,
            '[' => bracket = true,
            ']' => bracket = false,
            _ if quoted || bracket => {}
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' => return true,
            _ => {}
        }
        false
    }) && !code.eq_ignore_ascii_case("general")
}

/// Days since 1899-12-30, as Britain writes dates unless the format begins with the year.
fn shown_date(number: f64, code: &str) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    let lower = code.to_ascii_lowercase();
    let mut text = String::new();
    if lower.contains(['y', 'd']) || (lower.contains('m') && !lower.contains('h') && !lower.contains('s')) {
        let (year, month, day) = civil(number as i64 - 25_569);
        text = match lower.find('y').zip(lower.find('d')) {
            Some((y, d)) if y < d => format!("{year:04}-{month:02}-{day:02}"),
            _ => format!("{day:02}/{month:02}/{year:04}"),
        };
    }
    if lower.contains('h') {
        let seconds = (number.fract() * 86_400.0).round() as i64;
        let space = if text.is_empty() { "" } else { " " };
        text.push_str(&format!("{space}{:02}:{:02}", seconds / 3600, seconds / 60 % 60));
    }
    (!text.is_empty()).then_some(text)
}

/// Year, month and day of a number of days since 1970-01-01 (Hinnant's algorithm).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Formats that are noughts and dividers alone: telephone numbers, numbers of pupils.
fn padded(number: f64, code: &str) -> Option<String> {
    let digits = code.bytes().filter(|b| *b == b'0').count();
    let dividers = code.bytes().all(|b| matches!(b, b'0' | b'#' | b' ' | b'-' | b'(' | b')' | b'\\' | b'"'));
    if digits < 3 || !dividers || number.fract() != 0.0 || !(0.0..1e15).contains(&number) {
        return None;
    }
    let whole = format!("{:0width$}", number as u64, width = digits.min(20));
    let (mut out, mut rest) = (Vec::new(), whole.bytes().rev());
    for b in code.bytes().rev() {
        match b {
            b'0' => out.extend(rest.next()),
            b'#' => out.extend(rest.next()),
            b'\\' | b'"' => {}
            divider => out.push(divider),
        }
    }
    out.extend(rest);
    out.reverse();
    String::from_utf8(out).ok()
}

/// Formats that need not be written (section 18.8.30), as far as they are dates.
pub(in crate::files) fn built_in(id: u32) -> &'static str {
    match id {
        14..=17 | 27..=31 | 34..=36 | 50..=58 => "dd/mm/yyyy",
        18..=21 | 32 | 33 | 45..=47 => "hh:mm",
        22 => "dd/mm/yyyy hh:mm",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_shown() {
        assert_eq!(shown_number(42_250.0, "dd/mm/yyyy"), "03/09/2015");
        assert_eq!(shown_number(42_250.0, "yyyy-mm-dd"), "2015-09-03");
        assert_eq!(shown_number(42_250.5, "dd/mm/yyyy hh:mm"), "03/09/2015 12:00");
        assert_eq!(shown_number(1_632_960_123.0, "00000 000000"), "01632 960123");
        assert_eq!(shown_number(42.0, "00000"), "00042");
        assert_eq!(shown_number(0.1 + 0.2, "General"), "0.3");
        assert_eq!(shown_number(1234.5, "#,##0.00"), "1234.5");
        assert_eq!(shown_number(9.0, "\"Year \"0"), "Year 9");
        assert_eq!(shown_number(9.0, "\"seen\""), "seen 9");
        assert_eq!(shown_number(9_434_765_919.0, ""), "9434765919");
    }
}
