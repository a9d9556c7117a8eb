//! The next hop of a test: an SMTP server that records the envelope and the exact bytes
//! of each message it takes, and refuses what its script refuses.

use crate::{house::PATIENCE, smtp::Client};
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// One message that the sink said 250 to.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// The words after `MAIL` and each accepted `RCPT`, as sent.
    pub(crate) mail: String,
    pub(crate) rcpts: Vec<String>,
    /// After dot-unstuffing.
    pub(crate) data: Vec<u8>,
}

impl Delivery {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
    pub(crate) fn is_for(&self, address: &str) -> bool {
        self.rcpts.iter().any(|r| r.contains(&format!("<{address}>")))
    }
}

/// What the script is asked about.
pub(crate) enum Asked<'a> {
    Mail(&'a str),
    Rcpt(&'a str),
    /// The whole message, before it is recorded.
    Message(&'a Delivery),
}

/// A reply line such as `450 4.2.1 later`, or `None` for the usual 2xx.
type SinkScript = dyn Fn(Asked<'_>) -> Option<String> + Send + Sync;

struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    arrived: Condvar,
    /// The answer to the first EHLO, the second, and so on; each but the last ends its connection.
    ehlo: Vec<String>,
    greeted: AtomicUsize,
    script: Box<SinkScript>,
    stopped: AtomicBool,
}

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Sink {
    /// Takes everything.
    pub(crate) fn start() -> Self {
        Self::scripted(|_| None)
    }

    /// Takes everything; offers delivery reports (RFC 3461) to the first who asks, then
    /// hangs up and offers them no more.
    pub(crate) fn losing_dsn() -> Self {
        let usual = ehlo(&["PIPELINING", "8BITMIME"]);
        Self::saying(vec![ehlo(&["PIPELINING", "8BITMIME", "DSN"]), usual], |_| None)
    }

    pub(crate) fn scripted(script: impl Fn(Asked<'_>) -> Option<String> + Send + Sync + 'static) -> Self {
        let all = ["PIPELINING", "SIZE 100000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];
        Self::saying(vec![ehlo(&all)], script)
    }

    fn saying(
        ehlo: Vec<String>,
        script: impl Fn(Asked<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            deliveries: Mutex::default(),
            arrived: Condvar::new(),
            ehlo,
            greeted: AtomicUsize::new(0),
            script: Box::new(script),
            stopped: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || {
                    let _ = converse(&stream, &shared);
                });
            }
        });
        Self { address, shared }
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.shared.deliveries.lock().unwrap().clone()
    }

    /// Waits until at least `count` messages have come, and returns all.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Delivery> {
        let deliveries = self.shared.deliveries.lock().unwrap();
        let (deliveries, waited) =
            self.shared.arrived.wait_timeout_while(deliveries, PATIENCE, |d| d.len() < count).unwrap();
        assert!(!waited.timed_out(), "{} of {count} messages were delivered", deliveries.len());
        deliveries.clone()
    }
}

impl Sink {
    /// Waits for the first message that this holds of, whatever else comes meanwhile.
    pub(crate) fn wait_for_one(&self, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        let mut all = self.deliveries();
        loop {
            match all.iter().find(|delivery| wanted(delivery)) {
                Some(found) => return found.clone(),
                None => all = self.wait_for(all.len() + 1),
            }
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn ehlo(extensions: &[&str]) -> String {
    let (last, others) = extensions.split_last().unwrap();
    let more: String = others.iter().map(|word| format!("250-{word}\r\n")).collect();
    format!("250-sink.example\r\n{more}250 {last}")
}

fn converse(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream);
    let mut out = stream;
    let mut transaction = Delivery { mail: String::new(), rcpts: vec![], data: vec![] };
    out.write_all(b"220 sink.example ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let (verb, words) = line.split_at(line.find([' ', ':']).unwrap_or(line.len()));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                let before = shared.greeted.fetch_add(1, Ordering::SeqCst);
                let last = shared.ehlo.len() - 1;
                if before < last {
                    return out.write_all(format!("{}\r\n", shared.ehlo[before]).as_bytes());
                }
                shared.ehlo[last].clone()
            }
            "MAIL" => {
                transaction = Delivery { mail: words.trim().to_owned(), rcpts: vec![], data: vec![] };
                (shared.script)(Asked::Mail(&transaction.mail)).unwrap_or_else(|| "250 2.1.0 ok".into())
            }
            "RCPT" => match (shared.script)(Asked::Rcpt(words.trim())) {
                Some(refusal) => refusal,
                None => {
                    transaction.rcpts.push(words.trim().to_owned());
                    "250 2.1.5 ok".into()
                }
            },
            "DATA" if transaction.rcpts.is_empty() => "554 5.5.1 no recipients".into(),
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                transaction.data = message(&mut lines)?;
                match (shared.script)(Asked::Message(&transaction)) {
                    Some(refusal) => refusal,
                    None => {
                        shared.deliveries.lock().unwrap().push(transaction.clone());
                        shared.arrived.notify_all();
                        format!("250 2.0.0 kept {} bytes", transaction.data.len())
                    }
                }
            }
            "QUIT" => {
                out.write_all(b"221 2.0.0 bye\r\n")?;
                return Ok(());
            }
            "HELO" | "RSET" | "NOOP" => "250 2.0.0 ok".into(),
            _ => "502 5.5.1 unknown".into(),
        };
        out.write_all(format!("{reply}\r\n").as_bytes())?;
    }
}

/// Up to CRLF.CRLF and nothing else (RFC 5321 section 4.1.1.4), dots unstuffed.
fn message(lines: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    let mut at_line_start = true;
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if at_line_start && line == b".\r\n" {
            return Ok(data);
        }
        let stuffed = at_line_start && line.starts_with(b".");
        data.extend_from_slice(&line[usize::from(stuffed)..]);
        at_line_start = line.ends_with(b"\r\n");
    }
}

#[test]
fn the_sink_refuses_what_its_script_says_and_keeps_exact_bytes() {
    let sink = Sink::scripted(|asked| match asked {
        Asked::Mail(words) if words.contains("<spam@") => Some("550 5.7.1 no".into()),
        Asked::Rcpt(words) if words.contains("<full@") => Some("452 4.2.2 full".into()),
        Asked::Message(delivery) if delivery.text().contains("later") => Some("451 4.3.0 later".into()),
        _ => None,
    });
    let mut client = Client::connect(sink.address);
    assert!(client.send("spam@x.example", &["p@y.example"], "A: b\r\n\r\n").starts_with("550"));
    assert!(client.send("a@x.example", &["p@y.example"], "A: b\r\n\r\nlater\r\n").starts_with("451"));
    client.say("MAIL FROM:<a@x.example> BODY=8BITMIME");
    assert!(client.say("RCPT TO:<full@y.example>").starts_with("452"));
    assert!(client.say("RCPT TO:<p@y.example> NOTIFY=NEVER").starts_with("250"));
    assert!(client.say("DATA").starts_with("354"));
    client.write(b"A: b\r\n\r\n..dot\r\nbare\n.\nlf\xff\r\n.\r\n");
    assert!(client.reply().starts_with("250"));
    let kept = sink.deliveries();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].data, b"A: b\r\n\r\n.dot\r\nbare\n.\nlf\xff\r\n");
    assert!(kept[0].is_for("p@y.example") && !kept[0].is_for("full@y.example"));
    assert_eq!(kept[0].mail, "FROM:<a@x.example> BODY=8BITMIME");
}
