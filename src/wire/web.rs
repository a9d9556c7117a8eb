//! The door of the web pages: HTTP/1.1, with the console's own certificate or behind a proxy that has
//! one. Connections are counted, headers are small and come soon, and none lasts for ever, so that
//! nobody who reaches the door can fill it. What is answered is the console's business.

use super::{
    accept::{Share, accept},
    smtp::web_acceptor,
};
use crate::config::ConsoleConfig;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, error::Error, io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// Connections at once; each page that stands open keeps one, for what is new.
const CONNECTIONS: usize = 512;
/// Of one network: a school may stand behind one address, and leaves room for others.
const EACH: usize = 256;
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEADER: Duration = Duration::from_secs(10);
const LARGEST_HEADER: usize = 32 << 10;
/// The whole life of a connection; a browser makes another one by itself.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// What is under way when the gate closes has so long to end.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A bound door.
pub struct WebServer {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    share: Share,
}

impl WebServer {
    /// Reads the certificate, then binds.
    pub async fn bind(config: &ConsoleConfig) -> io::Result<Self> {
        let tls = config.tls.as_ref().map(web_acceptor).transpose()?;
        let share = Share::new(EACH, &config.proxies);
        Ok(Self { listener: TcpListener::bind(config.listen).await?, tls, share })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `shutdown` resolves. Each request carries the [`SocketAddr`] it came from.
    pub async fn serve<S, B>(self, service: S, shutdown: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (closing, closed) = watch::channel(false);
        let greet = |stream, from| greet(stream, from, self.tls.clone(), service.clone(), closed.clone());
        let mut talks =
            accept((&self.listener, "console"), (CONNECTIONS, self.share.clone()), shutdown, greet).await;
        // Nobody listens any more when every talk has ended by itself.
        let _ = closing.send(true);
        let all_end = async { while talks.join_next().await.is_some() {} };
        let _ = timeout(LAST_WORDS, all_end).await;
    }
}

async fn greet<S, B>(
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    service: S,
    closed: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Pages are small and people wait for them.
    let _ = stream.set_nodelay(true);
    match tls {
        None => talk(stream, from, service, closed).await,
        Some(tls) => {
            // Whoever does not get through the handshake has no answer.
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                talk(stream, from, service, closed).await;
            }
        }
    }
}

async fn talk<S, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    from: SocketAddr,
    service: S,
    mut closed: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(from);
        service.call(request)
    });
    let talk = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(LARGEST_HEADER)
        .serve_connection(TokioIo::new(stream), service);
    let mut talk = std::pin::pin!(talk);
    let end = async {
        // An error means that the gate itself is gone.
        let _ = timeout(LIFE, closed.wait_for(|closed| *closed)).await;
    };
    tokio::select! {
        // Whoever breaks off has no answer; nothing else follows from it.
        _ = talk.as_mut() => return,
        () = end => talk.as_mut().graceful_shutdown(),
    }
    let _ = timeout(LAST_WORDS, talk).await;
}
