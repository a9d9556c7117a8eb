//! The relay as a server: its sockets, one session for each client, and a quiet end.

use super::{access::Access, services::Services, session::Session, tenant::Tenants};
use crate::{
    config::{Limits, NextHop, RelayConfig},
    mail::{House, Reply, TransactionId},
    parties::School,
    wire::{
        MemoryBudget,
        refused::refused,
        smtp::{
            hop::NextHopClient,
            stream::Wire,
            tls::{ClientCertificates, acceptor},
        },
    },
};
use chrono::{DateTime, Utc};
use futures_util::future::select_all;
use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{interval, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

/// What the relay works with. Time and randomness enter here.
#[derive(Clone)]
pub struct RelayService {
    /// In greeting, EHLO and Received.
    pub hostname: String,
    pub house: Arc<dyn House>,
    /// `connections` bounds this door's.
    pub limits: Arc<Limits>,
    /// Of all doors together.
    pub memory: MemoryBudget,
    /// Shared with whoever else sends.
    pub client: Arc<NextHopClient>,
    pub ids: Arc<dyn Fn() -> TransactionId + Send + Sync>,
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

/// A relay whose sockets are bound; connections wait until it serves.
pub struct RelayServer {
    listeners: Vec<TcpListener>,
    access: Access,
    tenants: Tenants,
    acceptor: Option<TlsAcceptor>,
    hops: Vec<Arc<NextHop>>,
    config: RelayConfig,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayServed {
    /// Sessions that were cut off inside a message when the bound was over; their clients
    /// keep the message.
    pub cut_off: usize,
}

/// After a failed accept (usually: too many open files), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often idle connections to next hops are looked through.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// A client beyond the limit is told so within this time.
const TURN_AWAY_LONGEST: Duration = Duration::from_secs(5);
/// At once; more are closed without a word.
const TURNED_AWAY_MOST: usize = 64;

impl RelayServer {
    /// Binds every socket and reads certificate and key. Unknown schools, fingerprints that
    /// are none and files that cannot be read are errors.
    pub async fn bind(
        config: &RelayConfig,
        schools: &[Arc<School>],
        next_hops: Vec<Arc<NextHop>>,
    ) -> io::Result<Self> {
        let access = Access::new(&config.clients, schools)?;
        let clients = if access.asks_for_certificates() {
            ClientCertificates::Asked
        } else {
            ClientCertificates::NotAsked
        };
        let acceptor = config.tls.as_ref().map(|files| acceptor(files, clients)).transpose()?;
        let mut listeners = Vec::new();
        for address in &config.listen {
            listeners.push(TcpListener::bind(address).await.map_err(refused("[relay] listen", address))?);
        }
        let tenants = Tenants::new(&config.tenants)?;
        Ok(Self { listeners, access, tenants, acceptor, hops: next_hops, config: config.clone() })
    }

    /// Where it listens, in the order of the configuration, with real port numbers.
    pub fn local_addrs(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(TcpListener::local_addr).collect()
    }

    /// Serves until `shutdown` completes. Then clients between two messages hear 421, and
    /// messages on their way have twice the deadline to end.
    pub async fn serve(self, service: RelayService, shutdown: impl Future<Output = ()>) -> RelayServed {
        let (close, closing) = watch::channel(false);
        let Self { listeners, access, tenants, acceptor, hops, config } = self;
        let services = Arc::new(Services {
            hostname: service.hostname,
            access,
            tenants,
            hops,
            acceptor,
            bare_newline: config.bare_newline,
            max_received: config.max_received,
            limits: Arc::clone(&service.limits),
            memory: service.memory,
            client: service.client,
            house: service.house,
            ids: service.ids,
            now: service.now,
        });
        let (mut sessions, mut turned_away) = (JoinSet::<()>::new(), JoinSet::<()>::new());
        let mut sweep = interval(SWEEP_EVERY);
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(ended) = sessions.join_next() => report_panic(ended),
                Some(_) = turned_away.join_next() => {}
                _ = sweep.tick() => services.client.sweep(),
                accepted = accept(&listeners) => match accepted {
                    Ok((stream, _)) if sessions.len() >= services.limits.connections.max(1) => {
                        if turned_away.len() < TURNED_AWAY_MOST {
                            turned_away.spawn(turn_away(stream));
                        }
                    }
                    Ok((stream, from)) => {
                        sessions.spawn(session(Arc::clone(&services), stream, from, closing.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "relay: cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listeners);
        drop(closing);
        // Nobody listens any more when all sessions have ended.
        let _ = close.send(true);
        let ending = async {
            while let Some(ended) = sessions.join_next().await {
                report_panic(ended);
            }
        };
        let _ = timeout(2 * services.limits.deadline, ending).await;
        let cut_off = sessions.len();
        sessions.shutdown().await;
        services.client.close().await;
        RelayServed { cut_off }
    }
}

async fn accept(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    if listeners.is_empty() {
        return std::future::pending().await;
    }
    select_all(listeners.iter().map(|listener| Box::pin(listener.accept()))).await.0
}

async fn session(
    services: Arc<Services>,
    stream: TcpStream,
    from: SocketAddr,
    closing: watch::Receiver<bool>,
) {
    match Wire::new(stream) {
        Ok(wire) => Session::new(services, wire, from.ip(), closing).run().await,
        Err(error) => tracing::debug!(%error, "relay: a connection ended at once"),
    }
}

/// RFC 5321 section 3.8: 421 in place of the greeting.
async fn turn_away(stream: TcpStream) {
    let Ok(mut wire) = Wire::new(stream) else { return };
    let word = format!("{}\r\n", Reply::new(421, (4, 3, 2), "Too many connections, try again later"));
    let _ = timeout(TURN_AWAY_LONGEST, async {
        let _ = wire.write(word.as_bytes()).await;
        wire.close().await;
    })
    .await;
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|e| e.is_panic()) {
        tracing::error!("relay: a session broke off by a fault of ours");
    }
}
