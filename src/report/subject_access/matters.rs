//! What is no message: incidents in which the person stands, the log of what they sent, and what the
//! ledger says that they did.

use super::{Asked, Content, Piece, Pieces, add, why};
use crate::{
    mail::Address,
    parties::{Listing, Role},
    report::records::when,
    storage::{
        Concern, Entry, Incident, IncidentError, IncidentFilter, IncidentKind, IncidentState,
        IncidentSummary, LeadNotes, PieceNote, Purpose, StoreError, Who,
    },
};
use std::collections::BTreeSet;

pub(super) async fn gather(asked: &Asked<'_>, found: &mut Pieces) -> Result<(), StoreError> {
    let states =
        vec![IncidentState::Proposed, IncidentState::Open, IncidentState::Closed, IncidentState::Dismissed];
    let addresses = asked.addresses().into_iter().map(Who::Address);
    for who in std::iter::once(Who::Person(asked.subject.id().clone())).chain(addresses) {
        let filter = IncidentFilter {
            school: Some(asked.with.school.id.clone()),
            states: states.clone(),
            with: Some(who),
            ..IncidentFilter::default()
        };
        for incident in asked.with.store.incidents(&filter).await? {
            asked.incident(incident, found).await?;
        }
    }
    asked.lead_notes(found).await?;
    asked.log(found).await?;
    asked.acts(found).await
}

/// An incident that is not there is said as of everything else.
fn plain(e: IncidentError) -> StoreError {
    match e {
        IncidentError::Store(e) => e,
        _ => StoreError::NotFound { what: "incident", id: String::new() },
    }
}

