//! A person's word on who is accused (practice.md, A4): what the machine guesses is confirmed
//! or refused, what a person said is taken back.

use super::{Desk, DeskFault, Wrong, take_over::allegation};
use crate::{
    authority::{Act, Matter},
    effects::HandedThing,
    mail::Address,
    parties::{Directory, PersonId, Role},
    storage::{Accusation, AccusedInItem, ItemId, Who},
};

/// What follows from such a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// From now on it is an allegation; whose, as a sentence goes on.
    Allegation(&'static str),
    /// For whoever is accused, it is not there.
    Accused,
    NotAccused,
    /// Nobody of that name was accused.
    NothingToRefuse,
}

impl Desk {
    /// On an item of quarantine.
    pub async fn judge_accused(
        &self,
        id: &ItemId,
        named: &Named,
        word: Accusation,
        why: &str,
    ) -> Result<Judged, DeskFault> {
        let (summary, case) = self.store.item_case(id).await?;
        self.authorise(Act::JudgeAccused, &case, "item", id.as_str()).await?;
        let against_staff = word == Accusation::Confirmed && named.at_work == AtWork::Yes;
        let matter = (against_staff && case.matter == Matter::Concern).then_some(Matter::Allegation);
        let person = self.faces(named.person.as_ref(), &named.addresses)?;
        let (mut whose, mut outbox) = (None, Vec::new());
        if against_staff {
            let what = (id.as_str(), Some(summary.category), HandedThing::Quarantined);
            let allegation = allegation(self, &case, &person, what)?;
            (whose, outbox) = (Some(allegation.whose), allegation.outbox);
        }
        let said = AccusedInItem { person, word, matter, why: why.to_owned(), outbox };
        let changed = self.store.item_accused(id, &summary.school, said, &self.actor).await?;
        Ok(match (word, whose) {
            (_, Some(whose)) => Judged::Allegation(whose),
            (Accusation::Confirmed, None) => Judged::Accused,
            (Accusation::Refused, None) if changed => Judged::NotAccused,
            (Accusation::Refused, None) => Judged::NothingToRefuse,
        })
    }
}

/// One human being as they were named.
pub struct Named {
    /// In the directory.
    pub person: Option<PersonId>,
    pub addresses: Vec<Address>,
    pub at_work: AtWork,
}

/// Whether an accusation is one against staff, and so the head's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtWork {
    Yes,
    No,
}

impl Named {
    /// A person of the directory where there is one, else any address.
    pub fn of(text: &str, directory: &Directory) -> Result<Self, DeskFault> {
        let address = Address::parse(text);
        let by_id = directory.person(&PersonId(text.into()));
        let by_address = || directory.lookup(address.as_ref()?)?.only_holder().map(|holder| holder.person);
        match (by_id.or_else(by_address), address) {
            (Some(person), _) => Ok(Self {
                person: Some(person.id().clone()),
                addresses: person.addresses().map(|(address, _)| address).collect(),
                at_work: match person.memberships().any(|(_, role)| is_adult_of_the_school(role)) {
                    true => AtWork::Yes,
                    false => AtWork::No,
                },
            }),
            (None, Some(address)) => Ok(Self { person: None, addresses: vec![address], at_work: AtWork::No }),
            (None, None) => Err(Wrong::NeitherIdNorAddress.into()),
        }
    }

    /// As an incident writes down who it is.
    pub fn who(self) -> Option<Who> {
        self.whos().into_iter().next()
    }

    /// All names under which an incident may have this person, the usual one first.
    pub fn whos(self) -> Vec<Who> {
        let person = self.person.into_iter().map(Who::Person);
        person.chain(self.addresses.into_iter().map(Who::Address)).collect()
    }
}

fn is_adult_of_the_school(role: Role) -> bool {
    matches!(role, Role::Staff | Role::Supply | Role::Governor)
}
