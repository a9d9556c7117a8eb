//! Requests to an S3 server: signed (SigV4, by object_store's signer), bounded in time and
//! size, repeated a few times where repeating can help, and failures told apart by who
//! must act.

use super::{super::error::StoreError, answers};
use crate::config::{BucketConfig, BucketCredentials};
use bytes::{Bytes, BytesMut};
use object_store::{
    aws::{AwsAuthorizer, AwsCredential},
    client::{HttpRequest, HttpRequestBody},
};
use reqwest::{Method, StatusCode, Url, header::HeaderMap, header::HeaderName, header::HeaderValue};
use std::{fs, io, path::Path, sync::Arc, time::Duration};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// How often a request is sent; the waits between are short, since mail waits behind it.
const TRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const CONNECT: Duration = Duration::from_secs(5);
/// An answer that is no object: lists have at most 1,000 names.
pub(super) const SMALL: usize = 4 << 20;
/// No object is larger: the largest message (2 GB), which zstd does not swell.
pub(super) const LARGEST: usize = 3 << 30;

pub(super) struct Client {
    http: reqwest::Client,
    credential: AwsCredential,
    region: String,
    /// Address of the bucket, with a slash at its end.
    base: Url,
}

/// One request, so that it can be repeated.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// Within the bucket; empty for the bucket itself.
    pub(super) key: &'a str,
    pub(super) query: Vec<(&'static str, &'a str)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    /// Bytes of the answer that are read.
    pub(super) limit: usize,
}

impl<'a> Request<'a> {
    pub(super) fn new(method: Method, key: &'a str) -> Self {
        Self { method, key, query: Vec::new(), headers: Vec::new(), body: Bytes::new(), limit: SMALL }
    }
}

/// An answer that means something to the caller: success, or one of few refusals.
pub(super) enum Answer {
    Done(Done),
    /// 404, with whether a delete marker lies over it.
    NotThere,
    /// 412 or 409: something is there.
    Exists,
    /// 403: the rights do not reach, or a lock is on it.
    Forbidden(String),
}

pub(super) struct Done {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

enum Failure {
    /// Again may help.
    Passing(String),
    Lasting(StoreError),
}

impl Client {
    pub(super) fn new(config: &BucketConfig) -> Result<Self, StoreError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(config.ca.as_deref()).map_err(|e| setup(&e))?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT.min(config.timeout))
            .timeout(config.timeout)
            .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| setup(&e))?;
        Ok(Self {
            http,
            credential: credential(&config.credentials)?,
            region: config.region.clone(),
            base: base(config)?,
        })
    }

    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Answer, StoreError> {
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            match self.once(request).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Lasting(e)) => return Err(e),
                Err(Failure::Passing(why)) if tries == TRIES => return Err(StoreError::VaultAway(why)),
                Err(Failure::Passing(_)) => {
                    tokio::time::sleep(wait).await;
                    wait *= 4;
                    tries += 1;
                }
            }
        }
    }

    async fn once(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let signed = self.signed(request).map_err(Failure::Lasting)?;
        let mut answer = self.http.execute(signed).await.map_err(|e| Failure::Passing(said(&e)))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let limit = if status.is_success() { request.limit } else { SMALL };
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| Failure::Passing(said(&e)))? {
            if body.len() + chunk.len() > limit {
                let why = "the object store answers with more than an object can be";
                return Err(Failure::Lasting(StoreError::Vault(why.into())));
            }
            body.extend_from_slice(&chunk);
        }
        understood(status, headers, body.freeze())
    }

    fn signed(&self, request: &Request<'_>) -> Result<reqwest::Request, StoreError> {
        let mut url = self.base.join(request.key).map_err(|e| setup(&e))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut unsigned = HttpRequest::new(HttpRequestBody::from(request.body.clone()));
        *unsigned.method_mut() = request.method.clone();
        *unsigned.uri_mut() = url.as_str().parse().map_err(|e| setup(&e))?;
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|e| setup(&e))?;
            unsigned.headers_mut().insert(HeaderName::from_static(name), value);
        }
        AwsAuthorizer::new(&self.credential, "s3", &self.region)
            .try_authorize(&mut unsigned, None)
            .map_err(|e| setup(&e))?;
        let mut signed = reqwest::Request::new(request.method.clone(), url);
        *signed.headers_mut() = std::mem::take(unsigned.headers_mut());
        *signed.body_mut() = Some(request.body.clone().into());
        Ok(signed)
    }
}

