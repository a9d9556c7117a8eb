//! STARTTLS on both sides.

use super::*;
use gatehouse::{config::TlsFiles, wire::smtp::Resolve};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    },
};

/// A certificate for a name, signed by itself, with its files.
struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    folder: tempfile::TempDir,
}

impl Identity {
    fn of(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let key = made.signing_key.serialize_der();
        Self { certificate: made.cert.der().clone(), key, folder }
    }

    fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn files(&self) -> TlsFiles {
        TlsFiles { certificate: self.certificate_file(), key: self.folder.path().join("key.pem") }
    }

    fn fingerprint(&self) -> String {
        Sha256::digest(&self.certificate).iter().map(|b| format!("{b:02x}")).collect()
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }

    fn acceptor(&self) -> TlsAcceptor {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = builder
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key())
            .unwrap();
        Arc::new(config).into()
    }

    /// A client that trusts this identity, showing `own`.
    fn connector(&self, own: Option<&Self>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some(own) => builder.with_client_auth_cert(vec![own.certificate.clone()], own.key()).unwrap(),
        };
        Arc::new(config).into()
    }
}

const MAIL: &str = "From: a@oak.example\r\n\r\nx\r\n.\r\n";

async fn encrypt(mut client: Client, connector: &TlsConnector) -> Client {
    client.expect("STARTTLS", "220 ").await;
    let name = ServerName::try_from("gate.example").unwrap();
    Client::over(connector.connect(name, client.into_stream()).await.unwrap())
}

async fn relay_with(own: &Identity, clients: Vec<RelayClient>) -> (Relay, Hop) {
    let hop = Hop::start(HopScript::default()).await;
    let mut setup = Setup::new(vec![next_hop("hop", &["*"], &[hop.address])], TestHouse::new(|_| Fate::Pass));
    setup.config.tls = Some(own.files());
    setup.config.clients = clients;
    (setup.start().await, hop)
}

#[tokio::test]
async fn a_client_encrypts_and_begins_anew() {
    let own = Identity::of("gate.example");
    let (relay, hop) = relay_with(&own, vec![loopback()]).await;
    let mut client = relay.client().await;
    assert!(client.greeted().await.contains("STARTTLS"));
    client.expect(FROM, "250 ").await;
    client.expect("STARTTLS", "503 ").await;
    client.expect("RSET", "250 ").await;
    let mut client = encrypt(client, &own.connector(None)).await;
    client.expect("MAIL FROM:<a@oak.example> SIZE=1", "555 ").await;
    assert!(!client.cmd("EHLO client.example").await.contains("STARTTLS"));
    client.expect("STARTTLS", "502 ").await;
    assert!(client.message(MAIL).await.starts_with("250 "));
    let text = String::from_utf8(hop.only().with_trace()).unwrap();
    assert!(text.contains(" with ESMTPS id ") && text.contains("(TLSv1_3_TLS13"), "{text}");
    assert!(relay.house.only().arrival.tls.unwrap().starts_with("TLSv1_3 "));
}

#[tokio::test]
async fn plaintext_behind_starttls_ends_the_session() {
    let own = Identity::of("gate.example");
    let (relay, hop) = relay_with(&own, vec![loopback()]).await;
    for injected in [format!("{FROM}\r\n"), "N".into()] {
        let mut client = relay.ready().await;
        client.send(format!("STARTTLS\r\n{injected}")).await;
        assert!(client.reply().await.starts_with("554 5.5.0 "));
        client.closed().await;
    }
    assert_eq!(hop.commands(), Vec::<String>::new());
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let (own, known, unknown) =
        (Identity::of("gate.example"), Identity::of("mail.oak.example"), Identity::of("mail.oak.example"));
    let by_certificate = RelayClient { certificates: vec![known.fingerprint()], ..loopback() };
    let (relay, hop) = relay_with(&own, vec![by_certificate]).await;
    let mut plain = relay.ready().await;
    plain.expect(FROM, "530 5.7.0 ").await;
    for (shown, expected) in [(None, "550 5.7.1 "), (Some(&unknown), "550 5.7.1 "), (Some(&known), "250 ")] {
        let mut client = encrypt(relay.ready().await, &own.connector(shown)).await;
        client.cmd("EHLO client.example").await;
        client.expect(FROM, expected).await;
    }
    let mut client = encrypt(relay.ready().await, &own.connector(Some(&known))).await;
    client.cmd("EHLO client.example").await;
    assert!(client.message(MAIL).await.starts_with("250 "));
    assert_eq!(hop.count(), 1);
}

