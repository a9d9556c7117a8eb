//! `[milter]`, `[relay]` and `[[next-hop]]`.

use super::{
    BareNewline, HopTls, Listen, MilterConfig, Network, NextHop, RelayClient, RelayConfig, TenantSecret,
    TlsFiles,
    read::{Marks, Need},
    schools,
    section::Section,
    source::{At, Source},
};
use crate::mail::SchoolId;
use std::{net::IpAddr, net::SocketAddr, ops::Range, path::PathBuf, time::Duration};

pub(super) struct HopMarks {
    pub(super) name: At<String>,
    pub(super) domains: Vec<At<String>>,
    pub(super) hosts: Vec<At<String>>,
}

const LISTEN: &str = "an address to listen on";
const LISTEN_HOW: &str = "Write \"127.0.0.1:8891\" or \"unix:/run/gatehouse/milter.sock\".";

pub(super) fn milter(s: Section<'_>, marks: &mut Marks) -> MilterConfig {
    let mode =
        s.list("socket-mode", "the permission bits of the socket", "As in \"0660\".", permissions).pop();
    let mode = mode.map_or(0o660, |mode| mode.value);
    let listen = s.list("listen", LISTEN, LISTEN_HOW, |text| match text.strip_prefix("unix:") {
        Some(path) => path.starts_with('/').then(|| Listen::Unix(PathBuf::from(path), mode)),
        None => text.parse().ok().map(Listen::Tcp),
    });
    s.require("listen", Some(()).filter(|()| s.has("listen")), LISTEN_HOW);
    for at in &listen {
        if let Listen::Unix(path, _) = &at.value {
            marks.files.push((Need::FolderOf, At { value: path.clone(), span: at.span.clone() }));
        }
    }
    marks.listeners.extend(listen.iter().cloned());
    let config = MilterConfig {
        listen: listen.into_iter().map(|at| at.value).collect(),
        authenticating_hosts: networks(&s, "authenticating-hosts"),
    };
    s.close();
    config
}

/// `"0660"`.
fn permissions(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8).ok().filter(|bits| text.len() <= 4 && *bits <= 0o777)
}

pub(super) fn networks(s: &Section<'_>, key: &'static str) -> Vec<Network> {
    let hint = "Write \"192.0.2.25\" or \"192.0.2.0/24\", with zeros behind the prefix.";
    s.list(key, "a network", hint, Network::parse).into_iter().map(|at| at.value).collect()
}

