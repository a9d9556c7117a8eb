//! Patterns and words of a rule file turned into the one syntax that both engines run.
//!
//! The view that patterns see is lower case and knows two white spaces, the space and the
//! line feed (docs/rules.md). So case is ignored here once for all, and an engine never
//! has to try upper case: [`parse`] takes it out of every class.

use regex_syntax::{
    ParserBuilder,
    ast::{self, Ast, ClassPerlKind, ClassSetItem, Span, Visitor},
    hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind},
};
use unicode_normalization::UnicodeNormalization;

/// A longer pattern is a mistake, or a list that belongs in `words`.
const LONGEST: usize = 2000;
/// Larger classes (`.`, `\w`, negated ones) are as fast with upper case as without.
const FOLDED: usize = 200;

/// Turns a pattern as written into the one that runs. `Err` says what is wrong with it.
pub(super) fn translate(written: &str) -> Result<String, String> {
    if written.len() > LONGEST {
        return Err(format!("the pattern is longer than {LONGEST} bytes"));
    }
    let tree = ast::parse::Parser::new().parse(written).map_err(|e| e.kind().to_string())?;
    let edits = ast::visit(&tree, Edits::default()).map_err(|e| e.to_string())?;
    let mut regex = String::with_capacity(written.len() + 16);
    let mut at = 0;
    for (span, with) in edits {
        regex.push_str(written.get(at..span.start.offset).unwrap_or_default());
        regex.push_str(with);
        at = span.end.offset;
    }
    regex.push_str(written.get(at..).unwrap_or_default());
    let hir = parse(&regex)?;
    match hir.properties().minimum_len() {
        None => Err("the pattern can never match".into()),
        Some(0) => Err("the pattern matches the empty text".into()),
        Some(n) if n > LONGEST => Err("the pattern repeats too often".into()),
        Some(_) => Ok(regex),
    }
}

/// Turns a word or phrase into its pattern: whole words, `*` for any further letters.
pub(super) fn word(written: &str) -> Result<String, String> {
    let text: String = written.nfkc().collect::<String>().to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, open) = match text.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (text.as_str(), false),
    };
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().last()) else {
        return Err("the word is empty".into());
    };
    if text.contains('*') {
        return Err("`*` may stand only at the end of a word".into());
    }
    let start = if regex_syntax::is_word_character(first) { r"\b" } else { r"\b{start-half}" };
    let end = match (open, regex_syntax::is_word_character(last)) {
        (true, true) => r"\w*",
        (true, false) => return Err("`*` stands for letters and must follow a letter".into()),
        (false, true) => r"\b",
        (false, false) => r"\b{end-half}",
    };
    translate(&format!("{start}{}{end}", regex_syntax::escape(text)))
}

/// Parses a translated pattern for the view: case ignored, upper case left out.
pub fn parse(regex: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().case_insensitive(true).nest_limit(60).build();
    parser.parse(regex).map(lowered).map_err(|e| match e {
        regex_syntax::Error::Parse(e) => e.kind().to_string(),
        regex_syntax::Error::Translate(e) => e.kind().to_string(),
        other => other.to_string(),
    })
}

/// Characters that NFKC and lower case never leave in a view although folding puts them
/// beside `k`, `s` and the ASCII letters.
fn never_in_a_view() -> ClassUnicode {
    ClassUnicode::new([
        ClassUnicodeRange::new('A', 'Z'),
        ClassUnicodeRange::new('\u{17f}', '\u{17f}'),
        ClassUnicodeRange::new('\u{212a}', '\u{212a}'),
    ])
}

/// Takes upper case out of letters and small classes, so that ignoring case costs nothing.
fn lowered(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(mut class)) => {
            let size: usize = class.ranges().iter().map(ClassUnicodeRange::len).sum();
            if size <= FOLDED {
                class.difference(&never_in_a_view());
                let upper = class.ranges().iter().flat_map(|r| r.start()..=r.end());
                let upper = upper.filter(|c| c.is_uppercase()).map(|c| ClassUnicodeRange::new(c, c));
                class.difference(&ClassUnicode::new(upper.collect::<Vec<_>>()));
            }
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(class) => Hir::class(class),
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(repetition) => {
            let sub = lowered((*repetition.sub).clone());
            Hir::repetition(repetition.with(sub))
        }
        HirKind::Capture(capture) => lowered(*capture.sub),
        HirKind::Concat(subs) => Hir::concat(subs.into_iter().map(lowered).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.into_iter().map(lowered).collect()),
    }
}

