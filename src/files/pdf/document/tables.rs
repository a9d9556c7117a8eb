//! The tables that say where objects lie (ISO 32000-2, sections 7.5.4 and 7.5.8), update by update.

use super::{Document, Entry, MOST_ENTRIES, repair::own};
use crate::files::{
    Limit,
    pdf::{
        crypt::Kind,
        object::{Dictionary, Object, Reader, Stream},
    },
};
use memchr::memmem;
use std::collections::HashSet;

/// Tables of updates that are followed.
const MOST_SECTIONS: usize = 512;

impl Document<'_, '_> {
    pub(super) fn read_tables(&mut self) {
        let last = memmem::rfind(self.bytes, b"startxref");
        let mut next = last.and_then(|at| {
            let mut reader = Reader::new(self.bytes, at + 9);
            reader.skip();
            std::str::from_utf8(reader.word()).ok()?.parse::<usize>().ok()
        });
        let mut seen = HashSet::new();
        let mut waiting = Vec::new();
        while let Some(at) = next.take().or_else(|| waiting.pop()) {
            if seen.len() >= MOST_SECTIONS {
                self.stopped = self.stopped.or(Some(Limit::Steps));
                break;
            }
            if !seen.insert(at) {
                continue;
            }
            let Some(trailer) = self.section(at) else { continue };
            for key in ["Prev", "XRefStm"] {
                let place =
                    trailer.raw(key).and_then(Object::integer).and_then(|at| usize::try_from(at).ok());
                waiting.extend(place);
            }
            for (key, value) in trailer.0.iter().map(own) {
                self.trailer.entries().entry(key).or_insert(value);
            }
        }
    }

    /// A table with its trailer (section 7.5.4) or a cross-reference stream (section 7.5.8).
    fn section(&mut self, at: usize) -> Option<Dictionary> {
        let mut reader = Reader::new(self.bytes, at);
        reader.skip();
        if !reader.rest().starts_with(b"xref") {
            let Object::Stream(stream) = self.object_at(at)?.1 else { return None };
            self.cross_reference_stream(&stream)?;
            return Some(stream.dictionary.clone());
        }
        reader.at += 4;
        loop {
            reader.skip();
            if reader.rest().starts_with(b"trailer") {
                reader.at += 7;
                return reader.object()?.dictionary().cloned();
            }
            let (first, count) = (whole(&mut reader)?, whole(&mut reader)?);
            for number in (first..).take(count.min(MOST_ENTRIES as u64) as usize) {
                let (at, _) = (whole(&mut reader)?, whole(&mut reader)?);
                reader.skip();
                let in_use = reader.word() == b"n";
                let place = u32::try_from(number).ok().zip(usize::try_from(at).ok());
                if let (true, Some((number, at))) = (in_use && at > 0, place) {
                    self.enter(number, Entry::At(at))?;
                }
            }
        }
    }

    fn cross_reference_stream(&mut self, stream: &Stream) -> Option<()> {
        let data = self.decode(stream, Kind::Stream).bytes;
        let whole = |key: &str| stream.dictionary.raw(key).and_then(Object::integer);
        let widths: Vec<usize> = stream
            .dictionary
            .raw("W")?
            .array()
            .iter()
            .take(3)
            .map(|w| w.integer().unwrap_or(0).clamp(0, 8) as usize)
            .collect();
        let &[kind, second, third] = widths.as_slice() else { return None };
        let index: Vec<i64> = match stream.dictionary.raw("Index") {
            Some(index) => index.array().iter().filter_map(Object::integer).collect(),
            None => vec![0, whole("Size")?],
        };
        let mut rows = data.chunks_exact((kind + second + third).max(1));
        for range in index.as_chunks::<2>().0 {
            for number in (range[0]..).take(range[1].clamp(0, MOST_ENTRIES as i64) as usize) {
                let row = rows.next()?;
                let field = |from: usize, width: usize| {
                    let bytes = row.get(from..from + width).unwrap_or_default();
                    bytes.iter().fold(0u64, |value, b| value << 8 | u64::from(*b))
                };
                let number = u32::try_from(number).ok()?;
                let (second_field, third_field) = (field(kind, second), field(kind + second, third));
                match if kind == 0 { 1 } else { field(0, kind) } {
                    1 => self.enter(number, Entry::At(usize::try_from(second_field).ok()?))?,
                    2 => {
                        let stream = u32::try_from(second_field).ok()?;
                        self.enter(number, Entry::In(stream, usize::try_from(third_field).ok()?))?;
                    }
                    _ => {}
                }
            }
        }
        Some(())
    }

    /// The newest table is read first, so that what is known stays.
    fn enter(&mut self, number: u32, entry: Entry) -> Option<()> {
        if self.entries.len() >= MOST_ENTRIES {
            self.stopped = self.stopped.or(Some(Limit::Steps));
            return None;
        }
        self.entries.entry(number).or_insert(entry);
        Some(())
    }
}

fn whole(reader: &mut Reader<'_>) -> Option<u64> {
    reader.skip();
    std::str::from_utf8(reader.word()).ok()?.parse().ok()
}
