//! The envelope of a message that came from a file and so has none.

use super::Source;
use crate::{
    mail::{Address, Arrival, Channel, Door, Envelope, Recipient, ReversePath, Transaction, TransactionId},
    message::{Header, Mailbox, ReadLimits},
};
use chrono::{DateTime, Utc};

/// What the command line says about the envelope (`--from`, `--to`).
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub from: Option<ReversePath>,
    pub to: Vec<Address>,
}

/// More recipients than any transaction has; a header's list is cut there.
const MOST_RECIPIENTS: usize = 10_000;

/// The transaction of a file's message, with [`envelope`]. Nothing proves the sender.
pub fn transaction(
    source: &Source,
    overrides: &Overrides,
    id: TransactionId,
    now: DateTime<Utc>,
) -> Transaction {
    Transaction {
        id,
        received_at: now,
        channel: Channel::Email,
        arrival: Arrival::unknown(Door::File),
        envelope: envelope(&source.raw, overrides),
        raw: source.raw.clone(),
    }
}

/// The sender is the first that is there of `overrides`, X-Envelope-From, Return-Path, and
/// the header's From or Sender; the recipients are those of `overrides`, X-Envelope-To, or
/// To, Cc and Bcc.
pub fn envelope(raw: &[u8], overrides: &Overrides) -> Envelope {
    let block = &raw[..crate::mail::header_end(raw)];
    // The header alone is read: there is no body to take apart.
    let header = crate::message::read(block, ReadLimits::default()).header;
    let sender = overrides.from.clone().or_else(|| envelope_sender(block)).or_else(|| author(&header));
    let mut recipients = overrides.to.clone();
    if recipients.is_empty() {
        recipients = values(block, "x-envelope-to")
            .flat_map(|v| v.split(',').filter_map(address).collect::<Vec<_>>())
            .collect();
    }
    if recipients.is_empty() {
        let named = header.to.iter().chain(&header.cc).chain(&header.bcc);
        recipients = named.filter_map(|mailbox| mailbox.address.clone()).collect();
    }
    Envelope {
        sender: sender.unwrap_or(ReversePath::Null),
        parameters: Vec::new(),
        recipients: distinct(recipients),
    }
}

fn envelope_sender(block: &[u8]) -> Option<ReversePath> {
    let path = |value: &str| match value.trim() {
        "<>" => Some(ReversePath::Null),
        value => address(value).map(ReversePath::Mailbox),
    };
    values(block, "x-envelope-from").chain(values(block, "return-path")).find_map(path)
}

fn author(header: &Header) -> Option<ReversePath> {
    let first = |list: &[Mailbox]| list.iter().find_map(|mailbox| mailbox.address.clone());
    first(&header.from).or_else(|| first(&header.sender)).map(ReversePath::Mailbox)
}

/// The values of the fields of that name, from the top.
fn values<'a>(block: &'a [u8], name: &'a str) -> impl Iterator<Item = &'a str> {
    crate::mail::fields(block)
        .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
        .filter_map(|(_, line)| std::str::from_utf8(line).ok()?.split_once(':').map(|(_, value)| value))
}

fn address(value: &str) -> Option<Address> {
    let value = value.trim();
    Address::parse(value.strip_prefix('<').and_then(|v| v.strip_suffix('>')).unwrap_or(value))
}

/// Each mailbox once, in order (RFC 5321 has no rule against more, people do).
fn distinct(addresses: Vec<Address>) -> Vec<Recipient> {
    let mut seen = std::collections::HashSet::new();
    let fresh = addresses.into_iter().filter(|a| seen.insert(a.key().to_owned()));
    fresh.take(MOST_RECIPIENTS).map(Recipient::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(raw: &'static str, overrides: &Overrides) -> (String, Vec<String>) {
        let source = Source { path: "x".into(), index: 0, raw: raw.into() };
        let t = transaction(&source, overrides, TransactionId(1), DateTime::UNIX_EPOCH);
        let to = t.envelope.recipients.iter().map(|r| r.address.to_string()).collect();
        (t.envelope.sender.to_string(), to)
    }

    #[test]
    fn the_nearest_thing_to_an_envelope_is_taken() {
        let none = Overrides::default();
        let header = "From: A <a@x.example>\nTo: b@x.example, B <B@x.example>\nCc: c@x.example\n\nhi";
        assert_eq!(
            taken(header, &none),
            ("a@x.example".into(), vec!["b@x.example".into(), "c@x.example".into()])
        );
        let full = "Return-Path: <r@x.example>\nX-Envelope-From: <e@x.example>\nX-Envelope-To: d@x.example,\n <f@x.example>\nFrom: a@x.example\nTo: b@x.example\n\n";
        assert_eq!(
            taken(full, &none),
            ("e@x.example".into(), vec!["d@x.example".into(), "f@x.example".into()])
        );
        let bounce = "Return-Path: <>\nFrom: daemon@x.example\nTo: b@x.example\n\n";
        assert_eq!(taken(bounce, &none), (String::new(), vec!["b@x.example".into()]));
        let said = Overrides {
            from: Address::parse("o@x.example").map(ReversePath::Mailbox),
            to: Address::parse("p@x.example").into_iter().collect(),
        };
        assert_eq!(taken(full, &said), ("o@x.example".into(), vec!["p@x.example".into()]));
        assert_eq!(taken("no header at all", &none), (String::new(), vec![]));
    }
}
