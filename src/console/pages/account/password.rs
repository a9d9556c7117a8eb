//! Setting up a password with its app, changing it, removing it, and new recovery codes. Each asks
//! for a fresh proof, and each ends the sessions elsewhere.

use super::super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, shown},
    places::{Place, at},
    proof::{Enrolment, WeakPassword, step_of, weakness},
    visitor::{Fresh, Posted, Visitor},
    words::words,
};
use crate::{
    effects::AccountNews,
    storage::{NewPassword, RecoveryCode},
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Password, Guard::SignedIn, page),
        Door::post(at::Password, Guard::SignedIn, keep),
        Door::post(at::PasswordRemove, Guard::SignedIn, remove),
        Door::post(at::RecoveryCodes, Guard::SignedIn, renew),
    ]
}

words! {
    pub struct PasswordWords {
        title: "Password and app" / "Cyfrinair ac ap",
        step_password: "1. A password" / "1. Cyfrinair",
        new: "New password" / "Cyfrinair newydd",
        new_hint: "At least 12 characters; four words that do not belong together are good. Used nowhere else."
            / "O leiaf 12 nod; mae pedwar gair nad ydynt yn perthyn i'w gilydd yn dda. Heb ei ddefnyddio yn unman arall.",
        again: "The same again" / "Yr un eto",
        step_app: "2. An app that shows codes" / "2. Ap sy'n dangos codau",
        scan: "Open an authenticator app on your telephone and scan this picture." / "Agorwch ap dilysu ar eich ffôn a sganiwch y llun hwn.",
        picture: "A picture for your app; the same in letters stands below." / "Llun i'ch ap; mae'r un peth mewn llythrennau isod.",
        by_hand: "Or type this key into it:" / "Neu deipiwch yr allwedd hon i mewn iddo:",
        on_phone: "On this telephone: open the app" / "Ar y ffôn hwn: agorwch yr ap",
        code: "The code that the app shows now" / "Y cod y mae'r ap yn ei ddangos nawr",
        keep: "Keep it" / "Cadw",
        back: "Back" / "Yn ôl",
        differs: "The two passwords are not the same. Nothing was kept." / "Nid yw'r ddau gyfrinair yr un fath. Ni chadwyd dim.",
        short: "The password is too short: at least 12 characters. Nothing was kept." / "Mae'r cyfrinair yn rhy fyr: o leiaf 12 nod. Ni chadwyd dim.",
        long: "The password is too long. Nothing was kept." / "Mae'r cyfrinair yn rhy hir. Ni chadwyd dim.",
        plain: "The password repeats a few characters, so it is soon guessed. Nothing was kept."
            / "Mae'r cyfrinair yn ailadrodd ychydig nodau, felly mae'n hawdd ei ddyfalu. Ni chadwyd dim.",
        own: "The password is made of your own name or address. Nothing was kept."
            / "Mae'r cyfrinair wedi'i wneud o'ch enw neu eich cyfeiriad eich hun. Ni chadwyd dim.",
        code_wrong: "The code is not the one of this moment. Is the telephone's clock right? Nothing was kept."
            / "Nid dyma god y foment hon. A yw cloc y ffôn yn gywir? Ni chadwyd dim.",
    }
}

words! {
    pub struct CodesWords {
        title: "Your recovery codes" / "Eich codau adfer",
        text: "Write these down or print them now, and keep them where only you can get at them. They are shown this once. Each stands once in place of a code from your app."
            / "Ysgrifennwch neu argraffwch y rhain nawr, a'u cadw lle na all neb ond chi eu cyrraedd. Fe'u dangosir y tro hwn yn unig. Mae pob un yn cymryd lle cod o'ch ap unwaith.",
        done: "I have them" / "Maen nhw gen i",
    }
}

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    frame: Frame,
    w: &'static PasswordWords,
    fault: &'static str,
    name: String,
    app: Enrolment,
}

async fn shown_to(console: &Console, visitor: &Visitor, fault: &'static str) -> Result<Response, Fault> {
    let w = PasswordWords::of(visitor.language);
    let secret = console.store.offered_secret(&visitor.user.id, &visitor.word).await?;
    let name = visitor.known_as();
    let app = Enrolment::of(&secret, &name).ok_or(Fault::Away)?;
    shown(&PasswordPage { frame: Frame::of(visitor, w.title, Place::Password), w, fault, name, app })
}

async fn page(State(console): State<Arc<Console>>, Fresh(visitor): Fresh) -> Result<Response, Fault> {
    shown_to(&console, &visitor, "").await
}

#[derive(Deserialize)]
struct Chosen {
    new: String,
    again: String,
    code: String,
}

async fn keep(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Posted(chosen): Posted<Chosen>,
) -> Result<Response, Fault> {
    let w = PasswordWords::of(visitor.language);
    let secret = console.store.offered_secret(&visitor.user.id, &visitor.word).await?;
    let step = step_of(&secret, &chosen.code, Utc::now());
    let own = [visitor.name(), visitor.known_as()];
    let (fault, step) = match (weakness(&chosen.new, &own), step) {
        _ if chosen.new != chosen.again => (w.differs, 0),
        (Some(WeakPassword::Short), _) => (w.short, 0),
        (Some(WeakPassword::Long), _) => (w.long, 0),
        (Some(WeakPassword::Plain), _) => (w.plain, 0),
        (Some(WeakPassword::Own), _) => (w.own, 0),
        (None, None) => (w.code_wrong, 0),
        (None, Some(step)) => ("", step),
    };
    if !fault.is_empty() {
        let page = shown_to(&console, &visitor, fault).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let new = NewPassword { hash: console.passwords.hash(chosen.new).await?, secret };
    let by = (&visitor.desk.actor, console.tell(&visitor.user, AccountNews::PasswordSet));
    let codes = console.store.set_password(&visitor.user.id, new, step, &visitor.word, by).await?;
    show_codes(&visitor, &codes)
}

#[derive(Template)]
#[template(path = "account/codes.html")]
struct CodesPage {
    frame: Frame,
    w: &'static CodesWords,
    codes: Vec<String>,
}

/// The only page that is an answer to a form: what it shows is nowhere kept.
fn show_codes(visitor: &Visitor, codes: &[RecoveryCode]) -> Result<Response, Fault> {
    let w = CodesWords::of(visitor.language);
    let frame = Frame::of(visitor, w.title, Place::Account);
    shown(&CodesPage { frame, w, codes: codes.iter().map(RecoveryCode::reveal).collect() })
}

#[derive(Deserialize)]
struct Nothing {}

async fn remove(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    if console.store.password(&visitor.user.id).await?.is_some() {
        super::keeps_a_way(&console, &visitor).await?;
    }
    console.store.remove_password(&visitor.user.id, &visitor.word, &visitor.desk.actor).await?;
    Ok(Redirect::to(&Place::Account.to_string()))
}

async fn renew(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    if console.store.password(&visitor.user.id).await?.is_none() {
        return Err(Fault::NotThere);
    }
    let codes = console.store.renew_recovery_codes(&visitor.user.id, &visitor.desk.actor).await?;
    show_codes(&visitor, &codes)
}
