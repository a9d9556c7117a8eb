//! The recovery key in two shares, for two people: each share alone is random and tells
//! nothing, both together are the key (exclusive or). Four lines of letters that survive
//! paper and a telephone: each line has check letters of its own, the key has a set of its own.

use super::{Identities, identity, terminal, write_new};
use crate::storage::{
    error::KeyError,
    names::{ALPHABET, letter},
    store::system_random,
};
use age::{secrecy::zeroize::Zeroizing, x25519};
use sha2::{Digest, Sha256};
use std::{fmt::Write, path::Path};

const KEY: usize = 32;
const SET: usize = 5;
/// Version and number, set, key bytes, checksum: 64 letters of 5 bits.
const PACKED: usize = 1 + SET + KEY + 2;
const LINES: usize = 4;
const LETTERS: usize = 16;
const CHECK: usize = 2;
const VERSION: u8 = 0x10;
/// How often a line may be typed wrongly.
const TRIES: usize = 5;

/// One person's half.
pub struct Share {
    number: u8,
    set: [u8; SET],
    bytes: Zeroizing<[u8; KEY]>,
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Share({} of set {})", self.number, word(&self.set))
    }
}

/// Makes a recovery key that exists only in its two shares; returns its public half.
pub fn make(files: [&Path; 2]) -> Result<String, KeyError> {
    if let Some(there) = files.iter().find(|file| file.exists()) {
        return Err(KeyError::Exists(there.display().to_string()));
    }
    let mut key = Zeroizing::new([0; KEY]);
    let mut pad = Zeroizing::new([0; KEY]);
    (system_random())(&mut key[..]);
    (system_random())(&mut pad[..]);
    let public = identity_of(&key)?.to_public().to_string();
    let set = set_of(&public);
    let other = xor(&key, &pad);
    for (number, (file, bytes)) in (1..).zip(files.into_iter().zip([pad, other])) {
        let share = Share { number, set, bytes };
        write_new(file, share.file_text(&public).as_bytes())?;
    }
    Ok(public)
}

/// Brings two shares together, in memory only.
pub fn join(one: &Share, two: &Share) -> Result<Identities, KeyError> {
    if one.set != two.set {
        return Err(KeyError::Shares("they belong to two different keys"));
    }
    if one.number == two.number {
        return Err(KeyError::Shares("both are the same one of the two"));
    }
    let identity = identity_of(&xor(&one.bytes, &two.bytes))?;
    if set_of(&identity.to_public().to_string()) != one.set {
        return Err(KeyError::Shares("together they are not the key that they were made from"));
    }
    Ok(Identities::of(identity))
}

impl Share {
    /// From a file, or typed line by line when the path is `-`.
    pub fn read(path: &Path, which: &str) -> Result<Self, KeyError> {
        if path == Path::new("-") {
            return Self::typed(which);
        }
        let fault = |source| KeyError::File { path: path.display().to_string(), source };
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(fault)?);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut letters = Zeroizing::new(String::with_capacity(LINES * LETTERS));
        let mut count = 0;
        for (index, line) in lines.enumerate().take(LINES + 1) {
            letters.push_str(&read_line(index, line).ok_or(KeyError::ShareLine(index + 1))?);
            count += 1;
        }
        if count != LINES {
            return Err(KeyError::Shares("a share has four lines of letters"));
        }
        Self::unpack(&letters)
    }

    /// What is typed is not shown: the next person sits at the same screen.
    fn typed(which: &str) -> Result<Self, KeyError> {
        use age::secrecy::ExposeSecret;
        let mut letters = Zeroizing::new(String::with_capacity(LINES * LETTERS));
        for index in 0..LINES {
            let mut read = None;
            for _ in 0..TRIES {
                let question = format!("{which}, line {} of {LINES} (not shown):", index + 1);
                let line = terminal::ask_secret(&question)?;
                read = read_line(index, line.expose_secret());
                if read.is_some() {
                    break;
                }
                terminal::say("That line is not right: its last two letters do not fit the others.");
            }
            letters.push_str(&read.ok_or(KeyError::ShareLine(index + 1))?);
        }
        Self::unpack(&letters)
    }

    fn file_text(&self, public: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!(
            "# Gatehouse recovery key, share {} of 2, set {}.\n# Public key: {public}\n\
             # Alone it tells nothing. Keep it offline, away from the other share; both together open everything.\n",
            self.number,
            word(&self.set)
        ));
        let packed = self.packed();
        for (index, line) in packed.as_bytes().chunks(LETTERS).enumerate() {
            let _ = write!(text, "{}:", index + 1);
            for group in line.chunks(4) {
                let _ = write!(text, " {}", String::from_utf8_lossy(group));
            }
            let _ = writeln!(text, "  {}", check(index, line));
        }
        text
    }

    fn packed(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(PACKED));
        bytes.push(VERSION | self.number);
        bytes.extend_from_slice(&self.set);
        bytes.extend_from_slice(&self.bytes[..]);
        let sum = Sha256::digest(&bytes[..]);
        bytes.extend_from_slice(&sum[..2]);
        Zeroizing::new(word(&bytes))
    }

    fn unpack(letters: &str) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes_of(letters));
        let broken = KeyError::Shares("a share is not whole: a line is missing or of another share");
        let (body, sum) = bytes.split_at_checked(PACKED - 2).ok_or(KeyError::ShareLine(LINES))?;
        if Sha256::digest(body)[..2] != sum[..] || !matches!(body[0], 0x11 | 0x12) {
            return Err(broken);
        }
        let (mut set, mut key) = ([0; SET], Zeroizing::new([0; KEY]));
        set.copy_from_slice(&body[1..1 + SET]);
        key.copy_from_slice(&body[1 + SET..]);
        Ok(Self { number: body[0] & 3, set, bytes: key })
    }
}

