//! Scripts of a page that is attached: the person who opens it sees what they write, and the gate does not run them.

use super::{TextKind, unseen};
use crate::files::texts_of_script;

/// Ways in which a script puts text on its page or makes it from something else.
const WRITES: &[&[u8]] = &[
    b"document.write",
    b"innerHTML",
    b"outerHTML",
    b"innerText",
    b"textContent",
    b"insertAdjacent",
    b"createTextNode",
    b"fromCharCode",
    b"fromCodePoint",
    b"unescape(",
    b"decodeURI",
    b"atob(",
    b"eval(",
];
/// Digits of a number that is worth digging up.
const LEAST: usize = 8;

/// Whether a script in it may show text that is written otherwise.
pub(super) fn writes(page: &str) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(page.as_bytes(), word).is_some();
    let has_script = || {
        memchr::memchr_iter(b'<', page.as_bytes()).any(|at| {
            page.as_bytes().get(at + 1..at + 7).is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
        })
    };
    WRITES.iter().any(|word| has(word)) && (has_script() || has(b"=\"javascript:") || has(b" on"))
}

/// Texts that are written as the numbers of their characters (`85,80,78`, `[0x55, 0x50]`) or in escapes, where they hold
/// a number. `is_cut` when there may be more.
pub(super) fn from_codes(text: &str, kind: TextKind, is_cut: &mut bool) -> Option<String> {
    if kind != TextKind::Html || memchr::memmem::find(text.as_bytes(), b"script").is_none() {
        return None;
    }
    let (written, is_more) = texts_of_script(text);
    *is_cut |= is_more;
    (unseen::digits(written.as_bytes()) >= LEAST).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_write_are_seen_and_their_codes_are_read() {
        let page =
            "<script>document.write(String.fromCharCode(85,80,78,32,72,56,48,49,50,0x33,52, 53,54))</script>";
        assert!(writes(page));
        assert_eq!(from_codes(page, TextKind::Html, &mut false).as_deref(), Some("UPN H80123456\n"));
        assert!(writes("<body onload=\"x.innerHTML = atob('VVBO')\">"));
        assert!(!writes("<script src=track.js></script><p>the innermost of all</p>"));
        assert!(!writes("<p>document.write is a function</p>"));
        assert_eq!(from_codes("<p>scripture 1,2,3,4,5,6,7,8,9,10</p>", TextKind::Html, &mut false), None);
    }

    #[test]
    fn many_numbers_cost_no_more_than_their_length() {
        let page = format!("<script>{}</script>", "85,".repeat(200_000));
        assert!(from_codes(&page, TextKind::Html, &mut false).is_none());
    }
}
