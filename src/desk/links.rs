//! One-time links to the web pages. Whoever has the link is let in as that person, so that for
//! somebody who holds an office it takes what giving the office takes.

use super::{Desk, DeskFault};
use crate::{
    authority::{Act, Case, GrantKind, Office, Offices, Scope, Thing},
    mail::Address,
    storage::{AccountId, KeptUser, NewUser},
};
use chrono::{DateTime, Utc};

/// An address to hand over, and until when it is good.
pub struct Link {
    pub address: String,
    pub until: DateTime<Utc>,
}

impl Desk {
    /// A link for somebody who has just been registered; `None` where there is no console.
    pub async fn first_link(&self, id: &AccountId) -> Result<Option<Link>, DeskFault> {
        let Some(console) = &self.config.console else { return Ok(None) };
        let invitation = self.store.invite(id, &self.actor).await?;
        let address = format!("{}link/{}", console.address, invitation.reveal());
        Ok(Some(Link { address, until: invitation.until }))
    }

    /// Whether the asker may register somebody, who gets a link with it.
    pub async fn may_register(&self, who: &NewUser) -> Result<(), DeskFault> {
        self.may_let_in(who, &[], "unregistered").await
    }

    /// Whether the asker may let somebody in: in every office in force that opens something, and at one of
    /// their schools at least.
    async fn may_let_in(&self, who: &NewUser, held: &[(Scope, Offices)], id: &str) -> Result<(), DeskFault> {
        self.schools_or_refuse(Act::Grant, Thing::Grant)?;
        let person = who.person.as_ref().and_then(|id| self.directory.person(id));
        let own = person.into_iter().flat_map(|p| p.addresses()).map(|(address, _)| address);
        let addresses: Vec<Address> = own.chain(who.address.clone()).collect();
        let subject = self.faces(who.person.as_ref(), &addresses)?;
        let case = |office, scope| {
            let mut case = Case::new(Thing::Grant, scope);
            case.grant = GrantKind::of(office);
            case.subject = subject.clone();
            case
        };
        for (scope, offices) in held {
            for office in offices.iter().filter(|office| GrantKind::of(*office) != GrantKind::Plain) {
                self.authorise(Act::Grant, &case(office, scope.clone()), "user", id).await?;
            }
        }
        let schools: Vec<Case> = person
            .into_iter()
            .flat_map(|p| p.memberships())
            .map(|(school, _)| case(Office::Staff, Scope::School(school.clone())))
            .collect();
        match schools.first() {
            Some(first) if !schools.iter().any(|at| self.may(Act::Grant, at).is_allowed()) => {
                self.authorise(Act::Grant, first, "user", id).await
            }
            _ => Ok(()),
        }
    }

    /// A link for a registered person, for whoever may give each of their offices; former links end.
    pub async fn link_for(&self, user: &KeptUser) -> Result<Link, DeskFault> {
        let nowhere = "There is no [console] in the configuration, so there is nothing to link to.";
        if self.config.console.is_none() {
            return Err(DeskFault::Wrong(nowhere.into()));
        }
        self.may_let_in(&user.who, &self.offices_of(user), user.id.as_str()).await?;
        self.first_link(&user.id).await?.ok_or_else(|| DeskFault::Wrong(nowhere.into()))
    }
}
