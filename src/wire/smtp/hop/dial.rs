//! Connecting to one host of a next hop: greeting, EHLO, TLS as configured.

use super::{
    HopReply,
    connection::{HopConnection, Lost, Standing, read_reply},
};
use crate::{
    config::{HopTls, NextHop},
    mail::Waiting,
    wire::smtp::{
        extension::{Extension, Extensions},
        stream::Wire,
        tls::Connectors,
    },
};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

/// Turns `host:port` into addresses, in the order they are to be tried.
pub type Resolve = Arc<dyn Fn(String) -> Waiting<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The operating system's resolver.
pub fn system_resolver() -> Resolve {
    Arc::new(|host| Box::pin(async move { Ok(tokio::net::lookup_host(host).await?.collect()) }))
}

/// Why a host could not be used. Without content: it is logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialFault {
    #[error("cannot connect: {0}")]
    Unreachable(io::Error),
    #[error("{0}")]
    Lost(#[from] Lost),
    #[error("it answered {}", .0.code)]
    Unwilling(HopReply),
    #[error("it offers no STARTTLS, which is required")]
    NoTls,
    #[error("TLS failed: {0}")]
    Tls(io::Error),
}

pub(super) struct Dialler {
    pub(super) hostname: String,
    pub(super) resolve: Resolve,
    pub(super) connectors: Connectors,
}

impl Dialler {
    /// A connection ready for MAIL.
    pub(super) async fn dial(&self, hop: &NextHop, host: &str) -> Result<HopConnection, DialFault> {
        let connector = self.connectors.connector(hop.tls, hop.ca.as_deref()).map_err(DialFault::Tls)?;
        let tried = self.dial_with(hop, host, connector).await;
        match tried {
            // RFC 7435: what is only opportunistic must not stop the mail.
            Err(DialFault::Tls(error)) if hop.tls == HopTls::Opportunistic => {
                tracing::info!(hop = hop.name, %error, "TLS failed, going on in plain text");
                self.dial_with(hop, host, None).await
            }
            other => other,
        }
    }

    async fn dial_with(
        &self,
        hop: &NextHop,
        host: &str,
        connector: Option<TlsConnector>,
    ) -> Result<HopConnection, DialFault> {
        let mut wire = self.connect(hop, host).await?;
        willing(read_reply(&mut wire, hop.timeout).await?)?;
        let mut connection = HopConnection {
            wire,
            extensions: Extensions::NONE,
            host: host.to_owned(),
            made_for: (hop.tls, hop.ca.clone()),
            patience: hop.timeout,
            used: 0,
            standing: Standing::Clean,
        };
        self.hello(&mut connection).await?;
        match connector {
            Some(connector) if connection.extensions.has(Extension::StartTls) => {
                self.start_tls(connection, &connector, hop).await
            }
            Some(_) if hop.tls == HopTls::Required => Err(DialFault::NoTls),
            _ => Ok(connection),
        }
    }

    async fn connect(&self, hop: &NextHop, host: &str) -> Result<Wire, DialFault> {
        let silent = |_| DialFault::Unreachable(io::ErrorKind::TimedOut.into());
        let addresses = timeout(hop.connect_timeout, (self.resolve)(host.to_owned()))
            .await
            .map_err(silent)?
            .map_err(DialFault::Unreachable)?;
        let mut fault = DialFault::Unreachable(io::ErrorKind::NotFound.into());
        for address in addresses {
            match timeout(hop.connect_timeout, TcpStream::connect(address)).await.map_err(silent) {
                Ok(Ok(stream)) => return Wire::new(stream).map_err(DialFault::Unreachable),
                Ok(Err(error)) => fault = DialFault::Unreachable(error),
                Err(late) => fault = late,
            }
        }
        Err(fault)
    }

    /// EHLO, or HELO with a server that does not know it (RFC 5321 section 3.2).
    async fn hello(&self, connection: &mut HopConnection) -> Result<(), DialFault> {
        let said = connection.command(&format!("EHLO {}", self.hostname)).await?;
        if said.is_positive() {
            connection.extensions = Extensions::read(said.lines.iter().skip(1).map(String::as_str));
            return Ok(());
        }
        if !matches!(said.code, 500..=504) {
            return Err(DialFault::Unwilling(said));
        }
        connection.extensions = Extensions::NONE;
        willing(connection.command(&format!("HELO {}", self.hostname)).await?)
    }

    async fn start_tls(
        &self,
        mut connection: HopConnection,
        connector: &TlsConnector,
        hop: &NextHop,
    ) -> Result<HopConnection, DialFault> {
        let said = connection.command("STARTTLS").await?;
        if !said.is_positive() {
            return Err(DialFault::Tls(io::Error::other("STARTTLS was refused")));
        }
        let name = server_name(&connection.host).map_err(DialFault::Tls)?;
        let HopConnection { wire, .. } = connection;
        connection.wire = timeout(hop.timeout, wire.connect_tls(connector, name))
            .await
            .map_err(|_| DialFault::Tls(io::ErrorKind::TimedOut.into()))?
            .map_err(DialFault::Tls)?;
        // What was offered in plain text counts no longer (RFC 3207 section 4.2).
        self.hello(&mut connection).await?;
        Ok(connection)
    }
}

fn willing(said: HopReply) -> Result<(), DialFault> {
    if said.is_positive() { Ok(()) } else { Err(DialFault::Unwilling(said)) }
}

/// The name that the certificate must show: the host as configured.
fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(name.to_owned())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "no host name to check a certificate for"))
}
