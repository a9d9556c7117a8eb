//! Asking for an exception or a suspension.

use super::{
    super::super::super::{
        Console, Fault,
        places::Place,
        visitor::{Posted, Visitor},
    },
    MeasureWords, kind_of, made, part,
};
use crate::{
    desk::{
        DeskFault,
        measures::{Edge, class_of, excepted, moment, person_of},
    },
    mail::{Covers, Period, SchoolId},
    storage::{Measure, MeasureKind, NewMeasure},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

/// Names of rules in one exception.
const MOST_NAMES: usize = 50;

/// The form as it was filled in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Wish {
    pub(super) school: String,
    pub(super) person: String,
    pub(super) class: String,
    pub(super) rules: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) reason: String,
}

pub(in super::super) async fn ask(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(kind): Path<String>,
    Posted(wish): Posted<Wish>,
) -> Result<Response, Fault> {
    let kind = kind_of(&kind)?;
    let w = MeasureWords::of(visitor.language);
    let new = match meant(&console, &visitor, w, kind, &wish) {
        Ok(new) => new,
        Err(DeskFault::Wrong(sentence)) => return made(&console, &visitor, kind, wish, sentence).await,
        Err(fault) => return Err(fault.into()),
    };
    match visitor.desk.ask_measure(new).await {
        Ok(id) => Ok(Redirect::to(&Place::GateMeasure(part(kind), id.as_str()).to_string()).into_response()),
        Err(DeskFault::Wrong(sentence)) => made(&console, &visitor, kind, wish, sentence).await,
        Err(fault) => Err(fault.into()),
    }
}

/// What the form asks for, by the people and rules in force.
fn meant(
    console: &Console,
    visitor: &Visitor,
    w: &MeasureWords,
    kind: MeasureKind,
    wish: &Wish,
) -> Result<NewMeasure, DeskFault> {
    let not_there = || DeskFault::NotThere { what: "school", id: wish.school.clone() };
    let may_ask = visitor.desk.may_ask_measure(kind);
    let school: SchoolId = may_ask.into_iter().find(|id| *id.0 == *wish.school).ok_or_else(not_there)?;
    let (person, class) = (wish.person.trim(), wish.class.trim());
    let directory = &visitor.desk.directory;
    let measure = match kind {
        MeasureKind::Suspension => Measure::Suspension { person: person_of(person, directory)?.0 },
        MeasureKind::Exception => {
            let covers = match (person.is_empty(), class.is_empty()) {
                (false, true) => Covers::Person(person_of(person, directory)?.0),
                (true, false) => Covers::Class(class_of(class, directory)?),
                _ => return Err(DeskFault::Wrong(w.one_of_two.to_owned())),
            };
            Measure::Exception { covers, rules: named(console, w, &wish.rules)? }
        }
    };
    let from = match wish.from.trim() {
        "" => Utc::now(),
        day => moment(day, Edge::First)?,
    };
    let period = Period { from, until: moment(wish.until.trim(), Edge::Last)? };
    Ok(NewMeasure { school, measure, period, reason: wish.reason.trim().to_owned() })
}

fn named(console: &Console, w: &MeasureWords, text: &str) -> Result<Vec<Arc<str>>, DeskFault> {
    let names: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|n| !n.is_empty()).collect();
    if names.is_empty() {
        return Err(DeskFault::Wrong(w.no_rules.to_owned()));
    }
    if names.len() > MOST_NAMES {
        return Err(DeskFault::Wrong(w.many_rules.to_owned()));
    }
    let standing = console.gate.standing();
    let rules = &standing.rulebook.rules;
    names.into_iter().map(|name| excepted(&name.chars().take(100).collect::<String>(), rules)).collect()
}
