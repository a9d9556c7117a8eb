//! Every form in which a text may speak of the people of a directory: whole names in both
//! orders, names they go by, initials with the surname, surname and first name alone.

use super::{Doubt, Found, Kind, Owner, contact, loose};
use crate::{
    detection::{folded_words, is_also_a_word, without_marks},
    parties::{Directory, Person, PersonId, Role},
};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

/// First and last name in one word, or one of them letter by letter: shorter ones are in too many words.
const SHORTEST_TOGETHER: usize = 8;
const SHORTEST_SPELLED: usize = 4;
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
const MOST_WORDS: usize = 6;
/// Between two words of one name: spaces, a line's end with its quote marks, a comma, a point.
const LONGEST_GAP: usize = 16;

const TITLES: [&str; 12] =
    ["mr", "mrs", "ms", "miss", "mx", "dr", "sir", "prof", "rev", "madam", "syr", "bns"];
const MONTHS: [&str; 6] = ["may", "june", "april", "august", "march", "mai"];
/// What follows a verb at the beginning of a sentence: "Will you", "May I".
const AFTER_A_VERB: [&str; 18] = [
    "i", "you", "he", "she", "it", "we", "they", "the", "this", "that", "there", "my", "your", "our", "be",
    "not", "a", "an",
];
const VERBS: [&str; 3] = ["will", "may", "can"];

type Sequence = Vec<u64>;

struct Form {
    owner: Owner,
    /// One word that is also an everyday word: only with a capital, and only perhaps.
    word: Option<String>,
}

pub(super) struct Names {
    forms: HashMap<Sequence, Form>,
    /// The person's own names, which stay.
    own: HashSet<Sequence>,
    /// The surname of a pupil who asks: with a title it is a parent's.
    own_family: Option<Sequence>,
    /// First and last names in one word, which may stand within another.
    together: HashMap<u64, Owner>,
    /// What their mail addresses begin with.
    accounts: HashMap<String, Owner>,
    titles: HashSet<u64>,
}

fn sequence(text: &str) -> Sequence {
    folded_words(text).into_iter().map(|(hash, _)| hash).take(MOST_WORDS).collect()
}

