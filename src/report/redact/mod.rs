//! Third parties taken out of a text (PD-12): text in, text and a list of what was taken out. Pure.
//! Everybody of the directory but the person who asks, by every form of their names, and
//! whatever is a mail address, telephone number, postal address, personal number or date of birth. Each stands afterwards as
//! a label that stays the same within one export, and each is listed for review with its place.
//!
//! Too much is taken out rather than too little: a reviewer puts back a word, nobody can
//! take back a name.

mod contact;
mod loose;
mod names;
mod numbers;
mod plain;

use crate::parties::{Directory, Person, PersonId};
use chrono::NaiveDate;
use names::Names;
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

/// What was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Name,
    Address,
    Phone,
    Postal,
    /// Of a pupil, of the health service, of national insurance.
    Number,
    Born,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "mail address",
            Self::Phone => "telephone number",
            Self::Postal => "postal address",
            Self::Number => "personal number",
            Self::Born => "date of birth",
        }
    }
}

/// How sure it is that it belongs to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    None,
    /// A name that is also a word, or that is the person's own surname with a title.
    MayBeAWord,
    /// Nothing tells whose it is; it may be the person's own.
    MayBeTheirOwn,
}

/// One thing that was taken out.
#[derive(Clone, Debug)]
pub struct Redaction {
    pub place: String,
    pub kind: Kind,
    pub label: String,
    pub doubt: Doubt,
    /// What stood there; for the reviewers alone.
    pub original: String,
}

/// A text without third parties.
pub struct Redacted {
    pub text: String,
    pub list: Vec<Redaction>,
}

/// Who is known by a label.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Owner {
    Person(PersonId),
    /// A name that several people have, or an address, number, place that is nobody's.
    Text(Kind, String),
}

/// Takes third parties out of the texts of one export.
pub struct Redactor<'d> {
    directory: &'d Directory,
    names: Names,
    own_addresses: Vec<String>,
    own_birth: Option<NaiveDate>,
    /// Of everybody else.
    births: HashSet<NaiveDate>,
    labels: HashMap<Owner, usize>,
    counts: HashMap<&'static str, usize>,
    /// Words that reviewers found to be none of anybody's names here.
    kept: Vec<String>,
}

struct Found {
    span: Range<usize>,
    kind: Kind,
    owner: Owner,
    doubt: Doubt,
}

impl<'d> Redactor<'d> {
    /// For `subject`, who is not redacted. `others` are names that the directory does not
    /// have, for example of correspondents outside. `kept` are words to leave alone; they count only
    /// for names that are also words.
    pub fn new(directory: &'d Directory, subject: Person<'_>, others: &[String], kept: &[String]) -> Self {
        Self {
            directory,
            names: Names::new(directory, subject, others),
            own_addresses: subject.addresses().map(|(a, _)| a.key().to_owned()).collect(),
            own_birth: subject.born(),
            births: directory.people().filter(|p| *p != subject).filter_map(Person::born).collect(),
            labels: HashMap::new(),
            counts: HashMap::new(),
            kept: kept.iter().map(|w| crate::detection::without_marks(w)).collect(),
        }
    }

