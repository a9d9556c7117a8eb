//! Records as files: a bundle that proves itself, one file for a mail program, or the message alone. Each
//! record is opened with the custodian's key of the session, for the purpose that was given.

use super::{
    super::super::{
        Console, Fault,
        door::{Door, Guard},
        page,
        places::at,
        visitor::{Fresh, Posted, Visitor},
        words::fill,
    },
    READERS,
    ask::AskWords,
    found::question,
    one::find,
};
use crate::{
    desk::{MOST_OPENED, Opening, mbox_of},
    storage::{RecordExport, RecordId, RecordLook, Search, Why},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::post(at::RecordsFile, Guard::Holding(READERS), many),
        Door::post(at::RecordFile, Guard::SignedIn, one),
    ]
}

/// Bytes of messages that one file holds; the gate's own work goes before.
const MOST_BYTES: usize = 192 << 20;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Bundle,
    Mbox,
    Eml,
}

impl Form {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bundle" => Self::Bundle,
            "mbox" => Self::Mbox,
            "eml" => Self::Eml,
            _ => return None,
        })
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    form: String,
}

/// One record, by the purpose that its page was opened for.
async fn one(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, Fault> {
    let (record, _) = find(&visitor, &id).await?;
    let form = Form::named(&wanted.form).ok_or(Fault::Form)?;
    let look = console.live.look(&visitor.user.id, record.id.as_str()).ok_or(Fault::Form)?;
    let name = format!("record-{}", record.id);
    write(&console, &visitor, &[record.id], form, &look.why, &name).await
}

/// Those that were ticked, or all that answers the question.
async fn many(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(word): Path<String>,
    Posted(fields): Posted<HashMap<String, String>>,
) -> Result<Response, Fault> {
    let w = AskWords::of(visitor.language);
    let question = question(&console, &visitor, &word).ok_or_else(|| Fault::Wrong(w.expired.to_owned()))?;
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let form = Form::named(field("form")).ok_or(Fault::Form)?;
    let ids: Vec<RecordId> = match field("which") {
        "all" => {
            let limit = Some(MOST_OPENED as u32 + 1);
            let search = Search { limit, ..question.typed.search(&visitor.desk, w)? };
            let found = visitor.desk.find_records(&search, &question.why).await?;
            if found.hits.len() > MOST_OPENED {
                return Err(Fault::Wrong(fill(w.too_many, &[&MOST_OPENED.to_string()])));
            }
            found.hits.into_iter().rev().map(|record| record.id).collect()
        }
        _ => {
            let mut ticked: Vec<RecordId> =
                fields.iter().filter(|(_, on)| *on == "y").filter_map(|(id, _)| id.parse().ok()).collect();
            // Their numbers begin with the time.
            ticked.sort_unstable();
            ticked
        }
    };
    match ids.len() {
        0 => Err(Fault::Wrong(w.none_ticked.to_owned())),
        2.. if form == Form::Eml => Err(Fault::Wrong(w.one_only.to_owned())),
        _ => write(&console, &visitor, &ids, form, &question.why, "records").await,
    }
}

async fn write(
    console: &Console,
    visitor: &Visitor,
    ids: &[RecordId],
    form: Form,
    why: &Why,
    name: &str,
) -> Result<Response, Fault> {
    let desk = &visitor.desk;
    // One file after the other: each is in memory as a whole.
    let _place = console.asked.writing.acquire().await.map_err(|_| Fault::Away)?;
    let opening = Opening { look: RecordLook::Exported, why, most_bytes: MOST_BYTES };
    let records: Vec<RecordExport> = desk.open_records(ids, &opening, || console.key_of(visitor)).await?;
    match form {
        Form::Bundle => {
            let bundle = desk.bundle_records(records, why.purpose).await?;
            page::file(&format!("{name}.zip"), "application/zip", bundle.bytes)
        }
        Form::Mbox => page::file(&format!("{name}.mbox"), "application/mbox", mbox_of(&records)),
        Form::Eml => {
            let raw = records.into_iter().next().ok_or(Fault::NotThere)?.raw;
            page::file(&format!("{name}.eml"), "message/rfc822", raw)
        }
    }
}
