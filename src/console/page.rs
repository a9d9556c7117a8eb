//! The frame of every page: heading, the rooms that are somebody's, language, and the page that says
//! what went wrong.

use super::{
    Console, Fault, answers, called, cookies, door,
    places::Place,
    visitor::Visitor,
    words::{code, fill, words},
};
use crate::{
    authority::{Answer, Office, Offices, Why},
    desk::Refusal,
    effects::Language,
};
use askama::Template;
use axum::{
    http::{StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};

words! {
    /// What stands around every page.
    pub struct FrameWords {
        skip: "Skip to the content" / "Neidio i'r cynnwys",
        rooms: "Your pages" / "Eich tudalennau",
        sign_out: "Sign out" / "Allgofnodi",
        account: "Your account" / "Eich cyfrif",
        other_language: "Cymraeg" / "English",
        review: "" / "Cymraeg y tudalennau hyn: i'w adolygu gan siaradwr Cymraeg.",
        monitoring: "Mail is checked automatically; some messages are read by named staff; it is not watched round the clock."
            / "Caiff e-bost ei wirio'n awtomatig; mae staff penodol yn darllen rhai negeseuon; ni chaiff ei wylio ddydd a nos.",
    }
}

/// One room in the list of rooms.
#[derive(Debug)]
pub struct Room {
    pub name: &'static str,
    pub place: String,
    pub is_here: bool,
}

/// What the frame needs; each page's template has one as `frame`.
#[derive(Debug)]
pub struct Frame {
    pub title: String,
    pub language: Language,
    pub words: &'static FrameWords,
    pub rooms: Vec<Room>,
    /// Who is signed in.
    pub who: Option<String>,
    pub form_word: String,
    /// Where the other language is chosen and one comes back to.
    pub back: String,
}

impl Frame {
    /// For whoever is signed in; `here` is the place whose room is marked.
    pub fn of(visitor: &Visitor, title: impl Into<String>, here: Place<'_>) -> Self {
        let mut frame = Self::of_nobody(visitor.language, title, here);
        frame.rooms = rooms(visitor, here);
        frame.who = Some(visitor.name());
        frame.form_word = visitor.form_word.to_string();
        frame
    }

    pub fn of_nobody(language: Language, title: impl Into<String>, here: Place<'_>) -> Self {
        Self {
            title: title.into(),
            language,
            words: FrameWords::of(language),
            rooms: Vec::new(),
            who: None,
            form_word: String::new(),
            back: here.to_string(),
        }
    }

    pub fn lang(&self) -> &'static str {
        code(self.language)
    }
}

/// The rooms of whoever is signed in, in the order in which their work goes.
fn rooms(visitor: &Visitor, here: Place<'_>) -> Vec<Room> {
    let held = visitor.desk.own_offices().iter().fold(Offices::NONE, |all, (_, held)| all.and(*held));
    let here = here.to_string();
    super::pages::ROOMS
        .iter()
        .filter(|room| room.offices.is_empty() || held.any(Offices::of(room.offices)))
        .map(|room| {
            let place = room.place.to_string();
            let is_here = here == place || here.starts_with(&format!("{place}/"));
            Room { name: (room.name)(visitor.language), place, is_here }
        })
        .collect()
}

/// A room as the list of all rooms has it.
pub struct Entry {
    pub place: Place<'static>,
    pub name: fn(Language) -> &'static str,
    /// Whose it is; empty for everybody's.
    pub offices: &'static [Office],
}

/// A template as an answer.
pub fn shown(page: &impl Template) -> Result<Response, Fault> {
    Ok(Html(page.render()?).into_response())
}

/// A file to keep, under a name of ours.
pub fn file(name: &str, kind: &'static str, body: impl Into<axum::body::Body>) -> Result<Response, Fault> {
    let name = format!("attachment; filename=\"{name}\"");
    let name = header::HeaderValue::from_str(&name).map_err(|_| Fault::Away)?;
    let headers =
        [(header::CONTENT_TYPE, header::HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body.into()).into_response())
}

