//! Everybody's mailboxes: a small SMTP server on loopback that writes the exact bytes of
//! each message it takes into the demonstration's folder, one file for each recipient.

use super::{HOSTNAME, smtp};
use crate::mail::{fields, header_end};
use std::{
    fs,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// Nothing in the demonstration comes near these.
const LONGEST_LINE: u64 = 64 * 1024;
const LARGEST_MESSAGE: usize = 64 * 1024 * 1024;
const MOST_RECIPIENTS: usize = 1_000;
const MOST_MESSAGES: usize = 10_000;

/// One message for one recipient, as it lies in its file.
#[derive(Clone, Debug)]
pub(super) struct Delivered {
    /// The message of the corpus that was on its way, or 0 for a notice of the gate.
    pub(super) number: usize,
    pub(super) recipient: String,
    pub(super) file: PathBuf,
    /// What was said of the way it came, for example `-released`.
    how: &'static str,
}

impl Delivered {
    /// It was let go by a person.
    pub(super) fn is_release(&self) -> bool {
        !self.how.is_empty()
    }
}

/// The mailboxes, open until they are dropped.
#[derive(Clone)]
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    delivered: PathBuf,
    notices: PathBuf,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    /// Which message of the corpus is on its way, and what its file's name says besides.
    current: (usize, &'static str),
    notices: usize,
    all: Vec<Delivered>,
}

/// What the sender of a transaction has said so far.
#[derive(Default)]
struct Envelope {
    null_sender: bool,
    recipients: Vec<String>,
}

impl Sink {
    /// Binds a free port; messages go into `delivered`, the gate's own into `notices`.
    pub(super) async fn open(delivered: PathBuf, notices: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { delivered, notices, state: Mutex::default(), arrived: Notify::new() });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                // A conversation that breaks off is the gate's to repeat.
                tokio::spawn(async move { converse(stream, &shared).await });
            }
        });
        Ok(Self { address, shared })
    }

    /// From now on, what passes is message `number` of the corpus; `how` goes into the files' names.
    pub(super) fn expect(&self, number: usize, how: &'static str) {
        self.shared.lock().current = (number, how);
    }

    /// What was delivered, without the notices.
    pub(super) fn delivered(&self) -> Vec<Delivered> {
        self.shared.lock().all.iter().filter(|d| d.number > 0).cloned().collect()
    }

    pub(super) fn notices(&self) -> Vec<Delivered> {
        self.shared.lock().all.iter().filter(|d| d.number == 0).cloned().collect()
    }

    /// Resolves when a message has come since the last call. For one waiter.
    pub(super) async fn arrival(&self) {
        self.shared.arrived.notified().await;
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the message down for each of its recipients.
    fn keep(&self, envelope: &Envelope, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        if state.all.len() + envelope.recipients.len() > MOST_MESSAGES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let notice = envelope.null_sender && is_ours(bytes);
        for recipient in &envelope.recipients {
            let (folder, number, how) = match notice {
                true => {
                    state.notices += 1;
                    (&self.notices, state.notices, "")
                }
                false => (&self.delivered, state.current.0, state.current.1),
            };
            let file = write(folder, &format!("{number:03}-{}{how}", plain(recipient)), bytes)?;
            let number = if notice { 0 } else { number };
            state.all.push(Delivered { number, recipient: recipient.clone(), file, how });
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }
}

/// Whether the gate itself has written it: then its Message-ID names the gate.
fn is_ours(bytes: &[u8]) -> bool {
    let (header, _) = bytes.split_at(header_end(bytes));
    let ours = format!("@{HOSTNAME}>");
    fields(header).any(|(name, field)| {
        name.eq_ignore_ascii_case("message-id") && String::from_utf8_lossy(field).trim_end().ends_with(&ours)
    })
}

/// An address as part of a file's name.
fn plain(address: &str) -> String {
    address
        .chars()
        .take(100)
        .map(|c| if c.is_alphanumeric() || "@.-_".contains(c) { c } else { '_' })
        .collect()
}

/// A new file; a second message of that name gets a number.
fn write(folder: &Path, stem: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    for again in 1..=MOST_MESSAGES {
        let name = if again == 1 { format!("{stem}.eml") } else { format!("{stem}-{again}.eml") };
        let path = folder.join(name);
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(path);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::StorageFull.into())
}

const EHLO: &str = "250-mailboxes.example\r\n250-PIPELINING\r\n250-SIZE 67108864\r\n250-8BITMIME\r\n\
    250-SMTPUTF8\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES";

async fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut envelope = Envelope::default();
    stream.write_all(b"220 mailboxes.example ESMTP\r\n").await?;
    loop {
        let mut line = Vec::new();
        if (&mut stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => EHLO,
            "MAIL" => {
                let null_sender = smtp::path(&line).is_none_or(str::is_empty);
                envelope = Envelope { null_sender, recipients: Vec::new() };
                "250 2.1.0 ok"
            }
            "RCPT" => match smtp::path(&line) {
                Some(path) if envelope.recipients.len() < MOST_RECIPIENTS => {
                    envelope.recipients.push(path.to_owned());
                    "250 2.1.5 ok"
                }
                Some(_) => "452 4.5.3 too many recipients",
                None => "501 5.1.3 no address",
            },
            "DATA" if envelope.recipients.is_empty() => "554 5.5.1 no recipients",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let bytes = smtp::read_message(&mut stream, LARGEST_MESSAGE).await?;
                match shared.keep(&std::mem::take(&mut envelope), &bytes) {
                    Ok(()) => "250 2.0.0 written down",
                    Err(_) => "452 4.3.1 no room",
                }
            }
            "QUIT" => {
                stream.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            "HELO" | "RSET" | "NOOP" => {
                envelope = Envelope::default();
                "250 2.0.0 ok"
            }
            _ => "502 5.5.1 unknown",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}
