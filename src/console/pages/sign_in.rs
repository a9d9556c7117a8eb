//! Signing in and out. A one-time link shows who it is for and acts only when its button is pressed:
//! mail scanners follow links and press nothing.

use super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, own_page, shown},
    places::{Place, at},
    proof::{Asker, Given},
    visitor::{Posted, Tongue, Visitor},
    words::{fill, words},
};
use super::{
    account::{PasskeyWords, for_script},
    again::ProofWords,
    school::SchoolWords,
};
use crate::{
    desk::{By, user_named},
    effects::{AccountNews, Language},
    mail::Address,
    storage::{AccountId, KeptUser, LinkFault, Way},
};
use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::SignIn, Guard::Anyone, page),
        Door::post(at::SignIn, Guard::Anyone, by_password),
        Door::post(at::ProofBegin, Guard::Anyone, begin_proof),
        Door::post(at::ProofByPasskey, Guard::Anyone, by_passkey),
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
        name: "Your school mail address" / "Eich cyfeiriad e-bost ysgol",
        wrong: "That did not fit. Check the address, the password and the code; each code is good once."
            / "Nid oedd hynny'n cyfateb. Gwiriwch y cyfeiriad, y cyfrinair a'r cod; mae pob cod yn dda unwaith.",
        not_this: "This passkey is not known here, or its question has grown old. Try again, or sign in in another way."
            / "Nid yw'r allwedd hon yn hysbys yma, neu mae ei chwestiwn wedi heneiddio. Rhowch gynnig arall arni, neu mewngofnodwch mewn ffordd arall.",
        not_by_school: "Your school's sign-in did not let you in here: it may have taken too long, or your address there is not one that the directory has for you alone. Try again, or ask the mail administrator."
            / "Ni adawodd mewngofnodi eich ysgol chi i mewn yma: efallai iddo gymryd yn rhy hir, neu nid yw eich cyfeiriad yno'n un sydd gan y cyfeiriadur i chi yn unig. Rhowch gynnig arall arni, neu gofynnwch i weinyddwr y post.",
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
struct SignInPage<'a> {
    frame: Frame,
    w: &'static SignInWords,
    p: &'static ProofWords,
    k: &'static PasskeyWords,
    schools: Vec<SchoolButton>,
    fault: &'static str,
    name: &'a str,
    next: &'a str,
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
}

async fn page(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    Query(wanted): Query<Wanted>,
    visitor: Option<Visitor>,
) -> Result<Response, Fault> {
    let next = own_page(wanted.next.as_deref());
    if visitor.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    sign_in_page(&console, language, Told::Nothing, "", next)
}

/// One of the schools' own sign-ins.
pub(super) struct SchoolButton {
    pub place: String,
    pub text: String,
}

fn school_buttons(console: &Console, language: Language) -> Vec<SchoolButton> {
    let w = SchoolWords::of(language);
    let button = |one: &crate::config::SchoolSignIn| SchoolButton {
        place: Place::SchoolBegin(&one.name).to_string(),
        text: fill(w.with, &[&one.name]),
    };
    console.at.sign_in.iter().map(button).collect()
}

/// What the page says of the last try.
pub(super) enum Told {
    Nothing,
    Wrong,
    NotThisPasskey,
    NotBySchool,
}

pub(super) fn sign_in_page(
    console: &Console,
    language: Language,
    told: Told,
    name: &str,
    next: &str,
) -> Result<Response, Fault> {
    let (w, p, k) = (SignInWords::of(language), ProofWords::of(language), PasskeyWords::of(language));
    let fault = match told {
        Told::Nothing => "",
        Told::Wrong => w.wrong,
        Told::NotThisPasskey => w.not_this,
        Told::NotBySchool => w.not_by_school,
    };
    let frame = Frame::of_nobody(language, w.title, Place::SignIn);
    let page =
        shown(&SignInPage { frame, w, p, k, schools: school_buttons(console, language), fault, name, next })?;
    let status = if fault.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, page).into_response())
}

async fn begin_proof(State(console): State<Arc<Console>>, asker: Asker) -> Result<Response, Fault> {
    Ok(for_script(console.begin_proof(asker)?))
}

#[derive(Deserialize)]
struct Answered {
    ceremony: String,
    credential: String,
    next: Option<String>,
}

async fn by_passkey(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    asker: Asker,
    Form(answered): Form<Answered>,
) -> Result<Response, Fault> {
    let next = own_page(answered.next.as_deref());
    let whose = console.proved_by_passkey(asker, &answered.ceremony, &answered.credential).await?;
    let users = console.store.users().await?;
    match whose.and_then(|account| users.iter().find(|user| user.id == account)) {
        Some(user) => console.let_in_to(user, Way::Passkey, next).await,
        None => sign_in_page(&console, language, Told::NotThisPasskey, "", next),
    }
}

#[derive(Deserialize)]
struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    recovery: String,
    next: Option<String>,
}

async fn by_password(
    State(console): State<Arc<Console>>,
    Tongue(language): Tongue,
    asker: Asker,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Fault> {
    let users = console.store.users().await?;
    let directory = console.gate.standing().rulebook.directory.clone();
    let address = Address::parse(form.name.trim());
    let user = address.and_then(|address| user_named(&users, &directory, &address, By::AnyAddress));
    let given = Given {
        name: form.name,
        password: form.password,
        code: form.code,
        recovery: form.recovery,
        device: console.device(&headers),
        asker,
    };
    let next = own_page(form.next.as_deref());
    match (console.proves(user, &given).await?, user) {
        (true, Some(user)) => console.let_in_to(user, Way::Password, next).await,
        _ => sign_in_page(&console, language, Told::Wrong, &given.name, next),
    }
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
    let found = console.store.invited(&word).await?;
    let Ok(account) = &found else { return link_page(language, &word, &found) };
    let users = console.store.users().await?;
    let user = users.iter().find(|user| user.id == *account).ok_or(Fault::NotThere)?;
    let used = console.store.accept_invitation(&word, console.tell(user, AccountNews::LinkUsed)).await?;
    if used.is_err() {
        return link_page(language, &word, &used);
    }
    console.let_in(user, Way::Link, Place::Account).await
}

impl Console {
    /// Begins a session for whoever has proved to be this user, and leads them on.
    pub(super) async fn let_in(&self, user: &KeptUser, way: Way, to: Place<'_>) -> Result<Response, Fault> {
        self.let_in_to(user, way, &to.to_string()).await
    }

    /// The same, to a page by its address.
    pub(super) async fn let_in_to(&self, user: &KeptUser, way: Way, to: &str) -> Result<Response, Fault> {
        self.let_in_proved(user, way, Some(Utc::now()), to).await
    }

    /// The same by a proof that was given elsewhere.
    pub(super) async fn let_in_proved(
        &self,
        user: &KeptUser,
        way: Way,
        proved_at: Option<DateTime<Utc>>,
        to: &str,
    ) -> Result<Response, Fault> {
        let signed_in = self.store.sign_in_proved(&user.id, way, proved_at, &user.actor()).await?;
        let device = self.store.device_word(&user.id)?;
        let cookies = AppendHeaders([
            (SET_COOKIE, self.keep_session(&signed_in.word)),
            (SET_COOKIE, self.keep_device(&device)),
        ]);
        Ok((cookies, Redirect::to(to)).into_response())
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn sign_out(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    console.forget_key(&visitor);
    console.store.sign_out(&visitor.word, &visitor.desk.actor).await?;
    let cookie = AppendHeaders([(SET_COOKIE, console.forget_session())]);
    Ok((cookie, Redirect::to(&Place::SignIn.to_string())).into_response())
}
