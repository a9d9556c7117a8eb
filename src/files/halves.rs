//! A number whose halves stand in two places that are read one after the other: the end of a page and the beginning of
//! the next. Put together, with the words before them; only rules with a check digit look at it.

/// Lines of a page's end, and of the next one's beginning: a page's number or its heading may stand between.
const LINES: usize = 3;
/// Letters of the line that are kept, and of the one before it.
const LONGEST: usize = 120;

/// Ends of `before` that may go on at the beginning of `after`.
pub(super) fn joined(before: &str, after: &str) -> String {
    let mut out = String::new();
    let ends: Vec<&str> =
        before.lines().rev().filter(|line| !line.trim().is_empty()).take(LINES + 1).collect();
    let starts = after.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let starts: Vec<&str> = starts.map(str::trim).filter(|line| begins_with_half(line)).collect();
    if starts.is_empty() {
        return out;
    }
    for (end, context) in ends.iter().zip(ends.iter().skip(1).chain([&""])).take(LINES) {
        let end = end.trim();
        if !ends_with_half(end) {
            continue;
        }
        for start in &starts {
            out.push_str(tail(context));
            out.push(' ');
            out.push_str(tail(end));
            out.push_str(start.get(..start.floor_char_boundary(LONGEST)).unwrap_or_default());
            out.push('\n');
        }
    }
    out
}

fn tail(line: &str) -> &str {
    line.get(line.ceil_char_boundary(line.len().saturating_sub(LONGEST))..).unwrap_or_default()
}

/// A word of letters and digits that is no whole number of its own: three digits and more.
fn is_half(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (3..=14).contains(&word.len()) && digits >= 3 && word.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn ends_with_half(line: &str) -> bool {
    line.split_whitespace().next_back().is_some_and(is_half)
}

fn begins_with_half(line: &str) -> bool {
    line.split_whitespace()
        .next()
        .map(|word| word.trim_end_matches(['.', ',', ';', ')']))
        .is_some_and(is_half)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn halves_of_two_pages_are_put_together() {
        assert_eq!(
            joined("The pupil's\nref AB123\n7", "Oakfield\n45678 is hers"),
            "The pupil's ref AB12345678 is hers\n"
        );
        assert_eq!(joined("the words\n1", "go on\n2"), "");
    }
}
