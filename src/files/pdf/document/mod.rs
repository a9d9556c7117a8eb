//! Where the objects of a PDF file lie (ISO 32000-2, section 7.5), by its own tables or, where these
//! are broken, by looking through the file as readers do when they repair.

mod leftover;
mod repair;
mod tables;

use super::{
    crypt::{Crypt, Kind, Lock},
    filter,
    object::{Dictionary, Object, Reader, Stream},
};
use crate::files::{Budget, Limit, Reason};
use memchr::memmem;
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

/// References that lead to references.
const LONGEST_CHAIN: usize = 16;
/// Objects that a file may have; real ones have some ten thousand.
const MOST_ENTRIES: usize = 2_000_000;
/// Filters over each other; real streams have one or two. What lies deeper is told.
const MOST_FILTERS: usize = 8;
/// What is copied or unpacked while one operator is read.
const BYTES_OF_A_STEP: u64 = 256;
/// What any stream costs at least, as bytes.
const LEAST_OF_A_STREAM: usize = 8 * 1024;

#[derive(Clone, Copy, Debug)]
enum Entry {
    At(usize),
    /// Within an object stream, at an index.
    In(u32, usize),
}

/// An object stream (section 7.5.7): its bytes and where in them each object begins.
#[derive(Debug)]
struct Shelf {
    bytes: Vec<u8>,
    objects: Vec<(u32, usize)>,
}

#[derive(Debug)]
pub(super) struct Document<'a, 'b> {
    bytes: &'a [u8],
    pub(super) budget: &'b mut Budget,
    entries: HashMap<u32, Entry>,
    read: HashMap<u32, Object>,
    shelves: HashMap<u32, Option<Rc<Shelf>>>,
    /// Object streams that are being read: one that lies within itself ends there.
    opening: HashSet<u32>,
    crypt: Option<Crypt>,
    pub(super) trailer: Dictionary,
    /// The first limit that ended something.
    pub(super) stopped: Option<Limit>,
    repaired: bool,
    /// Where pictures begin whose pixels are remembered.
    pub(super) pictures: HashSet<usize>,
    pub(super) closed: Closed,
}

/// What a password that we do not have keeps closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Closed {
    Nothing,
    /// The embedded files alone.
    Files,
    All,
}

/// What a stream's bytes are, its filters undone as far as they make no picture.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// The first filter that was not undone.
    pub(super) left: Option<Vec<u8>>,
}

impl<'a, 'b> Document<'a, 'b> {
    pub(super) fn open(bytes: &'a [u8], budget: &'b mut Budget) -> Self {
        // Places in the file count from the heading; what stands before it is passed over.
        let start = memmem::find(bytes.get(..1024).unwrap_or(bytes), b"%PDF-").unwrap_or(0);
        let bytes = bytes.get(start..).unwrap_or_default();
        let mut document = Self {
            bytes,
            budget,
            entries: HashMap::new(),
            read: HashMap::new(),
            shelves: HashMap::new(),
            opening: HashSet::new(),
            crypt: None,
            trailer: Dictionary::default(),
            stopped: None,
            repaired: false,
            pictures: HashSet::new(),
            closed: Closed::Nothing,
        };
        document.read_tables();
        document.unlock();
        if document.closed != Closed::All && document.root().is_none() {
            document.repair();
        }
        document
    }

    /// Undoes the encryption when the empty password does; else notes what stays closed.
    fn unlock(&mut self) {
        if self.crypt.is_some() {
            return;
        }
        let trailer = self.trailer.clone();
        let Some(Object::Dictionary(encrypt)) = self.get(&trailer, "Encrypt") else { return };
        let id = match self.get(&trailer, "ID") {
            Some(Object::Array(ids)) => ids.first().and_then(|id| self.resolve(id)),
            _ => None,
        };
        let mut whole = encrypt;
        for value in whole.entries().values_mut() {
            *value = self.resolve(value).unwrap_or(Object::Null);
        }
        match Crypt::unlock(&whole, id.as_ref().and_then(Object::text).unwrap_or_default()) {
            Lock::Open(crypt) => {
                self.crypt = Some(crypt);
                self.read.clear();
                self.shelves.clear();
            }
            Lock::Closed => self.closed = Closed::All,
            Lock::FilesClosed => self.closed = Closed::Files,
            Lock::Odd => self.budget.missed("", "pdf", Reason::Malformed),
        }
    }

    pub(super) fn step(&mut self) -> Option<()> {
        self.budget.step(1).map_err(|limit| self.stopped = self.stopped.or(Some(limit))).ok()
    }

    /// Asks for what going through so many bytes costs.
    pub(super) fn work(&mut self, bytes: usize) -> Option<()> {
        let steps = bytes as u64 / BYTES_OF_A_STEP;
        self.budget.step(steps).map_err(|limit| self.stopped = self.stopped.or(Some(limit))).ok()
    }

    /// The value of a key, references followed; null is nothing.
    pub(super) fn get(&mut self, dictionary: &Dictionary, key: &str) -> Option<Object> {
        self.resolve(dictionary.raw(key)?)
    }

