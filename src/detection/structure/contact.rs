//! The ways in which school business leaves the school's own channel (CT-1). A parent's
//! registered address is the ordinary channel and never a finding.

use super::super::{
    findings::bare,
    model::{Finding, Miss},
    pass::Pass,
};
use crate::{
    parties::{AddressKind, Party, Role},
    ruleset::DetectionRule,
};

fn own_address_of(party: &Party, role: Role) -> bool {
    party.kind == Some(AddressKind::Personal) && party.is(role)
}

/// A staff member's own address as sender, of the envelope or the header. Not when it
/// only comes back to the very person: a note to oneself is `own-address-out`'s.
pub(super) fn own_address_in(pass: &mut Pass<'_, '_>, rule: &DetectionRule) -> Option<Finding> {
    let sender = pass.parties.senders().find(|s| own_address_of(s, Role::Staff))?;
    let to: Vec<usize> = recipients(pass, |r| r.inside && r.person != sender.person);
    if to.is_empty() {
        pass.missed_by(rule, Miss::Scope, 1);
        return None;
    }
    Some(Finding { part: "envelope".into(), recipients: to, value: pass.digest("own-in"), ..bare(rule) })
}

/// An address that nobody knows, at a provider open to everyone, under a staff member's
/// name. Parents may share that name, so then half as sure.
pub(super) fn free_mail_name(pass: &mut Pass<'_, '_>, rule: &DetectionRule) -> Option<Finding> {
    let detector = pass.detector;
    let people = detector.people();
    let parties = pass.parties;
    for sender in parties.senders().filter(|s| super::super::pass::unknown(s)) {
        let Some(address) = &sender.address else { continue };
        if !rule.domains.iter().any(|d| address.is_within(d)) {
            continue;
        }
        let Some(name) = &sender.display_name else { continue };
        let roles = people.named(name, &mut pass.memory.names);
        if roles.has(Role::Staff) {
            let shared = roles.has(Role::Parent) || roles.has(Role::Pupil);
            let confidence = if shared { rule.confidence / 2.0 } else { rule.confidence };
            let value = pass.digest("free-mail");
            return Some(Finding { part: "header/from".into(), confidence, value, ..bare(rule) });
        }
        pass.missed_by(rule, Miss::Context, 1);
    }
    None
}

/// Staff to a staff member's own address. To somebody else's it may be a private line
/// among colleagues, so less sure.
pub(super) fn own_address_out(pass: &mut Pass<'_, '_>, rule: &DetectionRule) -> Option<Finding> {
    let sender = pass.parties.senders().find(|s| s.inside && s.is(Role::Staff))?;
    let to = recipients(pass, |r| own_address_of(r, Role::Staff));
    let own = to.iter().any(|i| {
        pass.parties.recipients.get(*i).is_some_and(|r| r.person.is_some() && r.person == sender.person)
    });
    let confidence = if own { rule.confidence } else { rule.confidence * 0.7 };
    found(pass, rule, to, "own-out").map(|f| Finding { confidence, ..f })
}

/// Staff to a pupil's own address.
pub(super) fn pupil_address(pass: &mut Pass<'_, '_>, rule: &DetectionRule) -> Option<Finding> {
    pass.parties.senders().find(|s| s.is(Role::Staff))?;
    let to = recipients(pass, |r| own_address_of(r, Role::Pupil));
    found(pass, rule, to, "pupil-address")
}

fn recipients(pass: &Pass<'_, '_>, wanted: impl Fn(&Party) -> bool) -> Vec<usize> {
    let all = pass.parties.recipients.iter().enumerate();
    all.filter(|(_, party)| wanted(party)).map(|(i, _)| i).collect()
}

fn found(pass: &Pass<'_, '_>, rule: &DetectionRule, to: Vec<usize>, what: &str) -> Option<Finding> {
    if to.is_empty() {
        return None;
    }
    Some(Finding { part: "envelope".into(), recipients: to, value: pass.digest(what), ..bare(rule) })
}
