//! Lines of an incident's timeline: what was done, to whom it was taken, whether the parents were told, how it
//! ended. One form for each; the acts are the desk's.

use super::{
    super::super::{
        Console, Fault, called,
        door::{Door, Guard},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::words,
    },
    super::queue::Choice,
    case::{CaseWords, find, part},
};
use crate::{
    authority::{Act, Answer, Case, Office},
    desk::{Desk, Leave, Named},
    effects::Language,
    storage::{
        Accusation, Dismissal, Entry, IncidentState, IncidentSummary, ItemOffice, Link, Part, Referral,
    },
};
use axum::{
    extract::{Path, State},
    response::Redirect,
};
use chrono::{NaiveDate, Utc};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::post(at::IncidentWrite, Guard::SignedIn, write)]
}

words! {
    pub struct WriteWords {
        accept: "Make it an incident" / "Ei wneud yn ddigwyddiad",
        note: "Add a note" / "Ychwanegu nodyn",
        action: "Say what was done" / "Dweud beth a wnaed",
        refer: "Say to whom it was taken" / "Dweud at bwy yr aed ag ef",
        told: "The parents were told" / "Dywedwyd wrth y rhieni",
        not_told: "The parents were not told" / "Ni ddywedwyd wrth y rhieni",
        link: "Link a message of the queue" / "Cysylltu neges o'r rhestr aros",
        person: "Say who somebody is in it" / "Dweud pwy yw rhywun ynddo",
        accused: "Confirm or refuse who is accused" / "Cadarnhau neu wrthod pwy sydd wedi'i gyhuddo",
        hand_over: "Hand over unread" / "Trosglwyddo heb ei ddarllen",
        close: "Close it with its outcome" / "Ei gau gyda'i ganlyniad",
        dismiss: "Dismiss it: there is nothing in it" / "Ei wrthod: does dim ynddo",
        reopen: "Undo: open it again" / "Dadwneud: ei agor eto",
        text: "In words" / "Mewn geiriau",
        on: "On" / "Ar",
        by: "By whom" / "Gan bwy",
        to: "To" / "At",
        reference: "Their number for it" / "Eu rhif ar ei gyfer",
        who: "A school address or the id in the directory" / "Cyfeiriad ysgol neu'r rhif adnabod yn y cyfeiriadur",
        as_what: "As" / "Fel",
        because: "Because" / "Oherwydd",
        word: "Your word" / "Eich gair",
        yes: "Yes, accused" / "Ie, wedi'i gyhuddo",
        no: "No, or not any more" / "Na, neu ddim bellach",
        number: "Number" / "Rhif",
        two: "Takes two people: yours is the first word, another confirms it." / "Mae angen dau berson: eich gair chi yw'r cyntaf, a bydd rhywun arall yn ei gadarnhau.",
        no_text: "Write a few words." / "Ysgrifennwch ychydig eiriau.",
        no_day: "Give the day." / "Rhowch y diwrnod.",
        no_person: "Name somebody." / "Enwch rywun.",
    }
}

/// One form; what is empty is not asked.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// Of a field for words.
    pub(super) text: Option<&'static str>,
    /// Of a field for one line, and its name.
    pub(super) line: Option<(&'static str, &'static str)>,
    pub(super) day: Option<&'static str>,
    /// A list to choose from: its name, its label, what there is.
    pub(super) choose: Option<(&'static str, &'static str, Vec<Choice>)>,
    pub(super) two: Option<&'static str>,
    pub(super) is_grave: bool,
}

fn choices<T: Copy>(all: &[T], name: fn(T) -> &'static str, said: impl Fn(T) -> &'static str) -> Vec<Choice> {
    let one = |v: &T| Choice { value: name(*v).to_owned(), name: said(*v).to_owned(), is_chosen: false };
    all.iter().map(one).collect()
}

/// What the asker may do with it in its state.
pub(super) fn forms(desk: &Desk, language: Language, incident: &IncidentSummary, case: &Case) -> Vec<Form> {
    let (w, c) = (WriteWords::of(language), CaseWords::of(language));
    let plain = |name, title| Form {
        name,
        title,
        text: Some(w.text),
        line: None,
        day: None,
        choose: None,
        two: None,
        is_grave: false,
    };
    let may = |act| desk.may(act, case).is_allowed();
    let two = |act| match desk.may(act, case) {
        Answer::Allowed => Some(None),
        Answer::NeedsSecond { .. } => Some(Some(w.two)),
        _ => None,
    };
    let mut forms = Vec::new();
    let is_over = matches!(incident.state, IncidentState::Closed | IncidentState::Dismissed);
    if incident.state == IncidentState::Proposed && may(Act::Note) {
        forms.push(plain("accept", w.accept));
    }
    if may(Act::Note) && !is_over {
        forms.push(plain("note", w.note));
        forms.push(plain("action", w.action));
        let to = choices(Referral::ALL, Referral::name, |r| called::referral(language, r));
        forms.push(Form {
            text: None,
            line: Some(("line", w.reference)),
            day: Some(w.on),
            choose: Some(("to", w.to, to)),
            ..plain("refer", w.refer)
        });
        forms.push(Form { text: None, line: Some(("line", w.by)), day: Some(w.on), ..plain("told", w.told) });
        forms.push(plain("not-told", w.not_told));
        forms.push(Form { text: None, line: Some(("line", w.number)), ..plain("link", w.link) });
        let parts = Part::ALL.iter().copied().filter(|p| *p != Part::Accused && *p != Part::Author);
        let parts = choices(&parts.collect::<Vec<_>>(), Part::name, |p| part(c, p));
        forms.push(Form {
            text: None,
            line: Some(("line", w.who)),
            choose: Some(("to", w.as_what, parts)),
            ..plain("person", w.person)
        });
    }
    if may(Act::JudgeAccused) && !is_over {
        let words = [("yes", w.yes), ("no", w.no)];
        let words = words.into_iter().map(|(value, name)| Choice {
            value: value.to_owned(),
            name: name.to_owned(),
            is_chosen: false,
        });
        forms.push(Form {
            line: Some(("line", w.who)),
            choose: Some(("to", w.word, words.collect())),
            ..plain("accused", w.accused)
        });
    }
    if may(Act::HandOver) {
        let offices = ItemOffice::ALL.iter().filter_map(|o| Office::named(o.name())).map(|office| Choice {
            value: office.name().to_owned(),
            name: called::office(language, office).to_owned(),
            is_chosen: office == Office::Head,
        });
        forms.push(Form { choose: Some(("to", w.to, offices.collect())), ..plain("hand-over", w.hand_over) });
    }
    if is_over && may(Act::Note) {
        forms.push(plain("reopen", w.reopen));
    }
    if incident.state == IncidentState::Open
        && let Some(two) = two(Act::Close)
    {
        forms.push(Form { two, ..plain("close", w.close) });
    }
    if !is_over && let Some(two) = two(Act::Dismiss) {
        let why = choices(Dismissal::ALL, Dismissal::name, |d| called::dismissal(language, d));
        forms.push(Form {
            two,
            choose: Some(("to", w.because, why)),
            is_grave: true,
            ..plain("dismiss", w.dismiss)
        });
    }
    forms
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    act: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    line: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    to: String,
}

