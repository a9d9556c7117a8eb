//! What other rules and settings would have done to the last days' mail, before they are taken into force:
//! those that lie on the machine, with one file more if somebody brings it. Counts alone; the work goes on
//! behind the page, within bounds.

use super::{
    super::super::{
        Console, Fault, called,
        page::{Frame, shown},
        places::Place,
        upload::Uploads,
        visitor::Visitor,
        words::{fill, moment, words},
        works::Stands,
    },
    GateWords,
};
use crate::{
    authority::{Act, Thing},
    config::{self, Config},
    desk::{
        Desk,
        replay::{Bounds, Tally, replay},
        rulebook::rulebook,
    },
    effects::Language,
    pipeline::Rulebook,
    ruleset,
    storage::NoBytes,
    verdict::Disposition,
};
use askama::Template;
use axum::{
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use std::{path::Path, sync::Arc, time::Duration};

/// A file of rules that is brought.
pub(super) const LARGEST: usize = 2 << 20;
const MOST_DAYS: u16 = 90;
/// Messages read again, and for how long: the gate has mail to pass meanwhile.
const MOST_MESSAGES: u64 = 20_000;
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// How long a page waits for work that is nearly done.
const PATIENCE: Duration = Duration::from_secs(3);
/// Rows of each table, and faults.
const MOST_ROWS: usize = 100;

words! {
    struct WhatIfWords {
        lead: "Edit the rules or gatehouse.toml on the machine, and look here before you reload: the mail of the last days that the gate kept is read again with them. Nothing is changed or sent, and you see counts alone."
            / "Golygwch y rheolau neu gatehouse.toml ar y peiriant, ac edrychwch yma cyn ail-lwytho: darllenir eto y post a gadwodd y porth yn y dyddiau diwethaf. Ni newidir ac ni anfonir dim, a dim ond cyfrifon a welwch.",
        days: "The last so many days" / "Y dyddiau diwethaf, cynifer",
        file: "A file of rules to try beside them (may be left out)" / "Ffeil o reolau i roi cynnig arni wrth eu hochr (gellir ei hepgor)",
        file_hint: "A .toml file as docs/rules.md describes it; it stands in the place of one of the same name. Putting it on the machine is for whoever has the machine."
            / "Ffeil .toml fel y disgrifir yn docs/rules.md; saif yn lle un o'r un enw. Mater i bwy bynnag sydd â'r peiriant yw ei rhoi arno.",
        go: "What would happen?" / "Beth fyddai'n digwydd?",
        busy: "Somebody's question is being answered just now; ask again in a few minutes."
            / "Mae cwestiwn rhywun yn cael ei ateb nawr; gofynnwch eto ymhen ychydig funudau.",
        days_wrong: "Give 1 to {} days." / "Rhowch 1 i {} diwrnod.",
        under_way: "Reading the mail again: {} messages so far." / "Yn darllen y post eto: {} neges hyd yma.",
        look: "Look again" / "Edrych eto",
        broken: "It broke off by a fault of ours; the gate's log says more. Ask again." / "Torrodd i ffwrdd oherwydd bai ynom ni; mae cofnod y porth yn dweud mwy. Gofynnwch eto.",
        faults: "These rules or settings could not be taken into force:" / "Ni ellid rhoi'r rheolau neu'r gosodiadau hyn mewn grym:",
        in_english: "" / "Daw'r llinellau isod o'r gwiriwr, yn Saesneg, fel ar y llinell orchymyn.",
        outcome: "What would have happened" / "Beth fyddai wedi digwydd",
        of_days: "the last {} days, asked {}" / "y {} diwrnod diwethaf, gofynnwyd {}",
        same: "The rules on the machine are those in force." / "Y rheolau ar y peiriant yw'r rhai sydd mewn grym.",
        other: "The rules on the machine differ from those in force." / "Mae'r rheolau ar y peiriant yn wahanol i'r rhai sydd mewn grym.",
        brought: "With the file {}." / "Gyda'r ffeil {}.",
        settings: "Settings on the machine that differ: {}." / "Gosodiadau ar y peiriant sy'n wahanol: {}.",
        messages: "messages" / "neges",
        replayed: "read again" / "wedi'u darllen eto",
        unchanged: "as before" / "fel o'r blaen",
        released: "decided by a person" / "wedi'u penderfynu gan berson",
        of_others: "Of the others nothing can be said: {} of which nothing was kept that the gate may open, {} purged since, {} that nobody opens, {} whose bytes are lost."
            / "Ni ellir dweud dim am y lleill: {} na chadwyd dim ohonynt y caiff y porth ei agor, {} wedi'u dileu ers hynny, {} nad oes neb yn eu hagor, {} y collwyd eu cynnwys.",
        cut_off: "It stopped at its bound ({} messages or {} minutes); ask for fewer days, or use `gatehouse replay` on the machine."
            / "Stopiodd wrth ei derfyn ({} neges neu {} munud); gofynnwch am lai o ddyddiau, neu defnyddiwch `gatehouse replay` ar y peiriant.",
        changes: "What would change" / "Beth fyddai'n newid",
        no_changes: "These rules change nothing of what can be read again." / "Nid yw'r rheolau hyn yn newid dim o'r hyn y gellir ei ddarllen eto.",
        school: "School" / "Ysgol",
        was: "Was" / "Oedd",
        would: "Would be" / "Fyddai",
        count: "Messages" / "Negeseuon",
        now_by: "Now by" / "Nawr gan",
        no_longer_by: "No longer by" / "Nid mwyach gan",
        rules: "Rule by rule" / "Rheol wrth reol",
        rule: "Rule" / "Rheol",
        before: "Before" / "Cynt",
        after: "With these" / "Gyda'r rhain",
        more: "and {} more rows; `gatehouse replay` has all" / "a {} rhes arall; mae'r cyfan gan `gatehouse replay`",
    }
}

/// What was asked, and what came of it.
pub struct WhatIf {
    asked_at: DateTime<Utc>,
    days: u16,
    brought: Option<String>,
    outcome: Result<Answered, Vec<String>>,
}

struct Answered {
    is_same: bool,
    settings: Vec<String>,
    tally: Tally,
}

struct Change {
    school: String,
    was: &'static str,
    would: &'static str,
    count: u64,
    now_by: String,
    no_longer_by: String,
}

struct Shown {
    title: String,
    remarks: Vec<String>,
    tiles: Vec<(u64, &'static str)>,
    others: String,
    cut_off: String,
    changes: Vec<Change>,
    rules: Vec<(String, String, u64, u64)>,
    more: String,
}

#[derive(Template)]
#[template(path = "gate/what_if.html")]
struct WhatIfPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static WhatIfWords,
    wrong: String,
    under_way: String,
    broken: bool,
    faults: Vec<String>,
    shown: Option<Shown>,
    most_days: u16,
}

pub(super) async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    visitor.desk.schools_or_refuse(Act::Change, Thing::Rule)?;
    let stands = console.what_ifs.stands_soon(visitor.user.id.as_str(), PATIENCE).await;
    made(&visitor, stands, String::new())
}

