//! What the manifest expects of a message against what became of it.

use super::manifest::Expected;
use crate::{parties::Direction, verdict::Disposition};

/// From this confidence a finding counts as found where the manifest forbids it.
const COUNTS: f32 = 0.5;

/// What became of a message, as far as whoever asks has seen it.
#[derive(Default)]
pub(in crate::cli) struct Seen<'a> {
    /// Nothing where it was not seen.
    pub(in crate::cli) direction: Option<Direction>,
    pub(in crate::cli) relations: Option<Vec<String>>,
    /// Each recipient's.
    pub(in crate::cli) fates: Vec<(&'a str, Disposition)>,
    /// Category and confidence.
    pub(in crate::cli) findings: Vec<(&'a str, f32)>,
    pub(in crate::cli) actions: Vec<String>,
}

impl Seen<'_> {
    pub(in crate::cli) fn disposition(&self) -> Disposition {
        self.fates.iter().map(|(_, d)| *d).max().unwrap_or(Disposition::Deliver)
    }

    /// The highest confidence in that category.
    fn confidence(&self, category: &str) -> Option<f32> {
        let of_it = self.findings.iter().filter(|(name, _)| *name == category).map(|(_, c)| *c);
        of_it.reduce(f32::max)
    }
}

/// One thing that is not as the manifest says.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) enum Mismatch {
    Disposition {
        expected: Disposition,
        seen: Disposition,
    },
    Direction {
        expected: Direction,
        seen: Direction,
    },
    /// Expected, and not among those seen.
    Relation {
        expected: String,
        seen: Vec<String>,
    },
    Fate {
        recipient: String,
        expected: Disposition,
        seen: Option<Disposition>,
    },
    /// A recipient of whom the manifest says nothing.
    Unlisted(String),
    Missed(String),
    Forbidden {
        category: String,
        confidence: f32,
    },
    ActionMissing(String),
    ActionForbidden(String),
}

impl Mismatch {
    /// One sentence without full stop.
    pub(in crate::cli) fn sentence(&self) -> String {
        match self {
            Self::Disposition { expected, seen } => {
                format!("expected {}, but it is {}", expected.name(), seen.name())
            }
            Self::Direction { expected, seen } => {
                format!("expected to be {}, but it is {}", expected.name(), seen.name())
            }
            Self::Relation { expected, seen } => {
                format!("expected the relation {expected}, but there is {}", seen.join(", "))
            }
            Self::Fate { recipient, expected, seen } => {
                let seen = seen.map_or("no recipient", Disposition::name);
                format!("expected {} for {recipient}, who is {seen}", expected.name())
            }
            Self::Unlisted(recipient) => {
                format!("{recipient} is a recipient, and the manifest has no word on that")
            }
            Self::Missed(category) => format!("{category} was not found"),
            Self::Forbidden { category, confidence } => {
                format!("{category} was found (confidence {confidence:.2}), and must not be")
            }
            Self::ActionMissing(action) => format!("expected the action {action}, which is missing"),
            Self::ActionForbidden(action) => format!("the action {action} was planned, and must not be"),
        }
    }

    /// What it is about, for programs.
    pub(in crate::cli) fn kind(&self) -> &'static str {
        match self {
            Self::Disposition { .. } => "disposition",
            Self::Direction { .. } => "direction",
            Self::Relation { .. } => "relations",
            Self::Fate { .. } | Self::Unlisted(_) => "groups",
            Self::Missed(_) => "findings-required",
            Self::Forbidden { .. } => "findings-forbidden",
            Self::ActionMissing(_) => "actions-required",
            Self::ActionForbidden(_) => "actions-forbidden",
        }
    }
}

