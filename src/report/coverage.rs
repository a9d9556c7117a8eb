//! What of the table of clauses holds here: with the rules that are really loaded and the
//! settings that the schools have really made. It never says more than the table does.

use super::clauses::{Clause, Need, Status, Table, section_title};
use crate::{
    config::ScannerConfig,
    detection::ListSource,
    mail::{Mode, SchoolId},
    parties::{Listing, School},
    ruleset::RuleSet,
};
use std::{collections::HashMap, sync::Arc};

/// What is so here.
pub struct Standing<'a> {
    pub rules: &'a RuleSet,
    pub schools: &'a [Arc<School>],
    /// Schools of whose records nobody could open one.
    pub without_readers: &'a [SchoolId],
    pub scanner: Option<&'a ScannerConfig>,
    pub picture_lists: &'a [ListSource],
}

/// Whether a rule does what the table counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleState {
    Loaded,
    /// No rule of that id is loaded: switched off, or never there.
    NotLoaded,
    /// The rule is loaded, but does not name the clause.
    OtherPurpose,
}

impl RuleState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::NotLoaded => "not-loaded",
            Self::OtherPurpose => "does-not-name-the-clause",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRule {
    pub id: String,
    pub state: RuleState,
}

/// One clause and what holds of it here.
pub struct Coverage {
    pub clause: Clause,
    pub section: &'static str,
    pub rules: Vec<NamedRule>,
    /// Rules that name the clause and that the table does not know: the school's own.
    pub own_rules: Vec<String>,
    /// At most the table's status.
    pub here: Status,
    /// Why it is less than the table's, one sentence each.
    pub lessened: Vec<String>,
}

/// Every clause of the table with what holds of it here.
pub fn coverage(table: Table, standing: &Standing<'_>) -> Vec<Coverage> {
    let named = named_clauses(standing.rules);
    table.clauses.into_iter().map(|clause| judge(clause, &named, standing)).collect()
}

/// Clauses by rule.
fn named_clauses(rules: &RuleSet) -> HashMap<&str, &[Arc<str>]> {
    let detection = rules.detection.iter().map(|r| (&*r.id, &r.clauses[..]));
    let policy = rules.policy.iter().map(|r| (&*r.id, &r.clauses[..]));
    detection.chain(policy).collect()
}

fn judge(clause: Clause, named: &HashMap<&str, &[Arc<str>]>, standing: &Standing<'_>) -> Coverage {
    let names_it = |clauses: &[Arc<str>]| clauses.iter().any(|c| **c == *clause.id);
    let state = |id: &String| match named.get(id.as_str()) {
        Some(clauses) if names_it(clauses) => RuleState::Loaded,
        Some(_) => RuleState::OtherPurpose,
        None => RuleState::NotLoaded,
    };
    let rules: Vec<NamedRule> =
        clause.by.iter().map(|id| NamedRule { id: id.clone(), state: state(id) }).collect();
    let of_the_school =
        named.iter().filter(|(id, clauses)| names_it(clauses) && !clause.by.iter().any(|b| b == *id));
    let mut own_rules: Vec<String> = of_the_school.map(|(id, _)| (*id).to_owned()).collect();
    own_rules.sort();

    let mut here = clause.status;
    let mut lessened = Vec::new();
    if here > Status::NotYet {
        here = here.min(by_rules(&clause, &rules, &mut lessened));
        here = here.min(by_settings(&clause, standing, &mut lessened));
    }
    Coverage { section: section_title(clause.section()), clause, rules, own_rules, here, lessened }
}

/// What is left of the status when rules are missing.
fn by_rules(clause: &Clause, rules: &[NamedRule], lessened: &mut Vec<String>) -> Status {
    let missing: Vec<&NamedRule> = rules.iter().filter(|r| r.state != RuleState::Loaded).collect();
    for rule in &missing {
        lessened.push(match rule.state {
            RuleState::OtherPurpose => format!("the rule {} does not name this clause any more", rule.id),
            _ => format!("the rule {} is not loaded", rule.id),
        });
    }
    match missing.len() {
        0 => clause.status,
        all if all == rules.len() => Status::NotYet,
        // A part stays a part while anything of it is left.
        _ => clause.status.lessened().max(Status::Part),
    }
}

/// What is left of it when schools have not set what it needs.
fn by_settings(clause: &Clause, standing: &Standing<'_>, lessened: &mut Vec<String>) -> Status {
    let mut without = 0;
    for school in standing.schools {
        let unmet: Vec<&str> =
            clause.all_needs().iter().filter_map(|need| unmet(*need, school, standing)).collect();
        if !unmet.is_empty() {
            without += 1;
            lessened.push(format!("{}: {}", school.name, unmet.join(", ")));
        }
    }
    match without {
        0 => clause.status,
        all if all == standing.schools.len() => Status::NotYet,
        _ => clause.status.lessened().max(Status::Part),
    }
}

