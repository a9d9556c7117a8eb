//! The line before one that is read otherwise says what it is.

/// Bytes of it that are enough for that.
const ENOUGH: usize = 200;

/// The end of a line: a long one must not stand again before each of many readings.
pub(super) fn end_of_line(line: &str) -> &str {
    line.get(line.ceil_char_boundary(line.len().saturating_sub(ENOUGH))..).unwrap_or_default()
}
