//! Passwords of protected files: in the message that carries the file, and in another one of its conversation.

use super::super::{
    findings::bare,
    judge::Candidate,
    model::{Finding, Origin},
    pass::Pass,
};
use crate::{
    extraction::{Extract, Layer, UnreadReason},
    files::{Protection as Sealed, TraitKind},
    mail::Carried,
    message::{Message, Protection},
    ruleset::Builtin,
};
use std::ops::{Range, RangeInclusive};

/// A message with more of its own words is more than a password.
const LONGEST: usize = 240;
/// Texts that are looked at for one.
const MOST_TEXTS: usize = 20;
/// A password, as a person makes one up for a file.
const LENGTHS: RangeInclusive<usize> = 6..=40;

/// Whether the message carries a file that a password opens. What only a key opens (S/MIME) has none to tell.
pub(in crate::detection) fn carries_file(message: &Message<'_>, extract: &Extract<'_>) -> bool {
    let sealed = |kind: &TraitKind| matches!(kind, TraitKind::Protected(Sealed::Password | Sealed::Pgp));
    message.parts.iter().any(|part| matches!(part.protection, Protection::Password | Protection::Pgp))
        || extract.traits.iter().any(|found| sealed(&found.kind))
}

/// What the message carries for the rest of its conversation; and, where that has the other half, a match of the rule
/// about conversations.
pub(in crate::detection) fn in_thread(pass: &mut Pass<'_, '_>, candidates: &mut Vec<Candidate>) {
    let prepared = pass.detector.prepared();
    let rule_of = |builtin| (0u32..).zip(&prepared.rules).find(|(_, rule)| rule.builtin == Some(builtin));
    let beside = rule_of(Builtin::PasswordBeside).map(|(number, _)| number);
    let beside_its_file = candidates.iter().any(|c| Some(c.rule) == beside && c.origin != Origin::Quoted);
    let said = match pass.password.take() {
        None if !beside_its_file => alone_in(pass),
        said => said,
    };
    if pass.protected_file {
        pass.carried.push(Carried::ProtectedFile);
    }
    if said.is_some() || beside_its_file {
        pass.carried.push(Carried::Password);
    }
    let opens = pass.protected_file || pass.earlier.contains(&Carried::ProtectedFile);
    if let (Some((number, rule)), Some(said), true) = (rule_of(Builtin::PasswordInThread), said, opens) {
        candidates.push(Candidate { rule: number, confidence: rule.confidence, ..said });
    }
}

