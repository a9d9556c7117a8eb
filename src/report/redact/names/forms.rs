//! How one person's name is written: in full both ways round, shortened, in one word, in the
//! plural, and what an address begins with.

use super::Sequence;
use crate::detection::{folded_words, is_also_a_word};

/// First and last name in one word, or one of them letter by letter: shorter ones are in too many words.
pub(super) const SHORTEST_TOGETHER: usize = 8;
pub(super) const SHORTEST_SPELLED: usize = 4;

/// What addresses begin with that are nobody's own.
const DESKS: [&str; 12] = [
    "admin",
    "bursar",
    "contact",
    "enquiries",
    "exams",
    "finance",
    "head",
    "info",
    "library",
    "mail",
    "office",
    "reception",
];
/// Longer names are known by their first words up to here.
pub(super) const MOST_WORDS: usize = 6;

pub(super) fn sequence(text: &str) -> Sequence {
    folded_words(text).into_iter().map(|(hash, _)| hash).take(MOST_WORDS).collect()
}

/// All forms of one person's name, as they are written.
pub(super) fn forms_of(given: &str, family: &str, preferred: Option<&str>) -> Vec<String> {
    let firsts: Vec<&str> = given.split_whitespace().collect();
    let mut called: Vec<&str> =
        std::iter::once(given).chain(preferred).chain(firsts.first().copied()).collect();
    called.retain(|name| !name.trim().is_empty());
    called.sort_unstable();
    called.dedup();
    let initials: Vec<String> = firsts.iter().filter_map(|f| f.chars().next()).map(String::from).collect();
    let mut forms = Vec::new();
    if !family.trim().is_empty() {
        for name in &called {
            forms.push(format!("{name} {family}"));
            forms.push(format!("{family} {name}"));
            forms.push(format!("{name} {}", joined(family)));
            forms.push(format!("{} {name}", joined(family)));
            let initial: String = name.chars().take(1).collect();
            forms.push(format!("{initial} {family}"));
            forms.push(format!("{family} {initial}"));
        }
        forms.push(format!("{} {family}", initials.join(" ")));
        forms.push(format!("{} {family}", initials.concat()));
        forms.push(family.to_owned());
        // Each half of a double name, and all of it in one word.
        forms.extend(family.split(['-', ' ']).map(str::to_owned));
        forms.push(joined(family));
    }
    for name in &called {
        forms.push((*name).to_owned());
        forms.push(joined(name));
        forms.extend(name.split(['-', ' ']).map(str::to_owned));
    }
    forms
}

/// First and last name in one word.
pub(super) fn together(given: &str, family: &str, preferred: Option<&str>) -> Vec<String> {
    let called = [Some(given), preferred, given.split_whitespace().next()];
    let (family, mut all) = (joined(family), Vec::new());
    for name in called.into_iter().flatten().map(joined).filter(|name| !name.is_empty() && !family.is_empty())
    {
        all.extend([format!("{name}{family}"), format!("{family}{name}")]);
    }
    all
}

/// "the Lunds", "the Joneses".
pub(super) fn families(family: &str) -> Vec<String> {
    match family.trim() {
        "" => Vec::new(),
        family => vec![format!("{family}s"), format!("{family}es")],
    }
}

/// What a mail address begins with, as people use it for a user name.
pub(super) fn account(address: &str) -> Option<&str> {
    let account = address.split('@').next()?;
    let telling = account.contains(|c: char| !c.is_alphabetic());
    let is_plain = account.len() < SHORTEST_SPELLED || DESKS.contains(&account) || is_also_a_word(account);
    (telling || !is_plain).then_some(account)
}

fn joined(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}
