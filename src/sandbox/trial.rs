//! Attacks on the walls, carried out by a worker of the pool of trials. `gatehouse doctor` and the
//! tests try each; no file can ask for one.

use super::{protocol::Request, worker::put};
use crate::files::{Missed, Opened, Reason};
use rustix::stdio::stdout;
use std::{fs, hint::black_box, net, process, time::Duration};

/// What a request of a pool of trials can be named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Answers with nothing, as if the file were empty.
    Answer,
    OpenFile,
    WriteFile,
    ListFolder,
    Connect,
    Run,
    Thread,
    /// Waits for bytes that nobody sends.
    Sleep,
    Allocate,
    Loop,
    Panic,
    Abort,
    Overflow,
    /// Writes what is no frame.
    Garble,
    /// Announces more than an answer may have.
    Boast,
    /// Writes without end.
    Flood,
    /// Ends in the midst of its answer.
    BreakOff,
    /// Answers, and says more; as its first job.
    Prattle,
    Exit,
}

impl Trial {
    pub const ALL: [Self; 19] = [
        Self::Answer,
        Self::OpenFile,
        Self::WriteFile,
        Self::ListFolder,
        Self::Connect,
        Self::Run,
        Self::Thread,
        Self::Sleep,
        Self::Allocate,
        Self::Loop,
        Self::Panic,
        Self::Abort,
        Self::Overflow,
        Self::Garble,
        Self::Boast,
        Self::Flood,
        Self::BreakOff,
        Self::Prattle,
        Self::Exit,
    ];

    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn request(self) -> Request {
        Request { name: Some(self.name()), ..Request::default() }
    }
}

/// Does what the request is named after, and tells as missed what it did not succeed in.
pub(super) fn job(request: &Request, bytes: &[u8]) -> Opened {
    let named = |trial: &Trial| request.name.as_deref() == Some(&trial.name());
    let succeeded = match Trial::ALL.into_iter().find(named) {
        Some(trial) => attempt(trial, bytes),
        None => false,
    };
    let mut opened = Opened::default();
    if !succeeded {
        let kind = "trial".to_owned();
        opened.missed.push(Missed { place: String::new(), kind, reason: Reason::NotSupported });
    }
    opened
}

/// Whether it succeeded, where it comes back at all.
fn attempt(trial: Trial, bytes: &[u8]) -> bool {
    match trial {
        Trial::Answer => true,
        Trial::OpenFile => fs::read("/etc/passwd").is_ok(),
        Trial::WriteFile => fs::write("/tmp/gatehouse-trial", b"x").is_ok(),
        Trial::ListFolder => fs::read_dir("/").is_ok(),
        Trial::Connect => connect(bytes),
        Trial::Run => process::Command::new("/bin/true").status().is_ok(),
        Trial::Thread => std::thread::Builder::new().spawn(|| ()).is_ok(),
        Trial::Sleep => rustix::io::read(rustix::stdio::stdin(), &mut [0_u8; 1]).is_ok(),
        Trial::Allocate => allocate(4 << 30),
        Trial::Loop => loop {
            black_box(());
        },
        Trial::Panic => panic!("{}", String::from_utf8_lossy(bytes)),
        Trial::Abort => process::abort(),
        Trial::Overflow => deeper(1) > 0,
        Trial::Garble => say(b"HTTP/1.1 200 OK\r\n\r\n{}"),
        Trial::Boast => say(&head(u64::MAX)),
        Trial::Flood => {
            let _ = say(&head(40 << 20));
            while say(&[0; 4096]) {}
            false
        }
        Trial::BreakOff => {
            let _ = say(&head(1000)) && say(b"and then");
            process::exit(0)
        }
        Trial::Prattle => {
            let answered = super::protocol::encode(1, Opened::default(), &Request::default().limits);
            say(&answered)
        }
        Trial::Exit => process::exit(7),
    }
}

/// To the port that the file's text names, on this machine.
fn connect(bytes: &[u8]) -> bool {
    let port = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    let address = net::SocketAddr::from(([127, 0, 0, 1], port));
    net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

fn allocate(bytes: usize) -> bool {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    while taken.len() << 20 < bytes {
        taken.push(black_box(vec![1; 1 << 20]));
    }
    true
}

/// Without an end that the compiler can see.
fn deeper(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    if depth == 0 { 0 } else { deeper(black_box(depth + 1)) + here[63] }
}

fn head(length: u64) -> Vec<u8> {
    let mut head = super::protocol::encode(1, Opened::default(), &Request::default().limits);
    head.truncate(super::protocol::HEAD);
    head.get_mut(8..).into_iter().for_each(|place| place.copy_from_slice(&length.to_le_bytes()));
    head
}

fn say(bytes: &[u8]) -> bool {
    put(stdout(), bytes).is_ok()
}
