//! The style sheets of a page: which of their rules mean an element, found by its names, so that each element costs the
//! rules for its own names and no others.

use super::{
    css::{end_of, split, without_comments},
    declared::{Declared, Display, Float, Position, Weighed, Weight, declarations},
    generated::Content,
    selector::{Around, Asked, Marks, Part, Selector, key},
    style::Color,
};
use std::{collections::HashMap, rc::Rc};

/// Rules that are kept; rules that are found by one name.
const MOST_RULES: usize = 50_000;
const MOST_OF_A_NAME: usize = 256;
/// Blocks in blocks.
const DEEPEST: usize = 8;

/// Whether capitals matter in the names of classes: not in a page that does not say which HTML it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Same,
    Differs,
}

impl Case {
    pub(super) fn of(source: &str) -> Self {
        let head = source.trim_start().get(..9).unwrap_or_default();
        if head.eq_ignore_ascii_case("<!doctype") { Self::Differs } else { Self::Same }
    }
}

/// What rules do with the elements of a name, roughly: enough to know whether to look closer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Does {
    pub(super) hides: bool,
    pub(super) moves: bool,
}

struct Rule {
    selector: Selector,
    /// One block has as many rules as selectors.
    declared: Rc<[Weighed]>,
}

pub(super) struct Sheet {
    pub(super) case: Case,
    rules: Vec<Rule>,
    by_name: HashMap<u64, Vec<u32>>,
    does: HashMap<u64, Does>,
    /// Some rule shows text that stands in no element.
    pub(super) generates: bool,
    /// Some rules were not kept or not understood, which hide or move or generate.
    pub(super) is_partial: bool,
}

impl Sheet {
    pub(super) fn new(case: Case) -> Self {
        Self {
            case,
            rules: Vec::new(),
            by_name: HashMap::new(),
            does: HashMap::new(),
            generates: false,
            is_partial: false,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.does.is_empty() && !self.generates && !self.is_partial
    }

    /// What a rule may do with such an element.
    pub(super) fn does(&self, marks: &Marks) -> Does {
        let mut all = Does::default();
        if self.does.is_empty() {
            return all;
        }
        for key in marks.keys() {
            if let Some(does) = self.does.get(&key) {
                all.hides |= does.hides;
                all.moves |= does.moves;
            }
        }
        all
    }

    /// The rules that mean an element, the strongest last; none any more once the tests are used up.
    pub(super) fn of(
        &self,
        marks: &Marks,
        attribute: Asked<'_>,
        around: Around<'_>,
        tests: &mut usize,
    ) -> Vec<(Part, &[Weighed])> {
        let mut found: Vec<(u32, u32)> = Vec::new();
        for key in marks.keys() {
            for number in self.by_name.get(&key).into_iter().flatten() {
                let Some(rule) = self.rules.get(*number as usize) else { continue };
                *tests = tests.saturating_sub(rule.selector.tests(around));
                if *tests == 0 {
                    return Vec::new();
                }
                if rule.selector.fits(marks, attribute, around) {
                    found.push((rule.selector.weight, *number));
                }
            }
        }
        found.sort_unstable();
        let rule = |(_, number): (u32, u32)| self.rules.get(number as usize);
        found.into_iter().filter_map(rule).map(|rule| (rule.selector.part, &*rule.declared)).collect()
    }

    /// Adds what stands in a `style` element.
    pub(super) fn add(&mut self, text: &str) {
        let text = without_comments(text);
        self.blocks(&text, 0);
    }

    fn blocks(&mut self, text: &str, depth: usize) {
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == '}');
            for mark in ["<!--", "-->"] {
                rest = rest.strip_prefix(mark).map_or(rest, str::trim_start);
            }
            if rest.is_empty() || self.rules.len() >= MOST_RULES {
                self.is_partial |= !rest.is_empty();
                return;
            }
            let is_at = rest.starts_with('@');
            let end = end_of(rest.as_bytes(), |b| b == b'{' || is_at && b == b';');
            let prelude = rest[..end].trim();
            if rest.as_bytes().get(end) != Some(&b'{') {
                rest = rest.get(end + 1..).unwrap_or_default();
                continue;
            }
            let inner = &rest[end + 1..];
            let length = end_of_block(inner.as_bytes());
            rest = inner.get(length + 1..).unwrap_or_default();
            let inner = &inner[..length];
            if !is_at {
                self.rule(prelude, inner);
            } else if applies(prelude) {
                match depth < DEEPEST {
                    true => self.blocks(inner, depth + 1),
                    false => self.is_partial = true,
                }
            }
        }
    }

    fn rule(&mut self, selectors: &str, block: &str) {
        let declared = declarations(block);
        if declared.is_empty() {
            return;
        }
        let does = Does {
            hides: declared.iter().any(|(declared, _)| hides(declared)),
            moves: declared.iter().any(|(declared, _)| moves(declared)),
        };
        let writes = declared.iter().any(|(declared, _)| writes(declared));
        let declared: Rc<[Weighed]> = declared.into();
        for text in split(selectors, b',') {
            if self.rules.len() >= MOST_RULES {
                self.is_partial = true;
                return;
            }
            let Some(selector) = Selector::read(text, self.case) else {
                // States (`a:hover`) are not how a page is shown first.
                self.is_partial |= (does.hides || does.moves || writes) && !text.contains(":hover");
                continue;
            };
            self.generates |= writes;
            let name = selector.subject.key();
            if does != Does::default() && selector.part == Part::Element {
                let known = self.does.entry(name).or_default();
                known.hides |= does.hides;
                known.moves |= does.moves;
            }
            let of_name = self.by_name.entry(name).or_default();
            if of_name.len() >= MOST_OF_A_NAME {
                self.is_partial |= does.hides || does.moves || writes;
                continue;
            }
            of_name.push(self.rules.len() as u32);
            self.rules.push(Rule { selector, declared: declared.clone() });
        }
    }
}

