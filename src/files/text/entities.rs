//! XML with entities of its own (XML 1.0, section 4.2): a browser shows what they stand for.

use crate::files::{Limit, budget::Budget};
use std::collections::HashMap;

/// Entities within entities.
const DEEPEST: usize = 16;
const MOST_ENTITIES: usize = 4096;
/// How far the end of a name is looked for.
const LONGEST_NAME: usize = 256;

/// What stands for what.
pub(in crate::files) struct Entities<'x> {
    all: HashMap<&'x str, &'x str>,
    /// There are more than are kept.
    pub(in crate::files) is_cut: bool,
}

impl<'x> Entities<'x> {
    /// Those of the document's own declarations; `None` where it has none.
    pub(in crate::files) fn of(source: &'x str) -> Option<Self> {
        let start = source.find("<!DOCTYPE")?;
        let mut rest = source.get(start..)?;
        let (mut all, mut is_cut) = (HashMap::new(), false);
        while let Some(at) = rest.find("<!ENTITY") {
            rest = rest.get(at + 8..)?;
            let declaration = rest.trim_start();
            let end = declaration.bytes().take(LONGEST_NAME).position(|b| b.is_ascii_whitespace());
            let Some((name, value)) = end.and_then(|end| declaration.split_at_checked(end)) else { continue };
            let value = value.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let inner = quote.and_then(|quote| value.get(1..)?.split(quote).next());
            // The first declaration of a name counts.
            let Some(inner) = inner else { continue };
            match all.len() < MOST_ENTITIES {
                true => drop(all.entry(name).or_insert(inner)),
                false => is_cut = true,
            }
        }
        (!all.is_empty()).then_some(Self { all, is_cut })
    }

    /// The document with each put in its place, up to what a file of its size may unpack to.
    pub(in crate::files) fn expanded(&self, source: &str, budget: &mut Budget) -> Result<String, Limit> {
        let most = usize::try_from(budget.may_unpack(source.len() as u64)).unwrap_or(usize::MAX);
        // More would be cut in any case.
        let most = most.min(budget.limits().text_bytes);
        let mut out = String::with_capacity(source.len());
        let result = self.put(source, most, 0, &mut out, budget);
        budget.unpacked(out.len() as u64);
        result.map(|()| out)
    }

    fn put(
        &self,
        text: &str,
        most: usize,
        depth: usize,
        out: &mut String,
        budget: &mut Budget,
    ) -> Result<(), Limit> {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            budget.step(1)?;
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            let end = after.bytes().skip(1).take(LONGEST_NAME).position(|b| b == b';');
            let name = end.and_then(|end| after.get(1..end + 1));
            let own = name.and_then(|name| Some((name, *self.all.get(name)?)));
            match own {
                Some((name, value)) if depth < DEEPEST => {
                    self.put(&numbers(value), most, depth + 1, out, budget)?;
                    rest = after.get(name.len() + 2..).unwrap_or_default();
                }
                Some(_) => return Err(Limit::Nesting),
                None => {
                    out.push('&');
                    rest = after.get(1..).unwrap_or_default();
                }
            }
            if out.len() > most {
                return Err(Limit::Ratio);
            }
        }
        out.push_str(rest);
        Ok(())
    }
}

/// References by number are put in when the entity is declared (section 4.5), so that what they make may be one more
/// reference.
fn numbers(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        let end = after.bytes().take(9).position(|b| b == b';');
        let known = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?))).and_then(
            |(number, rest)| {
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16).ok(),
                    None => number.parse().ok(),
                };
                Some((code.and_then(char::from_u32)?, rest))
            },
        );
        match known {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push_str("&#");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Limit, Reason, Shown,
        fixture_tests::{has_missed, opened, text},
    };

    #[test]
    fn entities_of_a_document_are_put_in() {
        let source = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY who \"Nia &last;\"><!ENTITY last 'Fl&#121;nn'>]><l>&who; &amp; &other;</l>";
        let opened = opened(source.as_bytes());
        assert!(text(&opened, "", Shown::Visible).ends_with("<l>Nia Flynn &amp; &other;</l>"));
    }

    #[test]
    fn more_entities_than_are_kept_are_told() {
        let mut source = "<?xml version='1.0'?><!DOCTYPE l [".to_owned();
        (0..5_000).for_each(|n| source.push_str(&format!("<!ENTITY a{n} 'x'>")));
        source.push_str("]><l>&a1;</l>");
        let opened = opened(source.as_bytes());
        assert!(has_missed(&opened, Reason::Limit(Limit::Steps)));
        assert!(text(&opened, "", Shown::Visible).ends_with("<l>x</l>"));
    }

    #[test]
    fn what_grows_without_end_is_told() {
        let mut source = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a0 \"aaaaaaaaaa\">".to_owned();
        for level in 1..12 {
            let row = format!("&a{};", level - 1).repeat(10);
            source.push_str(&format!("<!ENTITY a{level} \"{row}\">"));
        }
        source.push_str("]><l>&a11;</l>");
        assert!(has_missed(&opened(source.as_bytes()), Reason::Limit(Limit::Ratio)));
        let round = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><l>&a;</l>";
        assert!(has_missed(&opened(round.as_bytes()), Reason::Limit(Limit::Nesting)));
    }
}
