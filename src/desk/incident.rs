//! Opening, linking, naming, handing over and ending incidents: the same at the command line and at the
//! console. For whoever is a party to one, or accused in it, it is not there (practice.md, A4).

use super::{
    AtWork, Desk, DeskFault, Leave, Named, Refusal,
    take_over::{allegation, take_over},
};
use crate::{
    authority::{Act, Case, Office, Offices, Scope, Thing},
    effects::HandedThing,
    mail::SchoolId,
    storage::{
        Accusation, Entry, HandedOver, Incident, IncidentError, IncidentId, IncidentKind, IncidentSummary,
        ItemOffice, Link, NewIncident, Part, StoreError, Who, Why,
    },
};

/// Who follows a concern up: if one of them opens it, the others need no notice.
const FOLLOW_UP: &[Office] = &[Office::Lead, Office::Deputy, Office::Head];

/// As an answer calls one.
const WHAT: &str = "incident";

/// An incident as somebody opens it.
pub struct NewCase {
    pub school: SchoolId,
    pub kind: IncidentKind,
    pub title: String,
    pub why: String,
    pub affected: Vec<Named>,
    pub accused: Vec<Named>,
    pub links: Vec<Link>,
}

/// What became of it.
pub struct OpenedCase {
    pub id: IncidentId,
    /// Kept as what, and whose that is, as a sentence goes on.
    pub whose: Option<(IncidentKind, &'static str)>,
    /// How many have a notice of it: where whoever opened it does not follow it up themselves.
    pub told: usize,
    /// Whoever opened it is in it, and does not see it from now on.
    pub is_party: bool,
}

impl Desk {
    /// The incident, when the asker may do this to it. For whom it is not there, the answer is the
    /// same as for a number that does not exist.
    pub async fn incident(&self, act: Act, id: &IncidentId) -> Result<(IncidentSummary, Case), DeskFault> {
        let (summary, case) = self.store.incident_case(id).await?;
        self.authorise(act, &case, WHAT, id.as_str()).await?;
        Ok((summary, case))
    }

    /// All of it, but for other incidents that are not there for the asker. The ledger has the look
    /// before it is shown.
    pub async fn read_incident(&self, id: &IncidentId, why: &Why) -> Result<Incident, DeskFault> {
        let mut incident = self.store.incident(id, &self.actor, why.clone()).await?;
        let others: Vec<String> =
            incident.links.iter().filter(|l| l.kind == WHAT).map(|l| l.target.clone()).collect();
        let hidden = self.hidden(&others).await?;
        incident.links.retain(|l| l.kind != WHAT || !hidden.contains(&l.target));
        Ok(incident)
    }

    /// Opens one. Whoever works at the school and is accused makes a concern an allegation.
    pub async fn open_incident(&self, new: NewCase) -> Result<OpenedCase, DeskFault> {
        let NewCase { school, mut kind, title, why, affected, accused, links: wanted } = new;
        let thing = if kind == IncidentKind::LowLevel { Thing::LowLevelConcern } else { Thing::Incident };
        if !self.schools_or_refuse(Act::Open, thing)?.contains(&school) {
            return Err(DeskFault::Refused(Refusal::NoOfficeAt(school)));
        }
        let (mut people, mut faces) = (Vec::new(), Vec::new());
        for (all, part) in [(affected, Part::Affected), (accused, Part::Accused)] {
            for named in all {
                if part == Part::Accused && named.at_work == AtWork::Yes {
                    faces.extend(self.faces(named.person.as_ref(), &named.addresses)?);
                    if kind == IncidentKind::Concern {
                        kind = IncidentKind::Allegation;
                    }
                }
                people.extend(named.who().map(|who: Who| (who, part)));
            }
        }
        let mut links = Vec::new();
        for link in wanted {
            links.push(self.visible(link).await?);
        }
        let id = self.store.new_incident_id();
        let (mut whose, mut outbox) = (None, Vec::new());
        if matches!(kind, IncidentKind::Allegation | IncidentKind::LowLevel) {
            let case = Case::new(thing, Scope::School(school.clone()));
            let allegation = allegation(self, &case, &faces, (id.as_str(), None, HandedThing::Incident))?;
            (whose, outbox) = (Some((kind, allegation.whose)), allegation.outbox);
        } else if !self.holds(Offices::of(FOLLOW_UP), &school) {
            let mut case = Case::new(thing, Scope::School(school.clone()));
            case.accused.extend(faces);
            let taken = take_over(self, ItemOffice::Lead, &case, (id.as_str(), None, HandedThing::Incident));
            // Where nobody is free it is kept all the same, and whoever opened it hears so.
            outbox = taken.map_or_else(|_| Vec::new(), |taken| taken.outbox);
        }
        let told = outbox.len();
        let new = NewIncident { school, kind, title, people, links, why };
        self.store.incident_open(&id, new, outbox, &self.actor).await?;
        let (_, case) = self.store.incident_case(&id).await?;
        Ok(OpenedCase { is_party: self.is_hidden(&case), id, whose, told })
    }

