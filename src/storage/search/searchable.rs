//! What of a message can be found later: its words, its people, bounded. Built where the message
//! has just been read, so that nothing is parsed twice.

use super::{
    english,
    welsh::{self, Tongue},
    words::{self, Enough},
};
use crate::{
    extraction::{Extract, Fragment, Layer},
    mail::{Address, Envelope},
    parties::{Parties, Party, PersonId},
};
use std::{collections::BTreeSet, fmt};

/// Different words of one message that can be searched for. An ordinary message has 60 to 300. What
/// has more is marked, and whoever searches is told that such messages are there.
const MOST_WORDS: usize = 1_000;
/// Parties of one message, likewise; a transaction has 1,000 recipients at most.
const MOST_PEOPLE: usize = 2_000;
/// Words of a paragraph that are heard before its language is guessed.
const HEARD: usize = 400;

/// What a term is about; the letter goes into its keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// A word anywhere, by its English stem.
    Word,
    /// A word of what may be Welsh, by a possible radical.
    Radical,
    /// The same two, of the subject.
    SubjectWord,
    SubjectRadical,
    From,
    To,
    /// From or to.
    With,
    /// Filed under a person.
    Filed,
    /// Of the item or record, not of the message: what it is, whose, in which category.
    Kind,
    School,
    Category,
    /// Not all of it can be searched.
    InPart,
}

impl Family {
    pub(super) fn letter(self) -> &'static [u8] {
        match self {
            Self::Word => b"w",
            Self::Radical => b"r",
            Self::SubjectWord => b"v",
            Self::SubjectRadical => b"s",
            Self::From => b"f",
            Self::To => b"t",
            Self::With => b"p",
            Self::Filed => b"h",
            Self::Kind => b"k",
            Self::School => b"o",
            Self::Category => b"c",
            Self::InPart => b"i",
        }
    }
}

pub(super) type Term = (Family, Box<str>);

/// A person or an address that a message is from or to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Correspondent {
    Address(Address),
    Person(PersonId),
}

/// The terms by which one message is found. Never empty-handed about what it leaves out.
#[derive(Clone, Default)]
pub struct Searchable {
    pub(super) terms: BTreeSet<Term>,
    pub(super) from: BTreeSet<Correspondent>,
    pub(super) to: BTreeSet<Correspondent>,
    words: usize,
    pub(super) in_part: bool,
}

/// Sizes alone: terms are content.
impl fmt::Debug for Searchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Searchable")
            .field("terms", &self.terms.len())
            .field("people", &(self.from.len() + self.to.len()))
            .field("in_part", &self.in_part)
            .finish()
    }
}

impl Searchable {
    /// Of a message as it was read and as its people were found.
    pub fn new(extract: &Extract<'_>, parties: &Parties) -> Self {
        let mut out = Self { in_part: !extract.unread.is_empty(), ..Self::default() };
        for party in parties.senders() {
            out.party(party, Side::From);
        }
        for party in parties.recipients.iter().chain(&parties.visible) {
            out.party(party, Side::To);
        }
        for layer in
            [Layer::Subject, Layer::Header, Layer::FileName, Layer::Visible, Layer::Link, Layer::Hidden]
        {
            for fragment in extract.fragments.iter().filter(|f| f.layer == layer && !f.checked_only) {
                out.fragment(fragment);
            }
        }
        out
    }

    /// Of a message that could not be read: its people alone.
    pub fn unread(envelope: &Envelope) -> Self {
        let mut out = Self::nameless();
        out.envelope(envelope);
        out
    }

    /// Of a message of which nothing can be told.
    pub(super) fn nameless() -> Self {
        Self { in_part: true, ..Self::default() }
    }

    /// The envelope's addresses can always be searched for.
    pub(crate) fn envelope(&mut self, envelope: &Envelope) {
        if let Some(sender) = envelope.sender.address() {
            self.person(Correspondent::Address(sender.clone()), Side::From);
        }
        for recipient in &envelope.recipients {
            self.person(Correspondent::Address(recipient.address.clone()), Side::To);
        }
    }

    /// Adds a text of the message, as when there is nothing but text.
    pub fn text(&mut self, layer: Layer, text: &str) {
        self.paragraphs(layer, &crate::extraction::normalise(text).text);
    }

    fn party(&mut self, party: &Party, side: Side) {
        if let Some(address) = &party.address {
            self.person(Correspondent::Address(address.clone()), side);
        }
        if let Some(person) = &party.person {
            self.person(Correspondent::Person(person.clone()), side);
        }
        if let Some(name) = &party.display_name {
            self.text(Layer::Header, name);
        }
    }

    fn person(&mut self, who: Correspondent, side: Side) {
        let people = self.from.len() + self.to.len();
        let list = match side {
            Side::From => &mut self.from,
            Side::To => &mut self.to,
        };
        if people < MOST_PEOPLE {
            list.insert(who);
        } else if !list.contains(&who) {
            self.in_part = true;
        }
    }

    fn fragment(&mut self, fragment: &Fragment<'_>) {
        self.paragraphs(fragment.layer, &fragment.view.text);
    }

    fn paragraphs(&mut self, layer: Layer, text: &str) {
        for paragraph in text.split('\n') {
            let (mut tongue, mut heard) = (Tongue::default(), 0);
            words::each(paragraph, |word| {
                tongue.hear(word);
                heard += 1;
                if heard < HEARD { Enough::No } else { Enough::Yes }
            });
            let welsh = tongue.may_be_welsh();
            words::each(paragraph, |word| self.word(layer, word, welsh));
        }
    }

    fn word(&mut self, layer: Layer, word: &str, welsh: bool) -> Enough {
        let term: Term = (Family::Word, english::stem(word).into());
        if !self.terms.contains(&term) {
            if self.words == MOST_WORDS {
                self.in_part = true;
                return Enough::Yes;
            }
            self.words += 1;
            self.terms.insert(term);
        }
        let subject = layer == Layer::Subject;
        if subject {
            self.terms.insert((Family::SubjectWord, english::stem(word).into()));
        }
        if welsh {
            for radical in welsh::radicals(word) {
                if subject {
                    self.terms.insert((Family::SubjectRadical, radical.as_str().into()));
                }
                self.terms.insert((Family::Radical, radical.into()));
            }
        }
        Enough::No
    }
}

#[derive(Clone, Copy)]
enum Side {
    From,
    To,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_a_long_text_is_said() {
        let mut found = Searchable::default();
        let text: Vec<String> = (0..MOST_WORDS).map(|n| format!("{n}th")).collect();
        found.text(Layer::Visible, &text.join(" and the "));
        assert!(found.in_part, "`the` and `and` are two more");
        let mut found = Searchable::default();
        found.text(Layer::Visible, &text.join(" "));
        assert!(!found.in_part);
        assert!(!format!("{found:?}").contains("17th"));
    }

    #[test]
    fn english_paragraphs_have_no_welsh_radicals() {
        let mut found = Searchable::default();
        found.text(Layer::Visible, "The bat is in the hall.\n\nMae'r blant yn yr ysgol.");
        let has = |family, text: &str| found.terms.contains(&(family, text.into()));
        assert!(has(Family::Word, "bat") && !has(Family::Radical, "pat"));
        assert!(has(Family::Word, "blant") && has(Family::Radical, "plant"));
    }
}
