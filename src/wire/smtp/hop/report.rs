//! What became of a message that was handed to a next hop.

use super::HopReply;

/// The next hop's 250 after the end of data. Only the next-hop client makes one, when that
/// reply has arrived; it is what the relay's proof is made of, and what allows the outbox
/// to call a recipient delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    reply: HopReply,
    parts: HandoverParts,
}

/// What is known besides the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HandoverParts {
    pub(super) host: String,
    pub(super) tls: Option<String>,
    pub(super) dsn: DsnFate,
}

impl Handover {
    /// `reply` answers the end of data; `None` unless it is positive.
    pub(super) fn from_reply(reply: HopReply, parts: HandoverParts) -> Option<Self> {
        reply.is_positive().then_some(Self { reply, parts })
    }
    pub fn reply(&self) -> &HopReply {
        &self.reply
    }
    /// `host:port` that took it.
    pub fn host(&self) -> &str {
        &self.parts.host
    }
    /// TLS version and cipher of the transfer, when encrypted.
    pub fn tls(&self) -> Option<&str> {
        self.parts.tls.as_deref()
    }
    pub fn dsn(&self) -> DsnFate {
        self.parts.dsn
    }
}

/// What became of the DSN words of the envelope (RFC 3461).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DsnFate {
    /// Passed on as written (or there were none): reports are the next hop's affair.
    PassedOn,
    /// The hop does not offer DSN, so the words were left out. Whoever asked for
    /// NOTIFY=SUCCESS is owed a "relayed" report from us (RFC 3461 section 5.2.2 b).
    Relayed,
}

/// Of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientFate {
    Accepted,
    /// Try again later.
    Temporary(HopReply),
    /// A report to the sender is due.
    Permanent(HopReply),
}

/// Of one try to hand a message over.
#[derive(Clone, Debug)]
pub struct SendReport {
    /// One for each recipient of the envelope, same order.
    pub recipients: Vec<RecipientFate>,
    /// There when any recipient is `Accepted`, and only then.
    pub handover: Option<Handover>,
}
