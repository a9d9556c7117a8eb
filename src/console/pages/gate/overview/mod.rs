//! How the gate stands: what it says of itself, its ways, doors, schools, outbox and places outside.

mod flow;
mod kept;
mod stands;

use super::{
    super::super::{
        Console, Fault,
        page::{Frame, shown},
        places::Place,
        visitor::Visitor,
        words::{fill, moment, words},
    },
    GateWords,
};
use crate::{
    authority::{Act, Thing},
    config::{Config, Listen},
    desk::ways,
    effects::Language,
    gateway::{Remarked, remarks, routes::Standing},
    mail::{Mode, SchoolId},
    storage::AnchorState,
};
use askama::Template;
use axum::{extract::State, response::Response};
use flow::Flow;
use kept::KeptWords;
use std::sync::Arc;

words! {
    struct OverviewWords {
        health: "What it says of itself" / "Beth mae'n ei ddweud amdano'i hun",
        well: "well" / "iawn",
        soon: "soon not" / "ddim yn hir",
        failing: "needs you" / "angen sylw",
        ways: "Ways of the mail" / "Llwybrau'r post",
        no_ways: "No canary is set up: nothing proves that mail passes the gate. See [[canary]] in the configuration."
            / "Nid oes prawf wedi'i osod: nid oes dim yn profi bod post yn mynd drwy'r porth. Gweler [[canary]] yn y ffurfweddiad.",
        proved: "proved {}" / "profwyd {}",
        not_proved: "not proved" / "heb ei brofi",
        waiting: "the first probe is on its way" / "mae'r prawf cyntaf ar ei ffordd",
        since: "not proved since {}" / "heb ei brofi ers {}",
        schools: "Schools" / "Ysgolion",
        observes: "observes: nothing is stopped" / "arsylwi: ni chaiff dim ei atal",
        enforces: "enforces" / "gorfodi",
        records: "keeps mail with parents" / "yn cadw post â rhieni",
        doors: "Doors" / "Drysau",
        milter: "milter" / "milter",
        relay: "relay" / "trosglwyddo",
        console: "these pages" / "y tudalennau hyn",
        metrics: "metrics" / "mesuriadau",
        next_hop: "next mail server" / "gweinydd post nesaf",
        outbox: "Outbox" / "Blwch allan",
        waits: "waiting" / "yn aros",
        delayed: "tried before, and waiting" / "wedi rhoi cynnig arni, ac yn aros",
        unreadable: "cannot be opened" / "ni ellir ei agor",
        oldest: "the oldest since" / "yr hynaf ers",
        anchors: "Ledger held outside" / "Y cofnod a gedwir y tu allan",
        no_anchors: "Nowhere: whoever has this machine could change the ledger unseen. See [[anchor]]."
            / "Unman: gallai pwy bynnag sydd â'r peiriant hwn newid y cofnod heb ei weld. Gweler [[anchor]].",
        rows: "{} rows, {}" / "{} rhes, {}",
        fails: "fails since {}" / "yn methu ers {}",
        no_head: "none yet" / "dim eto",
        people: "{} people in the directory; rules {}" / "{} o bobl yn y cyfeiriadur; rheolau {}",
    }
}

struct Line {
    name: String,
    badge: &'static str,
    state: String,
    says: String,
}