    pub(super) fn dictionary(&mut self, dictionary: &Dictionary, key: &str) -> Option<Dictionary> {
        self.get(dictionary, key)?.dictionary().cloned()
    }

    pub(super) fn resolve(&mut self, object: &Object) -> Option<Object> {
        let mut object = object.clone();
        for _ in 0..LONGEST_CHAIN {
            match object {
                Object::Reference(number) => object = self.object(number)?,
                Object::Null => return None,
                other => return Some(other),
            }
        }
        None
    }

    fn object(&mut self, number: u32) -> Option<Object> {
        if let Some(known) = self.read.get(&number) {
            return Some(known.clone());
        }
        self.step()?;
        let object = match *self.entries.get(&number)? {
            Entry::At(at) => {
                let found = self.object_at(at).filter(|(found, _)| *found == number);
                if found.is_none() {
                    self.repair();
                }
                match (found, self.entries.get(&number)) {
                    (Some(found), _) => found.1,
                    (None, Some(Entry::At(at))) => self.object_at(*at)?.1,
                    _ => return None,
                }
            }
            Entry::In(stream, index) => self.shelved(stream, index, number)?,
        };
        self.read.insert(number, object.clone());
        Some(object)
    }

    /// `12 0 obj ...`, with its number.
    fn object_at(&mut self, at: usize) -> Option<(u32, Object)> {
        let mut reader = Reader::new(self.bytes, at);
        reader.skip();
        let number = std::str::from_utf8(reader.word()).ok()?.parse().ok()?;
        reader.skip();
        let generation = std::str::from_utf8(reader.word()).ok()?.parse().unwrap_or(0);
        reader.skip();
        let rest = reader.rest();
        if !rest.starts_with(b"obj") {
            return None;
        }
        reader.at += 3;
        let id = (number, generation);
        let object = reader.object();
        if reader.is_cut {
            self.stopped = self.stopped.or(Some(Limit::Nesting));
        }
        let object = self.decrypted(object?, id, 0);
        reader.skip();
        let Object::Dictionary(dictionary) = &object else { return Some((number, object)) };
        let Some(after) = reader.rest().strip_prefix(b"stream") else { return Some((number, object)) };
        let line_end = match after {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        let start = reader.at + 6 + line_end;
        let stream = Stream { dictionary: dictionary.clone(), start, id };
        Some((number, Object::Stream(Rc::new(stream))))
    }

    fn decrypted(&self, object: Object, id: (u32, u16), depth: usize) -> Object {
        let Some(crypt) = &self.crypt else { return object };
        match object {
            Object::Text(text) => Object::Text(crypt.decrypt(Kind::Text, id, &text).into()),
            Object::Array(items) if depth < 48 => {
                let items = items.iter().map(|item| self.decrypted(item.clone(), id, depth + 1));
                Object::Array(Rc::new(items.collect()))
            }
            Object::Dictionary(dictionary) if depth < 48 => {
                let entries = dictionary.0.iter();
                let entries = entries.map(|(k, v)| (k.clone(), self.decrypted(v.clone(), id, depth + 1)));
                Object::Dictionary(Dictionary::new(entries.collect()))
            }
            other => other,
        }
    }

    fn shelved(&mut self, stream: u32, index: usize, number: u32) -> Option<Object> {
        let shelf = self.shelf(stream)?;
        let by_index = shelf.objects.get(index).filter(|(found, _)| *found == number);
        let (_, at) = by_index.or_else(|| shelf.objects.iter().find(|(found, _)| *found == number))?;
        let mut reader = Reader::new(&shelf.bytes, *at);
        let object = reader.object();
        if reader.is_cut {
            self.stopped = self.stopped.or(Some(Limit::Nesting));
        }
        object
    }

    fn shelf(&mut self, number: u32) -> Option<Rc<Shelf>> {
        if let Some(known) = self.shelves.get(&number) {
            return known.clone();
        }
        if !self.opening.insert(number) {
            return None;
        }
        let shelf = match self.object(number) {
            Some(Object::Stream(stream)) => self.opened_shelf(&stream).map(Rc::new),
            _ => None,
        };
        self.opening.remove(&number);
        self.shelves.insert(number, shelf.clone());
        shelf
    }

    fn opened_shelf(&mut self, stream: &Stream) -> Option<Shelf> {
        let first = self.get(&stream.dictionary, "First")?.integer()?;
        let first = usize::try_from(first).ok()?;
        let bytes = self.decode(stream, Kind::Stream).bytes;
        let mut reader = Reader::new(&bytes, 0);
        let mut objects = Vec::new();
        while reader.at < first {
            let pair = (reader.object(), reader.object());
            let (Some(Object::Integer(number)), Some(Object::Integer(at))) = pair else { break };
            let (Ok(number), Ok(at)) = (u32::try_from(number), usize::try_from(at)) else { break };
            self.step()?;
            objects.push((number, first.saturating_add(at)));
        }
        Some(Shelf { bytes, objects })
    }

    /// The bytes of a stream as they lie in the file: by its `Length`, or up to `endstream`.
    fn raw(&mut self, stream: &Stream) -> &'a [u8] {
        let rest = self.bytes.get(stream.start..).unwrap_or_default();
        let declared = self.get(&stream.dictionary, "Length").and_then(|length| length.integer());
        if let Some(length) = declared.and_then(|length| usize::try_from(length).ok())
            && let Some((data, after)) = rest.split_at_checked(length)
            && after.trim_ascii_start().starts_with(b"endstream")
        {
            return data;
        }
        let end = memmem::find(rest, b"endstream").or_else(|| memmem::find(rest, b"endobj"));
        let data = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        data.strip_suffix(b"\r\n").or(data.strip_suffix(b"\n")).or(data.strip_suffix(b"\r")).unwrap_or(data)
    }

