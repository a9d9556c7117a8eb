//! One picture that was cut into strips or tiles: programs that print do so, and each alone is too small for words.

use super::geometry::Area;

/// Points between pieces that belong together.
const GAP: f64 = 1.5;
/// Pictures of one page that are being put together.
const MOST: usize = 256;
/// Share of the whole that its pieces cover; lines around a table are no picture.
const COVERED: f64 = 0.6;

/// The pictures of a page that touch each other, with the areas of their pieces.
#[derive(Default)]
pub(super) struct Pieces(Vec<(Area, f64)>);

impl Pieces {
    /// Whether the piece completes a picture on which words can be read.
    pub(super) fn add(&mut self, piece: Area) -> bool {
        let mut whole = (piece, size(&piece));
        // What touches the new piece may then touch each other.
        while let Some(at) = self.0.iter().position(|(other, _)| touch(&whole.0, other)) {
            let (other, covered) = self.0.swap_remove(at);
            let [a, b, c, d] = whole.0;
            whole = ([a.min(other[0]), b.min(other[1]), c.max(other[2]), d.max(other[3])], whole.1 + covered);
        }
        let has_words = has_room(&whole.0) && whole.1 >= COVERED * size(&whole.0);
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push(whole);
        has_words
    }
}

/// For a line of print.
pub(super) fn has_room(area: &Area) -> bool {
    area[2] - area[0] > 100.0 && area[3] - area[1] > 12.0
}

fn size(area: &Area) -> f64 {
    (area[2] - area[0]).max(0.0) * (area[3] - area[1]).max(0.0)
}

fn touch(a: &Area, b: &Area) -> bool {
    a[0] <= b[2] + GAP && b[0] <= a[2] + GAP && a[1] <= b[3] + GAP && b[1] <= a[3] + GAP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pieces: &[Area]) -> bool {
        let mut all = Pieces::default();
        // Each is added, also behind the first that tells.
        pieces.iter().map(|piece| all.add(*piece)).collect::<Vec<_>>().contains(&true)
    }

    #[test]
    fn strips_and_tiles_are_one_picture() {
        let strip = |i: usize| [50.0, 300.0 + 10.0 * i as f64, 450.0, 310.0 + 10.0 * i as f64];
        assert!(told(&[strip(0), strip(1), strip(2)]));
        // Every other one first.
        assert!(told(&[strip(0), strip(2), strip(4), strip(1), strip(3)]));
        let tile = |i: usize| [50.0 + 30.0 * i as f64, 300.0, 80.0 + 30.0 * i as f64, 330.0];
        assert!(told(&[tile(0), tile(1), tile(2), tile(3)]));
    }

    #[test]
    fn signs_in_a_row_and_lines_around_a_table_are_not() {
        let sign = |i: usize| [50.0 + 40.0 * i as f64, 300.0, 70.0 + 40.0 * i as f64, 320.0];
        assert!(!told(&[sign(0), sign(1), sign(2), sign(3), sign(4)]));
        let frame = [[50.0, 300.0, 450.0, 301.0], [50.0, 300.0, 51.0, 500.0], [450.0, 300.0, 451.0, 500.0]];
        assert!(!told(&frame));
        assert!(!told(&[[50.0, 300.0, 450.0, 308.0]]));
    }
}
