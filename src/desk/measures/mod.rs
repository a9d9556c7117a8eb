//! Exceptions and suspensions, for whoever may order them at the command line or in the console: one
//! asks, another approves, either may end; whom one is about does not see that it is there.

mod named;

pub use named::{Edge, class_of, excepted, moment, person_of};

use super::{Desk, DeskFault, Wrong, refusal};
use crate::{
    authority::{Act, Answer, Case, Face, Scope, Thing},
    mail::{Covers, SchoolId},
    parties::PersonId,
    storage::{
        Approval, Event, KeptMeasure, LedgerEvent, Measure, MeasureError, MeasureId, MeasureKind,
        MeasureState, NewMeasure, StoreError,
    },
};
use chrono::{DateTime, Utc};

/// Whether one holds now, which is what a reader wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureStands {
    Waits,
    /// Its time was over before anybody had approved it.
    NeverApproved,
    NotBegun,
    InForce,
    Over,
    Refused,
    Ended,
}

impl MeasureStands {
    pub fn of(kept: &KeptMeasure, now: DateTime<Utc>) -> Self {
        match kept.state {
            MeasureState::Approved if kept.period.holds_at(now) => Self::InForce,
            MeasureState::Approved if now < kept.period.from => Self::NotBegun,
            MeasureState::Approved => Self::Over,
            MeasureState::Asked if kept.period.until <= now => Self::NeverApproved,
            MeasureState::Asked => Self::Waits,
            MeasureState::Refused => Self::Refused,
            MeasureState::Ended => Self::Ended,
        }
    }

    /// As the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waits => "waits for approval",
            Self::NeverApproved => "over, never approved",
            Self::NotBegun => "approved, not begun",
            Self::InForce => "in force",
            Self::Over => "over",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }

    /// Whether something can still come of it, or does.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waits | Self::NotBegun | Self::InForce)
    }
}

/// One that is there for whoever asks.
pub struct SeenMeasure {
    pub kept: KeptMeasure,
    pub case: Case,
    /// Whether they may know whom it covers and why.
    pub knows: bool,
}

fn thing(kind: MeasureKind) -> Thing {
    match kind {
        MeasureKind::Exception => Thing::Exception,
        MeasureKind::Suspension => Thing::Suspension,
    }
}

impl From<MeasureError> for DeskFault {
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::Store(error) => error.into(),
            MeasureError::NotFound(id) => {
                Self::NotThere { what: "exception or suspension", id: id.to_string() }
            }
            error => Self::Wrong(Wrong::Measure(error)),
        }
    }
}

impl Desk {
    /// The facts of one: whom it is about is its subject, in a class everyone who is in it.
    pub fn measure_case(&self, school: &SchoolId, measure: &Measure) -> Result<Case, DeskFault> {
        let mut case = Case::new(thing(measure.kind()), Scope::School(school.clone()));
        case.subject = match measure {
            Measure::Exception { covers: Covers::Person(id), .. } | Measure::Suspension { person: id } => {
                self.faces_of_person(&PersonId(id.clone()))?
            }
            Measure::Exception { covers: Covers::Class(name), .. } => {
                let members = self.directory.people().filter(|p| p.classes().any(|class| *class == **name));
                let faces: Result<Vec<Vec<Face>>, DeskFault> =
                    members.map(|member| self.faces_of_person(member.id())).collect();
                faces?.concat()
            }
        };
        Ok(case)
    }

    /// The schools at which the asker may ask for one, alone or with a second.
    pub fn may_ask_measure(&self, kind: MeasureKind) -> Vec<SchoolId> {
        self.schools_where(Act::Grant, thing(kind))
    }

    /// Those of this sort that are there for the asker, newest first, at most so many.
    pub async fn measures(
        &self,
        kind: MeasureKind,
        sort: impl Fn(&KeptMeasure) -> bool,
        most: usize,
    ) -> Result<Vec<SeenMeasure>, DeskFault> {
        self.schools_or_refuse(Act::List, thing(kind))?;
        let mut seen = Vec::new();
        for kept in self.store.measures(kind).await?.into_iter().filter(sort) {
            if seen.len() >= most {
                break;
            }
            let case = self.measure_case(&kept.school, &kept.measure)?;
            if self.may(Act::List, &case).is_allowed() {
                let knows = self.may(Act::Particulars, &case).is_allowed();
                seen.push(SeenMeasure { kept, case, knows });
            }
        }
        Ok(seen)
    }

