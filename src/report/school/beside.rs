//! What the report says beside what was counted of mail: observing and enforcing, what was changed,
//! clauses, and ways of the mail.

use super::{Facts, Line, Part, Says, cells::alone};
use crate::{
    mail::Mode,
    report::{Coverage, NOT_SEEN, Status},
    storage::Tally,
};

pub(super) fn observing(facts: &Facts<'_>) -> Part {
    let text = |name: &str, says: String| Line { name: name.to_owned(), now: Says::Text(says), before: None };
    let mode = match facts.mode {
        Mode::Observe => "observing: verdicts are recorded and nothing is changed",
        Mode::Enforce => "enforcing",
    };
    let mut lines = vec![text("now", mode.to_owned())];
    for switch in facts.switches {
        let end = switch.ended.as_ref().map_or(switch.period.until, |(_, at)| *at);
        let of = switch
            .rule
            .as_deref()
            .map_or_else(|| "the whole school".to_owned(), |rule| format!("rule {rule}"));
        let (from, until) = (switch.period.from.format("%-d %B, %H:%M"), end.format("%-d %B, %H:%M"));
        lines.push(text("back to observe", format!("{of}, from {from} to {until} UTC")));
    }
    Part { name: "observing", title: "Observing and enforcing", says: Vec::new(), lines }
}

/// What changed how the gate works (QU-5). By whom and why is in the ledger.
pub(super) fn changes(facts: &Facts<'_>) -> Part {
    const CHANGES: &[(&str, &str)] = &[
        ("rule.changed", "rules changed, added, removed"),
        ("setting.changed", "settings changed"),
        ("directory.imported", "imports of people"),
        ("grant.approved", "offices given"),
        ("grant.revoked", "offices ended"),
        ("measure.approved", "exceptions and suspensions approved"),
        ("observe.switched", "switches back to observe"),
        ("custodian.joined", "custodians who joined"),
        ("custodian.left", "custodians who left"),
        ("access.refused", "looks and acts refused"),
        ("ledger.verified", "checks of the ledger"),
        ("store.backed-up", "backups"),
    ];
    let count = |months: &[Tally], event: &str| {
        let of = |tally: &Tally| tally.events.iter().find(|(name, _)| name == event).map_or(0, |(_, n)| *n);
        Says::Cell(alone(months.iter().map(of)))
    };
    let line = |(event, name): &(&str, &str)| Line {
        name: (*name).to_owned(),
        now: count(facts.now, event),
        before: facts.before.map(|before| count(before, event)),
    };
    let mut lines: Vec<Line> = match facts.now {
        [] => Vec::new(),
        _ => CHANGES.iter().map(line).collect(),
    };
    lines.extend(facts.changes.iter().map(|(at, name, how)| Line {
        name: name.clone(),
        now: Says::Text(format!("{how} on {}", at.format("%-d %B"))),
        before: None,
    }));
    Part {
        name: "changes",
        title: "What was changed",
        says: vec!["`gatehouse ledger changes` has who and why, for those who may ask.".to_owned()],
        lines,
    }
}

pub(super) fn coverage(facts: &Facts<'_>) -> Part {
    let runs = facts.coverage.chunk_by(|a, b| a.section == b.section);
    let line = |rows: &[Coverage]| {
        let of = |status: Status| rows.iter().filter(|row| row.here == status).count();
        let says = format!(
            "{} enforced, {} in part, {} not yet",
            of(Status::Enforced),
            of(Status::Part),
            of(Status::NotYet)
        );
        Some(Line { name: rows.first()?.section.to_owned(), now: Says::Text(says), before: None })
    };
    Part {
        name: "coverage",
        title: "Clauses of the policies",
        says: vec![
            "As of today, with the rules and settings in force; `gatehouse policy coverage` names each."
                .to_owned(),
        ],
        lines: runs.filter_map(line).collect(),
    }
}

/// practice.md, C: the gate says what it cannot see.
pub(super) fn routes(facts: &Facts<'_>) -> Part {
    let line = |name: &str, says: &str| Line {
        name: name.to_owned(),
        now: Says::Text(says.to_owned()),
        before: None,
    };
    let proved = facts.proved.iter().map(|route| line(route, "proved"));
    let missing = facts.not_proved.iter().map(|route| line(route, "NOT proved"));
    let unseen = NOT_SEEN.iter().map(|route| line(route, "never seen"));
    let all = match facts.not_proved.is_empty() && !facts.proved.is_empty() {
        true => {
            "Each way that is configured was proved by a probe. What never comes to the gate is not seen:"
        }
        false => "Coverage is PARTIAL until each way of the mail is proved by a probe.",
    };
    Part {
        name: "routes",
        title: "What the gate sees, and what it does not",
        says: vec![all.to_owned()],
        lines: proved.chain(missing).chain(unseen).collect(),
    }
}
