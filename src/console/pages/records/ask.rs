//! What is looked for. It is typed into a form that is sent, checked, and kept in memory; the answer stands
//! at an address of its own, so that one comes back to it from a record.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown, wrong},
        places::{Place, at},
        visitor::{Posted, Visitor},
    },
    super::queue::{Choice, Purposeful, purposes},
    READERS,
};
use crate::{
    authority::{Act, Thing},
    clock::in_uk,
    desk::{Desk, correspondents, person},
    effects::Language,
    mail::SchoolId,
    storage::{FiledAs, Purpose, Search, Why},
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(super) use super::ask_words::AskWords;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Records, Guard::Holding(READERS), page),
        Door::post(at::RecordsFind, Guard::Holding(READERS), find),
    ]
}

/// Letters of one field.
const LONGEST: usize = 200;

/// As it was typed.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    pub(super) child: String,
    #[serde(default)]
    pub(super) parent: String,
    #[serde(default)]
    pub(super) staff: String,
    #[serde(default)]
    pub(super) with: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) since: String,
    #[serde(default)]
    pub(super) until: String,
    #[serde(default)]
    pub(super) school: String,
}

/// A question that was checked, with its purpose.
pub(super) struct Question {
    pub(super) typed: Typed,
    pub(super) why: Why,
}

/// What is wrong with a question: in which field, and why.
struct Mistaken {
    field: &'static str,
    fault: Fault,
}

impl Typed {
    fn bounded(self) -> Self {
        let short = |text: String| text.trim().chars().take(LONGEST).collect();
        Self {
            child: short(self.child),
            parent: short(self.parent),
            staff: short(self.staff),
            with: short(self.with),
            text: short(self.text),
            since: short(self.since),
            until: short(self.until),
            school: short(self.school),
        }
    }

    /// The question that the store is asked, by the people who are in the directory now.
    pub(super) fn search(&self, desk: &Desk, w: &AskWords) -> Result<Search, Fault> {
        self.checked(desk, w).map_err(|mistaken| mistaken.fault)
    }

    fn checked(&self, desk: &Desk, w: &AskWords) -> Result<Search, Mistaken> {
        let mut search = Search { words: self.text.clone(), ..Search::default() };
        let people = [
            ("child", &self.child, FiledAs::Child),
            ("parent", &self.parent, FiledAs::Parent),
            ("staff", &self.staff, FiledAs::Staff),
        ];
        for (field, text, filed_as) in people.into_iter().filter(|(_, text, _)| !text.is_empty()) {
            let found = person(&desk.directory, text).map_err(|e| Mistaken { field, fault: e.into() })?;
            search.filed.push((found.id().clone(), Some(filed_as)));
        }
        if !self.with.is_empty() {
            let who = correspondents(&desk.directory, &self.with)
                .map_err(|e| Mistaken { field: "with", fault: e.into() })?;
            search.with.push(who);
        }
        let day = |field, text: &str| -> Result<Option<NaiveDate>, Mistaken> {
            let wrong = |_| Mistaken { field, fault: Fault::Wrong(w.bad_day.to_owned()) };
            if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
        };
        search.since = day("since", &self.since)?.map(begins);
        search.until = day("until", &self.until)?.and_then(|d| d.checked_add_days(Days::new(1))).map(begins);
        search.school = Some(&self.school)
            .filter(|text| desk.own_schools().iter().any(|own| *own.0 == ***text))
            .map(|text| SchoolId(text.as_str().into()));
        Ok(search)
    }

    /// What was typed, with the names of the fields.
    pub(super) fn said(&self, w: &AskWords, desk: &Desk) -> Vec<(&'static str, String)> {
        let school = desk.school(&SchoolId(self.school.as_str().into())).map(|s| s.name.clone());
        let fields = [
            (w.child, &self.child),
            (w.parent, &self.parent),
            (w.staff, &self.staff),
            (w.with, &self.with),
            (w.text, &self.text),
            (w.since, &self.since),
            (w.until, &self.until),
        ];
        let typed = fields.into_iter().filter(|(_, text)| !text.is_empty());
        let typed = typed.map(|(name, text)| (name, called::plain(text, LONGEST)));
        typed.chain(school.map(|name| (w.school, name))).collect()
    }
}

/// Midnight of a day where the schools are.
fn begins(day: NaiveDate) -> DateTime<Utc> {
    let utc = day.and_time(NaiveTime::MIN).and_utc();
    utc - chrono::TimeDelta::seconds(i64::from(in_uk(utc).offset().local_minus_utc()))
}

/// The form, empty or with what was typed.
pub(super) struct Form {
    pub(super) typed: Typed,
    pub(super) own: String,
    pub(super) purposes: Vec<Choice>,
    pub(super) schools: Vec<Choice>,
    /// The field that is wrong, and why.
    pub(super) fault: Option<(&'static str, String)>,
}

impl Form {
    pub(super) fn of(visitor: &Visitor, typed: Typed, why: Option<&Why>) -> Self {
        let desk = &visitor.desk;
        let own = desk.own_schools();
        let school = |id: &SchoolId| Choice {
            value: id.to_string(),
            name: desk.school(id).map_or_else(|| id.to_string(), |s| s.name.clone()),
            is_chosen: *id.0 == *typed.school,
        };
        let schools = if own.len() > 1 { own.iter().map(school).collect() } else { Vec::new() };
        Self {
            schools,
            own: why.and_then(|why| why.words.clone()).unwrap_or_default(),
            purposes: of_records(visitor.language, why.map(|why| why.purpose)),
            typed,
            fault: None,
        }
    }

    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.fault.as_ref().is_some_and(|(at, _)| *at == field)
    }
}

/// The purposes for which records open: also in somebody's absence, with leave.
pub(super) fn of_records(language: Language, chosen: Option<Purpose>) -> Vec<Choice> {
    let mut all = purposes(language, chosen.or(Some(Purpose::Complaint)));
    all.push(Choice {
        value: Purpose::Absence.name().to_owned(),
        name: called::purpose(language, Purpose::Absence).to_owned(),
        is_chosen: chosen == Some(Purpose::Absence),
    });
    all
}

#[derive(Template)]
#[template(path = "records/ask.html")]
struct AskPage {
    frame: Frame,
    w: &'static AskWords,
    form: Form,
}

async fn page(visitor: Visitor) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Search, Thing::Record)?;
    let w = AskWords::of(visitor.language);
    let form = Form::of(&visitor, Typed::default(), None);
    shown(&AskPage { frame: Frame::of(&visitor, w.title, Place::Records), w, form })
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(flatten)]
    typed: Typed,
    #[serde(flatten)]
    purpose: Purposeful,
}

/// Keeps the question when it can be asked.
async fn find(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, Fault> {
    let w = AskWords::of(visitor.language);
    visitor.desk.schools_or_refuse(Act::Search, Thing::Record)?;
    let why = wanted.purpose.why_of_record(&visitor)?;
    let typed = wanted.typed.bounded();
    if let Err(Mistaken { field, fault }) = typed.checked(&visitor.desk, w) {
        let mut form = Form::of(&visitor, typed, Some(&why));
        form.fault = Some((field, wrong(visitor.language, &fault).ok_or(fault)?));
        let page = shown(&AskPage { frame: Frame::of(&visitor, w.title, Place::Records), w, form })?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let question = console.asked.questions.keep(&visitor.user.id, Arc::new(Question { typed, why }));
    Ok(Redirect::to(&Place::RecordsFound(&question).to_string()).into_response())
}