impl Asked<'_> {
    async fn incident(&self, summary: IncidentSummary, found: &mut Pieces) -> Result<(), StoreError> {
        let key = format!("incident/{}", summary.id);
        if found.contains_key(&key) {
            return Ok(());
        }
        let (_, case) = self.with.store.incident_case(&summary.id).await?;
        let mut concerns = BTreeSet::new();
        if matches!(summary.state, IncidentState::Proposed | IncidentState::Open) {
            concerns.insert(Concern::Undecided);
        }
        if summary.kind == IncidentKind::Concern {
            concerns.insert(Concern::Abuse);
        }
        let eyes = self.eyes(&case);
        let mut content = Content::Unopened;
        if (self.with.sees)(&case) {
            let why = Purpose::SubjectAccess;
            let incident =
                self.with.store.incident(&summary.id, self.with.actor, why).await.map_err(plain)?;
            let (others, story) = self.story(&incident);
            concerns.extend(others.then_some(Concern::OtherChildren));
            content = story;
        }
        let note = PieceNote { key, at: summary.made_at, concerns, eyes };
        add(found, Piece { note, source: "Incident", content })
    }

    /// Whether other children stand in it, and what it says. Neither category nor severity: they are
    /// the machine's (practice.md, A2).
    fn story(&self, incident: &Incident) -> (bool, Content) {
        let me = |who: &Who| match who {
            Who::Person(id) => id == self.subject.id(),
            Who::Address(address) => self.addresses().contains(address),
        };
        let parts: Vec<&str> = incident.people.iter().filter(|p| me(&p.who)).map(|p| p.part.name()).collect();
        let child = |who: &Who| match who {
            Who::Person(id) => self.with.directory.person(id).is_some_and(|p| p.is(Role::Pupil)),
            Who::Address(_) => false,
        };
        let entries: Vec<_> = incident.entries.iter().map(|e| (e.at, words(&e.entry))).collect();
        let text: Vec<&str> =
            entries.iter().map(|(_, text)| text.as_str()).chain([incident.title.as_str()]).collect();
        let others = incident.people.iter().any(|p| !me(&p.who) && child(&p.who))
            || self.names_another_child(&text.join("\n"));
        let facts = vec![
            ("State", incident.summary.state.name().to_owned()),
            ("The person stands in it as", parts.join(", ")),
        ];
        (others, Content::Story { title: incident.title.clone(), facts, entries })
    }

    /// Both who rule on them read them here; for others they are there, unopened.
    async fn lead_notes(&self, found: &mut Pieces) -> Result<(), StoreError> {
        let (store, school) = (self.with.store, &self.with.school.id);
        let faces = store.faces([self.subject.id()], [])?;
        let notes = store.lead_notes(school, &faces, LeadNotes::Kept).await?;
        if self.with.reads_notes {
            store.lead_notes_viewed(&notes, self.with.actor, &why()).await?;
        }
        for note in notes {
            let mut concerns = BTreeSet::from([Concern::Abuse]);
            concerns.extend(self.names_another_child(&note.text).then_some(Concern::OtherChildren));
            let (key, at) = (format!("lead-note/{}", note.id), note.made_at);
            let content = match self.with.reads_notes {
                true => Content::Story {
                    title: "Note of the safeguarding lead".into(),
                    facts: vec![("Until", when(note.until))],
                    entries: vec![(at, note.text)],
                },
                false => Content::Unopened,
            };
            let note = PieceNote { key, at, concerns, eyes: Default::default() };
            add(found, Piece { note, source: "Note for leads", content })?;
        }
        Ok(())
    }

    async fn log(&self, found: &mut Pieces) -> Result<(), StoreError> {
        let mut sent = self.with.store.log_of(&self.addresses()).await?;
        sent.retain(|message| !message.to.iter().any(|to| self.is_confided_to(to)));
        let Some(last) = sent.first() else { return Ok(()) };
        // A child's is looked at before somebody reads from it when the child was at a keyboard.
        let child = self.subject.is(Role::Pupil).then_some(Concern::Correspondence);
        let concerns = child.into_iter().collect();
        let note = PieceNote { key: "log".into(), at: last.at, concerns, eyes: Default::default() };
        let mut rows = vec![["When", "Direction", "Recipients"].map(str::to_owned).to_vec()];
        rows.extend(sent.iter().map(|m| vec![when(m.at), m.direction.clone(), m.to.len().to_string()]));
        let source = "Log of messages that the person sent";
        add(found, Piece { note, source, content: Content::Table(rows) })
    }

    /// Mail to whoever has this address is in no list: listed services for everybody, and for a child
    /// whoever at school it could tell (practice.md, A1 and A6).
    fn is_confided_to(&self, address: &Address) -> bool {
        let school = self.with.school;
        let officers = &school.officers;
        let told = [&officers.lead, &officers.deputies, &officers.head, &officers.chair, &officers.report];
        let listed = matches!(
            school.listing(address),
            Some(Listing::SafeguardingAgency | Listing::Helpline | Listing::Protected | Listing::Lead)
        );
        listed || (self.subject.is(Role::Pupil) && told.into_iter().flatten().any(|a| a == address))
    }

    async fn acts(&self, found: &mut Pieces) -> Result<(), StoreError> {
        let acts = self.with.store.acts_of(self.subject.id()).await?;
        let Some((at, _)) = acts.first() else { return Ok(()) };
        let note =
            PieceNote { key: "ledger".into(), at: *at, concerns: BTreeSet::new(), eyes: Default::default() };
        let mut rows = vec![["When", "What was done"].map(str::to_owned).to_vec()];
        let said = |event: &str| event.replace('.', ": ").replace('-', " ");
        rows.extend(acts.iter().map(|(at, event)| vec![when(*at), said(event)]));
        let source = "What the gate's ledger says that the person did";
        add(found, Piece { note, source, content: Content::Table(rows) })
    }
}

/// One line of an incident as a text.
fn words(entry: &Entry) -> String {
    match entry {
        Entry::Note { text } | Entry::Action { text } => text.clone(),
        Entry::Referred { to, on, reference } => format!("Referred to {} on {on} {reference}", to.name()),
        Entry::ParentsTold { on, by } => format!("Parents told on {on} by {by}"),
        Entry::ParentsNotTold { why } => format!("Parents not told: {why}"),
        Entry::Opened { why } => format!("Opened: {why}"),
        Entry::Closed { outcome } => format!("Closed: {outcome}"),
        Entry::Reopened { why } => format!("Opened again: {why}"),
        Entry::Dismissed { why, text } => format!("Dismissed ({}): {text}", why.name()),
        Entry::Linked { .. } => "A message was added".into(),
        Entry::Named { part, why } => format!("Somebody was named as {}: {why}", part.name()),
        Entry::Struck { part, why } => format!("Somebody is not {} any more: {why}", part.name()),
        Entry::Moved { to } => format!("It became: {}", to.name()),
        Entry::Exported { why } => format!("Written out: {why}"),
        Entry::HandedOver { why, .. } => format!("Handed over: {why}"),
    }
}
