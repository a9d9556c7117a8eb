//! What is known of the SMTP client, and what proves its sender.

use super::macros::Macros;
use crate::{
    config::Network,
    mail::{Arrival, Door, SenderProof},
};
use indymilter::SocketInfo;
use std::{ffi::CString, net::IpAddr};

/// What is known of the SMTP client.
#[derive(Default)]
pub(super) struct Client {
    name: Option<String>,
    address: Option<IpAddr>,
    helo: Option<String>,
}

fn text(word: CString) -> Option<String> {
    let text = word.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}

impl Client {
    pub(super) fn of(name: &CString, socket: &SocketInfo, macros: &Macros) -> Self {
        let said = macros.get("client_addr").and_then(|a| a.trim_start_matches("IPv6:").parse().ok());
        let address = match socket {
            SocketInfo::Inet(address) => Some(address.ip()),
            _ => said,
        };
        let name = text(name.clone()).filter(|n| n != "unknown" && !n.starts_with('['));
        Self { name, address: address.map(|a| a.to_canonical()), helo: None }
    }

    /// All that is known of a message's way here, once its last macros have come.
    pub(super) fn arrival(&self, macros: &Macros, trusted: &[Network]) -> Arrival {
        let said = |name: &str| macros.get(name).map(str::to_owned);
        let proof = match macros.get("auth_authen") {
            Some(login) => SenderProof::Login(login.to_owned()),
            None if self.is_within(trusted) => SenderProof::ListedHost,
            None => SenderProof::Unproved,
        };
        let tls = said("tls_version").map(|version| match macros.get("cipher") {
            Some(cipher) => format!("{version} {cipher}"),
            None => version,
        });
        Arrival {
            door: Door::Milter,
            client: self.address,
            client_name: self.name.clone(),
            helo: self.helo.clone(),
            tls,
            queue_id: said("i"),
            proof,
        }
    }

    /// The client said HELO or EHLO.
    pub(super) fn greets(&mut self, name: CString) {
        self.helo = text(name);
    }

    fn is_within(&self, networks: &[Network]) -> bool {
        self.address.is_some_and(|address| networks.iter().any(|n| n.contains(address)))
    }
}
