//! What is new, sent as it happens (server-sent events): the queue says how many have come, and an item who else
//! looks at it. Bounded in number and time; a browser opens the next one by itself, through the same guard.
//! Whoever has no script loads the page anew.

use super::{
    super::super::{
        Console, Fault,
        door::{Door, Guard},
        live::{GLANCE, Stay},
        places::at,
        visitor::Visitor,
    },
    REVIEWERS,
    item::{account, called_here, find},
    list::Asked,
};
use crate::storage::{AccountId, ItemId};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, header::ACCEPT, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use chrono::Utc;
use futures_util::stream;
use serde::Deserialize;
use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, watch};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::QueueLive, Guard::Holding(REVIEWERS), queue),
        Door::get(at::ItemLive, Guard::SignedIn, item),
    ]
}

/// How often it is looked for what is new.
const EVERY: Duration = Duration::from_secs(3);
/// Proxies end what is silent for long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Then the browser asks anew, and the guard with it.
pub(super) const LIFE: Duration = Duration::from_secs(5 * 60);

/// Only for a browser's own reader of events: a page that is opened would never end.
pub(super) fn listens(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream"))
}

/// As an answer that proxies neither keep nor collect.
pub(super) fn answer<S>(events: S) -> Response
where
    S: futures_util::Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: String,
}

/// One page that listens.
struct Listening {
    console: Arc<Console>,
    parts: Parts,
    asked: Asked,
    /// What the page has; what came is counted from there.
    since: i64,
    /// How far was looked already.
    newest: i64,
    ends: Instant,
    _place: OwnedSemaphorePermit,
}

async fn queue(
    State(console): State<Arc<Console>>,
    _visitor: Visitor,
    Query(asked): Query<Asked>,
    Query(since): Query<Since>,
    parts: Parts,
) -> Result<Response, Fault> {
    if !listens(&parts.headers) {
        return Err(Fault::NotThere);
    }
    let since = console.store.newest_of(&since.since)?.ok_or(Fault::NotThere)?;
    let place = console.live.listeners.clone().try_acquire_owned().map_err(|_| Fault::TooOften)?;
    let listening =
        Listening { console, parts, asked, since, newest: since, ends: Instant::now() + LIFE, _place: place };
    Ok(answer(stream::unfold(listening, |mut listening| async move {
        let event = listening.next().await?;
        Some((Ok(event), listening))
    })))
}

impl Listening {
    /// Waits for what is new; `None` ends it.
    async fn next(&mut self) -> Option<Event> {
        while Instant::now() < self.ends {
            let newest = self.console.store.newest_waiting().await.ok()?;
            if newest > self.newest {
                // An office that has ended hears nothing.
                let visitor = self.console.visitor(&self.parts).await.ok()??;
                let filter = self.asked.filter(Utc::now());
                let (count, newest) = visitor.desk.come_since(&filter, self.since).await.ok()?;
                self.newest = newest;
                if count > 0 {
                    return Some(Event::default().event("fresh").data(count.to_string()));
                }
            }
            tokio::time::sleep(EVERY).await;
        }
        None
    }
}

/// One page of an item that listens for who else is there.
struct AtItem {
    console: Arc<Console>,
    parts: Parts,
    item: ItemId,
    me: AccountId,
    moves: watch::Receiver<u64>,
    /// As the page has it.
    others: Option<Vec<String>>,
    ends: Instant,
    _stay: Stay,
    _place: OwnedSemaphorePermit,
}

async fn item(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Fault> {
    let (item, _) = find(&visitor, &id).await?;
    if !listens(&parts.headers) {
        return Err(Fault::NotThere);
    }
    let place = console.live.listeners.clone().try_acquire_owned().map_err(|_| Fault::TooOften)?;
    let me = account(&visitor).clone();
    let stay = console.live.stay(&item.id, &me, &called_here(&visitor));
    let moves = console.live.moves();
    let at = AtItem {
        console,
        parts,
        item: item.id,
        me,
        moves,
        others: None,
        ends: Instant::now() + LIFE,
        _stay: stay,
        _place: place,
    };
    Ok(answer(stream::unfold(at, |mut at| async move {
        let event = at.next().await?;
        Some((Ok(event), at))
    })))
}

impl AtItem {
    /// Waits until somebody has come or gone; `None` ends it.
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.moves.mark_unchanged();
            let others = self.console.live.others(&self.item, &self.me);
            if self.others.as_ref() != Some(&others) {
                // Whoever has signed out, or for whom it is not there any more, hears of nobody.
                let visitor = self.console.visitor(&self.parts).await.ok()??;
                find(&visitor, self.item.as_str()).await.ok()?;
                // Browsers pass over an event that says nothing at all.
                let names = if others.is_empty() { " ".to_owned() } else { others.join(", ") };
                self.others = Some(others);
                return Some(Event::default().event("here").data(names));
            }
            let left = self.ends.checked_duration_since(Instant::now())?;
            match tokio::time::timeout(left.min(GLANCE), self.moves.changed()).await {
                Ok(Ok(())) | Err(_) => {}
                Ok(Err(_)) => return None,
            }
        }
    }
}