    /// `place` says in the list where the text stood.
    pub fn redact(&mut self, place: &str, text: &str) -> Redacted {
        let text = plain::plain(text);
        let mut found = self.addresses(&text);
        found.extend(contact::phones(&text).map(|span| self.nobodys(&text, span, Kind::Phone)));
        found.extend(contact::postal(&text).map(|span| self.nobodys(&text, span, Kind::Postal)));
        found.extend(numbers::numbers(&text).map(|span| self.nobodys(&text, span, Kind::Number)));
        let births = numbers::births(&text, |date| self.births.contains(&date), self.own_birth);
        found.extend(births.map(|span| self.nobodys(&text, span, Kind::Born)));
        found.extend(self.names.find(&text, &self.kept));
        // The earliest, and of those the longest; what lies within another goes with it.
        found.sort_by_key(|f| (f.span.start, std::cmp::Reverse(f.span.end)));
        let (mut out, mut list, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
        for one in found {
            if one.span.end <= at {
                continue;
            }
            let start = one.span.start.max(at);
            let label = self.label(&one.owner);
            if one.span.start >= at {
                out.push_str(&text[at..start]);
                out.push_str(&label);
            }
            at = one.span.end;
            list.push(Redaction {
                place: place.to_owned(),
                kind: one.kind,
                label,
                doubt: one.doubt,
                original: text[one.span].to_owned(),
            });
        }
        out.push_str(&text[at..]);
        Redacted { text: out, list }
    }

    fn addresses(&self, text: &str) -> Vec<Found> {
        contact::addresses(text)
            .filter_map(|span| {
                let key = text[span.clone()].to_lowercase();
                if self.own_addresses.contains(&key) {
                    return None;
                }
                let holder = self.directory.lookup_key(&key).and_then(|k| k.only_holder());
                let owner = match holder {
                    Some(holder) => Owner::Person(holder.person.id().clone()),
                    None => Owner::Text(Kind::Address, key),
                };
                Some(Found { span, kind: Kind::Address, owner, doubt: Doubt::None })
            })
            .collect()
    }

    fn nobodys(&self, text: &str, span: Range<usize>, kind: Kind) -> Found {
        let key =
            text[span.clone()].chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        Found { span, kind, owner: Owner::Text(kind, key), doubt: Doubt::MayBeTheirOwn }
    }

    fn label(&mut self, owner: &Owner) -> String {
        let what = match owner {
            Owner::Person(_) => "person",
            Owner::Text(Kind::Name, _) => "name",
            Owner::Text(Kind::Address, _) => "address",
            Owner::Text(Kind::Phone, _) => "telephone number",
            Owner::Text(Kind::Postal, _) => "postal address",
            Owner::Text(Kind::Number, _) => "personal number",
            Owner::Text(Kind::Born, _) => "date of birth",
        };
        let number = *self.labels.entry(owner.clone()).or_insert_with(|| {
            let count = self.counts.entry(what).or_default();
            *count += 1;
            *count
        });
        format!("[{what} {number}]")
    }
}

/// Finds who is named in texts; made once for many.
pub struct Spotter<'d> {
    subject: Person<'d>,
    /// Everybody but the subject.
    others: Names,
    everybody: Names,
    /// The subject's names of two words and more, whoever else has them too.
    own: Names,
    own_addresses: Vec<String>,
}

/// How surely a text speaks of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    No,
    /// Somebody else may be meant.
    Perhaps,
    Surely,
}

impl<'d> Spotter<'d> {
    pub fn new(directory: &Directory, subject: Person<'d>) -> Self {
        Self {
            subject,
            others: Names::new(directory, subject, &[]),
            everybody: Names::of_everybody(directory),
            own: Names::whole_names_of(subject),
            own_addresses: subject.addresses().map(|(a, _)| a.key().to_owned()).collect(),
        }
    }

    /// Who but the subject is named beyond doubt.
    pub fn others_in(&self, text: &str) -> Vec<PersonId> {
        let found = self.others.find(&plain::plain(text), &[]).into_iter();
        let mut people: Vec<PersonId> =
            found.filter(|f| f.doubt == Doubt::None).filter_map(|f| person_of(f.owner)).collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    pub fn names_subject(&self, text: &str) -> Named {
        let text = plain::plain(text);
        let own = |key: &str| self.own_addresses.iter().any(|address| address == key);
        if contact::addresses(&text).any(|span| own(&text[span].to_lowercase())) {
            return Named::Surely;
        }
        let here = self.everybody.find(&text, &[]).into_iter().filter_map(|f| {
            let doubt = f.doubt;
            (person_of(f.owner)? == *self.subject.id()).then_some(doubt)
        });
        let sure = |doubt| if doubt == Doubt::None { Named::Surely } else { Named::Perhaps };
        here.map(sure).max().unwrap_or_else(|| match self.own.find(&text, &[]).is_empty() {
            true => Named::No,
            false => Named::Perhaps,
        })
    }

    /// What to search an index for: each of these finds all that may speak of the subject by that name.
    pub fn searches(&self) -> Vec<String> {
        let (given, family) = (self.subject.given(), self.subject.family());
        let called = [Some(given), self.subject.preferred(), given.split_whitespace().next()];
        let mut all: Vec<String> = self.own_addresses.clone();
        for name in called.into_iter().flatten().filter(|name| !name.trim().is_empty()) {
            if !family.trim().is_empty() {
                all.push(format!("{name} {family}"));
            }
            all.extend(self.everybody.is_one_persons(name).then(|| name.to_owned()));
        }
        all.extend(self.everybody.is_one_persons(family).then(|| family.to_owned()));
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn person_of(owner: Owner) -> Option<PersonId> {
    match owner {
        Owner::Person(person) => Some(person),
        Owner::Text(..) => None,
    }
}

#[cfg(test)]
mod tests;
