//! One connection of an MTA: the table of the milter's stages. The MTA says what came,
//! each stage is a few lines, and only the end of a message asks the house.

use super::{
    answer::{self, Answer},
    client::Client,
    collect::{Bounds, Incoming},
    decide::decide,
    frames::{FrameFault, Frames, Transport},
    macros::Macros,
    negotiate::{Agreed, NegotiationFault, negotiate},
    server::MilterService,
};
use crate::{config::Network, mail::TransactionId};
use bytes::Bytes;
use indymilter::{
    MacroStage, ProtoOpts,
    message::{
        Message,
        command::{Command, ParseCommandError},
        reply::Reply as Packet,
    },
};
use std::{ffi::CString, io, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// Between the stages of an envelope the MTA waits for its client, which may take its
/// time; closing here would make the MTA defer. The value is libmilter's.
const PATIENCE: Duration = Duration::from_secs(7210);

/// Why a connection ended otherwise than by the MTA's farewell. The MTA then defers.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionFault {
    #[error(transparent)]
    Frame(#[from] FrameFault),
    #[error("the MTA was silent inside a message")]
    Silence,
    #[error("not a milter command: {0}")]
    Command(#[from] ParseCommandError),
    #[error("a command out of order")]
    Order,
    #[error(transparent)]
    Negotiation(#[from] NegotiationFault),
}

/// The conversation of one connection until its end, or until `closing` turns true
/// between two messages.
pub(super) async fn converse<S: Transport>(
    stream: S,
    service: &MilterService,
    trusted: Arc<[Network]>,
    closing: watch::Receiver<bool>,
) -> Result<(), SessionFault> {
    let session = Session {
        frames: Frames::new(stream, service.limits.idle),
        service,
        trusted,
        closing,
        agreed: None,
        client: Client::default(),
        macros: Macros::default(),
        stage: Stage::Between,
        unconfirmed: None,
    };
    session.run().await
}

struct Session<'a, S> {
    frames: Frames<S>,
    service: &'a MilterService,
    trusted: Arc<[Network]>,
    closing: watch::Receiver<bool>,
    agreed: Option<Agreed>,
    client: Client,
    macros: Macros,
    stage: Stage,
    /// Accepted, and no further command has come on this connection yet.
    unconfirmed: Option<TransactionId>,
}

enum Stage {
    Between,
    Message(Box<Incoming>),
    /// Refused before its end; whatever still comes of it is passed over.
    Answered,
}

enum Next {
    Read,
    Close,
}

impl<S: Transport> Session<'_, S> {
    async fn run(mut self) -> Result<(), SessionFault> {
        while let Some(message) = self.next().await? {
            if message.kind == b'D' {
                self.macros.define(&message.buffer);
                continue;
            }
            if let Next::Close = self.step(Command::parse_command(message)?).await? {
                break;
            }
            self.frames.flush().await?;
        }
        Ok(())
    }

    /// The next packet; `None` at the end of the connection or of our service.
    async fn next(&mut self) -> Result<Option<Message>, SessionFault> {
        let patience = match &self.stage {
            Stage::Message(message) if message.has_content() => self.service.limits.idle,
            _ => PATIENCE,
        };
        let read = timeout(patience, self.frames.read());
        let packet = match self.stage {
            Stage::Message(_) => read.await,
            Stage::Between | Stage::Answered => tokio::select! {
                packet = read => packet,
                _ = self.closing.wait_for(|closing| *closing) => return Ok(None),
            },
        };
        Ok(packet.map_err(|_| SessionFault::Silence)??)
    }

    /// The table of the stages.
    async fn step(&mut self, command: Command) -> Result<Next, SessionFault> {
        match command {
            Command::OptNeg(offer) => {
                let (agreed, reply) = negotiate(&offer)?;
                self.agreed = Some(agreed);
                self.put(reply).await?;
            }
            _ if self.agreed.is_none() => return Err(SessionFault::Order),
            Command::ConnInfo(info) => {
                self.stage = Stage::Between;
                self.macros.forget_after(MacroStage::Connect);
                self.client = Client::of(&info.hostname, &info.socket_info, &self.macros);
                self.go_on(ProtoOpts::NOREPLY_CONNECT).await?;
            }
            Command::Helo(helo) => {
                self.went_on();
                self.stage = Stage::Between;
                self.macros.forget_after(MacroStage::Helo);
                self.client.greets(helo.hostname);
                self.go_on(ProtoOpts::NOREPLY_HELO).await?;
            }
            Command::Mail(mail) => self.mail(&mail.args).await?,
            Command::Rcpt(rcpt) => self.recipient(rcpt.args).await?,
            Command::Data => self.go_on(ProtoOpts::NOREPLY_DATA).await?,
            Command::Header(field) => {
                let space = self.agreed()?.leading_space();
                if let Some(message) = self.message()? {
                    message.field(&field.name, &field.value, space).await;
                    self.go_on_unless_faulty(ProtoOpts::NOREPLY_HEADER).await?;
                }
            }
            Command::Eoh => {
                if let Some(message) = self.message()? {
                    message.end_of_header().await;
                    self.go_on_unless_faulty(ProtoOpts::NOREPLY_EOH).await?;
                }
            }
            Command::BodyChunk(chunk) => {
                if let Some(message) = self.message()? {
                    message.body(&chunk).await;
                    self.go_on_unless_faulty(ProtoOpts::NOREPLY_BODY).await?;
                }
            }
            Command::BodyEnd(chunk) => self.end_of_message(chunk).await?,
            Command::Abort => self.end_of_transaction(),
            Command::Unknown(_) => self.go_on(ProtoOpts::NOREPLY_UNKNOWN).await?,
            Command::QuitNc => {
                // The MTA keeps the connection for its next client.
                self.end_of_transaction();
                self.client = Client::default();
                self.macros = Macros::default();
                self.unconfirmed = None;
            }
            Command::Quit => return Ok(Next::Close),
            // Taken before the table, since an empty one is no parsable command.
            Command::DefMacros(_) => {}
        }
        Ok(Next::Read)
    }

    async fn mail(&mut self, words: &[CString]) -> Result<(), SessionFault> {
        self.went_on();
        self.macros.forget_after(MacroStage::Mail);
        let limits = &self.service.limits;
        let bounds = Bounds {
            message_bytes: limits.message_bytes.min(limits.memory_bytes),
            recipients: limits.recipients,
        };
        let message = Incoming::begin(words, &self.macros, bounds, &self.service.memory);
        self.stage = Stage::Message(Box::new(message));
        self.go_on_unless_faulty(ProtoOpts::NOREPLY_MAIL).await
    }

    async fn recipient(&mut self, words: Vec<CString>) -> Result<(), SessionFault> {
        self.macros.forget_after(MacroStage::Rcpt);
        let reply = match &mut self.stage {
            Stage::Message(message) => match message.recipient(words, &self.macros) {
                Ok(()) => Packet::Continue,
                Err(refusal) => answer::packet(&refusal),
            },
            Stage::Answered => return Ok(()),
            Stage::Between => return Err(SessionFault::Order),
        };
        self.macros.forget("rcpt_addr");
        self.put(reply).await
    }

    async fn end_of_message(&mut self, last: Bytes) -> Result<(), SessionFault> {
        match self.message()? {
            Some(message) if !last.is_empty() => message.body(&last).await,
            Some(_) => {}
            None => return Ok(()),
        }
        let Stage::Message(message) = std::mem::replace(&mut self.stage, Stage::Between) else {
            return Err(SessionFault::Order);
        };
        let answer = match message.finish().await {
            Ok(collected) => {
                let id = (self.service.ids)();
                let arrival = self.client.arrival(&self.macros, &self.trusted);
                let answer =
                    decide(self.service, id, arrival, collected, self.agreed()?.leading_space()).await;
                self.unconfirmed = (!matches!(answer, Answer::Reply(_))).then_some(id);
                answer
            }
            Err(reply) => Answer::Reply(reply),
        };
        self.end_of_transaction();
        self.tell(answer).await
    }

    /// All of an answer leaves in one write, unless a replaced body makes it large.
    async fn tell(&mut self, answer: Answer) -> Result<(), SessionFault> {
        let verdict = match answer {
            Answer::Pass(passed) => {
                for action in passed.actions {
                    self.put(action).await?;
                }
                if let Some(body) = &passed.body {
                    self.frames.put_body(b'b', body).await?;
                }
                Packet::Accept
            }
            Answer::Discard => Packet::Discard,
            Answer::Reply(reply) => answer::packet(&reply),
        };
        self.put(verdict).await?;
        Ok(self.frames.flush().await?)
    }

    /// The client has gone on after our positive answer, so it has got it. A farewell or
    /// an abort says nothing of the kind: the MTA also sends them for a client that is lost.
    fn went_on(&mut self) {
        if let Some(id) = self.unconfirmed.take() {
            self.service.house.reply_seen(id);
        }
    }

    fn end_of_transaction(&mut self) {
        self.stage = Stage::Between;
        self.macros.forget_after(MacroStage::Helo);
    }

    fn agreed(&self) -> Result<Agreed, SessionFault> {
        self.agreed.ok_or(SessionFault::Order)
    }

    /// The message that content belongs to; `None` when it has been refused already.
    fn message(&mut self) -> Result<Option<&mut Incoming>, SessionFault> {
        match &mut self.stage {
            Stage::Message(message) => Ok(Some(message)),
            Stage::Answered => Ok(None),
            Stage::Between => Err(SessionFault::Order),
        }
    }

    /// Where the MTA waits for an answer: to go on.
    async fn go_on(&mut self, silent: ProtoOpts) -> Result<(), SessionFault> {
        if self.agreed()?.answers(silent) { self.put(Packet::Continue).await } else { Ok(()) }
    }

    /// Where the MTA waits for an answer: to go on, or the refusal as soon as it is known.
    async fn go_on_unless_faulty(&mut self, silent: ProtoOpts) -> Result<(), SessionFault> {
        if !self.agreed()?.answers(silent) {
            return Ok(());
        }
        let fault = self.message()?.and_then(|m| m.fault()).map(answer::packet);
        match fault {
            Some(refusal) => {
                self.stage = Stage::Answered;
                self.put(refusal).await
            }
            None => self.put(Packet::Continue).await,
        }
    }

    async fn put(&mut self, reply: Packet) -> Result<(), SessionFault> {
        Ok(self.frames.put(reply.into_message()).await?)
    }
}

impl From<io::Error> for SessionFault {
    fn from(error: io::Error) -> Self {
        Self::Frame(FrameFault::Io(error))
    }
}