/// Everything that is not as the manifest says.
pub(in crate::cli) fn compare(expected: &Expected, seen: &Seen<'_>) -> Vec<Mismatch> {
    let mut faults = Vec::new();
    if expected.disposition != seen.disposition() {
        faults.push(Mismatch::Disposition { expected: expected.disposition, seen: seen.disposition() });
    }
    if let Some(direction) = seen.direction.filter(|d| *d != expected.direction) {
        faults.push(Mismatch::Direction { expected: expected.direction, seen: direction });
    }
    if let Some(relations) = &seen.relations {
        let missing = expected.relations.iter().filter(|r| !relations.contains(r));
        faults.extend(missing.map(|r| Mismatch::Relation { expected: r.clone(), seen: relations.clone() }));
    }
    groups(expected, seen, &mut faults);
    for category in &expected.findings.required {
        if seen.confidence(category).is_none() {
            faults.push(Mismatch::Missed(category.clone()));
        }
    }
    for category in &expected.findings.forbidden {
        if let Some(confidence) = seen.confidence(category).filter(|c| *c >= COUNTS) {
            faults.push(Mismatch::Forbidden { category: category.clone(), confidence });
        }
    }
    let (required, forbidden) = (&expected.actions.required, &expected.actions.forbidden);
    let missing = required.iter().filter(|a| !seen.actions.contains(a));
    faults.extend(missing.map(|a| Mismatch::ActionMissing(a.clone())));
    let planned = forbidden.iter().filter(|a| seen.actions.contains(a));
    faults.extend(planned.map(|a| Mismatch::ActionForbidden(a.clone())));
    faults
}

fn groups(expected: &Expected, seen: &Seen<'_>, faults: &mut Vec<Mismatch>) {
    for group in &expected.groups {
        for recipient in &group.recipients {
            let fate = seen.fates.iter().find(|(a, _)| recipient.eq_ignore_ascii_case(a)).map(|(_, d)| *d);
            if fate != Some(group.disposition) {
                let (recipient, expected) = (recipient.clone(), group.disposition);
                faults.push(Mismatch::Fate { recipient, expected, seen: fate });
            }
        }
    }
    let listed = |address: &str| {
        expected.groups.iter().flat_map(|g| &g.recipients).any(|r| r.eq_ignore_ascii_case(address))
    };
    let unlisted = seen.fates.iter().filter(|(address, _)| !listed(address));
    faults.extend(unlisted.map(|(address, _)| Mismatch::Unlisted((*address).to_owned())));
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{ExpectedGroup, Wanted};
    use super::*;

    fn wanted(required: &[&str], forbidden: &[&str]) -> Wanted {
        let all = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Wanted { required: all(required), forbidden: all(forbidden) }
    }

    #[test]
    fn each_thing_that_differs_is_told() {
        let expected = Expected {
            disposition: Disposition::Hold,
            direction: Direction::Outbound,
            relations: vec!["staff->outside".into()],
            groups: vec![ExpectedGroup {
                recipients: vec!["a@X.example".into()],
                disposition: Disposition::Hold,
            }],
            findings: wanted(&["personal-data.health"], &["harm.hate"]),
            actions: wanted(&["hold"], &["record-copy"]),
        };
        let right = || Seen {
            direction: Some(Direction::Outbound),
            relations: Some(vec!["staff->outside".into()]),
            fates: vec![("A@x.example", Disposition::Hold)],
            findings: vec![("personal-data.health", 0.3), ("harm.hate", 0.4)],
            actions: vec!["hold".into()],
        };
        assert_eq!(compare(&expected, &right()), []);
        let wrong: [(Seen<'_>, &[&str]); 6] = [
            (Seen { direction: Some(Direction::Inbound), ..right() }, &["direction"]),
            (Seen { relations: Some(vec![]), ..right() }, &["relations"]),
            (
                Seen { fates: vec![("a@x.example", Disposition::Deliver)], ..right() },
                &["disposition", "groups"],
            ),
            (Seen { fates: vec![], ..right() }, &["disposition", "groups"]),
            (
                Seen { findings: vec![("harm.hate", 0.5)], ..right() },
                &["findings-required", "findings-forbidden"],
            ),
            (
                Seen { actions: vec!["record-copy".into()], ..right() },
                &["actions-required", "actions-forbidden"],
            ),
        ];
        for (seen, kinds) in wrong {
            let found: Vec<&str> = compare(&expected, &seen).iter().map(Mismatch::kind).collect();
            assert_eq!(found, kinds);
        }
    }
}
