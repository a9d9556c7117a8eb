//! Every form in which a text may speak of the people of a directory: whole names in both
//! orders, names they go by, initials with the surname, surname and first name alone.

mod find;
mod forms;

use super::{Kind, Owner};
use crate::{
    detection::{is_also_a_word, without_marks},
    parties::{Directory, Person, PersonId, Role},
};
use forms::{SHORTEST_TOGETHER, account, families, forms_of, sequence, together};
use std::collections::{HashMap, HashSet};

const TITLES: [&str; 12] =
    ["mr", "mrs", "ms", "miss", "mx", "dr", "sir", "prof", "rev", "madam", "syr", "bns"];

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
