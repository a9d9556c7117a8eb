//! Signing in to the console, as far as the store has to do with it: one-time links, what proves
//! a person, and sessions. The store keeps keyed hashes of links and session words, never the
//! words themselves, so that neither a copy of the database nor a log lets anybody in.

mod device;
mod invitation;
mod passkey;
mod password;
mod recovery;
mod session;

pub use device::DeviceWord;
pub use invitation::{Invitation, LinkFault};
pub use passkey::{KeptPasskey, PasskeyFault};
pub use password::{KeptPassword, NewPassword};
pub use recovery::{RECOVERY_CODES, RecoveryCode};
pub use session::{OpenSession, Session, SessionWord, SignedIn, Touch, Way, Whereabouts};

use super::store::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 random bits as a word for an address or a cookie.
fn secret_word(random: &Random) -> String {
    let mut bytes = [0; 32];
    random(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Longer ones are not ours.
const LONGEST_WORD: usize = 64;
