//! Beginning a transaction with a next hop: an idle connection or a fresh one, one host after
//! the other, until one takes MAIL.

use super::{
    DsnFate, Handover, HopReply,
    connection::{HopConnection, Lost},
    dial::{Dialler, Resolve},
    pool::Pool,
};
use crate::{
    config::NextHop,
    mail::{Recipient, Reply, ReversePath},
    wire::smtp::{
        extension::Extensions,
        tls::Connectors,
        words::{check_content, lines_for},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long our own EHLO waits for hops that were never asked before.
const PROBE_LONGEST: Duration = Duration::from_secs(5);

/// Hands messages to next hops: for the relay, for releases and for notices. One for the
/// whole program, since it keeps idle connections and knows which hosts answer.
pub struct NextHopClient {
    dialler: Dialler,
    pub(super) pool: Pool,
    /// One probe at a time; the others wait for its answer.
    probing: tokio::sync::Mutex<()>,
}

/// MAIL, as the client or the outbox gives it.
#[derive(Clone, Copy)]
pub(in crate::wire::smtp) struct Sender<'a> {
    pub(in crate::wire::smtp) path: &'a ReversePath,
    pub(in crate::wire::smtp) words: &'a [String],
}

/// Why no transaction could be begun.
#[derive(Debug)]
pub(in crate::wire::smtp) enum HopFault {
    /// No host can be spoken to now.
    Away,
    /// The hop refused MAIL.
    Refused(HopReply),
    /// The envelope asks for more than the hop offers.
    FallsShort(Reply),
}

impl HopFault {
    /// What the client is told in place of the answer to its RCPT.
    pub(in crate::wire::smtp) fn reply(&self) -> HopReply {
        match self {
            Self::Away => HopReply::new(451, "4.4.1 The next hop cannot be reached, try again later"),
            Self::Refused(reply) => reply.as_refusal(),
            Self::FallsShort(reply) => {
                let (class, subject, detail) = reply.enhanced;
                HopReply::new(reply.code, format!("{class}.{subject}.{detail} {}", reply.text))
            }
        }
    }
}

/// A transaction that a hop has taken MAIL for, with its answers to the first RCPTs.
pub(in crate::wire::smtp) struct HopTransaction {
    connection: HopConnection,
    pub(in crate::wire::smtp) replies: Vec<HopReply>,
    dsn: DsnFate,
}

/// The end of a transaction.
pub(in crate::wire::smtp) enum Delivery {
    Accepted(Handover),
    Refused(HopReply),
    /// Nothing of the message had left yet: it may be tried elsewhere at once.
    NotBegun,
    /// It broke in the middle or without an answer (RFC 1047): whoever still has the message
    /// tries again later.
    Unknown,
}

impl NextHopClient {
    /// `hostname` is what EHLO says.
    pub fn new(hostname: impl Into<String>, resolve: Resolve) -> Self {
        let dialler = Dialler { hostname: hostname.into(), resolve, connectors: Connectors::default() };
        Self { dialler, pool: Pool::default(), probing: tokio::sync::Mutex::new(()) }
    }

    /// MAIL and the first RCPTs. The hosts are tried in order; a refusal of MAIL that is not
    /// "I am closing" is the hop's word and ends the search.
    pub(in crate::wire::smtp) async fn begin(
        &self,
        hop: &NextHop,
        sender: Sender<'_>,
        recipients: &[&Recipient],
    ) -> Result<HopTransaction, HopFault> {
        while let Some(idle) = self.pool.take(hop) {
            if let Some(done) = self.try_envelope(hop, idle, sender, recipients).await {
                return done;
            }
        }
        for host in self.pool.order(hop) {
            let Some(connection) = self.connect(hop, host).await else { continue };
            if let Some(done) = self.try_envelope(hop, connection, sender, recipients).await {
                return done;
            }
            self.pool.note_failure(host);
        }
        Err(HopFault::Away)
    }

    async fn connect(&self, hop: &NextHop, host: &str) -> Option<HopConnection> {
        match self.dialler.dial(hop, host).await {
            Ok(connection) => {
                self.pool.note_success(host);
                self.pool.learn(hop, connection.extensions());
                Some(connection)
            }
            Err(fault) => {
                tracing::warn!(hop = hop.name, host, %fault, "next hop cannot be used");
                self.pool.note_failure(host);
                None
            }
        }
    }

    /// `None`: this connection is of no use, try another.
    async fn try_envelope(
        &self,
        hop: &NextHop,
        mut connection: HopConnection,
        sender: Sender<'_>,
        recipients: &[&Recipient],
    ) -> Option<Result<HopTransaction, HopFault>> {
        let lines = match lines_for(sender.path, sender.words, recipients, connection.extensions()) {
            Ok(lines) => lines,
            Err(short) => {
                self.pool.put(hop, connection);
                return Some(Err(HopFault::FallsShort(short)));
            }
        };
        match connection.envelope(&lines.mail, &lines.rcpts).await {
            Err(lost) => {
                tracing::info!(hop = hop.name, %lost, "connection lost before the message");
                None
            }
            Ok(Err(closing)) if closing.code == 421 => None,
            Ok(Err(refusal)) => {
                self.pool.put(hop, connection);
                Some(Err(HopFault::Refused(refusal)))
            }
            Ok(Ok(replies)) => Some(Ok(HopTransaction { connection, replies, dsn: lines.dsn })),
        }
    }

    /// What every one of `hops` offers. Answers are cached; a hop that was never reached has
    /// no say (mail for it gets 451 until it is), one that is away now has its last one.
    pub(in crate::wire::smtp) async fn common_extensions(&self, hops: &[Arc<NextHop>]) -> Extensions {
        let stale = hops.iter().any(|hop| self.needs_probe(hop));
        if stale && timeout(PROBE_LONGEST, self.probe_all(hops)).await.is_err() {
            hops.iter().filter(|hop| self.needs_probe(hop)).for_each(|hop| self.pool.learn_nothing(hop));
        }
        let known = hops.iter().filter_map(|hop| self.pool.known(hop)?.extensions);
        known.fold(Extensions::PASSED, Extensions::and)
    }

    fn needs_probe(&self, hop: &NextHop) -> bool {
        self.pool.known(hop).is_none_or(|known| !known.is_fresh())
    }

    async fn probe_all(&self, hops: &[Arc<NextHop>]) {
        let _one = self.probing.lock().await;
        let probes = hops.iter().filter(|hop| self.needs_probe(hop)).map(|hop| self.probe(hop));
        futures_util::future::join_all(probes).await;
    }

    async fn probe(&self, hop: &Arc<NextHop>) {
        for host in self.pool.order(hop) {
            if let Some(connection) = self.connect(hop, host).await {
                self.pool.put(hop, connection);
                return;
            }
        }
        self.pool.learn_nothing(hop);
    }

    /// Ends connections that have lain idle too long; to be called now and then.
    pub fn sweep(&self) {
        for connection in self.pool.sweep_old() {
            tokio::spawn(connection.quit());
        }
    }

    /// Ends all idle connections.
    pub async fn close(&self) {
        let all = self.pool.sweep(Duration::ZERO).into_iter().map(HopConnection::quit);
        futures_util::future::join_all(all).await;
    }

    /// Keeps the connection of a transaction that is not going to be finished.
    pub(in crate::wire::smtp) fn abandon(&self, hop: &NextHop, transaction: HopTransaction) {
        self.pool.put(hop, transaction.connection.leave());
    }

    /// DATA and the message, given in pieces. The content was checked against the hop's
    /// extensions by [`HopTransaction::takes`].
    pub(in crate::wire::smtp) async fn deliver(
        &self,
        hop: &NextHop,
        transaction: HopTransaction,
        pieces: &[&[u8]],
    ) -> Delivery {
        let HopTransaction { mut connection, dsn, .. } = transaction;
        match connection.begin_data().await {
            Ok(Ok(())) => {}
            Ok(Err(closing)) if closing.code == 421 => return Delivery::NotBegun,
            Ok(Err(refusal)) => {
                self.pool.put(hop, connection.leave());
                return Delivery::Refused(refusal);
            }
            Err(lost) => {
                tracing::info!(hop = hop.name, %lost, "connection lost before the message");
                return Delivery::NotBegun;
            }
        }
        match connection.data(pieces).await {
            Ok(said) => match connection.handover(said.clone(), dsn) {
                Some(handover) => {
                    self.pool.put(hop, connection);
                    Delivery::Accepted(handover)
                }
                None => {
                    if said.code != 421 {
                        self.pool.put(hop, connection);
                    }
                    Delivery::Refused(said)
                }
            },
            Err(lost) => {
                tracing::warn!(hop = hop.name, %lost, "connection lost in the message");
                Delivery::Unknown
            }
        }
    }
}

impl HopTransaction {
    /// One more RCPT.
    pub(in crate::wire::smtp) async fn rcpt(&mut self, recipient: &Recipient) -> Result<HopReply, HopFault> {
        let extensions = self.connection.extensions();
        let lines =
            lines_for(&ReversePath::Null, &[], &[recipient], extensions).map_err(HopFault::FallsShort)?;
        if lines.dsn == DsnFate::Relayed {
            self.dsn = DsnFate::Relayed;
        }
        let line = lines.rcpts.first().map_or("", String::as_str);
        self.connection.rcpt(line).await.map_err(|_: Lost| HopFault::Away)
    }

    /// Whether the hop can take this content.
    pub(in crate::wire::smtp) fn takes(&self, bytes: &[u8]) -> Result<(), Reply> {
        check_content(bytes, self.connection.extensions())
    }
}
