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
    desk::{Desk, Installation, Leave, refusal},
};
use crate::{
    authority::{Act, Answer as Judged, Approval, Case, GrantKind, Office, Scope, Thing},
    mail::{Address, SchoolId},
    officers,
    parties::{GroupKind, Known, PersonId, School},
    storage::{AccountId, Genuine, GrantId, KeptGrant, KeptUser, NewGrant, NewUser, keys},
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
        if desk.installation() == Installation::Fresh && !may_begin(&desk, &who) {
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
        let link = link::made(&desk, &id).await?;
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
        let new = |approval| NewGrant {
            account: user.id.clone(),
            office,
            scope: scope.clone(),
            from,
            until,
            reason: asked.reason.clone(),
            approval,
        };
        let said = if is_first_by_configuration(&desk, user, office, &scope) {
            let id = desk.store.grant_bootstrap(new(Approval::Given), &desk.actor).await?;
            (
                id,
                "Given, because [school.officers] names this address for the office and nobody is there yet who could \
                 approve it. Tell the chair of governors and the other officers: the ledger has it as user.bootstrapped."
                    .to_owned(),
            )
        } else {
            let mut case = grant_case(&desk, user, office, scope.clone())?;
            match at_any_school(&desk, Act::Grant, &mut case) {
                Judged::Allowed => {
                    (desk.store.grant_ask(new(Approval::Given), &desk.actor).await?, "Given.".to_owned())
                }
                answer @ Judged::NeedsSecond { .. } => {
                    let id = desk.store.grant_ask(new(Approval::Awaited), &desk.actor).await?;
                    let how = format!("`gatehouse users approve {id} --reason ...`");
                    (id, format!("Asked for. {} {how}", answer.sentence().unwrap_or_default()))
                }
                answer => return Err(refusal(&answer, "user", user.id.as_str())),
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
        let mut case = grant_case(&desk, user, grant.grant.office, grant.grant.scope.clone())?;
        case.asked = Some(desk.faces_behind(&grant.asked.0).await?);
        let answer = at_any_school(&desk, Act::Approve, &mut case);
        if desk.user.is_none() || !answer.is_allowed() {
            return Err(match desk.user {
                Some(_) => refusal(&answer, "grant", grant.id.as_str()),
                None => Mistake("An office is approved by a person: say who you are with --me FILE.".into()),
            });
        }
        desk.store.grant_approve(&grant.id, &desk.actor, &decide.reason).await?;
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
        let case = grant_case(&desk, user, grant.grant.office, grant.grant.scope.clone())?;
        let id = grant.id.clone();
        match desk.authorise_of_two(Act::Revoke, &case, ("grant", id.as_str()), &decide.reason).await? {
            Leave::Go => {
                desk.store.grant_revoke(&id, &desk.actor, &decide.reason).await?;
                writeln!(io::stderr(), "Ended.")?;
            }
            Leave::WaitForSecond(sentence) => writeln!(io::stderr(), "{id}: noted. {sentence}")?,
        }
        desk.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The facts of an office for this user.
fn grant_case(desk: &Desk, user: &KeptUser, office: Office, scope: Scope) -> Result<Case, Mistake> {
    let mut case = Case::new(Thing::Grant, scope);
    case.grant = GrantKind::of(office);
    case.subject = desk.faces_of(user)?;
    Ok(case)
}

/// Offices of the trust are given by the officers of its schools, as long as it has none.
fn at_any_school(desk: &Desk, act: Act, case: &mut Case) -> Judged {
    let first = desk.may(act, case);
    if case.scope != Scope::Trust || first.is_allowed() {
        return first;
    }
    let schools = desk.config.schools.iter().map(|s| Scope::School(s.id.clone()));
    let mut answers: Vec<Judged> = schools
        .map(|scope| {
            case.scope = scope;
            desk.may(act, case)
        })
        .collect();
    answers.push(first);
    let allowed = answers.iter().position(Judged::is_allowed);
    let second = answers.iter().position(|a| matches!(a, Judged::NeedsSecond { .. }));
    answers.swap_remove(allowed.or(second).unwrap_or(0))
}

/// Nobody at the school could approve, and the configuration names this person's address.
fn is_first_by_configuration(desk: &Desk, user: &KeptUser, office: Office, scope: &Scope) -> bool {
    let Scope::School(id) = scope else { return false };
    let Some(school) = desk.config.schools.iter().find(|s| s.id == *id) else { return false };
    let governs = |o: Office| matches!(o, Office::Head | Office::DataProtection);
    let now = Utc::now();
    // A row that somebody changed may have been that of whoever could approve.
    let stands = |g: &KeptGrant| {
        let at_work = g.grant.scope == *scope && governs(g.grant.office) && g.grant.counts_at(now);
        at_work || g.genuine == Genuine::No
    };
    if !governs(office) || desk.users.iter().flat_map(|u| &u.grants).any(stands) {
        return false;
    }
    is_named(desk, &user.who, school, office)
}

/// Whether somebody can be the first user: the configuration names the person for an office
/// that says who reads.
fn may_begin(desk: &Desk, who: &NewUser) -> bool {
    let offices = [Office::Head, Office::DataProtection];
    desk.config.schools.iter().any(|school| offices.iter().any(|office| is_named(desk, who, school, *office)))
}

/// Whether `[school.officers]` names one of the person's addresses, or a mailbox that the
/// person reads, for this office.
fn is_named(desk: &Desk, who: &NewUser, school: &School, office: Office) -> bool {
    let person = who.person.as_ref().and_then(|p| desk.directory.person(p));
    let is_theirs = |address: &Address| {
        let known = desk.directory.lookup(address);
        let mailbox = known.and_then(Known::group).filter(|g| g.kind() == GroupKind::Mailbox);
        who.address.as_ref() == Some(address)
            || person.is_some_and(|p| {
                p.addresses().any(|(own, _)| own == *address)
                    || mailbox.is_some_and(|g| g.members().any(|m| m == p))
            })
    };
    officers::named(&school.officers).any(|(of, address)| of == office && is_theirs(address))
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
    let all = desk.users.iter().flat_map(|u| u.grants.iter().map(move |g| (u, g)));
    all.into_iter()
        .find(|(_, g)| g.id == wanted)
        .ok_or_else(|| Mistake(format!("there is no grant {wanted}")))
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
