//! Digits that are drawn with signs, line by line: `###`, `# #`, `###`. A reader sees the number, a pattern sees signs.

use super::line::end_of_line;

/// Lines of a drawing.
const HEIGHT: std::ops::RangeInclusive<usize> = 5..=14;
/// Figures of a drawing that is a number.
const LEAST_FIGURES: usize = 6;
/// Lines before a drawing that say what it is.
const BEFORE: usize = 3;
/// Drawings of one text, and the widest.
const MOST: usize = 50;
const WIDEST: usize = 400;
/// Three columns and five rows, the first row in the highest bits; some digits are drawn in two ways.
const DIGITS: [(char, u16); 14] = [
    ('0', 0b111_101_101_101_111),
    ('1', 0b010_110_010_010_111),
    ('1', 0b010_110_010_010_010),
    ('1', 0b001_001_001_001_001),
    ('2', 0b111_001_111_100_111),
    ('3', 0b111_001_111_001_111),
    ('4', 0b101_101_111_001_001),
    ('5', 0b111_100_111_001_111),
    ('6', 0b111_100_111_101_111),
    ('6', 0b100_100_111_101_111),
    ('7', 0b111_001_001_001_001),
    ('7', 0b111_001_010_010_010),
    ('8', 0b111_101_111_101_111),
    ('9', 0b111_101_111_001_111),
];

/// What drawings are in a text.
pub(super) enum Drawn {
    /// The numbers, each behind the lines before it.
    Numbers(String),
    /// Something in a row that is no digits.
    Figures,
}

/// `None` where nothing is drawn.
/// `is_cut` when there are more.
pub(super) fn drawn(text: &str, is_cut: &mut bool) -> Option<Drawn> {
    let mut numbers = String::new();
    let (mut any, mut left) = (false, MOST);
    // The lines before, the last ones of them, and those of a drawing so far.
    let (mut before, mut rows, mut sign) = (Vec::<&str>::new(), Vec::<&str>::new(), None);
    for line in text.lines().chain(std::iter::once("end")) {
        match sign_of(line) {
            Some(of) if rows.is_empty() || sign == Some(of) => {
                sign = Some(of);
                rows.push(line);
                continue;
            }
            _ => {}
        }
        let is_asked = HEIGHT.contains(&rows.len());
        *is_cut |= is_asked && left == 0;
        if is_asked && left > 0 {
            left -= 1;
            let figures = figures(&rows, sign.unwrap_or('#'));
            any |= figures.len() >= LEAST_FIGURES;
            let digits: Option<String> = figures.iter().map(digit).collect();
            if let Some(digits) = digits.filter(|digits| digits.len() >= LEAST_FIGURES) {
                for line in &before {
                    numbers.push_str(line);
                    numbers.push('\n');
                }
                numbers.push_str(&digits);
                numbers.push('\n');
            }
        }
        rows.clear();
        if sign_of(line).is_some() {
            // A drawing with another sign begins.
            sign = sign_of(line);
            rows.push(line);
        } else if !line.trim().is_empty() {
            if before.len() >= BEFORE {
                before.remove(0);
            }
            before.push(end_of_line(line));
        }
    }
    match numbers.is_empty() {
        false => Some(Drawn::Numbers(numbers)),
        true => any.then_some(Drawn::Figures),
    }
}

/// The one sign of which, with spaces, a line consists.
fn sign_of(line: &str) -> Option<char> {
    let line = line.trim();
    let first = line.chars().next().filter(|c| !c.is_alphanumeric() || matches!(c, 'x' | 'X' | 'o' | 'O'))?;
    (line.len() <= WIDEST && line.chars().all(|c| c == first || c == ' ')).then_some(first)
}

/// One figure: its rows, each as the columns that are set.
type Figure = Vec<Vec<bool>>;

/// What stands between columns that are free in all rows.
fn figures(rows: &[&str], sign: char) -> Vec<Figure> {
    let rows: Vec<Vec<bool>> = rows.iter().map(|row| row.chars().map(|c| c == sign).collect()).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0).min(WIDEST);
    let is_set = |row: &Vec<bool>, column: usize| row.get(column).copied().unwrap_or(false);
    let mut figures = Vec::new();
    let mut start = None;
    for column in 0..=width {
        let is_free = column == width || !rows.iter().any(|row| is_set(row, column));
        match (start, is_free) {
            (None, false) => start = Some(column),
            (Some(from), true) => {
                let figure =
                    rows.iter().map(|row| (from..column).map(|c| is_set(row, c)).collect()).collect();
                figures.push(figure);
                start = None;
            }
            _ => {}
        }
    }
    figures
}

/// The digit that a figure is drawn like.
fn digit(figure: &Figure) -> Option<char> {
    let (height, width) = (figure.len(), figure.first()?.len());
    if width == 1 {
        return Some('1');
    }
    if width < 3 || width > height * 2 {
        return None;
    }
    let mut seen = 0u16;
    for cell in 0..15 {
        let (row, column) = (cell / 3, cell % 3);
        let rows = row * height / 5..((row + 1) * height / 5).max(row * height / 5 + 1);
        let columns = column * width / 3..(column + 1) * width / 3;
        let all = rows.len() * columns.len();
        let set = figure.get(rows)?.iter().flat_map(|row| row.get(columns.clone())).flatten();
        let set = set.filter(|set| **set).count();
        seen = seen << 1 | u16::from(set * 2 >= all && set > 0);
    }
    let (unlike, digit) = DIGITS.iter().map(|(digit, form)| ((form ^ seen).count_ones(), *digit)).min()?;
    (unlike <= 1).then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<String> {
        match drawn(text, &mut false)? {
            Drawn::Numbers(text) => Some(text),
            Drawn::Figures => None,
        }
    }

    #[test]
    fn drawn_digits_are_read() {
        let small = "Her number:\n\n\
            *** *** * * *** ***  *\n\
            * *   * * * *   * * **\n\
            * *   * *** *** ***  *\n\
            * *   *   *   * * *  *\n\
            ***   *   * *** *** ***\n\nBye\n";
        assert_eq!(number(small).as_deref(), Some("Her number:\n074581\n"));
        let twice: String = small
            .lines()
            .map(|line| match sign_of(line) {
                Some(_) => {
                    let wide: String = line.chars().flat_map(|c| [c, c]).collect();
                    format!("{wide}\n{wide}\n")
                }
                None => format!("{line}\n"),
            })
            .collect();
        assert_eq!(number(&twice).as_deref(), Some("Her number:\n074581\n"));
    }

    #[test]
    fn rules_and_lists_are_no_drawings() {
        for text in
            ["#####\n#   #\n#####\n", "* * *\n", "=====\n=====\n=====\n=====\n=====\n", "- one\n- two\n"]
        {
            assert!(drawn(text, &mut false).is_none(), "{text}");
        }
        let stars = "* * * * * * *\n".repeat(5);
        assert!(number(&stars).is_none_or(|text| text == "1111111\n"));
    }
}
