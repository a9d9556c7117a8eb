//! Who speaks: the host at the other end, and for whom it says to speak (XCLIENT, XFORWARD,
//! after Postfix's XCLIENT_README and XFORWARD_README).

use super::access::{Access, Entry, Fingerprint, MaySayXclient};
use crate::{
    mail::{Arrival, Door, SenderProof},
    wire::smtp::{command::Attribute, stream::Wire},
};
use sha2::{Digest, Sha256};
use std::{net::IpAddr, sync::Arc};

pub(super) const XCLIENT_NAMES: &str = "NAME ADDR PORT PROTO HELO LOGIN";
pub(super) const XFORWARD_NAMES: &str = "NAME ADDR PORT PROTO HELO IDENT SOURCE";

pub(super) struct Peer {
    address: IpAddr,
    entry: Option<Arc<Entry>>,
    tls: Option<String>,
    /// XCLIENT: for the rest of the session.
    assumed: Claims,
    /// XFORWARD: for the next transaction.
    forwarded: Claims,
}

/// What a listed host says of its own client.
#[derive(Default)]
struct Claims {
    address: Claim<IpAddr>,
    name: Claim<String>,
    helo: Claim<String>,
    login: Claim<String>,
    ident: Claim<String>,
}

#[derive(Clone, Default)]
enum Claim<T> {
    #[default]
    Unsaid,
    /// `[UNAVAILABLE]`
    Unknown,
    Is(T),
}

impl<T: Clone> Claim<T> {
    /// A claim, else what the next has to say.
    fn or(&self, other: impl FnOnce() -> Option<T>) -> Option<T> {
        match self {
            Self::Unsaid => other(),
            Self::Unknown => None,
            Self::Is(value) => Some(value.clone()),
        }
    }
}

impl<T> From<Option<T>> for Claim<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Self::Is)
    }
}

/// A name that is no attribute, or a value that is none of its kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadAttribute;

impl Peer {
    pub(super) fn new(address: IpAddr, access: &Access) -> Self {
        let address = address.to_canonical();
        Self {
            address,
            entry: access.entry(address, None),
            tls: None,
            assumed: Claims::default(),
            forwarded: Claims::default(),
        }
    }

    /// After the handshake: a certificate may make it another client, and what was claimed in
    /// plain text counts no longer.
    pub(super) fn encrypted(address: IpAddr, access: &Access, wire: &Wire) -> Self {
        let certificate: Option<Fingerprint> = wire.peer_certificate().map(|der| Sha256::digest(der).into());
        let mut peer = Self::new(address, access);
        peer.entry = access.entry(peer.address, certificate.as_ref());
        peer.tls = wire.tls();
        peer
    }

    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    /// `None`: nobody that may send mail (yet).
    pub(super) fn entry(&self) -> Option<&Arc<Entry>> {
        self.entry.as_ref()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) fn may_say_xclient(&self) -> bool {
        self.entry.as_ref().is_some_and(|e| e.xclient() == MaySayXclient::Yes)
    }

    /// Its rights stay those of the host that speaks. It begins a session for a client (XCLIENT_README):
    /// who signed in is said each time, or nobody did.
    pub(super) fn assume(&mut self, attributes: &[Attribute]) -> Result<(), BadAttribute> {
        self.assumed.login = Claim::Unsaid;
        self.assumed.take(attributes, XCLIENT_NAMES)
    }

    pub(super) fn forward(&mut self, attributes: &[Attribute]) -> Result<(), BadAttribute> {
        self.forwarded.take(attributes, XFORWARD_NAMES)
    }

    /// The end of a transaction.
    pub(super) fn forget_forwarded(&mut self) {
        self.forwarded = Claims::default();
    }

    pub(super) fn login(&self) -> Option<String> {
        self.assumed.login.or(|| None)
    }

