//! Where anybody at work tells of a worry about a child, or about an adult who works with children. It goes to whoever
//! follows such things up; whoever told does not see it from then on.

use super::{
    super::super::{
        Fault, called,
        door::{Door, Guard},
        page::{Frame, shown},
        places::{Place, at},
        visitor::{Posted, Visitor},
        words::{fill, words},
    },
    super::queue::Choice,
    list::{New, own_schools},
};
use crate::storage::IncidentKind;
use askama::Template;
use axum::{
    extract::Query,
    response::{Redirect, Response},
};
use serde::Deserialize;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::Concern, Guard::SignedIn, page), Door::post(at::Concern, Guard::SignedIn, tell)]
}

/// What a colleague may have to tell of.
const KINDS: [IncidentKind; 3] = [IncidentKind::Concern, IncidentKind::Allegation, IncidentKind::LowLevel];

words! {
    pub struct ConcernWords {
        title: "Tell of a concern" / "Dweud am bryder",
        lead: "About a child, or about an adult who works with children. It goes to the safeguarding lead; what is about an adult at work, to the head; what is about the head, to the chair of governors."
            / "Am blentyn, neu am oedolyn sy'n gweithio gyda phlant. Mae'n mynd at yr arweinydd diogelu; yr hyn sydd am oedolyn yn y gwaith, at y pennaeth; yr hyn sydd am y pennaeth, at gadeirydd y llywodraethwyr.",
        now: "If a child is in danger now, ring 999, and tell the safeguarding lead in person. This page is not watched round the clock."
            / "Os yw plentyn mewn perygl nawr, ffoniwch 999, a dywedwch wrth yr arweinydd diogelu wyneb yn wyneb. Ni chaiff y dudalen hon ei gwylio ddydd a nos.",
        kind: "What it is" / "Beth ydyw",
        school: "School" / "Ysgol",
        name: "A few words" / "Ychydig eiriau",
        why: "What you saw or heard, in the words that were used; when and where" / "Beth welsoch neu glywsoch chi, yn y geiriau a ddefnyddiwyd; pryd a ble",
        affected: "Which children" / "Pa blant",
        accused: "Who is said to have done something" / "Pwy y dywedir iddo wneud rhywbeth",
        optional: "if you know" / "os gwyddoch",
        people_hint: "School addresses, with commas between." / "Cyfeiriadau ysgol, gyda choma rhyngddynt.",
        send: "Tell them" / "Dweud wrthynt",
        told: "Thank you. It is kept under the number {}, and whoever follows it up has a notice. You do not see it from now on; ask them in person."
            / "Diolch. Fe'i cedwir dan y rhif {}, ac mae gan bwy bynnag fydd yn mynd ar ei drywydd hysbysiad. Ni fyddwch yn ei weld o hyn ymlaen; gofynnwch iddynt wyneb yn wyneb.",
        not_told: "It is kept under the number {}, but nobody could be told by mail. Tell the head or the chair of governors in person now."
            / "Fe'i cedwir dan y rhif {}, ond ni ellid dweud wrth neb drwy e-bost. Dywedwch wrth y pennaeth neu gadeirydd y llywodraethwyr wyneb yn wyneb nawr.",
        no_school: "You hold no office at a school here. Tell the safeguarding lead in person."
            / "Nid oes gennych swydd mewn ysgol yma. Dywedwch wrth yr arweinydd diogelu wyneb yn wyneb.",
    }
}

#[derive(Template)]
#[template(path = "incidents/concern.html")]
struct ConcernPage {
    frame: Frame,
    w: &'static ConcernWords,
    said: Option<String>,
    kinds: Vec<Choice>,
    schools: Vec<Choice>,
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    told: String,
    #[serde(default)]
    kept: String,
}

async fn page(visitor: Visitor, Query(after): Query<After>) -> Result<Response, Fault> {
    let (language, w) = (visitor.language, ConcernWords::of(visitor.language));
    let number = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>();
    let said = match (number(&after.told), number(&after.kept)) {
        (told, _) if !told.is_empty() => Some(fill(w.told, &[&told])),
        (_, kept) if !kept.is_empty() => Some(fill(w.not_told, &[&kept])),
        _ => None,
    };
    shown(&ConcernPage {
        frame: Frame::of(&visitor, w.title, Place::Concern),
        w,
        said,
        kinds: KINDS
            .iter()
            .map(|kind| Choice {
                value: kind.name().to_owned(),
                name: called::incident_kind(language, *kind).to_owned(),
                is_chosen: *kind == IncidentKind::Concern,
            })
            .collect(),
        schools: own_schools(&visitor.desk),
    })
}

async fn tell(visitor: Visitor, Posted(new): Posted<New>) -> Result<Redirect, Fault> {
    let opened = visitor.desk.open_incident(new.case(&visitor)?).await?;
    let how = if opened.told > 0 { "told" } else { "kept" };
    Ok(Redirect::to(&format!("{}?{how}={}", Place::Concern, opened.id)))
}
