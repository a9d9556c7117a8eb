//! Messages damaged at random, with a fixed seed: reading and extracting never panic, and
//! all ranges stay valid. What breaks here belongs into tests/golden/malformed.

use crate::golden::{check, messages, with_crlf};
use gatehouse::{
    extraction::{ExtractLimits, TextKind, extract, first_quote},
    files::Files,
    message::{Body, ReadLimits, Reading, read, read_in_every_way},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::fs;

const ROUNDS: usize = 100;

/// Pieces that mean something to some reader on the way.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"--",
    b"\n--x\n",
    b"\n--x--\n",
    b"=",
    b"=\n",
    b"<",
    b">",
    b"\"",
    b"'",
    b"&#",
    b"&",
    b"<!--",
    b"-->",
    b"<p style='display:none",
    b"\xff",
    b"\xc3",
    "\u{301}".as_bytes(),
    "\u{fdfa}".as_bytes(),
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: x-odd\n",
    b"Content-Type: multipart/mixed; boundary=x; boundary=\"y\"\n",
    b"Content-Type: multipart/mixed; boundary*0=x; boundary*1*=%79\n",
    b"\n--y\n",
    b"\nno field\n",
    b"\nbegin 644 x\n#:&D*\nend\n",
    b"<a href='data:text/html,<p>x'>",
    b"%PDF-1.4",
    b"/Encrypt 1 0 R",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"> ",
    b"On 1 Nov x wrote:\n",
    b"=?utf-8?B?",
    b"charset=utf-16",
];

pub(crate) fn mutated(raw: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut raw = raw.to_vec();
    for _ in 0..random.random_range(1..8) {
        let at = random.random_range(0..=raw.len());
        let end = (at + random.random_range(0..40)).min(raw.len());
        match random.random_range(0..5) {
            0 => drop(raw.drain(at..end)),
            1 => raw.truncate(at),
            2 if at < raw.len() => raw[at] = random.random(),
            3 => {
                let piece = raw[at..end].to_vec();
                raw.splice(at..at, piece);
            }
            _ => drop(raw.splice(at..at, PIECES[random.random_range(0..PIECES.len())].iter().copied())),
        }
    }
    raw
}

#[test]
fn damaged_messages_are_read_without_panic_and_with_valid_ranges() {
    let mut random = StdRng::seed_from_u64(20_261_120);
    let small = ReadLimits { parts: 6, depth: 4, nesting: 2, header_bytes: 600 };
    for folder in ["rfc", "legacy", "malformed", "html", "quotes"] {
        for path in messages(folder) {
            let raw = fs::read(&path).unwrap();
            for round in 0..ROUNDS {
                let raw = mutated(&raw, &mut random);
                let raw = if round % 2 == 0 { with_crlf(&raw) } else { raw };
                let limits = if round % 3 == 0 { small } else { ReadLimits::default() };
                let text_bytes = if round % 5 == 0 { 100 } else { ExtractLimits::default().text_bytes };
                let message = read_in_every_way(&raw, limits);
                let first = message.parts.iter().take_while(|part| part.reading == Reading::First).count();
                assert_eq!(first, read(&raw, limits).parts.len(), "{}", path.display());
                assert!(message.parts.len() <= limits.parts.max(first), "{}", path.display());
                check(
                    &message,
                    &extract(
                        &message,
                        &Files::default(),
                        ExtractLimits { text_bytes, ..ExtractLimits::default() },
                    ),
                );
                for part in &message.parts {
                    let first = match &part.body {
                        Body::Text(text) => first_quote(TextKind::Plain, text).map(|at| (at, text)),
                        Body::Html(text) => first_quote(TextKind::Html, text).map(|at| (at, text)),
                        _ => None,
                    };
                    assert!(first.is_none_or(|(at, text)| text.is_char_boundary(at)), "{}", path.display());
                }
            }
        }
    }
}
