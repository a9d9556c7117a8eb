//! What stands before and around every page: whether a request may come in at all, who asks, and
//! the headers that hold browsers to what our pages are.

use super::{Console, Fault, door::Guard, page, typed, visitor::Visitor};
use crate::authority::Office;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{sync::Arc, time::Duration};

/// From the first byte of a form to the first of the answer.
const LONGEST: Duration = Duration::from_secs(30);

/// Before one door. Asked for each request anew: an office that has ended opens nothing.
pub(super) async fn check(
    State((console, guard)): State<(Arc<Console>, Guard)>,
    request: Request,
    next: Next,
) -> Response {
    if guard == Guard::Anyone {
        // Its page asks who it is, where it matters: most are style and script.
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let visitor = match console.visitor(&parts).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return Fault::SignIn.into_response(),
        Err(fault) => return fault.into_response(),
    };
    if let Guard::Holding(offices) = guard
        && !holds(&visitor, offices)
    {
        return Fault::Offices(offices).into_response();
    }
    parts.extensions.insert(visitor);
    next.run(Request::from_parts(parts, body)).await
}

fn holds(visitor: &Visitor, offices: &[Office]) -> bool {
    visitor.holds_one_of(offices)
}

/// Around all doors: what acts must come from a page of ours, nothing takes for ever, and a fault
/// becomes a page.
pub(super) async fn around(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let acts = !matches!(parts.method, Method::GET | Method::HEAD);
    if acts && !from_us(&parts.headers, &console) {
        return page::fault(&console, &parts, Fault::Form).await;
    }
    let asked = parts.clone();
    let once_more = next.clone();
    let answered = tokio::time::timeout(LONGEST, async {
        let (typed, body) = match typed::read(&parts, body).await {
            Ok(read) => read,
            Err(fault) => return (None, fault.into_response()),
        };
        (typed, next.run(Request::from_parts(parts, body)).await)
    });
    let Ok((typed, mut response)) = answered.await else {
        return page::fault(&console, &asked, Fault::Away).await;
    };
    let Some(fault) = response.extensions_mut().remove::<Fault>().or_else(|| unread(&response)) else {
        return console.with_typed(&asked, response).await;
    };
    let with_typed = match typed {
        Some(typed) => console.answer_typed((&asked, once_more), typed, &fault).await,
        None => None,
    };
    match with_typed {
        Some(page) => page,
        None => page::fault(&console, &asked, fault).await,
    }
}

/// What a request was that no handler could read: an address or a form of nobody's making.
fn unread(response: &Response) -> Option<Fault> {
    let kind = response.headers().get(header::CONTENT_TYPE)?;
    if !kind.as_bytes().starts_with(b"text/plain") {
        return None;
    }
    match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Some(Fault::NotThere),
        StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::PAYLOAD_TOO_LARGE => Some(Fault::Form),
        _ => None,
    }
}

/// Browsers say where a form came from (Fetch Metadata, or Origin in older ones). What says neither
/// is no browser, and has no cookie that somebody else could use.
fn from_us(headers: &HeaderMap, console: &Console) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == console.at.address.origin().ascii_serialization(),
        (None, None) => true,
    }
}

/// Nothing from anywhere else, nothing inline, in no frame, kept in no cache.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// On every answer; a page that needs another one has set it already.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
