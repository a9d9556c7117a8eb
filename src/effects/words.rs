//! Text as a header field carries it: RFC 2047 encoded words.

use base64::{Engine, engine::general_purpose::STANDARD};

/// An encoded word is at most 75 characters (RFC 2047 section 2); `=?utf-8?B?` and `?=`
/// take 12 of them, so 45 bytes (60 digits) fit.
const BYTES: usize = 45;

/// `text` as it may stand in an unstructured field: as it is when it is ASCII, else in
/// encoded words of whole characters, parted by `fold`.
pub(super) fn encoded(text: &str, fold: &str) -> String {
    let plain = text.is_ascii() && !text.contains("=?") && !text.chars().any(|c| c.is_ascii_control());
    if plain { text.to_owned() } else { encoded_words(text, fold) }
}

pub(super) fn encoded_words(text: &str, fold: &str) -> String {
    let mut words = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        if chunk.len() + c.len_utf8() > BYTES {
            words.push(word(&chunk));
            chunk.clear();
        }
        // What could end the field or hide in it becomes a space.
        chunk.push(if c.is_control() { ' ' } else { c });
    }
    words.push(word(&chunk));
    words.join(fold)
}

fn word(chunk: &str) -> String {
    format!("=?utf-8?B?{}?=", STANDARD.encode(chunk))
}
