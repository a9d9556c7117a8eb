//! Where somebody is signed in, and ending it everywhere else.

use super::super::super::{
    Console, Fault,
    door::{Door, Guard},
    places::{Place, at},
    visitor::{Posted, Visitor},
    words::{fill, moment, words},
};
use crate::{
    effects::Language,
    storage::{Way, Whereabouts},
};
use axum::{extract::State, response::Redirect};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::post(at::EndSessions, Guard::SignedIn, end_others)]
}

words! {
    struct SessionWords {
        since: "since {}, {}; last seen {}" / "ers {}, {}; gwelwyd ddiwethaf {}",
        link: "by a one-time link" / "drwy ddolen untro",
        passkey: "by a passkey" / "drwy allwedd mynediad",
        password: "by password" / "drwy gyfrinair",
        school: "by the school's sign-in" / "drwy fewngofnodi'r ysgol",
    }
}

pub struct Line {
    pub here: bool,
    pub text: String,
}

fn way(language: Language, way: Way) -> &'static str {
    let w = SessionWords::of(language);
    match way {
        Way::Link => w.link,
        Way::Passkey => w.passkey,
        Way::Password => w.password,
        Way::School => w.school,
    }
}

pub(super) async fn lines(console: &Console, visitor: &Visitor) -> Result<Vec<Line>, Fault> {
    let language = visitor.language;
    let all = console.store.sessions(&visitor.user.id, &visitor.word).await?;
    let line = |one: &crate::storage::OpenSession| Line {
        here: one.place == Whereabouts::Here,
        text: fill(
            SessionWords::of(language).since,
            &[&moment(language, one.begun_at), way(language, one.way), &moment(language, one.seen_at)],
        ),
    };
    Ok(all.iter().map(line).collect())
}

#[derive(Deserialize)]
struct Nothing {}

/// Asks for no fresh proof: whoever fears that somebody else is signed in must be quick.
async fn end_others(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    console.store.end_other_sessions(&visitor.user.id, &visitor.word, &visitor.desk.actor).await?;
    Ok(Redirect::to(&Place::Account.to_string()))
}
