//! Everyone who is registered, whom the asker may list: by name, fifty a page.

use super::{
    super::super::{
        Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
    },
    office_called,
    words::PeopleWords,
};
use crate::{
    authority::{Act, Approval, Scope, Thing},
    storage::KeptUser,
};
use askama::Template;
use axum::{extract::Query, response::Response};
use serde::Deserialize;

const PAGE: usize = 50;

struct Line {
    place: String,
    name: String,
    address: String,
    offices: String,
    waits: bool,
}

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    frame: Frame,
    w: &'static PeopleWords,
    lines: Vec<Line>,
    next: Option<String>,
    is_first: bool,
}

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    from: usize,
}

/// Whether the asker may know of this one: as the command line lists them.
pub(super) fn may_see(visitor: &Visitor, user: &KeptUser) -> Result<bool, Fault> {
    let schools = visitor.desk.schools_or_refuse(Act::List, Thing::Grant)?;
    let at_one = |scope: &Scope| match scope {
        Scope::School(school) => schools.contains(school),
        Scope::Trust => true,
    };
    let held = visitor.desk.offices_of(user);
    let mut scopes = user.grants.iter().map(|grant| &grant.grant.scope).chain(held.iter().map(|(s, _)| s));
    let has_none = user.grants.is_empty() && held.is_empty();
    Ok(has_none || scopes.any(at_one))
}

pub(super) async fn page(visitor: Visitor, Query(From { from }): Query<From>) -> Result<Response, Fault> {
    let w = PeopleWords::of(visitor.language);
    let mut seen = Vec::new();
    for user in &visitor.desk.users {
        if may_see(&visitor, user)? {
            let person = user.who.person.as_ref().and_then(|id| visitor.desk.directory.person(id));
            let family = person.map_or_else(|| visitor.desk.name_of(user), |p| p.family().to_owned());
            seen.push((family.to_lowercase(), user));
        }
    }
    seen.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    let more = seen.len() > from.saturating_add(PAGE);
    let lines = seen.iter().skip(from).take(PAGE).map(|(_, user)| line(&visitor, w, user)).collect();
    shown(&ListPage {
        frame: Frame::of(&visitor, w.title, Place::People),
        w,
        lines,
        next: more.then(|| format!("{}?from={}", Place::People, from + PAGE)),
        is_first: from == 0,
    })
}

fn line(visitor: &Visitor, w: &PeopleWords, user: &KeptUser) -> Line {
    let schools = &visitor.desk.config.schools;
    let mut offices = Vec::new();
    for (scope, held) in visitor.desk.offices_of(user) {
        let place = match &scope {
            Scope::Trust => w.at_trust.to_owned(),
            Scope::School(id) => {
                schools.iter().find(|s| s.id == *id).map_or_else(|| id.to_string(), |s| s.name.clone())
            }
        };
        offices.extend(
            held.iter().map(|office| format!("{} · {place}", office_called(visitor.language, office))),
        );
    }
    let waits = user.grants.iter().any(|g| g.grant.approval == Approval::Awaited && g.revoked.is_none());
    Line {
        place: Place::Person(user.id.as_str()).to_string(),
        name: visitor.desk.name_of(user),
        address: visitor.desk.address_of(user).map(|a| a.to_string()).unwrap_or_default(),
        offices: if offices.is_empty() { w.no_office.to_owned() } else { offices.join("; ") },
        waits,
    }
}
