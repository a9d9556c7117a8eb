//! Asking for an exception or a suspension.

use super::{
    super::super::super::{
        Console, Fault,
        places::Place,
        visitor::{Posted, Visitor},
    },
    MeasureWords, kind_of, part,
};
use crate::{
    desk::measures::{Edge, class_of, excepted, moment, person_of},
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
    school: String,
    person: String,
    class: String,
    rules: String,
    from: String,
    until: String,
    reason: String,
}

pub(in super::super) async fn ask(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(kind): Path<String>,
    Posted(wish): Posted<Wish>,
) -> Result<Response, Fault> {
    let kind = kind_of(&kind)?;
    let new = meant(&console, &visitor, kind, &wish)?;
    let id = visitor.desk.ask_measure(new).await?;
    Ok(Redirect::to(&Place::GateMeasure(part(kind), id.as_str()).to_string()).into_response())
}

/// What the form asks for, by the people and rules in force.
fn meant(console: &Console, visitor: &Visitor, kind: MeasureKind, wish: &Wish) -> Result<NewMeasure, Fault> {
    let w = MeasureWords::of(visitor.language);
    let may_ask = visitor.desk.may_ask_measure(kind);
    let school: SchoolId = may_ask.into_iter().find(|id| *id.0 == *wish.school).ok_or(Fault::NotThere)?;
    let (person, class) = (wish.person.trim(), wish.class.trim());
    let directory = &visitor.desk.directory;
    let named_person = || person_of(person, directory).map_err(|e| Fault::from(e).at("person"));
    let measure = match kind {
        MeasureKind::Suspension => Measure::Suspension { person: named_person()?.0 },
        MeasureKind::Exception => {
            let covers = match (person.is_empty(), class.is_empty()) {
                (false, true) => Covers::Person(named_person()?.0),
                (true, false) => {
                    Covers::Class(class_of(class, directory).map_err(|e| Fault::from(e).at("class"))?)
                }
                _ => return Err(Fault::Wrong(w.one_of_two.to_owned()).at("person")),
            };
            Measure::Exception { covers, rules: named(console, w, &wish.rules).map_err(|e| e.at("rules"))? }
        }
    };
    let from = match wish.from.trim() {
        "" => Utc::now(),
        day => moment(day, Edge::First).map_err(|e| Fault::from(e).at("from"))?,
    };
    let until = moment(wish.until.trim(), Edge::Last).map_err(|e| Fault::from(e).at("until"))?;
    let period = Period { from, until };
    Ok(NewMeasure { school, measure, period, reason: wish.reason.trim().to_owned() })
}

fn named(console: &Console, w: &MeasureWords, text: &str) -> Result<Vec<Arc<str>>, Fault> {
    let names: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|n| !n.is_empty()).collect();
    if names.is_empty() {
        return Err(Fault::Wrong(w.no_rules.to_owned()));
    }
    if names.len() > MOST_NAMES {
        return Err(Fault::Wrong(w.many_rules.to_owned()));
    }
    let standing = console.gate.standing();
    let rules = &standing.rulebook.rules;
    let one = |name: &str| Ok(excepted(&name.chars().take(100).collect::<String>(), rules)?);
    names.into_iter().map(one).collect()
}
