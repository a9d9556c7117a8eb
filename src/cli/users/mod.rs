//! `gatehouse users`: who may look and decide. A user has a key of their own; an office is
//! given by one person and, where it opens something, approved by another.

mod args;
mod link;
mod show;

pub use args::UsersCommand;

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{self, Desk, Installation, Leave},
};
use crate::{
    authority::{Act, Office, Scope, Thing},
    desk::{Given, Wish},
    mail::{Address, SchoolId},
    parties::{Known, PersonId},
    storage::{AccountId, GrantId, KeptGrant, KeptUser, NewUser, keys},
};
use args::{AddUser, Decide, GrantOffice};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &UsersCommand) -> Answer {
    match command {
        UsersCommand::Add(add) => self::add(cli, add),
        UsersCommand::Link(link) => link::link(cli, link),
        UsersCommand::List => show::list(cli),
        UsersCommand::Show { id } => show::show(cli, id.as_deref()),
        UsersCommand::Grant(grant) => self::grant(cli, grant),
        UsersCommand::Approve(decide) => approve(cli, decide),
        UsersCommand::Revoke(decide) => revoke(cli, decide),
    }
}

fn add(cli: &Cli, new: &AddUser) -> Answer {
    let (id, public) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        desk.schools_or_refuse(Act::Grant, Thing::Grant)?;
        let person = new.person.as_deref().map(|text| person_of(&desk, text)).transpose()?;
        let address = new.address.as_deref().map(address_of).transpose()?;
        let mut who = NewUser { person, address, public_key: String::new() };
        if desk.installation() == Installation::Fresh && !desk.may_begin(&who) {
            return Err(Mistake(
                "The first user must be somebody whom [school.officers] names as head or data protection officer: nobody \
                 else could give an office. See docs/users.md."
                    .into(),
            ));
        }
        if new.new.is_none() && new.key.is_none() && desk.config.console.is_none() {
            return Err(Mistake(
                "Give --new FILE or --key KEY: without a key and without [console] in the configuration there is no way in."
                    .into(),
            ));
        }
        who.public_key = match (&new.new, &new.key) {
            (Some(file), _) => keys::generate_locked(file, "Gatehouse: a person's own key")?,
            (None, key) => key.clone().unwrap_or_default(),
        };
        let public_key = who.public_key.clone();
        let id = desk.store.user_add(who, &desk.actor).await?;
        let first = desk.installation() == Installation::Fresh;
        let link = desk.first_link(&id).await?;
        desk.close().await;
        Ok(((id, first, link), public_key))
    })?;
    let (id, first, link) = id;
    writeln!(io::stdout(), "{id}")?;
    let with = if public.is_empty() { String::new() } else { format!(" with the key {public}") };
    writeln!(
        io::stderr(),
        "Registered{with}. Without an office this opens nothing: `gatehouse users grant {id} --office ...`."
    )?;
    if let Some(link) = link {
        link::print(&link)?;
    }
    if first {
        writeln!(
            io::stderr(),
            "This is the first user. From now on whoever runs the machine without --me counts, lists and runs the \
             gate, and reads no content: give the head or the data protection officer their office next."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn grant(cli: &Cli, asked: &GrantOffice) -> Answer {
    let office = Office::named(&asked.office).ok_or_else(|| Mistake("there is no such office".into()))?;
    let from = asked.from.as_deref().map(|text| moment(text, Edge::First)).transpose()?;
    let until = asked.until.as_deref().map(|text| moment(text, Edge::Last)).transpose()?;
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let user = find(&desk, &asked.user)?;
        let scope = match &asked.school {
            Some(school) => Scope::School(school_of(&desk, school)?),
            None => Scope::Trust,
        };
        let wish = Wish { office, scope, from, until, reason: asked.reason.clone() };
        let said = match desk.give_office(user, wish).await? {
            Given::Now(id) => (id, "Given.".to_owned()),
            Given::ByConfiguration(id) => (
                id,
                "Given, because [school.officers] names this address for the office and nobody is there yet who could \
                 approve it. Tell the chair of governors and the other officers: the ledger has it as user.bootstrapped."
                    .to_owned(),
            ),
            Given::Asked(id, sentence) => {
                let how = format!("`gatehouse users approve {id} --reason ...`");
                (id, format!("Asked for. {sentence} {how}"))
            }
        };
        desk.close().await;
        Ok(said)
    })?;
    writeln!(io::stdout(), "{}", said.0)?;
    writeln!(io::stderr(), "{}", said.1)?;
    Ok(ExitCode::SUCCESS)
}

