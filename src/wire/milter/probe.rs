//! Asks a milter as an MTA would, up to the answer at the end of a message: a listener
//! that accepts connections can still hang in negotiation or in its workers.

use super::frames::{FrameFault, Frames, Transport};
use crate::config::Listen;
use bytes::Bytes;
use indymilter::{
    Actions, MacroStage, ProtoOpts, SocketInfo,
    message::{
        PROTOCOL_VERSION,
        command::{
            Command, ConnInfoPayload, EnvAddrPayload, HeaderPayload, HeloPayload, MacroPayload, OptNegPayload,
        },
        reply::Reply as Packet,
    },
};
use std::{
    ffi::CString,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// The header field by which a probe is known; its value is the caller's token.
pub const PROBE_HEADER: &str = "X-Gatehouse-Probe";
/// Sender and recipient: a name that never receives mail (RFC 2606 section 2).
const MAILBOX: &str = "<gatehouse-probe@gatehouse.invalid>";
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
    let mut stage = ProbeStage::Connect;
    let asking = async {
        let broken = |e: std::io::Error| ProbeFault::Broken(ProbeStage::Connect, e.to_string());
        match target {
            Listen::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(broken)?;
                stream.set_nodelay(true).map_err(broken)?;
                Asking::new(stream, limit, &mut stage).ask(token).await
            }
            Listen::Unix(path, _) => {
                let stream = UnixStream::connect(path).await.map_err(broken)?;
                Asking::new(stream, limit, &mut stage).ask(token).await
            }
        }
    };
    let answer = match timeout(limit, asking).await {
        Ok(answer) => answer?,
        Err(_) => return Err(ProbeFault::Silent(stage)),
    };
    Ok(ProbeReport { answer, took: start.elapsed() })
}

struct Asking<'a, S> {
    frames: Frames<S>,
    stage: &'a mut ProbeStage,
    agreed: ProtoOpts,
}

impl<'a, S: Transport> Asking<'a, S> {
    fn new(stream: S, limit: Duration, stage: &'a mut ProbeStage) -> Self {
        Self { frames: Frames::new(stream, limit), stage, agreed: ProtoOpts::empty() }
    }

    async fn ask(mut self, token: u128) -> Result<ProbeAnswer, ProbeFault> {
        *self.stage = ProbeStage::Negotiate;
        self.negotiate().await?;
        *self.stage = ProbeStage::Envelope;
        self.envelope(token).await?;
        *self.stage = ProbeStage::Content;
        self.content(token).await?;
        *self.stage = ProbeStage::EndOfMessage;
        self.send(Command::BodyEnd(Bytes::new())).await?;
        let answer = self.verdict().await?;
        self.send(Command::Quit).await?;
        self.flush().await?;
        Ok(answer)
    }

    async fn negotiate(&mut self) -> Result<(), ProbeFault> {
        let opts = ProtoOpts::all();
        let actions = Actions::all();
        self.send(Command::OptNeg(OptNegPayload { version: PROTOCOL_VERSION, actions, opts })).await?;
        match self.receive().await? {
            Packet::OptNeg { opts, .. } => self.agreed = opts,
            _ => return Err(ProbeFault::NotMilter(*self.stage)),
        }
        Ok(())
    }

    async fn envelope(&mut self, token: u128) -> Result<(), ProbeFault> {
        let client = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let greeting = ConnInfoPayload { hostname: word(HOST), socket_info: SocketInfo::Inet(client) };
        self.macros(MacroStage::Connect, &[("j", HOST)]).await?;
        self.stage_of(Command::ConnInfo(greeting), ProtoOpts::NO_CONNECT, ProtoOpts::NOREPLY_CONNECT).await?;
        let helo = HeloPayload { hostname: word(HOST) };
        self.stage_of(Command::Helo(helo), ProtoOpts::NO_HELO, ProtoOpts::NOREPLY_HELO).await?;
        self.macros(MacroStage::Mail, &[("i", &format!("probe-{token:x}"))]).await?;
        let path = || EnvAddrPayload { args: vec![word(MAILBOX)] };
        self.stage_of(Command::Mail(path()), ProtoOpts::NO_MAIL, ProtoOpts::NOREPLY_MAIL).await?;
        self.stage_of(Command::Rcpt(path()), ProtoOpts::NO_RCPT, ProtoOpts::NOREPLY_RCPT).await?;
        self.stage_of(Command::Data, ProtoOpts::NO_DATA, ProtoOpts::NOREPLY_DATA).await
    }

