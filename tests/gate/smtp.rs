//! A plain SMTP client for tests: says exactly what it is told to say.

use crate::house::PATIENCE;
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
};

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects and greets.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Self { stream: BufReader::new(stream) };
        assert!(client.reply().starts_with("220"));
        assert!(client.say("EHLO client.example").starts_with("250"));
        client
    }

    /// One command, its whole reply.
    pub(crate) fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// The next reply, all its lines.
    pub(crate) fn reply(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).unwrap() == 0 {
                return all;
            }
            all.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return all;
            }
        }
    }

    /// MAIL, RCPTs and the message; the reply to the first thing refused, or to the
    /// message. `data` has CRLF lines; dots are stuffed here.
    pub(crate) fn send(&mut self, from: &str, to: &[&str], data: &str) -> String {
        let mut replies = vec![self.say(&format!("MAIL FROM:<{from}>"))];
        replies.extend(to.iter().map(|to| self.say(&format!("RCPT TO:<{to}>"))));
        if let Some(refusal) = replies.into_iter().find(|r| !r.starts_with('2')) {
            self.say("RSET");
            return refusal;
        }
        assert!(self.say("DATA").starts_with("354"));
        let stuffed = format!("\r\n{data}").replace("\r\n.", "\r\n..");
        let end = if data.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" };
        self.write(format!("{}{end}", &stuffed[2..]).as_bytes());
        self.reply()
    }
}
