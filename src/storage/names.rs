//! Random names of what is kept, and the secret words of nudges.

use super::store::Random;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// Crockford's base32: no I, L, O, U, so that a name can be read out over a telephone.
pub(super) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub(super) fn random_word(random: &Random, letters: usize) -> Arc<str> {
    let mut bytes = vec![0; letters];
    random(&mut bytes);
    bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect::<String>().into()
}

/// A letter as people type it.
pub(super) fn letter(c: char) -> Option<char> {
    let c = match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        c => c,
    };
    (c.is_ascii() && ALPHABET.contains(&(c as u8))).then_some(c)
}

/// Reads a word as people type it: either case, I and L for 1, O for 0, hyphens ignored.
fn read_word(text: &str, letters: usize) -> Option<Arc<str>> {
    let mut out = String::with_capacity(letters);
    for c in text.trim().chars().filter(|c| *c != '-') {
        if out.len() == letters {
            return None;
        }
        out.push(letter(c)?);
    }
    (out.len() == letters).then(|| out.into())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident of $letters:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(Arc<str>);

        impl $name {
            pub const LETTERS: usize = $letters;
            pub(super) fn random(random: &Random) -> Self { Self(random_word(random, $letters)) }
            pub(super) fn stored(text: String) -> Self { Self(text.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> { read_word(text, $letters).map(Self).ok_or(()) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )+};
}

names! {
    /// A held or quarantined message: short enough to read out.
    ItemId of 10;
    /// A job of the outbox.
    OutboxId of 10;
    /// A recorded message of parent mail.
    RecordId of 10;
    /// An object of the vault (130 random bits).
    ObjectId of 26;
    /// An epoch key: a month of a class of access.
    EpochId of 10;
    /// A custodian of a class of access.
    CustodianId of 10;
    /// The header value by which a release is known when it comes back through the gate.
    ReleaseId of 26;
    IncidentId of 10;
    /// That somebody has to be told of something.
    AlertId of 10;
    /// An exception or a suspension.
    MeasureId of 10;
    /// A registered user.
    AccountId of 10;
    /// An office given to a user.
    GrantId of 10;
    /// A breach of personal data.
    BreachId of 10;
    /// A request of a person for what is held on them.
    SubjectAccessId of 10;
    /// One legal hold on one thing.
    LegalHoldId of 10;
    /// A switch back to observe.
    SwitchId of 10;
}

/// The single-use secret of a nudge (130 random bits). The store keeps only its
/// digest; it never reaches a log through `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Arc<str>);

impl Token {
    const LETTERS: usize = 26;
    pub(super) fn random(random: &Random) -> Self {
        Self(random_word(random, Self::LETTERS))
    }
    /// As it is written into the nudge.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}
impl FromStr for Token {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        read_word(text, Self::LETTERS).map(Self).ok_or(())
    }
}
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_people_type_it() {
        let random: Random = Arc::new(|b: &mut [u8]| b.fill(17));
        let id = ItemId::random(&random);
        assert_eq!(id.as_str(), "HHHHHHHHHH");
        assert_eq!("hhhh-hhhhhh".parse(), Ok(id));
        assert_eq!("iloILO0123".parse::<ItemId>().unwrap().as_str(), "1101100123");
        for bad in ["", "HHHHHHHHH", "HHHHHHHHHHH", "HHHHHHHHHU", "HHHHHHHHHé"] {
            assert!(bad.parse::<ItemId>().is_err(), "{bad}");
        }
    }
}
