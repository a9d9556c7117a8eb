//! Rows of cells as text, each cell with its address.

use crate::files::{Anchor, Budget, Shown, Writing, text::rows as text_rows};

/// Rows as they are put together, with a place for each cell.
#[derive(Default)]
pub(in crate::files) struct Rows {
    text: String,
    anchors: Vec<Anchor>,
    /// Row and column of the last cell.
    last: Option<(u32, u32)>,
    /// Numbers that have a line end within them, put together, with their columns.
    broken: Vec<(u32, String)>,
}

/// Empty cells between two that are kept as tabs, so that columns stay under their headings.
const MOST_GAPS: u32 = 64;

impl Rows {
    /// Row and column count from 0.
    pub(in crate::files) fn push(&mut self, row: u32, column: u32, text: &str) {
        let gaps = match self.last {
            Some((last, before)) if last == row => column.saturating_sub(before).max(1),
            Some(_) => {
                self.text.push('\n');
                column
            }
            None => column,
        };
        self.text.extend(std::iter::repeat_n('\t', gaps.min(MOST_GAPS) as usize));
        self.write(row, column, text);
    }

    /// A line for one cell, whatever stands beside it.
    pub(in crate::files) fn push_line(&mut self, row: u32, column: u32, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.write(row, column, text);
    }

    fn write(&mut self, row: u32, column: u32, text: &str) {
        let at = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.anchors.push(Anchor { at, label: label((row, column)) });
        let text = text.trim_end();
        if text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
            self.text.push_str(text);
        } else {
            if let Some(whole) = text_rows::joined(text) {
                self.broken.push((column, whole));
            }
            // A line or a tab within a cell is no end of it.
            self.text.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        self.last = Some((row, column));
    }

    pub(in crate::files) fn tell(mut self, place: &str, shown: Shown, budget: &mut Budget) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let broken: String = self
            .broken
            .iter()
            .take(1_000)
            .map(|(column, whole)| self.under_heading(*column, whole))
            .collect();
        budget.anchored(place, shown, Writing::Rows, self.text, self.anchors);
        budget.unseen(place, broken);
    }

    /// With the first cell of its column.
    fn under_heading(&self, column: u32, whole: &str) -> String {
        let column = column_name(column);
        let is_of = |label: &str| {
            label.strip_prefix(column.as_str()).is_some_and(|row| row.bytes().all(|b| b.is_ascii_digit()))
        };
        let heading = self.anchors.iter().take(1_000).find(|anchor| is_of(&anchor.label));
        let heading =
            heading.and_then(|anchor| self.text.get(anchor.at as usize..)?.split(['\t', '\n']).next());
        format!("{} {whole}\n", text_rows::heading_of(heading.unwrap_or_default()))
    }

    pub(in crate::files) fn is_full(&self, budget: &Budget) -> bool {
        self.text.len() > budget.limits().text_bytes
    }
}

/// `B7`.
pub(in crate::files) fn label((row, column): (u32, u32)) -> String {
    let mut label = column_name(column);
    label.push_str(&(u64::from(row) + 1).to_string());
    label
}

/// `A`, `XFD`; columns count from 0.
fn column_name(column: u32) -> String {
    let (mut name, mut rest) = (String::new(), u64::from(column) + 1);
    while rest > 0 {
        name.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    name
}

/// Row and column, counting from 0, of `$B$7`.
pub(in crate::files) fn address(reference: &str) -> Option<(u32, u32)> {
    let (mut row, mut column) = (0u32, 0u32);
    for b in reference.bytes() {
        match b {
            b'A'..=b'Z' => column = column.checked_mul(26)?.checked_add(u32::from(b - b'A') + 1)?,
            b'a'..=b'z' => column = column.checked_mul(26)?.checked_add(u32::from(b - b'a') + 1)?,
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(b - b'0'))?,
            b'$' => {}
            _ => break,
        }
    }
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_columns() {
        assert_eq!(address("B7"), Some((6, 1)));
        assert_eq!(address("$XFD$1048576"), Some((1_048_575, 16_383)));
        assert_eq!(address("7"), None);
        assert_eq!(address("ZZZZZZZZZZ1"), None);
        assert_eq!([0, 25, 26, 16_383].map(column_name), ["A", "Z", "AA", "XFD"]);
    }
}
