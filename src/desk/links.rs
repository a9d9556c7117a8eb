//! One-time links to the web pages. Whoever has the link is let in as that person, so that for
//! somebody who holds an office it takes what giving the office takes, and the console mails it to the
//! person alone: whoever asks for it never sees it. The command line, whose user has the machine anyway,
//! prints it.

use super::{Desk, DeskFault, Wrong};
use crate::{
    authority::{Act, Case, GrantKind, Office, Offices, Scope, Thing},
    mail::Address,
    storage::{AccountId, Invitation, KeptUser, NewOutbox, NewUser},
};
use chrono::{DateTime, Utc};

/// A way in as an address, and until when it is good.
pub struct Link {
    pub address: String,
    pub until: DateTime<Utc>,
    invitation: Invitation,
}

impl Desk {
    /// A link that is not yet anybody's; `None` where there is no console.
    pub fn new_link(&self) -> Option<Link> {
        let console = self.config.console.as_ref()?;
        let invitation = self.store.new_invitation();
        let address = format!("{}link/{}", console.address, invitation.reveal());
        Some(Link { address, until: invitation.until, invitation })
    }

    /// Makes it this person's; `mail` takes it to them.
    pub async fn keep_link(
        &self,
        id: &AccountId,
        link: &Link,
        mail: Vec<NewOutbox>,
    ) -> Result<(), DeskFault> {
        Ok(self.store.keep_invitation(id, &link.invitation, &self.actor, mail).await?)
    }

    /// A link to print for somebody who has just been registered; `None` where there is no console.
    pub async fn first_link(&self, id: &AccountId) -> Result<Option<Link>, DeskFault> {
        let Some(link) = self.new_link() else { return Ok(None) };
        self.keep_link(id, &link, Vec::new()).await?;
        Ok(Some(link))
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

    /// Whether the asker may let a registered person in anew: who may give each of their offices.
    pub async fn may_link(&self, user: &KeptUser) -> Result<(), DeskFault> {
        self.may_let_in(&user.who, &self.offices_of(user), user.id.as_str()).await
    }

    /// A link to print for a registered person; former links end.
    pub async fn link_for(&self, user: &KeptUser) -> Result<Link, DeskFault> {
        if self.config.console.is_none() {
            return Err(Wrong::NoConsole.into());
        }
        self.may_link(user).await?;
        self.first_link(&user.id).await?.ok_or(Wrong::NoConsole.into())
    }
}
