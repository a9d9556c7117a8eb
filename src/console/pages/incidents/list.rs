//! What is proposed and open, newest first; no names and no texts. Opening one.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, moment, words},
    },
    super::queue::{Choice, REVIEWERS},
    kinds,
};
use crate::{
    authority::Act,
    desk::{Desk, Named, NewCase},
    effects::Language,
    mail::SchoolId,
    storage::{IncidentFilter, IncidentId, IncidentKind, IncidentState, IncidentSummary, Link},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::Incidents, Guard::Holding(REVIEWERS), page),
        Door::post(at::Incidents, Guard::SignedIn, open),
    ]
}

const ROWS: usize = 50;
/// Incidents that are looked at together, and for one page at most.
const BATCH: u32 = 100;
const LOOKED_AT: usize = 2_000;

words! {
    pub struct ListWords {
        title: "Incidents" / "Digwyddiadau",
        lead: "What was proposed waits for a person: a finding is not an incident." / "Mae'r hyn a gynigiwyd yn aros am berson: nid digwyddiad yw canfyddiad.",
        none: "None is there for you." / "Does dim un i chi.",
        number: "Number" / "Rhif",
        kind: "Kind" / "Math",
        state: "State" / "Cyflwr",
        about: "About" / "Ynghylch",
        since: "Since" / "Ers",
        school: "School" / "Ysgol",
        messages: "Messages" / "Negeseuon",
        ended: "Show those that have ended too" / "Dangos y rhai sydd wedi dod i ben hefyd",
        waiting: "Show only what is proposed and open" / "Dangos dim ond yr hyn a gynigiwyd ac sydd ar agor",
        counted: "{} more are with those whose office it is." / "Mae {} arall gyda'r rhai y mae'n rhan o'u swydd.",
        next: "Next" / "Nesaf",
        open: "Open an incident" / "Agor digwyddiad",
        name: "A few words" / "Ychydig eiriau",
        why: "Why" / "Pam",
        affected: "Who is affected" / "Pwy yr effeithir arnynt",
        accused: "Who is said to have done it" / "Pwy y dywedir iddo wneud hyn",
        people_hint: "A school address or the id in the directory; several with commas between." / "Cyfeiriad ysgol neu'r rhif adnabod yn y cyfeiriadur; sawl un gyda choma rhyngddynt.",
        do_it: "Open it" / "Ei agor",
        no_school: "Choose a school." / "Dewiswch ysgol.",
        no_text: "Give it a few words and say why." / "Rhowch ychydig eiriau a dywedwch pam.",
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    all: String,
    #[serde(default)]
    after: String,
}

struct Row {
    id: String,
    place: String,
    kind: &'static str,
    state: &'static str,
    badge: &'static str,
    about: &'static str,
    since: String,
    school: String,
    messages: u64,
}

#[derive(Template)]
#[template(path = "incidents/list.html")]
struct ListPage {
    frame: Frame,
    w: &'static ListWords,
    rows: Vec<Row>,
    all: bool,
    next: Option<String>,
    counted: Option<String>,
    kinds: Vec<Choice>,
    schools: Vec<Choice>,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let (desk, language) = (&visitor.desk, visitor.language);
    let (w, all) = (ListWords::of(language), !asked.all.is_empty());
    let own = desk.own_schools();
    let (mut seen, mut counted, mut looked_at): (Vec<IncidentSummary>, usize, usize) = (Vec::new(), 0, 0);
    let mut before: Option<IncidentId> = asked.after.parse().ok();
    let mut next = None;
    'page: while looked_at < LOOKED_AT {
        let filter = IncidentFilter {
            states: if all { IncidentState::ALL.to_vec() } else { Vec::new() },
            before: before.clone(),
            limit: Some(BATCH),
            ..IncidentFilter::default()
        };
        let found = console.store.incidents(&filter).await?;
        let is_last = found.len() < BATCH as usize;
        looked_at += found.len();
        let cases = console.store.incident_cases(&found).await?;
        for (incident, case) in found.into_iter().zip(cases) {
            if seen.len() == ROWS {
                next.clone_from(&before);
                break 'page;
            }
            before = Some(incident.id.clone());
            if desk.may(Act::List, &case).is_allowed() {
                seen.push(incident);
            } else if own.contains(&incident.school) && desk.may(Act::Count, &case).is_allowed() {
                counted += 1;
            }
        }
        if is_last {
            break;
        }
    }
    shown(&ListPage {
        frame: Frame::of(&visitor, w.title, Place::Incidents),
        w,
        rows: seen.iter().map(|incident| row(desk, language, incident)).collect(),
        all,
        next: next.map(|id| format!("{}?after={id}{}", Place::Incidents, if all { "&all=1" } else { "" })),
        counted: (counted > 0).then(|| fill(w.counted, &[&counted.to_string()])),
        kinds: kinds(language),
        schools: own_schools(desk),
    })
}