    pub(super) fn decode(&mut self, stream: &Stream, kind: Kind) -> Decoded {
        let raw = self.raw(stream);
        let plain = stream.dictionary.is("Type", b"XRef")
            || self.filters(&stream.dictionary).first().is_some_and(|(name, _)| name == b"Crypt")
            || (stream.dictionary.is("Type", b"Metadata")
                && self.crypt.as_ref().is_some_and(|c| !c.metadata));
        let bytes = match &self.crypt {
            Some(crypt) if !plain => crypt.decrypt(kind, stream.id, raw),
            _ => raw.to_vec(),
        };
        self.unfiltered(&stream.dictionary, bytes)
    }

    /// Undoes the filters that the dictionary of a stream, or of a picture within content, names.
    pub(super) fn unfiltered(&mut self, own: &Dictionary, mut bytes: Vec<u8>) -> Decoded {
        let packed = bytes.len() as u64;
        if self.work(LEAST_OF_A_STREAM).is_none() {
            return Decoded { bytes: Vec::new(), left: None };
        }
        for (name, parameters) in self.filters(own) {
            // One stream may be drawn many times.
            if self.work(bytes.len()).is_none() {
                return Decoded { bytes: Vec::new(), left: None };
            }
            let most = self.budget.may_unpack(packed);
            let Some(decoded) = filter::decode(&name, &bytes, &parameters, most as usize) else {
                return Decoded { bytes, left: Some(name) };
            };
            if decoded.len() as u64 >= most && most > 0 {
                self.stopped = self.stopped.or(Some(self.budget.unpack_limit(packed)));
            }
            self.budget.unpacked(decoded.len() as u64);
            bytes = decoded;
        }
        if self.work(bytes.len()).is_none() {
            bytes.clear();
        }
        Decoded { bytes, left: None }
    }

    fn filters(&mut self, dictionary: &Dictionary) -> Vec<(Vec<u8>, Dictionary)> {
        let both = |document: &mut Self, long: &str, short: &str| {
            document.get(dictionary, long).or_else(|| document.get(dictionary, short))
        };
        let names = both(self, "Filter", "F");
        let parameters = both(self, "DecodeParms", "DP");
        let names: Vec<Object> = match names {
            Some(Object::Array(items)) => {
                if items.len() > MOST_FILTERS {
                    self.stopped = self.stopped.or(Some(Limit::Nesting));
                }
                items.iter().take(MOST_FILTERS).filter_map(|item| self.resolve(item)).collect()
            }
            Some(name) => vec![name],
            None => Vec::new(),
        };
        let own = |document: &mut Self, index: usize| match &parameters {
            Some(Object::Array(items)) => document.resolve(items.get(index)?)?.dictionary().cloned(),
            Some(one) => one.dictionary().cloned(),
            None => None,
        };
        let names = names.iter().enumerate();
        names
            .filter_map(|(i, name)| Some((name.name()?.to_vec(), own(self, i).unwrap_or_default())))
            .collect()
    }

    /// The catalogue, when it leads to pages.
    pub(super) fn root(&mut self) -> Option<Dictionary> {
        let root = self.dictionary(&self.trailer.clone(), "Root")?;
        self.get(&root, "Pages").is_some().then_some(root)
    }

    /// Every object that names an embedded file, wherever it is referred to from.
    pub(super) fn file_specifications(&mut self) -> Vec<Object> {
        if memmem::find(self.bytes, b"EmbeddedFile").is_none() && self.shelves.is_empty() {
            return Vec::new();
        }
        let mut numbers: Vec<u32> = self.entries.keys().copied().collect();
        numbers.sort_unstable();
        let mut found = Vec::new();
        for number in numbers {
            let Some(object) = self.object(number) else { continue };
            if object.dictionary().is_some_and(|d| d.raw("EF").is_some()) && found.len() < 10_000 {
                found.push(object);
            }
        }
        found
    }

    /// All objects that say they are pages, for a tree that leads to none.
    pub(super) fn loose_pages(&mut self) -> Vec<Dictionary> {
        self.repair();
        let mut numbers: Vec<u32> = self.entries.keys().copied().collect();
        numbers.sort_unstable();
        let mut pages = Vec::new();
        for number in numbers {
            let Some(object) = self.object(number) else { continue };
            pages.extend(object.dictionary().filter(|d| d.is("Type", b"Page")).cloned());
        }
        pages
    }
}