/// What to write in place of which stretch of the pattern.
#[derive(Default)]
struct Edits(Vec<(Span, &'static str)>);

impl Visitor for Edits {
    type Output = Vec<(Span, &'static str)>;
    type Err = &'static str;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Literal(l) if l.c == ' ' => self.0.push((l.span, r"[ \n]")),
            // The view has plain quotes and hyphens; a pattern may have been typed with others.
            Ast::Literal(l) if matches!(l.c, '\u{2018}' | '\u{2019}') => self.0.push((l.span, "'")),
            Ast::Literal(l) if matches!(l.c, '\u{201c}' | '\u{201d}') => self.0.push((l.span, "\"")),
            Ast::Literal(l) if matches!(l.c, '\u{2010}'..='\u{2015}') => self.0.push((l.span, "-")),
            Ast::ClassPerl(class) => {
                let with = match (&class.kind, class.negated) {
                    (ClassPerlKind::Digit, false) => "[0-9]",
                    (ClassPerlKind::Digit, true) => "[^0-9]",
                    (ClassPerlKind::Space, false) => r"[ \n]",
                    (ClassPerlKind::Space, true) => r"[^ \n]",
                    (ClassPerlKind::Word, _) => return Ok(()),
                };
                self.0.push((class.span, with));
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        if let ClassSetItem::Perl(class) = item {
            let with = match (&class.kind, class.negated) {
                (ClassPerlKind::Digit, false) => "0-9",
                (ClassPerlKind::Digit, true) => "[^0-9]",
                (ClassPerlKind::Space, false) => r" \n",
                (ClassPerlKind::Space, true) => r"[^ \n]",
                (ClassPerlKind::Word, _) => return Ok(()),
            };
            self.0.push((class.span, with));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_automata::meta::Regex;

    fn regex(pattern: &str) -> Regex {
        Regex::builder().build_from_hir(&parse(&translate(pattern).unwrap()).unwrap()).unwrap()
    }
    fn of_word(w: &str) -> Regex {
        Regex::builder().build_from_hir(&parse(&word(w).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn white_space_and_digits_are_those_of_the_view() {
        assert!(regex("nhs number").is_match("nhs\nnumber"));
        assert!(regex(r"\d{3}[\s-]\d").is_match("123\n4"));
        assert!(!regex(r"\d").is_match("\u{663}"), "an Arabic digit has no check digit to test");
        assert!(
            regex("don\u{2019}t \u{2013} x").is_match("i don't - x"),
            "the view has plain quotes and hyphens"
        );
        assert_eq!(translate("[ -]a b").unwrap(), r"[ -]a[ \n]b", "a class is taken at its word");
        assert_eq!(translate("(?x) a b # note").unwrap(), "(?x) a b # note");
    }

    #[test]
    fn case_is_ignored_and_costs_no_class() {
        for pattern in ["[A-F]{2}\u{174}y", "Sk\u{174}Y"] {
            let hir = parse(&translate(pattern).unwrap()).unwrap();
            assert!(!format!("{hir:?}").contains('\u{174}'), "{hir:?}");
        }
        assert!(regex("[A-F]{2}Sk").is_match("abfsk"));
        assert!(!regex("[^A-F]").is_match("abc"));
    }

    #[test]
    fn a_word_is_whole_in_welsh_too() {
        let w = of_word("\u{175}y");
        assert!(w.is_match("y \u{175}y, ie") && w.is_match("\u{175}y"));
        assert!(!w.is_match("\u{175}yn") && !w.is_match("\u{175}y\u{177}") && !w.is_match("a\u{175}y"));
        assert!(!of_word("t\u{177}").is_match("t\u{177}\u{302}r"), "a combining mark belongs to its letter");
        assert!(of_word("Idiot*").is_match("idiotically") && !of_word("idiot").is_match("idiots"));
        assert!(of_word("@home").is_match("is @home now") && !of_word("@home").is_match("me@home"));
    }

    #[test]
    fn what_cannot_run_is_refused_with_a_reason() {
        for bad in ["(", "a*", "(?=x)y", r"(a)\1", "[a&&b]", "x{2000}{2000}{9}", r"\b"] {
            assert!(translate(bad).is_err(), "{bad}");
        }
        for bad in ["", "*", "a*b", "!*"] {
            assert!(word(bad).is_err(), "{bad}");
        }
        assert!(translate(&"a".repeat(LONGEST + 1)).is_err());
    }
}
