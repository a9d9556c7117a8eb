//! One's own passkeys: another one, another name, one fewer.

use super::super::super::{
    Console, Fault,
    door::{Door, Guard},
    places::{Place, at},
    visitor::{Fresh, Posted, Visitor},
    words::{fill, moment, words},
};
use crate::storage::{KeptPasskey, PasskeyFault};
use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::post(at::PasskeyBegin, Guard::SignedIn, begin),
        Door::post(at::Passkeys, Guard::SignedIn, keep),
        Door::post(at::PasskeyName, Guard::SignedIn, rename),
        Door::post(at::PasskeyRemove, Guard::SignedIn, remove),
    ]
}

words! {
    /// Wherever a passkey is asked for.
    pub struct PasskeyWords {
        title: "Passkeys" / "Allweddi mynediad",
        text: "A passkey is kept by your telephone, computer or security key. You show yourself to it by finger, face or PIN; there is nothing to type and nothing to steal by mail."
            / "Cedwir allwedd mynediad gan eich ffôn, eich cyfrifiadur neu allwedd ddiogelwch. Rydych yn dangos eich hun iddi drwy fys, wyneb neu PIN; nid oes dim i'w deipio a dim i'w ddwyn drwy e-bost.",
        name: "A name for it" / "Enw iddi",
        name_hint: "So that you know it again: “school laptop”, “my telephone”." / "Er mwyn i chi ei hadnabod: “gliniadur yr ysgol”, “fy ffôn”.",
        add: "Add a passkey" / "Ychwanegu allwedd mynediad",
        sign_in: "Sign in with a passkey" / "Mewngofnodi ag allwedd mynediad",
        prove: "Use a passkey" / "Defnyddio allwedd mynediad",
        or: "or" / "neu",
        made: "Added {}." / "Ychwanegwyd {}.",
        used: "Last used {}." / "Defnyddiwyd ddiwethaf {}.",
        unnamed: "Passkey" / "Allwedd mynediad",
        rename: "Rename" / "Ailenwi",
        remove: "Remove" / "Tynnu",
        no_script: "Passkeys need script, which this browser has switched off. Everything else works without: use the password and the code, or ask for a link."
            / "Mae allweddi mynediad angen sgript, sydd wedi'i diffodd yn y porwr hwn. Mae popeth arall yn gweithio hebddi: defnyddiwch y cyfrinair a'r cod, neu gofynnwch am ddolen.",
        unable: "This browser has no passkeys. Use the password and the code, or another browser."
            / "Nid oes allweddi mynediad gan y porwr hwn. Defnyddiwch y cyfrinair a'r cod, neu borwr arall.",
        failed: "That did not work, or it was broken off. Nothing was changed; try again, or use another way."
            / "Ni weithiodd hynny, neu fe'i torrwyd i ffwrdd. Ni newidiwyd dim; rhowch gynnig arall arni, neu defnyddiwch ffordd arall.",
        taken: "This passkey is registered already." / "Mae'r allwedd hon wedi'i chofrestru eisoes.",
        many: "There are 20 passkeys already: remove one first." / "Mae 20 allwedd eisoes: tynnwch un yn gyntaf.",
    }
}

/// One in the list.
pub struct PasskeyLine {
    pub name: String,
    pub text: String,
    pub rename: String,
    pub remove: String,
}

pub(super) async fn lines(console: &Console, visitor: &Visitor) -> Result<Vec<PasskeyLine>, Fault> {
    let (w, language) = (PasskeyWords::of(visitor.language), visitor.language);
    let all = console.store.passkeys(&visitor.user.id).await?;
    let line = |kept: &KeptPasskey| PasskeyLine {
        name: if kept.name.is_empty() { w.unnamed.to_owned() } else { kept.name.clone() },
        text: match kept.used_at {
            Some(at) => fill(w.used, &[&moment(language, at)]),
            None => fill(w.made, &[&moment(language, kept.made_at)]),
        },
        rename: Place::PasskeyName(kept.id.as_str()).to_string(),
        remove: Place::PasskeyRemove(kept.id.as_str()).to_string(),
    };
    Ok(all.iter().map(line).collect())
}

#[derive(Deserialize)]
struct Nothing {}

/// What a page's script asks for.
pub(in crate::console) fn for_script(question: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], question).into_response()
}

async fn begin(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    Ok(for_script(console.begin_passkey(&visitor).await?))
}

#[derive(Deserialize)]
struct Made {
    ceremony: String,
    credential: String,
    #[serde(default)]
    name: String,
}

async fn keep(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Posted(made): Posted<Made>,
) -> Result<Redirect, Fault> {
    let w = PasskeyWords::of(visitor.language);
    match console.keep_passkey(&visitor, (&made.ceremony, &made.credential, &made.name)).await? {
        Ok(()) => Ok(Redirect::to(&Place::Account.to_string())),
        Err(PasskeyFault::Taken) => Err(Fault::Wrong(w.taken.to_owned())),
        Err(PasskeyFault::TooMany) => Err(Fault::Wrong(w.many.to_owned())),
    }
}

/// One's own, by its number.
async fn own(console: &Console, visitor: &Visitor, id: &str) -> Result<KeptPasskey, Fault> {
    let all = console.store.passkeys(&visitor.user.id).await?;
    all.into_iter().find(|kept| kept.id.as_str() == id).ok_or(Fault::NotThere)
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn rename(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(named): Posted<Named>,
) -> Result<Redirect, Fault> {
    let kept = own(&console, &visitor, &id).await?;
    console.store.passkey_rename(&kept, &named.name).await?;
    Ok(Redirect::to(&Place::Account.to_string()))
}

async fn remove(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    let kept = own(&console, &visitor, &id).await?;
    super::keeps_a_way(&console, &visitor).await?;
    console.store.passkey_remove(&kept, &visitor.word, &visitor.desk.actor).await?;
    Ok(Redirect::to(&Place::Account.to_string()))
}
