//! All edits that a plan asks for, together, or why one of them is not made.

use super::{
    disclaimer::{Disclaimer, Disclaimers, NotApplied, disclaimer_edits},
    mark::subject_mark,
};
use crate::{
    mail::Edits,
    message::Message,
    parties::{Direction, Parties, School},
    verdict::Plan,
};

/// The edits of `plan` for `message`. Mail that comes from outside, or does not show one of
/// the school's own addresses as its author, is left as it is: its body and its signed
/// fields (the subject is one) belong to somebody else's signature (design: promise 7).
pub fn edits(
    message: &Message<'_>,
    plan: &Plan,
    parties: &Parties,
    school: Option<&School>,
    disclaimers: &Disclaimers,
) -> (Edits, Vec<NotApplied>) {
    let mut edits = Edits::default();
    let mut not_applied = Vec::new();
    if plan.subject_mark.is_none() && plan.disclaimer.is_none() {
        return (edits, not_applied);
    }
    if !is_ours(parties) {
        return (edits, vec![NotApplied::NotOurs]);
    }
    if let Some(name) = &plan.disclaimer {
        match disclaimer_for(name, parties, school, disclaimers).and_then(|d| disclaimer_edits(message, &d)) {
            Ok(body) => edits = body,
            Err(why) => not_applied.push(why),
        }
    }
    if let Some(mark) = &plan.subject_mark {
        // The subject stands outside of what S/MIME and OpenPGP sign or encrypt.
        edits.headers.extend(subject_mark(message, mark));
    }
    (edits, not_applied)
}

/// Whether the school itself speaks: the author is one of its own, and the envelope sender
/// too, or is the null path of the author's own reports.
fn is_ours(parties: &Parties) -> bool {
    let envelope = &parties.envelope_sender;
    parties.direction != Direction::Inbound
        && (envelope.inside || envelope.address.is_none())
        && !parties.header_senders.is_empty()
        && parties.header_senders.iter().all(|party| party.inside)
}

/// The template in the languages of the first of the school's choices that fits, else in
/// the school's own.
fn disclaimer_for(
    name: &str,
    parties: &Parties,
    school: Option<&School>,
    disclaimers: &Disclaimers,
) -> Result<Disclaimer, NotApplied> {
    let school = school.ok_or(NotApplied::NoTemplate)?;
    let fits = school.disclaimers.iter().filter(|choice| choice.template == name).find(|choice| {
        let role =
            choice.roles.is_empty() || parties.senders().any(|p| choice.roles.iter().any(|r| p.is(*r)));
        let outbound = choice.directions.is_empty() && parties.direction == Direction::Outbound;
        role && (outbound || choice.directions.contains(&parties.direction))
    });
    let languages = fits.map_or(&school.languages, |choice| &choice.languages);
    disclaimers.get(name, languages).ok_or(NotApplied::NoTemplate)
}
