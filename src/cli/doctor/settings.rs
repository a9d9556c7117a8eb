//! The configuration itself and what it names: rules, templates, people, keys.

use super::Check;
use crate::{
    app,
    config::{Config, Faults},
    mail::Mode,
    storage::keys,
};
use std::path::Path;

pub(super) fn file(path: &Path, warnings: &Faults) -> Check {
    match warnings.0.is_empty() {
        true => Check::good("configuration", path.display().to_string()),
        false => Check::note("configuration", warnings.to_string()),
    }
}

pub(super) fn all(config: &Config) -> Vec<Check> {
    let mut checks = vec![rules(config), templates(config), people(config)];
    checks.extend(key(config));
    checks.extend(modes(config));
    checks
}

fn rules(config: &Config) -> Check {
    let rules = match app::rules(&config.rulesets) {
        Ok(rules) => rules,
        Err(fault) => return Check::fault("rules", fault.to_string()),
    };
    let (detection, policy) = (rules.detection.len(), rules.policy.len());
    // Lists of pictures have a check of their own.
    let without = Config { picture_lists: Vec::new(), ..config.clone() };
    match app::rulebook(&without, rules) {
        Ok(_) => Check::good("rules", format!("{detection} detection rules, {policy} policy rules")),
        Err(fault) => Check::fault("rules", fault.to_string()),
    }
}

fn templates(config: &Config) -> Check {
    let templates = match app::disclaimers(config) {
        Ok(templates) => templates,
        Err(fault) => return Check::fault("disclaimers", fault.to_string()),
    };
    let missing: Vec<String> = config
        .schools
        .iter()
        .flat_map(|school| school.disclaimers.iter().map(move |d| (school, d)))
        .filter(|(_, d)| templates.get(&d.template, &d.languages).is_none())
        .map(|(school, d)| format!("{}: `{}` in {}", school.id, d.template, d.languages.join(", ")))
        .collect();
    match missing.is_empty() {
        true => Check::good("disclaimers", "every template that a school asks for is there"),
        false => Check::fault("disclaimers", format!("these templates are missing:\n{}", missing.join("\n"))),
    }
}

fn people(config: &Config) -> Check {
    match app::directory(config) {
        Ok(directory) if directory.is_empty() => Check::note(
            "people",
            "nobody is known: nobody is nudged, and no name is recognised.\n\
             Bring people in with `gatehouse directory import`.",
        ),
        Ok(directory) if app::lying(&config.data) == Some(app::Lying::Clear) => Check::note(
            "people",
            format!("{} people, in clear on this disk.\n{}", directory.len(), app::SEAL_THEM),
        ),
        Ok(directory) => Check::good("people", format!("{} people, sealed", directory.len())),
        Err(fault) => Check::fault("people", fault.to_string()),
    }
}

fn key(config: &Config) -> Vec<Check> {
    let status = keys::status(&config.keys, &config.data);
    let mut checks = vec![match status.working {
        Ok(public) => Check::good("working key", public),
        Err(why) => {
            Check::fault("working key", format!("{why}\nWithout it nothing can be held or released."))
        }
    }];
    checks.extend(status.advice.into_iter().map(|advice| Check::note("keys", advice)));
    checks
}

fn modes(config: &Config) -> Vec<Check> {
    let mode = |mode: Mode| match mode {
        Mode::Observe => "observes: nothing is changed, held or told",
        Mode::Enforce => "enforces",
    };
    config.schools.iter().map(|s| Check::good(format!("school {}", s.id), mode(s.mode))).collect()
}
