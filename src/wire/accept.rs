//! Taking in connections: so many at once, each handed to a talk of its own, until somebody says stop.
//! What a talk is about is its door's business.

use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

/// After a failure to accept: too many files are open, and some will be closed.
const BREATH: Duration = Duration::from_millis(100);

/// Takes in connections until `shutdown` resolves, and gives back the talks that still go on then: whoever
/// drops them cuts them off. `door` is what the log calls it.
pub(super) async fn accept<F, T>(
    (listener, door): (&TcpListener, &'static str),
    most: usize,
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
                    let talk = talk(stream, from);
                    talks.spawn(async move {
                        let _place = place;
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