/// Every name is the loopback.
fn everywhere_here() -> Resolve {
    Arc::new(|host| {
        Box::pin(async move {
            let port = host.rsplit_once(':').unwrap().1.parse().unwrap();
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
        })
    })
}

/// A relay whose hop is called `name` and is spoken to with `tls`.
async fn relay_to(script: HopScript, name: &str, tls: HopTls, ca: Option<&Identity>) -> (Relay, Hop) {
    let hop = Hop::start(script).await;
    let mut next = next_hop("hop", &["*"], &[hop.address]);
    next.hosts = vec![format!("{name}:{}", hop.address.port())];
    (next.tls, next.ca) = (tls, ca.map(Identity::certificate_file));
    let mut setup = Setup::new(vec![next], TestHouse::new(|_| Fate::Pass));
    setup.client = Arc::new(NextHopClient::new("gate.example", everywhere_here()));
    (setup.start().await, hop)
}

/// The answers to RCPT and, if that was accepted, to the message.
async fn try_mail(relay: &Relay) -> String {
    let mut client = relay.ready().await;
    client.expect(FROM, "250 ").await;
    let reply = client.cmd(TO).await;
    if !reply.starts_with("250 ") {
        return reply;
    }
    client.expect("DATA", "354 ").await;
    client.send(MAIL).await;
    client.reply().await
}

#[tokio::test]
async fn a_required_next_hop_must_show_its_certificate() {
    let (good, other) = (Identity::of("hop.example"), Identity::of("hop.example"));
    let encrypted = || HopScript { tls: Some(good.acceptor()), ..Default::default() };
    let (relay, hop) = relay_to(encrypted(), "hop.example", HopTls::Required, Some(&good)).await;
    assert!(try_mail(&relay).await.starts_with("250 "));
    let commands = hop.all_commands();
    assert_eq!(commands[..3], ["EHLO gate.example", "STARTTLS", "EHLO gate.example"]);
    for (script, name, ca) in [
        (encrypted(), "hop.example", Some(&other)),
        (encrypted(), "other.example", Some(&good)),
        (HopScript::default(), "hop.example", Some(&good)),
    ] {
        let (relay, hop) = relay_to(script, name, HopTls::Required, ca).await;
        assert!(try_mail(&relay).await.starts_with("451 4.4.1 "), "{name}");
        assert!(!hop.all_commands().iter().any(|c| c.starts_with("MAIL")), "nothing of the mail leaves");
    }
}

#[tokio::test]
async fn an_opportunistic_next_hop_is_encrypted_when_it_can_be() {
    let good = Identity::of("hop.example");
    let script = HopScript { tls: Some(good.acceptor()), ..Default::default() };
    let (relay, hop) = relay_to(script, "any.example", HopTls::Opportunistic, None).await;
    assert!(try_mail(&relay).await.starts_with("250 "));
    assert!(hop.all_commands().contains(&"STARTTLS".to_owned()));
    let (relay, hop) = relay_to(HopScript::default(), "any.example", HopTls::Opportunistic, None).await;
    assert!(try_mail(&relay).await.starts_with("250 "));
    assert_eq!(hop.count(), 1);
    // Refused, or broken by what was injected: the mail goes on in plain text by a new connection.
    let refuse = |line: &str| if line == "STARTTLS" { "454 no".into() } else { "250 ok".into() };
    for script in [
        HopScript { injected: "250 injected", tls: Some(good.acceptor()), ..Default::default() },
        HopScript { extensions: vec!["STARTTLS"], answer: Box::new(refuse), ..Default::default() },
    ] {
        let (relay, hop) = relay_to(script, "any.example", HopTls::Opportunistic, None).await;
        assert!(try_mail(&relay).await.starts_with("250 "));
        assert_eq!(hop.connections(), 2);
    }
}

#[tokio::test]
async fn a_reply_injected_behind_starttls_is_never_believed() {
    let good = Identity::of("hop.example");
    let injected = "250-hop.example\r\n250 SMTPUTF8";
    let script = HopScript { injected, tls: Some(good.acceptor()), ..Default::default() };
    let (relay, hop) = relay_to(script, "hop.example", HopTls::Required, Some(&good)).await;
    assert!(try_mail(&relay).await.starts_with("451 4.4.1 "));
    assert!(!hop.all_commands().iter().any(|c| c.starts_with("MAIL")));
}
