//! One connection to a next hop: commands out, replies in, each within its time.

use super::{DsnFate, Handover, HopReply, report::HandoverParts};
use crate::{
    config::{HopTls, NextHop},
    wire::smtp::{
        extension::{Extension, Extensions},
        framing::DataWriter,
        stream::{LineFault, Wire},
    },
};
use std::{io, path::PathBuf, time::Duration};
use tokio::time::timeout;

/// Lines of one reply; an EHLO reply has twenty at most.
const MOST_LINES: usize = 128;
/// RCPT commands written before their replies are read, so that neither side can block on a
/// full buffer.
const RCPT_BATCH: usize = 64;
/// Octets collected for one write.
const WRITE_SIZE: usize = 64 * 1024;

/// The conversation broke: nobody knows more than was said before.
#[derive(Debug, thiserror::Error)]
pub(in crate::wire::smtp) enum Lost {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no answer in time")]
    Silent,
    #[error("not an SMTP reply")]
    NotSmtp,
    #[error("it had broken before")]
    Broken,
}

/// Greeted, EHLO said, between transactions.
pub(in crate::wire::smtp) struct HopConnection {
    pub(super) wire: Wire,
    pub(super) extensions: Extensions,
    pub(super) host: String,
    /// The hop's settings that this connection was made under.
    pub(super) made_for: (HopTls, Option<PathBuf>),
    pub(super) patience: Duration,
    /// Messages sent over it.
    pub(super) used: u32,
    pub(super) standing: Standing,
}

/// What the hop believes to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Clean,
    /// A transaction was begun and left; RSET goes before the next.
    Left,
    /// A command had no answer: one that comes late would be taken for another's.
    Broken,
}

impl HopConnection {
    pub(in crate::wire::smtp) fn extensions(&self) -> Extensions {
        self.extensions
    }

    /// Whether it may serve `hop` as that is configured now.
    pub(super) fn fits(&self, hop: &NextHop) -> bool {
        hop.hosts.contains(&self.host) && self.made_for.0 == hop.tls && self.made_for.1 == hop.ca
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        if self.standing == Standing::Broken {
            return Err(Lost::Broken);
        }
        let written = timeout(self.patience, self.wire.write(bytes)).await;
        let written = written.map_err(|_| Lost::Silent).and_then(|done| done.map_err(Lost::Io));
        written.inspect_err(|_| self.standing = Standing::Broken)
    }

    /// Reads one reply of any number of lines (RFC 5321 section 4.2).
    async fn reply(&mut self) -> Result<HopReply, Lost> {
        let read = read_reply(&mut self.wire, self.patience).await;
        read.inspect_err(|_| self.standing = Standing::Broken)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.standing == Standing::Broken
    }

    /// A transaction that is left unfinished.
    pub(super) fn leave(mut self) -> Self {
        if !self.is_broken() {
            self.standing = Standing::Left;
        }
        self
    }

