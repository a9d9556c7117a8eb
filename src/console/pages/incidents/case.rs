//! One incident: who is in it, what belongs to it, what was done and whether the parents were told. Read with a
//! purpose, which the ledger keeps before anything is shown.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, file, shown},
        places::{Place, at},
        visitor::{Fresh, Posted, Visitor},
        words::{fill, moment},
    },
    super::queue::{
        Choice, ItemWords, Note, NoteWords, Purposeful, QueueWords, REVIEWERS, notes_shown, purposes, writer,
    },
    write::{Form, forms},
};
use crate::{
    authority::{Act, Case},
    desk::Desk,
    effects::Language,
    storage::{
        Entry, IncidentEntry, IncidentId, IncidentLink, IncidentPerson, IncidentSummary, Part, Purpose, Who,
    },
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Redirect, Response},
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

pub(super) use super::case_words::CaseWords;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Incident, Guard::SignedIn, page),
        Door::post(at::IncidentLook, Guard::SignedIn, look),
        Door::post(at::IncidentFile, Guard::SignedIn, export),
    ]
}

/// The incident of an address, for whom it is there.
pub(super) async fn find(visitor: &Visitor, id: &str) -> Result<(IncidentSummary, Case), Fault> {
    let id: IncidentId = id.parse().map_err(|()| Fault::NotThere)?;
    if !visitor.holds_one_of(REVIEWERS) {
        return Err(Fault::NotThere);
    }
    let (summary, case) = visitor.desk.store.incident_case(&id).await?;
    // Whoever only counts does not learn which it is.
    if !visitor.desk.may(Act::List, &case).is_allowed() {
        return Err(Fault::NotThere);
    }
    Ok((summary, case))
}

struct Person {
    name: String,
    part: &'static str,
}

struct Linked {
    what: &'static str,
    id: String,
    place: Option<String>,
    at: String,
    proof: &'static str,
}

struct Line {
    at: String,
    by: String,
    what: String,
    text: String,
}

struct Inside {
    title: String,
    parents: String,
    people: Vec<Person>,
    /// On those people; for leads and deputies alone.
    notes: Vec<Note>,
    links: Vec<Linked>,
    lines: Vec<Line>,
    forms: Vec<Form>,
    export: Option<String>,
}

#[derive(Template)]
#[template(path = "incidents/case.html")]
struct CasePage {
    frame: Frame,
    w: &'static CaseWords,
    q: &'static QueueWords,
    i: &'static ItemWords,
    n: &'static NoteWords,
    id: String,
    kind: &'static str,
    state: &'static str,
    since: String,
    ended: Option<String>,
    school: String,
    look: String,
    write: String,
    purposes: Vec<Choice>,
    said: Option<&'static str>,
    inside: Option<Inside>,
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    said: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Fault> {
    let (summary, case) = find(&visitor, &id).await?;
    let (desk, language) = (&visitor.desk, visitor.language);
    let w = CaseWords::of(language);
    let id = summary.id.as_str();
    let inside = match console.live.look(&visitor.user.id, id) {
        None => None,
        Some(look) => {
            desk.authorise(Act::Particulars, &case, "incident", id).await?;
            let incident = desk.read_incident(&summary.id, &look.why).await?;
            let names = names(desk, language, &incident.entries).await?;
            Some(Inside {
                title: called::plain(&incident.title, 300),
                parents: parents(w, &incident.entries),
                people: incident.people.iter().map(|p| person(desk, w, p)).collect(),
                notes: notes(desk, language, &summary, &case, &incident.people).await?,
                links: incident.links.iter().map(|l| linked(language, w, l)).collect(),
                lines: incident.entries.iter().map(|e| line(language, w, e, &names)).collect(),
                export: desk
                    .may(Act::Export, &case)
                    .is_allowed()
                    .then(|| Place::IncidentFile(id).to_string()),
                forms: forms(desk, language, &summary, &case),
            })
        }
    };
    shown(&CasePage {
        frame: Frame::of(&visitor, fill(w.title, &[id]), Place::Incident(id)),
        w,
        q: QueueWords::of(language),
        i: ItemWords::of(language),
        n: NoteWords::of(language),
        id: id.to_owned(),
        kind: called::incident_kind(language, summary.kind),
        state: called::incident_state(language, summary.state),
        since: moment(language, summary.made_at),
        ended: summary.ended_at.map(|at| moment(language, at)),
        school: desk.school_name(&summary.school),
        look: Place::IncidentLook(id).to_string(),
        write: Place::IncidentWrite(id).to_string(),
        purposes: purposes(language, Some(Purpose::Safeguarding)),
        said: match after.said.as_str() {
            "written" => Some(w.written),
            "noted" => Some(w.noted),
            _ => None,
        },
        inside,
    })
}

/// Notes for leads on those who stand in it.
async fn notes(
    desk: &Desk,
    language: Language,
    incident: &IncidentSummary,
    case: &Case,
    people: &[IncidentPerson],
) -> Result<Vec<Note>, Fault> {
    let mut faces = [&*case.parties, &case.accused, &case.proposed].concat();
    for person in people {
        faces.extend(match &person.who {
            Who::Person(id) => desk.faces_of_person(id)?,
            Who::Address(address) => desk.faces(None, std::slice::from_ref(address))?,
        });
    }
    faces.sort_unstable();
    faces.dedup();
    notes_shown(desk, language, &desk.notes_beside(&incident.school, &faces).await?).await
}

fn person(desk: &Desk, w: &CaseWords, person: &IncidentPerson) -> Person {
    let name = match (&person.who, desk.who_is(&person.who)) {
        (Who::Person(_), Some(name)) => name,
        (Who::Person(id), None) => id.0.to_string(),
        (Who::Address(address), Some(name)) => format!("{name} ({})", called::plain(address.as_str(), 320)),
        (Who::Address(address), None) => called::plain(address.as_str(), 320),
    };
    Person { name, part: part(w, person.part) }
}

pub(super) fn part(w: &CaseWords, part: Part) -> &'static str {
    match part {
        Part::Affected => w.affected,
        Part::Accused => w.accused,
        Part::Author => w.author,
        Part::Recipient => w.recipient,
        Part::Reporter => w.reporter,
        Part::Forwarder => w.forwarder,
        Part::Witness => w.witness,
    }
}

