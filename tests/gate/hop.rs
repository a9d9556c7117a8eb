//! A next hop for tests: an SMTP server that does what a script says and remembers every
//! command and every octet. It is written apart from the code under test, so that a mistake
//! in one does not hide in the other.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

pub(crate) use crate::house::PATIENCE;

type Answer = Box<dyn Fn(&str) -> String + Send + Sync>;

/// What the hop says. The defaults accept all.
pub(crate) struct HopScript {
    pub(crate) greeting: String,
    pub(crate) extensions: Vec<&'static str>,
    /// To each command line but DATA; an empty answer closes the connection.
    pub(crate) answer: Answer,
    /// To the end of data, given MAIL's line.
    pub(crate) end: Answer,
    pub(crate) tls: Option<TlsAcceptor>,
    /// Said together with the 220 to STARTTLS.
    pub(crate) injected: &'static str,
}

pub(crate) const ALL: [&str; 6] =
    ["PIPELINING", "SIZE 20000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];

impl Default for HopScript {
    fn default() -> Self {
        Self {
            greeting: "220 hop.example ESMTP".into(),
            extensions: ALL.to_vec(),
            answer: Box::new(|_| "250 2.0.0 ok".into()),
            end: Box::new(|_| "250 2.0.0 queued as HOP1".into()),
            tls: None,
            injected: "",
        }
    }
}

/// One message that was taken (its end answered with 250).
#[derive(Clone)]
pub(crate) struct Taken {
    pub(crate) mail: String,
    pub(crate) rcpts: Vec<String>,
    /// As it came over the wire, before the final dot.
    pub(crate) wire: Vec<u8>,
}

impl Taken {
    /// Without dot-stuffing and without the two fields that the relay puts on top.
    pub(crate) fn message(&self) -> Vec<u8> {
        let whole = self.with_trace();
        let mark = b"\r\nX-Gatehouse-Pass: ";
        let at = whole.windows(mark.len()).position(|w| w == mark).expect("the pass counter");
        let end = whole[at + 2..].windows(2).position(|w| w == b"\r\n").unwrap();
        whole[at + 2 + end + 2..].to_vec()
    }

    pub(crate) fn with_trace(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut line_start = true;
        for (at, octet) in self.wire.iter().enumerate() {
            if !(line_start && *octet == b'.') {
                out.push(*octet);
            }
            line_start = self.wire[..=at].ends_with(b"\r\n");
        }
        out
    }
}

#[derive(Default)]
struct Seen {
    /// Of every connection, with its number.
    commands: Vec<(usize, String)>,
    taken: Vec<Taken>,
    connections: usize,
}

#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Hop {
    pub(crate) async fn start(script: HopScript) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hop = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (own, script) = (hop.clone(), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (hop, script) = (own.clone(), Arc::clone(&script));
                let number = {
                    let mut seen = hop.seen.lock().unwrap();
                    seen.connections += 1;
                    seen.connections
                };
                tokio::spawn(async move { hop.connection(stream, number, &script).await });
            }
        });
        hop
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.seen.lock().unwrap().taken.clone()
    }

    /// The only message that was taken.
    pub(crate) fn only(&self) -> Taken {
        let taken = self.taken();
        assert_eq!(taken.len(), 1, "messages taken");
        taken[0].clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().taken.len()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// All command lines of all connections, in order, without EHLO and QUIT.
    pub(crate) fn commands(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let lines = seen.commands.iter().map(|(_, line)| line.clone());
        lines.filter(|l| !l.starts_with("EHLO") && !l.starts_with("QUIT")).collect()
    }

    pub(crate) fn all_commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.iter().map(|(_, line)| line.clone()).collect()
    }

    async fn connection(&self, stream: TcpStream, number: usize, script: &HopScript) {
        stream.set_nodelay(true).unwrap();
        let mut talk = Talk { stream: Box::new(stream), input: Vec::new() };
        talk.say(&script.greeting).await;
        if let Some(tls) = self.conversation(&mut talk, number, script, script.tls.is_some()).await {
            let Talk { stream, .. } = talk;
            // Boxed as an object, so the plain socket comes back only as what it can do.
            if let Ok(stream) = tls.accept(stream).await {
                let mut talk = Talk { stream: Box::new(stream), input: Vec::new() };
                self.conversation(&mut talk, number, script, false).await;
            }
        }
    }

    /// Until the end, or STARTTLS.
    async fn conversation(
        &self,
        talk: &mut Talk,
        number: usize,
        script: &HopScript,
        offer_tls: bool,
    ) -> Option<TlsAcceptor> {
        let (mut mail, mut rcpts) = (String::new(), Vec::new());
        while let Some(line) = talk.line().await {
            self.seen.lock().unwrap().commands.push((number, line.clone()));
            let verb = line.split(' ').next().unwrap().to_ascii_uppercase();
            let said = (script.answer)(&line);
            if said.is_empty() {
                return None;
            }
            let good = said.starts_with('2');
            match verb.as_str() {
                "EHLO" if good => {
                    let mut lines = vec!["250-hop.example".to_owned()];
                    lines.extend(script.extensions.iter().map(|e| format!("250-{e}")));
                    if offer_tls {
                        lines.push("250-STARTTLS".into());
                    }
                    lines.push("250 X-TEST".into());
                    talk.say(&lines.join("\r\n")).await;
                }
                "STARTTLS" if offer_tls => {
                    talk.say(&format!("220 go\r\n{}", script.injected)).await;
                    return script.tls.clone();
                }
                "DATA" if good => {
                    talk.say("354 go").await;
                    let wire = talk.data().await?;
                    let said = (script.end)(&mail);
                    if said.starts_with('2') {
                        let taken = Taken { mail: mail.clone(), rcpts: std::mem::take(&mut rcpts), wire };
                        self.seen.lock().unwrap().taken.push(taken);
                    }
                    if said.is_empty() {
                        return None;
                    }
                    talk.say(&said).await;
                }
                _ => {
                    match verb.as_str() {
                        "MAIL" if good => (mail, rcpts) = (line.clone(), Vec::new()),
                        "RCPT" if good => rcpts.push(line.clone()),
                        "RSET" => (mail, rcpts) = (String::new(), Vec::new()),
                        _ => {}
                    }
                    talk.say(&said).await;
                    if verb == "QUIT" || said.starts_with("421") {
                        return None;
                    }
                }
            }
        }
        None
    }
}

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

