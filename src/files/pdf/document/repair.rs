//! Files whose tables are broken, as readers repair them: every object is looked for.

use super::{Document, Entry, MOST_ENTRIES};
use crate::files::{
    Limit,
    pdf::object::{Object, Reader},
};
use memchr::memmem;

/// Trailers that are read.
const MOST_TRAILERS: usize = 512;

impl Document<'_, '_> {
    /// Looks for every `12 0 obj` of the file; the last of a number counts.
    pub(super) fn repair(&mut self) {
        if std::mem::replace(&mut self.repaired, true) {
            return;
        }
        self.read.clear();
        self.shelves.clear();
        let mut shelves = Vec::new();
        for at in memmem::find_iter(self.bytes, b"obj") {
            let Some((number, start)) = heading(self.bytes, at) else { continue };
            if self.step().is_none() || self.entries.len() >= MOST_ENTRIES {
                break;
            }
            self.entries.insert(number, Entry::At(start));
            let mut reader = Reader::new(self.bytes, at + 3);
            reader.skip();
            // What lies in object streams, and who the root is, is told by these dictionaries alone.
            let head = reader.rest().get(..512).unwrap_or(reader.rest());
            if memmem::find(head, b"ObjStm").is_some() {
                shelves.push(number);
            } else if memmem::find(head, b"/Catalog").is_some() {
                self.trailer.entries().insert(b"Root".to_vec(), Object::Reference(number));
            } else if memmem::find(head, b"/XRef").is_some()
                && let Some(Object::Dictionary(dictionary)) = reader.object()
            {
                self.trailer.entries().extend(dictionary.0.iter().map(own));
            }
        }
        for (count, at) in memmem::find_iter(self.bytes, b"trailer").enumerate() {
            if count >= MOST_TRAILERS {
                self.stopped = self.stopped.or(Some(Limit::Steps));
                break;
            }
            if let Some(Object::Dictionary(dictionary)) = Reader::new(self.bytes, at + 7).object() {
                self.trailer.entries().extend(dictionary.0.iter().map(own));
            }
        }
        self.unlock();
        for shelf in shelves {
            let objects = self.shelf(shelf).map(|shelf| shelf.objects.clone()).unwrap_or_default();
            for (index, (number, _)) in objects.iter().enumerate() {
                self.entries.entry(*number).or_insert(Entry::In(shelf, index));
            }
        }
        self.find_root();
    }

    /// When no trailer leads to one, the catalogue lies in an object stream.
    fn find_root(&mut self) {
        if self.root().is_some() {
            return;
        }
        let mut numbers: Vec<u32> = self.entries.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            let Some(object) = self.object(number) else { continue };
            if object.dictionary().is_some_and(|d| d.is("Type", b"Catalog")) {
                self.trailer.entries().insert(b"Root".to_vec(), Object::Reference(number));
                return;
            }
        }
    }
}

/// The number of an object whose word `obj` stands at `at`, and where its heading begins.
pub(super) fn heading(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let before = bytes.get(at.saturating_sub(24)..at)?;
    let generation = before.trim_ascii_end();
    let digits = generation.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let rest = generation.get(..generation.len() - digits)?;
    let number = rest.trim_ascii_end();
    let length = number.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || length == 0 || number.len() == rest.len() {
        return None;
    }
    let text = number.get(number.len() - length..)?;
    let start = at.saturating_sub(24) + number.len() - length;
    Some((std::str::from_utf8(text).ok()?.parse().ok()?, start))
}

/// An entry of a dictionary that others share.
pub(super) fn own((key, value): (&Vec<u8>, &Object)) -> (Vec<u8>, Object) {
    (key.clone(), value.clone())
}
