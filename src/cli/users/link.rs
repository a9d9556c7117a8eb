//! One-time links to the web pages. Whoever has the link is let in as that person, so that for
//! somebody who holds an office it takes what giving the office takes.

use super::{args::UserLink, find, grant_case};
use crate::{
    authority::{Act, Office, Scope},
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, render},
    storage::{AccountId, KeptUser},
};
use chrono::{DateTime, Utc};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// An address to hand over, and until when it is good.
pub(super) struct Link {
    address: String,
    until: DateTime<Utc>,
}

/// A link for this user; `None` where there is no console.
pub(super) async fn made(desk: &Desk, id: &AccountId) -> Result<Option<Link>, Mistake> {
    let Some(console) = &desk.config.console else { return Ok(None) };
    let invitation = desk.store.invite(id, &desk.actor).await?;
    let address = format!("{}link/{}", console.address, invitation.reveal());
    Ok(Some(Link { address, until: invitation.until }))
}

pub(super) fn print(link: &Link) -> io::Result<()> {
    writeln!(io::stdout(), "{}", link.address)?;
    writeln!(
        io::stderr(),
        "The link lets whoever has it in as this person, once, until {}. Hand it over in person, not by mail.",
        render::time(link.until)
    )
}

pub(super) fn link(cli: &Cli, asked: &UserLink) -> Answer {
    let link = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let user = find(&desk, &asked.id)?;
        if desk.config.console.is_none() {
            return Err(Mistake(
                "There is no [console] in the configuration, so there is nothing to link to.".into(),
            ));
        }
        may_link(&desk, user).await?;
        let link = made(&desk, &user.id).await?;
        desk.close().await;
        Ok(link)
    })?;
    if let Some(link) = link {
        print(&link)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever could not give each of the offices may not hand out their holder's way in.
async fn may_link(desk: &Desk, user: &KeptUser) -> Result<(), Mistake> {
    for (scope, offices) in desk.offices_of(user) {
        for office in offices.iter() {
            may_give(desk, user, office, scope.clone()).await?;
        }
    }
    if user.grants.is_empty() {
        desk.schools_or_refuse(Act::Grant, crate::authority::Thing::Grant)?;
    }
    Ok(())
}

async fn may_give(desk: &Desk, user: &KeptUser, office: Office, scope: Scope) -> Result<(), Mistake> {
    let case = grant_case(desk, user, office, scope)?;
    Ok(desk.authorise(Act::Grant, &case, "user", user.id.as_str()).await?)
}
