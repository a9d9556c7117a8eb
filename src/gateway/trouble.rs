//! The gate looks after itself: what stops working and what works again is said once, in the log,
//! in the ledger, by mail to whoever runs the machine, and by the alarm that is no mail.

use super::{Gate, Standing, alerts::sound};
use crate::{
    effects::Trouble,
    storage::{AnchorState, Health, KeptTrouble, NewOutbox, StoreError},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::HashMap;

/// How one thing that is watched stands now.
pub(super) struct Sign {
    /// `anchor/county`: by which log, ledger, alarm and metrics call it.
    pub(super) name: String,
    pub(super) health: Health,
    /// What is wrong and what to do, for whoever runs the machine; no address.
    pub(super) says: String,
}

impl Gate {
    /// One turn, by one node for all: what has changed is said.
    pub async fn watch_itself(&self) -> Result<(), StoreError> {
        let (standing, now) = (self.standing(), (self.clock)());
        let mut kept: HashMap<String, KeptTrouble> =
            self.store.troubles().await?.into_iter().map(|t| (t.name.clone(), t)).collect();
        let signs = anchor_signs(&standing, &self.store.anchors().await?, now);
        for sign in signs {
            let fails = kept.remove(&sign.name).is_some_and(|t| t.failing_since.is_some());
            if fails != matches!(sign.health, Health::Failing { .. }) {
                self.say(&standing, &sign, now).await?;
            }
        }
        // What was taken out of the configuration is nobody's trouble any more.
        for gone in kept.into_values().filter(|t| t.failing_since.is_some()) {
            let says = "It is not in gatehouse.toml any more.".to_owned();
            self.say(&standing, &Sign { name: gone.name, health: Health::Well, says }, now).await?;
        }
        self.give_trouble_alarms(&standing).await
    }

    async fn say(&self, standing: &Standing, sign: &Sign, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mail = standing.trouble_mail(sign, now);
        if !self.store.note_health(&sign.name, sign.health, mail).await? {
            return Ok(());
        }
        match sign.health {
            Health::Well => tracing::info!(trouble = sign.name, "trouble.ended"),
            Health::Failing { why, .. } => tracing::error!(trouble = sign.name, why, "trouble.began"),
        }
        Ok(())
    }

    /// A change that no way took is tried again with the next turn.
    async fn give_trouble_alarms(&self, standing: &Standing) -> Result<(), StoreError> {
        if standing.alarms.is_empty() {
            return Ok(());
        }
        for trouble in self.store.troubles().await?.iter().filter(|t| t.alarm_due) {
            let text = json!({
                "gatehouse": "trouble", "name": trouble.name, "failing": trouble.failing_since.is_some(),
                "why": trouble.why, "since": trouble.failing_since, "changed_at": trouble.changed_at,
            });
            let given = sound(&standing.alarms, &text.to_string()).await;
            if given > 0 {
                self.store.trouble_alarmed(trouble, given).await?;
            }
        }
        Ok(())
    }
}

impl Standing {
    fn trouble_mail(&self, sign: &Sign, now: DateTime<Utc>) -> Vec<NewOutbox> {
        let since = match sign.health {
            Health::Failing { since, .. } => Some(since),
            Health::Well => None,
        };
        let trouble = Trouble { name: &sign.name, failing_since: since, says: &sign.says };
        let written = self.admins.iter().map(|admin| self.notices.trouble(admin, &trouble, now));
        let job = |written: Result<_, _>| match written {
            Ok(written) => Some(crate::effects::Written::outbox(written, None, None)),
            Err(error) => {
                tracing::error!(trouble = sign.name, %error, "notice.not-written");
                None
            }
        };
        written.filter_map(job).collect()
    }
}

/// A place that has had no head for longer than the configuration allows (`alarm-after`).
fn anchor_signs(standing: &Standing, states: &[AnchorState], now: DateTime<Utc>) -> Vec<Sign> {
    let sign = |anchor: &crate::config::AnchorConfig| {
        let state = states.iter().find(|state| state.place == anchor.name);
        let failing =
            state.and_then(|s| s.failing.map(|(since, fault)| (s.anchored_at.unwrap_or(since), fault)));
        let late = failing.filter(|(since, _)| now - *since > anchor.alarm_after);
        let (health, says) = match late {
            Some((since, fault)) => (
                Health::Failing { since, why: "no-head-brought" },
                format!(
                    "The ledger's head does not come to the place `{}`: {fault}.\n\
                     Until it does, nobody outside could see that the ledger was rewritten.\n\
                     gatehouse ledger anchors",
                    anchor.name
                ),
            ),
            None => (Health::Well, format!("The ledger's head comes to the place `{}` again.", anchor.name)),
        };
        Sign { name: format!("anchor/{}", anchor.name), health, says }
    };
    standing.anchors.iter().map(sign).collect()
}