/// Whether what stands where a password would ("the password is ...") is a word of an ordinary sentence.
pub(in crate::detection) fn is_no_password(matched: &str) -> bool {
    let last = matched.split_ascii_whitespace().next_back().unwrap_or_default();
    ORDINARY.contains(&last.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// As patterns see them. One of them as a password would be a poor one.
const ORDINARY: &[&str] = &[
    "the",
    "that",
    "this",
    "one",
    "not",
    "same",
    "sent",
    "to",
    "in",
    "on",
    "as",
    "at",
    "by",
    "for",
    "from",
    "your",
    "our",
    "my",
    "their",
    "his",
    "her",
    "its",
    "what",
    "which",
    "when",
    "with",
    "required",
    "needed",
    "known",
    "available",
    "attached",
    "below",
    "above",
    "case",
    "set",
    "being",
    "given",
    "told",
    "shared",
    "provided",
    "separate",
    "separately",
    "usual",
    "always",
    "never",
    "still",
    "now",
    "only",
    "also",
    "protected",
    "protection",
    "wrong",
    "correct",
    "different",
    "changed",
    "going",
    "coming",
    "following",
    "yours",
    "you",
    "see",
    "please",
    "ask",
    "call",
    "ring",
    "phone",
    "and",
    "yma",
    "hwn",
    "nid",
    "ddim",
    "fel",
    "drwy",
    "dros",
    "wedi",
    "yn",
    "yr",
];

/// A protected file whose password went before it.
pub(super) fn file_after(pass: &Pass<'_, '_>, out: &mut Vec<Finding>) {
    if !pass.protected_file || !pass.earlier.contains(&Carried::Password) {
        return;
    }
    let rules = pass.detector.prepared().builtins.iter();
    let Some(rule) = rules.into_iter().find(|r| r.builtin == Some(Builtin::PasswordInThread)) else { return };
    let unread = pass.extract.unread.iter().find(|unread| unread.reason == UnreadReason::Protected);
    out.push(Finding {
        part: unread.map_or_else(|| "message".to_owned(), |unread| unread.place.clone()),
        part_index: unread.and_then(|unread| unread.part),
        excerpt: "its password went before it".to_owned(),
        value: pass.digest("password before"),
        ..bare(rule)
    });
}

/// Where a text's own words are hardly more than one that looks like a password: the message's, or a note's beside
/// the file. The rule is for the caller to say.
fn alone_in(pass: &Pass<'_, '_>) -> Option<Candidate> {
    let fragments = (0u32..).zip(&pass.extract.fragments);
    let shown = fragments.filter(|(_, f)| f.layer == Layer::Visible && !f.checked_only && f.part.is_some());
    shown.take(MOST_TEXTS).find_map(|(number, fragment)| {
        let text = fragment.view.text.as_str();
        let own = text.get(..fragment.quoted.first().map_or(text.len(), |quoted| quoted.start))?;
        let span = alone(own)?;
        Some(Candidate {
            rule: 0,
            fragment: number,
            confidence: 0.0,
            origin: Origin::Own,
            value: pass.digest(text.get(span.clone())?),
            span,
        })
    })
}

/// The one word of a short text that looks like a password, when all others are such as stand around it.
fn alone(own: &str) -> Option<Range<usize>> {
    // A signature may follow.
    let own = (own.len() <= 4 * LONGEST).then(|| own.split("\n-- ").next())??;
    if own.len() > LONGEST {
        return None;
    }
    let mut found = None;
    let mut others = 0;
    for word in own.split_ascii_whitespace() {
        let bare = word.trim_matches(['"', '\'', '(', ')', '<', '>']);
        if looks_made_up(bare) {
            // A second one makes a list, a number of an order, anything.
            if found.replace(bare).is_some() {
                return None;
            }
        } else if word.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        } else {
            others += 1;
        }
    }
    let word = found.filter(|word| others == 0 || others <= AROUND && is_no_name(word))?;
    let start = own.find(word)?;
    Some(start..start + word.len())
}

/// Words of greeting and name around a password.
const AROUND: usize = 5;

/// Letters with digits or signs among them, and nothing that is written so for another reason: an address, a link,
/// the name of a file.
fn looks_made_up(word: &str) -> bool {
    let inner = word.trim_end_matches(['.', ',', '!', '?', ';', ':']);
    let letters = inner.bytes().filter(u8::is_ascii_alphabetic).count();
    LENGTHS.contains(&inner.len())
        && inner.is_ascii()
        && letters >= 3
        && inner.bytes().any(|b| b.is_ascii_digit() || SIGNS.contains(&b))
        && !inner.contains("//")
        && !inner.starts_with("www.")
        && !(inner.contains('@') && inner.contains('.'))
        && !is_file_name(inner)
}

const SIGNS: &[u8] = b"!#$%&+?^@";

/// Beside other words a class (`form7b`) or a year (`spring2026`) is more likely than a password.
fn is_no_name(word: &str) -> bool {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    word.len() >= 8 && !year || word.bytes().any(|b| SIGNS.contains(&b))
}

fn is_file_name(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(name, ending)| {
        name.len() > 1 && (2..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_sentence_are_no_password() {
        for text in ["password is the", "password will be sent", "cyfrinair yw fel", "password is required."]
        {
            assert!(is_no_password(text), "{text}");
        }
        assert!(!is_no_password("password is heron") && !is_no_password("password: the-heron"));
    }

    #[test]
    fn a_message_that_is_nothing_but_a_password_is_known() {
        for (text, password) in [
            ("snowdrop42!", "snowdrop42!"),
            ("hi anna,\nxk9-blue-river\nthanks, mark", "xk9-blue-river"),
            ("it is \"heron#lake\"", "heron#lake"),
        ] {
            assert_eq!(alone(text).and_then(|span| text.get(span)), Some(password), "{text}");
        }
        for text in [
            "thank you, got it.",
            "see you at 3.30pm in room b12 on monday",
            "order 4711 came, invoice inv-2026-11 is attached",
            "mark@oakfield.example",
            "https://oakfield.example/a1",
            "register2026.xlsx",
            "please find attached the list for form7b",
            "the results of spring2026",
            "see you on monday at the meeting about the trip to the lake. bring form7b and the money for the coach.",
            "",
        ] {
            assert_eq!(alone(text), None, "{text}");
        }
    }
}
