//! Unpacking under the budget: every decoder is a stream that is drained with a cap, never by a
//! declared size.

use super::{
    budget::Budget,
    model::{Limit, Reason},
};
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};
use std::io::{self, Read};

/// What came out of a packed stream, and why it ended before its end if it did.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    pub(super) broken: Option<Reason>,
}

impl Unpacked {
    pub(super) fn broken(reason: Reason) -> Self {
        Self { bytes: Vec::new(), broken: Some(reason) }
    }
}

/// Drains `stream`, which unpacks `packed` bytes, to its end, to `most` bytes, or to what the budget
/// allows; what was unpacked before a break is kept.
pub(super) fn drain(stream: impl Read, packed: usize, most: Option<u64>, budget: &mut Budget) -> Unpacked {
    let allowed = budget.may_unpack(packed as u64);
    let limit = budget.unpack_limit(packed as u64);
    let cap = most.map_or(allowed, |most| most.min(allowed));
    let mut bytes = Vec::new();
    // One byte more tells whether the stream goes on.
    let read = stream.take(cap.saturating_add(1)).read_to_end(&mut bytes);
    let mut broken = read.err().map(|error| reason(&error));
    if bytes.len() as u64 > cap {
        bytes.truncate(usize::try_from(cap).unwrap_or(usize::MAX));
        if cap == allowed && most != Some(cap) {
            broken = Some(Reason::Limit(limit));
        }
    } else if most.is_some_and(|most| most > allowed) && bytes.len() as u64 == allowed {
        broken = Some(Reason::Limit(limit));
    }
    budget.unpacked(bytes.len() as u64);
    Unpacked { bytes, broken }
}

fn reason(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::OutOfMemory => Reason::Limit(Limit::Dictionary),
        // zstd has words alone for it.
        io::ErrorKind::Other if error.to_string().contains("too much memory") => {
            Reason::Limit(Limit::Dictionary)
        }
        _ => Reason::Malformed,
    }
}

/// Deflate (RFC 1951) as a stream over a slice, which knows how far it read.
pub(super) struct Inflate<'a> {
    state: Box<InflateState>,
    rest: &'a [u8],
    done: bool,
}

impl<'a> Inflate<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Self { state: InflateState::new_boxed(DataFormat::Raw), rest: packed, done: false }
    }

    /// What stands behind the end of the packed stream.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.done && !out.is_empty() {
            let result = inflate(&mut self.state, self.rest, out, MZFlush::None);
            self.rest = self.rest.get(result.bytes_consumed..).unwrap_or_default();
            match result.status {
                Ok(MZStatus::StreamEnd) => self.done = true,
                Ok(_) => {}
                Err(_) if result.bytes_written > 0 => {}
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
            if result.bytes_written > 0 {
                return Ok(result.bytes_written);
            }
            if !self.done && result.bytes_consumed == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    fn limited(unpacked_bytes: u64, ratio: u64) -> Budget {
        Budget::new(FileLimits { unpacked_bytes, ratio, ..FileLimits::default() })
    }

    #[test]
    fn a_stream_ends_at_its_end_or_at_the_limit() {
        let packed = miniz_oxide::deflate::compress_to_vec(&[b'x'; 5_000_000], 6);
        let mut budget = limited(10_000_000, 5_000);
        let whole = drain(Inflate::new(&packed), packed.len(), None, &mut budget);
        assert_eq!((whole.bytes.len(), whole.broken), (5_000_000, None));
        let whole = drain(Inflate::new(&packed), packed.len(), Some(5_000_000), &mut budget);
        assert_eq!((whole.bytes.len(), whole.broken), (5_000_000, None));
        let none_left = drain(Inflate::new(&packed), packed.len(), None, &mut budget);
        assert_eq!((none_left.bytes.len(), none_left.broken), (0, Some(Reason::Limit(Limit::Unpacked))));
        let ratio = drain(Inflate::new(&packed), packed.len(), None, &mut limited(1 << 40, 10));
        assert_eq!(ratio.broken, Some(Reason::Limit(Limit::Ratio)));
    }

    #[test]
    fn a_torn_stream_keeps_what_it_gave() {
        let text: Vec<u8> = (0..50_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let packed = miniz_oxide::deflate::compress_to_vec(&text, 6);
        let torn = packed.get(..packed.len() / 2).unwrap();
        let read = drain(Inflate::new(torn), torn.len(), None, &mut limited(1 << 30, 1_000));
        assert!(text.starts_with(&read.bytes) && read.bytes.len() > 10_000);
        assert_eq!(read.broken, Some(Reason::Malformed));
    }
}
