//! Proving anew who one is, where a grave act asks for it; then back to where one was.

use super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, own_page, shown},
    places::{Place, at},
    proof::{Asker, Given},
    visitor::{Posted, Visitor},
    words::{fill, words},
};
use super::{account::PasskeyWords, school::SchoolWords, sign_in::SchoolButton};
use crate::storage::Way;
use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Again, Guard::SignedIn, page),
        Door::post(at::Again, Guard::SignedIn, by_password),
        Door::post(at::AgainByPasskey, Guard::SignedIn, by_passkey),
    ]
}

words! {
    /// What is filled in to prove oneself by a password.
    pub struct ProofWords {
        password: "Password" / "Cyfrinair",
        code: "Code from your app" / "Cod o'ch ap",
        code_hint: "Six digits; each is good once." / "Chwe digid; mae pob un yn dda unwaith.",
        no_phone: "No telephone at hand?" / "Dim ffôn wrth law?",
        recovery: "A recovery code instead" / "Cod adfer yn ei le",
    }
}

words! {
    pub struct AgainWords {
        title: "Is it still you?" / "Ai chi sydd yno o hyd?",
        text: "What you are about to do asks for a fresh proof of who you are. It is good for ten minutes."
            / "Mae'r hyn yr ydych ar fin ei wneud yn gofyn am brawf newydd o bwy ydych chi. Mae'n dda am ddeng munud.",
        go_on: "Go on" / "Ymlaen",
        wrong: "That did not fit. Check the password and the code; each code is good once."
            / "Nid oedd hynny'n cyfateb. Gwiriwch y cyfrinair a'r cod; mae pob cod yn dda unwaith.",
        no_way: "You came by a one-time link and have no other way to prove yourself. Ask for another link and, within ten minutes of using it, set up a way to sign in on your account page."
            / "Daethoch drwy ddolen untro ac nid oes gennych ffordd arall o brofi pwy ydych chi. Gofynnwch am ddolen arall ac, o fewn deng munud i'w defnyddio, gosodwch ffordd o fewngofnodi ar dudalen eich cyfrif.",
    }
}

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage<'a> {
    frame: Frame,
    w: &'static AgainWords,
    p: &'static ProofWords,
    fault: &'static str,
    k: &'static PasskeyWords,
    has_password: bool,
    has_passkey: bool,
    /// For whoever came in by one of them.
    schools: Vec<SchoolButton>,
    name: String,
    next: &'a str,
}

/// Which of the two it is that the page says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Wrong,
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
}

fn schools(console: &Console, visitor: &Visitor) -> Vec<SchoolButton> {
    if visitor.session.way != Way::School {
        return Vec::new();
    }
    let w = SchoolWords::of(visitor.language);
    let button = |one: &crate::config::SchoolSignIn| SchoolButton {
        place: Place::SchoolBegin(&one.name).to_string(),
        text: fill(w.prove, &[&one.name]),
    };
    console.at.sign_in.iter().map(button).collect()
}

async fn shown_to(console: &Console, visitor: &Visitor, next: &str, told: Told) -> Result<Response, Fault> {
    let (w, p) = (AgainWords::of(visitor.language), ProofWords::of(visitor.language));
    shown(&AgainPage {
        frame: Frame::of(visitor, w.title, Place::Again),
        w,
        p,
        fault: if told == Told::Wrong { w.wrong } else { "" },
        k: PasskeyWords::of(visitor.language),
        schools: schools(console, visitor),
        has_passkey: !console.store.passkeys(&visitor.user.id).await?.is_empty(),
        has_password: console.store.password(&visitor.user.id).await?.is_some(),
        name: visitor.known_as(),
        next,
    })
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    shown_to(&console, &visitor, own_page(wanted.next.as_deref()), Told::Nothing).await
}

#[derive(Deserialize)]
struct AgainForm {
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    recovery: String,
    next: Option<String>,
}

async fn by_password(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    asker: Asker,
    headers: HeaderMap,
    Posted(form): Posted<AgainForm>,
) -> Result<Response, Fault> {
    let given = Given {
        name: String::new(),
        password: form.password,
        code: form.code,
        recovery: form.recovery,
        device: console.device(&headers),
        asker,
    };
    let next = own_page(form.next.as_deref());
    if console.proves(Some(&visitor.user), &given).await? {
        console.store.prove_anew(&visitor.word, Way::Password, &visitor.desk.actor).await?;
        return Ok(Redirect::to(next).into_response());
    }
    let page = shown_to(&console, &visitor, next, Told::Wrong).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

#[derive(Deserialize)]
struct Answered {
    ceremony: String,
    credential: String,
    next: Option<String>,
}

async fn by_passkey(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    asker: Asker,
    Posted(answered): Posted<Answered>,
) -> Result<Response, Fault> {
    let next = own_page(answered.next.as_deref());
    let whose = console.proved_by_passkey(asker, &answered.ceremony, &answered.credential).await?;
    if whose.is_some_and(|account| account == visitor.user.id) {
        console.store.prove_anew(&visitor.word, Way::Passkey, &visitor.desk.actor).await?;
        return Ok(Redirect::to(next).into_response());
    }
    let page = shown_to(&console, &visitor, next, Told::Wrong).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
