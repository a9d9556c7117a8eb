//! One connection, plain or encrypted, with the bytes that were received and not yet used.
//! Both sides of SMTP here read through it, so that "what was there before" is a question
//! with one answer.

use super::framing::{LONGEST_LINE, LineStep, next_line};
use bytes::{Buf, BytesMut};
use futures_util::FutureExt;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream, rustls::pki_types::ServerName};

/// Room for one read; what is received before it is used never exceeds it by much.
const READ_SIZE: usize = 32 * 1024;

/// After our last word: how long, and how many reads, the peer has to close its side.
const LINGER_LONGEST: Duration = Duration::from_secs(2);
const LINGER_READS: usize = 64;

/// What of an overlong line is thrown away before the connection is given up.
const LONGEST_SKIP: usize = 1024 * 1024;

pub(super) struct Wire {
    stream: Stream,
    input: BytesMut,
    /// Octets ever received, over plain text and TLS together.
    received: u64,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A line that is not one.
#[derive(Debug)]
pub(super) enum LineFault {
    /// The peer closed the connection, or it broke.
    Gone(io::Error),
    /// Longer than allowed; its rest is still to be skipped.
    TooLong,
    BareLf,
    /// It was taken away; the next line can be read.
    BareCr,
}

impl From<io::Error> for LineFault {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

impl Wire {
    /// SMTP is a conversation of small packets: without TCP_NODELAY each batch can wait 40 ms
    /// for the peer's delayed acknowledgement.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream: Stream::Plain(stream), input: BytesMut::new(), received: 0 })
    }

    /// Received and not yet used.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.input
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.input.advance(count.min(self.input.len()));
    }

    /// The position in the stream up to which everything was used.
    pub(super) fn used(&self) -> u64 {
        self.received - self.input.len() as u64
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Waits for more bytes; an end of the stream is an error.
    pub(super) async fn fill(&mut self) -> io::Result<()> {
        self.input.reserve(READ_SIZE);
        let count = self.stream.read_buf(&mut self.input).await?;
        self.received += count as u64;
        if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Takes in what has already arrived, without waiting.
    pub(super) fn fill_now(&mut self) -> io::Result<()> {
        while self.input.len() < READ_SIZE {
            match tokio::task::unconstrained(self.fill()).now_or_never() {
                None => return Ok(()),
                Some(done) => done?,
            }
        }
        Ok(())
    }

    /// The next line without its CRLF.
    pub(super) async fn line(&mut self) -> Result<Vec<u8>, LineFault> {
        loop {
            match next_line(&self.input) {
                LineStep::More => self.fill().await?,
                LineStep::Complete { length } => {
                    let line = self.input[..length].to_vec();
                    self.input.advance(length + 2);
                    return Ok(line);
                }
                LineStep::BareCr { length } => {
                    self.input.advance(length + 2);
                    return Err(LineFault::BareCr);
                }
                LineStep::BareLf => return Err(LineFault::BareLf),
                LineStep::TooLong => return Err(LineFault::TooLong),
            }
        }
    }

    /// Throws the rest of an overlong line away.
    pub(super) async fn skip_line(&mut self) -> io::Result<()> {
        let mut skipped = 0;
        loop {
            if let Some(feed) = self.input.windows(2).position(|two| two == b"\r\n") {
                self.input.advance(feed + 2);
                return Ok(());
            }
            // The last octet stays: it may be the carriage return of the end.
            let count = self.input.len().saturating_sub(1);
            self.input.advance(count);
            skipped += count;
            if skipped > LONGEST_SKIP {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill().await?;
        }
    }

    /// Whether a whole line (or a fault that will be answered) is already here.
    pub(super) fn has_line(&self) -> bool {
        next_line(&self.input) != LineStep::More
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Says goodbye on the transport (TLS close_notify, FIN) and waits for the peer's. A socket
    /// closed over unread input resets the connection, and the peer may never read our last
    /// word. What fails here does no harm any more.
    pub(super) async fn close(&mut self) {
        let _ = timeout(LINGER_LONGEST, async {
            self.stream.shutdown().await?;
            for _ in 0..LINGER_READS {
                self.input.clear();
                self.fill().await?;
            }
            io::Result::Ok(())
        })
        .await;
    }

    /// The server's side of STARTTLS. Plaintext that was already received would be taken for
    /// protected afterwards (RFC 3207 section 5, CVE-2011-0411): such a connection ends.
    pub(super) async fn accept_tls(self, acceptor: &TlsAcceptor) -> io::Result<Self> {
        let (tcp, received) = self.plain_and_empty()?;
        let stream = Stream::Tls(Box::new(TlsStream::Server(acceptor.accept(tcp).await?)));
        Ok(Self { stream, input: BytesMut::new(), received })
    }

    /// The client's side of it, under the same rule.
    pub(super) async fn connect_tls(
        self,
        connector: &TlsConnector,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        let (tcp, received) = self.plain_and_empty()?;
        let stream = Stream::Tls(Box::new(TlsStream::Client(connector.connect(name, tcp).await?)));
        Ok(Self { stream, input: BytesMut::new(), received })
    }

    fn plain_and_empty(self) -> io::Result<(TcpStream, u64)> {
        match self.stream {
            Stream::Plain(tcp) if self.input.is_empty() => Ok((tcp, self.received)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "plaintext before the TLS handshake")),
        }
    }

    /// TLS version and cipher, when encrypted.
    pub(super) fn tls(&self) -> Option<String> {
        let (_, connection) = self.tls_stream()?;
        let version = connection.protocol_version().and_then(|v| v.as_str()).unwrap_or("TLS");
        let cipher = connection.negotiated_cipher_suite().and_then(|c| c.suite().as_str()).unwrap_or("?");
        Some(format!("{version} {cipher}"))
    }

    /// The certificate that the peer presented and proved to have the key of.
    pub(super) fn peer_certificate(&self) -> Option<&[u8]> {
        let (_, connection) = self.tls_stream()?;
        connection.peer_certificates()?.first().map(|certificate| certificate.as_ref())
    }

    fn tls_stream(&self) -> Option<(&TcpStream, &tokio_rustls::rustls::CommonState)> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => Some(stream.get_ref()),
        }
    }
}

/// Lines of both directions are bounded alike.
const _: () = assert!(LONGEST_LINE < READ_SIZE);

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Self::Tls(s) => Pin::new(s).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_write(cx, buf),
            Self::Tls(s) => Pin::new(s).poll_write(cx, buf),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_flush(cx),
            Self::Tls(s) => Pin::new(s).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Self::Tls(s) => Pin::new(s).poll_shutdown(cx),
        }
    }
}