async fn write(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Posted(written): Posted<Written>,
) -> Result<Redirect, Fault> {
    let (summary, _) = find(&visitor, &id).await?;
    let (desk, w, id) = (&visitor.desk, WriteWords::of(visitor.language), &summary.id);
    let text = || {
        let text: String = written.text.trim().chars().take(2_000).collect();
        if text.is_empty() { Err(Fault::Wrong(w.no_text.to_owned()).at("text")) } else { Ok(text) }
    };
    let line = || written.line.trim().chars().take(300).collect::<String>();
    let day = || match written.on.is_empty() {
        true => Ok(Utc::now().date_naive()),
        false => written.on.parse::<NaiveDate>().map_err(|_| Fault::Wrong(w.no_day.to_owned()).at("on")),
    };
    let named = || match written.line.trim() {
        "" => Err(Fault::Wrong(w.no_person.to_owned()).at("line")),
        who => Named::of(who, &desk.directory).map_err(|e| Fault::from(e).at("line")),
    };
    let of = |all: &[Referral]| all.iter().copied().find(|r| r.name() == written.to).ok_or(Fault::Form);
    let note = match written.act.as_str() {
        "accept" => Some(Entry::Opened { why: text()? }),
        "note" => Some(Entry::Note { text: text()? }),
        "action" => Some(Entry::Action { text: text()? }),
        "refer" => Some(Entry::Referred { to: of(Referral::ALL)?, on: day()?, reference: line() }),
        "told" => Some(Entry::ParentsTold { on: day()?, by: line() }),
        "not-told" => Some(Entry::ParentsNotTold { why: text()? }),
        "reopen" => Some(Entry::Reopened { why: text()? }),
        _ => None,
    };
    if let Some(entry) = note {
        desk.write_incident(id, Act::Note, entry).await?;
        return after(&console, &visitor, id.as_str(), "written").await;
    }
    let leave = match written.act.as_str() {
        "close" => desk.end_incident(id, Entry::Closed { outcome: text()? }).await?,
        "dismiss" => {
            let why = Dismissal::ALL.iter().copied().find(|d| d.name() == written.to).ok_or(Fault::Form)?;
            desk.end_incident(id, Entry::Dismissed { why, text: text()? }).await?
        }
        "link" => {
            let item = line().parse().map_err(|()| Fault::NotThere)?;
            let link = desk.visible(Link::Item(item)).await?;
            desk.incident(Act::Note, id).await?;
            console.store.incident_link(id, link, &desk.actor).await?;
            Leave::Go
        }
        "person" => {
            let who = named()?.who().ok_or_else(|| Fault::Wrong(w.no_person.to_owned()).at("line"))?;
            let part = Part::ALL.iter().copied().find(|p| p.name() == written.to && *p != Part::Accused);
            desk.incident(Act::Note, id).await?;
            console.store.incident_name(id, who, part.ok_or(Fault::Form)?, &desk.actor).await?;
            Leave::Go
        }
        "accused" => {
            let word = match written.to.as_str() {
                "yes" => Accusation::Confirmed,
                "no" => Accusation::Refused,
                _ => return Err(Fault::Form),
            };
            desk.judge_accused_in_incident(id, named()?, word, &text()?).await?;
            Leave::Go
        }
        "hand-over" => {
            let office =
                ItemOffice::ALL.iter().copied().find(|o| o.name() == written.to).ok_or(Fault::Form)?;
            desk.hand_over_incident(id, office, &text()?).await?;
            console.live.forget_look(&visitor.user.id, id.as_str());
            return Ok(Redirect::to(&Place::Incidents.to_string()));
        }
        _ => return Err(Fault::Form),
    };
    let said = if matches!(leave, Leave::WaitForSecond(_)) { "noted" } else { "written" };
    after(&console, &visitor, id.as_str(), said).await
}

/// Back to it, where it is still there for whoever wrote.
async fn after(console: &Console, visitor: &Visitor, id: &str, said: &str) -> Result<Redirect, Fault> {
    match find(visitor, id).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?said={said}", Place::Incident(id)))),
        Err(Fault::NotThere) => {
            console.live.forget_look(&visitor.user.id, id);
            Ok(Redirect::to(&Place::Incidents.to_string()))
        }
        Err(fault) => Err(fault),
    }
}
