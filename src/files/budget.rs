//! How much work one attachment may cost. Every reader asks before it takes.

use std::mem::discriminant;

use super::{
    image,
    model::{Anchor, Limit, Missed, Opened, Piece, Reason, Shown, Taken, Trait, TraitKind, Writing},
    picture::{Digests, Hashed, MOST_HASHED, Memory, Picture, PictureBudget, PictureLimits, hash},
};

/// The limits of a school's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileLimits {
    /// Bytes of text in all pieces of one attachment.
    pub text_bytes: usize,
    /// Members of archives and embedded files, all levels together.
    pub members: usize,
    /// Files within files: a document in a zip in a zip is 2.
    pub nesting: usize,
    /// Bytes that unpacking may give, all members together.
    pub unpacked_bytes: u64,
    /// Unpacked bytes per packed byte of one member beyond its first mebibyte.
    pub ratio: u64,
    /// Elements, objects, cells and pages of all formats together.
    pub steps: u64,
    /// Bytes that the dictionary of one decoder may take (xz, lzma, zstd, PPMd).
    pub dictionary: u64,
    /// Files and pictures are hashed, within these limits; `None`: nobody asks for hashes.
    pub hashing: Option<PictureLimits>,
    /// So many pictures on which words may stand are handed back at most; 0: nobody asks for them.
    pub take_pictures: usize,
}

/// Bytes of all pictures of one attachment that are handed back.
pub const MOST_TAKEN_BYTES: usize = 32_000_000;

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            text_bytes: 16_000_000,
            members: 10_000,
            nesting: 8,
            unpacked_bytes: 512_000_000,
            ratio: 200,
            steps: 20_000_000,
            // What `xz -9`, `7z -mx=9` and `zstd --ultra -22` ask for.
            dictionary: 135_000_000,
            hashing: None,
            take_pictures: 0,
        }
    }
}

/// What is left of the limits, and what was found so far.
#[derive(Debug)]
pub struct Budget {
    limits: FileLimits,
    text: usize,
    members: usize,
    unpacked: u64,
    steps: u64,
    /// Where the reader stands: `["Y9.xlsx"]` within `register.zip`.
    path: Vec<String>,
    memory: Option<Memory>,
    out: Opened,
}

impl Budget {
    pub fn new(limits: FileLimits) -> Self {
        Self {
            limits,
            text: limits.text_bytes,
            members: limits.members,
            unpacked: limits.unpacked_bytes,
            steps: limits.steps,
            path: Vec::new(),
            memory: limits.hashing.map(Memory::new),
            out: Opened::default(),
        }
    }

    pub fn finish(self) -> Opened {
        self.out
    }

    pub fn limits(&self) -> &FileLimits {
        &self.limits
    }

    /// The place of `below` under where the reader stands.
    pub fn place(&self, below: &str) -> String {
        let mut place = self.path.join("/");
        if !place.is_empty() && !below.is_empty() {
            place.push('/');
        }
        place.push_str(below);
        place
    }

    /// Asks for `steps` more elements, objects or cells.
    pub fn step(&mut self, steps: u64) -> Result<(), Limit> {
        self.steps = self.steps.checked_sub(steps).ok_or(Limit::Steps)?;
        Ok(())
    }

    /// Asks for one more member of an archive.
    pub fn member(&mut self) -> Result<(), Limit> {
        self.members = self.members.checked_sub(1).ok_or(Limit::Members)?;
        Ok(())
    }

    /// How many bytes one member of `packed` bytes may unpack to; whoever unpacks stops there,
    /// then says with `unpacked` what it took.
    pub fn may_unpack(&self, packed: u64) -> u64 {
        let by_ratio = packed.saturating_mul(self.limits.ratio).saturating_add(1024 * 1024);
        self.unpacked.min(by_ratio)
    }

    /// The memory a decoder asks for, if it may have it.
    pub fn dictionary(&self, asked: u64) -> Result<u32, Limit> {
        let within = Some(asked).filter(|asked| *asked <= self.limits.dictionary);
        within.and_then(|asked| u32::try_from(asked).ok()).ok_or(Limit::Dictionary)
    }

    /// Which limit `may_unpack(packed)` is.
    pub fn unpack_limit(&self, packed: u64) -> Limit {
        if self.may_unpack(packed) == self.unpacked { Limit::Unpacked } else { Limit::Ratio }
    }

    pub fn unpacked(&mut self, bytes: u64) {
        self.unpacked = self.unpacked.saturating_sub(bytes);
    }

    /// How many files lie around this one.
    pub(super) fn depth(&self) -> usize {
        self.path.len()
    }

    /// Runs `read` one file deeper, under `name`.
    pub fn within<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Result<T, Limit> {
        if self.path.len() >= self.limits.nesting {
            return Err(Limit::Nesting);
        }
        self.path.push(name.to_owned());
        let result = read(self);
        self.path.pop();
        Ok(result)
    }

    /// Takes a text; what is beyond the limit is cut and told as missed.
    pub fn text(&mut self, below: &str, shown: Shown, writing: Writing, text: String) {
        self.anchored(below, shown, writing, text, Vec::new());
    }

