//! OpenPGP messages, armoured or not: the packets say whether they are encrypted. What is only packed or signed
//! (`gpg --store`, `gpg --sign`) is opened.

use super::{
    super::{
        budget::Budget,
        bytes::slice,
        model::{Limit, Protection, Reason, Shown, Writing},
        name,
        open::{self, File},
        text::charset,
        unpack::{Inflate, Unpacked, drain},
    },
    closed,
};
use crate::message::openpgp::{self, BEGIN, Packet};

const END: &str = "-----END PGP MESSAGE";
/// Armoured messages in one text that are read.
const MOST: usize = 32;

/// Text that begins with an armoured message.
pub(in super::super) fn armored(bytes: &[u8], budget: &mut Budget) {
    if openpgp::is_encrypted_armor(bytes.trim_ascii_start()) {
        let text = String::from_utf8_lossy(bytes);
        budget.text("header", Shown::Header, Writing::Plain, openpgp::armor_headers(&text));
        return closed("", "pgp", Protection::Pgp, budget);
    }
    let text = charset::decode(bytes, None);
    let (mut outside, mut rest) = (String::new(), text.as_str());
    for number in 1.. {
        let Some((before, armor)) = rest.split_once(BEGIN) else { break };
        if number > MOST {
            budget.missed("", "pgp", Reason::Limit(Limit::Members));
            break;
        }
        outside.push_str(before);
        let (body, behind) = armor.split_once(END).unwrap_or((armor, ""));
        rest = behind;
        let read = |budget: &mut Budget| packets(&unarmored(body, &mut outside), budget);
        if let Err(limit) = budget.within(&format!("pgp {number}"), read) {
            budget.missed("", "pgp", Reason::Limit(limit));
        }
    }
    outside.push_str(rest);
    // The end of the lines that end an armour.
    let outside: Vec<&str> = outside.lines().filter(|line| line.chars().any(char::is_alphanumeric)).collect();
    budget.text("", Shown::Visible, Writing::Plain, outside.join("\n"));
}

/// An armour's bytes, however it was quoted or marked up; what is no part of it goes to `outside`.
fn unarmored(body: &str, outside: &mut String) -> Vec<u8> {
    let mut digits = String::new();
    let mut in_headers = true;
    for line in body.lines().skip(1) {
        let line = untagged(line);
        let line = line.trim_matches(|c: char| c == '>' || c == '|' || c.is_whitespace());
        let is_header = in_headers && line.contains(": ");
        in_headers &= is_header || line.is_empty() && digits.is_empty();
        let plain = line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
        match plain {
            // A line that begins so is the checksum.
            true if line.starts_with('=') => {}
            true => digits.push_str(line),
            false => {
                outside.push_str(line);
                outside.push('\n');
            }
        }
    }
    super::super::bytes::unbase64(digits.as_bytes())
}

/// A line of a page without its tags.
fn untagged(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut in_tag = false;
    for c in line.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            _ => out.push(c),
        }
    }
    out.replace("&nbsp;", " ")
}

/// Whether a file that is nothing else says by its name or type that it is an OpenPGP message.
pub(in super::super) fn is_binary(file: &File<'_>) -> bool {
    (file.has_ending(&["pgp", "gpg", "asc"]) || file.is_of_type(&["application/pgp-encrypted"]))
        && openpgp::packet(file.bytes).is_some()
}

pub(in super::super) fn binary(bytes: &[u8], budget: &mut Budget) {
    if openpgp::is_encrypted(bytes) {
        return closed("", "pgp", Protection::Pgp, budget);
    }
    packets(bytes, budget);
}

/// What a row of packets holds: encrypted is told, all else is opened.
fn packets(bytes: &[u8], budget: &mut Budget) {
    if openpgp::is_encrypted(bytes) {
        return closed("", "pgp", Protection::Pgp, budget);
    }
    let mut rest = bytes;
    // Blanks behind the last packet are none.
    let blanks = bytes.len() - bytes.trim_ascii_end().len();
    while rest.len() > blanks {
        if let Err(limit) = budget.step(100) {
            return budget.missed("", "pgp", Reason::Limit(limit));
        }
        let Some((packet, behind)) = openpgp::packet(rest) else {
            // No packets at all: whatever stands there for those that decode it.
            return open::within(Some("content"), None, rest, budget);
        };
        rest = behind;
        content(&packet, budget);
    }
}

/// One packet (RFC 9580, section 5).
fn content(packet: &Packet<'_>, budget: &mut Budget) {
    match packet.tag {
        8 => match unpacked(&packet.body, budget) {
            Some(whole) => {
                if let Some(reason) = whole.broken {
                    budget.missed("", "pgp", reason);
                }
                let read = |budget: &mut Budget| packets(&whole.bytes, budget);
                if let Err(limit) = budget.within("packed", read) {
                    budget.missed("", "pgp", Reason::Limit(limit));
                }
            }
            None => budget.missed("", "pgp", Reason::NotSupported),
        },
        // Encrypted, but not as a message is: whether anybody needs a key is not known.
        9 | 18 | 20 => budget.missed("", "pgp", Reason::NotSupported),
        11 => match literal(&packet.body) {
            Some((name, content)) => {
                let place = if name.is_empty() { "content".to_owned() } else { open::cleaned(&name) };
                open::member(
                    budget,
                    &place,
                    Some(&name).filter(|n| !n.is_empty()).map(|n| &**n),
                    None,
                    content,
                );
            }
            None => budget.missed("", "pgp", Reason::Malformed),
        },
        13 => {
            let text = String::from_utf8_lossy(&packet.body).into_owned();
            budget.text("user", Shown::Hidden, Writing::Plain, text);
        }
        _ => {}
    }
}

/// The packets in a packed one (section 5.6); `None` for a way of packing that nobody knows.
fn unpacked(body: &[u8], budget: &mut Budget) -> Option<Unpacked> {
    let (way, packed) = body.split_first()?;
    Some(match way {
        0 => Unpacked { bytes: packed.to_vec(), broken: None },
        1 => drain(Inflate::new(packed), packed.len(), None, budget),
        2 => drain(Inflate::new(packed.get(2..)?), packed.len(), None, budget),
        3 => drain(bzip2::read::BzDecoder::new(packed), packed.len(), None, budget),
        _ => return None,
    })
}

/// Name and content of a literal packet (section 5.9): format, length of the name, name, date, content.
fn literal(body: &[u8]) -> Option<(String, &[u8])> {
    let length = usize::from(*body.get(1)?);
    let called = String::from_utf8_lossy(slice(body, 2, length)?).into_owned();
    Some((name::text(&called), body.get(2 + length + 4..)?))
}
