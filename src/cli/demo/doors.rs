//! Sends mail through the gate's two doors: through the relay as a school's mail server
//! does, and through the milter as Postfix does, which then carries out what it is told.

use super::{HOSTNAME, mail::Mail, smtp};
use crate::{
    cli::Mistake,
    config::Listen,
    wire::milter::{Change, ProbeAnswer, Shown, ask},
};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

/// Longer than the gate's own deadline would only hide its absence.
const PATIENCE: Duration = Duration::from_secs(20);
/// A desk at the school, and a mail server in the world (RFC 5737).
const DESK: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20));
const WORLD: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 25));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Relay,
    Milter,
}

impl Door {
    /// Turn and turn about.
    pub(super) fn of(number: usize) -> Self {
        if number.is_multiple_of(2) { Self::Milter } else { Self::Relay }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Relay => "relay",
            Self::Milter => "milter",
        })
    }
}

/// Where everything listens.
pub(super) struct Doors {
    pub(super) relay: SocketAddr,
    pub(super) milter: Listen,
    pub(super) mailboxes: SocketAddr,
}

impl Doors {
    /// Sends one message and returns the last answer its sender's server got.
    pub(super) async fn send(&self, door: Door, mail: &Mail) -> Result<smtp::Reply, Mistake> {
        let sent = match door {
            Door::Relay => self.through_relay(mail).await,
            Door::Milter => self.through_milter(mail).await,
        };
        sent.map_err(|why| Mistake(format!("{} could not be sent through the {door}: {why}", mail.path)))
    }

    /// RCPTs that the gate puts off (452) come again in a transaction of their own.
    async fn through_relay(&self, mail: &Mail) -> Result<smtp::Reply, String> {
        let talk = async {
            let (name, address) = client(mail);
            let mut relay = smtp::Client::connect(self.relay, &name).await?;
            let login = mail.login.as_deref().map(|l| format!(" LOGIN={}", xtext(l))).unwrap_or_default();
            let assumed = relay.say(&format!("XCLIENT NAME={name} ADDR={address}{login}")).await?;
            if !smtp::is_positive(&assumed) {
                return Ok(assumed);
            }
            relay.say(&format!("EHLO {name}")).await?;
            let mut left = mail.recipients.clone();
            let reply = loop {
                let sent = relay.send(&mail.sender, &left, &mail.raw).await?;
                left.retain(|r| !sent.recipients.contains(r));
                if left.is_empty() || sent.recipients.is_empty() || !smtp::is_positive(&sent.reply) {
                    break sent.reply;
                }
            };
            relay.quit().await;
            Ok(reply)
        };
        talk.await.map_err(|e: std::io::Error| e.to_string())
    }

    async fn through_milter(&self, mail: &Mail) -> Result<smtp::Reply, String> {
        let (name, address) = client(mail);
        let shown = Shown {
            mta: "mail.oakfield.example",
            client_name: &name,
            client: SocketAddr::new(address, 50_000),
            login: mail.login.as_deref(),
            queue_id: &format!("DEMO{:03}", mail.number),
            sender: &mail.sender,
            recipients: &mail.recipients,
            raw: &mail.raw,
        };
        let told = ask(&self.milter, &shown, PATIENCE).await.map_err(|e| e.to_string())?;
        match told.answer {
            ProbeAnswer::Accepted => {}
            ProbeAnswer::Discarded => return Ok("250 2.0.0 kept by the gate".to_owned()),
            ProbeAnswer::Rejected => return Ok("550 5.7.1 refused".to_owned()),
            ProbeAnswer::Deferred => return Ok("451 4.7.1 later".to_owned()),
            ProbeAnswer::Reply(codes) => return Ok(codes),
        }
        let mut recipients = mail.recipients.clone();
        let message = Change::apply(&told.changes, &mail.raw, &mut recipients);
        let onward = async {
            let mut mailboxes = smtp::Client::connect(self.mailboxes, HOSTNAME).await?;
            let sent = mailboxes.send(&mail.sender, &recipients, &message).await?;
            mailboxes.quit().await;
            Ok(sent.reply)
        };
        onward.await.map_err(|e: std::io::Error| e.to_string())
    }
}

/// Whoever signs in sits at the school; everybody else is a server in the world.
fn client(mail: &Mail) -> (String, IpAddr) {
    match &mail.login {
        Some(_) => ("desk.oakfield.example".to_owned(), DESK),
        None => {
            let domain = mail.sender.rsplit_once('@').map_or("postbox.example", |(_, domain)| domain);
            (format!("mx.{domain}"), WORLD)
        }
    }
}

/// RFC 3461 section 4, as XCLIENT has it.
fn xtext(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'+' && b != b'=';
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("+{b:02X}") }).collect()
}