words! {
    struct FaultWords {
        not_there: "There is no such page" / "Nid oes tudalen o'r fath",
        not_there_text: "It may have been decided, taken back, or never have been there. Your own pages are in the list above."
            / "Efallai ei bod wedi'i phenderfynu, ei thynnu'n ôl, neu na fu erioed yno. Mae eich tudalennau chi yn y rhestr uchod.",
        refused: "This is not yours to open" / "Nid chi sydd i agor hon",
        two: "Another person has to say the same" / "Rhaid i berson arall ddweud yr un peth",
        another: "This is for another person to decide" / "Mater i berson arall ei benderfynu yw hyn",
        not_yet: "Not yet" / "Ddim eto",
        nobody: "Nobody opens this" / "Nid oes neb yn agor hon",
        not_so: "That cannot be done with it" / "Ni ellir gwneud hynny â hi",
        wrong: "That could not be taken" / "Ni ellid derbyn hynny",
        wrong_next: "Nothing was changed. Go back and try again." / "Ni newidiwyd dim. Ewch yn ôl a rhoi cynnig arall arni.",
        decided: "Somebody has decided this already; reload the page." / "Mae rhywun wedi penderfynu hyn eisoes; ail-lwythwch y dudalen.",
        parents: "Say first whether the parents were told: yes, or no and why not."
            / "Dywedwch yn gyntaf a ddywedwyd wrth y rhieni: do, neu naddo a pham.",
        form: "This page has gone stale" / "Mae'r dudalen hon wedi darfod",
        form_text: "Nothing was done. Go back, reload the page, and send it again."
            / "Ni wnaed dim. Ewch yn ôl, ail-lwythwch y dudalen, a'i hanfon eto.",
        often: "Too many tries" / "Gormod o geisiadau",
        often_text: "Wait a few minutes, then try again. A passkey is not slowed down."
            / "Arhoswch ychydig funudau, yna rhowch gynnig arall arni. Nid yw allwedd mynediad yn cael ei harafu.",
        away: "The gate cannot answer just now" / "Ni all y porth ateb ar hyn o bryd",
        away_text: "Nothing was done and nothing is lost. Try again in a minute; if it stays so, tell the mail administrator."
            / "Ni wnaed dim ac ni chollwyd dim. Rhowch gynnig arall arni ymhen munud; os yw'n parhau, dywedwch wrth weinyddwr y post.",
        offices: "It belongs to: {}." / "Mae'n perthyn i: {}.",
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    heading: &'static str,
    text: String,
}

/// What was wrong with what was filled in, as a sentence; `None` for what is no fault of a form.
pub(super) fn wrong(language: Language, fault: &Fault) -> Option<String> {
    let w = FaultWords::of(language);
    match fault {
        Fault::Wrong(sentence) => Some(sentence.clone()),
        Fault::Cannot(why) => Some(why.sentence(language)),
        Fault::At(_, fault) => wrong(language, fault),
        Fault::Decided => Some(w.decided.to_owned()),
        Fault::ParentsNotSaid => Some(w.parents.to_owned()),
        _ => None,
    }
}

/// What went wrong, as a page.
pub(super) async fn fault(console: &Console, asked: &Parts, fault: Fault) -> Response {
    let language = cookies::language(&asked.headers);
    let w = FaultWords::of(language);
    let (heading, text) = match &fault {
        Fault::SignIn => return to_sign_in(Place::SignIn, wanted(asked)),
        Fault::ProveAnew | Fault::UnlockKey => return to_prove(&fault, wanted(asked)),
        Fault::NotThere => (w.not_there, w.not_there_text.to_owned()),
        Fault::Refused(refusal) => (heading(w, refusal), answers::refusal(language, refusal)),
        Fault::Kept(why) => (w.nobody, why.sentence(language)),
        Fault::Offices(offices) => {
            let named: Vec<&str> = offices.iter().map(|office| called::office(language, *office)).collect();
            (w.refused, fill(w.offices, &[&named.join(", ")]))
        }
        Fault::Wrong(_) | Fault::Cannot(_) | Fault::At(..) | Fault::Decided | Fault::ParentsNotSaid => {
            let said = wrong(language, &fault).unwrap_or_default();
            (w.wrong, format!("{said} {}", w.wrong_next))
        }
        Fault::Form => (w.form, w.form_text.to_owned()),
        Fault::TooOften => (w.often, w.often_text.to_owned()),
        Fault::Away => (w.away, w.away_text.to_owned()),
    };
    let frame = match console.visitor(asked).await {
        Ok(Some(visitor)) => Frame::of(&visitor, heading, Place::Home),
        _ => Frame::of_nobody(language, heading, Place::Home),
    };
    let page = FaultPage { frame, heading, text };
    match page.render() {
        Ok(html) => (fault.status(), Html(html)).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, heading).into_response(),
    }
}

