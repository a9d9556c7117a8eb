//! The conversation with a client as such: lines in, replies out in as few writes as
//! pipelining allows (RFC 2920), every wait bounded.

use crate::{
    mail::{Reply, TransactionId},
    wire::smtp::{
        hop::{HopReply, split_enhanced},
        stream::{LineFault, Wire},
    },
};
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

/// Replies are written when so much has gathered, however many commands wait.
const WRITE_AT: usize = 8 * 1024;

pub(super) struct Talk {
    pub(super) wire: Wire,
    out: Vec<u8>,
    idle: Duration,
    closing: watch::Receiver<bool>,
    unconfirmed: Option<Unconfirmed>,
}

/// A 250 that the client may not have got.
struct Unconfirmed {
    transaction: TransactionId,
    /// Octets that had come before it was written: they prove nothing.
    after: u64,
}

/// What the client did.
pub(super) enum Heard {
    Line(Vec<u8>),
    /// A line that is none; it was answered.
    Fault,
    /// The session is over; the client was told, if it can be.
    Ended,
}

impl Talk {
    pub(super) fn new(wire: Wire, idle: Duration, closing: watch::Receiver<bool>) -> Self {
        Self { wire, out: Vec::new(), idle, closing, unconfirmed: None }
    }

    /// The same conversation over another wire (after STARTTLS).
    pub(super) async fn over(
        self,
        change: impl AsyncFnOnce(Wire) -> std::io::Result<Wire>,
    ) -> std::io::Result<Self> {
        let Self { wire, out, idle, closing, unconfirmed } = self;
        Ok(Self { wire: change(wire).await?, out, idle, closing, unconfirmed })
    }

    /// A reply without an enhanced code: greeting, EHLO, 354 (RFC 2034 section 4).
    pub(super) fn plain(&mut self, code: u16, lines: &[String]) {
        for (nth, line) in lines.iter().enumerate() {
            let mark = if nth + 1 < lines.len() { '-' } else { ' ' };
            self.out.extend_from_slice(format!("{code}{mark}{line}\r\n").as_bytes());
        }
    }

    pub(super) fn say(&mut self, reply: &Reply) {
        // A text from elsewhere must stay one line of ASCII.
        let text: String = reply.text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
        let (class, subject, detail) = reply.enhanced;
        self.plain(reply.code, &[format!("{class}.{subject}.{detail} {text}")]);
    }

    /// A next hop's reply, all its lines; we offered enhanced codes, so each has one.
    pub(super) fn pass_on(&mut self, reply: &HopReply) {
        let (class, subject, detail) = reply.enhanced();
        let coded = |line: &String| match split_enhanced(line) {
            Some(_) => line.clone(),
            None => format!("{class}.{subject}.{detail} {line}"),
        };
        let lines: Vec<String> = reply.lines.iter().map(coded).collect();
        self.plain(reply.code, &lines);
    }

    pub(super) async fn flush(&mut self) -> std::io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let out = std::mem::take(&mut self.out);
        timeout(self.idle, self.wire.write(&out)).await.map_err(|_| std::io::ErrorKind::TimedOut)?
    }

    /// Says and writes the last word.
    pub(super) async fn end_with(&mut self, reply: &Reply) {
        self.say(reply);
        self.end().await;
    }

    pub(super) async fn end(&mut self) {
        // The client may be gone already; there is nobody else to tell.
        let _ = self.flush().await;
        self.wire.close().await;
    }

    /// Writes the positive reply to a transaction, and remembers from where on a command
    /// shows that the client has got it.
    pub(super) async fn confirm(&mut self, transaction: TransactionId) -> std::io::Result<()> {
        // What was pipelined behind the end of data was sent without knowing our answer.
        self.wire.fill_now()?;
        self.unconfirmed = Some(Unconfirmed { transaction, after: self.wire.received() });
        self.flush().await
    }

    /// The transaction whose reply the line just heard confirms.
    pub(super) fn confirmed(&mut self) -> Option<TransactionId> {
        let used = self.wire.used();
        self.unconfirmed.take_if(|unconfirmed| used > unconfirmed.after).map(|u| u.transaction)
    }

    /// Whether bytes are here that the client should not have sent yet.
    pub(super) fn is_hasty(&mut self) -> bool {
        self.wire.fill_now().is_err() || !self.wire.buffered().is_empty()
    }

    /// The next command line. Replies are written when no further command is here.
    pub(super) async fn hear(&mut self) -> Heard {
        let must_write = !self.wire.has_line() || self.out.len() >= WRITE_AT;
        if must_write && self.flush().await.is_err() {
            return Heard::Ended;
        }
        let heard = tokio::select! {
            biased;
            _ = self.closing.wait_for(|closing| *closing) => None,
            heard = timeout(self.idle, self.wire.line()) => Some(heard),
        };
        match heard {
            Some(Ok(Ok(line))) => Heard::Line(line),
            Some(Ok(Err(fault))) => self.answer_fault(fault).await,
            Some(Err(_)) => {
                self.end_with(&Reply::new(421, (4, 4, 2), "Idle for too long")).await;
                Heard::Ended
            }
            None => {
                self.end_with(&Reply::new(421, (4, 3, 2), "Shutting down")).await;
                Heard::Ended
            }
        }
    }

    async fn answer_fault(&mut self, fault: LineFault) -> Heard {
        match fault {
            LineFault::Gone(_) => Heard::Ended,
            LineFault::BareCr => {
                self.say(&Reply::new(500, (5, 5, 2), "Carriage return inside a command"));
                Heard::Fault
            }
            // A peer that ends lines with LF would wait for ever for an answer to each, and
            // what it thinks are two lines must not become one.
            LineFault::BareLf => {
                self.end_with(&Reply::new(500, (5, 5, 2), "Commands end in CRLF, closing")).await;
                Heard::Ended
            }
            // Answered at once: its end may never come.
            LineFault::TooLong => {
                self.say(&Reply::new(500, (5, 5, 2), "Line too long"));
                if self.flush().await.is_err()
                    || !matches!(timeout(self.idle, self.wire.skip_line()).await, Ok(Ok(())))
                {
                    return Heard::Ended;
                }
                Heard::Fault
            }
        }
    }
}
