//! The numbers and signs before paragraphs of a list (ECMA-376 part 1, section 17.9), counted as Word counts them.

use crate::files::{
    Budget, Shown, Writing,
    xml::{Node, Xml},
};
use std::collections::HashMap;

const LEVELS: usize = 9;
/// Bytes of the text before a number.
const LONGEST: usize = 1024;
/// A level's own words from this many letters on are told even where no paragraph uses them.
const LONG: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// The definition of each list.
    lists: HashMap<u32, List>,
    definitions: HashMap<u32, Definition>,
    /// Where each definition has counted to.
    counts: HashMap<u32, [Option<u32>; LEVELS]>,
}

#[derive(Debug, Default)]
struct List {
    definition: u32,
    /// Levels that begin with another number in this list, until it has begun.
    starts: [Option<u32>; LEVELS],
}

#[derive(Debug, Default)]
struct Definition {
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    start: u32,
    format: String,
    text: String,
    /// The style whose paragraphs are on it.
    style: String,
}

impl Default for Level {
    fn default() -> Self {
        Self { start: 1, format: "decimal".to_owned(), text: String::new(), style: String::new() }
    }
}

impl Numbering {
    pub(super) fn read(source: &[u8], budget: &mut Budget) -> Self {
        let mut xml = Xml::new(source);
        let mut out = Self::default();
        let (mut definition, mut list, mut level) = (None, None, 0usize);
        while let Some(node) = xml.next(budget) {
            let Node::Start(tag) = node else { continue };
            let value = || tag.get("val").unwrap_or_default();
            match tag.name() {
                "abstractNum" => (definition, list) = (tag.number("abstractNumId"), None),
                "num" => {
                    (definition, list) = (None, tag.number("numId"));
                    out.lists.extend(list.map(|id| (id, List::default())));
                }
                "abstractNumId" => {
                    if let Some(list) = list.and_then(|id| out.lists.get_mut(&id)) {
                        list.definition = tag.number("val").unwrap_or(0);
                    }
                }
                "lvl" | "lvlOverride" => {
                    level = tag.number("ilvl").map_or(0, |level| level as usize).min(LEVELS - 1)
                }
                "startOverride" => {
                    if let Some(list) = list.and_then(|id| out.lists.get_mut(&id)) {
                        list.starts[level] = tag.number("val");
                    }
                }
                name @ ("start" | "numFmt" | "lvlText" | "pStyle") => {
                    let Some(id) = definition else { continue };
                    let levels = &mut out.definitions.entry(id).or_default().levels;
                    levels.resize(levels.len().max(level + 1), Level::default());
                    let Some(own) = levels.get_mut(level) else { continue };
                    match name {
                        "start" => own.start = tag.number("val").unwrap_or(1),
                        "numFmt" => own.format = value(),
                        // It is written once for each paragraph of the list.
                        "lvlText" => {
                            own.text = value();
                            own.text.truncate(own.text.floor_char_boundary(LONGEST));
                        }
                        _ => own.style = value(),
                    }
                }
                _ => {}
            }
        }
        out
    }

    /// What stands before the next paragraph of this list, and counts it.
    pub(super) fn next(&mut self, list: u32, level: Option<u32>, style: &str) -> Option<String> {
        let own = self.lists.get_mut(&list)?;
        let levels = &self.definitions.get(&own.definition)?.levels;
        // A style is on the level that names it.
        let by_style = || levels.iter().position(|level| !style.is_empty() && level.style == style);
        let at = level.map(|level| level as usize).or_else(by_style).unwrap_or(0).min(LEVELS - 1);
        let counts = self.counts.entry(own.definition).or_default();
        let start = own.starts[at].take();
        counts[at] = Some(match (start, counts[at]) {
            (Some(start), _) => start,
            (None, Some(count)) => count.saturating_add(1),
            (None, None) => levels.get(at)?.start,
        });
        counts.iter_mut().skip(at + 1).for_each(|count| *count = None);
        let mut out = String::new();
        let mut letters = levels.get(at)?.text.chars();
        while let Some(c) = letters.next() {
            let number = if c == '%' { letters.clone().next().and_then(|c| c.to_digit(10)) } else { None };
            match number.and_then(|number| (number as usize).checked_sub(1)) {
                Some(of) => {
                    letters.next();
                    if let Some(level) = levels.get(of) {
                        let count = counts.get(of).copied().flatten().unwrap_or(level.start);
                        out.push_str(&numeral(count, &level.format));
                    }
                }
                None => out.push(c),
            }
        }
        // Signs of symbol fonts are no letters.
        out.retain(|c| !('\u{e000}'..='\u{f8ff}').contains(&c));
        out.chars().any(char::is_alphanumeric).then_some(out)
    }

