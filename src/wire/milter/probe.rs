//! Asks a milter as an MTA would, up to the answer at the end of a message: a listener
//! that accepts connections can still hang in negotiation or in its workers.

use super::asking::{Shown, ask};
use crate::config::Listen;
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

/// The header field by which a probe is known; its value is the caller's token.
pub const PROBE_HEADER: &str = "X-Gatehouse-Probe";
/// Sender and recipient: a name that never receives mail (RFC 2606 section 2).
const MAILBOX: &str = "gatehouse-probe@gatehouse.invalid";
const HOST: &str = "probe.gatehouse.invalid";

/// A milter that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    pub answer: ProbeAnswer,
    /// From connecting to the answer.
    pub took: Duration,
}

/// What the milter said of the probe's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeAnswer {
    Accepted,
    Discarded,
    Rejected,
    Deferred,
    /// Its own code, for example `451 4.3.0`; the text may be anything and is left out.
    Reply(String),
}

/// How far the conversation got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeStage {
    Connect,
    Negotiate,
    Envelope,
    Content,
    EndOfMessage,
}

/// A milter that does not work, and where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum ProbeFault {
    #[error("no answer in time (stage: {0:?})")]
    Silent(ProbeStage),
    #[error("the connection failed (stage: {0:?}): {1}")]
    Broken(ProbeStage, String),
    #[error("an answer that is not milter (stage: {0:?})")]
    NotMilter(ProbeStage),
    #[error("refused before the end of the message (stage: {0:?})")]
    Refused(ProbeStage),
}

/// Sends one harmless message, marked `X-Gatehouse-Probe: token`, through the milter at
/// `target`; to that milter it is ordinary mail. All of it takes at most `limit`.
pub async fn probe(target: &Listen, token: u128, limit: Duration) -> Result<ProbeReport, ProbeFault> {
    let start = Instant::now();
    let message = format!(
        "From: <{MAILBOX}>\r\nTo: <{MAILBOX}>\r\nSubject: Gatehouse probe\r\n\
         Message-ID: <{token:032x}@gatehouse.invalid>\r\nAuto-Submitted: auto-generated\r\n\
         {PROBE_HEADER}: {token:032x}\r\n\r\nThis message checks that the mail gateway answers.\r\n"
    );
    let shown = Shown {
        mta: HOST,
        client_name: HOST,
        client: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        login: None,
        queue_id: &format!("probe-{token:x}"),
        sender: MAILBOX,
        recipients: &[MAILBOX.to_owned()],
        raw: message.as_bytes(),
    };
    let told = ask(target, &shown, limit).await?;
    Ok(ProbeReport { answer: told.answer, took: start.elapsed() })
}
