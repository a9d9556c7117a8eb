//! Notes for leads on a person (practice.md, A12): written, read beside what waits of the same person, and
//! ended. The same at the command line and in the console.

use super::{Desk, DeskFault, Wrong};
use crate::{
    authority::{Act, Case, Face, Scope, Thing},
    mail::{Address, SchoolId},
    parties::{Calendar, Person, PersonId},
    storage::{ItemDetail, LeadNote, LeadNoteId, LeadNotes, NewLeadNote, Why},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

/// The longest that a note lasts, in days.
const LONGEST: Days = Days::new(365);
/// People of one message whose notes are looked for; a message to more is to everybody.
const MOST_PEOPLE: usize = 200;

/// The last day that a note may have, and the one it has when nobody says another.
pub struct NoteDays {
    pub today: NaiveDate,
    pub usual: NaiveDate,
    pub longest: NaiveDate,
}

impl NoteDays {
    /// Until the end of the school year where the calendar knows it, else for a year.
    pub fn of(calendar: &Calendar, now: DateTime<Utc>) -> Self {
        let today = calendar.local(now).date();
        let longest = today.checked_add_days(LONGEST).unwrap_or(today);
        let usual = calendar.school_year_ends(today).filter(|day| *day <= longest).unwrap_or(longest);
        Self { today, usual, longest }
    }

    pub fn allow(&self, last: NaiveDate) -> bool {
        (self.today..=self.longest).contains(&last)
    }
}

impl Desk {
    /// Whether the asker reads and writes notes at this school.
    pub fn reads_notes(&self, school: &SchoolId) -> bool {
        self.may(Act::List, &Case::any(Thing::LeadNote, Scope::School(school.clone()))).is_allowed()
    }

    /// Those in force on people with these faces, as far as they are there for the asker. That they were
    /// read stands in the ledger as the look at what they stand beside.
    pub async fn notes_beside(&self, school: &SchoolId, faces: &[Face]) -> Result<Vec<LeadNote>, DeskFault> {
        if !self.reads_notes(school) {
            return Ok(Vec::new());
        }
        let mut notes = self.store.lead_notes(school, faces, LeadNotes::InForce).await?;
        notes.retain(|note| self.may(Act::Particulars, &note.case()).is_allowed());
        Ok(notes)
    }

    /// Everybody in an item: who wrote and got it, whose it is, and who is said or guessed to be accused.
    pub fn faces_in(&self, detail: &ItemDetail, case: &Case) -> Result<Vec<Face>, DeskFault> {
        let recipients = detail.envelope.recipients.iter().map(|r| &r.address);
        let everyone = detail.envelope.sender.address().into_iter().chain(recipients);
        let everyone: Vec<Address> = everyone.take(MOST_PEOPLE).cloned().collect();
        let mut faces = self.faces(None, &everyone)?;
        for more in [&case.parties, &case.owner, &case.supervisors, &case.accused, &case.proposed] {
            faces.extend(more);
        }
        faces.sort_unstable();
        faces.dedup();
        Ok(faces)
    }

    /// What is kept on a person at all schools where the asker reads it; each look is a row of the ledger.
    pub async fn notes_on(&self, person: Person<'_>, why: &Why) -> Result<Vec<LeadNote>, DeskFault> {
        let schools: Vec<&SchoolId> = self.schools_of(person).collect();
        let reads = |id: &&&SchoolId| {
            let case = self.note_case(id, person.id());
            case.is_ok_and(|case| self.may(Act::Particulars, &case).is_allowed())
        };
        let own: Vec<&SchoolId> = schools.iter().filter(reads).copied().collect();
        if let (true, Some(id)) = (own.is_empty(), schools.first()) {
            self.authorise(Act::Particulars, &self.note_case(id, person.id())?, "note", "any").await?;
        }
        let faces = self.store.faces([person.id()], [])?;
        let mut notes = Vec::new();
        for school in own {
            notes.extend(self.store.lead_notes(school, &faces, LeadNotes::Kept).await?);
        }
        self.store.lead_notes_viewed(&notes, &self.actor, why).await?;
        Ok(notes)
    }

    /// Writes one. Without a school at the person's own, where the asker may.
    pub async fn note_down(
        &self,
        person: Person<'_>,
        at: Option<&SchoolId>,
        text: &str,
        last: Option<NaiveDate>,
    ) -> Result<LeadNoteId, DeskFault> {
        let own: Vec<&SchoolId> =
            self.schools_of(person).filter(|id| at.is_none_or(|at| at == *id)).collect();
        let writes = |id: &&SchoolId| {
            self.note_case(id, person.id()).is_ok_and(|case| self.may(Act::Open, &case).is_allowed())
        };
        let id = own.iter().copied().find(writes).or(own.first().copied());
        let (id, school) = id
            .and_then(|id| Some((id, self.school(id)?)))
            .ok_or_else(|| DeskFault::from(Wrong::OfOtherSchool))?;
        self.authorise(Act::Open, &self.note_case(id, person.id())?, "note", "new").await?;
        let days = NoteDays::of(&school.calendar, Utc::now());
        let last = last.unwrap_or(days.usual);
        if !days.allow(last) {
            return Err(Wrong::NoteDay.into());
        }
        let after = last.checked_add_days(Days::new(1)).unwrap_or(last).and_time(NaiveTime::MIN);
        let new = NewLeadNote {
            school: id.clone(),
            person: person.id().clone(),
            text: text.trim().to_owned(),
            until: school.calendar.instant(after),
        };
        Ok(self.store.lead_note_make(new, &self.actor).await?)
    }

    /// `false` when it was over already.
    pub async fn end_note(&self, id: &LeadNoteId) -> Result<bool, DeskFault> {
        let note = self.store.lead_note(id).await?;
        self.authorise(Act::Close, &note.case(), "note", id.as_str()).await?;
        Ok(self.store.lead_note_end(id, &self.actor).await?)
    }

    /// The last day on which a note counts, as the school's clocks have it.
    pub fn last_day(&self, note: &LeadNote) -> NaiveDate {
        let last = note.until - TimeDelta::seconds(1);
        self.school(&note.school).map_or_else(|| last.date_naive(), |s| s.calendar.local(last).date())
    }

    fn note_case(&self, school: &SchoolId, person: &PersonId) -> Result<Case, DeskFault> {
        let mut case = Case::any(Thing::LeadNote, Scope::School(school.clone()));
        case.subject = self.faces_of_person(person)?;
        Ok(case)
    }

    /// Each school of the configuration to which somebody belongs, once.
    fn schools_of<'p>(&self, person: Person<'p>) -> impl Iterator<Item = &SchoolId> + use<'_, 'p> {
        let belongs = move |id: &SchoolId| person.memberships().any(|(school, _)| school == id);
        self.config.schools.iter().map(|school| &school.id).filter(move |id| belongs(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::Span;

    #[test]
    fn a_note_lasts_until_the_end_of_the_school_year_or_a_year() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let term = |first, last| Span { first: day(first), last: day(last) };
        let calendar = Calendar {
            terms: vec![
                term("2026-09-02", "2026-12-18"),
                term("2027-04-12", "2027-07-21"),
                term("2027-09-02", "2027-12-17"),
            ],
            ..Calendar::default()
        };
        let usual = |now: &str| NoteDays::of(&calendar, now.parse().unwrap()).usual;
        assert_eq!(usual("2026-11-26T09:00:00Z"), day("2027-07-21"));
        assert_eq!(usual("2027-07-21T09:00:00Z"), day("2028-07-20"), "nothing is known of the next");
        let days = NoteDays::of(&Calendar::default(), "2026-06-07T23:30:00Z".parse().unwrap());
        assert_eq!((days.today, days.usual), (day("2026-06-08"), day("2027-06-08")), "by the school's clock");
        assert!(days.allow(days.today) && days.allow(days.longest));
        assert!(!days.allow(day("2026-06-07")) && !days.allow(day("2027-06-09")));
    }
}
