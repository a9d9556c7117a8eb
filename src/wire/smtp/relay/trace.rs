//! What the relay adds on top of a message (RFC 5321 section 4.4), and what it reads there
//! to end loops (section 6.3).

use crate::mail::{Arrival, Envelope, Reply, SenderProof, TransactionId, fields, header_end};
use chrono::{DateTime, Utc};
use std::{fmt::Write, net::IpAddr};

/// Counts how often a message passed a Gatehouse. It only counts: anyone can write it, so it
/// never lessens inspection.
const PASS_HEADER: &str = "X-Gatehouse-Pass";

/// Passes after which a message loops. Two gates on the way and a forwarding there and back
/// make five.
const MOST_PASSES: u32 = 8;

/// Which number this pass has, or the refusal of a message that goes round.
pub(super) fn count_pass(raw: &[u8], max_received: usize) -> Result<u32, Reply> {
    let header = raw.get(..header_end(raw)).unwrap_or_default();
    let (mut received, mut fields_of_ours, mut highest) = (0, 0, 0);
    for (name, bytes) in fields(header) {
        if name.eq_ignore_ascii_case("Received") {
            received += 1;
        } else if name.eq_ignore_ascii_case(PASS_HEADER) {
            fields_of_ours += 1;
            let value = bytes.get(PASS_HEADER.len()..).unwrap_or_default();
            let digits = value.iter().filter(|b| b.is_ascii_digit()).take(4);
            highest = digits.fold(0u32, |n, b| n * 10 + u32::from(b - b'0')).max(highest);
        }
    }
    let passes = fields_of_ours.max(highest);
    if received > max_received || passes >= MOST_PASSES {
        return Err(Reply::new(554, (5, 4, 6), "Too many hops, the message goes round"));
    }
    Ok(passes + 1)
}

/// How the message came (RFC 3848, RFC 6531 section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Smtp,
    Esmtp,
    Utf8Smtp,
}

impl Protocol {
    /// The `with` word. RFC 3848 knows no SMTPS: STARTTLS needs EHLO.
    fn word(self, arrival: &Arrival) -> String {
        let base = match self {
            Self::Smtp => return "SMTP".to_owned(),
            Self::Esmtp => "ESMTP",
            Self::Utf8Smtp => "UTF8SMTP",
        };
        let secure = if arrival.tls.is_some() { "S" } else { "" };
        let signed_in = if matches!(arrival.proof, SenderProof::Login(_)) { "A" } else { "" };
        format!("{base}{secure}{signed_in}")
    }
}

/// What the fields are written from.
pub(super) struct Passage<'a> {
    pub(super) hostname: &'a str,
    pub(super) id: TransactionId,
    pub(super) at: DateTime<Utc>,
    pub(super) arrival: &'a Arrival,
    pub(super) envelope: &'a Envelope,
    pub(super) protocol: Protocol,
    pub(super) pass: u32,
}

/// The Received field and the pass counter, to be put before the message. With several
/// recipients there is no `for`: it would tell each of the others.
pub(super) fn trace_fields(passage: &Passage<'_>) -> String {
    let arrival = passage.arrival;
    let mut out = String::with_capacity(512);
    let helo = arrival.helo.as_deref().map_or_else(|| "unknown".into(), clean);
    out.extend(["Received: from ", &helo]);
    if let Some(address) = arrival.client {
        let literal = match address {
            IpAddr::V4(four) => format!("[{four}]"),
            IpAddr::V6(six) => format!("[IPv6:{six}]"),
        };
        let name = arrival.client_name.as_deref().map_or(String::new(), |name| format!("{} ", clean(name)));
        out.extend([" (", &name, &literal, ")"]);
    }
    let protocol = passage.protocol.word(arrival);
    // Writing to a String cannot fail.
    let _ = write!(out, "\r\n\tby {} (Gatehouse) with {protocol} id {}", passage.hostname, passage.id);
    if let Some(tls) = &arrival.tls {
        let _ = write!(out, "\r\n\t({})", clean(tls));
    }
    if let [only] = passage.envelope.recipients.as_slice() {
        let _ = write!(out, "\r\n\tfor <{}>", only.address);
    }
    let _ = write!(out, ";\r\n\t{}\r\n{PASS_HEADER}: {}\r\n", passage.at.to_rfc2822(), passage.pass);
    out
}

/// A stranger's word inside a field of ours: no blank, bracket or comment can come from it.
fn clean(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let text = |c| if plain(c) { c } else { '_' };
    word.chars().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Address, Door, Recipient, ReversePath};

    fn trace(arrival: &Arrival, to: &[&str], protocol: Protocol) -> String {
        let recipients = to.iter().map(|t| Recipient::new(Address::parse(t).unwrap())).collect();
        let envelope = Envelope { sender: ReversePath::Null, parameters: vec![], recipients };
        trace_fields(&Passage {
            hostname: "gate.example",
            id: TransactionId(7),
            at: DateTime::from_timestamp(1_795_341_600, 0).unwrap(),
            arrival,
            envelope: &envelope,
            protocol,
            pass: 2,
        })
    }

    #[test]
    fn received_names_one_recipient_and_never_several() {
        let mut arrival = Arrival::unknown(Door::Relay);
        arrival.client = Some("192.0.2.1".parse().unwrap());
        arrival.helo = Some("mx(evil)\r\nX: y".into());
        arrival.tls = Some("TLSv1_3 TLS13_AES_128_GCM_SHA256".into());
        assert_eq!(
            trace(&arrival, &["a@oak.example"], Protocol::Esmtp),
            "Received: from mx_evil___X:_y ([192.0.2.1])\r\n\
             \tby gate.example (Gatehouse) with ESMTPS id 00000000000000000000000000000007\r\n\
             \t(TLSv1_3_TLS13_AES_128_GCM_SHA256)\r\n\
             \tfor <a@oak.example>;\r\n\tSun, 22 Nov 2026 10:00:00 +0000\r\nX-Gatehouse-Pass: 2\r\n"
        );
        assert!(
            !trace(&arrival, &["a@oak.example", "b@oak.example"], Protocol::Esmtp).contains("oak.example")
        );
        arrival.proof = SenderProof::Login("a".into());
        assert!(trace(&arrival, &[], Protocol::Utf8Smtp).contains(" with UTF8SMTPSA id "));
        assert!(trace(&Arrival::unknown(Door::Relay), &[], Protocol::Smtp).contains(" with SMTP id "));
    }

    #[test]
    fn rounds_are_counted_by_field_and_by_number() {
        let count = |raw: &str| count_pass(raw.as_bytes(), 3).map_err(|r| r.enhanced);
        assert_eq!(count(""), Ok(1));
        assert_eq!(count("X-Gatehouse-Pass: 3\r\n\r\n"), Ok(4));
        assert_eq!(count(&"x-gatehouse-pass: 1\r\n".repeat(5)), Ok(6));
        assert_eq!(count(&"X-Gatehouse-Pass: 1\r\n".repeat(8)), Err((5, 4, 6)));
        assert_eq!(count("X-Gatehouse-Pass: 99999999999\r\n\r\n"), Err((5, 4, 6)));
        assert_eq!(count(&"Received: x\r\n\ty\r\n".repeat(3)), Ok(1));
        assert_eq!(count(&"Received: x\r\n".repeat(4)), Err((5, 4, 6)));
        assert_eq!(count("S: x\r\n\r\nX-Gatehouse-Pass: 9\r\n"), Ok(1));
    }
}
