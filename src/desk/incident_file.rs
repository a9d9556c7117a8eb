//! An incident as it is written for the school's child-protection system.

use crate::storage::{Incident, IncidentEntry, IncidentLink, IncidentPerson, IncidentSummary, Who};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

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

/// All of it, as it is written out.
pub fn incident_as_json(incident: &Incident) -> Value {
    let mut out = incident_row(&incident.summary);
    out["title"] = json!(incident.title);
    let person = |who: &Who| match who {
        Who::Person(id) => json!({"person": id.0}),
        Who::Address(address) => json!({"address": address.as_str()}),
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
    let said = fields.filter(|(name, _)| !matches!(name.as_str(), "at" | "by" | "kind"));
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    said.filter_map(|(_, value)| value.as_str()).map(plain).collect()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
