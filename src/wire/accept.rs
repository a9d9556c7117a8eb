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

/// A connection's part of a network's share; given back when dropped.
struct Part {
    share: Share,
    network: IpAddr,
}

impl Share {
    pub(super) fn new(each: usize, many: &[Network]) -> Self {
        Self { each, many: many.into(), open: Arc::default() }
    }

    /// What the connection holds while it lasts: nothing where it comes from a proxy. Fails when its network
    /// has its share.
    fn take(&self, from: IpAddr) -> Result<Option<Part>, Full> {
        if self.many.iter().any(|proxy| proxy.contains(from.to_canonical())) {
            return Ok(None);
        }
        let network = network(from);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.each {
            return Err(Full);
        }
        *count += 1;
        Ok(Some(Part { share: self.clone(), network }))
    }
}

/// A network has its share.
#[derive(Debug)]
struct Full;

impl Drop for Part {
    fn drop(&mut self) {
        let mut open = self.share.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
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
                    // It is closed at once: whoever has half of the door has had an answer.
                    let Ok(part) = share.take(from.ip()) else { continue };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_its_share_and_gives_it_back_and_a_proxy_stands_for_many() {
        let share = Share::new(2, &[Network { address: ip("10.0.0.1"), prefix: 32 }]);
        let mut held = vec![share.take(ip("2001:db8::1")).unwrap(), share.take(ip("2001:db8::2")).unwrap()];
        assert!(share.take(ip("2001:db8::3")).is_err(), "one /64 is one network");
        assert!(share.take(ip("2001:db8:0:1::1")).is_ok());
        let both = ["192.0.2.1", "::ffff:192.0.2.1"].map(|one| share.take(ip(one)).unwrap());
        assert!(share.take(ip("192.0.2.1")).is_err(), "one address, written in two ways");
        drop(both);
        held.pop();
        assert!(share.take(ip("2001:db8::3")).is_ok(), "what has ended is free");
        let many: Vec<_> = (0..5).map(|_| share.take(ip("10.0.0.1")).unwrap()).collect();
        assert!(many.iter().all(Option::is_none));
        drop((held, many));
        assert!(share.open.lock().unwrap().is_empty(), "nothing of a network stays");
    }
}
