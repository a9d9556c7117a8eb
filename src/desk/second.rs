//! The second of two people: whoever may say the same is told that their word is asked for, by number and
//! category alone (practice.md, D). The first of them who says it ends the wait.

use super::{Desk, DeskFault};
use crate::{
    authority::{Answer, Case, Scope, Who},
    effects::{Handed, HandedThing, Language, Notices},
    mail::Address,
    ruleset::Category,
    storage::NewOutbox,
};
use chrono::Utc;

impl Desk {
    /// Notices to those whom the answer names, but for whoever has spoken. What concerns the whole trust has
    /// no officers who are told.
    pub(super) async fn second_words(
        &self,
        answer: &Answer,
        case: &Case,
        (what, id): (&str, &str),
    ) -> Result<Vec<NewOutbox>, DeskFault> {
        let (Answer::NeedsSecond { who }, Scope::School(school)) = (answer, &case.scope) else {
            return Ok(Vec::new());
        };
        let Some(school) = self.school(school) else { return Ok(Vec::new()) };
        let own = self.user.as_ref().and_then(|user| self.address_of(user));
        let mut to: Vec<Address> = Vec::new();
        for office in
            who.iter().filter_map(|who| if let Who::Office(office) = who { Some(*office) } else { None })
        {
            for address in self.roll.who_may_know(office, case) {
                if own.as_ref() != Some(&address) && !to.contains(&address) {
                    to.push(address);
                }
            }
        }
        let (thing, category) = self.called_in_notices(what, id).await?;
        let asked = Handed { school: &school.name, number: id, category, what: thing };
        let notices = Notices::new(&self.config.notices, &self.config.hostname)?;
        let languages = Language::of(&school.languages);
        let mut outbox = Vec::with_capacity(to.len());
        for address in &to {
            let written = notices.second_word(address, &languages, &asked, Utc::now())?;
            outbox.push(written.outbox(Some(school.id.clone()), None));
        }
        Ok(outbox)
    }

    /// What a notice may say of it.
    async fn called_in_notices(
        &self,
        what: &str,
        id: &str,
    ) -> Result<(HandedThing, Option<Category>), DeskFault> {
        Ok(match what {
            "item" => match id.parse() {
                Ok(id) => (HandedThing::Quarantined, Some(self.store.item_case(&id).await?.0.category)),
                Err(()) => (HandedThing::Other, None),
            },
            "incident" => match id.parse() {
                Ok(id) => (HandedThing::Incident, self.store.incident_case(&id).await?.0.category),
                Err(()) => (HandedThing::Other, None),
            },
            "record" => (HandedThing::Record, None),
            "grant" => (HandedThing::Office, None),
            _ => (HandedThing::Other, None),
        })
    }
}
