//! All that is held about one person in order of time, newest first: records, and for whoever reviews what
//! waits or waited in quarantine and incidents. Lines alone; each thing opens by itself.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, moment, words},
    },
    super::queue::{Choice, Purposeful, state},
    READERS,
    ask::{AskWords, of_records},
    lines::{Line, lines, name_of},
    one::find,
};
use crate::{
    authority::{Act, Thing},
    desk::{Happened, Read, TimelineOf, TimelineSpot, person},
    effects::Language,
    storage::{Cursor, FiledAs, Purpose, RecordSummary, Store, StoreError},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get(at::TimelineBegin, Guard::Holding(READERS), ask),
        Door::post(at::TimelineBegin, Guard::Holding(READERS), begin),
        Door::get(at::Timeline, Guard::Holding(READERS), page),
        Door::post(at::RecordTimeline, Guard::SignedIn, of_record),
    ]
}

words! {
    pub struct TimelineWords {
        title: "Timeline of a person" / "Llinell amser person",
        lead: "Everything that is filed under one child, parent or member of staff, newest first; for whoever reviews also what waited in quarantine and incidents."
            / "Popeth sydd wedi'i ffeilio dan un plentyn, rhiant neu aelod o staff, y diweddaraf gyntaf; i'r rhai sy'n adolygu hefyd yr hyn a fu'n aros mewn cwarantîn a digwyddiadau.",
        person: "Person" / "Person",
        filed_as: "As" / "Fel",
        any: "whatever they are in it" / "beth bynnag ydynt ynddi",
        child: "child" / "plentyn",
        parent: "parent" / "rhiant",
        staff: "member of staff" / "aelod o staff",
        show: "Show the timeline" / "Dangos y llinell amser",
        of: "Timeline of {}" / "Llinell amser {}",
        nothing: "Nothing about this person is there for you." / "Does dim am y person hwn ar gael i chi.",
        record: "Mail with parents" / "E-bost gyda rhieni",
        item: "Quarantine" / "Cwarantîn",
        incident: "Incident" / "Digwyddiad",
        only_records: "Quarantine and incidents are not yours to search; they are left out here." / "Nid chi sydd i chwilio cwarantîn a digwyddiadau; fe'u gadewir allan yma.",
        own: "What you wrote or got yourself is left out." / "Gadewir allan yr hyn a ysgrifennwyd neu a dderbyniwyd gennych chi.",
        older: "Older" / "Hŷn",
        newest: "Back to the newest" / "Yn ôl i'r diweddaraf",
        files: "{} files" / "{} ffeil",
        file: "1 file" / "1 ffeil",
        another: "Another person's" / "Person arall",
    }
}

/// What a line is about.
enum About {
    Record(Box<Line>),
    Other {
        kind: &'static str,
        place: String,
        id: String,
        text: String,
        badge: &'static str,
        gravity: &'static str,
    },
}

struct Shown {
    at: String,
    about: About,
}

#[derive(Template)]
#[template(path = "records/timeline.html")]
struct TimelinePage {
    frame: Frame,
    w: &'static TimelineWords,
    q: &'static AskWords,
    heading: String,
    purpose: &'static str,
    all: Vec<Shown>,
    only_records: bool,
    here: String,
    older: Option<String>,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "records/whose.html")]
struct WhosePage {
    frame: Frame,
    w: &'static TimelineWords,
    q: &'static AskWords,
    form: Form,
}

/// The form.
pub(super) struct Form {
    filed_as: Vec<Choice>,
    purposes: Vec<Choice>,
}

impl Form {
    fn of(language: Language) -> Self {
        let w = TimelineWords::of(language);
        let all = [("", w.any), ("child", w.child), ("parent", w.parent), ("staff", w.staff)];
        let choice = |(value, name): (&str, &str)| Choice {
            value: value.to_owned(),
            name: name.to_owned(),
            is_chosen: value.is_empty(),
        };
        Self {
            filed_as: all.into_iter().map(choice).collect(),
            purposes: of_records(language, Some(Purpose::Safeguarding)),
        }
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    person: String,
    #[serde(default, rename = "as")]
    filed_as: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(flatten)]
    wanted: Wanted,
    #[serde(flatten)]
    purpose: Purposeful,
}

async fn ask(visitor: Visitor) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Search, Thing::Record)?;
    let w = TimelineWords::of(visitor.language);
    shown(&WhosePage {
        frame: Frame::of(&visitor, w.title, Place::TimelineBegin),
        w,
        q: AskWords::of(visitor.language),
        form: Form::of(visitor.language),
    })
}

fn named(name: &str) -> Option<FiledAs> {
    FiledAs::ALL.into_iter().find(|f| f.name() == name)
}

async fn begin(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(Asked { wanted, purpose }): Posted<Asked>,
) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Search, Thing::Record)?;
    let why = purpose.why_of_record(&visitor)?;
    let found = person(&visitor.desk.directory, &wanted.person).map_err(|e| Fault::from(e).at("person"))?;
    let of = TimelineOf { person: found.id().clone(), filed_as: named(&wanted.filed_as), why };
    Ok(kept(&console, &visitor, of).into_response())
}

fn kept(console: &Console, visitor: &Visitor, of: TimelineOf) -> Redirect {
    let word = console.asked.timelines.keep(&visitor.user.id, Arc::new(of));
    Redirect::to(&Place::Timeline(&word).to_string())
}