/// All forms of one person's name, as they are written.
fn forms_of(given: &str, family: &str, preferred: Option<&str>) -> Vec<String> {
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
fn together(given: &str, family: &str, preferred: Option<&str>) -> Vec<String> {
    let called = [Some(given), preferred, given.split_whitespace().next()];
    let (family, mut all) = (joined(family), Vec::new());
    for name in called.into_iter().flatten().map(joined).filter(|name| !name.is_empty() && !family.is_empty())
    {
        all.extend([format!("{name}{family}"), format!("{family}{name}")]);
    }
    all
}

/// "the Lunds", "the Joneses".
fn families(family: &str) -> Vec<String> {
    match family.trim() {
        "" => Vec::new(),
        family => vec![format!("{family}s"), format!("{family}es")],
    }
}

/// What a mail address begins with, as people use it for a user name.
fn account(address: &str) -> Option<&str> {
    let account = address.split('@').next()?;
    let telling = account.contains(|c: char| !c.is_alphabetic());
    let is_plain = account.len() < SHORTEST_SPELLED || DESKS.contains(&account) || is_also_a_word(account);
    (telling || !is_plain).then_some(account)
}

fn joined(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Names {
    pub(super) fn new(directory: &Directory, subject: Person<'_>, others: &[String]) -> Self {
        let mut names = Self::nobody();
        names.own = forms_of(subject.given(), subject.family(), subject.preferred())
            .iter()
            .map(|f| sequence(f))
            .collect();
        names.own_family = subject.is(Role::Pupil).then(|| sequence(subject.family()));
        let own: Vec<String> = accounts_of(subject).collect();
        for person in directory.people().filter(|p| *p != subject) {
            names.add_person(person, &own);
        }
        for other in others {
            let mut words = other.rsplitn(2, ' ');
            let (family, given) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            names.add(None, &forms_of(given, family, None));
            names.add_plurals(None, family);
            names.add_together(None, &together(given, family, None));
        }
        names
    }

    /// Nobody asks: whoever is named is found.
    pub(super) fn of_everybody(directory: &Directory) -> Self {
        let mut names = Self::nobody();
        for person in directory.people() {
            names.add_person(person, &[]);
        }
        names
    }

    /// One person's names of two words and more, as if nobody else had them.
    pub(super) fn whole_names_of(person: Person<'_>) -> Self {
        let mut names = Self::nobody();
        let forms = forms_of(person.given(), person.family(), person.preferred());
        let initial = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).count() < 2;
        let whole =
            |form: &String| form.split_whitespace().count() > 1 && !form.split_whitespace().any(initial);
        let forms: Vec<String> = forms.into_iter().filter(whole).collect();
        names.add(Some(person.id()), &forms);
        names
    }

    fn nobody() -> Self {
        Self {
            forms: HashMap::new(),
            own: HashSet::new(),
            own_family: None,
            together: HashMap::new(),
            accounts: HashMap::new(),
            titles: TITLES.iter().flat_map(|t| sequence(t)).collect(),
        }
    }

    /// Whether this name alone says who is meant.
    pub(super) fn is_one_persons(&self, name: &str) -> bool {
        matches!(self.forms.get(&sequence(name)), Some(Form { owner: Owner::Person(_), .. }))
    }

    /// `own`: accounts that stay.
    fn add_person(&mut self, person: Person<'_>, own: &[String]) {
        let (given, family, preferred) = (person.given(), person.family(), person.preferred());
        self.add(Some(person.id()), &forms_of(given, family, preferred));
        self.add_plurals(Some(person.id()), family);
        self.add_together(Some(person.id()), &together(given, family, preferred));
        for account in accounts_of(person).filter(|account| !own.contains(account)) {
            let shared = Owner::Text(Kind::Name, account.clone());
            let owner = Owner::Person(person.id().clone());
            self.accounts.entry(account).and_modify(|o| shared_by(o, &owner, shared)).or_insert(owner);
        }
    }

    fn add(&mut self, person: Option<&PersonId>, forms: &[String]) {
        for form in forms {
            let folded = without_marks(form);
            self.add_form(person, form, is_also_a_word(&folded).then_some(folded));
        }
    }

    fn add_plurals(&mut self, person: Option<&PersonId>, family: &str) {
        // The Woods and the woods.
        let is_word = is_also_a_word(&without_marks(family));
        for form in families(family) {
            let folded = without_marks(&form);
            self.add_form(person, &form, (is_word || is_also_a_word(&folded)).then_some(folded));
        }
    }

    fn add_together(&mut self, person: Option<&PersonId>, forms: &[String]) {
        for form in forms {
            let [hash] = sequence(form)[..] else { continue };
            if form.chars().count() < SHORTEST_TOGETHER || self.own.contains([hash].as_slice()) {
                continue;
            }
            let (owner, shared) = (owner_of(person, form), owner_of(None, form));
            self.together.entry(hash).and_modify(|o| shared_by(o, &owner, shared)).or_insert(owner);
        }
    }

    /// `word`: what it is when it is an everyday word too.
    fn add_form(&mut self, person: Option<&PersonId>, form: &str, word: Option<String>) {
        let key = sequence(form);
        // One letter is no name.
        let is_name = form.chars().filter(|c| c.is_alphanumeric()).count() > 1;
        if key.is_empty() || !is_name || self.own.contains(&key) {
            return;
        }
        let word = word.filter(|_| key.len() == 1);
        let owner = owner_of(person, form);
        let shared = owner_of(None, form);
        let again = |known: &mut Form| shared_by(&mut known.owner, &owner, shared);
        self.forms.entry(key).and_modify(again).or_insert_with(|| Form { owner: owner.clone(), word });
    }

    /// Where anybody is named; words that a line's end parts are also read as one, and what is written
    /// together, letter by letter or with other letters as it is meant.
    pub(super) fn find(&self, text: &str, kept: &[String]) -> Vec<Found> {
        let words = folded_words(text);
        let mut found = self.find_in(text, &words, kept);
        let whole = rejoined(text, &words);
        if whole.len() < words.len() {
            found.extend(self.find_in(text, &whole, kept));
        }
        if let Some(parts) = loose::parted(text, &words, |hash| self.own.contains([hash].as_slice())) {
            found.extend(self.find_in(text, &parts, kept));
        }
        let name = |(span, owner): (Range<usize>, &Owner), doubt| Found {
            span,
            kind: Kind::Name,
            owner: owner.clone(),
            doubt,
        };
        let together = loose::inside(text, &words, SHORTEST_TOGETHER, |hash| self.together.get(&hash));
        found.extend(together.into_iter().map(|one| name(one, Doubt::None)));
        let form = |hash: u64| self.forms.get([hash].as_slice()).map(|form| &form.owner);
        let known = |hash| form(hash).or_else(|| self.together.get(&hash));
        let spelled = loose::spelled(text, &words, SHORTEST_SPELLED, known);
        found.extend(spelled.into_iter().map(|one| name(one, Doubt::MayBeAWord)));
        let account =
            |span: Range<usize>| Some((span.clone(), self.accounts.get(&text[span].to_lowercase())?));
        found.extend(contact::tokens(text).filter_map(account).map(|one| name(one, Doubt::None)));
        found
    }

    fn find_in(&self, text: &str, words: &[(u64, Range<usize>)], kept: &[String]) -> Vec<Found> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(rest) = words.get(at..).filter(|r| !r.is_empty()) {
            let (span, taken) = match self.longest(text, rest) {
                // The person's own name, or a longer form that begins like it.
                Some((length, None)) => {
                    found.extend(self.titled(text, words, at, length));
                    (None, length)
                }
                Some((length, Some(form))) => {
                    let span = rest[0].1.start..rest[length - 1].1.end;
                    let named = self.is_named(text, words, at, form, kept);
                    (named.map(|doubt| (span, form, doubt)), if named.is_some() { length } else { 1 })
                }
                None => (None, 1),
            };
            if let Some((span, form, doubt)) = span {
                found.push(Found { span, kind: Kind::Name, owner: form.owner.clone(), doubt });
            }
            at += taken;
        }
        found
    }

    /// The longest form that begins here; without a form, it is the person's own.
    fn longest<'n>(&'n self, text: &str, words: &[(u64, Range<usize>)]) -> Option<(usize, Option<&'n Form>)> {
        let mut longest = None;
        let mut key = Vec::with_capacity(MOST_WORDS);
        for (i, (hash, span)) in words.iter().take(MOST_WORDS).enumerate() {
            let together = i == 0 || is_gap(&text[words[i - 1].1.end..span.start]);
            if !together {
                break;
            }
            key.push(*hash);
            if self.own.contains(&key) {
                longest = Some((key.len(), None));
            } else if let Some(form) = self.forms.get(&key) {
                longest = Some((key.len(), Some(form)));
            }
        }
        longest
    }

    /// "Mrs Rowe" in what is held on the pupil Jacob Rowe.
    fn titled(&self, text: &str, words: &[(u64, Range<usize>)], at: usize, length: usize) -> Option<Found> {
        let family = self.own_family.as_ref()?;
        let here: Sequence = words.get(at..at + length)?.iter().map(|(hash, _)| *hash).collect();
        let (title, before) = words.get(at.checked_sub(1)?)?;
        let close = is_gap(&text[before.end..words[at].1.start]);
        (here == *family && close && self.titles.contains(title)).then(|| Found {
            span: words[at].1.start..words[at + length - 1].1.end,
            kind: Kind::Name,
            owner: Owner::Text(Kind::Name, format!("titled {title} {family:?}")),
            doubt: Doubt::MayBeAWord,
        })
    }

    /// Whether the form at `at` is somebody's name, and how surely.
    fn is_named(
        &self,
        text: &str,
        words: &[(u64, Range<usize>)],
        at: usize,
        form: &Form,
        kept: &[String],
    ) -> Option<Doubt> {
        let Some(word) = &form.word else { return Some(Doubt::None) };
        let span = &words[at].1;
        if kept.contains(word) || !text[span.clone()].starts_with(char::is_uppercase) {
            return None;
        }
        let neighbour = |i: Option<usize>| {
            i.and_then(|i| words.get(i))
                .map(|(_, span)| without_marks(&text[span.clone()]))
                .unwrap_or_default()
        };
        let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        let number = |word: &str| {
            let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
            !digits.is_empty() && word.len() - digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
        };
        let month = MONTHS.contains(&word.as_str()) && (number(&before) || number(&after) || before == "in");
        let next = words.get(at + 1).map(|(_, next)| &text[span.end..next.start]);
        let close = next.is_some_and(|gap| gap.trim_matches(' ').is_empty());
        let verb = close && VERBS.contains(&word.as_str()) && AFTER_A_VERB.contains(&after.as_str());
        (!month && !verb).then_some(Doubt::MayBeAWord)
    }
}

