//! Legal hold on an item, a record or an incident: set, and lifted, by whoever may; of some it takes two.

use super::{Desk, DeskFault, Leave};
use crate::{
    authority::{Act, Answer, Case},
    mail::SchoolId,
    storage::{LegalHoldId, LegalSubject},
};

/// What came of it.
pub struct LegalSaid {
    pub leave: Leave,
    /// `None` when a second word is waited for.
    pub id: Option<LegalHoldId>,
}

impl Desk {
    pub async fn set_legal_hold(&self, on: LegalSubject, reason: &str) -> Result<LegalSaid, DeskFault> {
        let (school, case) = self.legal_facts(&on).await?;
        let leave = self.authorise_of_two(Act::LegalHold, &case, (on.kind(), on.id()), reason).await?;
        if let Leave::WaitForSecond(_) = leave {
            return Ok(LegalSaid { leave, id: None });
        }
        let id = self.store.set_legal_hold(on, &school, &self.actor, reason).await?;
        Ok(LegalSaid { leave, id: Some(id) })
    }

    /// A hold on what is not there for the asker is not there either.
    pub async fn lift_legal_hold(&self, id: &LegalHoldId, reason: &str) -> Result<LegalSaid, DeskFault> {
        let missing = || DeskFault::NotThere { what: "legal hold", id: id.to_string() };
        let all = self.store.legal_holds(None).await?;
        let hold = all.into_iter().find(|h| h.id == *id).ok_or_else(missing)?;
        let on = LegalSubject::named(&hold.on.0, &hold.on.1).ok_or_else(missing)?;
        let (_, case) = match self.legal_facts(&on).await {
            Err(DeskFault::NotThere { .. }) => return Err(missing()),
            facts => facts?,
        };
        if self.may(Act::LegalHold, &case) == Answer::NotThere {
            return Err(missing());
        }
        let leave = self.authorise_of_two(Act::LegalHold, &case, (on.kind(), id.as_str()), reason).await?;
        if let Leave::WaitForSecond(_) = leave {
            return Ok(LegalSaid { leave, id: None });
        }
        match self.store.lift_legal_hold(id, &self.actor, reason).await? {
            true => Ok(LegalSaid { leave, id: Some(id.clone()) }),
            false => Err(missing()),
        }
    }

    /// The facts of what it lies on, and its school.
    async fn legal_facts(&self, on: &LegalSubject) -> Result<(SchoolId, Case), DeskFault> {
        Ok(match on {
            LegalSubject::Item(id) => {
                let (summary, case) = self.store.item_case(id).await?;
                (summary.school, case)
            }
            LegalSubject::Record(id) => {
                let case = self.store.record_case(id).await?;
                (self.store.record_summary(id).await?.school, case)
            }
            LegalSubject::Incident(id) => {
                let missing = || DeskFault::NotThere { what: "incident", id: id.clone() };
                let (summary, case) = self.store.incident_case(&id.parse().map_err(|()| missing())?).await?;
                (summary.school, case)
            }
        })
    }
}
