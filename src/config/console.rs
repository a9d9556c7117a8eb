//! `[console]`: the door of the web pages, and the address by which people know it.

use super::{
    Listen, TlsFiles,
    doors::{networks, school_ids, tls_files},
    network::Network,
    read::{Marks, Need},
    section::Section,
    source::{At, Source},
};
use crate::mail::SchoolId;
use std::{net::SocketAddr, path::PathBuf};
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
    /// The schools' own sign-in, each with a button.
    pub sign_in: Vec<SchoolSignIn>,
}

/// `[[console.oidc]]`: a school's own sign-in (OpenID Connect).
#[derive(Clone, Debug)]
pub struct SchoolSignIn {
    /// As its button calls it.
    pub name: String,
    pub issuer: Url,
    pub client: String,
    /// The file of the client's secret.
    pub secret: PathBuf,
    /// Microsoft's tenants (`tid`); when there are any, nobody else's people come in.
    pub tenants: Vec<String>,
    /// Google's hosted domains (`hd`); the same.
    pub domains: Vec<String>,
    /// Whose people come in by it.
    pub schools: Vec<SchoolId>,
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
    let sign_in = s.sections("oidc").into_iter().filter_map(|s| school_sign_in(source, s, marks)).collect();
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
    Some(ConsoleConfig { listen: listen.value, address, tls, proxies, sign_in })
}

const ISSUER: &str = "Write \"https://login.microsoftonline.com/TENANT/v2.0\" with your tenant's id, or \"https://accounts.google.com\".";

fn school_sign_in(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<SchoolSignIn> {
    let name = s.text("name");
    let name = s.require("name", name, "What its button says, as in \"Microsoft\".");
    let issuer = s.text("issuer");
    let issuer = s.require("issuer", issuer, ISSUER);
    let client = s.text("client-id");
    let client = s.require("client-id", client, "The id that the sign-in gave this application.");
    let secret = s.path("client-secret");
    let secret = s.require(
        "client-secret",
        secret,
        "The file of the secret that goes with it, readable by the gate alone.",
    );
    let tenants = s.texts("tenants").unwrap_or_default();
    let domains = s.texts("domains").unwrap_or_default();
    let schools = school_ids(&s, "schools", marks);
    s.require(
        "schools",
        Some(()).filter(|()| s.has("schools")),
        "The ids of the schools whose people come in by it.",
    );
    s.close();
    marks.files.extend(secret.iter().map(|path| (Need::Secret, path.clone())));
    let url = issuer.as_ref().and_then(|at| issuer_of(&at.value));
    if let (Some(at), None) = (&issuer, &url) {
        source.error(&at.span, "`issuer` is an address with https, of one tenant.", ISSUER);
    }
    let microsoft = url.as_ref().is_some_and(|url| url.host_str() == Some("login.microsoftonline.com"));
    let google = url.as_ref().is_some_and(|url| url.host_str() == Some("accounts.google.com"));
    if let (Some(at), true) = (&issuer, microsoft && tenants.is_empty()) {
        source.error(
            &at.span,
            "Microsoft's sign-in needs `tenants`: people of other tenants could come in.",
            "The id of your tenant, as in `tenants = [\"72f988bf-...\"]`.",
        );
    }
    if let (Some(at), true) = (&issuer, google && domains.is_empty()) {
        source.error(
            &at.span,
            "Google's sign-in needs `domains`: everybody with an account there could come in.",
            "The domain of your Workspace, as in `domains = [\"oakfield.example\"]`.",
        );
    }
    let texts = |all: Vec<At<String>>| all.into_iter().map(|at| at.value.to_lowercase()).collect();
    Some(SchoolSignIn {
        name: name?.value,
        issuer: url?,
        client: client?.value,
        secret: secret?.value,
        tenants: texts(tenants),
        domains: texts(domains),
        schools,
    })
}

/// With https, or on this machine; never the address that stands for every tenant.
fn issuer_of(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let own = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let all = ["common", "organizations", "consumers"];
    let names_all = url.path_segments().into_iter().flatten().any(|part| all.contains(&part));
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    ((url.scheme() == "https" || url.scheme() == "http" && own) && plain && !names_all).then_some(url)
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
    fn an_issuer_is_one_tenants() {
        for good in [
            "https://accounts.google.com",
            "https://login.microsoftonline.com/1b2c/v2.0",
            "http://127.0.0.1:8000",
        ] {
            assert!(issuer_of(good).is_some(), "{good}");
        }
        for bad in [
            "http://id.oakfield.example",
            "https://login.microsoftonline.com/common/v2.0",
            "https://a?b",
            "id",
        ] {
            assert!(issuer_of(bad).is_none(), "{bad}");
        }
    }

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
