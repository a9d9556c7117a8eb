//! The gate in numbers, for whoever watches the machine: the text that Prometheus reads
//! (exposition format 0.0.4). Numbers, categories of ours and names of the configuration; no
//! person, no address, no word of any message.

use super::{Gate, readers, routes};
use crate::{
    effects::Turn,
    storage::{Counts, StoreError},
};
use chrono::{DateTime, Utc};
use std::{collections::HashMap, fmt::Write as _};

impl Gate {
    /// Counts one turn of the outbox.
    pub fn count_turn(&self, turn: Turn) {
        self.counters.outbox(turn);
    }

    /// Messages whose assessment, and whose storing, has failed inside since this process began.
    pub fn failures(&self) -> (u64, u64) {
        self.counters.failed()
    }

    /// Everything as it is now. Asked once in a few seconds at most: see the door.
    pub async fn metrics(&self) -> Result<String, StoreError> {
        let (standing, now) = (self.standing(), (self.clock)());
        let mut out = Exposition::default();
        out.one("gatehouse_up", "gauge", "The gate answers, and so does its store.", 1);
        kept(&mut out, &self.store.counts().await?, now);
        let overdue = self.overdue().await?;
        let count = |rung| overdue.iter().filter(|o| o.rung == rung).count() as u64;
        out.head(
            "gatehouse_quarantine_overdue",
            "gauge",
            "Waiting for longer than one school day, by who is to hear of it.",
        );
        for rung in super::Rung::ALL {
            out.line("gatehouse_quarantine_overdue", &[("for", rung.name())], count(rung));
        }
        let waiting = self.store.alerts_open().await?;
        out.head("gatehouse_alerts_waiting", "gauge", "Officers are asked, and nobody has answered.");
        for (urgency, count) in waiting {
            out.line("gatehouse_alerts_waiting", &[("urgency", urgency.name())], count);
        }
        self.canary_metrics(&mut out, now).await?;
        self.anchor_metrics(&mut out).await?;
        let failing: HashMap<String, bool> = self
            .store
            .troubles()
            .await?
            .into_iter()
            .map(|trouble| (trouble.name, trouble.failing_since.is_some()))
            .collect();
        out.head("gatehouse_trouble", "gauge", "Something of the gate itself fails (1) or works again (0).");
        let mut names: Vec<&String> = failing.keys().collect();
        names.sort();
        for name in names {
            out.line("gatehouse_trouble", &[("name", name)], u64::from(failing[name]));
        }
        out.one(
            "gatehouse_alarms",
            "gauge",
            "Configured ways of the alarm that is no mail.",
            standing.alarms.len() as u64,
        );
        self.scanner_metrics(&mut out);
        readers::metrics(&self.standing().rulebook.opener.readers(), &mut out);
        self.counters.write(&mut out);
        Ok(out.0)
    }

    async fn canary_metrics(&self, out: &mut Exposition, now: DateTime<Utc>) -> Result<(), StoreError> {
        let standing = self.standing();
        let mut ways = Vec::with_capacity(standing.canaries.len());
        for canary in &standing.canaries {
            let state = self.store.canary_state(canary).await?;
            ways.push((canary, routes::standing(canary, &state, now), state.proved));
        }
        const UP: &str = "gatehouse_canary_up";
        out.head(UP, "gauge", "The way is proved (1) or not (0).");
        for (canary, stands, _) in &ways {
            let labels = [("way", canary.name.as_str()), ("direction", canary.direction())];
            out.line(UP, &labels, u64::from(matches!(stands, routes::Standing::Proved { .. })));
        }
        const LAST: &str = "gatehouse_canary_last_proof_timestamp_seconds";
        out.head(LAST, "gauge", "When a canary came through last; no line before the first.");
        for (canary, _, proved) in &ways {
            let labels = [("way", canary.name.as_str()), ("direction", canary.direction())];
            if let Some(at) = proved.and_then(|probe| probe.proved_at) {
                out.line(LAST, &labels, seconds(at));
            }
        }
        Ok(())
    }

    async fn anchor_metrics(&self, out: &mut Exposition) -> Result<(), StoreError> {
        let (standing, states) = (self.standing(), self.store.anchors().await?);
        let own = || {
            let states = states.iter();
            states.filter(|state| standing.anchors.iter().any(|anchor| anchor.name == state.place))
        };
        const LAST: &str = "gatehouse_anchor_last_success_timestamp_seconds";
        out.head(LAST, "gauge", "When a place outside got the ledger's head last.");
        for state in own() {
            if let Some(at) = state.anchored_at {
                out.line(LAST, &[("place", &state.place)], seconds(at));
            }
        }
        out.head("gatehouse_anchor_failing", "gauge", "The last try failed (1).");
        for state in own() {
            out.line(
                "gatehouse_anchor_failing",
                &[("place", &state.place)],
                u64::from(state.failing.is_some()),
            );
        }
        Ok(())
    }
}

/// What waits, and how much lies in the store.
fn kept(out: &mut Exposition, counts: &Counts, now: DateTime<Utc>) {
    out.one(
        "gatehouse_holds_waiting",
        "gauge",
        "Held messages that wait for their senders.",
        counts.open_holds,
    );
    out.one(
        "gatehouse_quarantine_waiting",
        "gauge",
        "Quarantined messages that wait for a decision.",
        counts.open_quarantine,
    );
    out.one("gatehouse_releasing", "gauge", "Released, and not taken by the next hop yet.", counts.releasing);
    out.one(
        "gatehouse_outbox_waiting",
        "gauge",
        "Mail of the gate's own that waits to leave.",
        counts.outbox_waiting,
    );
    out.one("gatehouse_outbox_delayed", "gauge", "Of these, tried at least once.", counts.outbox_delayed);
    out.one(
        "gatehouse_outbox_unreadable",
        "gauge",
        "Of these, with a message that cannot be opened.",
        counts.outbox_unreadable,
    );
    out.one("gatehouse_purges_failing", "gauge", "Objects that could not be deleted.", counts.purges_failing);
    let oldest = counts.outbox_oldest.map_or(0, |at| (now - at).num_seconds().max(0).unsigned_abs());
    out.one(
        "gatehouse_outbox_oldest_seconds",
        "gauge",
        "Age of the oldest of them; 0 when there is none.",
        oldest,
    );
    out.one("gatehouse_ledger_rows", "gauge", "Rows of the ledger.", counts.ledger_rows);
    out.one("gatehouse_store_bytes", "gauge", "Size of the database.", counts.database_bytes);
    out.one("gatehouse_working_key", "gauge", "The working key is there (1).", u64::from(counts.working_key));
}

fn seconds(at: DateTime<Utc>) -> u64 {
    at.timestamp().max(0).unsigned_abs()
}

/// Lines of the exposition format.
#[derive(Default)]
pub(super) struct Exposition(String);

impl Exposition {
    pub(super) fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into a String does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Labels are names of ours or of the configuration: letters, digits and `-/`.
    pub(super) fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-/._".contains(*c);
        let labels: Vec<String> = labels
            .iter()
            .map(|(key, value)| format!("{key}=\"{}\"", value.chars().filter(plain).collect::<String>()))
            .collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    pub(super) fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }
}