struct Talk {
    stream: Box<dyn Both>,
    input: Vec<u8>,
}

impl Talk {
    async fn say(&mut self, text: &str) {
        let _ = self.stream.write_all(format!("{}\r\n", text.trim_end_matches("\r\n")).as_bytes()).await;
        let _ = self.stream.flush().await;
    }

    async fn fill(&mut self) -> Option<()> {
        let mut piece = vec![0; 65536];
        let count = self.stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        self.input.extend_from_slice(&piece[..count]);
        Some(())
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.input.windows(2).position(|w| w == b"\r\n") {
                let line = self.input[..at].to_vec();
                self.input.drain(..at + 2);
                return Some(String::from_utf8(line).expect("command lines are text"));
            }
            self.fill().await?;
        }
    }

    /// Everything before the first CRLF.CRLF; the CRLF before the dot belongs to it.
    async fn data(&mut self) -> Option<Vec<u8>> {
        let mut from = 0usize;
        loop {
            if self.input.starts_with(b".\r\n") {
                self.input.drain(..3);
                return Some(Vec::new());
            }
            let search = &self.input[from..];
            if let Some(at) = search.windows(5).position(|w| w == b"\r\n.\r\n") {
                let wire = self.input[..from + at + 2].to_vec();
                self.input.drain(..from + at + 5);
                return Some(wire);
            }
            from = self.input.len().saturating_sub(4);
            self.fill().await?;
        }
    }
}
