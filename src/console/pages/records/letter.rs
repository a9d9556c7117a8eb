//! The message of a record, in a frame of its own that can do nothing. It opens with the key of a custodian
//! alone.

use super::{
    super::super::{Console, Fault, places::Place, render, visitor::Visitor, words::code},
    super::queue::{ItemWords, Someone, recipients, sender},
    one::{OneWords, find},
};
use crate::{
    authority::{Act, Case},
    desk::{DeskFault, Opening},
    message::{ReadLimits, read},
    storage::{Proved, RecordExport, RecordLook, RecordSummary, StoreError, Why},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use std::sync::Arc;

/// Bytes of one message.
const MOST_BYTES: usize = 256 << 20;

/// The message, opened.
pub(super) struct Opened {
    pub(super) subject: String,
    pub(super) from: Someone,
    pub(super) proof: &'static str,
    pub(super) to: Vec<Someone>,
    pub(super) frame: String,
    pub(super) files: Vec<render::File>,
    pub(super) object_sha256: String,
    pub(super) export: Option<String>,
}

/// Why it is not shown.
pub(super) enum Letter {
    Open(Box<Opened>),
    NeedsKey(String),
    Not(&'static str),
}

/// Opens the message where the session holds a key.
pub(super) async fn letter(
    console: &Console,
    visitor: &Visitor,
    (record, case): (&RecordSummary, &Case),
    why: &Why,
    from: &str,
) -> Result<Letter, Fault> {
    let (desk, w) = (&visitor.desk, OneWords::of(visitor.language));
    let Ok(key) = console.key_of(visitor) else {
        let here = match from {
            "" => Place::Record(record.id.as_str()).to_string(),
            from => format!("{}?from={from}", Place::Record(record.id.as_str())),
        };
        let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        return Ok(Letter::NeedsKey(format!("{}?next={next}", Place::Key)));
    };
    let opening = Opening { look: RecordLook::Shown, why, most_bytes: MOST_BYTES };
    let opened = desk.open_records(std::slice::from_ref(&record.id), &opening, || Ok(key)).await;
    let export = match opened {
        Ok(mut all) => all.pop().ok_or(Fault::NotThere)?,
        Err(DeskFault::Store(StoreError::NotForThisKey | StoreError::CustodianKey(_))) => {
            return Ok(Letter::Not(w.wrong_key));
        }
        Err(DeskFault::Store(StoreError::NoLeave(_))) => return Ok(Letter::Not(w.no_leave)),
        Err(DeskFault::Store(StoreError::Object { .. })) => return Ok(Letter::Not(w.unreadable)),
        Err(fault) => return Err(fault.into()),
    };
    Ok(Letter::Open(Box::new(opened_letter(console, visitor, case, export).await?)))
}

async fn opened_letter(
    console: &Console,
    visitor: &Visitor,
    case: &Case,
    record: RecordExport,
) -> Result<Opened, Fault> {
    let (desk, language) = (&visitor.desk, visitor.language);
    let (w, i) = (OneWords::of(language), ItemWords::of(language));
    let id = record.id.as_str();
    let raw = record.raw.clone();
    let rendered = move || {
        let message = read(&raw, ReadLimits::default());
        (
            render::message(&message, &[], &i.of_document(code(language))),
            render::line(&message.header.subject, &[]),
        )
    };
    let (document, subject) = console.live.render(rendered).await?;
    console.live.keep_document(&visitor.user.id, id, document.document.into());
    Ok(Opened {
        subject: if subject.trim().is_empty() { i.no_subject.to_owned() } else { subject },
        from: sender(desk, language, &record.envelope.sender, case)?,
        proof: match record.proved {
            Proved::Yes => w.proved,
            Proved::No => i.unproved,
            Proved::Unknown => i.unknown,
        },
        to: recipients(desk, language, &record.envelope, case)?,
        frame: Place::RecordMessage(id).to_string(),
        files: document.files,
        export: desk.may(Act::Export, case).is_allowed().then(|| Place::RecordFile(id).to_string()),
        object_sha256: record.object_sha256,
    })
}

/// The frame's document: what the page beside it has opened, for whoever it was opened for.
pub(super) async fn message(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (record, case) = find(&visitor, &id).await?;
    // What a key has opened is shown as long as the session holds it.
    if !visitor.desk.may(Act::Bytes, &case).is_allowed() || !console.holds_key(&visitor) {
        return Err(Fault::NotThere);
    }
    console.live.framed(&visitor.user.id, record.id.as_str())
}
