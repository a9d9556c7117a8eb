//! A client of clamd: a message is streamed to it (INSTREAM), and what it answers is taken at its
//! exact word. Only `stream: OK` after the whole message is clean; whatever else comes, or does
//! not come, is a failure (docs/decisions/malware.md).
//!
//! One connection for each message: clamd reads a session's messages one after the other into the
//! same files, so that a session saves nothing, and no answer can be another message's.

mod answer;
mod conversation;
mod version;

pub use answer::Said;
pub use version::Signatures;

use crate::config::{ScannerAddress, ScannerConfig};
use answer::VERSION_LENGTH;
use conversation::{ask, stream};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    sync::Semaphore,
    time::timeout,
};

/// A clamd, and how many messages it looks into at once.
pub struct Clamd {
    config: ScannerConfig,
    places: Semaphore,
}

/// Why nothing is known of a message. Without content, and without clamd's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanFault {
    #[error("nobody answers at [scanner] clamd")]
    Away(io::ErrorKind),
    #[error("the connection to clamd broke off")]
    Broken,
    #[error("clamd did not answer within [scanner] deadline")]
    Late,
    #[error("all [scanner] connections were busy until [scanner] deadline")]
    Full,
    #[error("clamd says that it failed; its log says why")]
    Failed,
    #[error("what answers at [scanner] clamd is no clamd")]
    NotClamd,
}

impl ScanFault {
    /// By which log and alarm call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Away(_) => "away",
            Self::Broken => "broken",
            Self::Late => "late",
            Self::Full => "full",
            Self::Failed => "failed",
            Self::NotClamd => "not-clamd",
        }
    }

    /// Whether whoever waits for it has waited long.
    pub fn is_slow(self) -> bool {
        matches!(self, Self::Late | Self::Full)
    }
}

impl From<io::Error> for ScanFault {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// How long `zVERSION` may take: it asks for no work.
const QUESTION: Duration = Duration::from_secs(5);

impl Clamd {
    pub fn new(config: ScannerConfig) -> Self {
        let places = Semaphore::new(config.connections);
        Self { config, places }
    }

    pub fn config(&self) -> &ScannerConfig {
        &self.config
    }

    /// Streams a whole message. Within the deadline, whatever clamd does.
    pub async fn scan(&self, message: &[u8]) -> Result<Said, ScanFault> {
        if message.len() > self.config.largest {
            return Ok(Said::TooLarge);
        }
        let mut waited = ScanFault::Full;
        let work = async {
            let _place = self.places.acquire().await.map_err(|_| ScanFault::Full)?;
            waited = ScanFault::Late;
            stream(self.connect().await?, message).await
        };
        let done = timeout(self.config.deadline, work).await;
        done.unwrap_or(Err(waited))
    }

    /// Which clamd it is and how old its signatures are, beside the places for messages.
    pub async fn signatures(&self) -> Result<Signatures, ScanFault> {
        let work = async {
            let answer = ask(self.connect().await?, b"zVERSION\0", VERSION_LENGTH).await?;
            Signatures::read(&answer).ok_or(ScanFault::NotClamd)
        };
        timeout(QUESTION.min(self.config.deadline), work).await.unwrap_or(Err(ScanFault::Late))
    }

    async fn connect(&self) -> Result<Box<dyn Stream>, ScanFault> {
        let away = |error: io::Error| ScanFault::Away(error.kind());
        Ok(match &self.config.address {
            ScannerAddress::Unix(path) => Box::new(UnixStream::connect(path).await.map_err(away)?),
            ScannerAddress::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(away)?;
                // The last piece of a message must not wait for company.
                stream.set_nodelay(true).map_err(away)?;
                Box::new(stream)
            }
        })
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}
