//! Selectors of a style sheet, as far as mail programs know them: elements, classes, ids, attributes, places among
//! siblings, what they stand in.

use super::{css::unescaped, sheet::Case};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// One selector.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    pub(super) subject: Compound,
    /// What the subject stands in, the nearest first.
    around: Vec<(Within, Compound)>,
    pub(super) part: Part,
    pub(super) weight: u32,
}

/// The part of the element that is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Element,
    Before,
    After,
    Marker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Parent,
    Any,
    /// Directly behind it.
    Beside,
}

/// The elements around one.
#[derive(Clone, Copy)]
pub(super) struct Around<'m> {
    pub(super) open: &'m [Marks],
    pub(super) before: Option<&'m Marks>,
}

/// The value of an element's attribute, asked by name.
pub(super) type Asked<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What one element must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Compound {
    tag: Option<u64>,
    id: Option<u64>,
    classes: Vec<u64>,
    attributes: Vec<(String, Option<String>)>,
    /// The `a` and `b` of `nth-child(an+b)`.
    nth: Option<(i64, i64)>,
    nots: Vec<Compound>,
}

/// What an element is, for selectors.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) tag: u64,
    pub(super) id: u64,
    pub(super) classes: Vec<u64>,
    /// The how many-th child of its parent.
    pub(super) nth: i64,
}

/// Longer ones, and longer lists, are not read.
const MOST_AROUND: usize = 12;
const MOST_CLASSES: usize = 64;
/// Classes, attributes and exceptions of one compound.
const MOST_TERMS: usize = 8;
/// How far up what a selector names is looked for.
const FARTHEST: usize = 64;

/// A number for a name of one kind.
pub(super) fn key(kind: char, name: &str, case: Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    kind.hash(&mut hasher);
    for b in name.bytes() {
        hasher.write_u8(if case == Case::Same { b.to_ascii_lowercase() } else { b });
    }
    hasher.finish()
}

impl Marks {
    pub(super) fn of(name: &str, class: &str, id: &str, case: Case) -> Self {
        let classes = class.split_ascii_whitespace().take(MOST_CLASSES).map(|class| key('.', class, case));
        let id = id.trim();
        Self {
            tag: key('<', name, Case::Same),
            id: if id.is_empty() { 0 } else { key('#', id, case) },
            classes: classes.collect(),
            nth: 0,
        }
    }

    /// By what selectors may find it.
    pub(super) fn keys(&self) -> impl Iterator<Item = u64> {
        let named = (self.id != 0).then_some(self.id);
        self.classes.iter().copied().chain(named).chain([self.tag, ANY])
    }
}

/// The key of what fits any element.
pub(super) const ANY: u64 = 0;

impl Compound {
    /// The rarest of its names.
    pub(super) fn key(&self) -> u64 {
        self.id.or(self.classes.first().copied()).or(self.tag).unwrap_or(ANY)
    }

    /// Of what is around no attribute is known: it may be the one that is wanted.
    fn fits(&self, marks: &Marks, attribute: Option<Asked<'_>>) -> bool {
        let has = |name: &str, wanted: &Option<String>| {
            attribute.is_none_or(|attribute| {
                attribute(name).is_some_and(|value| wanted.as_ref().is_none_or(|wanted| *wanted == value))
            })
        };
        let is_known = |not: &Compound| attribute.is_some() || not.attributes.is_empty();
        self.tag.is_none_or(|tag| tag == marks.tag)
            && self.id.is_none_or(|id| id == marks.id)
            && self.classes.iter().all(|class| marks.classes.contains(class))
            && self.nth.is_none_or(|(a, b)| is_nth(marks.nth, a, b))
            && self.attributes.iter().all(|(name, wanted)| has(name, wanted))
            && !self.nots.iter().any(|not| is_known(not) && not.fits(marks, attribute))
    }
}

fn is_nth(n: i64, a: i64, b: i64) -> bool {
    let from = n - b;
    if a == 0 { from == 0 } else { from % a == 0 && from / a >= 0 }
}

impl Selector {
    /// What it costs at most to hold it against an element.
    pub(super) fn tests(&self, around: Around<'_>) -> usize {
        1 + if self.around.is_empty() { 0 } else { around.open.len().min(FARTHEST) }
    }

