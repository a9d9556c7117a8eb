//! One record: whom it is filed under, the message, its conversation, and who looked at it; each look is in
//! the ledger before anything is shown.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        render,
        visitor::{Posted, Visitor},
        words::{fill, moment},
    },
    super::queue::{Choice, ItemWords, Purposeful},
    READERS,
    ask::{AskWords, of_records},
    found::question,
    letter::{self, Letter},
    lines::{Line, lines, name_of, way},
    looks::{Looked, looks, who},
};
use crate::{
    authority::{Act, Case},
    desk::DeskFault,
    parties::PersonId,
    storage::{Certainty, Filed, FiledAs, LegalSubject, RecordId, RecordSummary, Why},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) use super::one_words::OneWords;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Record, Guard::SignedIn, page),
        Door::post(at::RecordLook, Guard::SignedIn, look),
        Door::get(at::RecordMessage, Guard::SignedIn, letter::message),
        Door::post(at::RecordHold, Guard::SignedIn, legal_hold),
    ]
}

/// The record of an address, for whom it is there. Who reads none learns nothing here.
pub(super) async fn find(visitor: &Visitor, id: &str) -> Result<(RecordSummary, Case), Fault> {
    let id: RecordId = id.parse().map_err(|()| Fault::NotThere)?;
    if !visitor.holds_one_of(READERS) {
        return Err(Fault::NotThere);
    }
    match visitor.desk.record(&id).await {
        // Whoever only counts does not learn which it is.
        Err(DeskFault::Refused(_)) => Err(Fault::NotThere),
        found => Ok(found?),
    }
}

/// One under whom it is filed.
struct FiledUnder {
    name: String,
    as_what: &'static str,
    not_certain: bool,
}

/// Whose conversation is asked for.
struct Whose {
    name: String,
    place: String,
    is_chosen: bool,
}

/// A legal hold in force.
struct Held {
    id: String,
    text: String,
}

struct Inside {
    purpose: &'static str,
    filed: Vec<FiledUnder>,
    letter: Letter,
    whose: Vec<Whose>,
    thread: Vec<Line>,
    looks: Vec<Looked>,
    legal: Vec<Held>,
    /// Where a hold is set or lifted, for who may.
    hold: Option<String>,
}

#[derive(Template)]
#[template(path = "records/one.html")]
struct RecordPage {
    frame: Frame,
    w: &'static OneWords,
    q: &'static AskWords,
    i: &'static ItemWords,
    id: String,
    back: String,
    /// To what was found, rather than to where one asks.
    to_found: bool,
    said: Option<&'static str>,
    received: String,
    way: &'static str,
    school: String,
    files: u32,
    size: String,
    sha256: String,
    look: String,
    timeline: String,
    purposes: Vec<Choice>,
    inside: Option<Inside>,
}

#[derive(Deserialize)]
struct Wanted {
    /// The question from which one comes, which gives its purpose.
    #[serde(default)]
    from: String,
    /// Whose conversation, by the place in the list.
    #[serde(default)]
    thread: String,
    #[serde(default)]
    said: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let (record, case) = find(&visitor, &id).await?;
    let (desk, language) = (&visitor.desk, visitor.language);
    let (w, q) = (OneWords::of(language), AskWords::of(language));
    let id = record.id.as_str();
    let way_here = way_here(&console, &visitor, &wanted.from);
    let mut look = console.live.look(&visitor.user.id, id);
    if look.is_none()
        && let Some((why, _)) = &way_here
    {
        console.live.give_purpose(&visitor.user.id, id, why.clone());
        look = console.live.look(&visitor.user.id, id);
    }
    let from = if way_here.is_some() { wanted.from.as_str() } else { "" };
    let inside = match look {
        Some(look) => {
            Some(inside(&console, &visitor, (&record, &case), &look.why, (from, &wanted.thread)).await?)
        }
        None => None,
    };
    shown(&RecordPage {
        frame: Frame::of(&visitor, fill(w.title, &[id]), Place::Record(id)),
        w,
        q,
        i: ItemWords::of(language),
        back: way_here.map_or_else(|| Place::Records.to_string(), |(_, back)| back),
        to_found: !from.is_empty(),
        said: match wanted.said.as_str() {
            "set" => Some(w.said_set),
            "lifted" => Some(w.said_lifted),
            "noted" => Some(w.said_noted),
            _ => None,
        },
        received: moment(language, record.received_at),
        way: way(q, record.direction),
        school: desk.school_name(&record.school),
        files: record.attachments,
        size: render::sized(usize::try_from(record.bytes).unwrap_or(usize::MAX)),
        sha256: record.sha256.clone(),
        look: Place::RecordLook(id).to_string(),
        timeline: Place::RecordTimeline(id).to_string(),
        purposes: of_records(language, None),
        inside,
        id: id.to_owned(),
    })
}

/// From which list one comes: the purpose it was asked for, and its address.
fn way_here(console: &Console, visitor: &Visitor, word: &str) -> Option<(Why, String)> {
    let of_question = || {
        let question = question(console, visitor, word)?;
        Some((question.why.clone(), Place::RecordsFound(word).to_string()))
    };
    let of_timeline = || {
        let of = console.asked.timelines.get(&visitor.user.id, word)?;
        Some((of.why.clone(), Place::Timeline(word).to_string()))
    };
    of_question().or_else(of_timeline)
}

