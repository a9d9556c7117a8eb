//! Shows a milter a message as an MTA would, and hears what the MTA is to do with it.

use super::{
    changes::Change,
    frames::{FrameFault, Frames, Transport},
    probe::{ProbeAnswer, ProbeFault, ProbeStage},
};
use crate::{
    config::Listen,
    mail::{fields, header_end},
};
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
use std::{ffi::CString, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// What every MTA sends at most in one packet.
const CHUNK: usize = 65_535;

/// One message and what the MTA knows of it.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The MTA's own name (macro `j`).
    pub mta: &'a str,
    /// Its client, which also says this name in HELO.
    pub client_name: &'a str,
    pub client: SocketAddr,
    /// Who signed in (SASL), if anybody.
    pub login: Option<&'a str>,
    pub queue_id: &'a str,
    /// Without brackets; empty is the null reverse path.
    pub sender: &'a str,
    pub recipients: &'a [String],
    /// Lines ended by CRLF.
    pub raw: &'a [u8],
}

/// What the MTA is told at the end of the message.
#[derive(Clone, Debug)]
pub struct Told {
    pub answer: ProbeAnswer,
    /// In order; they count only when the message is accepted.
    pub changes: Vec<Change>,
}

/// Shows the message to the milter at `target`. All of it takes at most `limit`.
pub async fn ask(target: &Listen, shown: &Shown<'_>, limit: Duration) -> Result<Told, ProbeFault> {
    let mut stage = ProbeStage::Connect;
    let asking = async {
        let broken = |e: std::io::Error| ProbeFault::Broken(ProbeStage::Connect, e.to_string());
        match target {
            Listen::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(broken)?;
                stream.set_nodelay(true).map_err(broken)?;
                Asking::new(stream, limit, &mut stage).ask(shown).await
            }
            Listen::Unix(path, _) => {
                let stream = UnixStream::connect(path).await.map_err(broken)?;
                Asking::new(stream, limit, &mut stage).ask(shown).await
            }
        }
    };
    timeout(limit, asking).await.unwrap_or(Err(ProbeFault::Silent(stage)))
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

    async fn ask(mut self, shown: &Shown<'_>) -> Result<Told, ProbeFault> {
        *self.stage = ProbeStage::Negotiate;
        self.negotiate().await?;
        *self.stage = ProbeStage::Envelope;
        self.envelope(shown).await?;
        *self.stage = ProbeStage::Content;
        self.content(shown.raw).await?;
        *self.stage = ProbeStage::EndOfMessage;
        self.send(Command::BodyEnd(Bytes::new())).await?;
        let told = self.told().await?;
        self.send(Command::Quit).await?;
        self.flush().await?;
        Ok(told)
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

    async fn envelope(&mut self, shown: &Shown<'_>) -> Result<(), ProbeFault> {
        let name = shown.client_name;
        let address = shown.client.ip().to_string();
        let connect = [("j", shown.mta), ("{client_addr}", &address), ("{client_name}", name)];
        self.macros(MacroStage::Connect, &connect).await?;
        let greeting = ConnInfoPayload { hostname: word(name), socket_info: SocketInfo::Inet(shown.client) };
        self.stage_of(Command::ConnInfo(greeting), ProtoOpts::NO_CONNECT, ProtoOpts::NOREPLY_CONNECT).await?;
        let helo = HeloPayload { hostname: word(name) };
        self.stage_of(Command::Helo(helo), ProtoOpts::NO_HELO, ProtoOpts::NOREPLY_HELO).await?;
        let mut mail = vec![("i", shown.queue_id)];
        if let Some(login) = shown.login {
            mail.extend([("{auth_type}", "PLAIN"), ("{auth_authen}", login)]);
        }
        self.macros(MacroStage::Mail, &mail).await?;
        let path = |address: &str| EnvAddrPayload { args: vec![word(&format!("<{address}>"))] };
        self.stage_of(Command::Mail(path(shown.sender)), ProtoOpts::NO_MAIL, ProtoOpts::NOREPLY_MAIL).await?;
        for recipient in shown.recipients {
            let rcpt = Command::Rcpt(path(recipient));
            self.stage_of(rcpt, ProtoOpts::NO_RCPT, ProtoOpts::NOREPLY_RCPT).await?;
        }
        self.stage_of(Command::Data, ProtoOpts::NO_DATA, ProtoOpts::NOREPLY_DATA).await
    }

    /// A line that is no field ends the header, as it does for Postfix.
    async fn content(&mut self, raw: &[u8]) -> Result<(), ProbeFault> {
        let (header, rest) = raw.split_at(header_end(raw));
        let mut body = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let mut at = 0;
        for (name, bytes) in fields(header) {
            if name.is_empty() {
                body = raw.split_at(at).1;
                break;
            }
            at += bytes.len();
            let field = HeaderPayload { name: word(name), value: self.value(bytes) };
            self.stage_of(Command::Header(field), ProtoOpts::NO_HEADER, ProtoOpts::NOREPLY_HEADER).await?;
        }
        self.stage_of(Command::Eoh, ProtoOpts::NO_EOH, ProtoOpts::NOREPLY_EOH).await?;
        for chunk in body.chunks(CHUNK) {
            let chunk = Command::BodyChunk(Bytes::copy_from_slice(chunk));
            self.stage_of(chunk, ProtoOpts::NO_BODY, ProtoOpts::NOREPLY_BODY).await?;
        }
        Ok(())
    }

    /// What follows the colon, as it goes over the wire: folded lines separated by LF.
    fn value(&self, field: &[u8]) -> CString {
        let value = field.splitn(2, |b| *b == b':').nth(1).unwrap_or_default();
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        let value = match value.strip_prefix(b" ") {
            Some(rest) if !self.agreed.contains(ProtoOpts::LEADING_SPACE) => rest,
            _ => value,
        };
        let bare = |(at, byte): (usize, &u8)| {
            let folds = *byte == b'\r' && value.get(at + 1) == Some(&b'\n');
            (!folds && *byte != 0).then_some(*byte)
        };
        // It has no NUL any more.
        CString::new(value.iter().enumerate().filter_map(bare).collect::<Vec<u8>>()).unwrap_or_default()
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

    /// The changes that are asked for, then the answer.
    async fn told(&mut self) -> Result<Told, ProbeFault> {
        let mut changes = Vec::new();
        loop {
            let answer = match self.receive().await? {
                Packet::Accept | Packet::Continue => ProbeAnswer::Accepted,
                Packet::Discard => ProbeAnswer::Discarded,
                Packet::Reject => ProbeAnswer::Rejected,
                Packet::Tempfail => ProbeAnswer::Deferred,
                Packet::ReplyCode { reply } => {
                    let line = reply.to_string_lossy();
                    ProbeAnswer::Reply(line.split(' ').take(2).collect::<Vec<_>>().join(" "))
                }
                Packet::OptNeg { .. } | Packet::Skip => return Err(ProbeFault::NotMilter(*self.stage)),
                change_or_progress => {
                    let space = self.agreed.contains(ProtoOpts::LEADING_SPACE);
                    changes.extend(Change::read(change_or_progress, space));
                    continue;
                }
            };
            return Ok(Told { answer, changes });
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

/// A word with a NUL has no form on the wire and would be sent empty.
fn word(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