fn hides(declared: &Declared) -> bool {
    match declared {
        Declared::Display(display) => *display == Display::None,
        Declared::Visible(visible) | Declared::Seen(visible) => !visible,
        Declared::Tiny(tiny) => *tiny,
        Declared::Gone => true,
        Declared::Color(Color::Clear) => true,
        Declared::Color(Color::Rgb(rgb)) => rgb.iter().all(|part| *part >= 240),
        _ => false,
    }
}

pub(super) fn moves(declared: &Declared) -> bool {
    match declared {
        Declared::Float(float) => *float == Float::Right,
        Declared::Position(position) => *position == Position::Out,
        Declared::Reversed(moves) | Declared::RightToLeft(moves) | Declared::Override(moves) => *moves,
        Declared::Order(_) | Declared::Row(_) | Declared::Column(_) | Declared::Shifted => true,
        _ => false,
    }
}

/// Whether letters or digits are shown by it.
fn writes(declared: &Declared) -> bool {
    match declared {
        Declared::Content(pieces) => pieces.iter().any(|piece| match piece {
            Content::Text(text) => text.chars().any(char::is_alphanumeric),
            Content::Attribute(_) | Content::Counter(_) => true,
        }),
        Declared::Marker(text) => text.chars().any(char::is_alphanumeric),
        _ => false,
    }
}

/// The end of a block whose `{` was before `bytes`.
fn end_of_block(bytes: &[u8]) -> usize {
    let (mut at, mut deep) = (0, 0usize);
    loop {
        at += end_of(&bytes[at..], |b| b == b'{' || b == b'}');
        match bytes.get(at) {
            Some(b'{') => deep += 1,
            Some(b'}') if deep > 0 => deep -= 1,
            _ => return at.min(bytes.len()),
        }
        at += 1;
    }
}

/// Whether what an at-rule holds is for a screen of usual width.
fn applies(prelude: &str) -> bool {
    let prelude = prelude.to_ascii_lowercase();
    let Some(media) = prelude.strip_prefix("@media") else {
        return ["@supports", "@layer", "@container", "@scope"].iter().any(|at| prelude.starts_with(at));
    };
    media.split(',').any(|query| {
        let word =
            |word: &str| query.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|w| w == word);
        let feature = |name: &str| {
            let at = query.find(name)? + name.len();
            query[at..]
                .trim_start_matches([':', ' '])
                .split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse::<u32>()
                .ok()
        };
        let other = ["print", "speech", "not", "tty", "projection"].iter().any(|w| word(w));
        let dark = query.contains("dark") || query.contains("hover: none") || query.contains("hover:none");
        !other
            && !dark
            && feature("max-width").is_none_or(|n| n >= 900)
            && feature("max-device-width").is_none_or(|n| n >= 900)
            && feature("min-width").is_none_or(|n| n <= 1_000)
            && feature("min-device-width").is_none_or(|n| n <= 1_000)
    })
}

