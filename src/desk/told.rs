//! What officers are told of by notice: what of it is there for the asker, and the word that somebody
//! has it.

use super::{Desk, DeskFault};
use crate::{
    authority::{Office, Offices, Scope},
    storage::AlertSummary,
};

/// Who is asked first, and on whose word nobody else is (practice.md, B).
const REVIEW: &[Office] = &[Office::Lead, Office::Deputy, Office::Head];

impl Desk {
    /// What nobody has answered yet, with `all` the answered too; newest first. Nobody hears of what they
    /// are a party to, or accused in.
    pub async fn told(&self, all: bool) -> Result<Vec<AlertSummary>, DeskFault> {
        self.there(self.store.alerts(all).await?).await
    }

    /// What a notice named by this number.
    pub async fn told_of(&self, number: &str, all: bool) -> Result<Vec<AlertSummary>, DeskFault> {
        self.there(self.store.alerts_of(number, all).await?).await
    }

    /// Whether the asker's "I have it" counts: of whoever reviews at that school, or is asked.
    pub async fn may_answer_told(&self, alert: &AlertSummary) -> Result<bool, DeskFault> {
        let Some(user) = &self.user else { return Ok(true) };
        let reviews = |(scope, held): &(Scope, Offices)| {
            *scope == Scope::School(alert.school.clone()) && held.any(Offices::of(REVIEW))
        };
        if self.own_offices().iter().any(reviews) {
            return Ok(true);
        }
        let Some(own) = self.address_of(user) else { return Ok(false) };
        Ok(self.store.alert_ladder(&alert.number).await?.contains(&own))
    }

    /// "I have it": nobody else is asked. How many were open; none of what is not there for the asker, or
    /// is for others to answer.
    pub async fn answer_told(&self, number: &str) -> Result<u64, DeskFault> {
        let Some(alert) = self.told_of(number, false).await?.into_iter().next() else { return Ok(0) };
        match self.may_answer_told(&alert).await? {
            true => Ok(self.store.alert_answer(number, &self.actor).await?),
            false => Ok(0),
        }
    }

    async fn there(&self, mut alerts: Vec<AlertSummary>) -> Result<Vec<AlertSummary>, DeskFault> {
        let subjects = alerts.iter().flat_map(|a| a.item.iter().chain([&a.transaction]).cloned());
        let hidden = self.hidden(&subjects.collect::<Vec<_>>()).await?;
        alerts.retain(|a| !a.item.iter().chain([&a.transaction]).any(|subject| hidden.contains(subject)));
        Ok(alerts)
    }
}
