//! Clips (ISO 32000-2, section 8.5.4): what lies outside of them nobody sees. Of each the area around it is known.

use super::{
    Drawing, State,
    geometry::{Area, around},
};

#[derive(Clone)]
pub(super) struct Clip {
    area: Area,
    /// It is more than one rectangle: what lies within the area around it may lie outside of itself.
    odd: bool,
}

impl Default for Clip {
    fn default() -> Self {
        Self { area: [-1e9, -1e9, 1e9, 1e9], odd: false }
    }
}

/// How much of a text lies within a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Within {
    Wholly,
    Perhaps,
    Not,
}

impl Clip {
    pub(super) fn narrow(&mut self, to: &Area, odd: bool) {
        self.area = common(&self.area, to);
        self.odd |= odd;
    }

    /// What of an area is painted at the most.
    pub(super) fn of(&self, area: &Area) -> Area {
        common(&self.area, area)
    }

    pub(super) fn is_odd(&self) -> bool {
        self.odd
    }

    pub(super) fn area(&self) -> Area {
        self.area
    }

    /// A line of text from `start` to `end`, of a size.
    pub(super) fn holds(&self, start: (f64, f64), end: (f64, f64), size: f64) -> Within {
        let text = around(&[start, end]);
        let [left, bottom, right, top] = self.area;
        let reach = size / 2.0;
        if text[2] + reach < left
            || text[0] - reach > right
            || text[3] + reach < bottom
            || text[1] - reach > top
        {
            return Within::Not;
        }
        let inside = left <= text[0] + reach
            && text[2] - reach <= right
            && bottom <= text[1] + reach
            && text[3] - reach <= top;
        // Too small a clip for any letter, wherever it lies.
        if right - left < 0.1 * size || top - bottom < 0.1 * size {
            return Within::Not;
        }
        if inside && !self.odd { Within::Wholly } else { Within::Perhaps }
    }
}

fn common(a: &Area, b: &Area) -> Area {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]
}

impl State {
    /// Whether what is upright stays so.
    pub(super) fn is_upright(&self) -> bool {
        let [a, b, c, d, ..] = self.ctm;
        let is_none = |a: f64, b: f64| a.abs().max(b.abs()) < 1e-6;
        is_none(b, c) || is_none(a, d)
    }

    /// Takes the path as a clip, when it was to be one.
    pub(super) fn clip_by(&mut self, bounds: Option<Area>, is_box: bool) {
        match bounds {
            Some(area) => self.clip.narrow(&area, !is_box),
            // Without a path some programs show nothing, others everything.
            None => self.clip.odd = true,
        }
    }
}

impl Drawing<'_> {
    /// Remembers points of the path for the area around it.
    pub(super) fn extend(&mut self, points: &[(f64, f64)]) {
        let [x0, y0, x1, y1] = around(points);
        let [a, b, c, d] = self.bounds.unwrap_or([x0, y0, x1, y1]);
        self.bounds = Some([a.min(x0), b.min(y0), c.max(x1), d.max(y1)]);
    }

    /// Whether the path is one rectangle, as such or by its lines.
    pub(super) fn is_box(&self) -> bool {
        if !self.curved {
            return self.boxes.len() == 1 && !self.slanted;
        }
        let Some([left, bottom, right, top]) = self.bounds else { return false };
        let near = |a: f64, b: f64| (a - b).abs() < 0.5;
        let on_corner =
            |(x, y): &(f64, f64)| (near(*x, left) || near(*x, right)) && (near(*y, bottom) || near(*y, top));
        self.begins.len() == 1 && (4..=5).contains(&self.path.len()) && self.path.iter().all(on_corner)
    }
}

#[cfg(test)]
mod tests {
    use crate::files::pdf::tests::{FONT, page};
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    /// The letters of a number, each followed by another sign that is drawn in its own state.
    fn mixed(between: &str) -> String {
        let letter = |(i, c): (usize, char)| {
            let x = 50 + 9 * i;
            format!(
                "BT /F 14 Tf {x} 400 Td ({c}) Tj ET q {between} BT /F 14 Tf {} 400 Td (z) Tj ET Q ",
                x + 4
            )
        };
        "AB12".chars().enumerate().map(letter).collect()
    }

    #[test]
    fn what_a_clip_leaves_out_is_hidden() {
        let opened = opened(&page(&mixed("0 0 1 1 re W n"), FONT));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "AB12");
        // Hidden or not: the line as a whole is given as well.
        assert_eq!(text(&opened, "page 1/read otherwise", Shown::Hidden), "AzBz1z2z");
    }

    #[test]
    fn lines_are_read_without_what_a_clip_may_leave_out() {
        let opened = opened(&page(&mixed("0 0 1 1 re 590 790 1 1 re W n"), FONT));
        assert_eq!(text(&opened, "page 1", Shown::Visible), "AzBz1z2z");
        assert_eq!(text(&opened, "page 1/read otherwise", Shown::Visible), "AB12");
        let usual = opened_usual("0 0 600 800 re W n");
        assert_eq!(usual, "");
        let by_lines = opened_usual("0 0 m 600 0 l 600 800 l 0 800 l h W n");
        assert_eq!(by_lines, "");
    }

    fn opened_usual(clip: &str) -> String {
        text(&opened(&page(&mixed(clip), FONT)), "page 1/read otherwise", Shown::Visible)
    }

    #[test]
    fn pale_letters_and_those_under_pictures_are_left_out_as_well() {
        let states = format!("{FONT}/ExtGState<</P<</ca .2>>/N<</ca .02>>>>");
        let pale = opened(&page(&mixed("/P gs"), &states));
        assert_eq!(text(&pale, "page 1/read otherwise", Shown::Visible), "AB12");
        let none = opened(&page(&mixed("/N gs"), &states));
        assert_eq!(text(&none, "page 1", Shown::Visible), "AB12");
        let below =
            "BT /F 14 Tf 50 400 Td (A) Tj 9 0 Td (z) Tj 9 0 Td (B) Tj ET q 9 0 0 20 58 395 cm /I Do Q";
        let picture = format!("{FONT}/XObject<</I 4 0 R>>");
        let bytes = String::from_utf8(page(below, &picture)).unwrap();
        let bytes = bytes.replace("/I 4 0 R", "/I 5 0 R");
        let mut bytes = bytes.into_bytes();
        bytes.extend(b"\n5 0 obj<</Subtype/Image/Width 1/Height 1/Length 1>>stream\nx\nendstream endobj");
        assert_eq!(text(&opened(&bytes), "page 1/read otherwise", Shown::Visible), "A B");
    }
}
