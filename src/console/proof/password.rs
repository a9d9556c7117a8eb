//! Passwords as hashes (argon2id), made and compared in a pool of two: each takes 19 MiB and a
//! moment of a core, and nobody who sends many may have more.

use super::super::Fault;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};
use unicode_normalization::UnicodeNormalization;

const AT_ONCE: usize = 2;
/// Whoever waits for a place longer is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORTEST: usize = 12;
/// Bytes; more is no password that anybody types.
const LONGEST: usize = 512;

/// A hash that nothing fits, with the parameters of all others: for who has none it takes as long.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakPassword {
    Short,
    Long,
    /// A few letters over and over.
    Plain,
    /// Of the person's own name or address.
    Own,
}

/// The pool.
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Passwords {
    pub fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// What is kept of a password that was chosen.
    pub async fn hash(&self, password: String) -> Result<String, Fault> {
        let made =
            self.run(move || Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()));
        made.await?.map_err(|_| Fault::Away)
    }

    /// Whether it is the one of this hash; `false` after the same time where there is none.
    pub async fn fits(&self, password: String, kept: Option<&str>) -> Result<bool, Fault> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let kept = kept.unwrap_or(NOBODYS).to_owned();
        self.run(move || {
            let Ok(hash) = PasswordHash::new(&kept) else { return false };
            Argon2::default().verify_password(plain(&password).as_bytes(), &hash).is_ok()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let place = timeout(PATIENCE, self.places.clone().acquire_owned()).await;
        let place = place.map_err(|_| Fault::Away)?.map_err(|_| Fault::Away)?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(|_| Fault::Away)
    }
}

/// One keyboard writes a letter with its accent as one sign, another as two (RFC 8265 section 4.2).
fn plain(password: &str) -> String {
    password.nfkc().collect()
}

/// What a password must not be; `own` are names and addresses of whoever chooses it.
pub fn weakness(password: &str, own: &[String]) -> Option<WeakPassword> {
    let letters: Vec<char> = password.to_lowercase().chars().collect();
    let mut different = letters.clone();
    different.sort_unstable();
    different.dedup();
    let lower: String = letters.iter().collect();
    // What is left of it without one's own names.
    let rest = own
        .iter()
        .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()))
        .filter(|part| part.chars().count() >= 3)
        .fold(lower, |text, part| text.replace(&part.to_lowercase(), ""));
    match () {
        () if letters.len() < SHORTEST => Some(WeakPassword::Short),
        () if password.len() > LONGEST => Some(WeakPassword::Long),
        () if different.len() < 5 => Some(WeakPassword::Plain),
        () if rest.chars().count() < SHORTEST / 2 => Some(WeakPassword::Own),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_ones_are_told_from_good_ones() {
        let own = ["Helen Marsh".to_owned(), "h.marsh@oakfield.example".to_owned()];
        assert_eq!(weakness("short", &own), Some(WeakPassword::Short));
        assert_eq!(weakness("aaaaaabbbbbbcc", &own), Some(WeakPassword::Plain));
        assert_eq!(weakness("HelenMarsh123", &own), Some(WeakPassword::Own));
        assert_eq!(weakness("marsh-oakfield-1", &own), Some(WeakPassword::Own));
        assert_eq!(weakness("seven grey herons", &own), None);
        assert_eq!(weakness(&"long ".repeat(200), &own), Some(WeakPassword::Long));
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone_and_nobodys_fits_none() {
        let pool = Passwords::new();
        let kept = pool.hash("seven grey herons".into()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "as nobody's: {kept}");
        assert!(pool.fits("seven grey herons".into(), Some(&kept)).await.unwrap());
        assert!(!pool.fits("seven grey heron".into(), Some(&kept)).await.unwrap());
        let kept = pool.hash("caf\u{e9} of grey herons".into()).await.unwrap();
        assert!(pool.fits("cafe\u{301} of grey herons".into(), Some(&kept)).await.unwrap());
        assert!(PasswordHash::new(NOBODYS).is_ok(), "else it would be compared in no time");
        assert!(!pool.fits("seven grey herons".into(), None).await.unwrap());
    }
}
