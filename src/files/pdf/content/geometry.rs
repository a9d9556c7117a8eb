//! Where things are on a page (ISO 32000-2, section 8.3).

pub(in crate::files::pdf) type Matrix = [f64; 6];
pub(in crate::files::pdf) const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first`, then `then`.
pub(super) fn product(first: &Matrix, then: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *first;
    let [g, h, i, j, k, l] = *then;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

pub(super) fn moved(matrix: &Matrix, (x, y): (f64, f64)) -> (f64, f64) {
    let [a, b, c, d, e, f] = *matrix;
    (a * x + c * y + e, b * x + d * y + f)
}

/// Corners `x0, y0, x1, y1`.
pub(in crate::files::pdf) type Area = [f64; 4];

pub(super) fn holds(area: &Area, (x, y): (f64, f64)) -> bool {
    area[0] <= x && x <= area[2] && area[1] <= y && y <= area[3]
}

pub(super) fn around(points: &[(f64, f64)]) -> Area {
    points.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |area, (x, y)| {
        [area[0].min(*x), area[1].min(*y), area[2].max(*x), area[3].max(*y)]
    })
}