#[derive(Template)]
#[template(path = "gate/overview.html")]
struct OverviewPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static OverviewWords,
    health: Vec<Line>,
    ways: Vec<Line>,
    schools: Vec<Line>,
    doors: Vec<(&'static str, String)>,
    outbox: Vec<(&'static str, String)>,
    anchors: Vec<Line>,
    people: String,
    flow: Flow,
    k: &'static KeptWords,
    stores: Vec<Line>,
    certificates: Vec<Line>,
    without: Vec<&'static str>,
    scanner: Vec<Line>,
}

pub(super) async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    let own = visitor.desk.schools_or_refuse(Act::List, Thing::Machine)?;
    let (language, config, store) = (visitor.language, console.config(), &console.store);
    let w = OverviewWords::of(language);
    let all: Vec<SchoolId> = config.schools.iter().map(|s| s.id.clone()).collect();
    let health = remarks(store, &all).await?.into_iter().map(|remark| {
        let (badge, state) = match remark.stands {
            Remarked::Well => ("good", w.well),
            Remarked::Soon => ("high", w.soon),
            Remarked::Failing(_) => ("critical", w.failing),
        };
        let says = stands::says(language, &remark.says);
        Line { name: stands::name(language, &remark), badge, state: state.to_owned(), says }
    });
    let health = health.collect();
    let ways = ways::all(&config, store).await?;
    let ways = ways.iter().map(|way| {
        let (badge, state) = standing(language, w, way.stands);
        let says = match way.stands {
            Standing::Failing { why, .. } => stands::why(language, why, way.canary),
            _ => String::new(),
        };
        Line { name: stands::way(language, way.canary), badge, state, says }
    });
    let schools = config.schools.iter().filter(|s| own.contains(&s.id)).map(|school| {
        let (badge, mode) = match school.mode {
            Mode::Observe => ("high", w.observes),
            Mode::Enforce => ("good", w.enforces),
        };
        let says = if school.record_parent_mail { w.records } else { "" };
        Line { name: school.name.clone(), badge, state: mode.to_owned(), says: says.to_owned() }
    });
    let counts = store.counts().await?;
    let mut outbox = vec![
        (w.waits, counts.outbox_waiting.to_string()),
        (w.delayed, counts.outbox_delayed.to_string()),
        (w.unreadable, counts.outbox_unreadable.to_string()),
    ];
    outbox.extend(counts.outbox_oldest.map(|at| (w.oldest, moment(language, at))));
    let stores = kept::stores(&console, language, &config, &counts).await?;
    let (certificates, without) = kept::certificates(&console, language, &config).await?;
    let in_force = console.gate.standing();
    let rules = in_force.rulebook.rules.digest.get(..12).unwrap_or_default();
    let people = fill(w.people, &[&in_force.rulebook.directory.len().to_string(), rules]);
    let g = GateWords::of(language);
    shown(&OverviewPage {
        frame: Frame::of(&visitor, g.overview, Place::Gate),
        g,
        w,
        health,
        ways: ways.collect(),
        schools: schools.collect(),
        doors: doors(&config, w),
        outbox,
        anchors: anchors(&config, language, w, store.anchors().await?),
        people,
        flow: flow::flow(&console, language).await?,
        k: KeptWords::of(language),
        stores,
        certificates,
        without,
        scanner: kept::scanner(&console, language, &config),
    })
}

/// Every place of the configuration, whether it has a head yet or not.
fn anchors(config: &Config, language: Language, w: &OverviewWords, states: Vec<AnchorState>) -> Vec<Line> {
    let line = |place: &String| {
        let state = states.iter().find(|state| state.place == *place);
        let (badge, state, says) = match state {
            None => ("medium", w.no_head.to_owned(), String::new()),
            Some(AnchorState { failing: Some((since, fault)), .. }) => {
                ("critical", fill(w.fails, &[&moment(language, *since)]), stands::anchor(language, *fault))
            }
            Some(AnchorState { anchored_at, rows, .. }) => {
                let at = anchored_at.map_or_else(String::new, |at| moment(language, at));
                ("good", fill(w.rows, &[&rows.to_string(), &at]), String::new())
            }
        };
        Line { name: place.clone(), badge, state, says }
    };
    config.anchors.iter().map(|anchor| line(&anchor.name)).collect()
}

fn standing(language: Language, w: &OverviewWords, stands: Standing) -> (&'static str, String) {
    match stands {
        Standing::Never => ("high", w.not_proved.to_owned()),
        Standing::Waiting => ("medium", w.waiting.to_owned()),
        Standing::Proved { at } => ("good", fill(w.proved, &[&moment(language, at)])),
        Standing::Failing { since, .. } => ("critical", fill(w.since, &[&moment(language, since)])),
    }
}

/// Where the gate listens and whom it hands mail to, as the configuration says.
fn doors(config: &Config, w: &OverviewWords) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for listen in config.milter.iter().flat_map(|milter| &milter.listen) {
        let at = match listen {
            Listen::Tcp(address) => address.to_string(),
            Listen::Unix(path, _) => path.display().to_string(),
        };
        all.push((w.milter, at));
    }
    all.extend(config.relay.iter().flat_map(|r| &r.listen).map(|at| (w.relay, at.to_string())));
    all.extend(config.console.iter().map(|c| (w.console, c.listen.to_string())));
    all.extend(config.metrics.iter().map(|at| (w.metrics, at.to_string())));
    all.extend(config.next_hops.iter().map(|h| (w.next_hop, format!("{}: {}", h.name, h.hosts.join(", ")))));
    all
}
