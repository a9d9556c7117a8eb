//! The names of the school's people, found in a stretch of text as whole words.
//!
//! A name is kept as one number made of its words, and a text is read word by word, so that
//! 100,000 people take a few megabytes and a text without a hit is never read for names at
//! all (docs/decisions/people.md). Accents, apostrophes and hyphens do not tell two
//! spellings apart: `Siân O’Brien-Price` is also `sian o'brien price`.

use crate::parties::{Directory, Role};
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer names are known by their first words up to here.
const MOST_WORDS: usize = 6;

/// One name of a person, as the directory gives it.
#[derive(Clone, Copy)]
pub struct PersonName<'a> {
    pub role: Role,
    pub given: &'a str,
    pub family: &'a str,
    pub preferred: Option<&'a str>,
}

/// The roles that people of one name have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u16);

impl Roles {
    pub fn has(self, role: Role) -> bool {
        self.0 & Self::bit(role) != 0
    }
    pub fn any(self, of: &[Role]) -> bool {
        of.iter().any(|r| self.has(*r))
    }
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    fn bit(role: Role) -> u16 {
        1 << (role as u16)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |all, r| all | Self::bit(r)))
    }
}

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameHit {
    /// Bytes in the text.
    pub span: Range<usize>,
    pub roles: Roles,
    /// The same for each of a person's spellings: `Ceri Vaughan` and `Vaughan, Ceri`.
    pub key: u64,
}

#[derive(Clone, Copy)]
struct Known {
    roles: Roles,
    /// Of the first spelling, which stands for all.
    key: u64,
}

/// All names of the directory.
#[derive(Default)]
pub struct People {
    names: HashMap<u64, Known, BuildHasherDefault<Ready>>,
    /// For each first word, which numbers of words a name that begins with it may have.
    lengths: HashMap<u64, u8, BuildHasherDefault<Ready>>,
}

/// What is hashed is a hash already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = step(self.0, *b));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

/// FNV-1a, then spread so that the high bits count too.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}
fn join(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[derive(Clone, Copy)]
struct Word {
    hash: u64,
    start: u32,
    end: u32,
}

impl People {
    pub fn new<'a>(names: impl IntoIterator<Item = PersonName<'a>>) -> Self {
        let mut people = Self::default();
        for name in names {
            let (given, family) = (words_of(name.given), words_of(name.family));
            // A single word is no name: it would be found in every second text.
            if given.is_empty() || family.is_empty() {
                continue;
            }
            let key = people.add(name.role, &given, &family, None);
            people.add(name.role, &family, &given, key);
            if let Some(preferred) = name.preferred.map(words_of).filter(|p| !p.is_empty()) {
                people.add(name.role, &preferred, &family, key);
                people.add(name.role, &family, &preferred, key);
            }
        }
        people.names.shrink_to_fit();
        people.lengths.shrink_to_fit();
        people
    }

    /// Everyone of a directory, with all the roles that they have.
    pub fn of(directory: &Directory) -> Self {
        Self::new(directory.people().flat_map(|p| {
            let name = move |role| PersonName {
                role,
                given: p.given(),
                family: p.family(),
                preferred: p.preferred(),
            };
            p.memberships().map(move |(_, role)| name(role))
        }))
    }

    fn add(&mut self, role: Role, first: &[Word], second: &[Word], key: Option<u64>) -> Option<u64> {
        let words: Vec<u64> = first.iter().chain(second).map(|w| w.hash).take(MOST_WORDS).collect();
        let hash = words.iter().fold(0, |all, w| join(all, *w));
        let known = self.names.entry(hash).or_insert(Known { roles: Roles(0), key: key.unwrap_or(hash) });
        known.roles.0 |= Roles::bit(role);
        *self.lengths.entry(*words.first()?).or_default() |= 1 << words.len();
        Some(known.key)
    }

    /// How many spellings are known.
    pub fn len(&self) -> usize {
        self.names.len()
    }
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Bytes in memory, about.
    pub fn size(&self) -> usize {
        self.names.capacity() * (size_of::<(u64, Known)>() + 1) + self.lengths.capacity() * 17
    }

    /// Calls `found` with every name in `text`; the longest where several begin at one word.
    pub fn each(&self, text: &str, memory: &mut NameMemory, mut found: impl FnMut(NameHit)) {
        if self.names.is_empty() {
            return;
        }
        memory.0.clear();
        words(text, |word| memory.0.push(word));
        let words = memory.0.as_slice();
        for (at, first) in words.iter().enumerate() {
            let Some(lengths) = self.lengths.get(&first.hash) else { continue };
            let rest = words.get(at..).unwrap_or_default();
            let (mut hash, mut longest) = (0, None);
            for (word, length) in rest.iter().zip(1..=MOST_WORDS) {
                hash = join(hash, word.hash);
                if lengths & (1 << length) != 0
                    && let Some(known) = self.names.get(&hash)
                {
                    longest = Some((word.end, *known));
                }
            }
            if let Some((end, known)) = longest {
                let span = first.start as usize..end as usize;
                found(NameHit { span, roles: known.roles, key: known.key });
            }
        }
    }

    /// The roles of everyone named in `text`.
    pub fn in_text(&self, text: &str, memory: &mut NameMemory) -> Roles {
        let mut all = Roles(0);
        self.each(text, memory, |hit| all.0 |= hit.roles.0);
        all
    }

    /// The roles of those whose whole name `text` is, as a display name: nothing before, and
    /// nothing behind but what stands in brackets.
    pub fn named(&self, text: &str, memory: &mut NameMemory) -> Roles {
        let name = text.split(['(', '[', '<', '|']).next().unwrap_or_default();
        let mut roles = Roles(0);
        let count = { words_of(name).len() };
        self.each(name, memory, |hit| {
            let inside = name.get(hit.span).map_or(0, |n| words_of(n).len());
            if inside == count.min(MOST_WORDS) {
                roles.0 |= hit.roles.0;
            }
        });
        roles
    }
}