    /// A line of the timeline that one person may write.
    pub async fn write_incident(&self, id: &IncidentId, act: Act, entry: Entry) -> Result<(), DeskFault> {
        self.incident(act, id).await?;
        Ok(self.store.incident_write(id, entry, &self.actor).await?)
    }

    /// Closed or dismissed; of the gravest, on the word of two.
    pub async fn end_incident(&self, id: &IncidentId, entry: Entry) -> Result<Leave, DeskFault> {
        let (act, reason) = match &entry {
            Entry::Dismissed { text, .. } => (Act::Dismiss, text.clone()),
            Entry::Closed { outcome } => (Act::Close, outcome.clone()),
            _ => (Act::Close, String::new()),
        };
        let (_, case) = self.store.incident_case(id).await?;
        let leave = self.authorise_of_two(act, &case, (WHAT, id.as_str()), &reason).await?;
        if !matches!(leave, Leave::WaitForSecond(_)) {
            self.store.incident_write(id, entry, &self.actor).await?;
        }
        Ok(leave)
    }

    /// How many are told its number.
    pub async fn hand_over_incident(
        &self,
        id: &IncidentId,
        to: ItemOffice,
        reason: &str,
    ) -> Result<usize, DeskFault> {
        let (_, low) = self.store.incident_case(id).await?;
        if low.thing == Thing::LowLevelConcern && self.may(Act::List, &low).is_allowed() {
            return Err(DeskFault::Refused(Refusal::HeadsAlone));
        }
        let (summary, case) = self.incident(Act::HandOver, id).await?;
        let taken = take_over(self, to, &case, (id.as_str(), summary.category, HandedThing::Incident))?;
        let told = taken.outbox.len();
        let over = HandedOver {
            to: to.name().to_owned(),
            why: reason.to_owned(),
            takers: taken.faces,
            outbox: taken.outbox,
        };
        self.store.incident_hand_over(id, over, &self.actor).await?;
        Ok(told)
    }

    /// A person's word on who is accused in it; whose it is from now on when that is an allegation.
    pub async fn judge_accused_in_incident(
        &self,
        id: &IncidentId,
        named: Named,
        word: Accusation,
        why: &str,
    ) -> Result<Option<&'static str>, DeskFault> {
        let (summary, case) = self.incident(Act::JudgeAccused, id).await?;
        let against_staff = word == Accusation::Confirmed && named.at_work == AtWork::Yes;
        let kind =
            (against_staff && summary.kind == IncidentKind::Concern).then_some(IncidentKind::Allegation);
        let (mut whose, mut outbox) = (None, Vec::new());
        // A low-level concern is with the head already, and stays there.
        if against_staff && summary.kind != IncidentKind::LowLevel {
            let faces = self.faces(named.person.as_ref(), &named.addresses)?;
            let what = (id.as_str(), summary.category, HandedThing::Incident);
            let allegation = allegation(self, &case, &faces, what)?;
            (whose, outbox) = (Some(allegation.whose), allegation.outbox);
        }
        self.store.incident_accused(id, &named.whos(), word, kind, outbox, (&self.actor, why)).await?;
        Ok(whose)
    }

    /// The link, when the asker may know of what it leads to. What is not there for the asker cannot be
    /// linked, and the answer is that of a number that does not exist.
    pub async fn visible(&self, link: Link) -> Result<Link, DeskFault> {
        let case: Result<Case, StoreError> = match &link {
            Link::Item(id) => self.store.item_case(id).await.map(|(_, case)| case),
            Link::Record(id) => self.store.record_case(id).await,
            Link::Incident(id) => self.store.incident_case(id).await.map(|(_, case)| case),
            Link::Message(id) => {
                let faces = self.store.concerned(&[id.to_string()]).await?.remove(&id.to_string());
                let mut case = Case::new(Thing::LogEntry, Scope::Trust);
                faces.unwrap_or_default().fill(&mut case);
                return match self.is_hidden(&case) {
                    true => Err(none(&link)),
                    false => Ok(link),
                };
            }
        };
        match case {
            Ok(case) if self.may(Act::List, &case).is_allowed() => Ok(link),
            Ok(_) | Err(StoreError::NotFound { .. }) => Err(none(&link)),
            Err(e) => Err(e.into()),
        }
    }
}

fn none(link: &Link) -> DeskFault {
    IncidentError::NoTarget { what: link.kind(), id: link.target() }.into()
}