/// Over a refusal: by what it says, not that whoever asks has no business here.
fn heading(w: &FaultWords, refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Answer(Answer::NeedsSecond { .. }) | Refusal::EachSaysWho(_) => w.two,
        Refusal::Answer(Answer::No { why, .. }) => match why {
            Why::Sealed | Why::Protected => w.nobody,
            Why::NoSuchAct | Why::PolicyForbids => w.not_so,
            Why::LegalHold | Why::NotDecided | Why::NotReviewed | Why::NothingAsked => w.not_yet,
            Why::OwnCase | Why::OwnRequest => w.another,
            Why::SendersBusiness
            | Why::NoEmergency
            | Why::AdminReadsNoContent
            | Why::GovernorReadsReports
            | Why::TrustSeesNoSchool
            | Why::NotYourOffice => w.refused,
        },
        Refusal::Answer(Answer::Allowed | Answer::NotThere)
        | Refusal::NoOffice
        | Refusal::NoOfficeAt(_)
        | Refusal::NotForThatOffice
        | Refusal::HeadsAlone => w.refused,
    }
}

fn wanted(asked: &Parts) -> &str {
    match asked.method.is_safe() {
        true => asked.uri.path_and_query().map_or("/", |p| p.as_str()),
        // The address of a form that acts may be no page.
        false => door::page_above(asked.uri.path()),
    }
}

/// To where somebody proves who they are, or gives their key, and back.
pub(super) fn to_prove(fault: &Fault, wanted: &str) -> Response {
    let place = if matches!(fault, Fault::UnlockKey) { Place::Key } else { Place::Again };
    to_sign_in(place, wanted)
}

/// To the page of signing in, and back to where one wanted to go.
fn to_sign_in(place: Place<'_>, wanted: &str) -> Response {
    let next = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect::<String>();
    let mut response = Redirect::to(&format!("{place}?next={next}")).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Where somebody wanted to go, when that is a page of ours.
pub fn own_page(next: Option<&str>) -> &str {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains('\\')
            // Browsers leave tabs and line ends out of an address.
            && !path.chars().any(char::is_control)
            && path.len() <= 500
    };
    next.filter(is_own).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_to_pages_of_ours_only() {
        assert_eq!(own_page(Some("/queue?x=1")), "/queue?x=1");
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "queue",
            "/a\r\nb",
            "/\t/evil.example",
        ] {
            assert_eq!(own_page(Some(bad)), "/", "{bad}");
        }
        assert_eq!(own_page(None), "/");
    }

    #[test]
    fn a_refusal_stands_under_a_heading_of_its_own() {
        let w = FaultWords::of(Language::English);
        let two = Answer::NeedsSecond { who: Vec::new() };
        assert_eq!(heading(w, &Refusal::Answer(two)), "Another person has to say the same");
        let no = |why| Refusal::Answer(Answer::No { why, instead: Vec::new() });
        assert_eq!(heading(w, &no(Why::NotYourOffice)), w.refused);
        assert_eq!(heading(w, &no(Why::OwnRequest)), w.another);
        assert_eq!(heading(w, &no(Why::Sealed)), w.nobody);
    }
}