/// Names never reach a log.
impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("People").field("names", &self.names.len()).finish_non_exhaustive()
    }
}

/// One thread's room for the words of a text.
#[derive(Default)]
pub struct NameMemory(Vec<Word>);

/// The words of a text as names are compared: without marks and case, each with its place.
/// An apostrophe or hyphen parts words, in a name as in the text.
pub fn folded_words(text: &str) -> Vec<(u64, Range<usize>)> {
    let mut out = Vec::new();
    words(text, |word| out.push((word.hash, word.start as usize..word.end as usize)));
    out
}

/// A text without marks and case.
pub fn without_marks(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn words_of(text: &str) -> Vec<Word> {
    let mut out = Vec::new();
    words(text, |word| out.push(word));
    out
}

/// Cuts `text` into words of letters and digits. ASCII goes byte by byte; any other letter
/// loses its marks and its case.
fn words(text: &str, mut word: impl FnMut(Word)) {
    const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
    let (mut hash, mut start) = (EMPTY, None);
    let mut chars = text.char_indices();
    loop {
        let next = chars.next();
        let (at, letter) = match next {
            Some((at, c)) if c.is_ascii() => (at, c.is_ascii_alphanumeric()),
            Some((at, c)) => (at, c.is_alphanumeric() || is_combining_mark(c)),
            None => (text.len(), false),
        };
        match (next, letter) {
            (Some((_, c)), true) => {
                start.get_or_insert(at);
                if c.is_ascii() {
                    hash = step(hash, c.to_ascii_lowercase() as u8);
                } else {
                    hash = folded(c).fold(hash, step);
                }
            }
            _ => {
                if let Some(start) = start.take() {
                    word(Word { hash, start: start as u32, end: at as u32 });
                    hash = EMPTY;
                }
            }
        }
        if next.is_none() {
            return;
        }
    }
}

fn folded(c: char) -> impl Iterator<Item = u8> {
    let bare = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    bare.flat_map(|c| {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        bytes.into_iter().take(length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name<'a>(role: Role, given: &'a str, family: &'a str) -> PersonName<'a> {
        PersonName { role, given, family, preferred: None }
    }

    fn people() -> People {
        People::new([
            name(Role::Pupil, "Siân", "O'Brien-Price"),
            PersonName { preferred: Some("Ned"), ..name(Role::Staff, "Edward Tomos", "Blake") },
            name(Role::Pupil, "Will", "Young"),
            name(Role::Parent, "Will", "Young"),
            name(Role::Pupil, "Madonna", ""),
        ])
    }

    fn found(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        people().each(text, &mut NameMemory::default(), |hit| out.push(text[hit.span].to_owned()));
        out
    }

    #[test]
    fn full_names_are_found_in_their_spellings() {
        assert_eq!(found("ask siân o’brien-price's mum"), ["siân o’brien-price"]);
        assert_eq!(found("SIAN O'BRIEN PRICE"), ["SIAN O'BRIEN PRICE"]);
        assert_eq!(found("o'brien-price, siân; blake, ned"), ["o'brien-price, siân", "blake, ned"]);
        assert_eq!(found("edward tomos blake and ned blake"), ["edward tomos blake", "ned blake"]);
    }

    #[test]
    fn a_part_of_a_name_is_none() {
        assert!(found("siân, edward blake, madonna, ned blakes, will you young").is_empty());
        assert!(People::default().in_text("will young", &mut NameMemory::default()).is_empty());
    }

    #[test]
    fn a_name_of_several_people_has_all_their_roles_and_one_key() {
        let (mut hits, mut memory) = (Vec::new(), NameMemory::default());
        people().each("will young; young, will", &mut memory, |hit| hits.push(hit));
        assert!(hits.iter().all(|h| h.roles.has(Role::Pupil) && h.roles.has(Role::Parent)));
        assert_eq!(hits[0].key, hits[1].key);
    }

    #[test]
    fn a_display_name_is_whole() {
        let is_staff = |text| people().named(text, &mut NameMemory::default()).has(Role::Staff);
        assert!(is_staff("Ned Blake") && is_staff("Blake, Ned (Oakfield)"));
        assert!(!is_staff("Ned Blake Plumbing") && !is_staff("for Ned Blake"));
    }

    #[test]
    fn a_hundred_thousand_people_stay_small() {
        let parts: Vec<(String, String)> =
            (0..100_000).map(|i| (format!("Given{}", i % 4000), format!("Family{}", i / 20))).collect();
        let people = People::new(parts.iter().map(|(g, f)| name(Role::Pupil, g, f)));
        assert_eq!(people.len(), 200_000);
        assert!(people.size() < 12 << 20, "{} bytes", people.size());
    }
}
