//! The way in: to the first room of whoever is signed in; and the choice of language.

use super::super::{
    Console,
    door::{Door, Guard},
    page::own_page,
    places::{Place, at},
    visitor::Visitor,
};
use super::ROOMS;
use crate::{authority::Offices, effects::Language};
use axum::{
    Form,
    extract::State,
    http::header::SET_COOKIE,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::Home, Guard::SignedIn, home), Door::post(at::Tongue, Guard::Anyone, tongue)]
}

async fn home(visitor: Visitor) -> Redirect {
    let held = visitor.desk.own_offices().iter().fold(Offices::NONE, |all, (_, held)| all.and(*held));
    // The work of an office comes before one's own mail.
    let of_office = ROOMS.iter().find(|room| held.any(Offices::of(room.offices)));
    let first = of_office.or_else(|| ROOMS.iter().find(|room| room.offices.is_empty()));
    Redirect::to(&first.map_or(Place::Account, |room| room.place).to_string())
}

#[derive(Deserialize)]
struct Chosen {
    language: String,
    back: Option<String>,
}

/// Changes nothing but a cookie of whoever asks, so it needs no word of a session.
async fn tongue(State(console): State<Arc<Console>>, Form(chosen): Form<Chosen>) -> Response {
    let language = if chosen.language == "cy" { Language::Welsh } else { Language::English };
    let cookie = AppendHeaders([(SET_COOKIE, console.keep_language(language))]);
    (cookie, Redirect::to(own_page(chosen.back.as_deref()))).into_response()
}
