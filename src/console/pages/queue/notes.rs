//! Notes for leads beside the people of an item (practice.md, A12): what whoever decides should know of a
//! person, written and ended here. Of whoever is no lead or deputy of the school the page says nothing.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, moment, words},
    },
    item::{account, find},
    list::Choice,
    people::{everyone, writer},
};
use crate::{
    authority::{Act, Case, Office},
    desk::{Desk, NoteDays},
    effects::Language,
    mail::SchoolId,
    parties::Person,
    storage::{ItemDetail, ItemId, LONGEST_LEAD_NOTE, LeadNote, LeadNoteId},
};
use axum::{
    extract::{Path, State},
    response::Redirect,
};
use chrono::{NaiveDate, Utc};
use serde::Deserialize;
use std::sync::Arc;

words! {
    pub struct NoteWords {
        title: "Notes for leads" / "Nodiadau i arweinwyr",
        hint: "Only the safeguarding lead and the deputies of this school see them here. If the person asks what is held on them, you and the data protection officer rule on each."
            / "Dim ond arweinydd diogelu a dirprwyon yr ysgol hon sy'n eu gweld yma. Os bydd y person yn gofyn beth a gedwir amdano, chi a'r swyddog diogelu data sy'n penderfynu ar bob un.",
        none: "No note on anybody in it." / "Dim nodyn am neb ynddi.",
        until: "Until {}, written {} by {}" / "Tan {}, ysgrifennwyd {} gan {}",
        end: "End it" / "Dod ag ef i ben",
        write: "Write a note" / "Ysgrifennu nodyn",
        who: "Person" / "Person",
        text: "What whoever decides should know" / "Yr hyn y dylai pwy bynnag sy'n penderfynu ei wybod",
        example: "For example: repeats phrases; agreed with the SENCO to speak first. At most 500 letters." / "Er enghraifft: yn ailadrodd ymadroddion; cytunwyd gyda'r CADY i siarad yn gyntaf. 500 llythyren ar y mwyaf.",
        last: "Last day" / "Diwrnod olaf",
        keep: "Keep the note" / "Cadw'r nodyn",
        said_kept: "The note is kept until the end of its last day." / "Cedwir y nodyn tan ddiwedd ei ddiwrnod olaf.",
        said_ended: "The note has ended." / "Mae'r nodyn wedi dod i ben.",
        wrong_text: "Write a note of 1 to 500 letters." / "Ysgrifennwch nodyn o 1 i 500 llythyren.",
        wrong_day: "Choose a last day from today on, within a year." / "Dewiswch ddiwrnod olaf o heddiw ymlaen, o fewn blwyddyn.",
    }
}

const WRITERS: Guard = Guard::Holding(&[Office::Lead, Office::Deputy]);

pub(super) fn doors() -> Vec<Door> {
    vec![Door::post(at::ItemNotes, WRITERS, write), Door::post(at::ItemNoteEnd, WRITERS, end)]
}

/// One note as it is read.
pub(in super::super) struct Note {
    pub(in super::super) id: String,
    pub(in super::super) who: String,
    pub(in super::super) text: String,
    /// Its last day, who wrote it and when.
    pub(in super::super) life: String,
}

/// Beside the people of an item.
pub(super) struct Card {
    pub(super) w: &'static NoteWords,
    /// Each with where it is ended.
    pub(super) notes: Vec<(Note, String)>,
    /// On whom one may be written.
    pub(super) people: Vec<Choice>,
    pub(super) place: String,
    pub(super) first: NaiveDate,
    pub(super) usual: NaiveDate,
    pub(super) longest: NaiveDate,
}

/// `None` for whoever reads no notes.
pub(super) async fn card(visitor: &Visitor, case: &Case, detail: &ItemDetail) -> Result<Option<Card>, Fault> {
    let (desk, language) = (&visitor.desk, visitor.language);
    let (id, school) = (&detail.summary.id, &detail.summary.school);
    let Some(of) = desk.school(school).filter(|_| desk.reads_notes(school)) else { return Ok(None) };
    let NoteDays { today, usual, longest } = NoteDays::of(&of.calendar, Utc::now());
    let found = desk.notes_beside(school, &desk.faces_in(detail, case)?).await?;
    let notes = shown(desk, language, &found).await?.into_iter();
    let ends = |note: &Note| Place::ItemNoteEnd(id.as_str(), &note.id).to_string();
    Ok(Some(Card {
        w: NoteWords::of(language),
        notes: notes.map(|note| (ends(&note), note)).map(|(place, note)| (note, place)).collect(),
        people: people(desk, school, detail),
        place: Place::ItemNotes(id.as_str()).to_string(),
        first: today,
        usual,
        longest,
    }))
}

