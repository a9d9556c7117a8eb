//! TLS of both sides: the relay's own certificate, client certificates known by their
//! fingerprint, and what a next hop has to show.

use crate::config::{HopTls, TlsFiles};
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
        SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{
            CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
        },
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
        server::danger::{ClientCertVerified, ClientCertVerifier},
    },
};

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientCertificates {
    NotAsked,
    /// Asked for; whose it is says its fingerprint.
    Asked,
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let named = |error| invalid(format!("{}: {error}", path.display()));
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(named)?.collect();
    let found = found.map_err(named)?;
    if found.is_empty() {
        Err(invalid(format!("{}: no certificate in it", path.display())))
    } else {
        Ok(found)
    }
}

/// The relay's own side of STARTTLS.
pub(super) fn acceptor(files: &TlsFiles, clients: ClientCertificates) -> io::Result<TlsAcceptor> {
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| invalid(format!("{}: {error}", files.key.display())))?;
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(invalid)?;
    let builder = match clients {
        ClientCertificates::NotAsked => builder.with_no_client_auth(),
        ClientCertificates::Asked => {
            builder.with_client_cert_verifier(Arc::new(KnownByFingerprint(algorithms)))
        }
    };
    let config = builder.with_single_cert(certificates(&files.certificate)?, key).map_err(invalid)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The same for the web pages, which ask nobody for a certificate.
pub fn web_acceptor(files: &TlsFiles) -> io::Result<TlsAcceptor> {
    acceptor(files, ClientCertificates::NotAsked)
}

/// The ways of connecting to next hops, read once for each `ca` file.
#[derive(Default)]
pub(super) struct Connectors {
    any: Mutex<Option<TlsConnector>>,
    checked: Mutex<HashMap<Option<PathBuf>, TlsConnector>>,
}

impl Connectors {
    /// `None` when the hop is to be spoken to in plain text. Reads certificate files.
    pub(super) fn connector(&self, tls: HopTls, ca: Option<&Path>) -> io::Result<Option<TlsConnector>> {
        match tls {
            HopTls::Never => Ok(None),
            HopTls::Opportunistic => {
                let mut any = self.any.lock().unwrap_or_else(PoisonError::into_inner);
                if any.is_none() {
                    *any = Some(taking_any_certificate()?);
                }
                Ok(any.clone())
            }
            HopTls::Required => {
                let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(connector) = checked.get(&ca.map(Path::to_owned)) {
                    return Ok(Some(connector.clone()));
                }
                let connector = checking(ca)?;
                checked.insert(ca.map(Path::to_owned), connector.clone());
                Ok(Some(connector))
            }
        }
    }
}

fn checking(ca: Option<&Path>) -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|e| invalid(format!("{}: {e}", path.display())))?;
            }
        }
        // The system's store may hold single certificates that do not parse: the others count.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(invalid("no root certificates to check the next hop against"));
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(invalid)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn taking_any_certificate() -> io::Result<TlsConnector> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(invalid)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(algorithms)))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Opportunistic TLS (RFC 7435) protects against listeners only: the alternative would be
/// plain text, so any certificate is better than none.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

/// Client certificates are known by their SHA-256, which `access` compares; who signed them
/// says nothing here. That the client has the key is proved by the handshake as ever.
#[derive(Debug)]
struct KnownByFingerprint(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

impl ClientCertVerifier for KnownByFingerprint {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }
    /// Clients without a certificate may still be known by their network.
    fn client_auth_mandatory(&self) -> bool {
        false
    }
    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