    /// Words that somebody put into levels, used or not.
    pub(super) fn tell_words(&self, budget: &mut Budget) {
        let mut words: Vec<&str> = Vec::new();
        for text in self
            .definitions
            .values()
            .flat_map(|definition| &definition.levels)
            .map(|level| level.text.as_str())
        {
            let own = text.chars().filter(|c| c.is_alphanumeric()).count();
            if own >= LONG && !text.contains('%') && !words.contains(&text) && words.len() < 1_000 {
                words.push(text);
            }
        }
        words.sort_unstable();
        budget.text("list numbers", Shown::Hidden, Writing::Plain, words.join("\n"));
    }
}

/// A number in a format of section 17.18.59.
fn numeral(count: u32, format: &str) -> String {
    match format {
        "none" | "bullet" => String::new(),
        "decimalZero" => format!("{count:02}"),
        "lowerLetter" => letter(count, b'a'),
        "upperLetter" => letter(count, b'A'),
        "lowerRoman" => roman(count).to_lowercase(),
        "upperRoman" => roman(count),
        _ => count.to_string(),
    }
}

/// `a` to `z`, then `aa`, `bb`.
fn letter(count: u32, first: u8) -> String {
    let Some(count) = count.checked_sub(1) else { return String::new() };
    let c = char::from(first + (count % 26) as u8);
    std::iter::repeat_n(c, (count / 26 + 1).min(40) as usize).collect()
}

fn roman(mut count: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if count > 10_000 {
        return count.to_string();
    }
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while count >= value {
            out.push_str(sign);
            count -= value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    #[test]
    fn lists_count_as_word_does() {
        let source = "<numbering><abstractNum abstractNumId='4'>
            <lvl ilvl='0'><start val='3'/><numFmt val='decimal'/><lvlText val='Part %1.'/></lvl>
            <lvl ilvl='1'><start val='1'/><numFmt val='lowerLetter'/><pStyle val='Sub'/><lvlText val='%1.%2)'/></lvl></abstractNum>
            <abstractNum abstractNumId='5'><lvl ilvl='0'><numFmt val='bullet'/><lvlText val='\u{f0b7}'/></lvl></abstractNum>
            <num numId='1'><abstractNumId val='4'/></num><num numId='2'><abstractNumId val='5'/></num>
            <num numId='3'><abstractNumId val='4'/><lvlOverride ilvl='0'><startOverride val='9'/></lvlOverride></num></numbering>";
        let mut budget = Budget::new(FileLimits::default());
        let mut numbering = Numbering::read(source.as_bytes(), &mut budget);
        let mut next = |list, level, style| numbering.next(list, level, style).unwrap_or_default();
        assert_eq!(next(1, Some(0), ""), "Part 3.");
        assert_eq!(next(1, None, "Sub"), "3.a)");
        assert_eq!(next(1, Some(1), ""), "3.b)");
        assert_eq!(next(1, None, ""), "Part 4.");
        assert_eq!(next(1, Some(1), ""), "4.a)");
        assert_eq!(next(3, Some(0), ""), "Part 9.");
        assert_eq!(next(2, Some(0), ""), "");
        assert_eq!(next(7, Some(0), ""), "");
        assert_eq!([roman(1994), letter(28, b'a')], ["MCMXCIV", "bb"]);
    }
}