fn made(visitor: &Visitor, stands: Stands<WhatIf>, wrong: String) -> Result<Response, Fault> {
    let (language, w) = (visitor.language, WhatIfWords::of(visitor.language));
    let g = GateWords::of(language);
    let mut page = WhatIfPage {
        frame: Frame::of(visitor, g.what_if, Place::GateWhatIf),
        g,
        w,
        wrong,
        under_way: String::new(),
        broken: false,
        faults: Vec::new(),
        shown: None,
        most_days: MOST_DAYS,
    };
    match stands {
        Stands::None => {}
        Stands::Broken => page.broken = true,
        Stands::UnderWay(done) => page.under_way = fill(w.under_way, &[&done.to_string()]),
        Stands::Done(what_if) => match &what_if.outcome {
            Ok(answered) => page.shown = Some(as_shown(language, w, &what_if, answered)),
            Err(faults) => {
                page.faults = faults.iter().take(MOST_ROWS).map(|f| called::plain(f, 600)).collect()
            }
        },
    }
    shown(&page)
}

pub(super) async fn ask(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Fault> {
    let schools = visitor.desk.schools_or_refuse(Act::Change, Thing::Rule)?;
    let w = WhatIfWords::of(visitor.language);
    let mut uploads = Uploads::from_request(request, &console).await?;
    let days: u16 = uploads.take("days").trim().parse().unwrap_or(0);
    let account = visitor.user.id.as_str();
    if !(1..=MOST_DAYS).contains(&days) {
        let wrong = fill(w.days_wrong, &[&MOST_DAYS.to_string()]);
        return made(&visitor, console.what_ifs.stands(account), wrong);
    }
    let brought = uploads.files.pop().filter(|(_, bytes)| !bytes.is_empty());
    let bounds = Bounds {
        schools: Some(schools),
        messages: Some(MOST_MESSAGES),
        time: Some(LONGEST),
        ..Bounds::default()
    };
    let done = bounds.done.clone();
    let work = answered(console.clone(), visitor.desk.clone(), days, brought, bounds);
    if !console.what_ifs.begin(account, done, work) {
        return made(&visitor, console.what_ifs.stands(account), w.busy.to_owned());
    }
    Ok(Redirect::to(&Place::GateWhatIf.to_string()).into_response())
}

async fn answered(
    console: Arc<Console>,
    desk: Arc<Desk>,
    days: u16,
    brought: Option<(String, Vec<u8>)>,
    bounds: Bounds,
) -> WhatIf {
    let asked_at = Utc::now();
    let named = brought.as_ref().map(|(name, _)| called::plain(name, 100));
    let (now, standing) = (console.config(), console.gate.standing());
    let tried = tokio::task::spawn_blocking(move || tried(&now, &standing.rulebook, brought)).await;
    let outcome = match tried {
        Err(_) => Err(vec!["The rules could not be made ready by a fault of ours.".to_owned()]),
        Ok(Err(faults)) => Err(faults),
        Ok(Ok((book, is_same, settings))) => match replay(&desk, Arc::new(book), days, bounds).await {
            Ok(tally) => Ok(Answered { is_same, settings, tally }),
            Err(fault) => {
                tracing::warn!(%fault, "what-if.broken-off");
                Err(vec!["The store cannot be read just now; ask again in a minute.".to_owned()])
            }
        },
    };
    WhatIf { asked_at, days, brought: named, outcome }
}

/// The rules and settings on the machine, made ready with the people in force; whether the rules are
/// those in force, and which settings are not.
fn tried(
    now: &Config,
    in_force: &Rulebook,
    brought: Option<(String, Vec<u8>)>,
) -> Result<(Rulebook, bool, Vec<String>), Vec<String>> {
    let lines =
        |text: String| text.lines().filter(|l| !l.trim().is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let config = config::load(&now.file).map_err(|faults| lines(faults.to_string()))?;
    let text = match brought {
        None => None,
        Some((name, bytes)) => {
            let text = String::from_utf8(bytes).map_err(|_| vec![format!("{name} is no text in UTF-8.")])?;
            Some((name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(), text))
        }
    };
    let more = text.as_ref().map(|(name, text)| (Path::new(name), text.as_str()));
    let rules = ruleset::load_with(&config.rulesets, more).map_err(|faults| lines(faults.to_string()))?;
    let is_same = rules.digest == in_force.rules.digest;
    let book = rulebook(&config, rules, in_force.directory.clone(), in_force.pictures.clone())
        .map_err(|f| lines(f.to_string()))?;
    Ok((book, is_same, differing(now, &config)))
}

/// Names of settings that are not as they are in force; no values.
fn differing(now: &Config, then: &Config) -> Vec<String> {
    let mut names: Vec<String> = now.settings.keys().chain(then.settings.keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|key| now.settings.get(key) != then.settings.get(key));
    names
}

fn as_shown(language: Language, w: &'static WhatIfWords, what_if: &WhatIf, answered: &Answered) -> Shown {
    let tally = &answered.tally;
    let mut remarks = vec![if answered.is_same { w.same } else { w.other }.to_owned()];
    remarks.extend(what_if.brought.as_ref().map(|name| fill(w.brought, &[name])));
    if !answered.settings.is_empty() {
        let names: Vec<&str> = answered.settings.iter().take(20).map(String::as_str).collect();
        remarks.push(fill(w.settings, &[&names.join(", ")]));
    }
    let without = |why: NoBytes| tally.without_bytes.get(&why).copied().unwrap_or_default().to_string();
    let changes = tally.changes.iter().take(MOST_ROWS).map(|(change, (count, _))| Change {
        school: change.school.clone(),
        was: disposition(language, change.was),
        would: disposition(language, change.would),
        count: *count,
        now_by: change.now_by.join(" "),
        no_longer_by: change.no_longer_by.join(" "),
    });
    let rules = tally.rules.iter().take(MOST_ROWS);
    let more = tally.changes.len().saturating_sub(MOST_ROWS) + tally.rules.len().saturating_sub(MOST_ROWS);
    let minutes = LONGEST.as_secs() / 60;
    Shown {
        title: fill(w.of_days, &[&what_if.days.to_string(), &moment(language, what_if.asked_at)]),
        remarks,
        tiles: vec![
            (tally.messages, w.messages),
            (tally.replayed, w.replayed),
            (tally.unchanged, w.unchanged),
            (tally.released, w.released),
        ],
        others: fill(
            w.of_others,
            &[
                &without(NoBytes::NothingKept),
                &without(NoBytes::Purged),
                &without(NoBytes::NotOpened),
                &without(NoBytes::Lost),
            ],
        ),
        cut_off: match tally.is_cut_off {
            true => fill(w.cut_off, &[&MOST_MESSAGES.to_string(), &minutes.to_string()]),
            false => String::new(),
        },
        changes: changes.collect(),
        rules: rules.map(|((school, rule), s)| (school.clone(), rule.clone(), s.before, s.after)).collect(),
        more: if more > 0 { fill(w.more, &[&more.to_string()]) } else { String::new() },
    }
}

fn disposition(language: Language, name: &'static str) -> &'static str {
    const ALL: [Disposition; 5] = [
        Disposition::Deliver,
        Disposition::Hold,
        Disposition::Quarantine,
        Disposition::Refuse,
        Disposition::Defer,
    ];
    ALL.into_iter().find(|d| d.name() == name).map_or(name, |d| called::disposition(language, d))
}
