//! One mail transaction as a door of the house received it: who spoke, what they
//! said in the envelope, and the bytes.

use super::{Address, ReversePath};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, sync::Arc};

/// A random 128-bit name for a transaction, shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransactionId(pub u128);

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl std::str::FromStr for TransactionId {
    type Err = std::num::ParseIntError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(s, 16).map(Self)
    }
}

/// The short name of a school in gatehouse.toml, for example `oakfield`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SchoolId(pub Arc<str>);

impl fmt::Display for SchoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What carried the message. Chat comes later; the rooms behind ask, never assume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    Email,
}

/// By which door it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    Milter,
    Relay,
    File,
}

/// What proves that the sender is who the message says (practice.md, A7). Nothing
/// in the message itself, and no network address of a shared cloud, is a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SenderProof {
    /// Nothing does. The usual case for mail from outside.
    Unproved,
    /// A listed host says that this user signed in (SASL name as given).
    Login(String),
    /// The school's secret header was there and its own domain is the sender's.
    Tenant(SchoolId),
    /// A listed host that authenticates all its users handed the mail over.
    ListedHost,
}

/// The client and what is known of it.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub door: Door,
    pub client: Option<IpAddr>,
    pub client_name: Option<String>,
    pub helo: Option<String>,
    /// TLS version and cipher of the client's side, when encrypted.
    pub tls: Option<String>,
    /// The MTA's queue id (milter macro `i`).
    pub queue_id: Option<String>,
    pub proof: SenderProof,
}

impl Arrival {
    /// An arrival of which nothing is known but the door.
    pub fn unknown(door: Door) -> Self {
        Self {
            door,
            client: None,
            client_name: None,
            helo: None,
            tls: None,
            queue_id: None,
            proof: SenderProof::Unproved,
        }
    }
}

/// One accepted RCPT. `parameters` are the ESMTP words after the path as the client
/// wrote them (for example `NOTIFY=NEVER`), passed on unchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recipient {
    pub address: Address,
    pub parameters: Vec<String>,
}

impl Recipient {
    pub fn new(address: Address) -> Self {
        Self { address, parameters: Vec::new() }
    }
}

/// The envelope (RFC 5321 section 2.3.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    pub sender: ReversePath,
    /// ESMTP words of MAIL as the client wrote them (`BODY=8BITMIME`, `SMTPUTF8`, `ENVID=..`).
    pub parameters: Vec<String>,
    pub recipients: Vec<Recipient>,
}

/// One message on its way: plain data, made by a door of `wire`.
#[derive(Clone)]
pub struct Transaction {
    pub id: TransactionId,
    pub received_at: DateTime<Utc>,
    pub channel: Channel,
    pub arrival: Arrival,
    pub envelope: Envelope,
    /// Header and body as presented, dot-stuffing removed, lines ended as they came
    /// (CRLF on the wire). Never changed afterwards.
    pub raw: Bytes,
}

/// Says how large, never what: content stays out of logs.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("id", &self.id)
            .field("door", &self.arrival.door)
            .field("recipients", &self.envelope.recipients.len())
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}
