//! The first exchange of a connection: which stages are sent, which are answered, what
//! we may change. Every stage that needs no answer of ours is negotiated away, since
//! each costs a round trip; recipients are answered, since a recipient too many has to be
//! refused by itself.

use super::macros;
use indymilter::{
    Actions, ProtoOpts,
    message::{PROTOCOL_VERSION, command::OptNegPayload, reply::Reply},
};

/// What the edits need. An MTA that does not offer all of it would let mail pass
/// unedited, or to recipients that must not have it yet.
const NEEDED: Actions = Actions::ADD_HEADER
    .union(Actions::CHANGE_HEADER)
    .union(Actions::REPLACE_BODY)
    .union(Actions::DELETE_RCPT);

/// Taken wherever offered.
const WELCOME: ProtoOpts = ProtoOpts::NO_UNKNOWN
    .union(ProtoOpts::NOREPLY_CONNECT)
    .union(ProtoOpts::NOREPLY_HELO)
    .union(ProtoOpts::NOREPLY_MAIL)
    .union(ProtoOpts::NOREPLY_DATA)
    .union(ProtoOpts::NOREPLY_HEADER)
    .union(ProtoOpts::NOREPLY_EOH)
    .union(ProtoOpts::NOREPLY_BODY)
    .union(ProtoOpts::LEADING_SPACE);

/// What both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    steps: ProtoOpts,
}

/// Whether the space after a header's colon is part of its value on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeadingSpace {
    Kept,
    Implied,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NegotiationFault {
    #[error("the MTA speaks milter version {0}; at least 2 is needed")]
    Version(u32),
    #[error("the MTA does not let a milter do all that is needed: {0:?} are missing")]
    Actions(Actions),
}

impl Agreed {
    /// Whether the MTA waits for an answer to this stage.
    pub(super) fn answers(self, silent: ProtoOpts) -> bool {
        !self.steps.contains(silent)
    }

    pub(super) fn leading_space(self) -> LeadingSpace {
        if self.steps.contains(ProtoOpts::LEADING_SPACE) { LeadingSpace::Kept } else { LeadingSpace::Implied }
    }
}

/// Answers an offer.
pub(super) fn negotiate(offer: &OptNegPayload) -> Result<(Agreed, Reply), NegotiationFault> {
    if offer.version < 2 {
        return Err(NegotiationFault::Version(offer.version));
    }
    let missing = NEEDED - offer.actions;
    if !missing.is_empty() {
        return Err(NegotiationFault::Actions(missing));
    }
    let steps = WELCOME & offer.opts;
    let may_ask = offer.actions.contains(Actions::REQUEST_MACROS);
    let reply = Reply::OptNeg {
        version: offer.version.min(PROTOCOL_VERSION),
        actions: NEEDED | (offer.actions & Actions::REQUEST_MACROS),
        opts: steps,
        macros: if may_ask { macros::requests() } else { Default::default() },
    };
    Ok((Agreed { steps }, reply))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mta_that_cannot_carry_out_edits_is_refused() {
        let offer = |version, actions| OptNegPayload { version, actions, opts: ProtoOpts::empty() };
        let fault = negotiate(&offer(6, Actions::all() - Actions::DELETE_RCPT)).unwrap_err();
        assert_eq!(fault, NegotiationFault::Actions(Actions::DELETE_RCPT));
        assert_eq!(negotiate(&offer(1, Actions::all())).unwrap_err(), NegotiationFault::Version(1));
        let (agreed, _) = negotiate(&offer(2, Actions::all())).unwrap();
        assert!(agreed.answers(ProtoOpts::NOREPLY_BODY));
        assert_eq!(agreed.leading_space(), LeadingSpace::Implied);
    }
}
