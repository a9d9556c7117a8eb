//! All edits of one transaction: subject mark, disclaimer, the release field taken out,
//! and our signature last. Mail from outside gets none in its body or signed fields.

use super::{Matter, Tools};
use crate::{
    effects::{conserved::conserved, disclaimer_edits, rescan::NOT_SCANNED, subject_mark},
    mail::{Address, Edits, HeaderEdit, Mode, UnscannedThen},
    parties::{Direction, Parties},
    storage::{Event, LedgerEvent, RELEASE_HEADER},
};
use std::sync::Arc;

/// The edits for what passes, and for what a sender releases marked confidential.
pub(super) struct Ready {
    pub(super) edits: Edits,
    pub(super) marked: Option<Edits>,
    pub(super) ledger: Vec<LedgerEvent>,
    /// The disclaimer that stands in it now.
    disclaimer: Option<Arc<str>>,
}

pub(super) fn edits(matter: &Matter<'_>, tools: &Tools<'_>) -> Ready {
    let mut ready = Ready { edits: Edits::default(), marked: None, ledger: Vec::new(), disclaimer: None };
    let school = tools.school(matter.parties.school.as_ref());
    if !matter.facts.releases.is_empty() {
        ready.edits.headers.push(HeaderEdit::Remove { name: RELEASE_HEADER.into(), nth: 1 });
    }
    if matter.facts.unscanned.is_some_and(|unscanned| unscanned.then == UnscannedThen::Mark) {
        let mark = HeaderEdit::Prepend { name: NOT_SCANNED.into(), value: "yes".into() };
        ready.edits.headers.push(mark);
    }
    if !is_ours(matter.parties) || tools.mode(matter.parties.school.as_ref()) != Mode::Enforce {
        return ready;
    }
    let untouched = ready.edits.clone();
    let plan = &matter.verdict.plan;
    if let Some(mark) = &plan.subject_mark {
        ready.edits.headers.extend(subject_mark(matter.message, mark));
    }
    disclaim(matter, tools, &mut ready);
    let unsigned = ready.edits.clone();
    ready.edits = sign(matter, tools, ready.edits, &mut ready.ledger);
    ready.marked = school.map(|school| {
        let mut marked = unsigned;
        if plan.subject_mark.is_none() {
            marked.headers.extend(subject_mark(matter.message, &school.confidential_mark));
        }
        sign(matter, tools, marked, &mut Vec::new())
    });
    prove(matter, untouched, &mut ready);
    ready
}

/// Everything but what was edited must be as it was, and the ledger says so with a digest. Else
/// the message goes on as it came.
fn prove(matter: &Matter<'_>, untouched: Edits, ready: &mut Ready) {
    if ready.edits == untouched {
        return;
    }
    match conserved(&matter.transaction.raw, &ready.edits) {
        Ok(kept) => {
            let mut event = kept.event().with("fields", ready.edits.headers.len());
            if let Some(template) = &ready.disclaimer {
                event = event.with("disclaimer", template.to_string());
            }
            ready.ledger.push(event);
        }
        Err(why) => {
            tracing::error!(transaction = %matter.transaction.id, why, "message.not-edited");
            (ready.edits, ready.marked) = (untouched, None);
            ready.ledger.push(LedgerEvent::new(Event::DisclaimerNotApplied).with("why", why));
        }
    }
}

/// Whether the school itself speaks: every author that the header shows is one of its own,
/// and the envelope sender too, or is the null path of an author's own automatic reply.
/// What one of ours only passes on (a redirected message keeps its author) carries
/// somebody else's signature and is left as it is.
fn is_ours(parties: &Parties) -> bool {
    let envelope = &parties.envelope_sender;
    parties.direction != Direction::Inbound
        && (envelope.inside || envelope.address.is_none())
        && !parties.header_senders.is_empty()
        && parties.header_senders.iter().all(|author| author.inside)
}

fn disclaim(matter: &Matter<'_>, tools: &Tools<'_>, ready: &mut Ready) {
    let Some(due) = &matter.verdict.plan.disclaimer else { return };
    let event = |event| LedgerEvent::new(event).transaction(matter.transaction.id);
    let Some(disclaimer) = tools.disclaimers.get(&due.template, &due.languages) else {
        ready.ledger.push(event(Event::DisclaimerNotApplied).with("why", "no-template"));
        return;
    };
    match disclaimer_edits(matter.message, &disclaimer) {
        Ok(edits) => {
            ready.edits.headers.extend(edits.headers);
            ready.edits.body.extend(edits.body);
            ready.disclaimer = Some(due.template.clone());
        }
        Err(why) => ready.ledger.push(event(Event::DisclaimerNotApplied).with("why", why.name())),
    }
}

/// Signs what was edited when there is a key for the author's domain; what cannot be
/// signed goes out unsigned, and the log says so.
fn sign(matter: &Matter<'_>, tools: &Tools<'_>, edits: Edits, ledger: &mut Vec<LedgerEvent>) -> Edits {
    let from: Option<&Address> = matter.message.header.from.first().and_then(|m| m.address.as_ref());
    let Some(from) = from.filter(|from| !edits.is_empty() && tools.signers.can_sign(from)) else {
        return edits;
    };
    match tools.signers.sign(&matter.transaction.raw, edits.clone(), from) {
        Ok(signed) => signed,
        Err(error) => {
            tracing::error!(transaction = %matter.transaction.id, %error, "dkim.not-signed");
            ledger.push(
                LedgerEvent::new(Event::DisclaimerApplied)
                    .transaction(matter.transaction.id)
                    .with("dkim", "not-signed"),
            );
            edits
        }
    }
}
