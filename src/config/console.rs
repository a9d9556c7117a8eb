//! `[console]`: the door of the web pages, and the address by which people know it.

use super::{
    Listen, TlsFiles,
    doors::{networks, tls_files},
    network::Network,
    read::Marks,
    section::Section,
    source::{At, Source},
};
use std::net::SocketAddr;
use url::Url;

/// The console's door.
#[derive(Clone, Debug)]
pub struct ConsoleConfig {
    pub listen: SocketAddr,
    /// As browsers know it, without a path: `https://gate.oakfield.example`. Links in notices begin
    /// with it, and passkeys belong to it.
    pub address: Url,
    /// Its own certificate; `None` behind a proxy that has one, or on this machine alone.
    pub tls: Option<TlsFiles>,
    /// Whoever comes by these is who they say (X-Forwarded-For).
    pub proxies: Vec<Network>,
}

const ADDRESS: &str = "Write \"https://gate.school.example\", without anything behind the name.";

pub(super) fn console(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<ConsoleConfig> {
    const HOW: &str = "Write \"127.0.0.1:8443\".";
    let listen = s.list("listen", "an address and a port", HOW, |text| text.parse::<SocketAddr>().ok()).pop();
    let listen = s.require("listen", listen, HOW);
    let address = s.text("address");
    let address = s.require("address", address, ADDRESS);
    let tls = s.section("tls").and_then(|tls| tls_files(tls, marks));
    let proxies = networks(&s, "proxies");
    let span = s.span.clone();
    s.close();
    let url = address.as_ref().and_then(|at| origin(&at.value));
    if let (Some(at), None) = (&address, &url) {
        source.error(&at.span, "`address` is the console's own address, with https.", ADDRESS);
    }
    let (listen, address) = (listen?, url?);
    if tls.is_none() && !listen.value.ip().is_loopback() {
        source.error(
            &span,
            "The console listens beyond this host without TLS: passwords and mail would cross the network in clear.",
            "Give `[console.tls]` with `certificate` and `key`, or listen on 127.0.0.1 behind a proxy that has them.",
        );
    }
    marks.listeners.push(At { value: Listen::Tcp(listen.value), span: listen.span.clone() });
    Some(ConsoleConfig { listen: listen.value, address, tls, proxies })
}

/// Scheme, name and port alone. Without TLS only this machine itself: a browser keeps no secret
/// from the network otherwise, and has no passkeys.
fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let own = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let scheme = url.scheme() == "https" || url.scheme() == "http" && own;
    (scheme && plain && url.username().is_empty() && url.password().is_none() && url.has_host())
        .then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_and_name_alone() {
        for good in
            ["https://gate.oakfield.example", "https://gate.oakfield.example:8443/", "http://localhost:8480"]
        {
            assert!(origin(good).is_some(), "{good}");
        }
        for bad in [
            "gate.oakfield.example",
            "http://gate.oakfield.example",
            "https://gate.oakfield.example/console",
            "https://a@gate.oakfield.example",
            "https://gate.oakfield.example/?a=b",
            "ftp://localhost",
        ] {
            assert!(origin(bad).is_none(), "{bad}");
        }
    }
}
