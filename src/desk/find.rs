//! Whom somebody means by what they typed.

use super::{DeskFault, Wrong};
use crate::{
    mail::Address,
    parties::{Directory, Person, PersonId},
    storage::Correspondent,
};

/// The person that somebody means by an id of the directory, an address that is one person's alone, or a
/// whole name that only one person has.
pub fn person<'d>(directory: &'d Directory, text: &str) -> Result<Person<'d>, DeskFault> {
    let text = text.trim();
    if let Some(person) = directory.person(&PersonId(text.into())) {
        return Ok(person);
    }
    let mut found: Vec<Person<'d>> = match Address::parse(text) {
        Some(address) => directory.lookup(&address).map(|k| k.holders().map(|h| h.person).collect()),
        None => {
            let same = |p: &Person<'_>| {
                let called = std::iter::once(p.given()).chain(p.preferred());
                called.into_iter().any(|given| format!("{given} {}", p.family()).eq_ignore_ascii_case(text))
            };
            Some(directory.people().filter(same).collect())
        }
    }
    .unwrap_or_default();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Wrong::NobodyCalled(text.to_owned()).into()),
        (Some(_), false) => Err(Wrong::SeveralCalled(text.to_owned()).into()),
    }
}

/// An address stands for itself, a person for all their addresses.
pub fn correspondents(directory: &Directory, text: &str) -> Result<Vec<Correspondent>, DeskFault> {
    let text = text.trim();
    if text.contains('@') {
        let address = Address::parse(text).ok_or_else(|| Wrong::NoAddress(text.to_owned()))?;
        return Ok(vec![Correspondent::Address(address)]);
    }
    Ok(all_of(person(directory, text)?))
}

/// A person with all their addresses.
pub(super) fn all_of(person: Person<'_>) -> Vec<Correspondent> {
    let addresses = person.addresses().map(|(address, _)| Correspondent::Address(address));
    addresses.chain([Correspondent::Person(person.id().clone())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::sample;

    #[test]
    fn a_person_is_found_by_id_or_name_with_all_addresses() {
        let directory = sample::directory();
        let person = directory.people().find(|p| p.addresses().count() > 1).unwrap();
        let name = format!("{} {}", person.given(), person.family());
        for text in [&*person.id().0, &name, &name.to_uppercase()] {
            assert_eq!(
                correspondents(&directory, text).unwrap().len(),
                person.addresses().count() + 1,
                "{text}"
            );
        }
        assert_eq!(correspondents(&directory, "x@y.example").unwrap().len(), 1);
        assert!(
            correspondents(&directory, "Nobody Atall").is_err() && correspondents(&directory, "x@").is_err()
        );
    }
}
