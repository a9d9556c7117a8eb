//! Random names of what is kept, and the secret words of nudges.

use super::store::Random;
use chrono::{DateTime, Utc};
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
    /// An object of the vault: its millisecond, then 80 random bits (the shape of a ULID).
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
    /// What proves a person at the console: a password, a passkey.
    CredentialId of 10;
    /// A note for leads on a person.
    LeadNoteId of 10;
}

macro_rules! drawn_by_lot {
    ($($name:ident)+) => {$(
        impl $name {
            pub(super) fn random(random: &Random) -> Self { Self(random_word(random, Self::LETTERS)) }
        }
    )+};
}

drawn_by_lot! {
    EpochId CustodianId ReleaseId IncidentId AlertId MeasureId AccountId GrantId
    BreachId SubjectAccessId LegalHoldId SwitchId CredentialId LeadNoteId
}

/// A number in so many letters, the last ones of it, which sort as the number does.
fn number_word(number: i64, letters: usize) -> impl Iterator<Item = char> {
    (0..letters).rev().map(move |place| char::from(ALPHABET[(number >> (5 * place) & 31) as usize]))
}

/// What comes with every message has names that begin with the time, so that a database of a
/// million of them writes where it wrote just before and not on another page for each.
macro_rules! drawn_by_day {
    ($($name:ident)+) => {$(
        impl $name {
            /// Three letters of the day (89 years of them), 35 random bits of this day.
            pub(super) fn on(now: DateTime<Utc>, random: &Random) -> Self {
                const DAY: usize = 3;
                let chance = random_word(random, Self::LETTERS - DAY);
                let day = number_word(now.timestamp() / 86_400, DAY);
                Self(day.chain(chance.chars()).collect::<String>().into())
            }
        }
    )+};
}

drawn_by_day! { ItemId OutboxId RecordId }

impl ObjectId {
    pub(super) fn at(now: DateTime<Utc>, random: &Random) -> Self {
        const TIME: usize = 10;
        let chance = random_word(random, Self::LETTERS - TIME);
        let time = number_word(now.timestamp_millis(), TIME);
        Self(time.chain(chance.chars()).collect::<String>().into())
    }
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
    fn objects_have_names_in_the_order_of_time() {
        let random = super::super::store::system_random();
        let at = |millis| ObjectId::at(DateTime::from_timestamp_millis(millis).unwrap(), &random);
        assert_eq!(&at(1_469_918_176_385).as_str()[..10], "01ARYZ6S41");
        assert!(at(1_469_918_176_385) < at(1_469_918_176_386));
        assert_ne!(at(1), at(1));
        assert_eq!(at(1).as_str().len(), ObjectId::LETTERS);
        let on = |day: i64| ItemId::on(DateTime::from_timestamp(day * 86_400 + 7, 0).unwrap(), &random);
        assert!((20_000..20_100).all(|day| on(day) < on(day + 1)), "until the year 2059");
        assert_ne!(on(1), on(1));
        assert_eq!(on(1).as_str().len(), ItemId::LETTERS);
    }

    #[test]
    fn a_name_is_read_as_people_type_it() {
        let random: Random = Arc::new(|b: &mut [u8]| b.fill(17));
        assert_eq!(&*random_word(&random, 3), "HHH");
        let id = ItemId::stored("HHHHHHHHHH".into());
        assert_eq!("hhhh-hhhhhh".parse(), Ok(id));
        assert_eq!("iloILO0123".parse::<ItemId>().unwrap().as_str(), "1101100123");
        for bad in ["", "HHHHHHHHH", "HHHHHHHHHHH", "HHHHHHHHHU", "HHHHHHHHHé"] {
            assert!(bad.parse::<ItemId>().is_err(), "{bad}");
        }
    }
}
