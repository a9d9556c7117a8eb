//! To the school's own sign-in and back. Coming back is a GET by the protocol's nature: what it does is
//! bound to the browser that was sent, once, within minutes.

use super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, own_page, shown},
    places::{Place, at},
    proof::{ByClaims, Purpose},
    visitor::{Tongue, Visitor},
    words::words,
};
use super::sign_in::{Told, sign_in_page};
use crate::{
    config::SchoolSignIn,
    desk::{By, user_named},
    mail::Address,
    parties::{AddressKind, Directory, Known, Role},
    storage::{Actor, KeptUser, NewUser, Way},
};
use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::post(at::SchoolBegin, Guard::Anyone, begin), Door::get(at::SchoolBack, Guard::Anyone, back)]
}

words! {
    pub struct SchoolWords {
        title: "On to your school's sign-in" / "Ymlaen i fewngofnodi eich ysgol",
        text: "You are being led to:" / "Rydych yn cael eich arwain at:",
        with: "Sign in with {}" / "Mewngofnodi gyda {}",
        prove: "Prove yourself with {}" / "Profi pwy ydych chi gyda {}",
    }
}

#[derive(Template)]
#[template(path = "school.html")]
struct GoPage<'a> {
    frame: Frame,
    w: &'static SchoolWords,
    name: &'a str,
    to: &'a str,
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
    /// Empty for signing in.
    #[serde(default)]
    again: String,
}

/// A page rather than a redirect: browsers let a form of ours lead to nowhere else.
async fn begin(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    visitor: Option<Visitor>,
    Path(name): Path<String>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Fault> {
    let purpose = match &visitor {
        Some(visitor) if !wanted.again.is_empty() => Purpose::Again(visitor.user.id.clone()),
        _ => Purpose::SignIn,
    };
    let (to, word) = console.send_away(&name, own_page(wanted.next.as_deref()), purpose).await?;
    let w = SchoolWords::of(language);
    let frame = Frame::of_nobody(language, w.title, Place::SignIn);
    let page = shown(&GoPage { frame, w, name: &name, to: &to })?;
    let headers = AppendHeaders([
        (header::SET_COOKIE, console.keep_away(&word)),
        (header::REFRESH, header::HeaderValue::from_str(&format!("0; url={to}")).map_err(|_| Fault::Away)?),
    ]);
    Ok((headers, page).into_response())
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

async fn back(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    visitor: Option<Visitor>,
    headers: HeaderMap,
    Query(came): Query<Back>,
) -> Result<Response, Fault> {
    let not_let_in = || sign_in_page(&console, language, Told::NotBySchool, "", "/");
    let Some(word) = console.away(&headers) else { return not_let_in() };
    let Some(claims) = console.came_back(&came.state, came.code, &word).await? else { return not_let_in() };
    let Some(user) = console.user_by_school(&claims).await? else { return not_let_in() };
    match (&claims.purpose, visitor) {
        (Purpose::SignIn, _) => {
            console.let_in_proved(&user, Way::School, claims.proved_at, &claims.next).await
        }
        (Purpose::Again(account), Some(visitor)) if *account == user.id && visitor.user.id == user.id => {
            // It must say that it has asked anew; what says nothing may not have.
            let since = Utc::now() - TimeDelta::minutes(5);
            if claims.proved_at.is_none_or(|at| at < since) {
                return not_let_in();
            }
            console.store.prove_anew(&visitor.word, Way::School, &visitor.desk.actor).await?;
            Ok(Redirect::to(&claims.next).into_response())
        }
        (Purpose::Again(_), _) => not_let_in(),
    }
}

impl Console {
    /// The registered person whose address at the school it is. Staff of the directory are registered by it:
    /// they hold that office by the directory alone.
    async fn user_by_school(&self, claims: &ByClaims) -> Result<Option<KeptUser>, Fault> {
        let Some(address) = Address::parse(&claims.address) else { return Ok(None) };
        if !self.is_theirs(&claims.provider, &address) {
            return Ok(None);
        }
        let directory = self.gate.standing().rulebook.directory.clone();
        let users = self.store.users().await?;
        if let Some(user) = user_named(&users, &directory, &address, By::SchoolAddress) {
            return Ok(Some(user.clone()));
        }
        let Some(who) = staff_of(&claims.provider, &directory, &address) else { return Ok(None) };
        // The first of all is registered by hand.
        if !self.store.ever_had_users().await? {
            return Ok(None);
        }
        let actor = who.person.clone().map_or(Actor::Gate, Actor::Person);
        if let Err(error) = self.store.user_add(who, &actor).await {
            tracing::warn!(%error, "console.not-registered");
            return Ok(None);
        }
        let users = self.store.users().await?;
        Ok(user_named(&users, &directory, &address, By::SchoolAddress).cloned())
    }

    /// Whether the address lies in a domain of one of the schools that sign in so.
    fn is_theirs(&self, provider: &SchoolSignIn, address: &Address) -> bool {
        let config = self.config();
        let schools = config.schools.iter().filter(|school| provider.schools.contains(&school.id));
        schools.flat_map(|school| &school.domains).any(|domain| address.is_within(domain))
    }
}

fn staff_of(provider: &SchoolSignIn, directory: &Directory, address: &Address) -> Option<NewUser> {
    let holder = directory.lookup(address).and_then(Known::only_holder)?;
    let person = holder.person;
    let is_staff =
        person.memberships().any(|(school, role)| role == Role::Staff && provider.schools.contains(school));
    let counts = holder.kind == AddressKind::School && is_staff && person.is_current(Utc::now().date_naive());
    counts.then(|| NewUser { person: Some(person.id().clone()), address: None, public_key: String::new() })
}
