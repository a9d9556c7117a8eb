//! What is typed as what it names: a person, a class, a rule that may be excepted from, a moment.

use crate::{
    desk::{DeskFault, Wrong},
    mail::Address,
    parties::{Directory, PersonId},
    policy::may_be_excepted,
    ruleset::{Category, RuleSet},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use std::sync::Arc;

pub fn person_of(text: &str, directory: &Directory) -> Result<PersonId, DeskFault> {
    let by_id = || directory.person(&PersonId(text.into())).map(|p| p.id().clone());
    let by_address = || {
        let holder = directory.lookup(&Address::parse(text)?)?.only_holder()?;
        Some(holder.person.id().clone())
    };
    by_id().or_else(by_address).ok_or(Wrong::NotOnePerson.into())
}

pub fn class_of(text: &str, directory: &Directory) -> Result<Arc<str>, DeskFault> {
    let known = directory.people().any(|p| p.classes().any(|class| class == text));
    if known { Ok(text.into()) } else { Err(Wrong::NoClass(text.to_owned()).into()) }
}

/// A name that rules go by, unless nobody may be excepted from it.
pub fn excepted(name: &str, rules: &RuleSet) -> Result<Arc<str>, DeskFault> {
    let categories: Vec<Category> = match name.parse::<Category>() {
        Ok(category) => vec![category],
        Err(()) => Category::ALL.iter().copied().filter(|c| c.family() == name).collect(),
    };
    let detection = rules.detection.iter().find(|r| *r.id == *name).map(|r| r.category);
    let all: Vec<Category> = categories.into_iter().chain(detection).collect();
    let policy = rules.policy.iter().any(|r| *r.id == *name);
    if all.is_empty() && !policy {
        return Err(Wrong::NoRule(name.to_owned()).into());
    }
    if !all.is_empty() && !all.iter().any(|c| may_be_excepted(*c)) {
        return Err(Wrong::GuardsAgainstHarm(name.to_owned()).into());
    }
    Ok(name.into())
}

/// Which end of a day is meant.
#[derive(Clone, Copy)]
pub enum Edge {
    First,
    Last,
}

pub fn moment(text: &str, edge: Edge) -> Result<DateTime<Utc>, DeskFault> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day: NaiveDate = text.parse().map_err(|_| Wrong::NoTime(text.to_owned()))?;
    let day = match edge {
        Edge::First => day,
        Edge::Last => day.checked_add_days(Days::new(1)).unwrap_or(day),
    };
    Ok(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_day_is_whole_and_a_moment_is_exact() {
        let end = |text| moment(text, Edge::Last).unwrap().to_rfc3339();
        assert_eq!(end("2026-12-18"), "2026-12-19T00:00:00+00:00");
        assert_eq!(end("2026-12-18T16:00:00+01:00"), "2026-12-18T15:00:00+00:00");
        assert_eq!(moment("2026-12-18", Edge::First).unwrap().to_rfc3339(), "2026-12-18T00:00:00+00:00");
        for odd in ["", "18.12.2026", "2026-13-01", "soon"] {
            assert!(moment(odd, Edge::Last).is_err(), "{odd}");
        }
    }

    #[test]
    fn nobody_is_excepted_from_what_guards_a_child() {
        let rules = RuleSet::default();
        assert!(excepted("harm.extremism", &rules).is_ok());
        assert!(excepted("harm", &rules).is_ok());
        for never in
            ["harm.self-harm", "contact.grooming", "file.malware", "file.illegal-image", "no-such-rule"]
        {
            assert!(excepted(never, &rules).is_err(), "{never}");
        }
    }
}
