//! Which messages are remembered, so that whoever got one and answers it can be asked to
//! pause: harsh ones, and none of which anybody must not hear by any sign (practice.md, A2).

use super::{Matter, propose::ALLEGATION};
use crate::{
    detection::{Finding, Origin},
    policy::is_hushed_to_answerer,
    ruleset::{Category, Notice, Severity},
    storage::Hostile,
};

/// Confidence from which harsh words count.
const HARSH: f32 = 0.5;

pub(super) fn hostile(matter: &Matter<'_>) -> Option<Hostile> {
    let header = &matter.message.header;
    let message_id = header.message_id.clone()?;
    let harsh = |f: &Finding| {
        let hearable =
            matches!(f.category, Category::HarmHate | Category::HarmBullying | Category::HarmProfanity);
        hearable && f.confidence >= HARSH && f.origin == Origin::Own
    };
    // Words of the gravest kind are about more than manners.
    let gravest = |f: &Finding| f.severity == Severity::Critical;
    let plan = &matter.verdict.plan;
    // What is the head's is about somebody at the school.
    let of_staff = plan.incident.as_deref() == Some(ALLEGATION)
        || plan.notices.iter().any(|(_, notice)| *notice == Notice::Head);
    let from_a_person = !header.automatic && !header.list && matter.facts.releases.is_empty();
    let remembered = from_a_person
        && !of_staff
        && matter.findings.iter().any(harsh)
        && !matter.findings.iter().any(|f| is_hushed_to_answerer(f) || gravest(f));
    remembered.then(|| Hostile {
        message_id,
        authors: matter.parties.senders().filter_map(|p| p.address.clone()).collect(),
        recipients: matter.parties.recipients.iter().filter_map(|p| p.address.clone()).collect(),
    })
}
