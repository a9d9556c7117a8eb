//! The queue: what waits for a decision, the gravest first, of one gravity the oldest. Filters stand in the
//! address, which names no person and no word; whose items it is about is asked in `search`.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::Visitor,
        words::{fill, moment},
    },
    REVIEWERS,
};
use crate::{
    authority::{Matter, Office},
    desk::{Desk, MOST_HOLDS, Waiting},
    effects::Language,
    gateway::Rung,
    mail::{Address, SchoolId},
    officers,
    parties::Known,
    ruleset::{Category, Severity},
    storage::{Band, ItemState, ItemSummary, Purpose, Spot, WaitingFilter},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(in super::super) use super::list_words::QueueWords;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::Queue, Guard::Holding(REVIEWERS), page)]
}

/// Rows of a page.
pub(super) const ROWS: usize = 50;

/// What stands in the address. What is none of ours asks nothing.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) school: String,
    #[serde(default)]
    pub(super) severity: String,
    #[serde(default)]
    pub(super) class: String,
    #[serde(default)]
    pub(super) matter: String,
    #[serde(default)]
    pub(super) age: String,
    #[serde(default)]
    after: String,
}

const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
/// The classes of what is found, in the order in which they are offered.
const FAMILIES: [&str; 5] = ["harm", "contact", "personal-data", "file", "chain-letter"];

impl Asked {
    pub(super) fn filter(&self, now: DateTime<Utc>) -> WaitingFilter {
        let before = |days| Some(now - TimeDelta::days(days));
        let (received_before, received_after) = match self.age.as_str() {
            "last-day" => (None, before(1)),
            "over-day" => (before(1), None),
            "over-week" => (before(7), None),
            _ => (None, None),
        };
        let of_class = |c: &&Category| c.name() == self.class || c.family() == self.class;
        WaitingFilter {
            schools: Some(&self.school)
                .filter(|s| !s.is_empty())
                .map(|s| SchoolId(s.as_str().into()))
                .into_iter()
                .collect(),
            severity: SEVERITIES.into_iter().find(|s| called::severity_class(*s) == self.severity),
            categories: Category::ALL.iter().filter(of_class).copied().collect(),
            matter: [Matter::Concern, Matter::Allegation, Matter::Misuse]
                .into_iter()
                .find(|m| m.name() == self.matter),
            received_before,
            received_after,
        }
    }

    fn after(&self) -> Option<Spot> {
        let (band, item) = self.after.split_once('.')?;
        let band = Band::ALL.into_iter().find(|b| b.name() == band)?;
        Some(Spot { band, item: item.parse().ok()? })
    }

    /// The same question as an address, from `after` on.
    fn address(&self, after: Option<&Spot>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("school", &self.school),
            ("severity", &self.severity),
            ("class", &self.class),
            ("matter", &self.matter),
            ("age", &self.age),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if let Some(spot) = after {
            query.append_pair("after", &format!("{}.{}", spot.band.name(), spot.item));
        }
        match query.finish() {
            query if query.is_empty() => Place::Queue.to_string(),
            query => format!("{}?{query}", Place::Queue),
        }
    }

    fn asks(&self) -> bool {
        [&self.school, &self.severity, &self.class, &self.matter, &self.age].iter().any(|v| !v.is_empty())
    }
}

/// One choice of a list.
pub(in super::super) struct Choice {
    pub(in super::super) value: String,
    pub(in super::super) name: String,
    pub(in super::super) is_chosen: bool,
}

/// One row as it is shown.
pub(super) struct Row {
    pub(super) place: String,
    pub(super) id: String,
    pub(super) badge: &'static str,
    pub(super) gravity: &'static str,
    pub(super) about: &'static str,
    pub(super) received: String,
    pub(super) waits: String,
    pub(super) late: Option<String>,
    pub(super) escalated: bool,
    pub(super) with: Option<&'static str>,
    pub(super) school: String,
}

