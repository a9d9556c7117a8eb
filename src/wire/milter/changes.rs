//! The changes that a milter asks its MTA for, and the message as the MTA then has it.

use crate::mail::{fields, header_end};
use bytes::{Bytes, BytesMut};
use indymilter::message::reply::Reply as Packet;
use std::ffi::CStr;

/// One change. Values begin behind the colon, their own space included; their lines are
/// separated by CRLF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    AppendField {
        name: String,
        value: Vec<u8>,
    },
    /// Before the field at this index; 0 is the top.
    InsertField {
        index: usize,
        name: String,
        value: Vec<u8>,
    },
    /// The `nth` field of that name (1 is the first) gets this value; without one it goes.
    ChangeField {
        name: String,
        nth: usize,
        value: Option<Vec<u8>>,
    },
    RemoveRecipient(String),
    /// One piece of the new body; the first takes the place of the old one.
    Body(Bytes),
}

impl Change {
    /// `None` for what is no change (progress) or one that our milter never asks for.
    pub(super) fn read(packet: Packet, leading_space: bool) -> Option<Self> {
        let text = |word: &CStr| word.to_string_lossy().into_owned();
        let value = |word: &CStr| {
            let mut value: Vec<u8> = if leading_space { Vec::new() } else { vec![b' '] };
            for byte in word.to_bytes() {
                if *byte == b'\n' {
                    value.push(b'\r');
                }
                value.push(*byte);
            }
            value
        };
        let at = |index: i32| usize::try_from(index).unwrap_or(0);
        Some(match packet {
            Packet::AddHeader { name, value: v } => Self::AppendField { name: text(&name), value: value(&v) },
            Packet::InsertHeader { index, name, value: v } => {
                Self::InsertField { index: at(index), name: text(&name), value: value(&v) }
            }
            Packet::ChangeHeader { name, index, value: v } => Self::ChangeField {
                name: text(&name),
                nth: at(index),
                value: (!v.is_empty()).then(|| value(&v)),
            },
            Packet::DeleteRcpt { rcpt } => {
                Self::RemoveRecipient(text(&rcpt).trim_matches(['<', '>']).to_owned())
            }
            Packet::ReplaceBody { chunk } => Self::Body(chunk),
            _ => return None,
        })
    }

    /// Does all changes to a message and its recipients, one after the other, as Postfix does.
    pub fn apply(changes: &[Self], raw: &[u8], recipients: &mut Vec<String>) -> Bytes {
        let (header, rest) = raw.split_at(header_end(raw));
        let mut header: Vec<(String, Vec<u8>)> =
            fields(header).map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
        let mut body: Option<BytesMut> = None;
        for change in changes {
            match change {
                Self::AppendField { name, value } => header.push(field(name, value)),
                Self::InsertField { index, name, value } => {
                    header.insert((*index).min(header.len()), field(name, value));
                }
                Self::ChangeField { name, nth, value } => {
                    let mut named = header.iter().enumerate().filter(|(_, f)| f.0.eq_ignore_ascii_case(name));
                    let found = nth.checked_sub(1).and_then(|n| named.nth(n)).map(|(at, _)| at);
                    match (found, value) {
                        (Some(at), Some(value)) => header[at] = field(name, value),
                        (Some(at), None) => drop(header.remove(at)),
                        (None, Some(value)) => header.push(field(name, value)),
                        (None, None) => {}
                    }
                }
                Self::RemoveRecipient(address) => recipients.retain(|r| !r.eq_ignore_ascii_case(address)),
                Self::Body(piece) => body.get_or_insert_default().extend_from_slice(piece),
            }
        }
        let mut out: Vec<u8> = header.into_iter().flat_map(|(_, bytes)| bytes).collect();
        match body {
            Some(body) => {
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(&body);
            }
            None => out.extend_from_slice(rest),
        }
        out.into()
    }
}

fn field(name: &str, value: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), [name.as_bytes(), b":", value, b"\r\n"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_done_in_order_and_the_rest_stays() {
        let raw = b"Subject: one\r\nX: 1\r\nx: 2\r\nX: 3\r\n\r\nbody\r\n";
        let changes = [
            Change::ChangeField { name: "X".into(), nth: 3, value: None },
            Change::ChangeField { name: "X".into(), nth: 1, value: Some(b" a\r\n b".to_vec()) },
            Change::ChangeField { name: "X".into(), nth: 9, value: None },
            Change::InsertField { index: 0, name: "A".into(), value: b" top".to_vec() },
            Change::RemoveRecipient("B@x.example".into()),
            Change::Body(Bytes::from_static(b"new ")),
            Change::Body(Bytes::from_static(b"body\r\n")),
        ];
        let mut recipients = vec!["a@x.example".to_owned(), "b@x.example".to_owned()];
        let out = Change::apply(&changes, raw, &mut recipients);
        assert_eq!(out, "A: top\r\nSubject: one\r\nX: a\r\n b\r\nx: 2\r\n\r\nnew body\r\n");
        assert_eq!(recipients, ["a@x.example"]);
        assert_eq!(Change::apply(&[], raw, &mut recipients), &raw[..]);
    }
}
