//! The cookies: the session's word, the browser's, and the language. Nothing else is kept in a browser.

use super::Console;
use crate::{
    effects::Language,
    storage::{DeviceWord, SessionWord},
};
use axum::http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_LANGUAGE, COOKIE},
};

/// With TLS the name itself makes browsers hold it to this host, this path and TLS (RFC 6265bis).
const SESSION: [&str; 2] = ["gatehouse", "__Host-gatehouse"];
/// Of a browser that somebody has signed in with: it opens nothing ([`crate::storage::DeviceWord`]).
const DEVICE: [&str; 2] = ["gatehouse-browser", "__Host-gatehouse-browser"];
/// Binds the way to the school's sign-in and back to one browser.
const AWAY: [&str; 2] = ["gatehouse-away", "__Host-gatehouse-away"];
const TONGUE: &str = "language";

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

impl Console {
    fn session_cookie(&self) -> &'static str {
        SESSION[usize::from(self.is_secure())]
    }

    pub(super) fn session_word(&self, headers: &HeaderMap) -> Option<SessionWord> {
        cookie(headers, self.session_cookie()).and_then(SessionWord::sent)
    }

    /// Lax, so that a link in a mail leads to the page and not to signing in again; what acts is a
    /// POST, which must come from a page of ours.
    pub(super) fn keep_session(&self, word: &SessionWord) -> HeaderValue {
        self.written(word.reveal(), "")
    }

    pub(super) fn forget_session(&self) -> HeaderValue {
        self.written("", "; Max-Age=0")
    }

    fn written(&self, value: &str, more: &str) -> HeaderValue {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let name = self.session_cookie();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    pub(super) fn device(&self, headers: &HeaderMap) -> Option<String> {
        cookie(headers, DEVICE[usize::from(self.is_secure())]).map(str::to_owned)
    }

    /// For a year, and only to the pages of this host.
    pub(super) fn keep_device(&self, word: &DeviceWord) -> HeaderValue {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let name = DEVICE[usize::from(self.is_secure())];
        let text =
            format!("{name}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}", word.reveal());
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    pub(super) fn away(&self, headers: &HeaderMap) -> Option<String> {
        cookie(headers, AWAY[usize::from(self.is_secure())]).map(str::to_owned)
    }

    /// For as long as the way there and back may take.
    pub(super) fn keep_away(&self, word: &str) -> HeaderValue {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let name = AWAY[usize::from(self.is_secure())];
        let text = format!("{name}={word}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    pub(super) fn keep_language(&self, language: Language) -> HeaderValue {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let text = format!("{TONGUE}={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}", short(language));
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

fn short(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Welsh => "cy",
    }
}

/// What was chosen here, else what the browser asks for first of the two.
pub(super) fn language(headers: &HeaderMap) -> Language {
    match cookie(headers, TONGUE) {
        Some("cy") => return Language::Welsh,
        Some("en") => return Language::English,
        _ => {}
    }
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = asked.split(',').map(str::trim).find(|tag| tag.starts_with("cy") || tag.starts_with("en"));
    match first {
        Some(tag) if tag.starts_with("cy") => Language::Welsh,
        _ => Language::English,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_goes_before_what_the_browser_asks_for() {
        let with = |cookie: &str, accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accept).unwrap());
            language(&headers)
        };
        assert_eq!(with("a=b", "cy-GB, en;q=0.5"), Language::Welsh);
        assert_eq!(with("language=en; a=b", "cy"), Language::English);
        assert_eq!(with("a=b", "fr, en"), Language::English);
    }
}
