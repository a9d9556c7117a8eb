//! Counts as bars. The table beside a chart says the same in figures, so the picture itself is
//! hidden from whoever hears the page.

use crate::report::school::{Cell, Part, Says};

/// One line of a chart; lengths in hundredths of the longest.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    pub now: u64,
    pub before: Option<u64>,
}

/// A chart of more lines tells nobody anything.
const MOST: usize = 12;

/// A bar for each line of a part whose lines are counts; none where less than two may be shown.
pub fn bars(part: &Part) -> Vec<Bar> {
    let count = |says: &Says| match says {
        Says::Cell(Cell::Count(count) | Cell::AtLeast(count)) => Some(*count),
        _ => None,
    };
    let counted: Vec<(Option<u64>, Option<u64>)> =
        part.lines.iter().map(|l| (count(&l.now), l.before.as_ref().and_then(count))).collect();
    let shown = counted.iter().filter(|(now, _)| now.is_some()).count();
    let most = counted.iter().flat_map(|(now, before)| [*now, *before]).flatten().max().unwrap_or(0);
    if shown < 2 || most == 0 || counted.len() > MOST {
        return Vec::new();
    }
    let length = |count: u64| count * 100 / most;
    counted
        .iter()
        .map(|(now, before)| Bar { now: now.map_or(0, length), before: before.map(length) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::school::Line;

    #[test]
    fn bars_are_drawn_where_there_is_something_to_compare() {
        let line = |now: Says| Line { name: "n".into(), now, before: None };
        let part = |lines: Vec<Line>| Part { name: "p", title: "t", says: vec![], lines };
        let count = |n| Says::Cell(Cell::Count(n));
        let drawn = bars(&part(vec![line(count(50)), line(Says::Cell(Cell::Withheld)), line(count(25))]));
        assert_eq!(drawn.iter().map(|b| b.now).collect::<Vec<_>>(), [100, 0, 50]);
        assert!(bars(&part(vec![line(count(50)), line(Says::Cell(Cell::Withheld))])).is_empty());
        assert!(bars(&part(vec![line(count(0)), line(count(0))])).is_empty());
    }
}
