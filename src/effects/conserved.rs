//! The proof that an edit left everything else as it was: the edited bytes are read again,
//! every part that no edit touches must be there byte for byte, and the ledger gets the
//! number of parts and one digest over all those that stayed.

use crate::{
    mail::Edits,
    message::{Body, Message, Part, ReadLimits, read},
    storage::{Event, LedgerEvent},
};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What stayed, as it was compared before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conserved {
    /// Parts of the message, and those that an edit touches.
    pub(super) parts: usize,
    pub(super) edited: usize,
    /// SHA-256 over path and SHA-256 of each other part, the same before and after.
    pub(super) unchanged: [u8; 32],
    hash_in: [u8; 32],
    hash_out: [u8; 32],
}

impl Conserved {
    /// The row of the ledger: bytes in, bytes out, parts unchanged.
    pub(super) fn event(&self) -> LedgerEvent {
        let mut digest = String::with_capacity(64);
        for byte in self.unchanged {
            let _ = write!(digest, "{byte:02x}");
        }
        let mut event = LedgerEvent::new(Event::MessageEdited)
            .with("parts", self.parts)
            .with("edited", self.edited)
            .with("unchanged", digest);
        event.hash_in = Some(self.hash_in);
        event.hash_out = Some(self.hash_out);
        event
    }
}

/// Compares the message before and after `edits`; a word says what is not as it was. Of the
/// message's own header nothing is said here: its fields are what header edits name.
pub(super) fn conserved(raw: &Bytes, edits: &Edits) -> Result<Conserved, &'static str> {
    conserved_but(raw, edits, &[])
}

/// The same where these parts, by their paths, were replaced whole.
pub(super) fn conserved_but(
    raw: &Bytes,
    edits: &Edits,
    replaced: &[String],
) -> Result<Conserved, &'static str> {
    let out = edits.apply(raw);
    let (before, after) = (read(raw, ReadLimits::default()), read(&out, ReadLimits::default()));
    let is_replaced = |part: &Part<'_>| replaced.contains(&part.path);
    // With a part goes what was within it.
    let gone = |part: &&Part<'_>| {
        std::iter::successors(part.parent, |n| before.parts.get(*n).and_then(|p| p.parent))
            .any(|n| before.parts.get(n).is_some_and(is_replaced))
    };
    let left: Vec<&Part<'_>> = before.parts.iter().filter(|part| !gone(part)).collect();
    if left.len() != after.parts.len() {
        return Err("part-count");
    }
    let (mut all, mut edited) = (Sha256::new(), 0);
    for (old, new) in left.into_iter().zip(&after.parts) {
        let other_type = old.media_type != new.media_type && old.parent.is_some() && !is_replaced(old);
        if old.path != new.path || other_type {
            return Err("structure");
        }
        if touched(old, edits) {
            edited += 1;
            continue;
        }
        let (old_bytes, new_bytes) = (bytes(&before, old), bytes(&after, new));
        if old_bytes != new_bytes {
            return Err("bytes");
        }
        let mut one = Sha256::new();
        for piece in old_bytes {
            one.update((piece.len() as u64).to_be_bytes());
            one.update(piece);
        }
        all.update((old.path.len() as u64).to_be_bytes());
        all.update(&old.path);
        all.update(one.finalize());
    }
    Ok(Conserved {
        parts: before.parts.len(),
        edited,
        unchanged: all.finalize().into(),
        hash_in: Sha256::digest(raw).into(),
        hash_out: Sha256::digest(&out).into(),
    })
}

/// Whether a splice lies in the part: in its own body, or in its header when it has one apart
/// from the message's. What holds other parts is only its header; they are parts themselves.
fn touched(part: &Part<'_>, edits: &Edits) -> bool {
    let root = part.parent.is_none() && part.nesting == 0;
    edits.body.iter().any(|splice| {
        let within = |range: &std::ops::Range<usize>| {
            splice.range.start <= range.end && range.start <= splice.range.end
        };
        let in_header = !root && within(&part.header_range) && splice.range.start < part.header_range.end;
        in_header || !holds_others(part) && within(&part.body_range)
    })
}

fn holds_others(part: &Part<'_>) -> bool {
    matches!(part.body, Body::Multipart(_))
}

/// Header and encoded body of a part, as they must stay. A part that was decoded out of another
/// one is in that one's bytes.
fn bytes<'m>(message: &Message<'m>, part: &Part<'_>) -> [&'m [u8]; 2] {
    let get = |range: &std::ops::Range<usize>, wanted: bool| match wanted {
        true => message.raw.get(range.clone()).unwrap_or(&[]),
        false => &[],
    };
    let root = part.parent.is_none() && part.nesting == 0;
    let own = part.inside.is_none();
    [get(&part.header_range, own && !root), get(&part.body_range, own && !holds_others(part))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{HeaderEdit, Splice};

    const RAW: &str = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n\
        --x\r\nContent-Type: text/csv\r\n\r\n1,2,3\r\n--x--\r\n";

    fn splice(at: &str, bytes: &'static str) -> Edits {
        let start = RAW.find(at).unwrap() + at.len();
        let splice = Splice { range: start..start, bytes: Bytes::from_static(bytes.as_bytes()) };
        Edits { headers: vec![], body: vec![splice] }
    }

    fn of(edits: &Edits) -> Result<Conserved, &'static str> {
        conserved(&Bytes::from_static(RAW.as_bytes()), edits)
    }

    #[test]
    fn the_digest_is_over_what_stayed_and_an_edit_that_tears_a_part_is_refused() {
        let subject = HeaderEdit::Prepend { name: "Subject".into(), value: "x".into() };
        let marked = of(&Edits { headers: vec![subject], body: vec![] }).unwrap();
        assert_eq!((marked.parts, marked.edited), (3, 0));
        assert_ne!(marked.hash_in, marked.hash_out);
        let text = of(&splice("Hello", " there")).unwrap();
        assert_eq!((text.parts, text.edited), (3, 1));
        assert_eq!(text.unchanged, of(&splice("Hello", " you")).unwrap().unchanged);
        assert_ne!(text.unchanged, of(&splice("1,2,3", ",4")).unwrap().unchanged);
        assert_eq!(of(&splice("Hello", "\r\n--x\r\n\r\nnew")).unwrap_err(), "part-count");
    }
}