/// The asker's schools to choose from.
pub(super) fn own_schools(desk: &Desk) -> Vec<Choice> {
    let choice = |id: SchoolId| Choice {
        name: desk.school(&id).map_or_else(|| id.to_string(), |s| s.name.clone()),
        value: id.to_string(),
        is_chosen: false,
    };
    desk.own_schools().into_iter().map(choice).collect()
}

fn row(desk: &Desk, language: Language, incident: &IncidentSummary) -> Row {
    Row {
        id: incident.id.to_string(),
        place: Place::Incident(incident.id.as_str()).to_string(),
        kind: called::incident_kind(language, incident.kind),
        state: called::incident_state(language, incident.state),
        badge: match incident.state {
            IncidentState::Proposed => "medium",
            IncidentState::Open => "high",
            _ => "plain",
        },
        about: incident.category.map_or("", |c| called::category(language, c)),
        since: moment(language, incident.made_at),
        school: desk.school_name(&incident.school),
        messages: incident.messages,
    }
}

#[derive(Deserialize)]
pub(super) struct New {
    #[serde(default)]
    school: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    affected: String,
    #[serde(default)]
    accused: String,
    #[serde(default)]
    item: String,
}

impl New {
    /// What was filled in, as the desk wants it.
    pub(super) fn case(self, visitor: &Visitor) -> Result<NewCase, Fault> {
        let (desk, w) = (&visitor.desk, ListWords::of(visitor.language));
        let school = desk.config.schools.iter().find(|s| *s.id.0 == *self.school);
        let school = school.ok_or_else(|| Fault::Wrong(w.no_school.to_owned()).at("school"))?.id.clone();
        for (field, text) in [("title", &self.title), ("why", &self.why)] {
            if text.trim().is_empty() {
                return Err(Fault::Wrong(w.no_text.to_owned()).at(field));
            }
        }
        let mut links = Vec::new();
        if !self.item.is_empty() {
            links.push(Link::Item(self.item.parse().map_err(|()| Fault::NotThere)?));
        }
        let named = |field, texts: &str| -> Result<Vec<Named>, Fault> {
            let texts = texts.split(',').map(str::trim).filter(|t| !t.is_empty());
            let one = |text| Named::of(text, &desk.directory).map_err(|e| Fault::from(e).at(field));
            texts.map(one).collect()
        };
        Ok(NewCase {
            school,
            kind: IncidentKind::ALL.iter().copied().find(|k| k.name() == self.kind).ok_or(Fault::Form)?,
            title: self.title.trim().chars().take(200).collect(),
            why: self.why.trim().chars().take(2_000).collect(),
            affected: named("affected", &self.affected)?,
            accused: named("accused", &self.accused)?,
            links,
        })
    }
}

/// A person opens one, by itself or about an item.
async fn open(visitor: Visitor, Posted(new): Posted<New>) -> Result<Redirect, Fault> {
    let opened = visitor.desk.open_incident(new.case(&visitor)?).await?;
    let place = match opened.is_party {
        // Others follow it up.
        true => Place::Incidents.to_string(),
        false => Place::Incident(opened.id.as_str()).to_string(),
    };
    Ok(Redirect::to(&place))
}