/// The declarations in the order in which they hold: the sheet's, the element's own, then what is important.
pub(super) fn in_order<'d>(
    rules: &'d [(Part, &'d [Weighed])],
    part: Part,
    own: &'d [Weighed],
) -> impl Iterator<Item = &'d Declared> {
    let of = move |weight: Weight| {
        let own = if part == Part::Element { own } else { &[] };
        rules
            .iter()
            .filter(move |(of, _)| *of == part)
            .flat_map(|(_, declared)| declared.iter())
            .chain(own)
            .filter(move |(_, w)| *w == weight)
            .map(|(declared, _)| declared)
    };
    of(Weight::Usual).chain(of(Weight::Important))
}

/// A number for an element's name, as selectors have it.
pub(super) fn name_of(tag: &str) -> u64 {
    key('<', tag, Case::Same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Around<'static> = Around { open: &[], before: None };

    fn of(css: &str, marks: &Marks) -> Vec<Declared> {
        let mut sheet = Sheet::new(Case::Same);
        sheet.add(css);
        let rules = sheet.of(marks, &|_| None, ALONE, &mut usize::MAX.clone());
        in_order(&rules, Part::Element, &[]).cloned().collect()
    }

    #[test]
    fn the_strongest_rule_holds_last() {
        let it = Marks::of("b", "x", "me", Case::Same);
        let off = Declared::Display(Display::None);
        let on = Declared::Display(Display::Inline);
        for (css, expected) in [
            (".x{display:none} b{display:inline}", &off),
            ("#me{display:inline} .x{display:none}", &on),
            (".x{display:none!important} #me{display:inline}", &off),
            ("/* .x{display:inline} */ .X , i { display:none }", &off),
            ("@media screen{.x{display:none}} @media print{.x{display:inline}}", &off),
            ("<!-- .x{content:'}'; display:none} -->", &off),
            ("@import url(x.css); @font-face{src:url(y)} .x{display:none}", &off),
            ("@media only screen and (max-width:480px){.x{display:inline}} b{display:none}", &off),
        ] {
            assert_eq!(of(css, &it).last(), Some(expected), "{css}");
        }
        assert_eq!(of(".y{display:none} .x{color", &it), []);
    }

    #[test]
    fn a_sheet_tells_what_it_does_at_all() {
        let does = |css: &str| {
            let mut sheet = Sheet::new(Case::Same);
            sheet.add(css);
            (sheet.does(&Marks::of("p", "x", "", Case::Same)), sheet.generates, sheet.is_partial)
        };
        let (hides, moves) = (Does { hides: true, moves: false }, Does { hides: false, moves: true });
        assert_eq!(does(".x{display:none}").0, hides);
        assert_eq!(does("p{float:right}").0, moves);
        assert_eq!(does(".y{display:none} a:hover{order:1} .x{float:left}"), (Does::default(), false, false));
        assert!(does(".z::after{content:attr(title)}").1);
        assert!(!does(".clear::after{content:'';display:table} .q:before{content:'\\201c'}").1);
        assert!(does(".x ~ .x{display:none}").2);
    }

    #[test]
    fn many_rules_of_one_name_are_not_all_asked() {
        let mut sheet = Sheet::new(Case::Same);
        sheet.add(&".x{display:none}".repeat(2_000));
        assert!(sheet.is_partial);
        assert_eq!(
            sheet.of(&Marks::of("p", "x", "", Case::Same), &|_| None, ALONE, &mut usize::MAX.clone()).len(),
            MOST_OF_A_NAME
        );
    }

    #[test]
    fn one_block_stands_once_for_all_its_selectors() {
        let mut sheet = Sheet::new(Case::Differs);
        let names: Vec<String> = (0..1_000).map(|n| format!(".a{n}")).collect();
        sheet.add(&format!("{}{{content:'{}'}}", names.join(","), "1".repeat(100_000)));
        assert_eq!(sheet.rules.len(), 1_000);
        assert!(sheet.rules.iter().all(|rule| Rc::ptr_eq(&rule.declared, &sheet.rules[0].declared)));
    }

    #[test]
    fn rules_are_held_against_elements_so_often_and_no_more() {
        let mut sheet = Sheet::new(Case::Differs);
        sheet.add(&"b{display:none}".repeat(100));
        let marks = Marks::of("b", "", "", Case::Differs);
        let mut tests = 250;
        let mut found = || sheet.of(&marks, &|_| None, ALONE, &mut tests).len();
        assert_eq!((found(), found(), found(), found()), (100, 100, 0, 0));
    }
}
