//! Milter packets over a stream: a 32-bit length, a command byte, the payload.
//!
//! Nagle's algorithm against delayed acknowledgement stalls 40 ms a message on TCP, in
//! both directions. What we write is gathered and leaves in one piece when the batch is
//! complete. What Postfix writes comes in two pieces where it hands the connection from
//! smtpd to cleanup, and the second waits for our acknowledgement of the first; so
//! whenever we wait for more and owe no answer, we acknowledge at once.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use indymilter::message::Message;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// A connection that can be told to acknowledge what it has received.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin {
    fn acknowledge(&self) {}
}

impl Transport for UnixStream {}

impl Transport for TcpStream {
    fn acknowledge(&self) {
        // Only speed is at stake, so a failure is none.
        let _ = self.set_quickack(true);
    }
}

/// No MTA sends larger packets: body chunks are 64 KB, header fields up to the MTA's own
/// limit (Postfix: 100 KB). A connection's read buffer, outside the memory budget, grows
/// no further.
const LARGEST: usize = 1024 * 1024;
/// Everything but header fields and body chunks fits here: command lines and macros.
const LARGEST_COMMAND: usize = 64 * 1024;
/// A batch beyond this size (a replaced body) leaves in pieces of it.
const BATCH: usize = 256 * 1024;
const READ_AHEAD: usize = 16 * 1024;

/// The other side broke off, was silent too long, or does not speak milter.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameFault {
    #[error("connection: {0}")]
    Io(#[from] io::Error),
    #[error("the connection ended inside a packet")]
    Cut,
    #[error("a packet of impossible length")]
    Length,
}

pub(super) struct Frames<S> {
    stream: S,
    arriving: BytesMut,
    leaving: BytesMut,
    /// Bytes have come since the last batch left: their acknowledgement is still owed.
    owing: bool,
    write_timeout: Duration,
}

impl<S: Transport> Frames<S> {
    pub(super) fn new(stream: S, write_timeout: Duration) -> Self {
        Self { stream, arriving: BytesMut::new(), leaving: BytesMut::new(), owing: false, write_timeout }
    }

    /// The next packet, or `None` when the other side closed between two. May be
    /// cancelled at any point without losing bytes.
    pub(super) async fn read(&mut self) -> Result<Option<Message>, FrameFault> {
        loop {
            let need = match packet_length(&self.arriving)? {
                Some(length) if self.arriving.len() >= 4 + length => {
                    self.arriving.advance(4);
                    let mut packet = self.arriving.split_to(length);
                    let kind = packet.get_u8();
                    return Ok(Some(Message::new(kind, packet.freeze())));
                }
                Some(length) => 4 + length - self.arriving.len(),
                None => 5,
            };
            if self.arriving.is_empty() && self.arriving.capacity() > BATCH {
                self.arriving = BytesMut::new();
            }
            self.arriving.reserve(need.max(READ_AHEAD));
            if std::mem::take(&mut self.owing) {
                self.stream.acknowledge();
            }
            if self.stream.read_buf(&mut self.arriving).await? == 0 {
                return if self.arriving.is_empty() { Ok(None) } else { Err(FrameFault::Cut) };
            }
            self.owing = true;
        }
    }

    /// Adds a packet to the batch.
    pub(super) async fn put(&mut self, message: Message) -> Result<(), FrameFault> {
        let Message { kind, buffer } = message;
        self.put_parts(kind, &[&buffer]).await
    }

