//! Until when something needs an object, by what its school keeps for how long.

use crate::{
    mail::SchoolId,
    parties::Retention,
    storage::{access::Class, database::time},
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// How long schools keep what, as far as locks depend on it.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    schools: HashMap<SchoolId, Retention>,
}

impl Keeping {
    pub fn new(schools: impl IntoIterator<Item = (SchoolId, Retention)>) -> Self {
        Self { schools: schools.into_iter().collect() }
    }

    pub(super) fn of(&self, school: &str) -> Retention {
        self.schools.get(&SchoolId(school.into())).copied().unwrap_or_default()
    }

    /// Whoever the object is for: no lock may outlast the shortest time of any school.
    pub(in crate::storage) fn at_put(&self, class: Class, now: DateTime<Utc>) -> DateTime<Utc> {
        let time = |r: &Retention| match class {
            Class::Working => r.dismissed.after(now),
            Class::Records => r.parent_mail.after(now),
            Class::Sealed | Class::Incidents | Class::LowLevel => r.evidence.after(now),
        };
        self.schools.values().map(time).min().unwrap_or_else(|| time(&Retention::default()))
    }
}

/// Until when something needs an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Ends(DateTime<Utc>),
    /// Until then at least: no end is in sight, and the time is made longer before it is over.
    GoesOn(DateTime<Utc>),
}

impl Need {
    pub(super) fn until(self) -> DateTime<Utc> {
        match self {
            Self::Ends(until) | Self::GoesOn(until) => until,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        let until = self.until().max(other.until());
        match (self, other) {
            (Self::Ends(_), Self::Ends(_)) => Self::Ends(until),
            _ => Self::GoesOn(until),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Item {
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) school: String,
    pub(super) decided_at: Option<i64>,
    pub(super) exported_at: Option<i64>,
    pub(super) held: i64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Record {
    pub(super) school: String,
    pub(super) complaint_at: Option<i64>,
    pub(super) keep_until: Option<i64>,
    pub(super) parties: i64,
    pub(super) gone: i64,
    pub(super) left_on: Option<i64>,
    pub(super) held: i64,
}

impl Item {
    pub(super) fn need(&self, times: &Retention, now: DateTime<Utc>) -> Option<Need> {
        let evidence = Need::GoesOn(times.evidence.after(now));
        if self.held > 0 {
            return Some(evidence);
        }
        let ended = self.decided_at.map_or(now, time);
        match (self.state.as_str(), self.exported_at) {
            ("sealed" | "handed-to-police", _) | ("kept-as-evidence", None) => Some(evidence),
            ("kept-as-evidence", Some(at)) => Some(Need::Ends(times.evidence.after(time(at)))),
            // What was only delayed was never to be kept.
            _ if self.kind == "grace" => None,
            ("open" | "escalated" | "releasing", _) => Some(Need::GoesOn(times.dismissed.after(now))),
            _ => Some(Need::Ends(times.dismissed.after(ended))),
        }
    }
}

impl Record {
    pub(super) fn need(&self, times: &Retention, now: DateTime<Utc>) -> Need {
        let of_class = if self.complaint_at.is_some() { times.complaint } else { times.parent_mail };
        let left = self.left_on.filter(|_| self.gone == self.parties);
        let need = match left {
            _ if self.held > 0 => Need::GoesOn(times.evidence.after(now)),
            Some(on) => Need::Ends(of_class.after(time(on))),
            None => Need::GoesOn(times.parent_mail.after(now)),
        };
        self.keep_until.map_or(need, |until| need.or(Need::Ends(time(until))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parties::Period, storage::database::micros};
    use chrono::TimeDelta;

    const SAME: TimeDelta = TimeDelta::seconds(2);

    fn item(kind: &str, state: &str, decided: Option<DateTime<Utc>>) -> Item {
        Item {
            kind: kind.into(),
            state: state.into(),
            school: "oakfield".into(),
            decided_at: decided.map(micros),
            exported_at: None,
            held: 0,
        }
    }

    #[test]
    fn a_lock_ends_when_retention_lets_the_object_go() {
        let now = Utc::now();
        let times = Retention { dismissed: Period::days(30), ..Retention::default() };
        let days = |n| now + TimeDelta::days(n);
        let open = item("quarantine", "open", None).need(&times, now).unwrap();
        assert_eq!(open, Need::GoesOn(days(30)));
        let week_ago = Some(now - TimeDelta::days(7));
        let released = item("hold", "released", week_ago).need(&times, now).unwrap();
        assert!(matches!(released, Need::Ends(until) if (until - days(23)).abs() < SAME));
        assert_eq!(item("grace", "released", week_ago).need(&times, now), None);
        let held = Item { held: 1, ..item("hold", "released", week_ago) };
        assert_eq!(held.need(&times, now).unwrap(), Need::GoesOn(times.evidence.after(now)));
        let sealed = item("quarantine", "sealed", week_ago).need(&times, now);
        assert!(matches!(sealed, Some(Need::GoesOn(_))));
        // The family has left, but one of them.
        let record = |gone| Record {
            school: "oakfield".into(),
            complaint_at: None,
            keep_until: None,
            parties: 2,
            gone,
            left_on: Some(micros(now)),
            held: 0,
        };
        assert!(matches!(record(1).need(&times, now), Need::GoesOn(_)));
        assert!(matches!(record(2).need(&times, now), Need::Ends(_)));
        let complaint = Record { complaint_at: Some(micros(now)), ..record(2) };
        assert!(complaint.need(&times, now).until() > days(6 * 365));
        // The shortest school says how long an object that may be anybody's is locked at first.
        let short = Retention { dismissed: Period::days(7), ..times };
        let keeping = Keeping::new([(SchoolId("a".into()), times), (SchoolId("b".into()), short)]);
        assert_eq!(keeping.at_put(Class::Working, now), days(7));
    }
}