/// What the school has not set, in words.
fn unmet(need: Need, school: &School, standing: &Standing<'_>) -> Option<&'static str> {
    let listed = |of: &[Listing]| school.lists.iter().any(|entry| of.contains(&entry.listing));
    let (met, words) = match need {
        Need::Enforce => (school.mode == Mode::Enforce, "it observes only"),
        Need::Disclaimer => (!school.disclaimers.is_empty(), "it has chosen no disclaimer"),
        Need::Records if standing.without_readers.contains(&school.id) => {
            (false, "nobody could open its copies of mail with parents: no custodian is named")
        }
        Need::Records => (school.record_parent_mail, "copies of mail with parents are switched off"),
        Need::ConfidentialList => {
            (listed(&[Listing::Helpline, Listing::Protected]), "no confidential service is on its lists")
        }
        Need::Scanner => (standing.scanner.is_some(), "no malware scanner is configured"),
        Need::PictureList => (!standing.picture_lists.is_empty(), "no list of illegal images was given"),
    };
    (!met).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset;
    use std::path::Path;

    /// Every requirement that the schools' policies have: none may be left out of the table.
    const ASKED: [(&str, u8); 8] =
        [("PD", 14), ("CT", 10), ("OF", 11), ("CL", 2), ("DI", 4), ("RE", 5), ("QU", 10), ("OP", 6)];

    fn shipped() -> RuleSet {
        ruleset::load(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("rulesets")]).unwrap()
    }

    fn school(mode: Mode) -> Arc<School> {
        let base = crate::parties::sample::oakfield();
        Arc::new(School { mode, ..base })
    }

    fn one<'a>(all: &'a [Coverage], id: &str) -> &'a Coverage {
        all.iter().find(|c| c.clause.id == id).unwrap()
    }

    #[test]
    fn every_requirement_is_there_exactly_once() {
        let table = Table::of_this_edition().unwrap();
        let asked =
            ASKED.iter().flat_map(|(section, last)| (1..=*last).map(move |n| format!("{section}-{n}")));
        let there: Vec<String> = table.clauses.iter().map(|c| c.id.clone()).collect();
        assert_eq!(there, asked.collect::<Vec<_>>());
        assert!(table.clauses.iter().all(|c| section_title(c.section()) != "Others"));
        // Whoever reads that something is missing must read what.
        let silent = table.clauses.iter().filter(|c| c.status == Status::Part && c.note.is_empty());
        assert_eq!(silent.map(|c| &c.id).collect::<Vec<_>>(), Vec::<&String>::new());
        let groundless = |c: &&Clause| c.status > Status::NotYet && c.by.is_empty() && c.features.is_empty();
        assert_eq!(table.clauses.iter().filter(groundless).count(), 0);
    }

    #[test]
    fn table_and_shipped_rules_name_each_other() {
        let rules = shipped();
        let standing = Standing {
            rules: &rules,
            schools: &[school(Mode::Enforce)],
            without_readers: &[],
            picture_lists: &[],
            scanner: None,
        };
        let mut faults = Vec::new();
        let all = coverage(Table::of_this_edition().unwrap(), &standing);
        for row in &all {
            let id = &row.clause.id;
            faults.extend(
                row.rules.iter().filter(|r| r.state != RuleState::Loaded).map(|r| format!("{id}: {r:?}")),
            );
            faults.extend(row.own_rules.iter().map(|r| format!("{id}: {r} names it and is not listed")));
        }
        for (rule, clauses) in named_clauses(&rules) {
            // A1 to A12 are rules of practice, no clauses of a policy.
            let unknown =
                clauses.iter().filter(|c| c.contains('-') && !all.iter().any(|row| row.clause.id == ***c));
            faults.extend(unknown.map(|c| format!("{rule} names {c}, which nobody asked for")));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    const TABLE: &str =
        "[[clause]]\nid = \"PD-1\"\nasked = \"x\"\nstatus = \"enforced\"\nby = [\"a.one\", \"a.two\"]\n";

    fn rule(id: &str, clause: &str) -> String {
        format!(
            "[[policy]]\nid = \"{id}\"\nclauses = [\"{clause}\"]\nreason = \"x\"\n[policy.then]\ndisposition = \"hold\"\n"
        )
    }

    fn here(rules: &[String], schools: &[Arc<School>]) -> (Status, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("r.toml"), rules.concat()).unwrap();
        let rules = ruleset::load(&[dir.path().to_owned()]).unwrap();
        let standing =
            Standing { rules: &rules, schools, without_readers: &[], scanner: None, picture_lists: &[] };
        let all = coverage(Table::read(TABLE).unwrap(), &standing);
        (one(&all, "PD-1").here, one(&all, "PD-1").lessened.clone())
    }

    #[test]
    fn a_rule_that_is_missing_or_means_another_clause_lessens_the_status() {
        let both = [rule("a.one", "PD-1"), rule("a.two", "PD-1")];
        let enforcing = [school(Mode::Enforce)];
        assert_eq!(here(&both, &enforcing), (Status::Enforced, vec![]));
        let (status, why) = here(&both[..1], &enforcing);
        assert_eq!((status, why), (Status::Part, vec!["the rule a.two is not loaded".to_owned()]));
        let (status, why) = here(&[rule("a.one", "PD-1"), rule("a.two", "PD-2")], &enforcing);
        assert_eq!(status, Status::Part);
        assert!(why[0].contains("does not name"), "{why:?}");
        assert_eq!(here(&[rule("b.other", "PD-1")], &enforcing).0, Status::NotYet);
    }

    #[test]
    fn a_school_that_observes_enforces_nothing() {
        let both = [rule("a.one", "PD-1"), rule("a.two", "PD-1")];
        assert_eq!(here(&both, &[school(Mode::Observe)]).0, Status::NotYet);
        let (status, why) = here(&both, &[school(Mode::Enforce), school(Mode::Observe)]);
        assert_eq!(status, Status::Part);
        assert!(why[0].contains("observes only"), "{why:?}");
    }
}
