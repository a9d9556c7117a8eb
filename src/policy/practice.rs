//! What no rule file can undo (practice.md, A): these bounds hold beside every rule.

use super::Situation;
use crate::{
    detection::{Finding, Origin},
    message::Message,
    parties::{Listing, Role},
    ruleset::{Category, DispositionName},
};
use std::sync::Arc;

/// The bounds for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Nothing stricter than this, but for malware and matched images.
    pub ceiling: Option<DispositionName>,
    /// No finding for this recipient.
    pub exempt: Vec<Arc<str>>,
    /// Neither copied nor recorded.
    pub no_record: bool,
    /// The sender is not reminded of anything on this recipient's account.
    pub no_nudge: bool,
    /// Which rule of practice.md gave them, for `rules explain`.
    pub because: Vec<&'static str>,
}

/// Confidence from which words about harm to oneself count as a possible disclosure.
/// Low on purpose: a delivered message costs nothing, a stopped one may cost a child.
const DISCLOSURE: f32 = 0.3;

/// Whether somebody may be telling of harm to themselves, in words of their own or in a message that they pass on.
pub fn may_disclose(findings: &[Finding]) -> bool {
    let tells = |f: &Finding| {
        f.category == Category::HarmSelfHarm
            && f.confidence >= DISCLOSURE
            && matches!(f.origin, Origin::Own | Origin::Attached)
    };
    findings.iter().any(tells)
}

/// The bounds that hold for the recipient with this index.
pub fn bounds(situation: &Situation<'_>, recipient: usize) -> Bounds {
    let mut bounds = Bounds::default();
    let Some(to) = situation.parties.recipients.get(recipient) else {
        return bounds;
    };
    // Mail to a helper is delivered whoever says to write. To anyone else a stranger could
    // buy a free pass with a pupil's name beside the own and a sentence of despair.
    let from_pupil = situation.sender_is(Role::Pupil);
    let by_pupil_alone = situation.senders_all(|sender| sender.is(Role::Pupil));
    let to_helper =
        matches!(to.listing, Some(Listing::Lead | Listing::Helpline | Listing::SafeguardingAgency));
    let discloses = may_disclose(situation.findings);
    if from_pupil && to_helper || by_pupil_alone && discloses {
        bounds.because.push("A1: a possible disclosure is never stopped");
        bounds.ceiling = Some(DispositionName::Deliver);
        bounds.no_record = true;
        bounds.no_nudge = true;
    }
    if matches!(to.listing, Some(Listing::Protected | Listing::Helpline)) {
        bounds.because.push("A6: a protected correspondent");
        bounds.exempt = ["harm", "contact", "chain-letter"].map(Arc::from).to_vec();
        bounds.no_record = true;
    }
    if may_hold_image(situation.findings, situation.message) {
        bounds.because.push("A3: no copy of what may be an image of a child");
        bounds.no_record = true;
    }
    let from_adult = [Role::Staff, Role::Supply, Role::Governor].into_iter().any(|r| situation.sender_is(r));
    if to.listing == Some(Listing::SafeguardingAgency) && from_adult {
        bounds.because.push("A9: staff writing to a safeguarding agency");
        bounds.ceiling = Some(DispositionName::Deliver);
    }
    bounds
}

/// practice.md, A3: a suspected match, or sexual words beside a picture that is on no list.
pub fn may_hold_image(findings: &[Finding], message: &Message<'_>) -> bool {
    let found = |category| findings.iter().any(|f| f.category == category && f.confidence >= HUSH);
    let picture = |media_type: &str| media_type.starts_with("image/") || media_type.starts_with("video/");
    found(Category::FileIllegalImage)
        || (found(Category::HarmSexual)
            && message.parts.iter().any(|p| p.holds_picture || picture(&p.media_type)))
}

/// Confidence from which a finding silences the gate towards the parties.
pub(super) const HUSH: f32 = 0.3;

/// practice.md, A2: a finding about which no party may be told anything by the gate.
pub fn is_hushed(finding: &Finding) -> bool {
    finding.confidence >= HUSH && !sender_may_hear(finding.category)
}

/// Whether a sign may be given, to somebody who got such a message and answers it, that it was
/// found harsh: who answers has read it, and learns nothing of anybody (OF-7).
pub fn answerer_may_hear(category: Category) -> bool {
    matches!(category, Category::HarmHate | Category::HarmBullying) || sender_may_hear(category)
}

/// A finding of which not even that may be hinted at.
pub fn is_hushed_to_answerer(finding: &Finding) -> bool {
    finding.confidence >= HUSH && !answerer_may_hear(finding.category)
}

/// Whether a sender may ever hear of such a finding. Safeguarding never: what is not
/// listed as harmless here stays between the gate and the officers.
pub fn sender_may_hear(category: Category) -> bool {
    use Category as C;
    match category {
        C::PersonalIdentifier
        | C::PersonalContactDetails
        | C::PersonalFinancial
        | C::PersonalHealth
        | C::PersonalSafeguarding
        | C::PersonalCredentials
        | C::PersonalBulk
        | C::PersonalImage
        | C::PersonalRecipients
        | C::PersonalWrongRecipient
        | C::ContactPersonalAddress
        | C::ContactOffChannel
        | C::ContactOutOfHours
        | C::ContactUnsupervised
        | C::HarmProfanity
        | C::HarmUnprofessional
        | C::HarmMisuse
        | C::ChainWording
        | C::ChainStructure
        | C::ChainSpread
        | C::ChainHoax
        | C::FileDangerous
        | C::FileProtected
        | C::FileNotInspected
        | C::FileAmbiguous
        | C::FileExposed => true,
        C::ContactMeeting
        | C::ContactGrooming
        | C::ContactImpersonation
        | C::ContactAlteredQuote
        | C::HarmHate
        | C::HarmBullying
        | C::HarmThreat
        | C::HarmSexual
        | C::HarmSelfHarm
        | C::HarmExtremism
        | C::HarmViolence
        | C::FileMalware
        | C::FileIllegalImage => false,
    }
}
