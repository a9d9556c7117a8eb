//! From strings at places on a page to lines of text, as a reader's eye puts them together.

/// One shown string.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) text: String,
    /// Where a map for copying says other letters than those that are drawn: these.
    pub(super) seen: Option<String>,
    /// Where its baseline leads, in whole degrees.
    pub(super) degrees: i32,
    /// Begin and end along the baseline, in points.
    pub(super) start: f64,
    pub(super) end: f64,
    /// Of the baseline, across its direction; rising upwards.
    pub(super) height: f64,
    /// Of the font, in points as seen.
    pub(super) size: f64,
    /// Where on the page it begins.
    pub(super) at: (f64, f64),
    pub(super) hidden: bool,
    /// Not hidden as far as can be told, but others may not see it.
    pub(super) doubtful: bool,
}

/// A gap of more than this share of the font's size is a space.
const SPACE: f64 = 0.16;
/// A gap of more than this many sizes divides columns.
const COLUMN: f64 = 2.5;

impl Run {
    fn on_line_of(&self, other: &Self) -> bool {
        self.degrees == other.degrees && (self.height - other.height).abs() < 0.5 * self.size.max(other.size)
    }
}

/// The text in the order of the file, which is nearly always the order of reading; by place on the
/// page where the file's order makes no sense, as when letters are scattered to escape filters.
pub(super) fn text<'a>(runs: impl Iterator<Item = &'a Run>) -> String {
    let mut runs: Vec<&Run> = runs.collect();
    let pairs = || runs.iter().zip(runs.iter().skip(1));
    let on_line = pairs().filter(|(before, run)| run.on_line_of(before)).count();
    let backwards =
        pairs().filter(|(before, run)| run.on_line_of(before) && run.start < before.start).count();
    let up = pairs()
        .filter(|(before, run)| run.degrees == before.degrees && run.height > before.height + run.size);
    if backwards * 4 > on_line.max(4) || up.count() * 3 > runs.len().max(6) {
        runs = by_place(runs);
    }
    joined(&runs)
}

fn by_place(mut runs: Vec<&Run>) -> Vec<&Run> {
    runs.sort_by(|a, b| a.degrees.cmp(&b.degrees).then(b.height.total_cmp(&a.height)));
    let mut out = Vec::with_capacity(runs.len());
    for line in runs.chunk_by(|a, b| b.on_line_of(a)) {
        let mut line = line.to_vec();
        line.sort_by(|a, b| a.start.total_cmp(&b.start));
        out.append(&mut line);
    }
    out
}

/// The text of what is drawn by itself: as it seems to be seen, and all of it where that is something else.
pub(super) fn seen_and_all(runs: &[Run]) -> String {
    let (seen, all) = (text(runs.iter().filter(|run| !run.hidden)), text(runs.iter()));
    if seen == all || seen.trim().is_empty() { all } else { format!("{seen}\n{all}") }
}

/// Lines of which a part is hidden or doubtful, as they may be read otherwise: without what is doubtful, and whole.
pub(super) fn otherwise(runs: &[Run]) -> (String, String) {
    let (mut without, mut whole) = (String::new(), String::new());
    if runs.iter().any(|run| run.hidden || run.doubtful) {
        let runs = by_place(runs.iter().filter(|run| !run.text.trim().is_empty()).collect());
        for line in runs.chunk_by(|before, run| run.on_line_of(before)) {
            let sure: Vec<&Run> = line.iter().copied().filter(|run| !run.hidden && !run.doubtful).collect();
            let seen = line.iter().filter(|run| !run.hidden).count();
            if !sure.is_empty() && sure.len() < seen {
                without.push_str(&joined(&sure));
                without.push('\n');
            }
            if seen > 0 && seen < line.len() {
                whole.push_str(&joined(line));
                whole.push('\n');
            }
        }
    }
    (without, whole)
}

/// Single letters that are set apart, without the gaps between them: who looks at them sees one word. `None` where
/// there are none such.
pub(super) fn close<'a>(runs: impl Iterator<Item = &'a Run>) -> Option<String> {
    let runs: Vec<&Run> = runs.collect();
    let gaps = gaps(&runs);
    if gaps < FEWEST_GAPS {
        return None;
    }
    Some(runs.chunk_by(|before, run| run.on_line_of(before)).map(closed).collect())
}

/// The lines of which that is true, alone.
pub(super) fn close_lines<'a>(runs: impl Iterator<Item = &'a Run>) -> String {
    let runs: Vec<&Run> = runs.collect();
    let lines = runs.chunk_by(|before, run| run.on_line_of(before));
    lines.filter(|line| gaps(line) >= FEWEST_GAPS).map(closed).collect()
}

