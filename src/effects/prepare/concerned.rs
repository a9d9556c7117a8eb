//! Who is a party to what is kept, and what its items are about: so that whoever looks later
//! can be told from whom it must be hidden (practice.md, A4).

use super::{Matter, Prepared, Tools};
use crate::{
    authority,
    parties::{self, Listing, PersonId, Role},
    ruleset::Notice,
    storage::{Concerned, IncidentOrigin, Involvement, ItemKind, NewItem},
};

pub(super) fn concerned(matter: &Matter<'_>, tools: &Tools<'_>, prepared: &Prepared) -> Concerned {
    // Who passes something on to the report address is named in what is proposed.
    let proposed = prepared.proposals.iter().any(|p| p.origin == IncidentOrigin::Rule);
    let nothing = prepared.items.is_empty() && prepared.records.is_empty() && prepared.alerts.is_empty();
    if nothing && !proposed {
        return Concerned::default();
    }
    let supervisors = supervisors(matter, tools);
    let mut people: Vec<(PersonId, Involvement)> =
        supervisors.iter().map(|p| (p.clone(), Involvement::Supervisor)).collect();
    let parties = parties::involved(matter.parties, tools.directory).into_iter();
    people.extend(parties.filter(|p| !supervisors.contains(p)).map(|p| (p, Involvement::Party)));
    let named = matter.parties.senders().chain(&matter.parties.visible);
    let addresses = named.filter_map(|p| p.address.clone()).map(|a| (a, Involvement::Party)).collect();
    let matters = prepared.items.iter().filter(|i| i.kind != ItemKind::Hold);
    let matters = matters.map(|item| (item.id.clone(), about(matter, item))).collect();
    Concerned { people, addresses, matters }
}

/// The staff among the members of the class account that it was written from. Colleagues who
/// share an office's mailbox supervise nobody.
fn supervisors(matter: &Matter<'_>, tools: &Tools<'_>) -> Vec<PersonId> {
    let sender = matter.transaction.envelope.sender.address();
    let group = sender.and_then(|a| tools.directory.lookup(a)).and_then(parties::Known::group);
    let Some(group) = group.filter(|g| g.roles().contains(&Role::Pupil)) else { return Vec::new() };
    let day = matter.facts.now.date_naive();
    let staff = group.members().filter(|m| m.is(Role::Staff) && m.is_current(day));
    staff.map(|m| m.id().clone()).filter(|id| matter.parties.proved_sender.as_ref() != Some(id)).collect()
}

/// Whom its rules tell says what it is about: the head alone, an allegation.
fn about(matter: &Matter<'_>, item: &NewItem) -> authority::Matter {
    let protected = |address| {
        let mut parties = matter.parties.recipients.iter();
        parties.any(|p| {
            p.address.as_ref() == Some(address)
                && matches!(p.listing, Some(Listing::Protected | Listing::Helpline))
        })
    };
    if !item.recipients.is_empty() && item.recipients.iter().all(|r| protected(&r.address)) {
        return authority::Matter::Protected;
    }
    let asks =
        |notice| matter.verdict.plan.notices.iter().any(|(school, n)| *school == item.school && *n == notice);
    match (asks(Notice::Lead) || asks(Notice::LeadUrgent), asks(Notice::Dpo), asks(Notice::Head)) {
        (false, true, _) => authority::Matter::Misuse,
        (false, false, true) => authority::Matter::Allegation,
        _ => authority::Matter::Concern,
    }
}