/// The letters of a line as people type it (`2: ABCD EFGH ...  XY`), if its check letters fit.
fn read_line(index: usize, line: &str) -> Option<Zeroizing<String>> {
    let line = line.split_once(':').map_or(line, |(_, rest)| rest);
    let typed = line.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let letters: Zeroizing<String> = Zeroizing::new(typed.map(letter).collect::<Option<String>>()?);
    let (line, sum) = letters.split_at_checked(LETTERS)?;
    (check(index, line.as_bytes()) == sum).then(|| Zeroizing::new(line.to_owned()))
}

fn check(index: usize, letters: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"gatehouse share line");
    hash.update((index as u64).to_be_bytes());
    hash.update(letters);
    let sum = hash.finalize();
    sum.iter().take(CHECK).map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect()
}

/// The set by which two shares know each other, and the key they make.
fn set_of(public: &str) -> [u8; SET] {
    let digest = Sha256::digest(public.as_bytes());
    std::array::from_fn(|i| digest[i])
}

fn xor(one: &[u8; KEY], two: &[u8; KEY]) -> Zeroizing<[u8; KEY]> {
    Zeroizing::new(std::array::from_fn(|i| one[i] ^ two[i]))
}

fn identity_of(key: &[u8; KEY]) -> Result<x25519::Identity, KeyError> {
    identity::from_bytes(key).ok_or(KeyError::Shares("they make no key"))
}

/// Five bits for each letter; the lengths here are whole letters.
fn word(bytes: &[u8]) -> String {
    let bit = |at: usize| (bytes[at / 8] >> (7 - at % 8)) & 1;
    let value = |n: usize| (0..5).fold(0, |value, i| value << 1 | bit(n * 5 + i));
    (0..bytes.len() * 8 / 5).map(|n| char::from(ALPHABET[usize::from(value(n))])).collect()
}

fn bytes_of(letters: &str) -> Vec<u8> {
    let position = |c: u8| ALPHABET.iter().position(|a| *a == c).unwrap_or(0);
    let letters: Zeroizing<Vec<usize>> = Zeroizing::new(letters.bytes().map(position).collect());
    let bit = |at: usize| letters[at / 5] >> (4 - at % 5) & 1;
    let byte = |n: usize| (0..8).fold(0_u8, |value, i| value << 1 | u8::from(bit(n * 8 + i) == 1));
    (0..letters.len() * 5 / 8).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (tempfile::TempDir, [std::path::PathBuf; 2], String) {
        let folder = tempfile::tempdir().unwrap();
        let files = ["one", "two"].map(|name| folder.path().join(name));
        let public = make([&files[0], &files[1]]).unwrap();
        (folder, files, public)
    }

    fn lines(file: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn two_shares_are_the_key_in_either_order_and_as_people_type_them() {
        let (folder, files, public) = made();
        let [one, two] = files.each_ref().map(|file| Share::read(file, "").unwrap());
        assert_eq!(join(&one, &two).unwrap().publics(), [public.as_str()]);
        assert_eq!(join(&two, &one).unwrap().publics(), [public.as_str()]);
        let typed = folder.path().join("typed");
        let by_hand = lines(&files[0]).join("\n").to_lowercase().replace(' ', "-").replace('0', "o");
        std::fs::write(&typed, by_hand).unwrap();
        let typed = Share::read(&typed, "").unwrap();
        assert_eq!(join(&typed, &two).unwrap().publics(), [public.as_str()]);
        assert!(make([&files[0], &folder.path().join("new")]).is_err());
        assert!(!format!("{one:?}").contains(&lines(&files[0])[1][3..7]));
    }

    #[test]
    fn a_slip_is_named_by_its_line_and_strangers_do_not_join() {
        let (folder, files, _) = made();
        let (_other, others, _) = made();
        let good = lines(&files[0]);
        let slip = folder.path().join("slip");
        let mut caught = 0;
        for at in 3..good[2].len() {
            let mut line = good[2].clone().into_bytes();
            if !line[at].is_ascii_alphanumeric() {
                continue;
            }
            line[at] = if line[at] == b'A' { b'B' } else { b'A' };
            let text = [&good[0], &good[1], std::str::from_utf8(&line).unwrap(), &good[3]]
                .map(|l: &str| l.to_owned());
            std::fs::write(&slip, text.join("\n")).unwrap();
            caught += usize::from(matches!(Share::read(&slip, ""), Err(KeyError::ShareLine(3))));
            assert!(Share::read(&slip, "").is_err());
        }
        assert!(caught >= 16, "{caught}");
        std::fs::write(&slip, [&*good[0], &good[2], &good[1], &good[3]].join("\n")).unwrap();
        assert!(matches!(Share::read(&slip, ""), Err(KeyError::ShareLine(2))));
        std::fs::write(&slip, good[..3].join("\n")).unwrap();
        assert!(Share::read(&slip, "").is_err());
        let read = |file: &Path| Share::read(file, "").unwrap();
        assert!(join(&read(&files[0]), &read(&others[1])).is_err());
        assert!(join(&read(&files[0]), &read(&files[0])).is_err());
    }

    /// Each share by itself is uniformly random: the same key gives unrelated shares.
    #[test]
    fn one_share_says_nothing_of_the_key() {
        let (key, mut pad) = ([7; KEY], [0; KEY]);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..50 {
            (system_random())(&mut pad);
            let other = xor(&key, &pad);
            assert!(seen.insert(pad) && seen.insert(*other));
        }
    }
}