    /// As the transaction tells it; the proof is set when the message has been seen.
    pub(super) fn arrival(&self, helo: Option<&str>) -> Arrival {
        Arrival {
            door: Door::Relay,
            client: self.forwarded.address.or(|| self.assumed.address.or(|| Some(self.address))),
            client_name: self.forwarded.name.or(|| self.assumed.name.or(|| None)),
            helo: self.forwarded.helo.or(|| self.assumed.helo.or(|| helo.map(str::to_owned))),
            tls: self.tls.clone(),
            queue_id: self.forwarded.ident.or(|| None),
            proof: SenderProof::Unproved,
        }
    }
}

impl Claims {
    fn take(&mut self, attributes: &[Attribute], known: &str) -> Result<(), BadAttribute> {
        for Attribute { name, value } in attributes {
            if !known.split(' ').any(|k| k == name) {
                return Err(BadAttribute);
            }
            let value = value.clone();
            match name.as_str() {
                "ADDR" => self.address = value.map(|v| address(&v).ok_or(BadAttribute)).transpose()?.into(),
                "NAME" => self.name = value.into(),
                "HELO" => self.helo = value.into(),
                "LOGIN" => self.login = value.into(),
                "IDENT" => self.ident = value.into(),
                // Port, protocol and source say nothing that we use.
                _ => {}
            }
        }
        Ok(())
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let prefixed = text.get(..5).filter(|p| p.eq_ignore_ascii_case("IPV6:"));
    let text = prefixed.map_or(text, |p| &text[p.len()..]);
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(pairs: &[(&str, Option<&str>)], known: &str) -> Result<Claims, BadAttribute> {
        let attribute = |(name, value): &(&str, Option<&str>)| Attribute {
            name: name.to_string(),
            value: value.map(str::to_owned),
        };
        let attributes: Vec<_> = pairs.iter().map(attribute).collect();
        let mut claims = Claims::default();
        claims.take(&attributes, known).map(|()| claims)
    }

    #[test]
    fn claims_go_before_what_is_seen_and_unknown_is_a_claim() {
        let peer = Peer {
            address: "192.0.2.1".parse().unwrap(),
            entry: None,
            tls: None,
            assumed: claims(
                &[("ADDR", Some("IPv6:2001:db8::7")), ("NAME", Some("a.example"))],
                XCLIENT_NAMES,
            )
            .unwrap(),
            forwarded: claims(&[("NAME", None), ("IDENT", Some("4Qx"))], XFORWARD_NAMES).unwrap(),
        };
        let arrival = peer.arrival(Some("helo.example"));
        assert_eq!(arrival.client, Some("2001:db8::7".parse().unwrap()));
        assert_eq!(arrival.client_name, None);
        assert_eq!(arrival.helo.as_deref(), Some("helo.example"));
        assert_eq!(arrival.queue_id.as_deref(), Some("4Qx"));
    }

    #[test]
    fn a_sign_in_is_the_clients_for_whom_it_was_said() {
        let mut peer = Peer {
            address: "192.0.2.1".parse().unwrap(),
            entry: None,
            tls: None,
            assumed: Claims::default(),
            forwarded: Claims::default(),
        };
        let attribute = |name: &str, value: &str| Attribute { name: name.into(), value: Some(value.into()) };
        peer.assume(&[attribute("ADDR", "192.0.2.7"), attribute("LOGIN", "t.staff")]).unwrap();
        assert_eq!(peer.login().as_deref(), Some("t.staff"));
        peer.assume(&[attribute("ADDR", "192.0.2.8")]).unwrap();
        assert_eq!(peer.login(), None);
    }

    #[test]
    fn only_the_commands_own_attributes_are_taken() {
        assert!(claims(&[("LOGIN", Some("a"))], XFORWARD_NAMES).is_err());
        assert!(claims(&[("IDENT", Some("a"))], XCLIENT_NAMES).is_err());
        assert!(claims(&[("ADDR", Some("not an address"))], XCLIENT_NAMES).is_err());
        assert!(claims(&[("PORT", Some("25")), ("PROTO", None)], XCLIENT_NAMES).is_ok());
    }
}
