//! "What would have happened": the mail that a school observed, in counts, before it enforces (practice.md, C),
//! with the alerts against the budget and the school's lists held against that mail.

use super::{
    super::super::{
        Console, Fault, called,
        page::{Frame, shown},
        places::Place,
        visitor::{Posted, Visitor},
        words::{fill, words},
        works::Stands,
    },
    GateWords,
};
use crate::{
    authority::{Act, Thing},
    desk::{
        Desk,
        observed::{Bounds, Day, Entry, Happened, Would, happened},
    },
    effects::Language,
    mail::Mode,
    parties::{Listing, School},
    pipeline::Rulebook,
    policy::lessens,
    ruleset::Category,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono::NaiveDate;
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

const MOST_DAYS: u16 = 31;
/// Messages added up, and for how long.
const MOST_MESSAGES: u64 = 200_000;
const LONGEST: Duration = Duration::from_secs(3 * 60);
/// How long a page waits for work that is nearly done.
const PATIENCE: Duration = Duration::from_secs(3);
/// Rules that are shown; the most telling first.
const MOST_RULES: usize = 100;
/// Below this a count of a list's entry is not given.
const FEW: u64 = 5;

words! {
    struct HappenedWords {
        lead: "Before a school enforces: what its rules would have done to the mail that it observed. Mail passed unchanged; these are counts of what would have been."
            / "Cyn i ysgol orfodi: beth fyddai ei rheolau wedi'i wneud i'r post a arsylwodd. Aeth y post drwodd heb newid; cyfrifon yw'r rhain o'r hyn a fyddai wedi bod.",
        staff: "What concerns staff (allegations, misuse) and suspected images are in none of these numbers."
            / "Nid yw'r hyn sy'n ymwneud â staff (honiadau, camddefnydd) na lluniau a amheuir yn yr un o'r rhifau hyn.",
        school: "School" / "Ysgol",
        days: "The last so many days" / "Y dyddiau diwethaf, cynifer",
        go: "Add it up" / "Ei adio",
        busy: "Somebody's question is being answered just now; ask again in a few minutes."
            / "Mae cwestiwn rhywun yn cael ei ateb nawr; gofynnwch eto ymhen ychydig funudau.",
        days_wrong: "Give 1 to {} days." / "Rhowch 1 i {} diwrnod.",
        under_way: "Adding up: {} messages so far." / "Yn adio: {} neges hyd yma.",
        look: "Look again" / "Edrych eto",
        broken: "It broke off by a fault of ours, or the store was away; the gate's log says more. Ask again."
            / "Torrodd i ffwrdd oherwydd bai ynom ni, neu nid oedd y storfa ar gael; mae cofnod y porth yn dweud mwy. Gofynnwch eto.",
        title: "{}, {} to {}" / "{}, {} i {}",
        observes: "It observes now." / "Mae'n arsylwi nawr.",
        enforces: "It enforces now; only mail of the time when it observed is counted here."
            / "Mae'n gorfodi nawr; dim ond post o'r adeg pan oedd yn arsylwi sy'n cael ei gyfrif yma.",
        rota: "A rota is named: while it observes, somebody hears of an urgent disclosure at once."
            / "Mae rota wedi'i henwi: tra mae'n arsylwi, mae rhywun yn clywed am ddatgeliad brys ar unwaith.",
        no_rota: "No rota is named ([[school.rota]]): while it observes, NOBODY hears of an urgent disclosure."
            / "Nid oes rota wedi'i henwi ([[school.rota]]): tra mae'n arsylwi, NID OES NEB yn clywed am ddatgeliad brys.",
        none: "No mail of these days was observed." / "Ni arsylwyd unrhyw bost o'r dyddiau hyn.",
        cut_off: "It stopped at its bound ({} messages or {} minutes): the last days are missing. Ask for fewer."
            / "Stopiodd wrth ei derfyn ({} neges neu {} munud): mae'r dyddiau olaf ar goll. Gofynnwch am lai.",
        messages: "messages" / "neges",
        held: "would have waited for their sender" / "fyddai wedi aros am eu hanfonwr",
        quarantined: "would have waited for a reviewer" / "fyddai wedi aros am adolygydd",
        refused: "would have been refused" / "fyddai wedi'u gwrthod",
        nudged: "delivered, their sender told" / "wedi'u danfon, eu hanfonwr wedi clywed",
        by_day: "Day by day" / "Ddydd wrth ddydd",
        day: "Day" / "Diwrnod",
        all: "Messages" / "Negeseuon",
        hold: "Held" / "Daliwyd",
        quarantine: "Quarantined" / "Cwarantin",
        refuse: "Refused" / "Gwrthodwyd",
        nudge: "Sender told" / "Dywedwyd wrth yr anfonwr",
        urgent: "Urgent alerts" / "Rhybuddion brys",
        ordinary: "Ordinary alerts" / "Rhybuddion cyffredin",
        over: "over the budget" / "dros y gyllideb",
        budget: "The budget is {} ordinary alerts for one officer in one day; it would have been exceeded on {} of {} days. Beyond it alerts are grouped, and the rule steps down for the day. Urgent ones never."
            / "Y gyllideb yw {} rhybudd cyffredin i un swyddog mewn un diwrnod; byddai wedi'i phasio ar {} o {} diwrnod. Y tu hwnt iddi caiff rhybuddion eu grwpio, ac mae'r rheol yn camu i lawr am y dydd. Rhai brys, byth.",
        by_rule: "Rule by rule" / "Rheol wrth reol",
        rule: "Rule" / "Rheol",
        by_class: "By what was found" / "Yn ôl yr hyn a ganfuwyd",
        class: "Found" / "Canfuwyd",
        lists: "The school's lists" / "Rhestrau'r ysgol",
        lists_lead: "Each entry against this mail. Helplines are not counted, and of fewer than five nothing more is said."
            / "Pob cofnod yn erbyn y post hwn. Ni chyfrifir llinellau cymorth, ac o lai na phump ni ddywedir mwy.",
        entry: "Entry" / "Cofnod",
        list: "List" / "Rhestr",
        stopped: "Stopped all the same" / "Wedi'u hatal er hynny",
        not_met: "none: is it written right?" / "dim: a yw wedi'i ysgrifennu'n gywir?",
        few: "fewer than five" / "llai na phump",
        no_lists: "The school has no lists ([[school.list]]): partners, protected correspondents and bulk senders are treated as anybody."
            / "Nid oes gan yr ysgol restrau ([[school.list]]): caiff partneriaid, gohebwyr gwarchodedig ac anfonwyr swmp eu trin fel unrhyw un.",
        unlisted: "On no list, and often stopped" / "Ar ddim rhestr, ac yn aml wedi'u hatal",
        unlisted_lead: "Mail of at least three senders to these domains would have been stopped five times or more. Is one a partner or a protected correspondent?"
            / "Byddai post gan o leiaf dri anfonwr i'r parthau hyn wedi'i atal bum gwaith neu fwy. A oes un yn bartner neu'n ohebydd gwarchodedig?",
        no_unlisted: "No domain outside stands out." / "Nid oes parth allanol yn sefyll allan.",
        bulk: "{} messages went to twenty or more, from {} senders of the school who are on no list of bulk senders. A newsletter or a closure notice belongs on it."
            / "Aeth {} neges at ugain neu fwy, gan {} o anfonwyr yr ysgol nad ydynt ar restr anfonwyr swmp. Dylai cylchlythyr neu hysbysiad cau fod arni.",
        agency: "safeguarding agency" / "asiantaeth ddiogelu",
        helpline: "helpline" / "llinell gymorth",
        lead_list: "safeguarding lead" / "arweinydd diogelu",
        protected: "protected" / "gwarchodedig",
        partner: "partner" / "partner",
        bulk_sender: "bulk sender" / "anfonwr swmp",
        next: "To the switch and what was signed" / "I'r switsh a'r hyn a lofnodwyd",
    }
}

/// What was asked, and what came of it.
pub struct WouldHave {
    school: Arc<School>,
    found: Option<Happened>,
}

struct DayLine {
    day: String,
    it: Day,
    is_over: bool,
}

struct Line {
    name: String,
    says: String,
    it: Would,
}

struct EntryLine {
    pattern: String,
    list: &'static str,
    messages: String,
    stopped: String,
}

struct Shown {
    title: String,
    mode: &'static str,
    rota: (&'static str, &'static str),
    is_empty: bool,
    cut_off: String,
    tiles: Vec<(u64, &'static str)>,
    budget: String,
    days: Vec<DayLine>,
    /// Heading, what the first column is, and the lines.
    tables: [(&'static str, &'static str, Vec<Line>); 2],
    entries: Vec<EntryLine>,
    unlisted: Vec<(String, u64)>,
    bulk: String,
}

#[derive(Template)]
#[template(path = "gate/happened.html")]
struct HappenedPage {
    frame: Frame,
    g: &'static GateWords,
    w: &'static HappenedWords,
    schools: Vec<(String, String)>,
    wrong: String,
    under_way: String,
    broken: bool,
    shown: Option<Shown>,
    most_days: u16,
}

/// Counts of a school are for whoever may have its report.
fn schools(console: &Console, visitor: &Visitor) -> Result<Vec<Arc<School>>, Fault> {
    let own = visitor.desk.schools_or_refuse(Act::Particulars, Thing::Report)?;
    Ok(console.config().schools.iter().filter(|s| own.contains(&s.id)).cloned().collect())
}

pub(super) async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    schools(&console, &visitor)?;
    let stands = console.would_haves.stands_soon(visitor.user.id.as_str(), PATIENCE).await;
    made(&console, &visitor, stands, String::new())
}

fn made(
    console: &Console,
    visitor: &Visitor,
    stands: Stands<WouldHave>,
    wrong: String,
) -> Result<Response, Fault> {
    let (language, own) = (visitor.language, schools(console, visitor)?);
    let (g, w) = (GateWords::of(language), HappenedWords::of(language));
    let mut page = HappenedPage {
        frame: Frame::of(visitor, g.would_have, Place::GateWouldHave),
        g,
        w,
        schools: own.iter().map(|s| (s.id.to_string(), s.name.clone())).collect(),
        wrong,
        under_way: String::new(),
        broken: false,
        shown: None,
        most_days: MOST_DAYS,
    };
    match stands {
        Stands::None => {}
        Stands::Broken => page.broken = true,
        Stands::UnderWay(done) => page.under_way = fill(w.under_way, &[&done.to_string()]),
        // An office that has ended meanwhile shows nothing any more.
        Stands::Done(it) if !own.iter().any(|school| school.id == it.school.id) => {}
        Stands::Done(it) => match &it.found {
            None => page.broken = true,
            Some(found) => {
                page.shown =
                    Some(as_shown(language, w, &it.school, found, &console.gate.standing().rulebook));
            }
        },
    }
    shown(&page)
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    school: String,
    #[serde(default)]
    days: String,
}

pub(super) async fn ask(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Fault> {
    let own = schools(&console, &visitor)?;
    let school = own.into_iter().find(|s| *s.id.0 == *asked.school).ok_or(Fault::NotThere)?;
    let (account, w) = (visitor.user.id.as_str(), HappenedWords::of(visitor.language));
    let days: u16 = asked.days.trim().parse().unwrap_or(0);
    if !(1..=MOST_DAYS).contains(&days) {
        let wrong = fill(w.days_wrong, &[&MOST_DAYS.to_string()]);
        return made(&console, &visitor, console.would_haves.stands(account), wrong);
    }
    let bounds = Bounds { messages: MOST_MESSAGES, time: LONGEST, ..Bounds::default() };
    let (desk, done) = (visitor.desk.clone(), bounds.done.clone());
    if !console.would_haves.begin(account, done, added_up(desk, school, days, bounds)) {
        return made(&console, &visitor, console.would_haves.stands(account), w.busy.to_owned());
    }
    Ok(Redirect::to(&Place::GateWouldHave.to_string()).into_response())
}

async fn added_up(desk: Arc<Desk>, school: Arc<School>, days: u16, bounds: Bounds) -> WouldHave {
    let found = happened(&desk, &school, days, bounds).await;
    let found = found.inspect_err(|fault| tracing::warn!(%fault, "would-have.broken-off")).ok();
    WouldHave { school, found }
}

fn as_shown(
    language: Language,
    w: &'static HappenedWords,
    school: &School,
    found: &Happened,
    rulebook: &Rulebook,
) -> Shown {
    let over = |day: &Day| day.ordinary > found.budget;
    let days_over = found.days.values().filter(|day| over(day)).count();
    let reason = |id: &str| {
        let rule = rulebook.rules.policy.iter().find(|rule| *rule.id == *id);
        rule.map_or_else(String::new, |rule| rule.reason.to_string())
    };
    // How often somebody wrote to a union or a helpline is in the counts of these (practice.md, A6).
    let lessens = |id: &str| rulebook.rules.policy.iter().any(|rule| *rule.id == *id && lessens(rule));
    let rules = found.rules.iter().filter(|(id, _)| !lessens(id)).map(|(id, it)| Line {
        name: id.clone(),
        says: reason(id),
        it: *it,
    });
    let classes = found.classes.iter().map(|(name, it)| {
        let category = name.parse::<Category>().map(|c| called::category(language, c));
        Line { name: category.map_or_else(|()| name.clone(), str::to_owned), says: name.clone(), it: *it }
    });
    let total = found.total;
    let count = found.days.len().to_string();
    Shown {
        title: fill(w.title, &[&school.name, &day(language, found.first), &day(language, found.last)]),
        mode: if school.mode == Mode::Observe { w.observes } else { w.enforces },
        rota: if school.alerts.rota.is_empty() { ("bad", w.no_rota) } else { ("good", w.rota) },
        is_empty: total.messages == 0,
        cut_off: match found.is_cut_off {
            true => fill(w.cut_off, &[&MOST_MESSAGES.to_string(), &(LONGEST.as_secs() / 60).to_string()]),
            false => String::new(),
        },
        tiles: vec![
            (total.messages, w.messages),
            (total.held, w.held),
            (total.quarantined, w.quarantined),
            (total.refused, w.refused),
            (total.nudged, w.nudged),
        ],
        budget: fill(w.budget, &[&found.budget.to_string(), &days_over.to_string(), &count]),
        days: found
            .days
            .iter()
            .map(|(at, it)| DayLine { day: day(language, *at), it: *it, is_over: over(it) })
            .collect(),
        tables: [(w.by_rule, w.rule, telling(rules)), (w.by_class, w.class, telling(classes))],
        entries: found.entries.iter().map(|entry| entry_line(w, entry)).collect(),
        unlisted: found.unlisted.iter().map(|one| (called::plain(&one.domain, 100), one.stopped)).collect(),
        bulk: match found.bulk.0 {
            0 => String::new(),
            count => fill(w.bulk, &[&count.to_string(), &found.bulk.1.to_string()]),
        },
    }
}

/// Those that would have stopped most first.
fn telling(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut all: Vec<Line> = lines.collect();
    let stopped = |it: &Would| it.held + it.quarantined + it.refused;
    all.sort_by(|a, b| {
        (stopped(&b.it), b.it.messages, &a.name).cmp(&(stopped(&a.it), a.it.messages, &b.name))
    });
    all.truncate(MOST_RULES);
    all
}

fn day(language: Language, day: NaiveDate) -> String {
    match language {
        Language::English => day.format("%a %-d %b").to_string(),
        Language::Welsh => day.format("%d/%m/%Y").to_string(),
    }
}

/// Of fewer than five only that: whoever wrote to a union could be told.
fn entry_line(w: &'static HappenedWords, entry: &Entry) -> EntryLine {
    let list = match entry.listing {
        Listing::SafeguardingAgency => w.agency,
        Listing::Helpline => w.helpline,
        Listing::Lead => w.lead_list,
        Listing::Protected => w.protected,
        Listing::Partner => w.partner,
        Listing::BulkSender => w.bulk_sender,
    };
    let is_open = matches!(entry.listing, Listing::Partner | Listing::BulkSender | Listing::Lead);
    let (messages, stopped) = match entry.messages {
        0 if is_open => (w.not_met.to_owned(), String::new()),
        count if count < FEW => (w.few.to_owned(), String::new()),
        count if entry.stopped < FEW && entry.stopped > 0 => (count.to_string(), w.few.to_owned()),
        count => (count.to_string(), entry.stopped.to_string()),
    };
    EntryLine { pattern: called::plain(&entry.pattern, 120), list, messages, stopped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_to_a_union_cannot_be_told_from_a_small_count() {
        let w = HappenedWords::of(Language::English);
        let line = |listing, messages, stopped| {
            let line = entry_line(w, &Entry { pattern: "union.example".into(), listing, messages, stopped });
            (line.messages, line.stopped)
        };
        let few = (w.few.to_owned(), String::new());
        for count in 0..5 {
            assert_eq!(line(Listing::Protected, count, 1), few);
        }
        assert_eq!(line(Listing::Partner, 0, 0).0, w.not_met);
        assert_eq!(line(Listing::Partner, 9, 2), ("9".into(), w.few.to_owned()));
        assert_eq!(line(Listing::Protected, 12, 0), ("12".into(), "0".into()));
    }
}
