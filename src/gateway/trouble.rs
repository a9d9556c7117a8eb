//! The gate looks after itself: what stops working and what works again is said once, in the log,
//! in the ledger, by mail to whoever runs the machine, and by the alarm that is no mail.

use super::{Gate, Standing, alarm::sound, itself, readers, routes};
use crate::{
    config::CanaryConfig,
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
    /// `None`: it cannot be said yet, so it is as it was.
    pub(super) health: Option<Health>,
    /// What is wrong and what to do, for whoever runs the machine; no address.
    pub(super) says: String,
}

impl Gate {
    /// One turn, by one node for all: what has changed is said.
    pub async fn watch_itself(&self) -> Result<(), StoreError> {
        let (standing, now) = (self.standing(), (self.clock)());
        let mut kept: HashMap<String, KeptTrouble> =
            self.store.troubles().await?.into_iter().map(|t| (t.name.clone(), t)).collect();
        let mut signs = anchor_signs(&standing, &self.store.anchors().await?, now);
        for canary in &standing.canaries {
            let stands = routes::standing(canary, &self.store.canary_state(canary).await?, now);
            signs.push(canary_sign(canary, stands));
        }
        signs.extend(self.scanner_signs(&standing, now));
        signs.extend(readers::signs(&standing.rulebook.opener.readers(), now));
        signs.extend(itself::signs(&self.store, &standing, now).await?);
        for sign in &signs {
            let fails = kept.remove(&sign.name).is_some_and(|t| t.failing_since.is_some());
            let now_fails = sign.health.map(|health| matches!(health, Health::Failing { .. }));
            if now_fails.is_some_and(|now_fails| now_fails != fails) {
                self.say(&standing, sign, now).await?;
            }
        }
        // What was taken out of the configuration is nobody's trouble any more.
        for gone in kept.into_values().filter(|t| t.failing_since.is_some()) {
            let says = "It is not in gatehouse.toml any more.".to_owned();
            self.say(&standing, &Sign { name: gone.name, health: Some(Health::Well), says }, now).await?;
        }
        self.give_trouble_alarms(&standing).await
    }

    async fn say(&self, standing: &Standing, sign: &Sign, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(health) = sign.health else { return Ok(()) };
        let mail = standing.trouble_mail(sign, now);
        if !self.store.note_health(&sign.name, health, mail).await? {
            return Ok(());
        }
        match health {
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
            Some(Health::Failing { since, .. }) => Some(since),
            Some(Health::Well) | None => None,
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
        Sign { name: format!("anchor/{}", anchor.name), health: Some(health), says }
    };
    standing.anchors.iter().map(sign).collect()
}

/// A way that is not proved in time. While the first canary is on its way there is nothing to say.
fn canary_sign(canary: &CanaryConfig, stands: routes::Standing) -> Sign {
    let (name, direction) = (&canary.name, canary.direction());
    let (health, says) = match stands {
        routes::Standing::Failing { since, why } => (
            Some(Health::Failing { since, why: why.name() }),
            format!(
                "The way `{name}` ({direction}) is not proved: no canary came through.\n{}\n\
                 To try at once: gatehouse canary run {name}",
                why.sentence(canary)
            ),
        ),
        routes::Standing::Proved { .. } => {
            (Some(Health::Well), format!("A canary came through on the way `{name}` ({direction})."))
        }
        routes::Standing::Never | routes::Standing::Waiting => (None, String::new()),
    };
    Sign { name: format!("canary/{name}"), health, says }
}
