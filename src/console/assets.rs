//! Style, script and icon: embedded in the program, named by their digest so that browsers keep them.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

const STYLE: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const PASSKEYS: &str = include_str!("assets/passkey.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Of all: the page names it, so that a new version is fetched at once.
pub(super) const VERSION: u32 = digest(&[STYLE, SCRIPT, PASSKEYS, ICON]);

/// FNV-1a; nothing rests on it but a browser's cache.
const fn digest(texts: &[&str]) -> u32 {
    let (mut hash, mut text) = (0x811c_9dc5_u32, 0);
    while text < texts.len() {
        let (bytes, mut at) = (texts[text].as_bytes(), 0);
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        text += 1;
    }
    hash
}

/// Browsers ask anew after a day, and after each new version at the latest when the page names it.
const KEPT: HeaderValue = HeaderValue::from_static("private, max-age=86400");

fn kept(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, KEPT)], text)
        .into_response()
}

pub(super) async fn style() -> Response {
    kept("text/css; charset=utf-8", STYLE)
}

pub(super) async fn script() -> Response {
    kept("text/javascript; charset=utf-8", SCRIPT)
}

pub(super) async fn passkeys() -> Response {
    kept("text/javascript; charset=utf-8", PASSKEYS)
}

pub(super) async fn icon() -> Response {
    kept("image/svg+xml", ICON)
}
