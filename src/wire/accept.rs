//! Taking in connections: so many at once, each handed to a talk of its own, until somebody says stop.
//! What a talk is about is its door's business.

use crate::config::Network;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

/// After a failure to accept: too many files are open, and some will be closed.
const BREATH: Duration = Duration::from_millis(100);

/// How many connections of one network go on at once, so that nobody alone fills a door.
#[derive(Clone)]
pub(super) struct Share {
    each: usize,
    /// Proxies stand for many.
    many: Arc<[Network]>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's part of it; given back when dropped.
struct Part(Share, IpAddr);

impl Share {
    pub(super) fn new(each: usize, many: &[Network]) -> Self {
        Self { each, many: many.into(), open: Arc::default() }
    }

    /// `None`: that network has its share.
    fn take(&self, from: IpAddr) -> Option<Part> {
        let network = network(from);
        if self.many.iter().any(|proxy| proxy.contains(from.to_canonical())) {
            return Some(Part(Self { each: usize::MAX, ..self.clone() }, network));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Part(self.clone(), network))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.0.each == usize::MAX {
            return;
        }
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.1);
            }
        }
    }
}

/// An address of version 6 stands for its /64: whoever has one has all of them.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Takes in connections until `shutdown` resolves, and gives back the talks that still go on then: whoever
/// drops them cuts them off. `door` is what the log calls it.
pub(super) async fn accept<F, T>(
    (listener, door): (&TcpListener, &'static str),
    (most, share): (usize, Share),
    shutdown: impl Future<Output = ()>,
    talk: F,
) -> JoinSet<()>
where
    F: Fn(TcpStream, SocketAddr) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    let (mut shutdown, mut talks) = (std::pin::pin!(shutdown), JoinSet::new());
    loop {
        while talks.try_join_next().is_some() {}
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut shutdown => return talks,
            (place, accepted) = next => match accepted {
                Ok((stream, from)) => {
                    let Some(part) = share.take(from.ip()) else { continue };
                    let talk = talk(stream, from);
                    talks.spawn(async move {
                        let _place = (place, part);
                        talk.await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "{door}.not-accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}
