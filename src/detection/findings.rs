//! From what counts to findings: each value once, at its most telling place, with an
//! excerpt that keeps nothing of the value.

use super::{
    judge::Candidate,
    model::{Finding, Origin},
    pass::Pass,
};
use crate::ruleset::DetectionRule;
use std::{cmp::Reverse, ops::Range, sync::Arc};

/// An excerpt's length in characters, and what stands in place of a value.
const EXCERPT: usize = 120;
const MASK: &str = "•••";
const MASKED: usize = 3;

/// Of every rule each value once, and of all values the gravest rules' first; then in the
/// order of the text.
pub(super) fn strongest(mut candidates: Vec<Candidate>, room: usize) -> Vec<Candidate> {
    let rank = |c: &Candidate| (Reverse((c.confidence * 1e6) as u32), c.origin, c.fragment, c.span.start);
    candidates.sort_unstable_by(|a, b| {
        (a.rule, a.value).cmp(&(b.rule, b.value)).then_with(|| rank(a).cmp(&rank(b)))
    });
    candidates.dedup_by_key(|c| (c.rule, c.value));
    if candidates.len() > room {
        candidates.sort_unstable_by(|a, b| a.rule.cmp(&b.rule).then_with(|| rank(a).cmp(&rank(b))));
        candidates.truncate(room);
    }
    candidates.sort_unstable_by_key(|c| (c.fragment, c.span.start, c.rule));
    candidates
}

pub(super) fn of_candidates(pass: &Pass<'_, '_>, kept: &[Candidate]) -> Vec<Finding> {
    let mut out = Vec::with_capacity(kept.len());
    let (mut spans, mut draft) = (Vec::new(), String::with_capacity(EXCERPT * 2));
    for here in kept.chunk_by(|a, b| a.fragment == b.fragment) {
        let fragment = here.first().and_then(|c| pass.extract.fragments.get(c.fragment as usize));
        let Some(fragment) = fragment else { continue };
        spans.clear();
        spans.extend(here.iter().map(|c| c.span.clone()));
        for candidate in here {
            let Some(rule) = pass.detector.prepared().rule(candidate.rule) else { continue };
            out.push(Finding {
                confidence: candidate.confidence,
                part: fragment.place.to_string(),
                part_index: fragment.part,
                span: fragment.view.map.range(candidate.span.clone(), fragment.source.len()),
                excerpt: excerpt(&fragment.view.text, &candidate.span, &spans, &mut draft),
                origin: candidate.origin,
                value: candidate.value,
                ..bare(rule)
            });
        }
    }
    out
}

/// A finding of this rule about no text.
pub(super) fn bare(rule: &DetectionRule) -> Finding {
    Finding {
        rule: Arc::clone(&rule.id),
        category: rule.category,
        area: rule.area,
        severity: rule.severity,
        confidence: rule.confidence,
        clauses: rule.clauses.clone(),
        part: String::new(),
        part_index: None,
        span: 0..0,
        excerpt: String::new(),
        origin: Origin::Structure,
        reason: Arc::clone(&rule.reason),
        value: 0,
        recipients: Vec::new(),
    }
}

/// The words around a match. All matches, every digit and every address are masked, so that
/// the excerpt does not tell what the finding keeps quiet.
fn excerpt(text: &str, span: &Range<usize>, all: &[Range<usize>], draft: &mut String) -> String {
    let [before, after] = super::judge::around(text, span, (EXCERPT - MASKED) / 2);
    let window = before.start..after.end;
    draft.clear();
    let mut excerpt = Excerpt(draft);
    let mut at = window.start;
    // Spans come sorted by their start; several may lie over each other.
    let first = all.partition_point(|s| s.start < window.start);
    let reaching = all.iter().take(first).map(|s| s.end).max().unwrap_or(0);
    if reaching > at {
        excerpt.mask();
        at = reaching;
    }
    for hidden in all.iter().skip(first).take_while(|s| s.start < window.end) {
        if hidden.end > at {
            excerpt.text(text.get(at..hidden.start).unwrap_or_default());
            excerpt.mask();
            at = hidden.end;
        }
    }
    excerpt.text(text.get(at..window.end).unwrap_or_default());
    excerpt.0.trim_end().to_owned()
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

    #[test]
    fn an_excerpt_keeps_no_value() {
        let text = "call 07700 900123 or a@b.example: nhs 943 476 5919, nino ab123456c\nend";
        let start = text.find("943").unwrap();
        let nino = text.find("ab123").unwrap();
        let all = [start..start + 12, nino..nino + 9];
        assert_eq!(
            excerpt(text, &all[0], &all, &mut String::new()),
            "call ••••• •••••• or ••• nhs •••, nino ••• end"
        );
    }

    #[test]
    fn an_excerpt_is_short_and_cuts_no_letter() {
        let text = format!("{}idiot{}", "ŵ ".repeat(200), " ŷ".repeat(200));
        let start = text.find("idiot").unwrap();
        let mut draft = String::new();
        let short =
            excerpt(&text, &(start..start + 5), std::slice::from_ref(&(start..start + 5)), &mut draft);
        assert!(short.chars().count() <= EXCERPT && short.contains("ŵ ••• ŷ"), "{short}");
        let long = "x".repeat(500);
        assert_eq!(excerpt(&long, &(0..500), std::slice::from_ref(&(0..500)), &mut draft), MASK);
    }
}
