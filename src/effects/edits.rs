//! All edits that a plan asks for, together, or why one of them is not made.

use super::{
    disclaimer::{Disclaimers, NotApplied, disclaimer_edits},
    mark::subject_mark,
};
use crate::{
    mail::Edits,
    message::Message,
    parties::{Direction, Parties},
    verdict::Plan,
};

/// The edits of `plan` for `message`. Mail that comes from outside, or does not show one of
/// the school's own addresses as its author, is left as it is: its body and its signed
/// fields (the subject is one) belong to somebody else's signature (design: promise 7).
pub fn edits(
    message: &Message<'_>,
    plan: &Plan,
    parties: &Parties,
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
    if let Some(due) = &plan.disclaimer {
        let template = disclaimers.get(&due.template, &due.languages).ok_or(NotApplied::NoTemplate);
        match template.and_then(|disclaimer| disclaimer_edits(message, &disclaimer)) {
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
