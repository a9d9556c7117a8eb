//! Third parties taken out of a text (PD-12): text in, text and a list of what was taken out. Pure.
//! Everybody of the directory but the person who asks, by every form of their names, and
//! whatever is a mail address, telephone number or postal address. Each stands afterwards as
//! a label that stays the same within one export, and each is listed for review with its place.
//!
//! Too much is taken out rather than too little: a reviewer puts back a word, nobody can
//! take back a name.

mod contact;
mod names;
mod plain;

use crate::parties::{Directory, Person, PersonId};
use names::Names;
use std::{collections::HashMap, ops::Range};

/// What was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Name,
    Address,
    Phone,
    Postal,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "mail address",
            Self::Phone => "telephone number",
            Self::Postal => "postal address",
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
        };
        let number = *self.labels.entry(owner.clone()).or_insert_with(|| {
            let count = self.counts.entry(what).or_default();
            *count += 1;
            *count
        });
        format!("[{what} {number}]")
    }
}

/// Who of the directory but `subject` is named beyond doubt in a text.
pub fn people_in(directory: &Directory, subject: Person<'_>, text: &str) -> Vec<PersonId> {
    let names = Names::new(directory, subject, &[]);
    let found = names.find(&plain::plain(text), &[]).into_iter().filter(|f| f.doubt == Doubt::None);
    let mut people: Vec<PersonId> = found
        .filter_map(|f| match f.owner {
            Owner::Person(person) => Some(person),
            Owner::Text(..) => None,
        })
        .collect();
    people.sort_unstable();
    people.dedup();
    people
}

#[cfg(test)]
mod tests;