    /// Those that these subjects of the ledger are. Without the working key nobody is known who could be
    /// one's subject, and nothing is shown of any.
    pub(super) async fn measures_among(&self, subjects: &[String]) -> Result<Vec<KeptMeasure>, DeskFault> {
        match self.store.measures_among(subjects).await {
            Err(StoreError::NoWorkingKey) => Ok(Vec::new()),
            found => Ok(found?),
        }
    }

    /// The one of this number, for whoever may do this to it; for whom it is not there, the answer is that
    /// of a number that does not exist.
    pub async fn measure(
        &self,
        act: Act,
        kind: MeasureKind,
        id: &MeasureId,
    ) -> Result<SeenMeasure, DeskFault> {
        let none = || DeskFault::NotThere { what: kind.name(), id: id.to_string() };
        let kept = match self.store.measure(id).await {
            Ok(kept) => kept,
            Err(StoreError::NotFound { .. }) => return Err(none()),
            Err(e) => return Err(e.into()),
        };
        // An officer of another school has no more of it than of a number that does not exist.
        let own = self.schools_where(Act::List, thing(kind));
        if !own.is_empty() && !own.contains(&kept.school) {
            return Err(none());
        }
        let mut case = self.measure_case(&kept.school, &kept.measure)?;
        if kept.measure.kind() != kind {
            let is = kept.measure.kind();
            return Err(match self.may(Act::List, &case).is_allowed() {
                true => Wrong::OtherMeasure { id: id.to_string(), asked: kind, is }.into(),
                false => none(),
            });
        }
        if act == Act::Approve {
            case.asked = Some(self.faces_behind(&kept.asked.by).await?);
        }
        self.authorise(act, &case, kind.name(), id.as_str()).await?;
        let knows = self.may(Act::Particulars, &case).is_allowed();
        Ok(SeenMeasure { kept, case, knows })
    }

    /// The look is in the ledger before anything is shown.
    pub async fn look_at_measure(&self, seen: &SeenMeasure) -> Result<(), DeskFault> {
        let kept = &seen.kept;
        let viewed = LedgerEvent::new(Event::MeasureViewed).school(&kept.school).about(kept.id.as_str());
        self.store.ledger(&self.actor, viewed).await?;
        Ok(())
    }

    /// Asking is the first of two words; the store sees to it that another says the second.
    pub async fn ask_measure(&self, new: NewMeasure) -> Result<MeasureId, DeskFault> {
        let case = self.measure_case(&new.school, &new.measure)?;
        match self.may(Act::Grant, &case) {
            Answer::Allowed | Answer::NeedsSecond { .. } => {}
            answer => return Err(refusal(&answer, new.measure.kind().name(), "")),
        }
        Ok(self.store.measure_ask(new, &self.actor).await?)
    }

    /// Whether the asker may say yes or no to what another asked for.
    pub async fn may_decide_measure(&self, seen: &SeenMeasure) -> Result<bool, DeskFault> {
        let mut case = seen.case.clone();
        case.asked = Some(self.faces_behind(&seen.kept.asked.by).await?);
        Ok(self.may(Act::Approve, &case).is_allowed())
    }

    pub async fn decide_measure(
        &self,
        kind: MeasureKind,
        id: &MeasureId,
        approval: Approval,
        reason: &str,
    ) -> Result<(), DeskFault> {
        self.measure(Act::Approve, kind, id).await?;
        Ok(self.store.measure_decide(id, approval, &self.actor, reason).await?)
    }

    /// Before its time, or a request that is taken back.
    pub async fn end_measure(
        &self,
        kind: MeasureKind,
        id: &MeasureId,
        reason: &str,
    ) -> Result<(), DeskFault> {
        self.measure(Act::Revoke, kind, id).await?;
        Ok(self.store.measure_end(id, &self.actor, reason).await?)
    }
}
