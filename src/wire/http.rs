//! Small requests to somebody else's web service: no redirects, and no answer longer than it needs to be.

use rustls_native_certs::load_native_certs;
use std::{sync::Arc, time::Duration};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

/// Nobody answered, or no connection that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody answers")]
pub struct NoAnswer;

/// Posts `json`; the status code of the answer, whose body is not read.
pub async fn post_json(url: &str, token: Option<&str>, json: String) -> Result<u16, NoAnswer> {
    let mut request =
        client().map_err(|_| NoAnswer)?.post(url).header("content-type", "application/json").body(json);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    // The error would show the URL, which may be a secret one.
    request.send().await.map(|answer| answer.status().as_u16()).map_err(|_| NoAnswer)
}

/// A request as it is sent, and an answer as it came.
#[derive(Debug)]
pub struct Exchange {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// Longer answers are not read: documents and keys of a sign-in are a few kilobytes.
const LONGEST_ANSWER: usize = 512 << 10;

/// Sends one request and reads its answer.
pub async fn ask(
    method: &str,
    url: &str,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
) -> Result<Exchange, NoAnswer> {
    let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| NoAnswer)?;
    let mut request = client().map_err(|_| NoAnswer)?.request(method, url).body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut answer = request.send().await.map_err(|_| NoAnswer)?;
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let (status, mut body) = (answer.status().as_u16(), Vec::new());
    while let Some(piece) = answer.chunk().await.map_err(|_| NoAnswer)? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(NoAnswer);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Exchange { status, headers, body })
}

/// The system's roots are read anew each time: this is done hourly, and they change.
fn client() -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")))
        .build()?)
}
