//! Exceptions and suspensions: which there are, asking for one. What one is, and what is done about it, is
//! in `one`. Whom one is about does not see it in any list (docs/exceptions.md).

mod ask;
mod one;
mod words;

pub(super) use ask::ask;
pub(super) use one::{decide, end, page as one};
use words::MeasureWords;

use super::{
    super::super::{
        Console, Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{fill, moment},
    },
    GateWords,
};
use crate::{
    desk::measures::{MeasureStands, SeenMeasure},
    mail::{Covers, Mode, SchoolId},
    parties::PersonId,
    storage::{KeptMeasure, Measure, MeasureKind},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::Utc;
use std::sync::Arc;

/// In one table.
const MOST: usize = 50;

/// The part of the address that says which of both.
pub(super) const EXCEPTIONS: &str = "exceptions";
pub(super) const SUSPENSIONS: &str = "suspensions";

fn kind_of(part: &str) -> Result<MeasureKind, Fault> {
    match part {
        EXCEPTIONS => Ok(MeasureKind::Exception),
        SUSPENSIONS => Ok(MeasureKind::Suspension),
        _ => Err(Fault::NotThere),
    }
}

fn part(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Exception => EXCEPTIONS,
        MeasureKind::Suspension => SUSPENSIONS,
    }
}

fn title(g: &GateWords, kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Exception => g.exceptions,
        MeasureKind::Suspension => g.suspensions,
    }
}

struct Line {
    id: String,
    place: String,
    badge: &'static str,
    state: &'static str,
    school: String,
    covers: String,
    rules: String,
    from: String,
    until: String,
}

#[derive(Template)]
#[template(path = "gate/measures.html")]
struct ListPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static MeasureWords,
    kind: MeasureKind,
    lead: &'static str,
    tables: Vec<(&'static str, Vec<Line>)>,
    more: String,
    /// Where one may be asked for.
    schools: Vec<(String, String)>,
    here: String,
}

impl ListPage {
    fn is_exception(&self) -> bool {
        self.kind == MeasureKind::Exception
    }
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(kind): Path<String>,
) -> Result<Response, Fault> {
    let (kind, visitor) = (kind_of(&kind)?, &visitor);
    let (w, now) = (MeasureWords::of(visitor.language), Utc::now());
    let is_open = |kept: &KeptMeasure| MeasureStands::of(kept, now).is_open();
    let open = visitor.desk.measures(kind, is_open, MOST + 1).await?;
    let closed = visitor.desk.measures(kind, |kept| !is_open(kept), MOST + 1).await?;
    let more = open.len() > MOST || closed.len() > MOST;
    let lines = |all: Vec<SeenMeasure>| all.iter().take(MOST).map(|seen| line(visitor, w, seen)).collect();
    let may_ask = visitor.desk.may_ask_measure(kind);
    let schools = console.config().schools.clone();
    let schools = schools.iter().filter(|s| may_ask.contains(&s.id));
    let g = GateWords::of(visitor.language);
    shown(&ListPage {
        frame: Frame::of(visitor, title(g, kind), Place::GateMeasures(part(kind))),
        g,
        w,
        kind,
        lead: match kind {
            MeasureKind::Exception => w.exceptions_lead,
            MeasureKind::Suspension => w.suspensions_lead,
        },
        tables: vec![(w.open, lines(open)), (w.closed, lines(closed))],
        more: if more { fill(w.more, &[&MOST.to_string()]) } else { String::new() },
        schools: schools.map(|s| (s.id.to_string(), s.name.clone())).collect(),
        here: Place::GateMeasures(part(kind)).to_string(),
    })
}

fn line(visitor: &Visitor, w: &MeasureWords, seen: &SeenMeasure) -> Line {
    let (language, kept) = (visitor.language, &seen.kept);
    let (badge, state) = words::stands(language, MeasureStands::of(kept, Utc::now()));
    let id = kept.id.as_str();
    Line {
        id: id.to_owned(),
        place: Place::GateMeasure(part(kept.measure.kind()), id).to_string(),
        badge,
        state,
        school: school_called(visitor, &kept.school),
        covers: covers(visitor, w, seen),
        rules: rules(&kept.measure),
        from: moment(language, kept.period.from),
        until: moment(language, kept.period.until),
    }
}

fn school_called(visitor: &Visitor, id: &SchoolId) -> String {
    let mut schools = visitor.desk.config.schools.iter();
    schools.find(|s| s.id == *id).map_or_else(|| id.to_string(), |s| s.name.clone())
}

fn observes(visitor: &Visitor, id: &SchoolId) -> bool {
    visitor.desk.config.schools.iter().any(|s| s.id == *id && s.mode == Mode::Observe)
}

fn rules(measure: &Measure) -> String {
    match measure {
        Measure::Exception { rules, .. } => rules.iter().map(|r| &**r).collect::<Vec<_>>().join(" "),
        Measure::Suspension { .. } => String::new(),
    }
}

/// Whom it covers, for whoever may know.
fn covers(visitor: &Visitor, w: &MeasureWords, seen: &SeenMeasure) -> String {
    let called = |id: &Arc<str>| match visitor.desk.directory.person(&PersonId(id.clone())) {
        Some(person) => format!("{} {}", person.given(), person.family()),
        None => w.gone.to_owned(),
    };
    match &seen.kept.measure {
        _ if !seen.knows => w.not_told.to_owned(),
        Measure::Exception { covers: Covers::Person(id), .. } | Measure::Suspension { person: id } => {
            called(id)
        }
        Measure::Exception { covers: Covers::Class(name), .. } => fill(w.class, &[name]),
    }
}
