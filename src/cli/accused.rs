//! A person's word on who is accused (practice.md, A4): what the machine guesses is confirmed
//! or refused, what a person said is taken back. The same for a message and an incident.

use super::Mistake;
use crate::{
    mail::Address,
    parties::{Directory, PersonId, Role},
    storage::{Accusation, Who},
};
use clap::Args;

#[derive(Debug, Args)]
pub struct AccusedArgs {
    pub id: String,
    /// A school address, the id in the directory, or any other address
    #[arg(long, value_name = "PERSON")]
    pub person: String,
    /// Yes, this person is accused
    #[arg(long, conflicts_with = "refuse", required_unless_present = "refuse")]
    pub confirm: bool,
    /// No, or not any more
    #[arg(long)]
    pub refuse: bool,
    /// Why; encrypted
    #[arg(long)]
    pub reason: String,
}

impl AccusedArgs {
    pub(super) fn word(&self) -> Accusation {
        if self.confirm { Accusation::Confirmed } else { Accusation::Refused }
    }
}

/// One human being as they were named.
pub(super) struct Named {
    /// In the directory.
    pub(super) person: Option<PersonId>,
    pub(super) addresses: Vec<Address>,
    pub(super) at_work: AtWork,
}

/// Whether an accusation is one against staff, and so the head's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtWork {
    Yes,
    No,
}

impl Named {
    /// A person of the directory where there is one, else any address.
    pub(super) fn of(text: &str, directory: &Directory) -> Result<Self, Mistake> {
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
            (None, None) => Err(Mistake("that is neither an id of the directory nor a mail address".into())),
        }
    }

    /// As an incident writes down who it is.
    pub(super) fn who(self) -> Option<Who> {
        self.whos().into_iter().next()
    }

    /// All names under which an incident may have this person, the usual one first.
    pub(super) fn whos(self) -> Vec<Who> {
        let person = self.person.into_iter().map(Who::Person);
        person.chain(self.addresses.into_iter().map(Who::Address)).collect()
    }
}

fn is_adult_of_the_school(role: Role) -> bool {
    matches!(role, Role::Staff | Role::Supply | Role::Governor)
}
