//! Binds the sockets, gives each connection its session, and at the end lets running
//! messages finish.

use super::{
    listen::{self, Listening, Stream},
    session::{SessionFault, converse},
};
use crate::{
    config::{Limits, Listen, MilterConfig, Network},
    mail::{House, TransactionId},
    wire::{MemoryBudget, refused::refused},
};
use chrono::{DateTime, Utc};
use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

/// What a milter works with. Time and randomness enter here.
#[derive(Clone)]
pub struct MilterService {
    pub house: Arc<dyn House>,
    /// `connections` bounds this door's; `idle` is the MTA's silence inside a message's
    /// content; `deadline` runs from the end of a message to the answer.
    pub limits: Arc<Limits>,
    /// Of all doors together.
    pub memory: MemoryBudget,
    pub ids: Arc<dyn Fn() -> TransactionId + Send + Sync>,
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

/// A milter whose sockets are bound; connections wait until it serves.
pub struct MilterServer {
    listeners: Vec<Listening>,
    addresses: Vec<Listen>,
    trusted: Arc<[Network]>,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Connections that were cut off inside a message when the bound was over; the MTA
    /// defers these messages.
    pub cut_off: usize,
}

impl MilterServer {
    /// Binds every socket of the configuration. A stale Unix socket is replaced, a living
    /// one is an error of kind `AddrInUse`.
    pub async fn bind(config: &MilterConfig) -> io::Result<Self> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for listen in &config.listen {
            let name = match listen {
                Listen::Tcp(address) => address.to_string(),
                Listen::Unix(path, _) => path.display().to_string(),
            };
            let listening = Listening::bind(listen).await.map_err(refused("[milter] listen", name))?;
            addresses.push(listening.address()?);
            listeners.push(listening);
        }
        Ok(Self { listeners, addresses, trusted: config.authenticating_hosts.clone().into() })
    }

    /// Where it listens, in the order of the configuration, with real port numbers.
    pub fn addresses(&self) -> &[Listen] {
        &self.addresses
    }

    /// Serves until `shutdown` completes. Then connections between two messages are
    /// closed, and messages on their way have twice the deadline to end. Connections beyond
    /// the limit wait in the system's queue, within the MTA's own timeout.
    pub async fn serve(self, service: MilterService, shutdown: impl Future<Output = ()>) -> Served {
        let (close, closing) = watch::channel(false);
        let mut sessions: JoinSet<()> = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let room = sessions.len() < service.limits.connections.max(1);
            tokio::select! {
                () = &mut shutdown => break,
                Some(ended) = sessions.join_next() => report_panic(ended),
                accepted = listen::accept(&self.listeners), if room => match accepted {
                    Ok(stream) => {
                        let (service, trusted) = (service.clone(), Arc::clone(&self.trusted));
                        sessions.spawn(session(stream, service, trusted, closing.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "milter: cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.listeners);
        drop(closing);
        // Nobody listens any more when all sessions have ended.
        let _ = close.send(true);
        let ending = async {
            while let Some(ended) = sessions.join_next().await {
                report_panic(ended);
            }
        };
        let _ = timeout(2 * service.limits.deadline, ending).await;
        let cut_off = sessions.len();
        sessions.shutdown().await;
        Served { cut_off }
    }
}

/// After a failed accept (usually: too many open files), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|e| e.is_panic()) {
        tracing::error!("a milter connection broke off by a fault of ours");
    }
}

async fn session(
    stream: Stream,
    service: MilterService,
    trusted: Arc<[Network]>,
    closing: watch::Receiver<bool>,
) {
    let ended = match stream {
        Stream::Tcp(stream) => converse(stream, &service, trusted, closing).await,
        Stream::Unix(stream) => converse(stream, &service, trusted, closing).await,
    };
    match ended {
        Ok(()) => {}
        Err(SessionFault::Frame(fault)) => tracing::debug!(%fault, "milter connection ended"),
        Err(fault) => tracing::warn!(%fault, "milter connection ended"),
    }
}
