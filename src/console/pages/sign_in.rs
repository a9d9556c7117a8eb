//! Signing in and out. A one-time link shows who it is for and acts only when its button is pressed:
//! mail scanners follow links and press nothing.

use super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, own_page, shown},
    places::{Place, at},
    visitor::{Posted, Tongue, Visitor},
    words::words,
};
use crate::{
    effects::Language,
    storage::{AccountId, KeptUser, LinkFault, Way},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::header::SET_COOKIE,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::SignIn, Guard::Anyone, page),
        Door::get(at::Link, Guard::Anyone, link),
        Door::post(at::Link, Guard::Anyone, follow),
        Door::post(at::SignOut, Guard::SignedIn, sign_out),
    ]
}

words! {
    pub struct SignInWords {
        title: "Sign in" / "Mewngofnodi",
        lead: "Your school's mail gate: what waits for you, and what was decided."
            / "Porth post eich ysgol: beth sy'n aros amdanoch, a'r hyn a benderfynwyd.",
        first: "Here for the first time? Ask the mail administrator of your school for a link."
            / "Yma am y tro cyntaf? Gofynnwch i weinyddwr post eich ysgol am ddolen.",
        link_title: "Your way in" / "Eich ffordd i mewn",
        link_text: "This link is for one use. It signs you in on this device."
            / "Mae'r ddolen hon at un defnydd. Mae'n eich mewngofnodi ar y ddyfais hon.",
        go_on: "Sign me in" / "Mewngofnodwch fi",
        used: "This link was used already. Ask for another one." / "Defnyddiwyd y ddolen hon eisoes. Gofynnwch am un arall.",
        expired: "This link is too old. Ask for another one." / "Mae'r ddolen hon yn rhy hen. Gofynnwch am un arall.",
        unknown: "This link is not known here. Ask for another one." / "Nid yw'r ddolen hon yn hysbys yma. Gofynnwch am un arall.",
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    w: &'static SignInWords,
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
}

async fn page(
    Tongue(language): Tongue,
    Query(wanted): Query<Wanted>,
    visitor: Option<Visitor>,
) -> Result<Response, Fault> {
    if visitor.is_some() {
        return Ok(Redirect::to(own_page(wanted.next.as_deref())).into_response());
    }
    let w = SignInWords::of(language);
    shown(&SignInPage { frame: Frame::of_nobody(language, w.title, Place::SignIn), w })
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    frame: Frame,
    w: &'static SignInWords,
    /// Where the button leads; `None` when the link is good no more, and why.
    go: Option<String>,
    fault: &'static str,
}

fn link_page(
    language: Language,
    word: &str,
    found: &Result<AccountId, LinkFault>,
) -> Result<Response, Fault> {
    let w = SignInWords::of(language);
    let place = Place::Link(word);
    let fault = match found {
        Ok(_) => "",
        Err(LinkFault::Used) => w.used,
        Err(LinkFault::Expired) => w.expired,
        Err(LinkFault::Unknown) => w.unknown,
    };
    let go = found.is_ok().then(|| place.to_string());
    shown(&LinkPage { frame: Frame::of_nobody(language, w.link_title, place), w, go, fault })
}

async fn link(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    Path(word): Path<String>,
) -> Result<Response, Fault> {
    link_page(language, &word, &console.store.invited(&word).await?)
}

async fn follow(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    Path(word): Path<String>,
) -> Result<Response, Fault> {
    let found = console.store.accept_invitation(&word).await?;
    let Ok(account) = &found else { return link_page(language, &word, &found) };
    let users = console.store.users().await?;
    let user = users.iter().find(|user| user.id == *account).ok_or(Fault::NotThere)?;
    console.let_in(user, Way::Link, Place::Account).await
}

impl Console {
    /// Begins a session for whoever has proved to be this user, and leads them on.
    pub(super) async fn let_in(&self, user: &KeptUser, way: Way, to: Place<'_>) -> Result<Response, Fault> {
        let signed_in = self.store.sign_in(&user.id, way, &user.actor()).await?;
        let cookie = AppendHeaders([(SET_COOKIE, self.keep_session(&signed_in.word))]);
        Ok((cookie, Redirect::to(&to.to_string())).into_response())
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn sign_out(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    console.store.sign_out(&visitor.word, &visitor.desk.actor).await?;
    let cookie = AppendHeaders([(SET_COOKIE, console.forget_session())]);
    Ok((cookie, Redirect::to(&Place::SignIn.to_string())).into_response())
}