    /// Whether it means this element. Attributes of what is around are not asked.
    pub(super) fn fits(&self, marks: &Marks, attribute: Asked<'_>, around: Around<'_>) -> bool {
        if !self.subject.fits(marks, Some(attribute)) {
            return false;
        }
        let mut above = around.open.iter().rev().take(FARTHEST);
        self.around.iter().all(|(within, compound)| match within {
            Within::Parent => above.next().is_some_and(|parent| compound.fits(parent, None)),
            Within::Any => above.any(|ancestor| compound.fits(ancestor, None)),
            Within::Beside => around.before.is_some_and(|before| compound.fits(before, None)),
        })
    }

    /// `None` for one that is not understood: it may mean anything.
    pub(super) fn read(text: &str, case: Case) -> Option<Self> {
        let mut out = Self::default();
        let mut compounds: Vec<(Within, Compound)> = Vec::new();
        let mut rest = text.trim();
        let mut within = Within::Any;
        while !rest.is_empty() {
            if compounds.len() > MOST_AROUND {
                return None;
            }
            let (compound, after) = out.compound(rest, case)?;
            compounds.push((within, compound));
            let trimmed = after.trim_start();
            within = match trimmed.bytes().next() {
                Some(b'>') => Within::Parent,
                Some(b'+') => Within::Beside,
                _ => Within::Any,
            };
            rest = trimmed.trim_start_matches(['>', '+']).trim_start();
        }
        let (mut within, subject) = compounds.pop()?;
        out.subject = subject;
        // Each combinator stands behind what it belongs to.
        while let Some((before, compound)) = compounds.pop() {
            out.around.push((within, compound));
            within = before;
        }
        // Of what is around only the names are kept, not what stood beside it.
        let is_known = out.around.iter().skip(1).all(|(within, _)| *within != Within::Beside);
        is_known.then_some(out)
    }

    /// The compound at the start of `text`, and what follows.
    fn compound<'t>(&mut self, text: &'t str, case: Case) -> Option<(Compound, &'t str)> {
        let mut out = Compound::default();
        let mut rest = text;
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
        }
        loop {
            if out.classes.len().max(out.attributes.len()).max(out.nots.len()) > MOST_TERMS {
                return None;
            }
            let start = rest.chars().next();
            match start {
                None | Some(' ' | '\t' | '\n' | '\r' | '>' | '+') => break,
                Some('.') => {
                    let (name, after) = name(&rest[1..])?;
                    out.classes.push(key('.', &name, case));
                    self.weigh(1_000);
                    rest = after;
                }
                Some('#') => {
                    let (name, after) = name(&rest[1..])?;
                    out.id = Some(key('#', &name, case));
                    self.weigh(1_000_000);
                    rest = after;
                }
                Some('[') => {
                    let (inner, after) = rest[1..].split_once(']')?;
                    out.attributes.push(attribute(inner)?);
                    self.weigh(1_000);
                    rest = after;
                }
                Some(':') => rest = self.pseudo(&mut out, rest.trim_start_matches(':'), case)?,
                Some(_) => {
                    let (name, after) = name(rest)?;
                    out.tag = Some(key('<', &name, Case::Same));
                    self.weigh(1);
                    rest = after;
                }
            }
        }
        (rest.len() < text.len()).then_some((out, rest))
    }

    fn weigh(&mut self, more: u32) {
        self.weight = self.weight.saturating_add(more);
    }

    fn pseudo<'t>(&mut self, compound: &mut Compound, text: &'t str, case: Case) -> Option<&'t str> {
        let (name, after) = name(text)?;
        let mut inner = "";
        let mut rest = after;
        if let Some(open) = after.strip_prefix('(') {
            (inner, rest) = open.split_once(')')?;
        }
        match name.to_ascii_lowercase().as_str() {
            "before" => self.part = Part::Before,
            "after" => self.part = Part::After,
            "marker" => self.part = Part::Marker,
            "first-child" => compound.nth = Some((0, 1)),
            "nth-child" => compound.nth = Some(nth(inner)?),
            "not" => {
                let not = Self::read(inner, case)?;
                compound.nots.push(not.subject);
            }
            "root" => compound.tag = Some(key('<', "html", Case::Same)),
            _ => return None,
        }
        self.weigh(1_000);
        Some(rest)
    }
}

/// A name at the start of `text`, escapes undone.
fn name(text: &str) -> Option<(String, &str)> {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(&b) = bytes.get(end) {
        match b {
            b'\\' => end += 2,
            b if b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b >= 0x80 => end += 1,
            // The white space that ends an escape belongs to it.
            b' ' if ends_in_escape(&bytes[..end]) => end += 1,
            _ => break,
        }
    }
    let end = text.floor_char_boundary(end.min(text.len()));
    (end > 0).then(|| (unescaped(&text[..end]), &text[end..]))
}

