//! One registered person: their offices with what may be done about each, another office, a new way in.

use super::{
    super::super::{
        Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{fill, moment},
    },
    list::may_see,
    office_called,
    words::PeopleWords,
};
use crate::{
    authority::{Approval, Office, Scope},
    storage::{Genuine, KeptGrant, KeptUser},
};
use askama::Template;
use axum::{extract::Path, response::Response};
use chrono::Utc;

/// Offices that are given.
const OFFICES: [Office; 9] = [
    Office::Staff,
    Office::Lead,
    Office::Deputy,
    Office::Head,
    Office::Chair,
    Office::DataProtection,
    Office::Admin,
    Office::Governor,
    Office::Guest,
];

struct GrantLine {
    id: String,
    office: &'static str,
    place: String,
    state: String,
    /// Where the form of each act leads.
    approve: Option<String>,
    end: Option<String>,
    end_called: &'static str,
}

struct Choice {
    value: String,
    name: String,
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct PersonPage {
    frame: Frame,
    w: &'static PeopleWords,
    name: String,
    address: String,
    registered: String,
    key: String,
    /// By the directory, without a grant.
    by_directory: Vec<String>,
    grants: Vec<GrantLine>,
    offices: Vec<Choice>,
    places: Vec<Choice>,
    give: String,
    link: String,
}

/// The person of this number, when the asker may know of them.
pub(super) fn seen<'v>(visitor: &'v Visitor, id: &str) -> Result<&'v KeptUser, Fault> {
    let user = visitor.desk.users.iter().find(|user| user.id.as_str() == id).ok_or(Fault::NotThere)?;
    if may_see(visitor, user)? { Ok(user) } else { Err(Fault::NotThere) }
}

pub(super) async fn page(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    let (w, language) = (PeopleWords::of(visitor.language), visitor.language);
    let user = seen(&visitor, &id)?;
    let mut grants = Vec::new();
    for grant in user.grants.iter().rev() {
        grants.push(grant_line(&visitor, w, user, grant).await?);
    }
    let id = user.id.as_str();
    shown(&PersonPage {
        frame: Frame::of(&visitor, w.person_title, Place::Person(id)),
        w,
        name: visitor.desk.name_of(user),
        address: visitor.desk.address_of(user).map(|a| a.to_string()).unwrap_or_default(),
        registered: moment(language, user.added_at),
        key: if user.who.public_key.is_empty() { w.no_key.to_owned() } else { user.who.public_key.clone() },
        by_directory: by_directory(&visitor, w, user),
        grants,
        offices: OFFICES
            .into_iter()
            .map(|office| Choice {
                value: office.name().to_owned(),
                name: office_called(language, office).to_owned(),
            })
            .collect(),
        places: places(&visitor, w),
        give: Place::PersonOffice(id).to_string(),
        link: Place::PersonLink(id).to_string(),
    })
}

fn called(visitor: &Visitor, w: &PeopleWords, scope: &Scope) -> String {
    let schools = &visitor.desk.config.schools;
    match scope {
        Scope::Trust => w.at_trust.to_owned(),
        Scope::School(id) => {
            schools.iter().find(|s| s.id == *id).map_or_else(|| id.to_string(), |s| s.name.clone())
        }
    }
}

fn places(visitor: &Visitor, w: &PeopleWords) -> Vec<Choice> {
    let schools = visitor.desk.config.schools.iter();
    let mut all: Vec<Choice> =
        schools.map(|s| Choice { value: s.id.to_string(), name: s.name.clone() }).collect();
    all.push(Choice { value: String::new(), name: w.at_trust.to_owned() });
    all
}

fn by_directory(visitor: &Visitor, w: &PeopleWords, user: &KeptUser) -> Vec<String> {
    let granted = |scope: &Scope| {
        user.grants.iter().any(|g| {
            g.grant.office == Office::Staff && g.grant.scope == *scope && g.grant.counts_at(Utc::now())
        })
    };
    let held = visitor.desk.offices_of(user).into_iter();
    let staff = held.filter(|(scope, offices)| offices.iter().any(|o| o == Office::Staff) && !granted(scope));
    staff
        .map(|(scope, _)| {
            let office = office_called(visitor.language, Office::Staff);
            format!("{office} · {} · {}", called(visitor, w, &scope), w.by_directory)
        })
        .collect()
}

async fn grant_line(
    visitor: &Visitor,
    w: &'static PeopleWords,
    user: &KeptUser,
    grant: &KeptGrant,
) -> Result<GrantLine, Fault> {
    let now = Utc::now();
    let awaited = grant.grant.approval == Approval::Awaited;
    let open = grant.genuine == Genuine::Yes && grant.revoked.is_none();
    let state = match () {
        () if grant.genuine == Genuine::No => w.changed,
        () if grant.revoked.is_some() => w.ended,
        () if awaited => w.waits,
        () if grant.grant.counts_at(now) => w.in_force,
        () if grant.grant.from > now => w.begins,
        () => w.ended,
    };
    let until = grant.grant.until.map(|at| fill(w.until, &[&moment(visitor.language, at)]));
    let id = grant.id.as_str();
    let may_approve = open && awaited && visitor.desk.may_approve_office(user, grant).await?.is_allowed();
    let lasts = grant.grant.until.is_none_or(|at| at > now);
    Ok(GrantLine {
        id: id.to_owned(),
        office: office_called(visitor.language, grant.grant.office),
        place: called(visitor, w, &grant.grant.scope),
        state: until.map_or_else(|| state.to_owned(), |until| format!("{state}, {until}")),
        approve: may_approve.then(|| Place::OfficeApprove(id).to_string()),
        end: (open && lasts).then(|| Place::OfficeEnd(id).to_string()),
        end_called: if awaited { w.take_back } else { w.end },
    })
}