fn accounts_of(person: Person<'_>) -> impl Iterator<Item = String> {
    person.addresses().filter_map(|(address, _)| account(address.key()).map(str::to_owned))
}

fn owner_of(person: Option<&PersonId>, form: &str) -> Owner {
    person.map_or_else(|| Owner::Text(Kind::Name, without_marks(form)), |id| Owner::Person(id.clone()))
}

/// What several people have is nobody's alone.
fn shared_by(owner: &mut Owner, another: &Owner, shared: Owner) {
    if owner != another {
        *owner = shared;
    }
}

fn is_gap(between: &str) -> bool {
    let plain = |c: char| c.is_whitespace() || ">.,'’‘`-‐‑–_*|\"()".contains(c);
    between.len() <= LONGEST_GAP && between.chars().all(plain)
}

/// The words with those joined that a hyphen parts at a line's end.
fn rejoined(text: &str, words: &[(u64, Range<usize>)]) -> Vec<(u64, Range<usize>)> {
    let mut out: Vec<(u64, Range<usize>)> = Vec::with_capacity(words.len());
    for (hash, span) in words {
        if let Some((last, before)) = out.last_mut() {
            let between = &text[before.end..span.start];
            let after = between.strip_prefix(['-', '‐', '=']);
            let parted = after.is_some_and(|after| after.contains('\n') && is_gap(after));
            if parted {
                let whole = format!("{}{}", &text[before.clone()], &text[span.clone()]);
                if let [(joined, _)] = folded_words(&whole)[..] {
                    (*last, before.end) = (joined, span.end);
                    continue;
                }
            }
        }
        out.push((*hash, span.clone()));
    }
    out
}