fn understood(status: StatusCode, headers: HeaderMap, body: Bytes) -> Result<Answer, Failure> {
    if status.is_success() {
        return Ok(Answer::Done(Done { headers, body }));
    }
    let code = answers::error_code(&body).unwrap_or_default();
    let lasting = |what: &str| {
        let code = if code.is_empty() { "no reason given" } else { &code };
        Err(Failure::Lasting(StoreError::Vault(format!("{what} ({}, {code})", status.as_u16()))))
    };
    match (status.as_u16(), code.as_str()) {
        (404, "NoSuchBucket") => lasting("the bucket is not there: make it, or mend `url` in [vault]"),
        (404, _) => Ok(Answer::NotThere),
        // A server that only now learns of a rival's write asks for another try.
        (409, "ConditionalRequestConflict" | "OperationAborted") => Err(Failure::Passing(code)),
        (409 | 412, _) => Ok(Answer::Exists),
        (403, "RequestTimeTooSkewed") => {
            lasting("the clocks of this host and of the object store differ by more than 15 minutes")
        }
        (403, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken") => {
            lasting("the object store does not take the credentials of [vault]")
        }
        (403, _) => Ok(Answer::Forbidden(code)),
        (301 | 307 | 308, _) => lasting("the bucket is elsewhere: mend `region` or `endpoint` in [vault]"),
        (408 | 429 | 500..=599, _) if status != StatusCode::NOT_IMPLEMENTED => {
            Err(Failure::Passing(format!("it answers {}", status.as_u16())))
        }
        _ => lasting("the object store refuses a request"),
    }
}

/// The innermost reason of a failed request, which names no object.
fn said(e: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = e;
    if e.is_timeout() {
        return "no answer in time".into();
    }
    while let Some(source) = inner.source() {
        inner = source;
    }
    match inner.is::<reqwest::Error>() {
        true => "the connection broke".into(),
        false => inner.to_string(),
    }
}

fn setup(e: &dyn std::fmt::Display) -> StoreError {
    StoreError::Vault(format!("[vault] cannot be used: {e}"))
}

fn base(config: &BucketConfig) -> Result<Url, StoreError> {
    let (bucket, region) = (&config.bucket, &config.region);
    let text = match &config.endpoint {
        Some(endpoint) => format!("{endpoint}/{bucket}/"),
        // A certificate of *.s3.amazonaws.com does not fit a name with dots.
        None if bucket.contains('.') => format!("https://s3.{region}.amazonaws.com/{bucket}/"),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com/"),
    };
    Url::parse(&text).map_err(|e| setup(&e))
}

/// The value of a name.
type Words = Box<dyn Fn(&str) -> Option<String>>;

fn credential(source: &BucketCredentials) -> Result<AwsCredential, StoreError> {
    let (words, place): (Words, String) = match source {
        BucketCredentials::Environment => {
            (Box::new(|name| std::env::var(name.to_uppercase()).ok()), "the environment".into())
        }
        BucketCredentials::File(path) => {
            let text = fs::read_to_string(path).map_err(|e| setup(&format!("{}: {e}", path.display())))?;
            (Box::new(move |name| word_of(&text, name)), path.display().to_string())
        }
    };
    let word = |name: &str| words(name).map(|w| w.trim().to_owned()).filter(|w| !w.is_empty());
    let needed = |name: &str| {
        word(name)
            .ok_or_else(|| StoreError::Vault(format!("[vault] needs `{name}`, which is not in {place}")))
    };
    Ok(AwsCredential {
        key_id: needed("aws_access_key_id")?,
        secret_key: needed("aws_secret_access_key")?,
        token: word("aws_session_token"),
    })
}

/// `name = value` of the first section of a file as the AWS command line keeps it.
fn word_of(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with(['#', ';']));
    let mut sections = 0;
    for line in lines {
        if line.starts_with('[') {
            sections += 1;
        } else if let Some((key, value)) = line.split_once('=')
            && sections <= 1
            && key.trim().eq_ignore_ascii_case(name)
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}

fn tls(ca: Option<&Path>) -> io::Result<ClientConfig> {
    let invalid = |e: String| io::Error::new(io::ErrorKind::InvalidData, e);
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let named = |e: String| invalid(format!("{}: {e}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|e| named(e.to_string()))? {
                let certificate = certificate.map_err(|e| named(e.to_string()))?;
                roots.add(certificate).map_err(|e| named(e.to_string()))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| invalid(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_section_of_a_credentials_file_counts() {
        let text = "# made by hand\n[default]\nAWS_ACCESS_KEY_ID = one\naws_secret_access_key=two=\n[other]\naws_session_token = three\n";
        assert_eq!(word_of(text, "aws_access_key_id").as_deref(), Some("one"));
        assert_eq!(word_of(text, "aws_secret_access_key").as_deref(), Some("two="));
        assert_eq!(word_of(text, "aws_session_token"), None);
    }

    #[test]
    fn refusals_say_who_must_act() {
        let answer = |status: u16, code: &str| {
            let body =
                format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>x</Message></Error>");
            understood(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.into())
        };
        assert!(matches!(answer(404, "NoSuchKey"), Ok(Answer::NotThere)));
        assert!(matches!(answer(412, "PreconditionFailed"), Ok(Answer::Exists)));
        assert!(matches!(answer(403, "AccessDenied"), Ok(Answer::Forbidden(_))));
        assert!(matches!(answer(503, "SlowDown"), Err(Failure::Passing(_))));
        assert!(matches!(answer(404, "NoSuchBucket"), Err(Failure::Lasting(StoreError::Vault(_)))));
        assert!(matches!(answer(403, "SignatureDoesNotMatch"), Err(Failure::Lasting(StoreError::Vault(_)))));
        assert!(matches!(answer(400, "InvalidRequest"), Err(Failure::Lasting(StoreError::Vault(_)))));
    }
}