/// Gaps up to this share of the font's size may be letters set wide.
const WIDE: f64 = 0.6;
const FEWEST_GAPS: usize = 5;

fn is_letter(run: &Run) -> bool {
    run.text.chars().count() <= 2 && !run.text.trim().is_empty()
}

/// How many pairs of letters stand apart.
fn gaps(runs: &[&Run]) -> usize {
    let apart = |before: &Run, run: &Run| {
        let gap = run.start - before.end;
        is_letter(before)
            && is_letter(run)
            && run.on_line_of(before)
            && (SPACE * run.size..WIDE * run.size).contains(&gap)
    };
    runs.windows(2).filter(|pair| matches!(pair, [before, run] if apart(before, run))).count()
}

/// A line without the gaps between letters that are set wide.
fn closed(line: &[&Run]) -> String {
    let mut out = String::new();
    let mut before: Option<&Run> = None;
    for run in line {
        let gap = before.map_or(0.0, |before| run.start - before.end);
        let is_word =
            before.is_some_and(|before| is_letter(before) && is_letter(run) && gap < WIDE * run.size);
        let is_spaced = out.ends_with(' ') || run.text.starts_with(' ');
        if gap > SPACE * run.size && !is_word && !is_spaced {
            out.push(' ');
        }
        out.push_str(&run.text);
        before = Some(run);
    }
    out.push('\n');
    out
}

fn joined(runs: &[&Run]) -> String {
    let mut out = String::new();
    let mut before: Option<&Run> = None;
    for run in runs {
        if let Some(before) = before {
            let on_line = run.on_line_of(before);
            let gap = run.start - before.end;
            // Printed twice to look bold; the two letters of `ll` may stand as close, but beside each other.
            let half = (0.5 * (before.end - before.start)).clamp(0.05 * run.size, 0.3 * run.size);
            let same_place = (run.start - before.start).abs() < half;
            if on_line && same_place && run.text == before.text && !run.text.trim().is_empty() {
                continue;
            }
            let divider = match () {
                () if !on_line => "\n",
                () if gap > COLUMN * run.size => "\t",
                () if gap > SPACE * run.size || gap < -2.0 * run.size => " ",
                () => "",
            };
            let spaced = out.ends_with([' ', '\t', '\n']) || (divider != "\n" && run.text.starts_with(' '));
            if !spaced || divider == "\n" {
                out.push_str(divider);
            }
        }
        out.push_str(&run.text);
        before = Some(run);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, start: f64, height: f64) -> Run {
        let end = start + 5.0 * text.len() as f64;
        Run {
            text: text.into(),
            seen: None,
            degrees: 0,
            start,
            end,
            height,
            size: 10.0,
            at: (start, height),
            hidden: false,
            doubtful: false,
        }
    }

    #[test]
    fn gaps_are_spaces_and_heights_are_lines() {
        let runs =
            [run("Ca", 0.0, 90.0), run("rol", 10.5, 90.0), run("Ng", 30.0, 90.0), run("Y9", 0.0, 78.0)];
        assert_eq!(text(runs.iter()), "Carol Ng\nY9");
        let runs = [run("Name", 0.0, 90.0), run("Form", 100.0, 90.0)];
        assert_eq!(text(runs.iter()), "Name\tForm");
    }

    #[test]
    fn scattered_letters_are_put_in_order() {
        let letter = |(i, c): (usize, char)| run(&c.to_string(), 5.0 * i as f64, 90.0);
        let mut letters: Vec<Run> = "SECRET".chars().enumerate().map(letter).collect();
        letters.reverse();
        assert_eq!(text(letters.iter()), "SECRET");
    }

    #[test]
    fn letters_shown_one_by_one_keep_their_doubles() {
        let narrow = |text: &str, start: f64| Run { end: start + 2.2, ..run(text, start, 90.0) };
        assert_eq!(text([run("wi", 0.0, 90.0), narrow("l", 10.0), narrow("l", 12.3)].iter()), "will");
    }

    #[test]
    fn lines_of_letters_set_wide_are_closed() {
        let letter = |(i, c): (usize, char)| run(&c.to_string(), 8.0 * i as f64, 90.0);
        let letters: Vec<Run> =
            "the plan".chars().enumerate().map(letter).chain([run("Form", 0.0, 50.0)]).collect();
        assert_eq!(close_lines(letters.iter()), "the plan\n");
    }

    #[test]
    fn bold_by_printing_twice_is_read_once() {
        let runs = [run("Form", 0.0, 90.0), run("Form", 0.3, 90.0)];
        assert_eq!(text(runs.iter()), "Form");
    }
}
