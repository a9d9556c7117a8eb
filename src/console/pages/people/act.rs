//! What is done about people: registering, giving an office, approving, ending, a new way in. Each asks for
//! a fresh proof; who may is asked of the desk, as the command line asks it.

use super::{
    super::super::{
        Fault,
        answers::answer,
        page::{Frame, shown},
        places::Place,
        visitor::{Fresh, Posted, Visitor},
        words::{fill, moment},
    },
    person::seen,
    words::PeopleWords,
};
use crate::{
    authority::{Act, Office, Scope, Thing},
    desk::{DeskFault, Given, Leave, Link, Wish},
    mail::Address,
    parties::Known,
    storage::{GrantId, KeptGrant, KeptUser, NewUser},
};
use askama::Template;
use axum::{extract::Path, response::Response};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "people/link.html")]
struct LinkPage {
    frame: Frame,
    w: &'static PeopleWords,
    name: String,
    link: String,
    once: String,
    back: String,
}

/// The only time its word is seen.
fn show_link(visitor: &Visitor, name: String, id: &str, link: &Link) -> Result<Response, Fault> {
    let w = PeopleWords::of(visitor.language);
    shown(&LinkPage {
        frame: Frame::of(visitor, w.link_title, Place::People),
        w,
        name,
        link: link.address.clone(),
        once: fill(w.link_once, &[&moment(visitor.language, link.until)]),
        back: Place::Person(id).to_string(),
    })
}

#[derive(Template)]
#[template(path = "people/done.html")]
struct DonePage {
    frame: Frame,
    w: &'static PeopleWords,
    told: &'static str,
    /// Who is to be the second, for example.
    more: String,
    back: String,
}

fn done(visitor: &Visitor, user: &KeptUser, told: &'static str, more: String) -> Result<Response, Fault> {
    let w = PeopleWords::of(visitor.language);
    let frame = Frame::of(visitor, w.done_title, Place::People);
    shown(&DonePage { frame, w, told, more, back: Place::Person(user.id.as_str()).to_string() })
}

#[derive(Deserialize)]
pub(super) struct Registered {
    address: String,
}

pub(super) async fn register(
    Fresh(visitor): Fresh,
    Posted(form): Posted<Registered>,
) -> Result<Response, Fault> {
    let (w, desk) = (PeopleWords::of(visitor.language), &visitor.desk);
    desk.schools_or_refuse(Act::Grant, Thing::Grant)?;
    let address = Address::parse(form.address.trim()).ok_or_else(|| Fault::Wrong(w.no_address.to_owned()))?;
    let known = desk.directory.lookup(&address);
    let person = match known.map(Known::only_holder) {
        Some(Some(holder)) => Some(holder.person.id().clone()),
        Some(None) => return Err(Fault::Wrong(w.not_theirs_alone.to_owned())),
        None => None,
    };
    let who =
        NewUser { address: person.is_none().then(|| address.clone()), person, public_key: String::new() };
    desk.may_register(&who).await?;
    let id = desk.store.user_add(who, &desk.actor).await.map_err(DeskFault::from)?;
    let link = desk.first_link(&id).await?.ok_or(Fault::Away)?;
    show_link(&visitor, address.to_string(), id.as_str(), &link)
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn link(
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let user = seen(&visitor, &id)?;
    let link = visitor.desk.link_for(user).await?;
    show_link(&visitor, visitor.desk.name_of(user), user.id.as_str(), &link)
}

#[derive(Deserialize)]
pub(super) struct OfficeForm {
    office: String,
    /// A school's id; empty for the trust.
    #[serde(default)]
    place: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn give(
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(form): Posted<OfficeForm>,
) -> Result<Response, Fault> {
    let w = PeopleWords::of(visitor.language);
    let user = seen(&visitor, &id)?;
    let office = Office::named(&form.office).ok_or(Fault::Form)?;
    let scope = match form.place.as_str() {
        "" => Scope::Trust,
        place => {
            let school = visitor.desk.config.schools.iter().find(|s| &*s.id.0 == place);
            Scope::School(school.ok_or(Fault::Form)?.id.clone())
        }
    };
    let until = last_moment(&form.until).map_err(|()| Fault::Wrong(w.bad_day.to_owned()))?;
    let wish = Wish { office, scope, from: None, until, reason: given(w, &form.reason)? };
    match visitor.desk.give_office(user, wish).await? {
        Given::Now(_) => done(&visitor, user, w.given, String::new()),
        Given::ByConfiguration(_) => done(&visitor, user, w.bootstrapped, String::new()),
        Given::Asked(_, second) => done(&visitor, user, w.asked, answer(visitor.language, &second)),
    }
}

/// The end of a day; none when nothing was filled in.
fn last_moment(day: &str) -> Result<Option<DateTime<Utc>>, ()> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let day: NaiveDate = day.trim().parse().map_err(|_| ())?;
    let next = day.checked_add_days(Days::new(1)).ok_or(())?;
    Ok(Some(next.and_time(NaiveTime::MIN).and_utc()))
}

#[derive(Deserialize)]
pub(super) struct Because {
    #[serde(default)]
    reason: String,
}

/// Why, which stands beside the office for good.
fn given(w: &PeopleWords, reason: &str) -> Result<String, Fault> {
    match reason.trim() {
        "" => Err(Fault::Wrong(w.no_reason.to_owned())),
        reason => Ok(reason.to_owned()),
    }
}

/// A grant of somebody whom the asker may know of.
fn seen_grant<'v>(visitor: &'v Visitor, id: &str) -> Result<(&'v KeptUser, &'v KeptGrant), Fault> {
    let id: GrantId = id.parse().map_err(|()| Fault::NotThere)?;
    let (user, grant) = visitor.desk.grant(&id).ok_or(Fault::NotThere)?;
    seen(visitor, user.id.as_str())?;
    Ok((user, grant))
}

pub(super) async fn approve(
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(because): Posted<Because>,
) -> Result<Response, Fault> {
    let w = PeopleWords::of(visitor.language);
    let (user, grant) = seen_grant(&visitor, &id)?;
    visitor.desk.approve_office(user, grant, &given(w, &because.reason)?).await?;
    done(&visitor, user, w.approved, String::new())
}

pub(super) async fn end(
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(because): Posted<Because>,
) -> Result<Response, Fault> {
    let w = PeopleWords::of(visitor.language);
    let (user, grant) = seen_grant(&visitor, &id)?;
    match visitor.desk.end_office(user, grant, &given(w, &because.reason)?).await? {
        Leave::Go | Leave::GoAsSecond { .. } => done(&visitor, user, w.has_ended, String::new()),
        Leave::WaitForSecond(second) => done(&visitor, user, w.second, answer(visitor.language, &second)),
    }
}