fn ends_in_escape(bytes: &[u8]) -> bool {
    let digits = bytes.iter().rev().take(6).take_while(|b| b.is_ascii_hexdigit()).count();
    digits > 0 && bytes.len().checked_sub(digits + 1).and_then(|at| bytes.get(at)) == Some(&b'\\')
}

/// `name`, `name=value`, `name="value"`.
fn attribute(text: &str) -> Option<(String, Option<String>)> {
    let Some((name, value)) = text.split_once('=') else {
        return Some((text.trim().to_ascii_lowercase(), None));
    };
    // `~=`, `^=` and their like are not computed.
    let name = name.trim();
    if !name.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return None;
    }
    let value = unescaped(value.trim().trim_matches(['"', '\'']));
    Some((name.to_ascii_lowercase(), Some(value)))
}

fn nth(text: &str) -> Option<(i64, i64)> {
    let text: String = text.to_ascii_lowercase().split_ascii_whitespace().collect();
    match text.as_str() {
        "odd" => return Some((2, 1)),
        "even" => return Some((2, 0)),
        _ => {}
    }
    let Some((a, b)) = text.split_once('n') else { return Some((0, text.parse().ok()?)) };
    let a = match a {
        "" | "+" => 1,
        "-" => -1,
        a => a.parse().ok()?,
    };
    let b = if b.is_empty() { 0 } else { b.parse().ok()? };
    // Larger ones mean no child of any page.
    (i64::abs(a) < 1_000_000 && i64::abs(b) < 1_000_000).then_some((a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(name: &str, class: &str, id: &str, nth: i64) -> Marks {
        Marks { nth, ..Marks::of(name, class, id, Case::Differs) }
    }

    #[test]
    fn what_is_too_long_is_not_understood_and_weights_end() {
        assert!(Selector::read(&".x".repeat(MOST_TERMS), Case::Differs).is_some());
        for term in [".x", "[a]", ":not(b)"] {
            assert!(Selector::read(&term.repeat(5_000), Case::Differs).is_none(), "{term}");
        }
        assert_eq!(Selector::read(&"#a".repeat(5_000), Case::Differs).unwrap().weight, u32::MAX);
    }

    /// Whoever stands around may have the attribute that is asked for.
    #[test]
    fn attributes_of_what_is_around_may_fit() {
        let open = [marks("div", "", "", 1)];
        let around = Around { open: &open, before: None };
        let fits = |text: &str| {
            Selector::read(text, Case::Differs).unwrap().fits(&marks("u", "", "", 1), &|_| None, around)
        };
        assert!(fits("div[k=v] u") && fits("div:not([k=v]) u") && !fits("p[k=v] u"));
    }

    #[test]
    fn selectors_mean_what_they_say() {
        let open = [marks("div", "outer", "top", 1), marks("p", "", "", 2)];
        let fits = |selector: &str, marks: &Marks| {
            let attribute = |name: &str| (name == "data-k").then(|| "v".to_owned());
            let around = Around { open: &open, before: Some(&open[1]) };
            Selector::read(selector, Case::Differs).unwrap().fits(marks, &attribute, around)
        };
        let it = marks("B", "x y", "me", 3);
        for yes in [
            "b",
            "B.x",
            ".x.y",
            "#me",
            "*",
            "p > b",
            "div b",
            "#top p>.y",
            ".outer > p b",
            "p+b",
            "p > p + .x",
            "[data-k]",
            "[ data-k = 'v' ]",
            ":nth-child(odd)",
            "b:nth-child(2n+1)",
            ":nth-child(3)",
            "b:not(.z)",
            ".\\78 ",
            "b:nth-child(-n+3)",
        ] {
            assert!(fits(yes, &it), "{yes}");
        }
        for no in [
            "i",
            ".X",
            ".z",
            "#you",
            "div > b",
            ".y p b",
            "[data-k=w]",
            "[title]",
            ":nth-child(2)",
            "b:not(.x)",
            ":first-child",
            "b b",
            "i + b",
        ] {
            assert!(!fits(no, &it), "{no}");
        }
        assert_eq!(Selector::read("b::before", Case::Same).unwrap().part, Part::Before);
        for odd in ["a:hover", "a + b c", "a ~ b", "", "[a^=b]", ":nth-child(x)"] {
            assert!(Selector::read(odd, Case::Same).is_none(), "{odd}");
        }
    }
}