    async fn content(&mut self, token: u128) -> Result<(), ProbeFault> {
        let token = format!("{token:032x}");
        let id = format!("<{token}@gatehouse.invalid>");
        let header = [
            ("From", MAILBOX),
            ("To", MAILBOX),
            ("Subject", "Gatehouse probe"),
            ("Message-ID", &id),
            ("Auto-Submitted", "auto-generated"),
            (PROBE_HEADER, &token),
        ];
        let space = if self.agreed.contains(ProtoOpts::LEADING_SPACE) { " " } else { "" };
        for (name, value) in header {
            let field = HeaderPayload { name: word(name), value: word(&format!("{space}{value}")) };
            self.stage_of(Command::Header(field), ProtoOpts::NO_HEADER, ProtoOpts::NOREPLY_HEADER).await?;
        }
        self.stage_of(Command::Eoh, ProtoOpts::NO_EOH, ProtoOpts::NOREPLY_EOH).await?;
        let body = Bytes::from_static(b"This message checks that the mail gateway answers.\r\n");
        self.stage_of(Command::BodyChunk(body), ProtoOpts::NO_BODY, ProtoOpts::NOREPLY_BODY).await
    }

    /// One stage as it was agreed: left out, told, or told and answered.
    async fn stage_of(
        &mut self,
        command: Command,
        without: ProtoOpts,
        silent: ProtoOpts,
    ) -> Result<(), ProbeFault> {
        if self.agreed.contains(without) {
            return Ok(());
        }
        self.send(command).await?;
        if self.agreed.contains(silent) {
            return Ok(());
        }
        match self.receive().await? {
            Packet::Continue | Packet::Skip => Ok(()),
            Packet::Accept
            | Packet::Reject
            | Packet::Tempfail
            | Packet::Discard
            | Packet::ReplyCode { .. } => Err(ProbeFault::Refused(*self.stage)),
            _ => Err(ProbeFault::NotMilter(*self.stage)),
        }
    }

    /// The answer at the end of the message, after whatever changes were asked for.
    async fn verdict(&mut self) -> Result<ProbeAnswer, ProbeFault> {
        loop {
            return Ok(match self.receive().await? {
                Packet::Accept | Packet::Continue => ProbeAnswer::Accepted,
                Packet::Discard => ProbeAnswer::Discarded,
                Packet::Reject => ProbeAnswer::Rejected,
                Packet::Tempfail => ProbeAnswer::Deferred,
                Packet::ReplyCode { reply } => {
                    let line = reply.to_string_lossy();
                    ProbeAnswer::Reply(line.split(' ').take(2).collect::<Vec<_>>().join(" "))
                }
                Packet::OptNeg { .. } | Packet::Skip => return Err(ProbeFault::NotMilter(*self.stage)),
                _change_or_progress => continue,
            });
        }
    }

    async fn macros(&mut self, stage: MacroStage, pairs: &[(&str, &str)]) -> Result<(), ProbeFault> {
        let macros = pairs.iter().flat_map(|(name, value)| [word(name), word(value)]).collect();
        self.send(Command::DefMacros(MacroPayload { stage, macros })).await
    }

    async fn send(&mut self, command: Command) -> Result<(), ProbeFault> {
        self.frames.put(command.into_message()).await.map_err(|fault| self.broken(&fault))
    }

    async fn flush(&mut self) -> Result<(), ProbeFault> {
        self.frames.flush().await.map_err(|fault| self.broken(&fault))
    }

    async fn receive(&mut self) -> Result<Packet, ProbeFault> {
        self.flush().await?;
        match self.frames.read().await {
            Ok(Some(message)) => Packet::parse_reply(message).map_err(|_| ProbeFault::NotMilter(*self.stage)),
            Ok(None) => Err(ProbeFault::Broken(*self.stage, "closed".into())),
            Err(fault) => Err(self.broken(&fault)),
        }
    }

    fn broken(&self, fault: &FrameFault) -> ProbeFault {
        match fault {
            FrameFault::Length => ProbeFault::NotMilter(*self.stage),
            FrameFault::Io(_) | FrameFault::Cut => ProbeFault::Broken(*self.stage, fault.to_string()),
        }
    }
}

/// Our own words have no NUL; one that had would be sent empty.
fn word(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
