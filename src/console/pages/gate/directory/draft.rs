//! What would change if these people were taken over, and taking them over.

use super::{
    super::{
        super::super::{
            Console, Fault, called,
            drafts::Draft,
            page::{Frame, shown},
            places::Place,
            visitor::{Fresh, Posted, Visitor},
            words::fill,
        },
        GateWords,
    },
    Line, lines,
    words::{DirectoryWords, differences, odd},
};
use crate::{
    authority::{Act, Thing},
    desk::{
        import::{ImportFault, Moves, TakenOver, by_role, oddities, take_over_people},
        people_file::Lying,
    },
    parties::PersonId,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

/// Ids that are named in each list.
const NAMED: usize = 200;

/// One list of people by id.
struct Part {
    called: &'static str,
    count: usize,
    ids: Vec<String>,
    more: String,
}

struct OddLine {
    says: String,
    first: String,
}

#[derive(Template)]
#[template(path = "gate/draft.html")]
struct DraftPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static DirectoryWords,
    tiles: Vec<(String, &'static str)>,
    is_empty: bool,
    roles: Vec<(&'static str, Moves)>,
    parts: Vec<Part>,
    odd: Vec<OddLine>,
    warnings: Vec<Line>,
    /// How many would be gone, where that is to be confirmed.
    question: String,
    wrong: &'static str,
}

#[derive(Template)]
#[template(path = "gate/said.html")]
struct SaidPage {
    frame: Frame,
    g: &'static GateWords,
    said: &'static str,
    more: &'static str,
    back: String,
    back_called: &'static str,
}

pub(in super::super) async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Change, Thing::Directory)?;
    match console.drafts.of(visitor.word.reveal()) {
        Some(draft) => made(&visitor, &draft, ""),
        None => said(&visitor, DirectoryWords::of(visitor.language).none, ""),
    }
}

fn said(visitor: &Visitor, said: &'static str, more: &'static str) -> Result<Response, Fault> {
    let (g, w) = (GateWords::of(visitor.language), DirectoryWords::of(visitor.language));
    shown(&SaidPage {
        frame: Frame::of(visitor, g.directory, Place::GateDirectory),
        g,
        said,
        more,
        back: Place::GateDirectory.to_string(),
        back_called: w.back,
    })
}

fn made(visitor: &Visitor, draft: &Draft, wrong: &'static str) -> Result<Response, Fault> {
    let (language, diff) = (visitor.language, &draft.diff);
    let (g, w) = (GateWords::of(language), DirectoryWords::of(language));
    let mut tiles = vec![
        (diff.before.to_string(), w.before),
        (diff.after.to_string(), w.after),
        (diff.added.len().to_string(), w.added),
        (diff.left.len().to_string(), w.left),
        (diff.removed.len().to_string(), w.removed),
        (diff.changed.len().to_string(), w.changed),
        (diff.groups_changed.to_string(), w.groups),
    ];
    if draft.skipped > 0 {
        tiles.push((draft.skipped.to_string(), w.skipped));
    }
    let ids = |ids: &[PersonId]| ids.iter().map(|id| id.0.to_string()).take(NAMED).collect::<Vec<_>>();
    let changed = diff
        .changed
        .iter()
        .take(NAMED)
        .map(|(id, what)| format!("{} ({})", id.0, differences(language, what)));
    let parts = [
        (w.added, diff.added.len(), ids(&diff.added)),
        (w.left, diff.left.len(), ids(&diff.left)),
        (w.removed, diff.removed.len(), ids(&diff.removed)),
        (w.changed, diff.changed.len(), changed.collect()),
    ];
    let parts = parts.into_iter().filter(|(_, count, _)| *count > 0).map(|(called, count, ids)| {
        let more = count.saturating_sub(ids.len());
        let more = if more > 0 { fill(w.more, &[&more.to_string()]) } else { String::new() };
        Part { called, count, ids: ids.iter().map(|id| called::plain(id, 100)).collect(), more }
    });
    let roles = by_role(&draft.old, &draft.new, diff).into_iter();
    let odd =
        oddities(&draft.new, &visitor.desk.config.schools, &visitor.desk.users).into_iter().map(|one| {
            let mut first = one.first.join(", ");
            if one.count > one.first.len() {
                first = format!("{first} {}", fill(w.more, &[&(one.count - one.first.len()).to_string()]));
            }
            let says = fill(w.odd_line, &[&one.count.to_string(), odd(language, one.odd)]);
            OddLine { says, first: called::plain(&first, 600) }
        });
    let gone = diff.removed.len() + diff.left.len();
    shown(&DraftPage {
        frame: Frame::of(visitor, g.directory, Place::GateDraft),
        g,
        w,
        tiles,
        is_empty: diff.is_empty(),
        roles: roles.map(|(role, moves)| (called::role(language, role), moves)).collect(),
        parts: parts.collect(),
        odd: odd.collect(),
        warnings: lines(w, &draft.warnings),
        question: match diff.question() {
            Some(_) => fill(w.gone_question, &[&gone.to_string(), &diff.before.to_string()]),
            None => String::new(),
        },
        wrong,
    })
}

#[derive(Deserialize)]
pub(in super::super) struct Word {
    #[serde(default)]
    why: String,
    /// That the export is complete, where so many would be gone.
    complete: Option<String>,
}

pub(in super::super) async fn take_over(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Posted(word): Posted<Word>,
) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Change, Thing::Directory)?;
    let (session, w) = (visitor.word.reveal(), DirectoryWords::of(visitor.language));
    let Some(draft) = console.drafts.of(session) else { return said(&visitor, w.none, "") };
    if draft.diff.question().is_some() && word.complete.is_none() {
        return made(&visitor, &draft, w.gone_first);
    }
    let why: String = word.why.trim().chars().take(2_000).collect();
    let why = Some(why).filter(|why| !why.is_empty());
    // The form may be left by whoever sent it: what has begun is carried to its end.
    let (gate, store, config) = (console.gate.clone(), console.store.clone(), console.config());
    let (actor, people) = (visitor.desk.actor.clone(), draft.clone());
    let taken = tokio::spawn(async move {
        let with = (&*gate, &store, &*config, &actor);
        take_over_people(with, people.new.clone(), &people.diff, why).await
    });
    let taken = match taken.await.map_err(|_| Fault::Away)? {
        Ok(taken) => taken,
        Err(ImportFault::Store(error)) => return Err(error.into()),
        Err(error) => {
            tracing::error!(%error, "directory.not-kept");
            return Err(Fault::Away);
        }
    };
    console.drafts.forget(session);
    match taken {
        TakenOver::Yes(Lying::Sealed) => said(&visitor, w.done, ""),
        TakenOver::Yes(Lying::Clear) => said(&visitor, w.done, w.in_clear),
        TakenOver::OthersMeanwhile => said(&visitor, w.meanwhile, ""),
    }
}

pub(in super::super) async fn forget(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(_): Posted<Nothing>,
) -> Result<Response, Fault> {
    console.drafts.forget(visitor.word.reveal());
    Ok(Redirect::to(&Place::GateDirectory.to_string()).into_response())
}

/// A form of one button.
#[derive(Deserialize)]
pub(in super::super) struct Nothing {}
