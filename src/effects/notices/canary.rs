//! The message by which the gate proves a way of the mail. It says what it is to whoever finds it
//! in a mailbox, and nothing else.

use super::compose::{ComposeError, Notices, Written, mailbox};
use crate::{
    config::{CanaryConfig, CanaryWay},
    mail::{Address, Envelope, Recipient, ReversePath},
    storage::{CANARY_HEADER, NewOutbox, OutboxKind, Token},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use lettre::message::{
    SinglePart,
    header::{ContentType, HeaderName, HeaderValue},
};

/// A probe, and how it leaves.
pub struct Canary {
    pub envelope: Envelope,
    pub bytes: Bytes,
    /// For what the gate itself writes.
    pub job: Option<NewOutbox>,
}

impl Notices {
    /// A probe of one way. Its token is good for one passing.
    pub fn canary(
        &self,
        canary: &CanaryConfig,
        token: &Token,
        now: DateTime<Utc>,
    ) -> Result<Canary, ComposeError> {
        let unique = format!("canary.{}", canary.name);
        let (from, sender) = match &canary.way {
            // Hosts before the gate ask whose mail it is; a bounce tells that address.
            CanaryWay::Route(route) => (mailbox(&route.from)?, ReversePath::Mailbox(route.from.clone())),
            CanaryWay::Notices => (self.from.clone(), ReversePath::Null),
        };
        const SUBJECT: &str = "A daily check of the way of the mail";
        let builder = self.builder_from(from, &canary.to, SUBJECT, &unique, now)?;
        let field = HeaderName::new_from_ascii_str(CANARY_HEADER);
        let builder = builder.raw_header(HeaderValue::new(field, token.reveal().to_owned()));
        let text = format!(
            "A mail gate has sent this to itself, once a day, to see that mail passes it on the\n\
             way `{}`. There is nothing to do. It can be deleted.\n",
            canary.name
        );
        // Seven-bit text in short lines: nothing on the way has a reason to change it.
        let part = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text);
        let message = builder.singlepart(part).map_err(|e| ComposeError(e.to_string()))?;
        let bytes: Bytes = message.formatted().into();
        Ok(self.leaving(canary, sender, bytes))
    }

    fn leaving(&self, canary: &CanaryConfig, sender: ReversePath, bytes: Bytes) -> Canary {
        let to: &Address = &canary.to;
        let envelope =
            Envelope { sender, parameters: Vec::new(), recipients: vec![Recipient::new(to.clone())] };
        let job = match &canary.way {
            CanaryWay::Route(_) => None,
            CanaryWay::Notices => {
                let written = Written::new(to.clone(), bytes.clone(), self.next_hop(), OutboxKind::Notice);
                Some(written.outbox(None, None))
            }
        };
        Canary { envelope, bytes, job }
    }
}
