//! The bundles of a request: for its reviewers, and for the person.

use super::{
    super::super::super::{
        Console, Fault,
        door::{Door, Guard},
        page,
        places::at,
        visitor::{Fresh, Posted, Visitor},
    },
    find,
};
use crate::report::subject_access::Audience;
use axum::{
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::post(at::AccessReview, Guard::SignedIn, review),
        Door::post(at::AccessAnswer, Guard::SignedIn, answer),
    ]
}

#[derive(Deserialize)]
struct Nothing {}

async fn review(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let request = find(&visitor, &id).await?;
    let desk = &visitor.desk;
    let _place = console.asked.writing.acquire().await.map_err(|_| Fault::Away)?;
    let gathered = desk.review_access(&request, || console.key_of(&visitor)).await?;
    let bytes = desk.access_set(&request, &gathered, &[], Audience::Reviewers)?;
    page::file(&format!("review-{}.zip", request.id), "application/zip", bytes)
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    keep: String,
}

async fn answer(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, Fault> {
    let request = find(&visitor, &id).await?;
    let keep: Vec<String> = wanted
        .keep
        .split(',')
        .map(|word| word.trim().chars().take(60).collect::<String>())
        .filter(|word| !word.is_empty())
        .take(50)
        .collect();
    let _place = console.asked.writing.acquire().await.map_err(|_| Fault::Away)?;
    let given = release(&console, &visitor, &request.id, &keep).await?;
    page::file(&format!("answer-{}.zip", request.id), "application/zip", given)
}

async fn release(
    console: &Console,
    visitor: &Visitor,
    id: &crate::storage::SubjectAccessId,
    keep: &[String],
) -> Result<Vec<u8>, Fault> {
    let given = visitor.desk.release_access(id, keep, || console.key_of(visitor)).await?;
    Ok(given.bytes)
}
