//! One-time links to the web pages. Whoever has the link is let in as that person, so that for
//! somebody who holds an office it takes what giving the office takes.

use super::{Desk, DeskFault};
use crate::{
    authority::{Act, Thing},
    storage::{AccountId, KeptUser},
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

    /// A link for a registered person, for whoever may give each of their offices; former links end.
    pub async fn link_for(&self, user: &KeptUser) -> Result<Link, DeskFault> {
        let nowhere = "There is no [console] in the configuration, so there is nothing to link to.";
        if self.config.console.is_none() {
            return Err(DeskFault::Wrong(nowhere.into()));
        }
        for (scope, offices) in self.offices_of(user) {
            for office in offices.iter() {
                let case = self.grant_case(user, office, scope.clone())?;
                self.authorise(Act::Grant, &case, "user", user.id.as_str()).await?;
            }
        }
        if user.grants.is_empty() {
            self.schools_or_refuse(Act::Grant, Thing::Grant)?;
        }
        self.first_link(&user.id).await?.ok_or_else(|| DeskFault::Wrong(nowhere.into()))
    }
}