async fn inside(
    console: &Console,
    visitor: &Visitor,
    (record, case): (&RecordSummary, &Case),
    why: &Why,
    (from, whose): (&str, &str),
) -> Result<Inside, Fault> {
    let (desk, w) = (&visitor.desk, OneWords::of(visitor.language));
    desk.authorise(Act::Particulars, case, "record", record.id.as_str()).await?;
    let names = super::filed_names(console, visitor)?;
    let known = console.store.records_filed(std::slice::from_ref(&record.id), &names).await?;
    let filed = known.get(&record.id).map_or(&[][..], Vec::as_slice);
    let letter = letter::letter(console, visitor, (record, case), why, from).await?;
    let (whose, thread) = thread(console, visitor, record, filed, why, (from, whose)).await?;
    let mut legal = Vec::new();
    for hold in console.store.legal_holds(Some(&LegalSubject::Record(record.id.clone()))).await? {
        if hold.lifted.is_none() {
            let by = who(w, &desk.seen_by(&hold.set_by, None).await?);
            let text = fill(w.legal_since, &[&moment(visitor.language, hold.set_at), &by]);
            legal.push(Held { id: hold.id.to_string(), text });
        }
    }
    Ok(Inside {
        purpose: called::purpose(visitor.language, why.purpose),
        filed: filed.iter().map(|f| filed_under(visitor, w, f)).collect(),
        letter,
        whose,
        thread,
        looks: looks(visitor, &record.id).await?,
        hold: desk
            .may(Act::LegalHold, case)
            .is_allowed()
            .then(|| Place::RecordHold(record.id.as_str()).to_string()),
        legal,
    })
}

fn filed_under(visitor: &Visitor, w: &OneWords, filed: &Filed) -> FiledUnder {
    FiledUnder {
        name: name_of(&visitor.desk, &filed.person),
        as_what: match filed.filed_as {
            FiledAs::Parent => w.parent,
            FiledAs::Child => w.child,
            FiledAs::Staff => w.staff,
            FiledAs::Governor => w.governor,
        },
        not_certain: filed.certainty == Certainty::NotCertain,
    }
}

/// For one parent at a time: of several, the one that was chosen.
async fn thread(
    console: &Console,
    visitor: &Visitor,
    record: &RecordSummary,
    filed: &[Filed],
    why: &Why,
    (from, whose): (&str, &str),
) -> Result<(Vec<Whose>, Vec<Line>), Fault> {
    let parents: Vec<&PersonId> =
        filed.iter().filter(|f| f.filed_as == FiledAs::Parent).map(|f| &f.person).collect();
    let chosen: Option<usize> = whose.parse().ok().filter(|n| *n < parents.len());
    let link = |n: usize| {
        let place = Place::Record(record.id.as_str());
        if from.is_empty() {
            format!("{place}?thread={n}")
        } else {
            format!("{place}?from={from}&thread={n}")
        }
    };
    let several = record.parents > 1;
    let listed: Vec<Whose> = parents
        .iter()
        .enumerate()
        .filter(|_| several)
        .map(|(n, id)| Whose {
            name: fill(OneWords::of(visitor.language).thread_of, &[&name_of(&visitor.desk, id)]),
            place: link(n),
            is_chosen: chosen == Some(n),
        })
        .collect();
    if several && chosen.is_none() {
        return Ok((listed, Vec::new()));
    }
    let parent = chosen.and_then(|n| parents.get(n).copied());
    let found = visitor.desk.record_thread(&record.id, parent, why).await?;
    let found = if found.len() > 1 { found } else { Vec::new() };
    Ok((listed, lines(console, visitor, &found, from).await?))
}

/// A purpose is given: it opens this one record to whoever gave it, for half an hour.
async fn look(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(given): Posted<Purposeful>,
) -> Result<Redirect, Fault> {
    let (record, _) = find(&visitor, &id).await?;
    let why = given.why_of_record(&visitor)?;
    console.live.give_purpose(&visitor.user.id, record.id.as_str(), why);
    Ok(Redirect::to(&Place::Record(record.id.as_str()).to_string()))
}

#[derive(Deserialize)]
struct Hold {
    /// The hold to lift; empty sets one.
    #[serde(default)]
    lift: String,
    #[serde(default)]
    words: String,
}

/// Sets a legal hold, or lifts one that lies on this record.
async fn legal_hold(
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(hold): Posted<Hold>,
) -> Result<Redirect, Fault> {
    let (record, _) = find(&visitor, &id).await?;
    let (desk, w) = (&visitor.desk, OneWords::of(visitor.language));
    let reason: String = hold.words.trim().chars().take(2_000).collect();
    if reason.is_empty() {
        return Err(Fault::Wrong(w.legal_no_why.to_owned()).at("words"));
    }
    let on = LegalSubject::Record(record.id.clone());
    let (said, done) = if hold.lift.is_empty() {
        (desk.set_legal_hold(on, &reason).await?, "set")
    } else {
        let on_it = desk.store.legal_holds(Some(&on)).await?;
        let found = on_it.into_iter().find(|one| *one.id.as_str() == *hold.lift).ok_or(Fault::NotThere)?;
        (desk.lift_legal_hold(&found.id, &reason).await?, "lifted")
    };
    let done = if said.id.is_some() { done } else { "noted" };
    Ok(Redirect::to(&format!("{}?said={done}", Place::Record(record.id.as_str()))))
}
