//! Who is in an item, as the school knows them. "From X's account" is not "X wrote" (practice.md, A8).

use super::{
    super::super::{Fault, called, places::Place, words::moment},
    list::Choice,
};
use crate::{
    authority::{Case, Face, Office},
    desk::Desk,
    effects::Language,
    mail::{Address, Envelope, ReversePath},
    parties::Role,
    storage::{Actor, IncidentSummary, ItemDetail},
};

/// One address of the envelope.
pub(in super::super) struct Someone {
    pub(in super::super) name: String,
    pub(in super::super) address: String,
    /// Roles and classes.
    pub(in super::super) what: String,
    pub(in super::super) accused: bool,
    pub(in super::super) guessed: bool,
}

/// An incident as the page of an item names it.
pub(super) struct Incident {
    pub(super) id: String,
    pub(super) place: String,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) since: String,
}

pub(super) fn incident(language: Language, incident: &IncidentSummary) -> Incident {
    Incident {
        id: incident.id.to_string(),
        place: Place::Incident(incident.id.as_str()).to_string(),
        kind: called::incident_kind(language, incident.kind),
        state: called::incident_state(language, incident.state),
        since: moment(language, incident.made_at),
    }
}

pub(in super::super) fn sender(
    desk: &Desk,
    language: Language,
    sender: &ReversePath,
    case: &Case,
) -> Result<Someone, Fault> {
    match sender.address() {
        Some(address) => someone(desk, language, address, case),
        None => Ok(Someone {
            name: String::new(),
            address: "<>".to_owned(),
            what: String::new(),
            accused: false,
            guessed: false,
        }),
    }
}

pub(in super::super) fn recipients(
    desk: &Desk,
    language: Language,
    envelope: &Envelope,
    case: &Case,
) -> Result<Vec<Someone>, Fault> {
    envelope.recipients.iter().map(|r| someone(desk, language, &r.address, case)).collect()
}

fn someone(desk: &Desk, language: Language, address: &Address, case: &Case) -> Result<Someone, Fault> {
    let faces = desk.faces(None, std::slice::from_ref(address))?;
    let any = |of: &[Face]| faces.iter().any(|face| of.contains(face));
    let person = desk.holder(address);
    let mut roles: Vec<Role> = person.iter().flat_map(|p| p.memberships()).map(|(_, role)| role).collect();
    roles.sort_unstable();
    roles.dedup();
    let mut what: Vec<String> =
        roles.into_iter().map(|role| called::role(language, role).to_owned()).collect();
    what.extend(person.iter().flat_map(|p| p.classes()).take(3).map(str::to_owned));
    Ok(Someone {
        name: person.map(|p| format!("{} {}", p.given(), p.family())).unwrap_or_default(),
        address: called::plain(address.as_str(), 320),
        what: what.join(", "),
        accused: any(&case.accused),
        guessed: any(&case.proposed),
    })
}

/// Whoever stands behind a random id of the ledger, by name where the register still knows them.
pub(in super::super) async fn writer(desk: &Desk, language: Language, by: &str) -> Result<String, Fault> {
    if let Some(name) = desk.who_wrote(by).await? {
        return Ok(name);
    }
    Ok(match desk.store.person(by).await? {
        Some(Actor::Operator(_)) => called::office(language, Office::Admin).to_owned(),
        _ => by.to_owned(),
    })
}

/// Those about whom it can be said that they are accused: people of the directory in it, by their place.
pub(super) fn to_accuse(desk: &Desk, detail: &ItemDetail) -> Vec<Choice> {
    everyone(detail)
        .enumerate()
        .take(50)
        .map(|(place, address)| {
            let name = desk.holder(address).map(|p| format!("{} {}", p.given(), p.family()));
            let address = called::plain(address.as_str(), 320);
            Choice {
                value: place.to_string(),
                name: name.map_or_else(|| address.clone(), |name| format!("{name} ({address})")),
                is_chosen: false,
            }
        })
        .collect()
}

/// Sender and recipients, in the order in which pages number them.
pub(super) fn everyone(detail: &ItemDetail) -> impl Iterator<Item = &Address> {
    detail.envelope.sender.address().into_iter().chain(detail.envelope.recipients.iter().map(|r| &r.address))
}
