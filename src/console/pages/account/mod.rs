//! One's own account: who one is here and which offices one holds.

use super::super::{
    Fault,
    door::{Door, Guard},
    page::{Frame, shown},
    places::{Place, at},
    visitor::Visitor,
    words::{moment, words},
};
use crate::authority::Scope;
use askama::Template;
use axum::response::Response;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get(at::Account, Guard::SignedIn, account)]
}

words! {
    pub struct AccountWords {
        title: "Your account" / "Eich cyfrif",
        offices: "Your offices" / "Eich swyddi",
        none: "You hold no office here yet. The head or the data protection officer gives it."
            / "Nid oes gennych swydd yma eto. Y pennaeth neu'r swyddog diogelu data sy'n ei rhoi.",
        trust: "the trust" / "yr ymddiriedolaeth",
        since: "Signed in since" / "Wedi mewngofnodi ers",
        until: "until" / "tan",
    }
}

struct Held {
    office: &'static str,
    place: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    w: &'static AccountWords,
    name: String,
    held: Vec<Held>,
    since: String,
    until: String,
}

async fn account(visitor: Visitor) -> Result<Response, Fault> {
    let w = AccountWords::of(visitor.language);
    let schools = &visitor.desk.config.schools;
    let mut held = Vec::new();
    for (scope, offices) in visitor.desk.own_offices() {
        let place = match scope {
            Scope::Trust => w.trust.to_owned(),
            Scope::School(id) => {
                schools.iter().find(|s| s.id == *id).map_or_else(|| id.to_string(), |s| s.name.clone())
            }
        };
        held.extend(offices.iter().map(|office| Held { office: office.called(), place: place.clone() }));
    }
    shown(&AccountPage {
        frame: Frame::of(&visitor, w.title, Place::Account),
        w,
        name: visitor.name(),
        held,
        since: moment(visitor.language, visitor.session.begun_at),
        until: moment(visitor.language, visitor.session.until),
    })
}