    pub(super) async fn command(&mut self, line: &str) -> Result<HopReply, Lost> {
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// Whether the hop has closed it or spoken unasked (a 421) while it lay idle.
    pub(super) fn is_stale(&mut self) -> bool {
        self.wire.fill_now().is_err() || !self.wire.buffered().is_empty()
    }

    pub(super) async fn quit(mut self) {
        // Politeness only: the mail is safe already.
        if timeout(Duration::from_secs(5), self.command("QUIT")).await.is_ok_and(|said| said.is_ok()) {
            self.wire.close().await;
        }
    }

    /// MAIL and the RCPTs, in one write where the hop pipelines (RFC 2920). `Ok(Err(..))` is
    /// the hop's refusal of MAIL.
    pub(super) async fn envelope(
        &mut self,
        mail: &str,
        rcpts: &[String],
    ) -> Result<Result<Vec<HopReply>, HopReply>, Lost> {
        if !self.extensions.has(Extension::Pipelining) {
            return self.envelope_in_steps(mail, rcpts).await;
        }
        let left = self.standing == Standing::Left;
        let mut replies = Vec::with_capacity(rcpts.len());
        let mut refused = None;
        for (nth, batch) in rcpts.chunks(RCPT_BATCH).enumerate() {
            let mut text = String::new();
            if nth == 0 {
                let reset = if left { "RSET\r\n" } else { "" };
                text.push_str(&format!("{reset}{mail}\r\n"));
            }
            batch.iter().for_each(|rcpt| text.extend([rcpt.as_str(), "\r\n"]));
            self.write(text.as_bytes()).await?;
            if nth == 0 {
                if left && !self.reply().await?.is_positive() {
                    return Err(Lost::NotSmtp);
                }
                self.standing = Standing::Left;
                refused = Some(self.reply().await?).filter(|reply| !reply.is_positive());
            }
            for _ in batch {
                replies.push(self.reply().await?);
            }
            if refused.is_some() {
                break;
            }
        }
        Ok(refused.map_or(Ok(replies), Err))
    }

    async fn envelope_in_steps(
        &mut self,
        mail: &str,
        rcpts: &[String],
    ) -> Result<Result<Vec<HopReply>, HopReply>, Lost> {
        if self.standing == Standing::Left && !self.command("RSET").await?.is_positive() {
            return Err(Lost::NotSmtp);
        }
        let said = self.command(mail).await?;
        self.standing = Standing::Left;
        if !said.is_positive() {
            return Ok(Err(said));
        }
        let mut replies = Vec::with_capacity(rcpts.len());
        for rcpt in rcpts {
            replies.push(self.command(rcpt).await?);
        }
        Ok(Ok(replies))
    }

    /// One more RCPT of the transaction that stands open.
    pub(in crate::wire::smtp) async fn rcpt(&mut self, line: &str) -> Result<HopReply, Lost> {
        self.command(line).await
    }

    /// DATA: `Ok(Err(..))` is the hop's refusal. Until this succeeds nothing of the message
    /// has left, and it may be tried elsewhere.
    pub(super) async fn begin_data(&mut self) -> Result<Result<(), HopReply>, Lost> {
        let said = self.command("DATA").await?;
        Ok(if said.code == 354 { Ok(()) } else { Err(said) })
    }

    /// The message and the hop's answer to it. After an error here the message may or may not
    /// have been taken (RFC 1047).
    pub(super) async fn data(&mut self, pieces: &[&[u8]]) -> Result<HopReply, Lost> {
        let written = self.write_data(pieces).await;
        // A hop may refuse (552) and close before it has read all.
        let said = match (read_reply(&mut self.wire, self.patience).await, written) {
            (Ok(said), Ok(())) => said,
            (Ok(said), Err(_)) if !said.is_positive() => said,
            (_, Err(lost)) | (Err(lost), _) => {
                self.standing = Standing::Broken;
                return Err(lost);
            }
        };
        self.used += 1;
        if !self.is_broken() {
            self.standing = Standing::Clean;
        }
        Ok(said)
    }

    async fn write_data(&mut self, pieces: &[&[u8]]) -> Result<(), Lost> {
        let mut writer = DataWriter::new();
        let mut out = Vec::with_capacity(WRITE_SIZE + WRITE_SIZE / 8);
        for piece in pieces.iter().flat_map(|piece| piece.chunks(WRITE_SIZE / 2)) {
            writer.write(piece, &mut out);
            if out.len() >= WRITE_SIZE {
                self.write(&out).await?;
                out.clear();
            }
        }
        writer.finish(&mut out);
        self.write(&out).await
    }

    pub(super) fn handover(&self, reply: HopReply, dsn: DsnFate) -> Option<Handover> {
        Handover::from_reply(reply, HandoverParts { host: self.host.clone(), tls: self.wire.tls(), dsn })
    }
}

/// A reply from a wire that is not yet a [`HopConnection`].
pub(super) async fn read_reply(wire: &mut Wire, patience: Duration) -> Result<HopReply, Lost> {
    timeout(patience, collect_reply(wire)).await.map_err(|_| Lost::Silent)?
}

async fn collect_reply(wire: &mut Wire) -> Result<HopReply, Lost> {
    let mut lines = Vec::new();
    loop {
        let line = wire.line().await.map_err(|fault| match fault {
            LineFault::Gone(error) => Lost::Io(error),
            LineFault::TooLong | LineFault::BareLf | LineFault::BareCr => Lost::NotSmtp,
        })?;
        let (code, last, text) = split_reply_line(&line).ok_or(Lost::NotSmtp)?;
        lines.push(text);
        if last {
            return Ok(HopReply { code, lines });
        }
        if lines.len() >= MOST_LINES {
            return Err(Lost::NotSmtp);
        }
    }
}

/// Code, whether it is the last line, and the text made printable ASCII.
fn split_reply_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let last = match rest.first() {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let text = rest.get(1..).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let clean = text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
    (200..600).contains(&code).then_some((code, last, clean))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_line_is_cleaned_and_nothing_else_is_taken_for_one() {
        assert_eq!(split_reply_line(b"250"), Some((250, true, String::new())));
        assert_eq!(
            split_reply_line(b"550-5.1.1 no \x1b[31m\xff"),
            Some((550, false, "5.1.1 no ?[31m?".into()))
        );
        for bad in [&b""[..], b"25", b"999 x", b"100 x", b"+50 x", b"250x", b"abc d", b"HTTP/1.1 400"] {
            assert_eq!(split_reply_line(bad), None, "{bad:?}");
        }
    }
}
