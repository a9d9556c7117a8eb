//! What is done about people: registering, giving an office, approving, ending, a new way in. Each asks for
//! a fresh proof; who may is asked of the desk, as the command line asks it.

use super::{
    super::super::{
        Console, Fault,
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
    storage::{AccountId, GrantId, KeptGrant, KeptUser, NewOutbox, NewUser},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "people/link.html")]
struct LinkPage {
    frame: Frame,
    w: &'static PeopleWords,
    sent: String,
    back: String,
}

/// A link that has been made and not yet been given to anybody, and the mail that takes it to its person.
struct Posting {
    link: Link,
    to: Address,
    mail: NewOutbox,
}

impl Posting {
    fn of(console: &Console, visitor: &Visitor, who: &NewUser) -> Result<Self, Fault> {
        let link = visitor.desk.new_link().ok_or(Fault::Away)?;
        let nobody = || Fault::Wrong(PeopleWords::of(visitor.language).no_mailbox.to_owned());
        let (to, mail) = console.way_in(who, &link)?.ok_or_else(nobody)?;
        Ok(Self { link, to, mail })
    }

    /// Whoever asked learns that it is on its way, and never sees it.
    async fn send(self, visitor: &Visitor, id: &AccountId) -> Result<Response, Fault> {
        visitor.desk.keep_link(id, &self.link, vec![self.mail]).await?;
        let w = PeopleWords::of(visitor.language);
        let until = moment(visitor.language, self.link.until);
        shown(&LinkPage {
            frame: Frame::of(visitor, w.link_title, Place::People),
            w,
            sent: fill(w.link_sent, &[&self.to.to_string(), &until]),
            back: Place::Person(id.as_str()).to_string(),
        })
    }
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
    State(console): State<Arc<Console>>,
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
    let posting = Posting::of(&console, &visitor, &who)?;
    let id = desk.store.user_add(who, &desk.actor).await.map_err(DeskFault::from)?;
    posting.send(&visitor, &id).await
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn link(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let user = seen(&visitor, &id)?;
    visitor.desk.may_link(user).await?;
    Posting::of(&console, &visitor, &user.who)?.send(&visitor, &user.id).await
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
