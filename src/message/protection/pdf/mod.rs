//! PDF files that ask for a password when opened. Many are "encrypted" only against
//! printing or changing and open without one: those are plain to whoever gets them.

mod object;
mod standard;

use memchr::memmem;
use object::{Dictionary, Object};

/// How many objects of one number are looked at; each update of a file may bring another.
const MOST_VERSIONS: usize = 64;

/// Whether the newest trailer names an encryption that the empty user password does not
/// open. A file that is too broken to tell is plain.
pub(super) fn is_protected(bytes: &[u8]) -> bool {
    let Some(trailer) = trailer(bytes) else { return false };
    let found = match trailer.get("Encrypt") {
        Some(Object::Dictionary(dictionary)) => vec![dictionary.clone()],
        Some(Object::Reference(number, generation)) => versions(bytes, *number, *generation),
        _ => return false,
    };
    let id = match trailer.get("ID") {
        Some(Object::Array(ids)) => match ids.first() {
            Some(Object::Text(id)) => id.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    !found.is_empty() && found.iter().all(|dictionary| asks(dictionary, id))
}

fn asks(dictionary: &Dictionary, id: &[u8]) -> bool {
    match dictionary.name("Filter") {
        Some(b"Standard") => standard::asks_for_password(dictionary, id),
        // Public-key security (ISO 32000-2 section 7.6.5): opens only with a private key.
        Some(b"Adobe.PubSec" | b"Adobe.PPKLite") => encrypts_content(dictionary),
        _ => false,
    }
}

/// From version 4 on streams may be left plain by the `Identity` filter (section 7.6.6).
fn encrypts_content(dictionary: &Dictionary) -> bool {
    let version = dictionary.integer("V").unwrap_or(0);
    version < 4 || dictionary.name("StmF").is_some_and(|f| f != b"Identity")
}

/// The trailer that `startxref` at the end leads to; when it leads nowhere the last one
/// of the file, as readers do when they repair.
fn trailer(bytes: &[u8]) -> Option<Dictionary> {
    let start = memmem::rfind(bytes, b"startxref").and_then(|at| {
        let digits = bytes.get(at + 9..)?.trim_ascii_start();
        let length = digits.iter().take(12).take_while(|b| b.is_ascii_digit()).count();
        std::str::from_utf8(&digits[..length]).ok()?.parse::<usize>().ok()
    });
    start.and_then(|at| trailer_at(bytes.get(at..)?.trim_ascii_start())).or_else(|| {
        let last = memmem::rfind(bytes, b"trailer")?;
        Dictionary::read(&bytes[last + 7..])
    })
}

/// A table with its trailer (section 7.5.4) or a cross-reference stream (section 7.5.8).
fn trailer_at(section: &[u8]) -> Option<Dictionary> {
    if section.starts_with(b"xref") {
        return Dictionary::read(&section[memmem::find(section, b"trailer")? + 7..]);
    }
    let head = &section[..section.len().min(64)];
    Dictionary::read(&section[memmem::find(head, b" obj")? + 4..]).filter(|d| d.name("Type") == Some(b"XRef"))
}

/// All that the file has under an object's number. An encryption dictionary never lies
/// in an object stream (section 7.5.7), so it can be found by its heading.
fn versions(bytes: &[u8], number: i64, generation: i64) -> Vec<Dictionary> {
    let heading = format!("{number} {generation} obj");
    memmem::find_iter(bytes, heading.as_bytes())
        .filter(|at| at.checked_sub(1).is_none_or(|before| !bytes[before].is_ascii_digit()))
        .take(MOST_VERSIONS)
        .filter_map(|at| Dictionary::read(&bytes[at + heading.len()..]))
        .filter(|dictionary| {
            dictionary.get("Filter").is_some()
                && dictionary.get("Length").is_none_or(|l| matches!(l, Object::Integer(_)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(encrypt: &str, trailer: &str) -> Vec<u8> {
        let body = format!("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n9 0 obj{encrypt}endobj\n");
        let at = body.len();
        format!("{body}xref\n0 1\n0000000000 65535 f \ntrailer<</Size 2/Root 1 0 R{trailer}/ID[<00><00>]>>\nstartxref\n{at}\n%%EOF\n")
            .into_bytes()
    }

    #[test]
    fn an_encryption_must_be_reachable_and_of_the_content() {
        let pubsec = "<</Filter/Adobe.PubSec/V 2>>";
        assert!(is_protected(&file(pubsec, "/Encrypt 9 0 R")));
        assert!(!is_protected(&file(pubsec, "")));
        assert!(!is_protected(&file(pubsec, "/Encrypt 8 0 R")));
        assert!(!is_protected(&file("<</Filter/Adobe.PubSec/V 4/StmF/Identity>>", "/Encrypt 9 0 R")));
        assert!(!is_protected(&file("<</Filter/Unheard/V 2>>", "/Encrypt 9 0 R")));
        assert!(!is_protected(b"%PDF-1.4 /Encrypt 1 0 R"));
    }
}
