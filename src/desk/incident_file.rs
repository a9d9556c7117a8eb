//! An incident as it is written for the school's child-protection system: with the names of those in it and of
//! whoever wrote each line, where directory and register still know them. Whoever reads it may see them.

use super::{Desk, DeskFault};
use crate::{
    mail::Address,
    storage::{Actor, Incident, IncidentEntry, IncidentLink, IncidentPerson, IncidentSummary, Who},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;

/// One as lists show it.
pub fn incident_row(summary: &IncidentSummary) -> Value {
    json!({
        "id": summary.id.as_str(),
        "school": summary.school.to_string(),
        "kind": summary.kind.name(),
        "state": summary.state.name(),
        "origin": summary.origin.name(),
        "category": summary.category.map(|c| c.name()),
        "made_at": time(summary.made_at),
        "ended_at": summary.ended_at.map(time),
        "messages": summary.messages,
    })
}

impl Desk {
    /// All of it, as it is written out.
    pub async fn incident_as_json(&self, incident: &Incident) -> Result<Value, DeskFault> {
        let mut out = as_json(incident);
        let people = incident.people.iter().map(|person| self.who_is(&person.who));
        name_all(&mut out["people"], "name", people);
        let mut writers: HashMap<&str, Option<String>> = HashMap::new();
        for entry in &incident.entries {
            if !writers.contains_key(entry.by.as_str()) {
                writers.insert(&entry.by, self.who_wrote(&entry.by).await?);
            }
        }
        let by = incident.entries.iter().map(|entry| writers.get(entry.by.as_str()).cloned().flatten());
        name_all(&mut out["timeline"], "by_name", by);
        Ok(out)
    }

    /// Somebody in an incident by name, as the directory has them now.
    pub fn who_is(&self, who: &Who) -> Option<String> {
        let person = match who {
            Who::Person(id) => self.directory.person(id),
            Who::Address(address) => self.holder(address),
        };
        person.map(|person| format!("{} {}", person.given(), person.family()))
    }

    /// Whoever stands behind a random id of the ledger, by name where the register still knows them.
    pub async fn who_wrote(&self, by: &str) -> Result<Option<String>, DeskFault> {
        let name = match self.store.person(by).await? {
            Some(Actor::Account(id)) => {
                self.users.iter().find(|u| u.id.as_str() == &*id).map(|u| self.name_of(u))
            }
            Some(Actor::Person(id)) => self.who_is(&Who::Person(id)),
            _ => None,
        };
        Ok(name.filter(|name| !name.is_empty()))
    }
}

fn name_all(lines: &mut Value, key: &str, names: impl Iterator<Item = Option<String>>) {
    let lines = lines.as_array_mut().into_iter().flatten();
    for (line, name) in lines.zip(names) {
        if let Some(name) = name {
            line[key] = json!(name);
        }
    }
}

fn as_json(incident: &Incident) -> Value {
    let mut out = incident_row(&incident.summary);
    out["title"] = json!(incident.title);
    let person = |who: &Who| match who {
        Who::Person(id) => json!({"person": id.0}),
        Who::Address(address) => json!({"address": Address::as_str(address)}),
    };
    let with_part = |p: &IncidentPerson| {
        let mut value = person(&p.who);
        value["part"] = json!(p.part.name());
        value
    };
    out["people"] = incident.people.iter().map(with_part).collect();
    let link = |l: &IncidentLink| {
        json!({"kind": l.kind, "target": l.target, "at": time(l.at), "sender": proof_of_sender(l.sender_proved),
               "message_kept": l.has_bytes})
    };
    out["links"] = incident.links.iter().map(link).collect();
    let line = |e: &IncidentEntry| {
        let mut value = json!(e.entry);
        value["at"] = json!(time(e.at));
        value["by"] = json!(e.by);
        value
    };
    out["timeline"] = incident.entries.iter().map(line).collect();
    out
}

/// practice.md, A8: "from X's account" is not "X wrote".
pub fn proof_of_sender(proved: Option<bool>) -> &'static str {
    match proved {
        Some(true) => "the account signed in",
        Some(false) => "not proved: anyone could have written that name",
        None => "not known any more",
    }
}

/// What a line of the timeline says beside when, who and what kind.
pub fn said_in_line(line: &Value) -> Vec<String> {
    let fields = line.as_object().into_iter().flatten();
    let said = fields.filter(|(name, _)| !matches!(name.as_str(), "at" | "by" | "by_name" | "kind"));
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    said.filter_map(|(_, value)| value.as_str()).map(plain).collect()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
