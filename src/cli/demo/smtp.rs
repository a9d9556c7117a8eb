//! As much SMTP as the demonstration's own clients and mailboxes need (RFC 5321).

use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
const LONGEST_REPLY: u64 = 64 * 1024;

/// The address between the angle brackets of MAIL or RCPT.
pub(super) fn path(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>').map(|(path, _)| path)
}

/// A message up to CRLF.CRLF and nothing else (section 4.1.1.4), dots unstuffed (4.5.2).
pub(super) async fn read_message(
    stream: &mut (impl AsyncBufRead + Unpin),
    most: usize,
) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let mut at_line_start = true;
    loop {
        let mut line = Vec::new();
        if stream.take(most as u64).read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if at_line_start && line == b".\r\n" {
            return Ok(message);
        }
        let stuffed = at_line_start && line.starts_with(b".");
        at_line_start = line.ends_with(b"\r\n");
        message.extend(line.into_iter().skip(usize::from(stuffed)));
        if message.len() > most {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
    }
}

/// The last answer of a conversation, for example `250 2.0.0 ok`.
pub(super) type Reply = String;

pub(super) fn is_positive(reply: &str) -> bool {
    reply.starts_with(['2', '3'])
}

/// What one transaction came to.
pub(super) struct Sent {
    /// Recipients that were taken, then the answer at the end of the message.
    pub(super) recipients: Vec<String>,
    pub(super) reply: Reply,
}

/// A client that says one command at a time.
pub(super) struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects and says EHLO under `name`.
    pub(super) async fn connect(to: SocketAddr, name: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let mut client = Self(BufReader::new(stream));
        client.hear().await?;
        client.say(&format!("EHLO {name}")).await?;
        Ok(client)
    }

    /// One command and its answer.
    pub(super) async fn say(&mut self, line: &str) -> io::Result<Reply> {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.hear().await
    }

    /// One transaction. Recipients that are refused are left out; when all are, the first
    /// refusal is the answer.
    pub(super) async fn send(&mut self, sender: &str, recipients: &[String], raw: &[u8]) -> io::Result<Sent> {
        let ascii = sender.is_ascii() && recipients.iter().all(|r| r.is_ascii());
        let utf8 = if ascii { "" } else { " SMTPUTF8" };
        let body = if raw.is_ascii() { "" } else { " BODY=8BITMIME" };
        let mail = self.say(&format!("MAIL FROM:<{sender}>{body}{utf8}")).await?;
        if !is_positive(&mail) {
            return Ok(Sent { recipients: Vec::new(), reply: mail });
        }
        let (mut taken, mut refused) = (Vec::new(), None);
        for recipient in recipients {
            let reply = self.say(&format!("RCPT TO:<{recipient}>")).await?;
            if is_positive(&reply) {
                taken.push(recipient.clone());
            } else {
                refused.get_or_insert(reply);
            }
        }
        if let (true, Some(reply)) = (taken.is_empty(), refused) {
            return Ok(Sent { recipients: taken, reply });
        }
        let begun = self.say("DATA").await?;
        if !is_positive(&begun) {
            return Ok(Sent { recipients: taken, reply: begun });
        }
        self.0.write_all(&stuffed(raw)).await?;
        let reply = self.hear().await?;
        Ok(Sent { recipients: taken, reply })
    }

    pub(super) async fn quit(mut self) {
        // Nothing hangs on the farewell.
        let _ = self.say("QUIT").await;
    }

    async fn hear(&mut self) -> io::Result<Reply> {
        let hearing = async {
            loop {
                let mut line = Vec::new();
                if (&mut self.0).take(LONGEST_REPLY).read_until(b'\n', &mut line).await? == 0 {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                }
                if line.get(3) != Some(&b'-') {
                    return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
                }
            }
        };
        timeout(PATIENCE, hearing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// The message with its end, dots stuffed. A message that does not end with a line end gets one.
fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 64);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !raw.is_empty() && !raw.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_survives_stuffing_and_its_reading() {
        for raw in ["", ".\r\n", "a\r\n..\r\n.b\r\n", "a: b\r\n\r\n"] {
            let wire = [stuffed(raw.as_bytes()), b"QUIT\r\n".to_vec()].concat();
            let mut wire = &wire[..];
            assert_eq!(read_message(&mut wire, 100).await.unwrap(), raw.as_bytes(), "{raw:?}");
            assert_eq!(wire, b"QUIT\r\n");
        }
    }
}