#[derive(Deserialize)]
struct Who {
    /// The person's place in the list of those under whom the record is filed.
    #[serde(default)]
    who: String,
}

/// From the page of a record, by the purpose that it was opened for.
async fn of_record(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(chosen): Posted<Who>,
) -> Result<Redirect, Fault> {
    let (record, case) = find(&visitor, &id).await?;
    visitor.desk.authorise(Act::Particulars, &case, "record", record.id.as_str()).await?;
    let look = console.live.look(&visitor.user.id, record.id.as_str()).ok_or(Fault::Form)?;
    let names = super::filed_names(&console, &visitor)?;
    let filed = console.store.records_filed(std::slice::from_ref(&record.id), &names).await?;
    let place: usize = chosen.who.parse().map_err(|_| Fault::Form)?;
    let one = filed.get(&record.id).and_then(|all| all.get(place)).ok_or(Fault::Form)?;
    let of = TimelineOf { person: one.person.clone(), filed_as: Some(one.filed_as), why: look.why };
    Ok(kept(&console, &visitor, of))
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    after: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(word): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, Fault> {
    let Some(of) = console.asked.timelines.get(&visitor.user.id, &word) else {
        return Ok(Redirect::to(&Place::TimelineBegin.to_string()).into_response());
    };
    let (desk, language, now) = (&visitor.desk, visitor.language, Utc::now());
    let w = TimelineWords::of(language);
    let spot = spot(&console.store, &from.after)?;
    let is_first = spot == TimelineSpot::TOP;
    let found = desk.timeline(&of, &spot, now).await?;
    let records: Vec<RecordSummary> = found
        .happened
        .iter()
        .filter_map(|h| if let Happened::Record(record) = h { Some(record.clone()) } else { None })
        .collect();
    let mut lines = lines(&console, &visitor, &records, &word).await?.into_iter();
    let mut all = Vec::with_capacity(found.happened.len());
    for happened in &found.happened {
        let about = match happened {
            Happened::Record(_) => About::Record(Box::new(lines.next().ok_or(Fault::Away)?)),
            Happened::Item(waiting) => {
                let item = &waiting.item;
                let sealed = item.state.is_sealed();
                let category = if sealed { "" } else { called::category(language, item.category) };
                About::Other {
                    kind: w.item,
                    place: Place::Item(item.id.as_str()).to_string(),
                    id: item.id.to_string(),
                    text: [category, state(language, item.state)]
                        .into_iter()
                        .filter(|t| !t.is_empty())
                        .collect::<Vec<_>>()
                        .join(": "),
                    badge: called::severity_class(item.severity),
                    gravity: called::severity(language, item.severity),
                }
            }
            Happened::Incident(incident) => About::Other {
                kind: w.incident,
                place: Place::Incident(incident.id.as_str()).to_string(),
                id: incident.id.to_string(),
                text: format!(
                    "{}: {}",
                    called::incident_kind(language, incident.kind),
                    called::incident_state(language, incident.state)
                ),
                badge: "plain",
                gravity: "",
            },
        };
        all.push(Shown { at: moment(language, happened.at()), about });
    }
    let here = Place::Timeline(&word).to_string();
    let older = found.next.map(|next| spot_word(&console.store, &next)).transpose()?;
    shown(&TimelinePage {
        frame: Frame::of(&visitor, w.title, Place::Timeline(&word)),
        w,
        q: AskWords::of(language),
        heading: fill(w.of, &[&name_of(desk, &of.person)]),
        purpose: called::purpose(language, of.why.purpose),
        all,
        only_records: found.only_records,
        older: older.map(|word| format!("{here}?after={word}")),
        is_first,
        here,
    })
}

/// A source that was read to its end.
const WHOLE: &str = "0";

fn spot_word(store: &Store, spot: &TimelineSpot) -> Result<String, StoreError> {
    let cursor = |read: &Read<Cursor>| match read {
        Read::FromTop => Ok(String::new()),
        Read::UpTo(cursor) => store.cursor_word(*cursor),
        Read::Whole => Ok(WHOLE.to_owned()),
    };
    let incidents = match &spot.incidents {
        Read::FromTop => String::new(),
        Read::UpTo((at, id)) => format!("{}-{id}", at.timestamp_micros()),
        Read::Whole => WHOLE.to_owned(),
    };
    Ok(format!("{}.{}.{incidents}", cursor(&spot.records)?, cursor(&spot.items)?))
}

/// What is no word of ours begins at the top.
fn spot(store: &Store, word: &str) -> Result<TimelineSpot, StoreError> {
    let parts: Vec<&str> = word.split('.').collect();
    let [records, items, incidents] = parts[..] else { return Ok(TimelineSpot::TOP) };
    let cursor = |part: &str| -> Result<Read<Cursor>, StoreError> {
        Ok(match part {
            "" => Read::FromTop,
            WHOLE => Read::Whole,
            part => store.cursor(part)?.map_or(Read::FromTop, Read::UpTo),
        })
    };
    let incident = |part: &str| -> Option<Read<(DateTime<Utc>, crate::storage::IncidentId)>> {
        let (at, id) = part.split_once('-')?;
        Some(Read::UpTo((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?)))
    };
    Ok(TimelineSpot {
        records: cursor(records)?,
        items: cursor(items)?,
        incidents: match incidents {
            WHOLE => Read::Whole,
            part => incident(part).unwrap_or(Read::FromTop),
        },
    })
}
