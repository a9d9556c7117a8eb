//! One client's session: each command line is read, understood, and answered by the step of
//! the state it meets.

use super::{
    peer::{BadAttribute, Peer, XCLIENT_NAMES, XFORWARD_NAMES},
    services::Services,
    state::{Ready, Speech, State},
    talk::{Heard, Talk},
};
use crate::{
    mail::Reply,
    wire::smtp::{
        command::{Attribute, Command, CommandFault},
        extension::{Extension, Extensions},
        stream::Wire,
    },
};
use std::{io, net::IpAddr, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// Faults of the client's before the session ends.
const FAULTS_MOST: u32 = 20;
/// Commands that bring no message nearer, between two messages.
const IDLE_COMMANDS_MOST: u32 = 200;
/// From our 220 to STARTTLS to the end of the handshake.
const HANDSHAKE_LONGEST: Duration = Duration::from_secs(30);

pub(super) struct Session {
    pub(super) services: Arc<Services>,
    pub(super) talk: Talk,
    pub(super) peer: Peer,
    faults: u32,
    idle_commands: u32,
}

/// What comes after a command.
pub(super) enum Step {
    Go(State),
    /// The last word was said.
    End,
    StartTls,
}

pub(super) fn bad_sequence(text: &str) -> Reply {
    Reply::new(503, (5, 5, 1), text)
}

fn ok(text: &str) -> Reply {
    Reply::new(250, (2, 0, 0), text)
}

impl Session {
    pub(super) fn new(
        services: Arc<Services>,
        wire: Wire,
        address: IpAddr,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let peer = Peer::new(address, &services.access);
        let talk = Talk::new(wire, services.limits.idle, closing);
        Self { services, talk, peer, faults: 0, idle_commands: 0 }
    }

    /// From greeting to goodbye.
    pub(super) async fn run(mut self) {
        if !self.services.access.may_come(self.peer.address()) {
            self.talk.plain(554, &[format!("{} no service for this host", self.services.hostname)]);
            return self.talk.end().await;
        }
        self.greet();
        let mut state = State::Greeted;
        loop {
            let step = match self.talk.hear().await {
                Heard::Ended => {
                    self.hand_back(state);
                    return;
                }
                Heard::Fault => self.refuse_fault(state).await,
                Heard::Line(line) => {
                    if let Some(transaction) = self.talk.confirmed() {
                        self.services.house.reply_seen(transaction);
                    }
                    match Command::parse(&line) {
                        Ok(command) => self.step(state, command).await,
                        Err(fault) => self.not_understood(state, fault).await,
                    }
                }
            };
            state = match step {
                Step::Go(state) => state,
                Step::End => return self.talk.end().await,
                Step::StartTls => match self.encrypted().await {
                    Ok(session) => {
                        self = session;
                        State::Greeted
                    }
                    Err(error) => {
                        tracing::debug!(%error, "relay: TLS with a client failed");
                        return;
                    }
                },
            };
        }
    }

    fn greet(&mut self) {
        self.talk.plain(220, &[format!("{} ESMTP Gatehouse", self.services.hostname)]);
    }

    async fn step(&mut self, state: State, command: Command) -> Step {
        self.idle_commands += 1;
        if self.idle_commands > IDLE_COMMANDS_MOST {
            return self.too_much(state, "Too many commands without a message");
        }
        match command {
            Command::Ehlo(name) => self.hello(state, name, Hello::Ehlo).await,
            Command::Helo(name) => self.hello(state, name, Hello::Helo).await,
            Command::Mail { sender, words } => self.mail(state, sender, words).await,
            Command::Rcpt { recipient, words } => self.rcpt(state, recipient, words).await,
            Command::Data => self.data(state).await,
            Command::Rset => {
                self.talk.say(&ok("Reset"));
                self.reset(state)
            }
            Command::Noop => self.answer(state, &ok("Ok")),
            Command::Vrfy => self.answer(state, &Reply::new(252, (2, 5, 0), "Send it and see")),
            Command::Help => self.answer(state, &Reply::new(214, (2, 0, 0), "See RFC 5321")),
            Command::Quit => {
                self.talk.say(&Reply::new(221, (2, 0, 0), "Bye"));
                self.hand_back(state);
                Step::End
            }
            Command::StartTls => self.start_tls(state).await,
            Command::Xclient(attributes) => self.xclient(state, &attributes).await,
            Command::Xforward(attributes) => self.xforward(state, &attributes).await,
        }
    }

    pub(super) fn answer(&mut self, state: State, reply: &Reply) -> Step {
        self.talk.say(reply);
        Step::Go(state)
    }

    /// A 5xx that is the client's fault; too many end the session.
    pub(super) async fn refuse(&mut self, state: State, reply: &Reply) -> Step {
        self.talk.say(reply);
        self.refuse_fault(state).await
    }

    async fn refuse_fault(&mut self, state: State) -> Step {
        self.faults += 1;
        if self.faults >= FAULTS_MOST { self.too_much(state, "Too many errors") } else { Step::Go(state) }
    }

    fn too_much(&mut self, state: State, what: &str) -> Step {
        self.talk.say(&Reply::new(421, (4, 7, 0), what));
        self.hand_back(state);
        Step::End
    }

    async fn not_understood(&mut self, state: State, fault: CommandFault) -> Step {
        let step = self.refuse(state, &fault.reply()).await;
        match (step, fault) {
            (Step::Go(state), CommandFault::Foreign) => {
                self.hand_back(state);
                Step::End
            }
            (step, _) => step,
        }
    }

    /// Forgets the transaction; the next hop's connection is kept for another.
    pub(super) fn reset(&mut self, state: State) -> Step {
        self.peer.forget_forwarded();
        let (state, open) = state.reset();
        if let Some((hop, transaction)) = open {
            self.services.client.abandon(&hop, transaction);
        }
        Step::Go(state)
    }

    pub(super) fn hand_back(&mut self, state: State) {
        // What state is left does not matter any more.
        let _ = self.reset(state);
    }

    /// A recipient was taken: that brings a message nearer, and how many there may be is
    /// another limit's.
    pub(super) fn came_nearer(&mut self) {
        self.idle_commands = self.idle_commands.saturating_sub(1);
    }

    /// After a message: whoever brings mail may go on.
    pub(super) fn was_useful(&mut self) {
        self.idle_commands = 0;
    }

    async fn hello(&mut self, state: State, name: String, hello: Hello) -> Step {
        self.hand_back(state);
        let hostname = self.services.hostname.clone();
        let speech = match hello {
            Hello::Helo => {
                self.talk.plain(250, &[hostname]);
                Speech::Smtp
            }
            Hello::Ehlo => {
                let offered = self.offer().await;
                let mut lines = vec![hostname];
                lines.extend(self.offer_lines(offered));
                self.talk.plain(250, &lines);
                Speech::Esmtp(offered)
            }
        };
        Step::Go(State::Ready(Ready { helo: Some(name), speech }))
    }

    /// What every next hop offers, and ours on top.
    async fn offer(&self) -> Extensions {
        let ours = self.services.limits.message_bytes as u64;
        let common = self.services.client.common_extensions(&self.services.hops).await.limited_to(ours);
        if self.can_start_tls() { common.with(Extension::StartTls) } else { common }
    }

    fn can_start_tls(&self) -> bool {
        self.services.acceptor.is_some() && !self.peer.is_encrypted()
    }

    fn offer_lines(&self, offered: Extensions) -> Vec<String> {
        let mut lines = vec!["PIPELINING".to_owned(), "ENHANCEDSTATUSCODES".to_owned()];
        lines.push(format!("SIZE {}", offered.largest().unwrap_or(0)));
        let passed = [
            (Extension::EightBitMime, "8BITMIME"),
            (Extension::SmtpUtf8, "SMTPUTF8"),
            (Extension::Dsn, "DSN"),
            (Extension::StartTls, "STARTTLS"),
        ];
        let passed = passed.into_iter().filter(|(extension, _)| offered.has(*extension));
        lines.extend(passed.map(|(_, name)| name.to_owned()));
        if self.peer.may_say_xclient() {
            lines.push(format!("XCLIENT {XCLIENT_NAMES}"));
            lines.push(format!("XFORWARD {XFORWARD_NAMES}"));
        }
        lines
    }

    async fn start_tls(&mut self, state: State) -> Step {
        if !self.can_start_tls() {
            return self.refuse(state, &Reply::new(502, (5, 5, 1), "STARTTLS is not offered")).await;
        }
        if matches!(state, State::MailGiven(_) | State::Addressed(_)) {
            return self.refuse(state, &bad_sequence("Not inside a transaction")).await;
        }
        // RFC 3207 section 4.2 and CVE-2011-0411: nothing may stand behind STARTTLS.
        if self.talk.is_hasty() {
            self.talk.say(&Reply::new(554, (5, 5, 0), "Plaintext after STARTTLS, closing"));
            return Step::End;
        }
        self.talk.say(&Reply::new(220, (2, 0, 0), "Ready to start TLS"));
        if self.talk.flush().await.is_err() { Step::End } else { Step::StartTls }
    }

    /// The session anew over TLS: all that was said before is forgotten.
    async fn encrypted(self) -> io::Result<Self> {
        let Self { services, talk, peer, faults, idle_commands } = self;
        let Some(acceptor) = services.acceptor.clone() else { return Err(io::ErrorKind::Unsupported.into()) };
        let handshake = talk.over(async |wire| wire.accept_tls(&acceptor).await);
        let talk = timeout(HANDSHAKE_LONGEST, handshake).await??;
        let peer = Peer::encrypted(peer.address(), &services.access, &talk.wire);
        Ok(Self { services, talk, peer, faults, idle_commands })
    }

    async fn xclient(&mut self, state: State, attributes: &[Attribute]) -> Step {
        if let Some(refusal) = self.not_from_here(&state) {
            return self.refuse(state, &refusal).await;
        }
        match self.peer.assume(attributes) {
            Err(BadAttribute) => {
                self.refuse(state, &Reply::new(501, (5, 5, 4), "Bad XCLIENT attribute")).await
            }
            Ok(()) => {
                self.greet();
                Step::Go(State::Greeted)
            }
        }
    }

    async fn xforward(&mut self, state: State, attributes: &[Attribute]) -> Step {
        if let Some(refusal) = self.not_from_here(&state) {
            return self.refuse(state, &refusal).await;
        }
        match self.peer.forward(attributes) {
            Err(BadAttribute) => {
                self.refuse(state, &Reply::new(501, (5, 5, 4), "Bad XFORWARD attribute")).await
            }
            Ok(()) => self.answer(state, &ok("Ok")),
        }
    }

    fn not_from_here(&self, state: &State) -> Option<Reply> {
        if !self.peer.may_say_xclient() {
            return Some(Reply::new(550, (5, 7, 0), "Not allowed for this host"));
        }
        let inside = matches!(state, State::MailGiven(_) | State::Addressed(_));
        inside.then(|| bad_sequence("Not inside a transaction"))
    }
}

#[derive(Clone, Copy)]
enum Hello {
    Helo,
    Ehlo,
}