    /// Adds a packet whose payload lies in several places.
    pub(super) async fn put_parts(&mut self, kind: u8, payload: &[&[u8]]) -> Result<(), FrameFault> {
        let length = 1 + payload.iter().map(|p| p.len()).sum::<usize>();
        self.leaving.reserve(4 + length);
        self.leaving.put_u32(u32::try_from(length).map_err(|_| FrameFault::Length)?);
        self.leaving.put_u8(kind);
        for part in payload {
            self.leaving.put_slice(part);
        }
        if self.leaving.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// Adds a body in packets of the size that every MTA takes.
    pub(super) async fn put_body(&mut self, kind: u8, body: &Bytes) -> Result<(), FrameFault> {
        if body.is_empty() {
            return self.put_parts(kind, &[]).await;
        }
        for chunk in body.chunks(65_535) {
            self.put_parts(kind, &[chunk]).await?;
        }
        Ok(())
    }

    /// Sends the batch.
    pub(super) async fn flush(&mut self) -> Result<(), FrameFault> {
        if self.leaving.is_empty() {
            return Ok(());
        }
        let write = self.stream.write_all(&self.leaving);
        timeout(self.write_timeout, write).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.owing = false;
        self.leaving.clear();
        if self.leaving.capacity() > 2 * BATCH {
            self.leaving = BytesMut::new();
        }
        Ok(())
    }
}

/// The length of the packet that the bytes begin with, command byte included, once the
/// length and the command byte are there.
fn packet_length(bytes: &[u8]) -> Result<Option<usize>, FrameFault> {
    let [a, b, c, d, kind, ..] = *bytes else { return Ok(None) };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    let largest = if matches!(kind, b'L' | b'B' | b'b' | b'E') { LARGEST } else { LARGEST_COMMAND };
    if (1..=largest).contains(&length) { Ok(Some(length)) } else { Err(FrameFault::Length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local!(static ACKNOWLEDGED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });

    impl Transport for tokio::io::DuplexStream {
        fn acknowledge(&self) {
            ACKNOWLEDGED.set(ACKNOWLEDGED.get() + 1);
        }
    }

    #[tokio::test]
    async fn who_waits_for_more_and_owes_no_answer_acknowledges_at_once() {
        let (near, mut far) = tokio::io::duplex(100);
        let mut frames = Frames::new(near, Duration::from_secs(5));
        far.write_all(b"\0\0\0\x01T\0\0\0\x01N").await.unwrap();
        for _ in 0..2 {
            frames.read().await.unwrap();
        }
        assert_eq!(ACKNOWLEDGED.get(), 0, "a packet is still at hand");
        assert!(timeout(Duration::from_millis(1), frames.read()).await.is_err());
        assert_eq!(ACKNOWLEDGED.get(), 1);
        far.write_all(b"\0\0\0\x01E").await.unwrap();
        frames.read().await.unwrap();
        frames.put(Message::new(b'a', "")).await.unwrap();
        frames.flush().await.unwrap();
        assert!(timeout(Duration::from_millis(1), frames.read()).await.is_err());
        assert_eq!(ACKNOWLEDGED.get(), 1, "the answer acknowledges");
    }

    #[tokio::test]
    async fn nothing_leaves_before_the_batch_is_complete() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let mut frames = Frames::new(near, Duration::from_secs(5));
        frames.put(Message::new(b'h', "X\0y\0")).await.unwrap();
        frames.put_body(b'b', &Bytes::from(vec![b'z'; 70_000])).await.unwrap();
        frames.put(Message::new(b'a', "")).await.unwrap();
        let mut wire = BytesMut::with_capacity(1 << 20);
        let early = timeout(Duration::from_millis(1), far.read_buf(&mut wire)).await;
        assert!(early.is_err());
        frames.flush().await.unwrap();
        far.read_buf(&mut wire).await.unwrap();
        assert_eq!(wire.len(), (5 + 4) + (5 + 65_535) + (5 + 4_465) + 5);
    }

    #[tokio::test]
    async fn packets_are_whole_however_they_arrive() {
        let (near, mut far) = tokio::io::duplex(3);
        let writer = tokio::spawn(async move {
            far.write_all(b"\0\0\0\x03Lab\0\0\0\x01N").await.unwrap();
            far.write_all(b"\0\0\0\x09Mx").await.unwrap();
        });
        let mut frames = Frames::new(near, Duration::from_secs(5));
        assert_eq!(frames.read().await.unwrap().unwrap(), Message::new(b'L', "ab"));
        assert_eq!(frames.read().await.unwrap().unwrap(), Message::new(b'N', ""));
        assert!(matches!(frames.read().await, Err(FrameFault::Cut)));
        writer.await.unwrap();
    }

    #[test]
    fn impossible_lengths_end_the_connection() {
        assert!(packet_length(b"\0\0\0\0L").is_err());
        assert!(packet_length(b"\xff\0\0\0L").is_err());
        assert!(packet_length(b"\0\x02\0\0M").is_err());
        assert_eq!(packet_length(b"\0\x02\0\0B").unwrap(), Some(0x20000));
    }
}
