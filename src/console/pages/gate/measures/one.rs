//! One exception or suspension: what it is, who said what, and what may be done about it.

use super::{
    super::{
        super::super::{
            Console, Fault,
            page::{Frame, shown},
            places::Place,
            visitor::{Fresh, Posted, Visitor},
            words::{fill, moment},
        },
        GateWords,
        names::Names,
        reason,
    },
    MeasureWords, covers, kind_of, observes, part, rules, school_called, title, words,
};
use crate::{
    authority::Act,
    desk::measures::{MeasureStands, SeenMeasure},
    storage::{Approval, MeasureId, MeasureKind, MeasureState},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "gate/measure.html")]
struct OnePage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static MeasureWords,
    id: String,
    badge: &'static str,
    state: &'static str,
    facts: Vec<(&'static str, String)>,
    /// In the asker's own words, for whoever may know them.
    reason: Option<String>,
    observes: bool,
    decide: Option<String>,
    end: Option<String>,
    end_called: &'static str,
    back: String,
}

fn named(id: &str) -> Result<MeasureId, Fault> {
    id.parse().map_err(|()| Fault::NotThere)
}

pub(in super::super) async fn page(
    visitor: Visitor,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let (kind, id) = (kind_of(&kind)?, named(&id)?);
    let (w, desk) = (MeasureWords::of(visitor.language), &visitor.desk);
    let seen = desk.measure(Act::List, kind, &id).await?;
    if seen.knows {
        desk.look_at_measure(&seen).await?;
    }
    let stands = MeasureStands::of(&seen.kept, Utc::now());
    let (badge, state) = words::stands(visitor.language, stands);
    let may_decide = stands == MeasureStands::Waits && desk.may_decide_measure(&seen).await?;
    let may_end = stands.is_open() && desk.may(Act::Revoke, &seen.case).is_allowed();
    let (part, id) = (part(kind), id.as_str());
    let g = GateWords::of(visitor.language);
    shown(&OnePage {
        frame: Frame::of(&visitor, title(g, kind), Place::GateMeasure(part, id)),
        g,
        w,
        id: id.to_owned(),
        badge,
        state,
        facts: facts(&visitor, w, &seen).await?,
        reason: seen.knows.then(|| seen.kept.reason.clone()),
        observes: observes(&visitor, &seen.kept.school),
        decide: may_decide.then(|| Place::GateMeasureDecide(part, id).to_string()),
        end: may_end.then(|| Place::GateMeasureEnd(part, id).to_string()),
        end_called: if stands == MeasureStands::Waits { w.take_back } else { w.end },
        back: Place::GateMeasures(part).to_string(),
    })
}

async fn facts(
    visitor: &Visitor,
    w: &'static MeasureWords,
    seen: &SeenMeasure,
) -> Result<Vec<(&'static str, String)>, Fault> {
    let (language, kept) = (visitor.language, &seen.kept);
    let mut facts = vec![
        (w.school, school_called(visitor, &kept.school)),
        (w.covers, covers(visitor, w, seen)),
        (w.from, moment(language, kept.period.from)),
        (w.until, moment(language, kept.period.until)),
    ];
    if kept.measure.kind() == MeasureKind::Exception {
        facts.insert(2, (w.rules, rules(&kept.measure)));
    }
    let decided = if kept.state == MeasureState::Refused { w.refused } else { w.decided };
    let mut names = Names::new(&visitor.desk, language);
    let acts =
        [(w.asked, Some(&kept.asked)), (decided, kept.decided.as_ref()), (w.ended, kept.ended.as_ref())];
    for (name, act) in acts {
        if let Some(act) = act {
            let who = names.of(&act.by).await?;
            facts.push((name, fill(w.at, &[&who, &moment(language, act.at)])));
        }
    }
    Ok(facts)
}

#[derive(Deserialize)]
pub(in super::super) struct Word {
    #[serde(default)]
    reason: String,
    /// `yes` or `no`.
    #[serde(default)]
    say: String,
}

impl Word {
    fn reason(&self, visitor: &Visitor) -> Result<&str, Fault> {
        reason(visitor.language, &self.reason)
    }
}

/// Another person's yes takes rules away from mail, or mail from a person: it asks who one is.
pub(in super::super) async fn decide(
    State(console): State<Arc<Console>>,
    Fresh(visitor): Fresh,
    Path((kind, id)): Path<(String, String)>,
    Posted(word): Posted<Word>,
) -> Result<Response, Fault> {
    let (kind, id) = (kind_of(&kind)?, named(&id)?);
    let approval = match word.say.as_str() {
        "yes" => Approval::Yes,
        "no" => Approval::No,
        _ => return Err(Fault::Form),
    };
    visitor.desk.decide_measure(kind, &id, approval, word.reason(&visitor)?).await?;
    at_once(&console, kind, &id).await
}

pub(in super::super) async fn end(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((kind, id)): Path<(String, String)>,
    Posted(word): Posted<Word>,
) -> Result<Response, Fault> {
    let (kind, id) = (kind_of(&kind)?, named(&id)?);
    visitor.desk.end_measure(kind, &id, word.reason(&visitor)?).await?;
    at_once(&console, kind, &id).await
}

/// This gate holds to it from now on, others of the same store within half a minute.
async fn at_once(console: &Console, kind: MeasureKind, id: &MeasureId) -> Result<Response, Fault> {
    console.gate.read_measures().await?;
    Ok(Redirect::to(&Place::GateMeasure(part(kind), id.as_str()).to_string()).into_response())
}
