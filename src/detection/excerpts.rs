//! The words around a finding, for whoever has to decide: short, and with nothing of what was
//! matched, here or anywhere in the same text.

use super::judge::{Candidate, around};
use std::ops::Range;

/// An excerpt's length in characters, and what stands in place of a value.
const EXCERPT: usize = 120;
const MASK: &str = "•••";
const MASKED: usize = 3;

/// Everything that matched, those included that are not reported: the third password of a
/// text must not stand beside the first.
pub(super) struct Masks {
    /// Fragment and place, in the order of the text.
    spans: Vec<(u32, Range<usize>)>,
    /// For each span how far it and those before it in its fragment reach.
    reach: Vec<usize>,
}

impl Masks {
    pub(super) fn of(candidates: &[Candidate]) -> Self {
        let mut spans: Vec<(u32, Range<usize>)> =
            candidates.iter().map(|c| (c.fragment, c.span.clone())).collect();
        spans.sort_unstable_by_key(|(fragment, span)| (*fragment, span.start));
        let mut reach: Vec<usize> = Vec::with_capacity(spans.len());
        let mut before = None;
        for (fragment, span) in &spans {
            let so_far = if before == Some(*fragment) { reach.last().copied() } else { None };
            reach.push(so_far.unwrap_or(0).max(span.end));
            before = Some(*fragment);
        }
        Self { spans, reach }
    }

    /// How far what begins before `window` reaches, and what begins within it.
    fn within(&self, fragment: u32, window: &Range<usize>) -> (usize, impl Iterator<Item = &Range<usize>>) {
        let first = self.spans.partition_point(|(f, span)| (*f, span.start) < (fragment, window.start));
        let before = first.checked_sub(1).filter(|i| self.spans.get(*i).is_some_and(|(f, _)| *f == fragment));
        let reaching = before.and_then(|i| self.reach.get(i)).copied().unwrap_or(0);
        let end = window.end;
        let inside = self.spans.iter().skip(first);
        let inside = inside.take_while(move |(f, span)| *f == fragment && span.start < end);
        (reaching, inside.map(|(_, span)| span))
    }

    /// The words around a place. All matches, every digit and every address are masked, so
    /// that the excerpt does not tell what the finding keeps quiet.
    pub(super) fn excerpt(
        &self,
        text: &str,
        fragment: u32,
        span: &Range<usize>,
        draft: &mut String,
    ) -> String {
        let [before, after] = around(text, span, (EXCERPT - MASKED) / 2);
        let window = before.start..after.end;
        draft.clear();
        let mut excerpt = Excerpt(draft);
        let mut at = window.start;
        let (reaching, inside) = self.within(fragment, &window);
        if reaching > at {
            excerpt.mask();
            at = reaching;
        }
        for hidden in inside {
            if hidden.end > at {
                excerpt.text(text.get(at..hidden.start).unwrap_or_default());
                excerpt.mask();
                at = hidden.end;
            }
        }
        excerpt.text(text.get(at..window.end).unwrap_or_default());
        excerpt.0.trim_end().to_owned()
    }
}

struct Excerpt<'a>(&'a mut String);

impl Excerpt<'_> {
    fn mask(&mut self) {
        if !self.0.ends_with(MASK) {
            self.0.push_str(MASK);
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_ascii() && !text.contains('@') {
            return self.plain(text);
        }
        for piece in text.split_inclusive([' ', '\n']) {
            let word = piece.trim_end_matches([' ', '\n']);
            if word.contains('@') {
                self.mask();
            } else {
                let number = |c: char| c.is_ascii_digit() || !c.is_ascii() && c.is_numeric();
                self.0.extend(word.chars().map(|c| if number(c) { '•' } else { c }));
            }
            if word.len() < piece.len() && !self.0.is_empty() {
                self.0.push(' ');
            }
        }
    }

    /// ASCII without an address, in runs.
    fn plain(&mut self, text: &str) {
        let text = if self.0.is_empty() { text.trim_start_matches([' ', '\n']) } else { text };
        let mut run = 0;
        for (at, b) in text.bytes().enumerate() {
            if b.is_ascii_digit() || b == b'\n' {
                self.0.push_str(text.get(run..at).unwrap_or_default());
                self.0.push(if b == b'\n' { ' ' } else { '•' });
                run = at + 1;
            }
        }
        self.0.push_str(text.get(run..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::model::Origin;

    fn masks(places: &[Range<usize>]) -> Masks {
        let candidate = |span: &Range<usize>| Candidate {
            rule: 0,
            fragment: 7,
            span: span.clone(),
            confidence: 1.0,
            origin: Origin::Own,
            value: 0,
        };
        Masks::of(&places.iter().map(candidate).collect::<Vec<_>>())
    }

    fn excerpt(text: &str, span: &Range<usize>, all: &[Range<usize>]) -> String {
        masks(all).excerpt(text, 7, span, &mut String::new())
    }

    #[test]
    fn an_excerpt_keeps_no_value() {
        let text = "call 07700 900123 or a@b.example: nhs 943 476 5919, nino ab123456c\nend";
        let start = text.find("943").unwrap();
        let nino = text.find("ab123").unwrap();
        let all = [nino..nino + 9, start..start + 12];
        assert_eq!(excerpt(text, &all[1], &all), "call ••••• •••••• or ••• nhs •••, nino ••• end");
        // A long match before the window reaches into it.
        let text = format!("{} plum tree", "secret ".repeat(40));
        let plum = text.find("plum").unwrap();
        let all = [0..plum - 1, 5..8, plum..plum + 4];
        assert_eq!(excerpt(&text, &all[2], &all), "••• ••• tree");
    }

    #[test]
    fn what_is_masked_in_one_text_is_not_in_another() {
        let text = "an ordinary sentence";
        assert_eq!(
            masks(std::slice::from_ref(&(0..20))).excerpt(text, 8, &(3..11), &mut String::new()),
            text
        );
    }

    #[test]
    fn an_excerpt_is_short_and_cuts_no_letter() {
        let text = format!("{}idiot{}", "ŵ ".repeat(200), " ŷ".repeat(200));
        let start = text.find("idiot").unwrap();
        let span = start..start + 5;
        let short = excerpt(&text, &span, std::slice::from_ref(&span));
        assert!(short.chars().count() <= EXCERPT && short.contains("ŵ ••• ŷ"), "{short}");
        let long = "x".repeat(500);
        assert_eq!(excerpt(&long, &(0..500), std::slice::from_ref(&(0..500))), MASK);
    }
}
