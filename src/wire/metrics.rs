//! The door for whoever watches the machine: one page of numbers by HTTP, for GET alone. Few
//! connections, each short, and one answer for all that ask within some seconds, so that
//! nobody slows mail down by asking.

use super::accept::{Share, accept};
use super::refused::refused;
use crate::mail::Waiting;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Mutex,
    time::timeout,
};

/// Connections at once; a scraper needs one.
const CONNECTIONS: usize = 8;
/// The whole life of a connection.
const LIFE: Duration = Duration::from_secs(30);
const HEADER: Duration = Duration::from_secs(5);
/// More than any scraper sends.
const LARGEST_HEADER: usize = 16 << 10;
/// How long an answer is good for all.
const FRESH: Duration = Duration::from_secs(5);

/// Makes the page; `None` when the numbers cannot be had.
pub type Page = Arc<dyn Fn() -> Waiting<'static, Option<String>> + Send + Sync>;

/// A bound door.
pub struct MetricsServer {
    listener: TcpListener,
}

struct Service {
    page: Page,
    last: Mutex<Option<(Instant, Bytes)>>,
}

impl MetricsServer {
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await.map_err(refused("[metrics] listen", address))? })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `shutdown` resolves; what is under way then is cut off.
    pub async fn serve(self, page: Page, shutdown: impl Future<Output = ()>) {
        let service = Arc::new(Service { page, last: Mutex::new(None) });
        let door = (&self.listener, "metrics");
        drop(
            accept(door, (CONNECTIONS, Share::new(CONNECTIONS, &[])), shutdown, |stream, _| {
                talk(stream, service.clone())
            })
            .await,
        );
    }
}

async fn talk(stream: TcpStream, service: Arc<Service>) {
    let answer = service_fn(|request: Request<Incoming>| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.answer(&request).await) }
    });
    let talk = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(LARGEST_HEADER)
        .serve_connection(TokioIo::new(stream), answer);
    // Whoever breaks off, or takes too long, has no answer; nothing else follows from it.
    let _ = timeout(LIFE, talk).await;
}

impl Service {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.uri().path() != "/metrics" {
            return said(StatusCode::NOT_FOUND, "The numbers are at /metrics.\n".into());
        }
        if request.method() != Method::GET {
            let mut no = said(StatusCode::METHOD_NOT_ALLOWED, "GET, please.\n".into());
            no.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return no;
        }
        match self.page().await {
            Some(page) => said(StatusCode::OK, page),
            None => said(StatusCode::SERVICE_UNAVAILABLE, "The store cannot be asked now.\n".into()),
        }
    }

    async fn page(&self) -> Option<Bytes> {
        let mut last = self.last.lock().await;
        if let Some((_, page)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Some(page.clone());
        }
        let page = Bytes::from((self.page)().await?);
        *last = Some((Instant::now(), page.clone()));
        Some(page)
    }
}

/// Prometheus' text format, and plain text for people.
fn said(status: StatusCode, text: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