fn linked(language: Language, w: &CaseWords, link: &IncidentLink) -> Linked {
    let (what, place) = match link.kind.as_str() {
        "item" => (w.item, Some(Place::Item(&link.target).to_string())),
        "incident" => (w.incident, Some(Place::Incident(&link.target).to_string())),
        "record" => (w.record, Some(Place::Record(&link.target).to_string())),
        _ => (w.message, None),
    };
    Linked {
        what,
        id: link.target.clone(),
        place,
        at: moment(language, link.at),
        // practice.md, A8.
        proof: match link.sender_proved {
            Some(true) => w.proved,
            Some(false) => w.unproved,
            None => w.unknown,
        },
    }
}

/// What was last said of it.
fn parents(w: &CaseWords, entries: &[IncidentEntry]) -> String {
    let said = entries.iter().rev().find_map(|e| match &e.entry {
        Entry::ParentsTold { on, by } => {
            Some(fill(w.parents_told, &[&on.format("%d/%m/%Y").to_string(), &called::plain(by, 200)]))
        }
        Entry::ParentsNotTold { why } => Some(fill(w.parents_not, &[&called::plain(why, 500)])),
        _ => None,
    });
    said.unwrap_or_else(|| w.parents_open.to_owned())
}

/// Whoever wrote each line, by name where the register still knows them.
async fn names(
    desk: &Desk,
    language: Language,
    entries: &[IncidentEntry],
) -> Result<HashMap<String, String>, Fault> {
    let mut names = HashMap::new();
    for entry in entries {
        if names.contains_key(&entry.by) {
            continue;
        }
        let name = writer(desk, language, &entry.by).await?;
        names.insert(entry.by.clone(), name);
    }
    Ok(names)
}

fn line(language: Language, w: &CaseWords, e: &IncidentEntry, names: &HashMap<String, String>) -> Line {
    let day = |on: &chrono::NaiveDate| on.format("%d/%m/%Y").to_string();
    let (what, text) = match &e.entry {
        Entry::Note { text } => (w.e_note.to_owned(), text.clone()),
        Entry::Action { text } => (w.e_action.to_owned(), text.clone()),
        Entry::Referred { to, on, reference } => {
            (fill(w.e_referred, &[called::referral(language, *to), &day(on)]), reference.clone())
        }
        Entry::ParentsTold { on, by } => (fill(w.e_told, &[&day(on)]), by.clone()),
        Entry::ParentsNotTold { why } => (w.e_not_told.to_owned(), why.clone()),
        Entry::Opened { why } => (w.e_opened.to_owned(), why.clone()),
        Entry::Closed { outcome } => (w.e_closed.to_owned(), outcome.clone()),
        Entry::Reopened { why } => (w.e_reopened.to_owned(), why.clone()),
        Entry::Dismissed { why, text } => {
            (fill(w.e_dismissed, &[called::dismissal(language, *why)]), text.clone())
        }
        Entry::Linked { what } => (w.e_linked.to_owned(), what.clone()),
        Entry::Named { part: as_what, why } => (fill(w.e_named, &[part(w, *as_what)]), why.clone()),
        Entry::Struck { part: as_what, why } => (fill(w.e_struck, &[part(w, *as_what)]), why.clone()),
        Entry::Moved { to } => (fill(w.e_moved, &[called::incident_kind(language, *to)]), String::new()),
        Entry::Exported { why } => (w.e_exported.to_owned(), why.clone()),
        Entry::HandedOver { to, why } => {
            let office = crate::authority::Office::named(to).map(|o| called::office(language, o));
            (fill(w.e_handed, &[office.unwrap_or(to)]), why.clone())
        }
    };
    Line {
        at: moment(language, e.at),
        by: names.get(&e.by).cloned().unwrap_or_default(),
        what,
        text: called::lines(&text),
    }
}

async fn look(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(given): Posted<Purposeful>,
) -> Result<Redirect, Fault> {
    let (summary, _) = find(&visitor, &id).await?;
    let why = given.why(&visitor)?;
    console.live.give_purpose(&visitor.user.id, summary.id.as_str(), why);
    Ok(Redirect::to(&Place::Incident(summary.id.as_str()).to_string()))
}

#[derive(Deserialize)]
struct Nothing {}

/// The whole of it as a file, by the purpose that was given.
async fn export(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path(id): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let (summary, _) = find(&visitor, &id).await?;
    let (desk, id) = (&visitor.desk, &summary.id);
    let look = console.live.look(&visitor.user.id, id.as_str()).ok_or(Fault::Form)?;
    desk.incident(Act::Export, id).await?;
    let incident = desk.read_incident(id, &look.why).await?;
    let text =
        serde_json::to_string_pretty(&desk.incident_as_json(&incident).await?).map_err(|_| Fault::Away)?;
    let why = look.why.words.unwrap_or_else(|| look.why.purpose.name().to_owned());
    console.store.incident_write(id, Entry::Exported { why }, &desk.actor).await?;
    file(&format!("incident-{id}.json"), "application/json", text + "\n")
}