/// The items of a page as the table shows them.
pub(super) fn rows(desk: &Desk, language: Language, all: &[Waiting], now: DateTime<Utc>) -> Vec<Row> {
    all.iter().map(|one| row(desk, language, one, now)).collect()
}

fn row(desk: &Desk, language: Language, one: &Waiting, now: DateTime<Utc>) -> Row {
    let (w, item) = (QueueWords::of(language), &one.item);
    let school = desk.school_name(&item.school);
    let sealed = item.state.is_sealed();
    Row {
        place: Place::Item(item.id.as_str()).to_string(),
        id: item.id.to_string(),
        badge: if sealed { "critical" } else { called::severity_class(item.severity) },
        gravity: if sealed { w.sealed } else { called::severity(language, item.severity) },
        about: if sealed { w.match_ } else { called::category(language, item.category) },
        received: moment(language, item.received_at),
        waits: waits(w, item, now),
        late: one.late.map(|rung| fill(w.overdue, &[called::office(language, of_rung(rung))])),
        escalated: item.state == ItemState::Escalated,
        with: item.office.and_then(|o| Office::named(o.name())).map(|o| called::office(language, o)),
        school,
    }
}

fn waits(w: &QueueWords, item: &ItemSummary, now: DateTime<Utc>) -> String {
    match (now - item.received_at).num_days() {
        ..=0 => w.today.to_owned(),
        1 => w.day.to_owned(),
        days => fill(w.days, &[&days.to_string()]),
    }
}

pub(super) fn of_rung(rung: Rung) -> Office {
    match rung {
        Rung::Lead => Office::Lead,
        Rung::Deputy => Office::Deputy,
        Rung::Head => Office::Head,
    }
}

