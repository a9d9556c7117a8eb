//! Links that show one host and lead to another. Newsletters do so to count their readers; those who are after
//! passwords do it with the name of the school, or of a person.

use super::super::{findings::bare, model::Finding, pass::Pass};
use crate::{
    extraction::{LinkTrick, OddLink},
    ruleset::DetectionRule,
};

/// Findings of one message, the surest first.
const MOST: usize = 8;

pub(super) fn findings(pass: &Pass<'_, '_>, rule: &DetectionRule, out: &mut Vec<Finding>) {
    let from_outside = pass.parties.senders().any(|sender| !sender.inside);
    let links = pass.extract.odd_links.iter();
    let mut links: Vec<(f32, &OddLink)> =
        links.map(|link| (likely(pass, link, from_outside), link)).collect();
    links.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (likely, link) in links {
        let hosts = (link.shown.as_str(), link.target.as_str());
        if seen.contains(&hosts) {
            continue;
        }
        if seen.len() == MOST {
            break;
        }
        seen.push(hosts);
        out.push(Finding {
            part: link.place.clone(),
            part_index: link.part,
            span: link.span.clone(),
            excerpt: format!("shows {}, leads to {}", short(&link.shown), short(&link.target)),
            confidence: rule.confidence * likely,
            value: pass.digest(&format!("{} {}", link.shown, link.target)),
            ..bare(rule)
        });
    }
}

/// What newsletters do is noted, and moves nothing: below what silences the gate towards a sender (practice.md, A2).
const NOTED: f32 = 0.3;

/// How likely it is that a reader is to be deceived.
fn likely(pass: &Pass<'_, '_>, link: &OddLink, from_outside: bool) -> f32 {
    match link.trick {
        // The way on through who counts its readers is taken by those who write for the school, too; so is the
        // school's name by others.
        LinkTrick::LeadsOn if from_outside && is_own(pass, &link.shown) => 0.6,
        LinkTrick::LeadsOn => NOTED / 2.0,
        // Whoever inside passes such a message on has not written it.
        _ if !from_outside => NOTED,
        LinkTrick::BeforeTheHost | LinkTrick::Mailbox => 1.0,
        LinkTrick::Host if is_own(pass, &link.shown) => 1.0,
        LinkTrick::Host => NOTED,
    }
}

/// Whether it is a host in a domain of whoever inside the school the message is from or to.
fn is_own(pass: &Pass<'_, '_>, host: &str) -> bool {
    let parties = pass.parties;
    let inside = parties.senders().chain(&parties.recipients).filter(|party| party.inside);
    let mut domains = inside.filter_map(|party| Some(party.address.as_ref()?.domain()));
    domains
        .any(|domain| host == domain || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.')))
}

fn short(host: &str) -> &str {
    host.get(..host.floor_char_boundary(50)).unwrap_or(host)
}