    pub fn anchored(
        &mut self,
        below: &str,
        shown: Shown,
        writing: Writing,
        mut text: String,
        mut anchors: Vec<Anchor>,
    ) {
        if text.trim().is_empty() {
            return;
        }
        let whole = text.len() <= self.text;
        if !whole {
            text.truncate(text.floor_char_boundary(self.text));
            anchors.retain(|anchor| (anchor.at as usize) < text.len());
        }
        self.text -= text.len();
        let place = self.place(below);
        if !text.is_empty() {
            self.out.pieces.push(Piece { place, shown, writing, text, anchors });
        }
        if !whole {
            self.missed(below, "text", Reason::Limit(Limit::Text));
        }
    }

    /// What was told since there were `first` pieces.
    pub(super) fn pieces(&self, first: usize) -> &[Piece] {
        self.out.pieces.get(first..).unwrap_or_default()
    }

    pub(super) fn count(&self) -> usize {
        self.out.pieces.len()
    }

    /// Takes what nobody sees in this form, if a number with a check digit may be in it.
    pub fn unseen(&mut self, below: &str, text: String) {
        let numbers = text.chars().filter(|c| c.is_numeric()).take(LEAST_NUMERALS).count();
        // Base64 and its like have few digits and no blanks.
        let dense = || text.split_whitespace().any(|word| word.len() >= 20);
        if numbers == LEAST_NUMERALS || dense() {
            self.text(below, Shown::Unseen, Writing::Plain, text);
        }
    }

    pub fn found(&mut self, below: &str, kind: TraitKind) {
        let found = Trait { place: self.place(below), kind };
        let alike =
            self.out.traits.iter().filter(|known| discriminant(&known.kind) == discriminant(&found.kind));
        if alike.count() < MOST && !self.out.traits.contains(&found) {
            self.out.traits.push(found);
        }
    }

    /// Whether hashes are asked for.
    pub(super) fn hashes(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether pictures themselves are asked for.
    pub(super) fn takes_pictures(&self) -> bool {
        self.limits.take_pictures > 0
    }

    /// Hands a picture back, once; what there is no room for is told.
    pub(super) fn take_picture(&mut self, below: &str, bytes: &[u8]) {
        let known = |taken: &Taken| taken.bytes.as_ref() == bytes;
        if !self.takes_pictures() || self.out.pictures.iter().any(known) {
            return;
        }
        let taken: usize = self.out.pictures.iter().map(|taken| taken.bytes.len()).sum();
        if self.out.pictures.len() >= self.limits.take_pictures || taken + bytes.len() > MOST_TAKEN_BYTES {
            return self.missed(below, "picture", Reason::Picture);
        }
        let place = self.place(below);
        self.out.pictures.push(Taken { place, bytes: bytes.to_vec().into() });
    }

    /// Remembers a file by its bytes and, where it is a picture, by what it shows.
    pub(super) fn hash(&mut self, below: &str, bytes: &[u8]) {
        if self.takes_pictures() && image::may_have_words(bytes) {
            self.take_picture(below, bytes);
        }
        let Some((digests, picture)) = self.memory.as_mut().and_then(|memory| memory.file(bytes)) else {
            return;
        };
        self.remember(below, Some(digests), picture);
    }

    /// Remembers a picture that begins here and ends nobody knows where.
    pub(super) fn hash_within(&mut self, below: &str, bytes: &[u8]) {
        let most = bytes.get(..LONGEST_WITHIN).unwrap_or(bytes);
        if self.takes_pictures() && image::may_have_words(most) {
            self.take_picture(below, most);
        }
        self.hash_shown(below, |pictures| hash(bytes, pictures));
    }

    /// Remembers a picture that is no file.
    pub(super) fn hash_shown(
        &mut self,
        below: &str,
        see: impl FnOnce(&mut PictureBudget) -> Option<Picture>,
    ) {
        let Some(memory) = &mut self.memory else { return };
        if let Some(picture) = memory.picture(see) {
            self.remember(below, None, Some(picture));
        }
    }

    fn remember(&mut self, below: &str, digests: Option<Digests>, picture: Option<Picture>) {
        if self.out.hashed.len() >= MOST_HASHED {
            return self.missed("", "picture", Reason::Limit(Limit::Members));
        }
        let place = self.place(below);
        self.out.hashed.push(Hashed { place, digests, picture });
    }

    /// Tells once per place and reason; the list itself is bounded.
    pub fn missed(&mut self, below: &str, kind: &str, reason: Reason) {
        let missed = Missed { place: self.place(below), kind: kind.to_owned(), reason };
        let alike = self.out.missed.iter().filter(|known| known.reason == missed.reason);
        if alike.count() < MOST && !self.out.missed.contains(&missed) {
            self.out.missed.push(missed);
        }
    }
}

/// A picture that lies in a stream ends where its own programs stop, and sooner than this.
const LONGEST_WITHIN: usize = 16_000_000;

/// Fewer numerals than this are no number that a rule looks for where nobody looks.
const LEAST_NUMERALS: usize = 8;

/// Most traits of one kind, and most things missed for one reason, that are told of one attachment: many of one
/// kind leave room for the others.
const MOST: usize = 256;
