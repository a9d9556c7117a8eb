//! The question, and what is made of the answer: leave, a first word that is kept, or a
//! sentence, which names who may and never a person.

use super::{Desk, DeskFault, Installation, fault::Refusal};
use crate::{
    authority::{self, Act, Answer, Asker, Case, Scope, Thing},
    mail::SchoolId,
    parties::School,
    storage::{Event, LedgerEvent},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What follows from a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    Go,
    /// Whoever asks is the second of two; the first said the same at that time.
    GoAsSecond {
        first: String,
        at: DateTime<Utc>,
    },
    /// The first of two has spoken; the answer says who is to be the second.
    WaitForSecond(Answer),
}

impl Desk {
    /// What `authority` says.
    pub fn may(&self, act: Act, case: &Case) -> Answer {
        match self.installation {
            Installation::Fresh => Answer::Allowed,
            Installation::HasUsers => authority::may(&self.asker, act, case, self.roll.bench()),
        }
    }

    /// Lets an act on one thing pass or says why not. For whom it is not there, it is said in
    /// the words of a thing that is not there. What is refused is written into the ledger.
    pub async fn authorise(
        &self,
        act: Act,
        case: &Case,
        what: &'static str,
        id: &str,
    ) -> Result<(), DeskFault> {
        let answer = self.may(act, case);
        if answer.is_allowed() {
            return Ok(());
        }
        self.note_refusal(&answer, act, case, id).await;
        Err(refusal(&answer, what, id))
    }

    /// The same for acts that may take two people. A first word is kept.
    pub async fn authorise_of_two(
        &self,
        act: Act,
        case: &Case,
        (what, id): (&'static str, &str),
        reason: &str,
    ) -> Result<Leave, DeskFault> {
        let first = self.store.first_of_two(act, id).await?;
        let by = first.as_ref().and_then(|f| self.users.iter().find(|u| u.id == f.account));
        let mut case = case.clone();
        if let Some(user) = by {
            // Whose office has ended since, or who has become a party, is no first any more.
            let asker = Asker { faces: self.faces_of(user)?, offices: self.offices_of(user) };
            let still = authority::may(&asker, act, &case, self.roll.bench());
            if matches!(still, Answer::Allowed | Answer::NeedsSecond { .. }) {
                case.asked = Some(asker.faces);
            }
        }
        match (self.may(act, &case), &self.user) {
            (Answer::Allowed, Some(_)) if case.asked.is_some() => {
                self.store.be_second_of_two(act, id, &self.actor).await?;
                Ok(match (&first, by) {
                    (Some(first), Some(by)) => Leave::GoAsSecond { first: self.name_of(by), at: first.at },
                    _ => Leave::Go,
                })
            }
            (Answer::Allowed, _) => Ok(Leave::Go),
            (answer @ Answer::NeedsSecond { .. }, Some(user)) => {
                // Whoever says it again tells nobody again.
                let outbox = match first.as_ref().is_some_and(|first| first.account == user.id) {
                    true => Vec::new(),
                    false => self.second_words(&answer, &case, (what, id)).await?,
                };
                self.store.be_first_of_two(act, id, (&user.id, &self.actor), reason, outbox).await?;
                Ok(Leave::WaitForSecond(answer))
            }
            (answer, user) => {
                self.note_refusal(&answer, act, &case, id).await;
                Err(match (&answer, user) {
                    (Answer::NeedsSecond { .. }, None) => DeskFault::Refused(Refusal::EachSaysWho(answer)),
                    _ => refusal(&answer, what, id),
                })
            }
        }
    }

    /// A kind of thing where the asker gets furthest with it: at the school that allows it, else at
    /// one where it takes a second.
    pub fn nearest(&self, act: Act, thing: Thing) -> Case {
        let at = |s: &Arc<School>| Case::any(thing, Scope::School(s.id.clone()));
        let rank = |case: &Case| match self.may(act, case) {
            Answer::Allowed => 0,
            Answer::NeedsSecond { .. } => 1,
            Answer::No { .. } | Answer::NotThere => 2,
        };
        let all = self.config.schools.iter().map(at);
        all.min_by_key(rank).unwrap_or_else(|| Case::any(thing, Scope::Trust))
    }

    /// Which of the schools this is allowed at; for searches and lists of a kind of thing.
    pub fn schools_where(&self, act: Act, thing: Thing) -> Vec<SchoolId> {
        let all = self.config.schools.iter().map(|s| s.id.clone());
        let passes = |id: &SchoolId| {
            matches!(self.may_anywhere(act, thing, id), Answer::Allowed | Answer::NeedsSecond { .. })
        };
        all.filter(passes).collect()
    }

    /// A first word may be said by whoever needs a second; that there is one to approve, the
    /// thing itself says.
    fn may_anywhere(&self, act: Act, thing: Thing, school: &SchoolId) -> Answer {
        let mut case = Case::any(thing, Scope::School(school.clone()));
        case.asked = (act == Act::Approve).then(Vec::new);
        self.may(act, &case)
    }

    /// The schools where it is allowed, or the sentence that says who may when there is none.
    pub fn schools_or_refuse(&self, act: Act, thing: Thing) -> Result<Vec<SchoolId>, DeskFault> {
        let schools = self.schools_where(act, thing);
        if !schools.is_empty() {
            return Ok(schools);
        }
        let mut answers =
            self.config.schools.iter().map(|s| self.may(act, &Case::any(thing, Scope::School(s.id.clone()))));
        let told = answers.find(|answer| answer.sentence().is_some());
        Err(DeskFault::Refused(told.map_or(Refusal::NoOffice, Refusal::Answer)))
    }

    /// A refusal is worth a row: somebody may be looking for what is not theirs. What is not there
    /// for them has the row of what is there for nobody ([`note_missing`]).
    async fn note_refusal(&self, answer: &Answer, act: Act, case: &Case, id: &str) {
        if *answer == Answer::NotThere {
            return;
        }
        let mut event = LedgerEvent::new(Event::AccessRefused)
            .about(id)
            .with("act", act.name())
            .with("thing", case.thing.name());
        if let Scope::School(school) = &case.scope {
            event = event.school(school);
        }
        // Without the working key nothing can be written, and nothing was shown.
        let _ = self.store.ledger(&self.actor, event).await;
    }
}

/// The answer as a sentence; a thing that is not there for the asker is not there.
pub fn refusal(answer: &Answer, what: &'static str, id: &str) -> DeskFault {
    match answer.sentence() {
        Some(_) => DeskFault::Refused(Refusal::Answer(answer.clone())),
        None => DeskFault::NotThere { what, id: id.to_owned() },
    }
}