fn approve(cli: &Cli, decide: &Decide) -> Answer {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (user, grant) = find_grant(&desk, &decide.id)?;
        desk.approve_office(user, grant, &decide.reason).await?;
        writeln!(
            io::stderr(),
            "Approved: {} for the key {}.",
            grant.grant.office.called(),
            user.who.public_key
        )?;
        desk.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn revoke(cli: &Cli, decide: &Decide) -> Answer {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (user, grant) = find_grant(&desk, &decide.id)?;
        match desk::said_by_second(desk.end_office(user, grant, &decide.reason).await?)? {
            Leave::Go => writeln!(io::stderr(), "Ended.")?,
            Leave::WaitForSecond(sentence) => writeln!(io::stderr(), "{}: noted. {sentence}", grant.id)?,
        }
        desk.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn find<'a>(desk: &'a Desk, id: &str) -> Result<&'a KeptUser, Mistake> {
    let wanted: AccountId =
        id.parse().map_err(|()| Mistake(format!("`{id}` is no user's number; `users list` shows them")))?;
    let found = desk.users.iter().find(|u| u.id == wanted);
    found.ok_or_else(|| Mistake(format!("there is no user {wanted}")))
}

fn find_grant<'a>(desk: &'a Desk, id: &str) -> Result<(&'a KeptUser, &'a KeptGrant), Mistake> {
    let wanted: GrantId =
        id.parse().map_err(|()| Mistake(format!("`{id}` is no grant's number; `users list` shows them")))?;
    desk.grant(&wanted).ok_or_else(|| Mistake(format!("there is no grant {wanted}")))
}

fn school_of(desk: &Desk, name: &str) -> Result<SchoolId, Mistake> {
    let found = desk.config.schools.iter().find(|s| &*s.id.0 == name);
    found
        .map(|s| s.id.clone())
        .ok_or_else(|| Mistake(format!("`{name}` is none of the schools in the configuration")))
}

/// By id of the directory or by an address that is nobody else's.
fn person_of(desk: &Desk, text: &str) -> Result<PersonId, Mistake> {
    let by_address = Address::parse(text)
        .and_then(|a| desk.directory.lookup(&a).and_then(Known::only_holder))
        .map(|holder| holder.person.id().clone());
    let by_id = || desk.directory.person(&PersonId(text.into())).map(|p| p.id().clone());
    by_address.or_else(by_id).ok_or_else(|| {
        Mistake(format!("The directory has nobody with the id or the address `{text}`; --address registers somebody it does not know."))
    })
}

fn address_of(text: &str) -> Result<Address, Mistake> {
    Address::parse(text).ok_or_else(|| Mistake(format!("`{text}` is no mail address")))
}

#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

/// A moment, or the beginning or the end of a day.
fn moment(text: &str, edge: Edge) -> Result<DateTime<Utc>, Mistake> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day: NaiveDate = text.parse().map_err(|_| {
        Mistake(format!("`{text}` is no day (2026-12-18) and no moment (2026-12-18T16:00:00Z)"))
    })?;
    let start = day.and_time(NaiveTime::MIN).and_utc();
    Ok(match edge {
        Edge::First => start,
        Edge::Last => start.checked_add_days(Days::new(1)).unwrap_or(start),
    })
}
