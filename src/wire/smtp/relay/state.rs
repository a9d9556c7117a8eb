//! The states of a session. Each holds only what is true then; a step consumes one and gives
//! the next.

use super::trace::Protocol;
use crate::{
    config::NextHop,
    mail::{Recipient, ReversePath},
    wire::smtp::{
        extension::Extensions,
        hop::{HopReply, HopTransaction},
        words::{MailMeaning, SmtpUtf8},
    },
};
use std::sync::Arc;

pub(super) enum State {
    /// No name was given yet.
    Greeted,
    Ready(Ready),
    MailGiven(MailGiven),
    Addressed(Box<Addressed>),
}

/// Between two transactions.
#[derive(Clone)]
pub(super) struct Ready {
    /// As HELO or EHLO gave it.
    pub(super) helo: Option<String>,
    pub(super) speech: Speech,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// HELO or nothing: no extension may be used.
    Smtp,
    /// EHLO, and what we offered then.
    Esmtp(Extensions),
}

/// MAIL was accepted. No next hop is known before the first RCPT.
pub(super) struct MailGiven {
    pub(super) ready: Ready,
    pub(super) sender: ReversePath,
    pub(super) words: Vec<String>,
    pub(super) meaning: MailMeaning,
}

/// RCPT was said at least once.
pub(super) struct Addressed {
    pub(super) given: MailGiven,
    pub(super) hop: Arc<NextHop>,
    pub(super) way: Way,
    /// Accepted by us and by the next hop.
    pub(super) recipients: Vec<Recipient>,
}

/// How it stands with the next hop.
pub(super) enum Way {
    /// It took MAIL; its transaction stands open.
    Open(HopTransaction),
    /// It did not, or is away: what each RCPT is answered.
    Shut(HopReply),
}

impl From<Addressed> for State {
    fn from(addressed: Addressed) -> Self {
        Self::Addressed(Box::new(addressed))
    }
}

impl Ready {
    pub(super) fn offered(&self) -> Extensions {
        match self.speech {
            Speech::Smtp => Extensions::NONE,
            Speech::Esmtp(offered) => offered,
        }
    }
}

impl MailGiven {
    pub(super) fn protocol(&self) -> Protocol {
        match (self.ready.speech, self.meaning.smtputf8) {
            (Speech::Smtp, _) => Protocol::Smtp,
            (Speech::Esmtp(_), SmtpUtf8::No) => Protocol::Esmtp,
            (Speech::Esmtp(_), SmtpUtf8::Asked) => Protocol::Utf8Smtp,
        }
    }
}

impl State {
    /// RSET: what was said of a transaction is forgotten; a next hop's open one is handed
    /// back.
    pub(super) fn reset(self) -> (Self, Option<(Arc<NextHop>, HopTransaction)>) {
        match self {
            Self::Greeted | Self::Ready(_) => (self, None),
            Self::MailGiven(given) => (Self::Ready(given.ready), None),
            Self::Addressed(addressed) => {
                let Addressed { given, hop, way, .. } = *addressed;
                let open = if let Way::Open(transaction) = way { Some((hop, transaction)) } else { None };
                (Self::Ready(given.ready), open)
            }
        }
    }
}
