//! Letters that are drawn as shapes, without any font: nobody can copy them, and everybody reads them.

use super::content::Area;

/// Heights of letters in points, from small print to a heading.
const SMALLEST: f64 = 4.0;
const TALLEST: f64 = 60.0;
/// Shapes one after the other that are a word.
const FEWEST: usize = 6;
/// Shapes of one page that are looked at.
pub(super) const MOST: usize = 4_000;

/// Whether a shape that was drawn at once may be a letter by its size.
pub(super) fn may_be_letter(area: &Area) -> bool {
    let (width, height) = (area[2] - area[0], area[3] - area[1]);
    (SMALLEST..=TALLEST).contains(&height) && width <= 1.5 * height
}

/// Whether shapes stand like the letters of a word: on one line, of one height, from left to right, close to each
/// other and beside each other.
pub(super) fn are_letters(shapes: &[Area]) -> bool {
    let mut row = 1;
    for pair in shapes.windows(2) {
        let [a, b] = pair else { continue };
        let height = (a[3] - a[1]).max(b[3] - b[1]);
        let on_line = (a[1] - b[1]).abs() < 0.35 * height && (a[3] - b[3]).abs() < 0.35 * height;
        let follows = b[0] > a[0] && b[0] >= a[2] - 0.2 * height && b[0] - a[2] < 1.5 * height;
        row = if on_line && follows { row + 1 } else { 1 };
        if row >= FEWEST {
            return true;
        }
    }
    false
}
