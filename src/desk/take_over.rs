//! To whom something can be handed over (practice.md, A4: anyone who holds an item can hand it
//! on unread): whoever holds the office there and is no party. Each gets a notice with number
//! and category, and may look and decide as its reviewers do.

use super::{Desk, DeskFault, Wrong};
use crate::{
    authority::{Act, Case, Face, Office, Scope},
    effects::{Handed, HandedThing, Language, Notices},
    mail::Address,
    parties::School,
    ruleset::Category,
    storage::{ItemOffice, NewOutbox},
};
use chrono::Utc;

/// One who may take it over.
pub struct Taker {
    address: Address,
    faces: Vec<Face>,
}

/// Those who take over, as the store wants them.
pub struct TakenOver {
    pub faces: Vec<Face>,
    pub outbox: Vec<NewOutbox>,
}

/// Everyone free in that office, with their notices. Who is a party is passed over in silence.
pub fn take_over(
    desk: &Desk,
    office: ItemOffice,
    case: &Case,
    (number, category, what): (&str, Option<Category>, HandedThing),
) -> Result<TakenOver, DeskFault> {
    let Scope::School(id) = &case.scope else { return Err(nobody()) };
    let school = desk.config.schools.iter().find(|s| s.id == *id).ok_or_else(nobody)?;
    let mut takers = takers_in(desk, office, school, case);
    // Who does not see the parties must not learn by this who is one: whoever stands in gets it.
    let sees_parties = desk.may(Act::Particulars, case).is_allowed();
    for stands_in in [ItemOffice::Head, ItemOffice::Chair] {
        if takers.is_empty() && !sees_parties {
            takers = takers_in(desk, stands_in, school, case);
        }
    }
    if takers.is_empty() {
        return Err(nobody());
    }
    let notices = Notices::new(&desk.config.notices, &desk.config.hostname)?;
    let languages = Language::of(&school.languages);
    let handed = Handed { school: &school.name, number, category, what };
    let mut outbox = Vec::new();
    for taker in &takers {
        let written = notices.handed(&taker.address, &languages, &handed, Utc::now())?;
        outbox.push(written.outbox(Some(school.id.clone()), None));
    }
    Ok(TakenOver { faces: takers.into_iter().flat_map(|t| t.faces).collect(), outbox })
}

/// Whose an accusation of somebody at the school is from now on: the head's, or the chair's where
/// the head is concerned (practice.md, A4). Each hears of it, but for whoever says so.
pub struct Allegation {
    /// As a sentence goes on: "an allegation, ...".
    pub whose: &'static str,
    pub outbox: Vec<NewOutbox>,
}

pub fn allegation(
    desk: &Desk,
    case: &Case,
    accused: &[Face],
    (number, category, what): (&str, Option<Category>, HandedThing),
) -> Result<Allegation, DeskFault> {
    let mut case = case.clone();
    case.accused.extend(accused);
    let whose = [(ItemOffice::Head, "the head's"), (ItemOffice::Chair, "the chair of governors'")];
    for (office, whose) in whose {
        match take_over(desk, office, &case, (number, category, what)) {
            Ok(TakenOver { outbox, .. }) => return Ok(Allegation { whose, outbox }),
            Err(_) if office == ItemOffice::Head => {}
            Err(_) => break,
        }
    }
    let whose =
        "the local authority's: nobody at the school is free to have it, so ring its designated officer";
    Ok(Allegation { whose, outbox: Vec::new() })
}

/// It must not tell whether somebody there is a party.
fn nobody() -> DeskFault {
    Wrong::NoTaker.into()
}

fn takers_in(desk: &Desk, office: ItemOffice, school: &School, case: &Case) -> Vec<Taker> {
    let Some(office) = Office::named(office.name()) else { return Vec::new() };
    let mut all: Vec<Taker> = Vec::new();
    let concerned =
        [&case.parties, &case.owner, &case.supervisors, &case.accused, &case.proposed, &case.subject];
    for (address, faces) in desk.roll.each(office, &school.id) {
        let is_party = faces.iter().any(|face| concerned.iter().any(|faces| faces.contains(face)));
        if !is_party && !all.iter().any(|t| t.address == *address) {
            all.push(Taker { address: address.clone(), faces: faces.to_vec() });
        }
    }
    all
}