pub(super) fn relay(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> RelayConfig {
    marks.relay = Some(s.span.clone());
    let listen = s.list("listen", LISTEN, "Write \"0.0.0.0:2525\".", |text| text.parse::<SocketAddr>().ok());
    s.require("listen", Some(()).filter(|()| s.has("listen")), "Write \"0.0.0.0:2525\".");
    marks
        .listeners
        .extend(listen.iter().map(|at| At { value: Listen::Tcp(at.value), span: at.span.clone() }));
    let newlines = [("refuse", BareNewline::Refuse), ("normalise", BareNewline::Normalise)];
    let config = RelayConfig {
        listen: listen.iter().map(|at| at.value).collect(),
        tls: s.section("tls").and_then(|tls| tls_files(tls, marks)),
        bare_newline: s.choice("bare-newline", &newlines, BareNewline::Refuse),
        clients: s.sections("client").into_iter().map(|client| relay_client(client, marks)).collect(),
        tenants: s.sections("tenant").into_iter().map(|t| tenant(source, t, marks)).collect(),
        max_received: s.number("max-received", 10..=200, 50),
    };
    if config.tls.is_none() {
        for at in listen.iter().filter(|at| !at.value.ip().is_loopback()) {
            source.warning(
                &at.span,
                "The relay listens beyond this host without TLS.",
                "Give `[relay.tls]` with `certificate` and `key`, so that clients can say STARTTLS.",
            );
        }
    }
    s.close();
    config
}

/// One address; it has neither password nor TLS.
pub(super) fn metrics(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> Option<SocketAddr> {
    const HOW: &str = "Write \"127.0.0.1:9464\".";
    let listen = s.list("listen", LISTEN, HOW, |text| text.parse::<SocketAddr>().ok()).pop();
    let listen = s.require("listen", listen, HOW);
    s.close();
    let at = listen?;
    if !at.value.ip().is_loopback() {
        let hint = "Let a firewall admit the machine that asks, and nobody else.";
        source.warning(&at.span, "Whoever reaches this door reads the numbers of the gate.", hint);
    }
    marks.listeners.push(At { value: Listen::Tcp(at.value), span: at.span.clone() });
    Some(at.value)
}

pub(super) fn tls_files(s: Section<'_>, marks: &mut Marks) -> Option<TlsFiles> {
    let certificate = s.path("certificate");
    let certificate = s.require("certificate", certificate, "The file of the certificate chain, PEM.");
    let key = s.path("key");
    let key = s.require("key", key, "The file of the private key, PEM.");
    s.close();
    marks.files.extend(certificate.iter().map(|path| (Need::File, path.clone())));
    marks.files.extend(key.iter().map(|path| (Need::Secret, path.clone())));
    Some(TlsFiles { certificate: certificate?.value, key: key?.value })
}

pub(super) fn school_ids(s: &Section<'_>, key: &'static str, marks: &mut Marks) -> Vec<SchoolId> {
    let ids = s.list(key, "the id of a school", "", |text| Some(SchoolId(text.into())));
    marks.named_schools.extend(ids.iter().cloned());
    ids.into_iter().map(|at| at.value).collect()
}

fn relay_client(s: Section<'_>, marks: &mut Marks) -> RelayClient {
    marks.clients.push(s.span.clone());
    let digest = "the SHA-256 of a certificate in hex";
    let client = RelayClient {
        networks: networks(&s, "networks"),
        certificates: s
            .list(
                "certificates",
                digest,
                "64 characters: `openssl x509 -fingerprint -sha256`, without colons.",
                sha256,
            )
            .into_iter()
            .map(|at| at.value)
            .collect(),
        schools: school_ids(&s, "schools", marks),
        shared: s.flag("shared", false),
        xclient: s.flag("xclient", false),
        authenticates_users: s.flag("authenticates-users", false),
    };
    s.require(
        "networks",
        Some(()).filter(|()| s.has("networks")),
        "The addresses that may speak, as in [\"192.0.2.25\"].",
    );
    s.require("schools", Some(()).filter(|()| s.has("schools")), "The ids of the schools it may send for.");
    s.close();
    client
}

fn sha256(text: &str) -> Option<String> {
    let text = text.replace(':', "").to_lowercase();
    (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then_some(text)
}

fn tenant(source: &Source<'_>, s: Section<'_>, marks: &mut Marks) -> TenantSecret {
    let school = school_ids(&s, "school", marks).pop();
    let school = s.require("school", school, "The id of the school.");
    let header = s.text("header");
    let header =
        s.require("header", header, "The field that the school's tenant adds, as in \"X-Gatehouse-Tenant\".");
    let digest = s
        .list("sha256", "the SHA-256 of the secret in hex", "`printf %s \"$secret\" | sha256sum`", sha256)
        .pop();
    let digest = s.require("sha256", digest, "`printf %s \"$secret\" | sha256sum`");
    s.close();
    // RFC 5322 section 3.6.8; an X- field, since it is taken out before the mail goes on.
    let token = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if let Some(name) =
        header.as_ref().filter(|h| !h.value.to_lowercase().starts_with("x-") || !token(&h.value))
    {
        source.error(
            &name.span,
            "`header` must be the name of a field of your own.",
            "It begins with `X-`, since it is taken out of the mail.",
        );
    }
    TenantSecret {
        school: school.unwrap_or_else(|| SchoolId("".into())),
        header: header.map(|at| at.value).unwrap_or_default(),
        sha256: digest.map(|at| at.value).unwrap_or_default(),
    }
}

pub(super) fn next_hop(s: Section<'_>, marks: &mut Marks) -> NextHop {
    let name = s.text("name");
    let name = s.require("name", name, "A name of your choice, as in \"cloud\".");
    let star = |text: &str| if text == "*" { Some("*".to_owned()) } else { schools::domain(text) };
    let domains = s.list("domains", "a domain or \"*\"", "As in \"school.example\".", star);
    s.require(
        "domains",
        Some(()).filter(|()| s.has("domains")),
        "The recipients' domains, or [\"*\"] for all others.",
    );
    let hosts = s.list("hosts", "a host with its port", "As in \"mail.school.example:25\".", host);
    s.require("hosts", Some(()).filter(|()| s.has("hosts")), "As in [\"mail.school.example:25\"].");
    let tls =
        [("never", HopTls::Never), ("opportunistic", HopTls::Opportunistic), ("required", HopTls::Required)];
    let tls = s.choice("tls", &tls, HopTls::Opportunistic);
    let ca = s.path("ca");
    marks.files.extend(ca.iter().map(|ca| (Need::File, ca.clone())));
    let second = Duration::from_secs(1);
    let hop = NextHop {
        name: name.as_ref().map(|n| n.value.clone()).unwrap_or_default(),
        domains: domains.iter().map(|at| at.value.clone()).collect(),
        hosts: hosts.iter().map(|at| at.value.clone()).collect(),
        tls,
        ca: ca.map(|ca| ca.value),
        connect_timeout: s.duration("connect-timeout", second..=second * 300, second * 30),
        // RFC 5321 section 4.5.3.2.6: ten minutes for the answer to the end of data.
        timeout: s.duration("timeout", second * 10..=second * 1800, second * 600),
    };
    let name = name.unwrap_or_else(|| At { value: String::new(), span: s.span.clone() });
    s.close();
    marks.hops.push(HopMarks { name, domains, hosts });
    hop
}

/// `host:port`; port 25 when none is given.
pub(super) fn host(text: &str) -> Option<String> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse::<u16>().ok()?),
        Some(_) => return None,
        None => (text, 25),
    };
    let address = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let valid = address.map_or_else(
        || name.parse::<IpAddr>().is_ok() || name == "localhost" || schools::is_domain(&name.to_lowercase()),
        |address| address.parse::<std::net::Ipv6Addr>().is_ok(),
    );
    (valid && port > 0).then(|| format!("{name}:{port}"))
}

/// Where a hop's domains stand, for messages about it.
impl HopMarks {
    pub(super) fn span(&self) -> &Range<usize> {
        &self.name.span
    }
}
