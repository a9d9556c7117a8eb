//! The switch back to observe (practice.md, C): one signature, a reason, at most a day; malware and
//! matched images stay. Governors see each use in the report.

use super::{
    super::super::{
        Console, Fault,
        page::{Frame, shown},
        places::Place,
        visitor::{Posted, Visitor},
        words::{fill, moment, words},
    },
    GateWords, reason,
};
use crate::{
    authority::{Act, Thing},
    mail::SchoolId,
    storage::{LONGEST_SWITCH, SwitchId},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use std::sync::Arc;

words! {
    struct ObserveWords {
        lead: "From the next minute nothing of this school's mail is stopped, held or answered by a rule. Malware and matched images still are. What waits goes on waiting. It ends by itself."
            / "O'r funud nesaf ni chaiff dim o bost yr ysgol hon ei atal, ei ddal na'i ateb gan reol. Caiff maleiswedd a lluniau sy'n cyfateb eu hatal o hyd. Mae'r hyn sy'n aros yn dal i aros. Daw i ben ar ei ben ei hun.",
        school: "School" / "Ysgol",
        rule: "Only this rule (its number; empty is all)" / "Y rheol hon yn unig (ei rhif; gwag yw'r cyfan)",
        hours: "For so many hours" / "Am gynifer o oriau",
        reason: "Why; governors see it" / "Pam; mae llywodraethwyr yn ei weld",
        begin: "Observe from now on" / "Arsylwi o hyn ymlaen",
        now: "What observes now" / "Beth sy'n arsylwi nawr",
        nothing: "Nothing is switched." / "Nid oes dim wedi'i droi.",
        until: "{} until {}" / "{} tan {}",
        end: "End it" / "Ei orffen",
        no_rule: "There is no policy rule of that number; the page of rules shows them."
            / "Nid oes rheol bolisi â'r rhif hwnnw; mae tudalen y rheolau yn eu dangos.",
        not_yours: "You hold no office that may switch." / "Nid oes gennych swydd a all droi.",
    }
}

struct On {
    id: String,
    says: String,
}

#[derive(Template)]
#[template(path = "gate/observe.html")]
struct ObservePage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static ObserveWords,
    schools: Vec<(String, String)>,
    on: Vec<On>,
}

pub(super) async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    let (w, g) = (ObserveWords::of(visitor.language), GateWords::of(visitor.language));
    let own = visitor.desk.schools_where(Act::SwitchToObserve, Thing::ObserveSwitch);
    let (config, now) = (console.config(), Utc::now());
    let name = |id: &SchoolId| {
        config.schools.iter().find(|s| s.id == *id).map_or_else(|| id.to_string(), |s| s.name.clone())
    };
    let switches = console.store.switches().await?;
    let on =
        switches.iter().filter(|s| s.ended.is_none() && s.period.holds_at(now) && own.contains(&s.school));
    let on = on.map(|s| {
        let what =
            s.rule.as_ref().map_or_else(|| name(&s.school), |rule| format!("{}, {rule}", name(&s.school)));
        let until = moment(visitor.language, s.period.until);
        On { id: s.id.to_string(), says: fill(w.until, &[&what, &until]) }
    });
    shown(&ObservePage {
        frame: Frame::of(&visitor, g.observe, Place::GateObserve),
        g,
        w,
        schools: own.iter().map(|id| (id.to_string(), name(id))).collect(),
        on: on.collect(),
    })
}

#[derive(Deserialize)]
pub(super) struct Asked {
    school: Option<String>,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    reason: String,
    /// The switch that is to end.
    end: Option<String>,
}

pub(super) async fn act(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Fault> {
    let own = visitor.desk.schools_or_refuse(Act::SwitchToObserve, Thing::ObserveSwitch)?;
    let reason = reason(visitor.language, &asked.reason)?;
    let (store, actor) = (&console.store, &visitor.desk.actor);
    if let Some(end) = &asked.end {
        let id: SwitchId = end.parse().map_err(|()| Fault::NotThere)?;
        let known = store.switches().await?.into_iter().find(|s| s.id == id);
        known.filter(|s| own.contains(&s.school)).ok_or(Fault::NotThere)?;
        store.end_observing(&id, actor, reason).await?;
    } else {
        // A school that only observes protects nobody.
        if !visitor.session.is_fresh() {
            return Err(Fault::ProveAnew);
        }
        let school = asked.school.as_deref().and_then(|s| own.iter().find(|id| *id.0 == *s));
        let school = school.ok_or(Fault::NotThere)?;
        let rule = Some(asked.rule.trim()).filter(|rule| !rule.is_empty());
        let standing = console.gate.standing();
        if let Some(rule) = rule
            && !standing.rulebook.rules.policy.iter().any(|r| *r.id == *rule)
        {
            return Err(Fault::Wrong(ObserveWords::of(visitor.language).no_rule.to_owned()).at("rule"));
        }
        let lasts =
            TimeDelta::hours(asked.hours.trim().parse().unwrap_or(24_i64).clamp(1, 24)).min(LONGEST_SWITCH);
        store.switch_to_observe(school, rule, lasts, actor, reason).await?;
    }
    console.gate.read_measures().await?;
    Ok(Redirect::to(&Place::GateObserve.to_string()).into_response())
}
