//! From where somebody asks: the address of the connection, or what a proxy of ours says of it.

use super::super::{Console, Fault};
use crate::config::Network;
use axum::{extract::FromRequestParts, http::request::Parts};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

const FORWARDED: &str = "x-forwarded-for";

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker(pub IpAddr);

impl Asker {
    /// What one household or school has of the network: an address, or in IPv6 the part that a
    /// provider gives to one customer, who has as many addresses in it as they like.
    pub fn network(self) -> Vec<u8> {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        }
    }
}

/// The last of the forwarded addresses that is no proxy of ours: what stands before it, anybody may
/// have written.
fn origin(connection: IpAddr, forwarded: &[&str], proxies: &[Network]) -> IpAddr {
    let is_ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    if !is_ours(connection) {
        return connection;
    }
    let mut last = connection;
    for part in forwarded.iter().flat_map(|line| line.split(',')).rev() {
        match part.trim().parse() {
            Ok(address) if is_ours(address) => last = address,
            Ok(address) => return address,
            Err(_) => return last,
        }
    }
    last
}

impl FromRequestParts<Arc<Console>> for Asker {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Fault> {
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let connection = parts.extensions.get::<SocketAddr>().map_or(nowhere, SocketAddr::ip);
        let forwarded: Vec<&str> =
            parts.headers.get_all(FORWARDED).iter().filter_map(|value| value.to_str().ok()).collect();
        Ok(Self(origin(connection, &forwarded, &console.at.proxies)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let network = |address: &str, prefix| Network { address: address.parse().unwrap(), prefix };
        let proxies = [network("127.0.0.1", 32), network("10.0.0.0", 8)];
        let from = |connection: &str, forwarded: &[&str]| {
            origin(connection.parse().unwrap(), forwarded, &proxies).to_string()
        };
        assert_eq!(from("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "no proxy of ours");
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(from("127.0.0.1", &["203.0.113.9, 198.51.100.7", "10.1.1.1"]), "198.51.100.7");
        assert_eq!(from("127.0.0.1", &["198.51.100.7, nonsense"]), "127.0.0.1");
    }

    #[test]
    fn a_customer_is_one_whatever_address_they_take() {
        let network = |text: &str| Asker(text.parse().unwrap()).network();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }
}