/// The purposes for which somebody may look at what waits; the most usual first.
pub(in super::super) fn purposes(language: Language, chosen: Option<Purpose>) -> Vec<Choice> {
    let first = [Purpose::Safeguarding];
    let others = Purpose::ALL.into_iter().filter(|p| !first.contains(p) && *p != Purpose::Absence);
    first
        .into_iter()
        .chain(others)
        .map(|purpose| Choice {
            value: purpose.name().to_owned(),
            name: called::purpose(language, purpose).to_owned(),
            is_chosen: chosen == Some(purpose),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "queue/list.html")]
struct QueuePage {
    frame: Frame,
    w: &'static QueueWords,
    rows: Vec<Row>,
    has_schools: bool,
    schools: Vec<Choice>,
    severities: Vec<Choice>,
    classes: Vec<(String, Vec<Choice>)>,
    matters: Vec<Choice>,
    ages: Vec<Choice>,
    purposes: Vec<Choice>,
    asks: bool,
    is_first: bool,
    next: Option<String>,
    holds: String,
    /// Who is away, and what only observes.
    notices: Vec<String>,
    /// What listens for what is new.
    live: String,
    here: String,
}

async fn page(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let (desk, language) = (&visitor.desk, visitor.language);
    let (w, now) = (QueueWords::of(language), Utc::now());
    let filter = asked.filter(now);
    // Before the page is read: what comes meanwhile is announced rather than missed.
    let since = console.store.newest_word(console.store.newest_waiting().await?)?;
    let after = asked.after();
    let is_first = after.is_none();
    let waits = desk.waiting(&filter, after, ROWS, now).await?;
    let own = desk.own_schools();
    let chosen = |value: &str, now: &str| value == now;
    let choice = |value: &str, name: String, now: &str| Choice {
        value: value.to_owned(),
        name,
        is_chosen: chosen(value, now),
    };
    let school = |id: &SchoolId| {
        let name = desk.school(id).map_or_else(|| id.to_string(), |s| s.name.clone());
        choice(&id.to_string(), name, &asked.school)
    };
    let class = |family: &&str| {
        let own = Category::ALL.iter().filter(|c| c.family() == *family);
        let all = fill(w.all_of, &[called::family(language, family)]);
        let kinds = std::iter::once(choice(family, all, &asked.class))
            .chain(own.map(|c| choice(c.name(), called::category(language, *c).to_owned(), &asked.class)));
        (called::family(language, family).to_owned(), kinds.collect())
    };
    let named = |pairs: &[(&str, &str)], now: &str| -> Vec<Choice> {
        pairs.iter().map(|(value, name)| choice(value, (*name).to_owned(), now)).collect()
    };
    let matters = [("concern", w.concern), ("allegation", w.allegation), ("misuse", w.misuse)];
    let ages = [("last-day", w.last_day), ("over-day", w.over_day), ("over-week", w.over_week)];
    let live = format!(
        "{}{}since={since}",
        asked.address(None).replacen("/queue", &Place::QueueLive.to_string(), 1),
        if asked.asks() { "&" } else { "?" }
    );
    shown(&QueuePage {
        frame: Frame::of(&visitor, w.title, Place::Queue),
        w,
        rows: rows(desk, language, &waits.rows, now),
        has_schools: own.len() > 1,
        schools: own.iter().map(school).collect(),
        severities: SEVERITIES
            .iter()
            .map(|s| {
                choice(called::severity_class(*s), called::severity(language, *s).to_owned(), &asked.severity)
            })
            .collect(),
        classes: FAMILIES.iter().map(class).collect(),
        matters: named(&matters, &asked.matter),
        ages: named(&ages, &asked.age),
        purposes: purposes(language, Some(Purpose::Safeguarding)),
        asks: asked.asks(),
        is_first,
        next: waits.next.as_ref().map(|spot| asked.address(Some(spot))),
        holds: holds(w, desk.count_holds(&own).await?),
        notices: [away(&console, desk, w).await?, observing(&console, desk, language, now).await?].concat(),
        live,
        here: asked.address(None),
    })
}

fn holds(w: &QueueWords, count: u32) -> String {
    match count {
        0 => w.holds_none.to_owned(),
        1 => w.holds_one.to_owned(),
        MOST_HOLDS.. => fill(w.holds, &[&format!("{MOST_HOLDS} {}", w.more)]),
        count => fill(w.holds, &[&count.to_string()]),
    }
}

/// Switches back to observe at the asker's schools: while one is in force less comes to wait here.
async fn observing(
    console: &Console,
    desk: &Desk,
    language: Language,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Fault> {
    let (w, own) = (QueueWords::of(language), desk.own_schools());
    let switches = console.store.switches().await?;
    let in_force = switches.iter().filter(|s| {
        s.ended.is_none() && s.period.from <= now && now < s.period.until && own.contains(&s.school)
    });
    let said = in_force.map(|switch| {
        let name = desk.school_name(&switch.school);
        let until = moment(language, switch.period.until);
        match &switch.rule {
            Some(rule) => fill(w.observes_rule, &[&name, rule, &until]),
            None => fill(w.observes, &[&name, &until]),
        }
    });
    Ok(said.collect())
}

/// Reviewers of the asker's schools who are away now: others stand in for them.
async fn away(console: &Console, desk: &Desk, w: &QueueWords) -> Result<Vec<String>, Fault> {
    let own: Vec<_> = desk.own_schools().iter().filter_map(|id| desk.school(id)).cloned().collect();
    let is_own = |address: &Address| {
        own.iter().flat_map(|s| officers::named(&s.officers)).any(|(_, own)| own == address)
    };
    let mut said: Vec<String> = Vec::new();
    for one in console.store.officers_away().await?.into_iter().filter(|a| is_own(&a.officer)) {
        let name = match desk.directory.lookup(&one.officer).and_then(Known::only_holder) {
            Some(holder) => format!("{} {}", holder.person.given(), holder.person.family()),
            None => one.officer.to_string(),
        };
        said.push(fill(w.away, &[&name]));
    }
    Ok(said)
}
