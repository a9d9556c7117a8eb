//! What officers are told of by notice: what of it is there for the asker, and the word that somebody
//! has it.

use super::{Desk, DeskFault};
use crate::storage::AlertSummary;

impl Desk {
    /// What nobody has answered yet, with `all` the answered too; newest first. Nobody hears of what they
    /// are a party to, or accused in.
    pub async fn told(&self, all: bool) -> Result<Vec<AlertSummary>, DeskFault> {
        let alerts = self.store.alerts(all).await?;
        self.there(alerts).await
    }

    /// What a notice named by this number.
    pub async fn told_of(&self, number: &str, all: bool) -> Result<Vec<AlertSummary>, DeskFault> {
        let mut alerts = self.store.alerts(all).await?;
        alerts.retain(|alert| alert.number == number);
        self.there(alerts).await
    }

    /// "I have it": nobody else is asked. How many were open; none of what is not there for the asker.
    pub async fn answer_told(&self, number: &str) -> Result<u64, DeskFault> {
        if self.told_of(number, false).await?.is_empty() {
            return Ok(0);
        }
        Ok(self.store.alert_answer(number, &self.actor).await?)
    }

    async fn there(&self, mut alerts: Vec<AlertSummary>) -> Result<Vec<AlertSummary>, DeskFault> {
        let subjects = alerts.iter().flat_map(|a| a.item.iter().chain([&a.transaction]).cloned());
        let hidden = self.hidden(&subjects.collect::<Vec<_>>()).await?;
        alerts.retain(|a| !a.item.iter().chain([&a.transaction]).any(|subject| hidden.contains(subject)));
        Ok(alerts)
    }
}