/// Notes with the names of whom they are about and of who wrote them.
pub(in super::super) async fn shown(
    desk: &Desk,
    language: Language,
    found: &[LeadNote],
) -> Result<Vec<Note>, Fault> {
    let w = NoteWords::of(language);
    let mut notes = Vec::with_capacity(found.len());
    for note in found {
        let last = desk.last_day(note).format("%d/%m/%Y").to_string();
        let by = writer(desk, language, &note.made_by).await?;
        notes.push(Note {
            id: note.id.to_string(),
            who: desk.directory.person(&note.person).map_or_else(|| note.person.0.to_string(), name),
            text: called::lines(&note.text),
            life: fill(w.until, &[&last, &moment(language, note.made_at), &by]),
        });
    }
    Ok(notes)
}

fn name(person: Person<'_>) -> String {
    format!("{} {}", person.given(), person.family())
}

/// Those in it who belong to the school, each once, by the first place at which they stand.
fn people(desk: &Desk, school: &SchoolId, detail: &ItemDetail) -> Vec<Choice> {
    let mut seen = Vec::new();
    let mut all = Vec::new();
    for (place, address) in everyone(detail).enumerate().take(50) {
        let belongs = |p: &Person<'_>| p.memberships().any(|(id, _)| id == school);
        let Some(person) = desk.holder(address).filter(belongs) else { continue };
        if !seen.contains(person.id()) {
            seen.push(person.id().clone());
            all.push(Choice { value: place.to_string(), name: name(person), is_chosen: false });
        }
    }
    all
}

/// What the page of the item says after it.
pub(super) fn said(language: Language, word: &str) -> Option<String> {
    let w = NoteWords::of(language);
    match word {
        "note-kept" => Some(w.said_kept.to_owned()),
        "note-ended" => Some(w.said_ended.to_owned()),
        _ => None,
    }
}

/// Where a form of an item leads: for whoever has opened it, and may still see what is in it.
async fn opened(console: &Console, visitor: &Visitor, id: &str) -> Result<ItemDetail, Fault> {
    let (item, case) = find(visitor, id).await?;
    let look = console.live.look(account(visitor), item.id.as_str()).ok_or(Fault::Form)?;
    visitor.desk.authorise(Act::Particulars, &case, "item", item.id.as_str()).await?;
    Ok(console.store.item(&item.id, &visitor.desk.actor, look.why).await?)
}

fn back(item: &ItemId, said: &str) -> Redirect {
    Redirect::to(&format!("{}?said={said}", Place::Item(item.as_str())))
}

#[derive(Deserialize)]
struct Written {
    /// The person's place in the list of who is in it.
    #[serde(default)]
    who: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    last: String,
}

async fn write(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(written): Posted<Written>,
) -> Result<Redirect, Fault> {
    let detail = opened(&console, &visitor, &id).await?;
    let (desk, w) = (&visitor.desk, NoteWords::of(visitor.language));
    let school = &detail.summary.school;
    let place: usize = written.who.parse().map_err(|_| Fault::Form)?;
    let address = everyone(&detail).nth(place).ok_or(Fault::Form)?;
    let person = desk.holder(address).ok_or(Fault::Form)?;
    let text = written.text.trim();
    if !(1..=LONGEST_LEAD_NOTE).contains(&text.chars().count()) {
        return Err(Fault::Wrong(w.wrong_text.to_owned()).at("text"));
    }
    let wrong_day = || Fault::Wrong(w.wrong_day.to_owned()).at("last");
    let last: NaiveDate = written.last.trim().parse().map_err(|_| wrong_day())?;
    let days = desk.school(school).map(|s| NoteDays::of(&s.calendar, Utc::now()));
    if !days.is_some_and(|days| days.allow(last)) {
        return Err(wrong_day());
    }
    desk.note_down(person, Some(school), text, Some(last)).await?;
    Ok(back(&detail.summary.id, "note-kept"))
}

#[derive(Deserialize)]
struct Nothing {}

async fn end(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((id, note)): Path<(String, String)>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Fault> {
    let detail = opened(&console, &visitor, &id).await?;
    let note: LeadNoteId = note.parse().map_err(|()| Fault::NotThere)?;
    visitor.desk.end_note(&note).await?;
    Ok(back(&detail.summary.id, "note-ended"))
}
