//! A custodian's key for this session: opened from its file and passphrase, forgotten by a button, at
//! signing out, and after an hour.

use super::super::super::{
    Console, Fault,
    door::{Door, Guard},
    page::{Frame, own_page, shown},
    places::{Place, at},
    upload::Upload,
    visitor::{Fresh, Posted, Visitor},
    words::words,
};
use crate::storage::{Event, KeyError, LedgerEvent};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Key, Guard::SignedIn, page),
        Door::post(at::Key, Guard::SignedIn, unlock),
        Door::post(at::KeyForget, Guard::SignedIn, forget),
    ]
}

words! {
    pub struct KeyWords {
        title: "Your custodian's key" / "Eich allwedd ceidwad",
        text: "Records of mail with parents open with the key of a custodian alone, usually the head's and the data protection officer's. Choose your key file and type its passphrase: the key is held in memory for this session, for an hour at most, and written nowhere."
            / "Dim ond ag allwedd ceidwad y mae cofnodion o e-bost gyda rhieni yn agor, fel arfer y pennaeth a'r swyddog diogelu data. Dewiswch eich ffeil allwedd a theipiwch ei chyfrinymadrodd: cedwir yr allwedd yn y cof ar gyfer y sesiwn hon, am awr ar y mwyaf, ac ni chaiff ei hysgrifennu yn unman.",
        file: "Key file" / "Ffeil allwedd",
        passphrase: "Its passphrase" / "Ei chyfrinymadrodd",
        unlock: "Unlock" / "Datgloi",
        held: "Your key is unlocked for this session." / "Mae eich allwedd wedi'i datgloi ar gyfer y sesiwn hon.",
        not_held: "It is not unlocked in this session." / "Nid yw wedi'i datgloi yn y sesiwn hon.",
        forget: "Forget it now" / "Ei hanghofio nawr",
        wrong: "The passphrase does not open this file. Nothing was kept."
            / "Nid yw'r cyfrinymadrodd yn agor y ffeil hon. Ni chadwyd dim.",
        no_file: "This is no key file under a passphrase. It is the file that `gatehouse users add --new` or `age-keygen | age -p` made."
            / "Nid yw hon yn ffeil allwedd dan gyfrinymadrodd. Dyma'r ffeil a wnaeth `gatehouse users add --new` neu `age-keygen | age -p`.",
        too_much: "This file asks for more memory than the gate gives. Write it anew with `age -p`."
            / "Mae'r ffeil hon yn gofyn am fwy o gof nag y mae'r porth yn ei roi. Ysgrifennwch hi eto ag `age -p`.",
    }
}

#[derive(Template)]
#[template(path = "account/key.html")]
struct KeyPage<'a> {
    frame: Frame,
    w: &'static KeyWords,
    fault: &'static str,
    is_held: bool,
    next: &'a str,
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
}

fn shown_to(
    console: &Console,
    visitor: &Visitor,
    fault: &'static str,
    next: &str,
) -> Result<Response, Fault> {
    let w = KeyWords::of(visitor.language);
    let frame = Frame::of(visitor, w.title, Place::Key);
    shown(&KeyPage { frame, w, fault, is_held: console.holds_key(visitor), next })
}

async fn page(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    shown_to(&console, &visitor, "", own_page(wanted.next.as_deref()))
}

async fn unlock(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    mut upload: Upload,
) -> Result<Response, Fault> {
    let w = KeyWords::of(visitor.language);
    let (passphrase, next) = (upload.take("passphrase"), upload.take("next"));
    let next = own_page(Some(&next));
    let fault = match console.unlock_key(&visitor, upload.file, passphrase).await? {
        Ok(()) => {
            let opened = LedgerEvent::new(Event::SessionKeyOpened).about(visitor.user.id.as_str());
            console.store.ledger(&visitor.desk.actor, opened).await?;
            return Ok(Redirect::to(next).into_response());
        }
        Err(KeyError::WrongPassphrase(_) | KeyError::NoPassphrase) => w.wrong,
        Err(KeyError::TooMuchWork(_)) => w.too_much,
        Err(KeyError::NoIdentity(_) | KeyError::NotUnderPassphrase(_)) => w.no_file,
        Err(error) => {
            tracing::warn!(%error, "console.key-not-opened");
            return Err(Fault::Away);
        }
    };
    let page = shown_to(&console, &visitor, fault, next)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

#[derive(Deserialize)]
struct Nothing {}

async fn forget(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    if console.forget_key(&visitor) {
        let forgotten = LedgerEvent::new(Event::SessionKeyForgotten).about(visitor.user.id.as_str());
        console.store.ledger(&visitor.desk.actor, forgotten).await?;
    }
    Ok(Redirect::to(&Place::Account.to_string()))
}
