//! Which texts somebody else wrote and the sender passes on: those of an attached message, as a part of its own or as
//! a file, that names another author than the message around it. The name proves nothing, so it decides whose
//! words a finding is shown as, and never what is stopped.

use crate::{
    extraction::{Extract, Fragment, Layer},
    mail::Address,
    message::{self, Body, Message, ReadLimits},
    parties::Parties,
};

/// Below the place of a mail in a file, where its From is read.
const FROM: &str = "/header/from";

/// The attached messages of other authors.
#[derive(Default)]
pub(super) struct PassedOn {
    /// Parts that are such a message.
    parts: Vec<usize>,
    /// Places of files that are one.
    places: Vec<String>,
}

impl PassedOn {
    pub(super) fn of(message: &Message<'_>, extract: &Extract<'_>, parties: &Parties) -> Self {
        let is_senders = |address: &Address| {
            parties
                .senders()
                .filter_map(|sender| sender.address.as_ref())
                .any(|own| own.key() == address.key())
        };
        let by_another = |authors: &[Address]| !authors.is_empty() && !authors.iter().any(is_senders);
        let attached = message.parts.iter().enumerate();
        let attached =
            attached.filter(|(_, part)| matches!(part.body, Body::Message(_)) && part.inside.is_none());
        let parts = attached.filter(|(_, part)| by_another(&authors(message, &part.body_range)));
        let named = extract.fragments.iter().filter(|f| f.layer == Layer::Header && f.part.is_some());
        let named = named.filter_map(|f| Some((f.place.strip_suffix(FROM)?, f.view.text.as_str())));
        let places = named.filter(|(_, from)| by_another(&written(from)));
        Self {
            parts: parts.map(|(index, _)| index).collect(),
            places: places.map(|(place, _)| place.to_owned()).collect(),
        }
    }

    pub(super) fn holds(&self, message: &Message<'_>, fragment: &Fragment<'_>) -> bool {
        if self.parts.is_empty() && self.places.is_empty() {
            return false;
        }
        let below = |place: &String| {
            let rest = fragment.place.strip_prefix(place.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '!']))
        };
        let parent = |index: &usize| message.parts.get(*index).and_then(|part| part.parent);
        let mut around = std::iter::successors(fragment.part, parent).take(message.parts.len());
        // The name of the attached message is the sender's own.
        let is_name = fragment.layer == Layer::FileName;
        around.any(|index| self.parts.contains(&index) && !(is_name && fragment.part == Some(index)))
            || self.places.iter().any(below)
    }
}

/// Whom an attached message names as its authors.
fn authors(message: &Message<'_>, body: &std::ops::Range<usize>) -> Vec<Address> {
    let bytes = message.raw.get(body.clone()).unwrap_or_default();
    let limits = ReadLimits { parts: 1, depth: 1, nesting: 1, ..ReadLimits::default() };
    message::read(bytes, limits).header.from.into_iter().filter_map(|author| author.address).collect()
}

/// The addresses in a written list of names and addresses.
fn written(list: &str) -> Vec<Address> {
    let words = list.split(|c: char| c.is_whitespace() || "<>()[],;\"".contains(c));
    words.filter(|word| word.contains('@')).filter_map(Address::parse).collect()
}
