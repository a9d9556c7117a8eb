//! Two decisions by people: a sender answers the nudge about a held message by mail, and
//! the safeguarding lead lets a quarantined message go.

use super::{
    doors::{Door, Doors},
    mail::{self, Mail},
    sink::{Delivered, Sink},
    wait,
};
use crate::{
    cli::{Mistake, context},
    message::{self, Body, ReadLimits},
    storage::{Decision, ItemFilter, ItemKind, ItemState, ItemSummary, Ruling, Store},
};
use std::fs;

/// Where the senders of held messages answer.
const ANSWERS: &str = "gatehouse@oakfield.example";

/// A message that a person let go, and what arrived.
pub(super) struct LetGo {
    pub(super) item: ItemSummary,
    /// Its number in the corpus.
    pub(super) number: usize,
    pub(super) how: String,
    pub(super) arrived: Vec<Delivered>,
}

/// What deciding needs.
pub(super) struct Desk<'a> {
    pub(super) store: &'a Store,
    pub(super) doors: &'a Doors,
    pub(super) sink: &'a Sink,
}

impl Desk<'_> {
    /// Answers CONFIDENTIAL (or SEND, where it may not be marked) to the first open hold's nudge.
    pub(super) async fn answer_hold(&self, holds: &[(usize, ItemSummary)]) -> Result<Option<LetGo>, Mistake> {
        for (number, item) in holds.iter().filter(|(_, item)| item.sender_may_release) {
            let Some((owner, nudge)) = self.nudge(item)? else { continue };
            let keyword = if item.may_be_marked { "CONFIDENTIAL" } else { "SEND" };
            let answer = reply_to(&owner, &nudge, keyword, *number);
            self.sink.expect(*number, "-released");
            let reply = self.doors.send(Door::Relay, &answer).await?;
            if !reply.starts_with("250") {
                return Err(Mistake(format!("The answer to hold {} was not taken: {reply}", item.id)));
            }
            let how = format!("its sender answered the notice with {keyword} alone on the first line");
            return self.arrived(item, *number, how).await.map(Some);
        }
        Ok(None)
    }

    /// Releases one quarantined message as `gatehouse quarantine release` does.
    pub(super) async fn release(
        &self,
        quarantined: &[(usize, ItemSummary)],
    ) -> Result<Option<LetGo>, Mistake> {
        let Some((number, item)) = quarantined.iter().min_by_key(|(n, item)| (harm(item), item.severity, *n))
        else {
            return Ok(None);
        };
        self.sink.expect(*number, "-released");
        let ruling = Ruling {
            decision: Decision::Release,
            actor: context::actor(),
            reason: Some("demonstration: read by the lead, may go".to_owned()),
            token: None,
            next_hop: None,
            outbox: Vec::new(),
            takers: Vec::new(),
        };
        self.store.decide(&item.id, ruling).await?;
        let how =
            "released, as `gatehouse quarantine release` does, with the reason in the ledger".to_owned();
        self.arrived(item, *number, how).await.map(Some)
    }

    async fn arrived(&self, item: &ItemSummary, number: usize, how: String) -> Result<LetGo, Mistake> {
        wait::outbox_is_empty(self.store, self.sink).await?;
        let arrived = self.sink.delivered();
        let arrived = arrived.into_iter().filter(|d| d.number == number && d.is_release()).collect();
        let item = self.store.item_summary(&item.id).await?;
        if item.state != ItemState::Released {
            return Err(Mistake(format!(
                "{} {} is {}, not released",
                item.kind.name(),
                item.id,
                item.state.name()
            )));
        }
        Ok(LetGo { item, number, how, arrived })
    }

    /// The notice that was written to the item's sender: to whom, and its bytes.
    fn nudge(&self, item: &ItemSummary) -> Result<Option<(String, Vec<u8>)>, Mistake> {
        let mark = format!("<nudge.{}.", item.id);
        for notice in self.sink.notices() {
            let bytes = fs::read(&notice.file)?;
            if mail::field(&bytes, "message-id").is_some_and(|id| id.starts_with(&mark)) {
                return Ok(Some((notice.recipient, bytes)));
            }
        }
        Ok(None)
    }
}

/// What comes from outside to a pupil is the last that anyone would let go for show.
fn harm(item: &ItemSummary) -> bool {
    item.category.family() != "personal-data"
}

/// Open items of the enforcing school with the number of their message, oldest first.
pub(super) async fn open_items(
    store: &Store,
    kind: ItemKind,
    rows: &[super::look::Row],
) -> Result<Vec<(usize, ItemSummary)>, Mistake> {
    let filter = ItemFilter { kind: Some(kind), states: vec![ItemState::Open], ..ItemFilter::default() };
    let mut items: Vec<(usize, ItemSummary)> = Vec::new();
    for item in store.items(&filter).await? {
        let row = rows.iter().find(|row| row.items.iter().any(|i| i.id == item.id));
        items.extend(row.map(|row| (row.mail.number, item)));
    }
    items.sort_by_key(|(number, _)| *number);
    Ok(items)
}

/// A reply as a mail program writes it: the keyword, and the notice quoted below.
fn reply_to(owner: &str, nudge: &[u8], keyword: &str, number: usize) -> Mail {
    let read = message::read(nudge, ReadLimits::default());
    let text = read.parts.iter().find_map(|part| match &part.body {
        Body::Text(text) => Some(text.lines().map(|line| format!("> {line}\r\n")).collect::<String>()),
        _ => None,
    });
    let id = mail::field(nudge, "message-id").unwrap_or_default();
    let raw = format!(
        "From: <{owner}>\r\nTo: <{ANSWERS}>\r\nSubject: Re: {}\r\nMessage-ID: <answer.{number}@oakfield.example>\r\n\
         In-Reply-To: {id}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{keyword}\r\n\r\nGatehouse wrote:\r\n{}",
        read.header.subject,
        text.unwrap_or_default()
    );
    Mail {
        number,
        path: "an answer to a nudge".to_owned(),
        shows: String::new(),
        sender: owner.to_owned(),
        recipients: vec![ANSWERS.to_owned()],
        login: Some(owner.to_owned()),
        raw: raw.into(),
        expected: None,
    }
}
