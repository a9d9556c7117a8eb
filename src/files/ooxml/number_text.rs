//! Formats of cells with words in them (ECMA-376 part 1, section 18.8.31): `"Year "0`, `0 "kg"`, `"Ref "@`. The words
//! stand with the value, as whoever opens the sheet sees them; the value itself keeps all its digits.

/// What a cell with this format shows for a number; `None` where the format has no words.
pub(super) fn number(value: f64, plain: &str, code: &str) -> Option<Shown> {
    let sections = sections(code);
    let section = match (value, sections.as_slice()) {
        (_, []) => return None,
        (value, [_, negative, ..]) if value < 0.0 => negative,
        (0.0, [_, _, zero, ..]) => zero,
        (_, [first, ..]) => first,
    };
    dressed(section, plain.trim_start_matches('-'))
}

/// The same for a text: by the fourth section, or by the first that has a place for one.
pub(super) fn text(value: &str, code: &str) -> Option<Shown> {
    if !code.contains('@') {
        return None;
    }
    let sections = sections(code);
    let section =
        sections.get(3).or_else(|| sections.iter().find(|section| section.contains(&Sign::Text)))?;
    dressed(section, value)
}

/// The words that stand in a format, in quotes or behind a backslash, whatever value it shows; nothing where they are
/// no more than a unit.
pub(super) fn words(code: &str) -> String {
    let (mut out, mut quoted) = (String::new(), false);
    let mut letters = code.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => quoted = !quoted,
            c if quoted => out.push(c),
            '\\' => out.extend(letters.next()),
            ';' if !out.ends_with(' ') => out.push(' '),
            _ => {}
        }
    }
    let is_said = out.chars().filter(|c| c.is_alphanumeric()).nth(3).is_some();
    if is_said { out.trim().to_owned() } else { String::new() }
}

#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) text: String,
    /// The format shows its words alone.
    pub(super) hides_value: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sign {
    /// A place for a digit: `0`, `#`, `?`.
    Digit,
    /// `@`, `General`: the value as it is.
    Text,
    /// Stands as it is.
    Letter(char),
    /// A point, a comma, a percent sign: part of the number.
    Mark,
}

/// Longest code that Excel takes.
const LONGEST: usize = 1024;

fn sections(code: &str) -> Vec<Vec<Sign>> {
    let mut out = vec![Vec::new()];
    let code = code.get(..code.floor_char_boundary(LONGEST)).unwrap_or_default();
    let code = code.replace("General", "@").replace("general", "@").replace("GENERAL", "@");
    let mut letters = code.chars();
    while let Some(c) = letters.next() {
        let signs = out.last_mut().map_or_else(Vec::new, std::mem::take);
        let mut signs: Vec<Sign> = signs;
        match c {
            ';' => {
                if let Some(last) = out.last_mut() {
                    *last = signs;
                }
                out.push(Vec::new());
                continue;
            }
            '"' => signs.extend(letters.by_ref().take_while(|c| *c != '"').map(Sign::Letter)),
            '\\' => signs.extend(letters.next().map(Sign::Letter)),
            '[' => drop(letters.by_ref().find(|c| *c == ']')),
            '_' | '*' => drop(letters.next()),
            '0' | '#' | '?' => signs.push(Sign::Digit),
            '@' => signs.push(Sign::Text),
            '.' | ',' | '%' | 'E' | 'e' => signs.push(Sign::Mark),
            c => signs.push(Sign::Letter(c)),
        }
        if let Some(last) = out.last_mut() {
            *last = signs;
        }
    }
    out
}

/// The value among the words of a section.
fn dressed(section: &[Sign], value: &str) -> Option<Shown> {
    let is_word = |sign: &Sign| matches!(sign, Sign::Letter(c) if c.is_alphanumeric());
    if !section.iter().any(is_word) {
        return None;
    }
    let is_place = |sign: &Sign| matches!(sign, Sign::Digit | Sign::Text);
    let letter = |sign: &Sign| if let Sign::Letter(c) = sign { Some(*c) } else { None };
    let Some((first, last)) = section.iter().position(is_place).zip(section.iter().rposition(is_place))
    else {
        return Some(Shown { text: section.iter().filter_map(letter).collect(), hides_value: true });
    };
    let mut text: String = section.get(..first)?.iter().filter_map(letter).collect();
    text.push_str(&among(section.get(first..=last)?, value));
    text.extend(section.get(last + 1..)?.iter().filter_map(letter));
    Some(Shown { text, hides_value: false })
}

/// Words between the digits, as in `0"-"0000`: the digits fill their places from the end, and the first takes what is
/// left.
fn among(signs: &[Sign], value: &str) -> String {
    let inner = signs.iter().any(|sign| matches!(sign, Sign::Letter(_)));
    if !inner || !value.bytes().all(|b| b.is_ascii_digit()) {
        return value.to_owned();
    }
    let mut digits = value.chars().rev();
    let mut out: Vec<char> = Vec::new();
    for sign in signs.iter().rev() {
        match sign {
            Sign::Digit => out.push(digits.next().unwrap_or('0')),
            Sign::Letter(c) => out.push(*c),
            Sign::Text | Sign::Mark => {}
        }
    }
    out.extend(digits);
    out.reverse();
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, code: &str) -> Option<String> {
        number(value, &format!("{value}"), code).map(|shown| shown.text)
    }

    #[test]
    fn words_of_a_format_stand_with_the_number() {
        assert_eq!(shown(9.0, "\"Year \"0").as_deref(), Some("Year 9"));
        assert_eq!(shown(12.5, "0.0 \"kg\"").as_deref(), Some("12.5 kg"));
        assert_eq!(shown(1_234_567.0, "\\A0\"-B-\"0000").as_deref(), Some("A123-B-4567"));
        assert_eq!(shown(-3.0, "0;\"owes \"0").as_deref(), Some("owes 3"));
        assert_eq!(shown(0.0, "0;-0;\"none\"").as_deref(), Some("none"));
        assert_eq!(shown(5.0, "[Red][>3]\"high \"General").as_deref(), Some("high 5"));
        for plain in ["General", "0.00", "#,##0", "[$£-809]#,##0.00", "0%", "_-* #,##0_-", "0.00E+00", ""] {
            assert_eq!(shown(5.0, plain), None, "{plain}");
        }
    }

    #[test]
    fn words_are_told_from_units() {
        assert_eq!(words("\"about Nia\"0;\\N\\i\\a\\n"), "about Nia Nian");
        for plain in ["0 \"kg\"", "dd\\ mmmm\\ yyyy", "_-\"£\"* #,##0.00_-", "General", ""] {
            assert_eq!(words(plain), "", "{plain}");
        }
    }

    #[test]
    fn a_format_may_hide_its_value_or_dress_a_text() {
        assert!(number(5.0, "5", "\"seen\"").unwrap().hides_value);
        assert_eq!(text("Nia", "\"Pupil \"@").unwrap().text, "Pupil Nia");
        assert_eq!(text("Nia", "@"), None);
    }
}
